//! `trigger`: a signed sample of any event reaches a real app, which verifies it with the secret in its env file.

use std::fs;

use polar_setup_core::{polar::event::catalogue, webhook::secret};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    app,
    stage::{Call, Ran, free_port, project},
};

/// A project with a secret in its env file.
fn prepared() -> (TempDir, TempDir) {
    let (project, data) = (project(), tempfile::tempdir().unwrap());
    let text = format!("POLAR_WEBHOOK_SECRET={}\n", secret::generate().expose());
    fs::write(project.path().join(".env"), text).unwrap();
    (project, data)
}

async fn trigger(project: &TempDir, data: &TempDir, arguments: &[&str]) -> Ran {
    let call = Call::new(data.path()).with(&["trigger", "--project", project.path().to_str().unwrap()]);
    call.with(arguments).run().await
}

fn told(ran: &Ran) -> Value {
    ran.lines().pop().unwrap()["trigger"].clone()
}

#[tokio::test]
async fn every_event_is_accepted_by_an_app_that_verifies() {
    let (project, data) = prepared();
    let port = app::start(project.path().join(".env")).await;
    let url = format!("http://localhost:{port}/api/auth/polar/webhooks");
    for event in catalogue().types() {
        let ran = trigger(&project, &data, &[event, "--forward-to", &url, "--json"]).await;
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        let told = told(&ran);
        assert_eq!((&told["event"], &told["status"], &told["accepted"]), (&event.into(), &202.into(), &true.into()));
        assert!(told["milliseconds"].is_u64(), "{told}");
    }
    let standard = ["order.paid", "--forward-to", &url, "--key-rule", "standard", "--format", "slack"];
    let ran = trigger(&project, &data, &standard).await;
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.shows("your app answered 202 in "), "{ran:#?}");
}

#[tokio::test]
async fn an_address_without_a_path_gets_the_projects_route() {
    let (project, data) = prepared();
    fs::write(
        project.path().join("package.json"),
        r#"{ "dependencies": { "better-auth": "1", "@polar-sh/better-auth": "1.8.4" } }"#,
    )
    .unwrap();
    let port = app::start(project.path().join(".env")).await;
    let bare = format!("http://127.0.0.1:{port}");
    let told = self::told(&trigger(&project, &data, &["order.paid", "--forward-to", &bare, "--json"]).await);
    assert_eq!(told["url"], format!("{bare}/api/auth/polar/webhooks"), "{told}");
    assert_eq!(told["status"], 202);
    let with_path = format!("{bare}/");
    let ran = trigger(&project, &data, &["order.paid", "--forward-to", &with_path, "--json"]).await;
    assert_eq!((ran.code, &self::told(&ran)["status"]), (Some(1), &404.into()), "{ran:#?}");
}

#[tokio::test]
async fn a_refusal_is_told_with_its_cause_and_without_the_secret() {
    let (project, data) = prepared();
    let other = tempfile::tempdir().unwrap();
    let theirs = format!("POLAR_WEBHOOK_SECRET={}\n", secret::generate().expose());
    fs::write(other.path().join(".env"), theirs).unwrap();
    let port = app::start(other.path().join(".env")).await;
    let url = format!("http://localhost:{port}/api/auth/polar/webhooks");
    let ran = trigger(&project, &data, &["order.paid", "--forward-to", &url]).await;
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.shows("your app answered 403") && ran.shows("does not accept the signature"), "{ran:#?}");
    let text = fs::read_to_string(project.path().join(".env")).unwrap();
    assert!(!ran.shows(text.trim().split_once('=').unwrap().1), "{ran:#?}");
}

#[tokio::test]
async fn an_app_that_does_not_run_is_told() {
    let (project, data) = prepared();
    let url = format!("http://localhost:{}/hook", free_port());
    let ran = trigger(&project, &data, &["order.paid", "--forward-to", &url, "--json"]).await;
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let told = told(&ran);
    assert!(told["problem"].as_str().unwrap().contains("the connection was refused"), "{told}");
    assert_eq!((&told["status"], &told["accepted"]), (&Value::Null, &false.into()));
}

#[tokio::test]
async fn a_project_without_a_secret_is_told() {
    let (project, data) = (project(), tempfile::tempdir().unwrap());
    let ran = trigger(&project, &data, &["order.paid", "--json"]).await;
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.check("trigger")["seen"].as_str().unwrap().ends_with("does not exist."), "{ran:#?}");
    fs::write(project.path().join(".env"), "OTHER=1\n").unwrap();
    let ran = trigger(&project, &data, &["order.paid", "--json"]).await;
    assert!(ran.check("trigger")["seen"].as_str().unwrap().contains("has no POLAR_WEBHOOK_SECRET"), "{ran:#?}");
}

#[tokio::test]
async fn wrong_usage_is_refused_and_near_names_are_offered() {
    let (project, data) = prepared();
    for (arguments, because) in [
        (&["order.payed"][..], "Did you mean order.paid"),
        (&["nonsense"], "trigger --list"),
        (&["order.paid", "--forward-to", "shop"], "not a web address"),
        (&["order.paid", "--forward-to", "ftp://localhost/"], "http:// or https://"),
        (&[], "<EVENT>"),
        (&["order.paid", "--list"], "cannot be used with"),
        (&["order.paid", "--secret", "x"], "unexpected argument"),
        (&["subscription.updated", "--format", "discord"], "Choose the raw format"),
    ] {
        trigger(&project, &data, arguments).await.refused_as_wrong_usage(because);
    }
}

#[tokio::test]
async fn all_types_are_listed_without_a_project() {
    let data = tempfile::tempdir().unwrap();
    let ran = Call::new(data.path()).with(&["trigger", "--list", "--json"]).run().await;
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let listed: Vec<_> = ran.lines().iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, catalogue().types().collect::<Vec<_>>());
    let ran = Call::new(data.path()).with(&["trigger", "--list"]).run().await;
    assert!(ran.out.lines().count() == 42 && ran.shows("order.paid"), "{ran:#?}");
}
