//! `listen`: Polar's stream against the practice Polar, with a real app behind it.

use std::fs;

use polar_setup_practice::{PracticeOptions, Timings};
use serde_json::Value;

use crate::{
    app,
    stage::{Stage, free_port},
};

const SECRET: &str = "an-own-secret-of-more-than-32-characters";

async fn stage(options: PracticeOptions) -> Stage {
    let stage = Stage::with(options).await;
    fs::write(stage.env_path(), format!("POLAR_WEBHOOK_SECRET={SECRET}\n")).unwrap();
    stage
}

fn listening(stage: &Stage, port: u16) -> crate::stage::Call {
    let app = format!("http://localhost:{port}/api/auth/polar/webhooks");
    stage.call("listen").with(&["--forward-to", &app]).token(&stage.token())
}

fn delivery(line: &str) -> Value {
    serde_json::from_str::<Value>(line).unwrap()["delivery"].clone()
}

#[tokio::test]
async fn events_arrive_without_an_endpoint_signed_with_the_apps_own_secret() {
    let stage = stage(PracticeOptions::default()).await;
    let port = app::start(stage.env_path()).await;
    let mut running = listening(&stage, port).with(&["--events", "order.*,customer.created"]).start();
    running.note("Polar may change").await;
    // Not asked for: nothing is said of it.
    assert!(stage.practice.fire("product.updated"));
    for event in ["order.paid", "customer.created"] {
        assert!(stage.practice.fire(event));
        let seen = loop {
            let line = running.line().await.unwrap();
            if line.starts_with("{\"delivery\"") {
                break delivery(&line);
            }
        };
        assert_eq!(
            (&seen["event_type"], &seen["verified"], &seen["app_status"]),
            (&event.into(), &"polar_own".into(), &202.into())
        );
    }
    assert_eq!(stage.practice.endpoints().len(), 0);
    running.interrupt().await;
    assert_eq!(running.end().await.0, Some(0));
}

#[tokio::test]
async fn a_stream_that_ends_is_opened_again_at_once() {
    let timings = Timings { relay_lifetime: std::time::Duration::from_millis(300), ..Timings::default() };
    let stage = stage(PracticeOptions { timings, ..PracticeOptions::default() }).await;
    let port = app::start(stage.env_path()).await;
    let mut running = listening(&stage, port).start();
    for _ in 0..3 {
        running.note("Polar may change").await;
    }
    running.interrupt().await;
    assert_eq!(running.end().await.0, Some(0));
}

#[tokio::test]
async fn what_finds_no_app_is_held_until_it_is_there() {
    let stage = stage(PracticeOptions::default()).await;
    let port = free_port();
    let mut running = listening(&stage, port).with(&["--hold"]).start();
    running.note("Polar may change").await;
    for event in ["order.created", "order.paid"] {
        assert!(stage.practice.fire(event));
    }
    running.note("2 held").await;
    app::start_on(port, stage.env_path()).await;
    for event in ["order.created", "order.paid"] {
        let seen = loop {
            let line = running.line().await.unwrap();
            if line.starts_with("{\"delivery\"") {
                break delivery(&line);
            }
        };
        assert_eq!((&seen["event_type"], &seen["app_status"]), (&event.into(), &202.into()));
    }
    running.interrupt().await;
    assert_eq!(running.end().await.0, Some(0));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let stage = stage(PracticeOptions::default()).await;
    let call = listening(&stage, 3000).with(&["--tunnel", "cloudflared"]);
    call.run().await.refused_as_wrong_usage("setup --tunnel cloudflared --keep-running");
    let call = stage.call("listen").with(&["--forward-to", "https://shop.example.com"]).token(&stage.token());
    call.run().await.refused_as_wrong_usage("on this machine");
    fs::write(stage.env_path(), "").unwrap();
    listening(&stage, 3000).run().await.refused_as_wrong_usage("your app could verify nothing");
}
