//! `setup --rotate-secret`: the old endpoint goes last, and only when the new secret was proved.

use std::fs;

use serde_json::Value;

use crate::{app, stage::Stage};

const SECRET: &str = "POLAR_WEBHOOK_SECRET";

fn ids(stage: &Stage) -> Vec<Value> {
    stage.practice.endpoints().iter().map(|endpoint| endpoint["id"].clone()).collect()
}

#[tokio::test]
async fn the_new_secret_is_proved_before_the_old_endpoint_goes() {
    let mut stage = Stage::new().await;
    stage.app_port = app::start(stage.env_path()).await;
    stage.setup().run().await.verified();
    let (old, old_secret) = (ids(&stage), stage.variable(SECRET));
    let ran = stage.setup().with(&["--rotate-secret"]).run().await.verified();
    assert_eq!(ran.check("old_endpoint")["state"], "passed", "{ran:#?}");
    let new = ids(&stage);
    assert_eq!(new.len(), 1);
    assert_ne!(new, old);
    assert_ne!(stage.variable(SECRET), old_secret);
    assert_eq!(stage.practice.endpoints()[0]["secret"], stage.variable(SECRET));
    assert!(!ran.shows(&old_secret) && !ran.shows(&stage.variable(SECRET)));
    // It is over: a later run changes nothing.
    stage.setup().run().await.verified();
    assert_eq!(ids(&stage), new);
}

#[tokio::test]
async fn an_app_that_still_has_the_old_secret_keeps_getting_events_until_it_is_restarted() {
    let mut stage = Stage::new().await;
    let in_memory = stage.data.path().join("what the app has read");
    stage.app_port = app::start(in_memory.clone()).await;
    let restart = |stage: &Stage| fs::copy(stage.env_path(), &in_memory).unwrap();
    fs::write(&in_memory, format!("{SECRET}=none\n")).unwrap();
    stage.setup().run().await;
    restart(&stage);
    stage.setup().run().await.verified();
    let (old, old_secret) = (ids(&stage)[0].clone(), stage.variable(SECRET));

    let ran = stage.setup().with(&["--rotate-secret"]).run().await.not_verified();
    assert_eq!(ran.check("app")["state"], "failed");
    assert_eq!(ran.check("old_endpoint")["state"], "warning");
    assert_eq!(ids(&stage).len(), 2, "the old one still delivers what the app accepts");
    assert_ne!(stage.variable(SECRET), old_secret);
    // Asking again does not make a third one.
    stage.setup().with(&["--rotate-secret"]).run().await.not_verified();
    assert_eq!(ids(&stage).len(), 2);

    restart(&stage);
    let ran = stage.setup().run().await.verified();
    assert_eq!(ran.check("old_endpoint")["state"], "passed");
    assert_eq!(ids(&stage).len(), 1);
    assert_ne!(ids(&stage)[0], old);
    assert_eq!(stage.practice.endpoints()[0]["secret"], stage.variable(SECRET));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_cannot_be_written_leaves_everything_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new().await;
    stage.setup().run().await.verified();
    let (before, old, text) = (ids(&stage), stage.variable(SECRET), stage.env_text());
    fs::set_permissions(stage.env_path(), fs::Permissions::from_mode(0o400)).unwrap();
    let ran = stage.setup().with(&["--rotate-secret"]).run().await.not_verified();
    assert_eq!(ran.check("env_file")["state"], "failed");
    assert_eq!((ids(&stage), stage.env_text()), (before.clone(), text));
    fs::set_permissions(stage.env_path(), fs::Permissions::from_mode(0o600)).unwrap();
    stage.setup().run().await.verified();
    assert_eq!((ids(&stage), stage.variable(SECRET)), (before, old));
}

#[tokio::test]
async fn without_an_endpoint_there_is_nothing_to_replace() {
    let stage = Stage::new().await;
    let ran = stage.setup().with(&["--rotate-secret"]).run().await.not_verified();
    assert_eq!(ran.check("endpoint")["state"], "failed");
    assert!(ids(&stage).is_empty());
    assert!(!stage.env_path().exists());
}
