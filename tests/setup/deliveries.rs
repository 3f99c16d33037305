//! The deliveries as the window asks for them: secrets masked, kept across restarts, held until the app is back.

use std::io::{Read, Write};

use polar_setup_core::setup::view::{DeliveryFilter, DeliveryOutcome, DeliveryQuery, DeliveryState, Hold};

use crate::stage::{Stage, practice};

fn query() -> DeliveryQuery {
    DeliveryQuery { limit: 100, ..DeliveryQuery::default() }
}

/// A setup that has written its file, with so many events delivered.
async fn with_events(events: &[&str]) -> (Stage, polar_setup_practice::Practice) {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(polar_setup_core::setup::view::PublicWay::Direct, None).await.unwrap();
    assert!(stage.apply().await.apply.report.unwrap().verified);
    let before = stage.setup.view().live.total;
    for event in events {
        assert!(practice.fire(event));
    }
    let wanted = before + u32::try_from(events.len()).unwrap();
    stage.until(|view| view.live.total >= wanted).await;
    (stage, practice)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_what_the_window_gets() {
    let (stage, practice) = with_events(&["order.paid"]).await;
    let secret = stage.value("POLAR_WEBHOOK_SECRET");
    let base = stage.value("POLAR_WEBHOOK_URL_DEV");
    let body = format!("{{\"type\":\"order.paid\",\"leak\":\"{secret}\"}}");
    let mut stream = std::net::TcpStream::connect(base.trim_start_matches("http://")).unwrap();
    let length = body.len();
    let head =
        format!("POST /x?{secret} HTTP/1.1\r\nHost: localhost\r\nX-Leak: {secret}\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let before = stage.setup.view().live.total;
    stream.read_exact(&mut [0; 12]).unwrap();
    stage.until(|view| view.live.total >= before).await;
    let page = stage.setup.deliveries(&query());
    let detail = stage.setup.delivery(page.rows[0].number).unwrap();
    assert!(detail.body.contains("****") && detail.headers.iter().any(|header| header.value == "****"));
    let shown = format!("{}{}", serde_json::to_string(&page).unwrap(), serde_json::to_string(&detail).unwrap());
    assert!(!shown.contains(&secret), "a secret is shown");
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_found_by_event_and_outcome() {
    let (stage, practice) = with_events(&["order.paid", "order.created"]).await;
    // Retries may have arrived already; each event is one row.
    let page = stage.setup.deliveries(&query());
    assert_eq!(page.rows.iter().filter(|row| row.event_type.starts_with("order.")).count(), 2, "{page:?}");
    let filter = DeliveryFilter { events: vec!["order.paid".into()], ..DeliveryFilter::default() };
    let page = stage.setup.deliveries(&DeliveryQuery { filter, ..query() });
    assert_eq!((page.rows_in_all, page.rows[0].event_type.as_str()), (1, "order.paid"));
    let filter = DeliveryFilter { outcomes: vec![DeliveryOutcome::AppFine], ..DeliveryFilter::default() };
    // No app runs here.
    assert_eq!(stage.setup.deliveries(&DeliveryQuery { filter, ..query() }).rows_in_all, 0);
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_there_after_a_restart_and_what_is_held_is_held() {
    let (mut stage, practice) = with_events(&[]).await;
    stage.setup.keep_deliveries(true).await.unwrap();
    stage.setup.set_hold(Hold::On).unwrap();
    let before = stage.setup.view().live.total;
    assert!(practice.fire("order.paid"));
    stage.until(|view| view.live.total > before && view.live.held == 1).await;
    stage.again().await;
    let view = stage.setup.view();
    assert!(view.live.kept && view.live.held == 1, "{:?}", view.live);
    let page = stage.setup.deliveries(&query());
    assert_eq!(page.rows[0].event_type, "order.paid");
    assert_eq!(page.rows[0].outcome, DeliveryState::Held);
    assert!(page.rows[0].verified.is_some());
    // No longer wanted, they are gone.
    stage.setup.keep_deliveries(false).await.unwrap();
    stage.again().await;
    let view = stage.setup.view();
    assert_eq!((view.live.kept, view.live.total), (false, 0));
    stage.setup.close().await;
    practice.stop().await;
}
