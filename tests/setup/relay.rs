//! The relay as a way: no endpoint, no public address, and what Polar's stream brings reaches the app.

use polar_setup_core::{
    check::CheckState,
    setup::view::{DeliveryFormat, DeliveryQuery, PublicWay, RelayPhase, StepName, StepState},
};

use crate::stage::{Stage, practice};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_written_and_events_come_without_an_endpoint() {
    let practice = practice().await;
    let mut stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::Relay, None).await.unwrap();
    let view = stage.apply().await;
    let report = view.apply.report.clone().unwrap();
    assert!(report.verified, "{:#?}", view.apply.checks);
    assert!(report.endpoint_id.is_none() && report.endpoint_url.is_none() && practice.endpoints().is_empty());
    assert!(report.summary.contains("Polar's stream is open"), "{}", report.summary);
    let names: Vec<&str> = view.apply.checks.iter().map(|check| check.check.as_str()).collect();
    assert_eq!(names[..2], ["token", "relay"]);
    assert!(!names.contains(&"endpoint") && !names.contains(&"endpoint_matches"), "{names:?}");
    let secret = stage.value("POLAR_WEBHOOK_SECRET");
    assert!(secret.starts_with("whsec_") && stage.value("POLAR_ACCESS_TOKEN").starts_with("polar_oat_"));
    assert!(!stage.env().contains("POLAR_WEBHOOK_URL_DEV"));
    assert_eq!(view.public_url.relay.unwrap().phase, RelayPhase::Connected);
    assert_eq!(view.public_url.endpoint_url, None);

    assert!(practice.fire("order.paid"));
    stage.until(|view| view.live.total == 2).await;
    let page = stage.setup.deliveries(&DeliveryQuery { limit: 10, ..DeliveryQuery::default() });
    assert_eq!(page.rows[0].event_type, "order.paid");
    // Signed anew with the file's secret.
    assert!(page.rows[0].verified.is_some() && !page.rows[0].test, "{:?}", page.rows[0]);

    // A second run knows the way, and keeps the secret.
    stage.again().await;
    stage.on_server(&practice).await;
    let view = stage.apply().await;
    assert_eq!(view.public_url.way, PublicWay::Relay);
    assert!(view.apply.report.unwrap().verified, "{:#?}", view.apply.checks);
    assert_eq!(stage.value("POLAR_WEBHOOK_SECRET"), secret);
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_listened_to_only_while_it_is_the_way() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::Relay, None).await.unwrap();
    assert!(stage.setup.view().public_url.relay.is_none());
    stage.setup.start_relay().unwrap();
    let listening = |phase| {
        move |view: &polar_setup_core::setup::view::SetupView| {
            view.public_url.relay.as_ref().is_some_and(|relay| relay.phase == phase)
        }
    };
    let view = stage.until(listening(RelayPhase::Connected)).await;
    let step = view.steps.iter().find(|step| step.name == StepName::PublicUrl).unwrap();
    assert_eq!((step.state, step.summary.as_str()), (StepState::Done, "Polar's relay"));
    // An event that comes before there is a secret waits for one.
    assert!(practice.fire("customer.created"));
    let view = stage.apply().await;
    assert!(view.apply.report.unwrap().verified, "{:#?}", view.apply.checks);
    stage.until(|view| view.live.total == 2).await;
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    assert!(stage.setup.view().public_url.relay.is_none());
    stage.setup.set_public_way(PublicWay::Relay, None).await.unwrap();
    stage.setup.start_relay().unwrap();
    stage.until(listening(RelayPhase::Connected)).await;
    practice.stop().await;
    let view = stage.until(listening(RelayPhase::Reconnecting)).await;
    assert!(view.public_url.relay.unwrap().problem.is_some());
    stage.setup.stop_relay().unwrap();
    assert!(stage.setup.view().public_url.relay.is_none());
    stage.setup.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_needs_an_endpoint() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_format(DeliveryFormat::Discord).unwrap();
    stage.setup.set_public_way(PublicWay::Relay, None).await.unwrap();
    let view = stage.setup.view();
    assert!(view.public_url.own_url_problem.unwrap().contains("raw deliveries only"));
    assert!(stage.setup.apply().unwrap_err().to_string().contains("raw deliveries only"));
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_polar_nothing_is_written() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::Relay, None).await.unwrap();
    let before = stage.env();
    practice.stop().await;
    let view = stage.apply().await;
    let failed: Vec<&str> = view
        .apply
        .checks
        .iter()
        .filter(|check| check.state == CheckState::Failed)
        .map(|check| check.check.as_str())
        .collect();
    assert_eq!(failed, ["token"]);
    assert_eq!(stage.env(), before);
    stage.setup.close().await;
}
