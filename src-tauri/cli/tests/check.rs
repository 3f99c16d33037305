//! `check`: a good file, files broken in every way, and that nothing is ever changed.

use std::{fs, time::SystemTime};

use serde_json::json;

use crate::{
    app,
    stage::{Call, Ran, Stage, project},
};

/// What a check must leave as it is.
fn state(stage: &Stage) -> (Vec<u8>, SystemTime, usize, String) {
    let files = fs::read_dir(stage.project.path()).unwrap().count();
    let changed = fs::metadata(stage.env_path()).unwrap().modified().unwrap();
    (fs::read(stage.env_path()).unwrap(), changed, files, json!(stage.practice.endpoints()).to_string())
}

/// Runs a check on the file as it is, and sees to it that nothing is changed.
async fn check(stage: &Stage) -> Ran {
    let before = state(stage);
    let ran = stage.check().run().await;
    assert_eq!(state(stage), before, "a check changes nothing");
    ran
}

/// A project that was set up, and its file.
async fn set_up() -> (Stage, String) {
    let stage = Stage::new().await;
    stage.setup().run().await.verified();
    let text = stage.env_text();
    (stage, text)
}

#[tokio::test]
async fn a_good_file_is_verified() {
    let mut stage = Stage::new().await;
    stage.app_port = app::start(stage.env_path()).await;
    stage.setup().run().await.verified();
    let ran = check(&stage).await.verified();
    for name in ["env_file_read", "token_from_file", "endpoint_matches", "delivery", "app", "forged"] {
        assert_eq!(ran.check(name)["state"], "passed", "{ran:#?}");
    }
    assert!(!ran.shows(&stage.token()) && !ran.shows(&stage.variable("POLAR_WEBHOOK_SECRET")), "{ran:#?}");

    // Which Polar it is for is remembered.
    let call = Call::new(stage.data.path()).with(&["check", "--json", "--project"]);
    call.with(&[stage.project.path().to_str().unwrap()]).run().await.verified();
    // And without the memory, the endpoint is found by what the file says.
    fs::remove_dir_all(stage.data.path()).unwrap();
    check(&stage).await.verified();
}

#[tokio::test]
async fn another_spelling_of_the_same_is_verified() {
    let (stage, good) = set_up().await;
    let quoted = good.lines().map(|line| {
        let (name, value) = line.split_once('=').unwrap();
        format!("export {name}=\"{value}\"")
    });
    let quoted = quoted.collect::<Vec<_>>().join("\r\n");
    fs::write(stage.env_path(), quoted).unwrap();
    check(&stage).await.verified();
}

#[tokio::test]
async fn a_broken_file_is_told_with_its_cause() {
    let (stage, good) = set_up().await;
    let [token, secret, base] = ["POLAR_ACCESS_TOKEN", "POLAR_WEBHOOK_SECRET", "POLAR_WEBHOOK_URL_DEV"]
        .map(|name| format!("{name}={}", stage.variable(name)));
    let other = format!("whsec_{}", "A".repeat(43));
    let cases: Vec<(&str, String, &str, &str)> = vec![
        (
            "another secret",
            good.replace(&secret, &format!("POLAR_WEBHOOK_SECRET={other}")),
            "endpoint_matches",
            "is not the endpoint's",
        ),
        (
            "a cut secret",
            good.replace(&secret, &secret[..secret.len() - 3]),
            "endpoint_matches",
            "is not the endpoint's",
        ),
        ("no secret", good.replace(&secret, ""), "env_file_read", "no value for POLAR_WEBHOOK_SECRET"),
        (
            "an empty secret",
            good.replace(&secret, "POLAR_WEBHOOK_SECRET="),
            "env_file_read",
            "no value for POLAR_WEBHOOK_SECRET",
        ),
        ("a token in a comment", format!("# {good}"), "env_file_read", "no value for POLAR_ACCESS_TOKEN"),
        ("a cut token", good.replace(&token, &token[..token.len() - 4]), "token_from_file", "lacks 4 at the end"),
        ("an open quote", good.replace("SECRET=", "SECRET=\""), "env_file_read", "line 2"),
        (
            "two secrets, of which the last counts",
            format!("{good}POLAR_WEBHOOK_SECRET={other}\n"),
            "endpoint_matches",
            "is not the endpoint's",
        ),
        (
            "another address",
            good.replace(&base, "POLAR_WEBHOOK_URL_DEV=https://old.example.com"),
            "endpoint_matches",
            "but the endpoint delivers to",
        ),
        ("no address", good.replace(&base, ""), "base_url", "is missing"),
        (
            "an address with the route",
            good.replace(&base, &format!("{base}/api/auth/polar/webhooks")),
            "base_url",
            "ends with /api/auth/polar/webhooks",
        ),
        ("an empty file", String::new(), "env_file_read", "no value for POLAR_ACCESS_TOKEN and POLAR_WEBHOOK_SECRET"),
    ];
    for (what, text, name, told) in cases {
        assert_ne!(text, good, "{what}: it is not broken");
        fs::write(stage.env_path(), text).unwrap();
        let ran = check(&stage).await.not_verified();
        let check = ran.check(name);
        assert_eq!(check["state"], "failed", "{what}: {ran:#?}");
        let words = format!("{} {}", check["seen"], check["cause"]).replace("\\\"", "\"");
        assert!(words.contains(told), "{what}: {check}");
        assert!(!check["fix"].is_null(), "{what}: {check}");
        assert_eq!(ran.failed()[0], name, "{what}: the first failure is the cause: {ran:#?}");
    }
    fs::write(stage.env_path(), good).unwrap();
    check(&stage).await.verified();
}

