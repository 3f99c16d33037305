//! The relay as a way: no endpoint, no public address, and what Polar's stream brings reaches the app.

use std::io::{BufRead, BufReader, Read, Write};

use polar_setup_core::{
    SecretText,
    check::CheckState,
    setup::view::{DeliveryFormat, DeliveryQuery, PublicWay, RelayPhase, SetupView, StepName, StepState},
    webhook::signature::{self, KeyRule},
};

use crate::{
    in_step::change_endpoint,
    stage::{Stage, practice},
};

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
async fn an_endpoint_made_earlier_is_left_alone() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    assert!(stage.apply().await.apply.report.unwrap().verified);
    let secret = stage.value("POLAR_WEBHOOK_SECRET");
    change_endpoint(&practice, |endpoint| endpoint["enabled"] = false.into());
    stage.setup.look_at_endpoint().await;
    assert_eq!(stage.setup.view().env.differences.len(), 1);
    let before = practice.endpoints();
    stage.setup.set_public_way(PublicWay::Relay, None).await.unwrap();
    let view =
        stage.until(|view| view.plan.as_ref().is_some_and(|plan| plan.endpoint.contains("stays as it is"))).await;
    assert!(view.plan.unwrap().endpoint.starts_with("Nothing is made or changed"));
    // How an endpoint stands that is done without is no difference.
    assert!(view.env.differences.is_empty(), "{:?}", view.env.differences);
    let report = stage.apply().await.apply.report.unwrap();
    assert!(report.verified && report.summary.contains("stays on Polar as it is"), "{report:?}");
    assert_eq!((practice.endpoints(), stage.value("POLAR_WEBHOOK_SECRET")), (before, secret));
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
    let listening = |wanted| move |view: &SetupView| phase(view) == Some(wanted);
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

#[tokio::test(flavor = "multi_thread")]
async fn another_token_ends_it_and_a_refused_one_says_why() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::Relay, None).await.unwrap();
    stage.setup.start_relay().unwrap();
    stage.until(|view| phase(view) == Some(RelayPhase::Connected)).await;
    // Even the same one: whose it is is asked anew.
    stage.on_server(&practice).await;
    assert_eq!(phase(&stage.setup.view()), None);
    let token = practice.token();
    practice.set_revoked(token.secret(), true);
    stage.setup.start_relay().unwrap();
    let view = stage.until(|view| phase(view) == Some(RelayPhase::Failed)).await;
    let relay = view.public_url.relay.clone().unwrap();
    assert!(relay.problem.is_some() && relay.fix.is_some(), "{relay:?}");
    let step = view.steps.iter().find(|step| step.name == StepName::PublicUrl).unwrap();
    assert_eq!(step.state, StepState::Attention);
    practice.set_revoked(token.secret(), false);
    stage.setup.start_relay().unwrap();
    stage.until(|view| phase(view) == Some(RelayPhase::Connected)).await;
    stage.setup.forget_token().await.unwrap();
    assert_eq!(phase(&stage.setup.view()), None);
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_gets_it_signed_with_the_files_secret_and_its_own_host() {
    let app = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = app.local_addr().unwrap().port();
    let (heads, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for stream in app.incoming().flatten() {
            if let Some(request) = answered(stream) {
                let _ = heads.send(request);
            }
        }
    });
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_project_details(None, Some(port), None).unwrap();
    stage.setup.set_public_way(PublicWay::Relay, None).await.unwrap();
    let report = stage.apply().await.apply.report.unwrap();
    assert!(report.verified && report.summary.contains("your app accepted"), "{report:?}");
    let secret = SecretText::new(stage.value("POLAR_WEBHOOK_SECRET"));
    while arrived.try_recv().is_ok() {}
    for keeps in [false, true] {
        stage.setup.set_keeps_host(keeps);
        assert_eq!(stage.setup.view().live.keeps_host, keeps);
        assert!(practice.fire("order.paid"));
        let (head, body) =
            tokio::time::timeout(std::time::Duration::from_secs(30), arrived.recv()).await.unwrap().unwrap();
        let value = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
            line.unwrap_or_default().split_once(": ").unwrap_or_default().1.to_owned()
        };
        let (id, stamp) = (value("webhook-id"), value("webhook-timestamp").parse().unwrap());
        let signature = signature::sign(&secret, KeyRule::PolarOwn, &id, stamp, body.as_bytes());
        assert_eq!(Some(value("webhook-signature")), signature, "{head}");
        assert_eq!(value("host") == format!("localhost:{port}"), !keeps, "{head}");
    }
    stage.setup.close().await;
    practice.stop().await;
}

/// One request of a connection that is then closed, answered 200.
fn answered(mut stream: std::net::TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        (reader.read_line(&mut head).ok()? > 0).then_some(())?;
    }
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

fn phase(view: &SetupView) -> Option<RelayPhase> {
    view.public_url.relay.as_ref().map(|relay| relay.phase)
}
