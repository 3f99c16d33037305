//! From a folder to a verified `.env`, again, and cancelled.

use polar_setup_core::{
    check::CheckState,
    setup::view::{ApplyState, DeliveryQuery, PublicWay, StepName, StepState},
};

use crate::stage::{Stage, practice};

#[tokio::test(flavor = "multi_thread")]
async fn writes_a_verified_file_without_account_or_app() {
    let stage = Stage::open().await;
    stage.on_practice().await;
    let view = stage.apply().await;
    let report = view.apply.report.unwrap();
    assert!(report.verified, "{:#?}", view.apply.checks);
    assert!(report.endpoint_created);
    let env = stage.env();
    assert!(env.starts_with("# mine\nPORT=9\n"), "{env}");
    assert!(stage.value("POLAR_ACCESS_TOKEN").starts_with("polar_oat_"));
    assert!(stage.value("POLAR_WEBHOOK_SECRET").starts_with("whsec_"));
    assert_eq!(stage.value("POLAR_WEBHOOK_URL_DEV"), view.public_url.receiver.unwrap());
    // Nothing listens on the app's port: that is said, and is no failure.
    let app = view.apply.checks.iter().find(|check| check.check == "app").unwrap();
    assert_eq!(app.state, CheckState::Warning);
    let page = stage.setup.deliveries(&DeliveryQuery { limit: 10, ..DeliveryQuery::default() });
    assert_eq!((view.live.total, page.rows.len()), (1, 1));
    assert!(page.rows[0].test && page.rows[0].verified.is_some());
    stage.setup.close().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::open().await;
    stage.on_practice().await;
    stage.apply().await;
    assert_eq!(std::fs::metadata(stage.env_path()).unwrap().permissions().mode() & 0o777, 0o600);
    stage.setup.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_and_third_run_make_no_second_endpoint() {
    let practice = practice().await;
    let mut stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    assert!(stage.apply().await.apply.report.unwrap().endpoint_created);
    let (endpoints, env) = (practice.endpoints(), stage.env());
    // In the same run, and in a new one.
    assert!(!stage.apply().await.apply.report.unwrap().endpoint_created);
    stage.again().await;
    stage.on_server(&practice).await;
    let view = stage.apply().await;
    assert!(view.apply.report.as_ref().unwrap().verified, "{:#?}", view.apply.checks);
    let ids = |all: &[serde_json::Value]| all.iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&practice.endpoints()), ids(&endpoints));
    assert_eq!(stage.env(), env);
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_does_not_answer_is_a_failed_check_and_no_stop() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::OwnUrl, None).await.unwrap();
    stage.setup.set_own_url("https://shop.invalid").unwrap();
    let view = stage.apply().await;
    let report = view.apply.report.unwrap();
    assert!(!report.verified);
    assert_eq!(report.endpoint_url.as_deref(), Some("https://shop.invalid/polar/webhooks"));
    let delivery = view.apply.checks.iter().find(|check| check.check == "delivery").unwrap();
    assert_eq!(delivery.state, CheckState::Failed);
    assert!(delivery.cause.is_some() && delivery.fix.is_some());
    assert_eq!(practice.endpoints().len(), 1);
    assert_ne!(stage.value("POLAR_WEBHOOK_SECRET"), "");
    assert_eq!(stage.value("POLAR_WEBHOOK_URL_DEV"), "");
    let verify = view.steps.iter().find(|step| step.name == StepName::Verify).unwrap();
    assert_eq!(verify.state, StepState::Attention);
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_before_the_file_is_written_takes_the_endpoint_back() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    let before = stage.env();
    stage.setup.apply().unwrap();
    stage.setup.cancel_apply();
    stage.until(|view| view.apply.state == ApplyState::Idle).await;
    assert_eq!(practice.endpoints().len(), 0);
    assert_eq!(stage.env(), before);
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_endpoints_with_the_same_address_are_a_question() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::OwnUrl, None).await.unwrap();
    stage.setup.set_own_url("https://shop.invalid").unwrap();
    let report = stage.apply().await.apply.report.unwrap();
    let first = report.endpoint_id.unwrap();
    // Somebody makes a twin on the dashboard, and this machine forgets.
    let mut twin = practice.endpoints()[0].clone();
    twin["id"] = "11111111-2222-4333-8444-555555555555".into();
    practice.restore_endpoint(&twin).unwrap();
    let other = Stage::open().await;
    other.on_server(&practice).await;
    other.setup.set_public_way(PublicWay::OwnUrl, None).await.unwrap();
    other.setup.set_own_url("https://shop.invalid").unwrap();
    let view = other.apply().await;
    let question = view.apply.question.unwrap();
    assert_eq!(question.options.len(), 2);
    assert_eq!(practice.endpoints().len(), 2);
    other.setup.answer(&first).unwrap();
    let view = other.until(|view| view.apply.state == ApplyState::Done).await;
    assert_eq!(view.apply.report.unwrap().endpoint_id, Some(first));
    assert_eq!(practice.endpoints().len(), 2);
    other.setup.close().await;
    stage.setup.close().await;
    practice.stop().await;
}
