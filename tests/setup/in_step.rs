//! The env file over time: names, earlier versions, the example, what no longer agrees, and replacing the secret.

use std::fs;

use polar_setup_core::{
    SecretText,
    env_file::{Variable, export::Form},
    polar::token::AccessToken,
    setup::view::{ApplyKind, PublicWay, SetupView},
};
use polar_setup_practice::Practice;

use crate::stage::{Stage, practice};

/// A project that was set up, with its Polar.
async fn set_up() -> (Stage, Practice) {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    let view = stage.apply().await;
    assert!(view.apply.report.as_ref().unwrap().verified, "{:#?}", view.apply.checks);
    stage.until(|view| !view.env.backups.is_empty()).await;
    (stage, practice)
}

fn differences(view: &SetupView) -> Vec<&str> {
    view.env.differences.iter().map(|difference| difference.id.as_str()).collect()
}

pub fn change_endpoint(practice: &Practice, change: impl FnOnce(&mut serde_json::Value)) {
    let mut endpoint = practice.endpoints()[0].clone();
    change(&mut endpoint);
    practice.restore_endpoint(&endpoint).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_shows_the_lines_and_takes_other_names() {
    let stage = Stage::open().await;
    stage.on_practice().await;
    let view = stage.until(|view| view.plan.is_some()).await;
    let lines: Vec<String> = view.plan.unwrap().diff.iter().map(|line| line.text.clone()).collect();
    assert!(lines[0..2].concat().contains("PORT=••••••••"), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("POLAR_WEBHOOK_SECRET=(")), "{lines:?}");

    for (name, told) in [
        ("NEXT_PUBLIC_POLAR_TOKEN", "browser"),
        ("VITE_POLAR_TOKEN", "browser"),
        ("POLAR WEBHOOK", "letters, digits"),
        ("POLAR_WEBHOOK_SECRET", "another variable"),
    ] {
        let error = stage.setup.set_variable_name(Variable::Token, name).unwrap_err();
        assert!(error.to_string().contains(told), "{name}: {error}");
    }
    stage.setup.set_variable_name(Variable::Token, "SHOP_POLAR_TOKEN").unwrap();
    stage.setup.set_variable_name(Variable::Switch, "POLAR_MODE").unwrap();
    let view = stage.apply().await;
    assert!(view.apply.report.as_ref().unwrap().verified, "{:#?}", view.apply.checks);
    assert!(stage.value("SHOP_POLAR_TOKEN").starts_with("polar_oat_"));
    assert_eq!(stage.value("POLAR_ACCESS_TOKEN"), "");
    assert_eq!(stage.value("POLAR_MODE"), "", "the practice Polar is neither sandbox nor production");
    stage.setup.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_since_the_preview_is_seen_first() {
    let stage = Stage::open().await;
    stage.on_practice().await;
    stage.until(|view| view.plan.as_ref().is_some_and(|plan| plan.env_exists)).await;
    fs::write(stage.env_path(), "# mine\nPORT=9\nHERS=1\n").unwrap();
    let error = stage.setup.apply().unwrap_err();
    assert!(error.to_string().contains("changed by another program"), "{error}");
    let shows = |view: &SetupView| {
        view.plan.as_ref().is_some_and(|plan| plan.diff.iter().any(|line| line.text.starts_with("HERS=")))
    };
    stage.until(shows).await;
    assert!(stage.apply().await.apply.report.unwrap().verified);
    assert_eq!(stage.value("HERS"), "1");
    stage.setup.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_version_comes_back_and_can_go_again() {
    let (stage, practice) = set_up().await;
    let written = stage.env();
    let view = stage.setup.view();
    assert_eq!(view.env.backups.len(), 1);
    stage.setup.restore_backup(&view.env.backups[0].id).await.unwrap();
    assert_eq!(stage.env(), "# mine\nPORT=9\n");
    let view = stage.setup.view();
    assert!(
        view.env.differences.iter().any(|difference| difference.id == "token_missing"),
        "{:?}",
        view.env.differences
    );
    stage.setup.restore_backup(&view.env.backups[0].id).await.unwrap();
    assert_eq!(stage.env(), written);
    assert!(stage.setup.restore_backup("../../etc").await.is_err());
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_has_names_only_and_is_kept_in_step() {
    let (stage, practice) = set_up().await;
    let example = stage.env_path().with_file_name(".env.example");
    stage.setup.write_example().await.unwrap();
    let text = fs::read_to_string(&example).unwrap();
    for name in ["POLAR_ACCESS_TOKEN", "POLAR_WEBHOOK_SECRET", "POLAR_WEBHOOK_URL_DEV"] {
        assert!(text.lines().any(|line| line == format!("{name}=")), "{text}");
    }
    assert!(!text.contains("polar_oat_") && !text.contains("whsec_"));
    stage.setup.set_variable_name(Variable::Secret, "SHOP_SECRET").unwrap();
    stage.apply().await;
    stage.until(|view| view.env.example.missing.is_empty()).await;
    assert!(fs::read_to_string(&example).unwrap().contains("\nSHOP_SECRET=\n"));
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_forms_hold_what_the_file_holds() {
    let (stage, practice) = set_up().await;
    let secret = stage.value("POLAR_WEBHOOK_SECRET");
    for (form, line) in [
        (Form::Shell, format!("export POLAR_WEBHOOK_SECRET='{secret}'\n")),
        (Form::Docker, format!("POLAR_WEBHOOK_SECRET={secret}\n")),
        (Form::Json, format!("\"POLAR_WEBHOOK_SECRET\": \"{secret}\"")),
    ] {
        let copied = stage.setup.exported(form).unwrap();
        assert!(copied.secret && copied.text.expose().contains(&line), "{form:?}");
        assert!(!copied.text.expose().contains("PORT"), "only what is Polar's");
    }
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_difference_has_a_button_that_ends_it() {
    let (stage, practice) = set_up().await;
    assert_eq!(differences(&stage.setup.view()), Vec::<&str>::new());
    let good = stage.env();
    let other = AccessToken::issue();
    let secret = stage.value("POLAR_WEBHOOK_SECRET");
    let token = stage.value("POLAR_ACCESS_TOKEN");

    let broken = [
        ("secret_differs", good.replace(&secret, "whsec_another")),
        ("secret_missing", good.replace(&format!("POLAR_WEBHOOK_SECRET={secret}\n"), "")),
        ("token_missing", good.replace(&format!("POLAR_ACCESS_TOKEN={token}\n"), "")),
    ];
    for (id, text) in broken {
        fs::write(stage.env_path(), &text).unwrap();
        stage.until(|view| differences(view).contains(&id)).await;
        stage.setup.mend(id).await.unwrap();
        stage.until(|view| view.env.differences.is_empty()).await;
        assert_eq!(stage.value("POLAR_WEBHOOK_SECRET"), secret, "{id}");
        assert_eq!(stage.value("POLAR_ACCESS_TOKEN"), token, "{id}");
        assert!(stage.env().starts_with("# mine\nPORT=9\n"), "{id}");
    }
    fs::write(stage.env_path(), good.replace(&token, other.secret().expose())).unwrap();
    let view = stage.until(|view| differences(view).contains(&"token_differs")).await;
    assert!(!format!("{view:?}").contains(other.secret().expose()));
    fs::write(stage.env_path(), &good).unwrap();
    stage.until(|view| view.env.differences.is_empty()).await;

    change_endpoint(&practice, |endpoint| endpoint["enabled"] = false.into());
    stage.setup.look_at_endpoint().await;
    assert_eq!(differences(&stage.setup.view()), ["endpoint_off"]);
    stage.setup.mend("endpoint_off").await.unwrap();
    assert_eq!(practice.endpoints()[0]["enabled"], true);

    change_endpoint(&practice, |endpoint| endpoint["events"] = serde_json::json!(["order.paid"]));
    stage.setup.look_at_endpoint().await;
    assert_eq!(differences(&stage.setup.view()), ["endpoint_events"]);
    stage.setup.mend("endpoint_events").await.unwrap();
    assert_eq!(stage.setup.view().webhook.events, ["order.paid"]);
    assert_eq!(differences(&stage.setup.view()), Vec::<&str>::new());
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_the_project_again_shows_what_came_apart() {
    let (mut stage, practice) = set_up().await;
    let gone = practice.endpoints()[0]["id"].as_str().unwrap().to_owned();
    stage.setup.close().await;
    let client = polar_setup_core::polar::Client::new(
        polar_setup_core::polar::Environment::custom(practice.url().as_str()).unwrap(),
        practice.token(),
    );
    client.unwrap().delete_endpoint(&gone).await.unwrap();
    stage.again().await;
    stage.on_server(&practice).await;
    stage.until(|view| differences(view).contains(&"endpoint_gone")).await;
    stage.setup.mend("endpoint_gone").await.unwrap();
    stage.until(|view| view.apply.report.as_ref().is_some_and(|report| report.verified)).await;
    stage.until(|view| view.env.differences.is_empty()).await;
    assert_eq!(practice.endpoints().len(), 1);
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_replaced_and_the_old_endpoint_goes() {
    let (stage, practice) = set_up().await;
    let (old, secret) = (practice.endpoints()[0]["id"].clone(), stage.value("POLAR_WEBHOOK_SECRET"));
    assert!(stage.setup.view().apply.can_rotate);
    stage.setup.rotate_secret().unwrap();
    let view = stage.until(|view| view.apply.report.is_some()).await;
    assert_eq!(view.apply.kind, ApplyKind::Rotate);
    assert!(view.apply.report.as_ref().unwrap().verified, "{:#?}", view.apply.checks);
    assert_eq!(practice.endpoints().len(), 1);
    assert_ne!(practice.endpoints()[0]["id"], old);
    assert_ne!(stage.value("POLAR_WEBHOOK_SECRET"), secret);
    assert!(!view.apply.rotation_pending);
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacing_that_did_not_end_can_be_ended_or_undone() {
    for undo in [false, true] {
        let (stage, practice) = set_up().await;
        let secret = stage.value("POLAR_WEBHOOK_SECRET");
        // An app that was not restarted: it accepts the old secret only, and so refuses what is signed with the new one.
        let app = app_with(SecretText::new(secret.clone())).await;
        stage.setup.set_project_details(None, Some(app), None).unwrap();
        stage.setup.rotate_secret().unwrap();
        let view = stage.until(|view| view.apply.report.is_some()).await;
        assert!(view.apply.rotation_pending && !view.apply.report.as_ref().unwrap().verified, "{:#?}", view.apply);
        assert_eq!(practice.endpoints().len(), 2);
        assert!(stage.setup.rotate_secret().is_err());
        if undo {
            stage.setup.undo_rotation().unwrap();
        } else {
            stage.setup.set_project_details(None, Some(9), None).unwrap();
            stage.setup.apply().unwrap();
        }
        let view = stage.until(|view| view.apply.report.is_some()).await;
        assert!(view.apply.report.as_ref().unwrap().verified, "{:#?}", view.apply.checks);
        assert_eq!(practice.endpoints().len(), 1);
        assert_eq!(stage.value("POLAR_WEBHOOK_SECRET") == secret, undo);
        assert_eq!(practice.endpoints()[0]["secret"], stage.value("POLAR_WEBHOOK_SECRET"));
        stage.setup.close().await;
        practice.stop().await;
    }
}

/// An app that accepts what is signed with this secret; gives its port.
async fn app_with(secret: SecretText) -> u16 {
    use polar_setup_core::webhook::signature::{SignatureHeaders, verify};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let secret = secret.clone();
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                let (head, body) = loop {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    if let Some((head, body)) = text.split_once("\r\n\r\n") {
                        let length = head
                            .lines()
                            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                        if body.len() >= length.unwrap_or(0) {
                            break (head.to_owned(), body.to_owned());
                        }
                    }
                    if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                        return;
                    }
                };
                let header = |name: &str| {
                    let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")));
                    line.map(|line| line[name.len() + 1..].trim().to_owned()).unwrap_or_default()
                };
                let signed = SignatureHeaders {
                    id: header("webhook-id"),
                    timestamp: header("webhook-timestamp"),
                    signature: header("webhook-signature"),
                };
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
                let good = verify(&secret, &signed, body.as_bytes(), now.try_into().unwrap()).is_ok();
                let status = if good { "202 Accepted" } else { "403 Forbidden" };
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    port
}