#[tokio::test]
async fn a_secret_of_another_endpoint_proves_no_delivery() {
    let (stage, good) = set_up().await;
    let mut other = stage.practice.endpoints()[0].clone();
    let theirs = format!("whsec_{}", "B".repeat(43));
    other["id"] = "11111111-2222-4333-8444-555555555555".into();
    other["url"] = "https://else.example.com/hooks".into();
    other["secret"] = theirs.clone().into();
    stage.practice.restore_endpoint(&other).unwrap();
    fs::write(stage.env_path(), good.replace(&stage.variable("POLAR_WEBHOOK_SECRET"), &theirs)).unwrap();
    let ran = check(&stage).await.not_verified();
    assert_eq!(ran.failed(), ["endpoint_matches", "delivery"]);
}

#[tokio::test]
async fn an_endpoint_that_was_changed_on_polar_is_told() {
    let (stage, _) = set_up().await;
    let endpoint = stage.practice.endpoints()[0].clone();
    for (field, value, name, told) in [
        ("enabled", json!(false), "delivery", "disabled"),
        ("url", json!("https://moved.example.invalid/api/auth/polar/webhooks"), "endpoint_matches", "delivers to"),
        ("secret", json!(format!("whsec_{}", "C".repeat(43))), "endpoint_matches", "is not the endpoint's"),
    ] {
        let mut changed = endpoint.clone();
        changed[field] = value;
        stage.practice.restore_endpoint(&changed).unwrap();
        let ran = check(&stage).await.not_verified();
        assert!(ran.check(name)["seen"].as_str().unwrap().contains(told), "{field}: {ran:#?}");
    }
    // What the checks advise mends it.
    stage.call("setup").run().await.verified();
    assert_eq!(stage.practice.endpoints().len(), 1);
    check(&stage).await.verified();
}

#[tokio::test]
async fn a_revoked_token_and_a_deleted_endpoint_are_told() {
    let (stage, good) = set_up().await;
    let token = stage.token();
    stage.practice.set_revoked(stage.practice.token().secret(), true);
    let ran = check(&stage).await.not_verified();
    assert_eq!(ran.failed()[0], "token_from_file");
    stage.practice.stop().await;

    let empty = Stage::new().await;
    let text = good.replace(&token, &empty.token());
    fs::write(empty.env_path(), text).unwrap();
    let ran = check(&empty).await.not_verified();
    assert!(ran.check("endpoint_matches")["cause"].as_str().unwrap().contains("deleted"), "{ran:#?}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_told() {
    let (stage, _) = set_up().await;
    fs::remove_file(stage.env_path()).unwrap();
    let ran = stage.check().run().await.not_verified();
    assert!(ran.check("env_file_read")["cause"].as_str().unwrap().ends_with("does not exist."), "{ran:#?}");
    assert!(!stage.env_path().exists());
    fs::create_dir(stage.env_path()).unwrap();
    let ran = stage.check().run().await.not_verified();
    assert!(ran.check("env_file_read")["cause"].as_str().unwrap().ends_with("is not a file."), "{ran:#?}");
}

#[tokio::test]
async fn a_practice_polar_that_ended_with_its_setup_is_told() {
    let data = tempfile::tempdir().unwrap();
    let project = project();
    let folder = project.path().to_str().unwrap();
    let call = |arguments: &[&str]| Call::new(data.path()).with(arguments).with(&["--json", "--project", folder]);
    call(&["setup", "--environment", "practice"]).run().await.verified();
    let ran = call(&["check"]).run().await.not_verified();
    assert!(ran.check("token")["fix"].as_str().unwrap().contains("polar-setup-cli practice"), "{ran:#?}");
}
