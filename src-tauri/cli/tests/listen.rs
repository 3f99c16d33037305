//! `listen`: Polar's events reach a real app through the relay, across losses, and held while the app is down.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use polar_setup_core::webhook::secret;
use polar_setup_practice::{PracticeOptions, Timings};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::{
    app,
    running::Running,
    stage::{Call, Stage},
};

const ROUTE: &str = "/api/auth/polar/webhooks";

/// A project with a secret in its env file, and a Polar whose deliveries are tried once.
async fn stage() -> Stage {
    let timings = Timings { retry_gaps: Vec::new(), ..Timings::default() };
    let stage = Stage::with(PracticeOptions { timings, ..PracticeOptions::default() }).await;
    let text = format!("POLAR_WEBHOOK_SECRET={}\n", secret::generate().expose());
    fs::write(stage.env_path(), text).unwrap();
    stage
}

fn listen(stage: &Stage, port: u16) -> Call {
    let app = format!("http://localhost:{port}{ROUTE}");
    stage.call("listen").with(&["--forward-to", &app]).token(&stage.token())
}

/// The next line that holds this field, and its value.
async fn next(running: &mut Running, field: &str) -> Value {
    loop {
        let line = running.line().await.unwrap_or_else(|| panic!("it ended without {field}"));
        let mut line: Value = serde_json::from_str(&line).unwrap();
        if !line[field].is_null() {
            return line[field].take();
        }
    }
}

/// Ctrl-C; gives the summary.
async fn ended(running: Running) -> Value {
    running.interrupt().await;
    let (code, lines) = running.end().await;
    assert_eq!(code, Some(0), "{lines:?}");
    serde_json::from_str::<Value>(lines.last().unwrap()).unwrap()["summary"].clone()
}

/// An endpoint where nothing answers, so that Polar keeps a list of deliveries.
fn add_endpoint(stage: &Stage) {
    let endpoint = json!({
        "id": "11111111-2222-4333-8444-555555555555",
        "organization_id": stage.practice.organization().id,
        "created_at": "2026-11-23T07:19:07.990835Z",
        "modified_at": null,
        "url": format!("http://127.0.0.1:{}/", stage.app_port),
        "name": null,
        "format": "raw",
        "secret": secret::generate().expose(),
        "events": ["order.paid", "order.refunded", "customer.created"],
        "enabled": true,
    });
    stage.practice.restore_endpoint(&endpoint).unwrap();
}

#[tokio::test]
async fn events_reach_an_app_that_verifies_without_any_endpoint() {
    let stage = stage().await;
    let port = app::start(stage.env_path()).await;
    let before = stage.env_text();
    let mut running = listen(&stage, port).with(&["--events", "order.paid,customer.created"]).start();
    running.note("Polar calls it private and may change it").await;
    assert_eq!(next(&mut running, "relay").await, "connected");
    for event in ["order.paid", "order.refunded", "customer.created"] {
        assert!(stage.practice.fire(event));
    }
    for event in ["order.paid", "customer.created"] {
        let delivery = next(&mut running, "delivery").await;
        assert_eq!(delivery["event_type"], event, "the one that is not wanted is left out: {delivery}");
        assert_eq!((&delivery["verified"], &delivery["app_status"]), (&json!("polar_own"), &json!(202)), "{delivery}");
        assert!(delivery["app_ms"].is_u64(), "{delivery}");
    }
    let expected = json!({ "accepted": 2, "refused": 0, "unanswered": 0, "still_held": 0 });
    assert_eq!(ended(running).await, expected);
    assert!(stage.practice.endpoints().is_empty());
    assert_eq!(stage.env_text(), before);
    assert_eq!(fs::read_dir(stage.project.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn people_get_a_line_for_each() {
    let stage = stage().await;
    let port = app::start(stage.env_path()).await;
    let mut call = Call::new(stage.data.path()).token(&stage.token());
    call.command.arg("listen").arg("--project").arg(stage.project.path());
    let app = format!("http://localhost:{port}/elsewhere");
    let mut running = call.with(&["--api-url", stage.practice.url().as_str(), "--forward-to", &app]).start();
    running.note("Listening to Polar").await;
    assert!(stage.practice.fire("order.paid"));
    let line = loop {
        let line = running.line().await.unwrap();
        if line.contains("order.paid") {
            break line;
        }
    };
    assert!(line.contains("UTC · order.paid · verified · app answered 404 in "), "{line}");
    running.interrupt().await;
    let (code, lines) = running.end().await;
    assert_eq!((code, lines.last().unwrap().as_str()), (Some(0), "Your app accepted 0, refused 1, did not answer 0."));
}

#[tokio::test]
async fn asked_to_reconnect_it_does_so_at_once() {
    let timings = Timings { relay_lifetime: Duration::from_millis(1200), ..Timings::default() };
    let stage = Stage::with(PracticeOptions { timings, ..PracticeOptions::default() }).await;
    fs::write(stage.env_path(), format!("POLAR_WEBHOOK_SECRET={}\n", secret::generate().expose())).unwrap();
    let port = app::start(stage.env_path()).await;
    let mut running = listen(&stage, port).start();
    assert_eq!(next(&mut running, "relay").await, "connected");
    for _ in 0..3 {
        assert!(stage.practice.fire("order.paid"));
        assert_eq!(next(&mut running, "delivery").await["app_status"], 202);
        // Only the gap is told: no waiting, no "reconnecting".
        let line: Value = serde_json::from_str(&running.line().await.unwrap()).unwrap();
        let line = if line["relay"] == "connected" {
            serde_json::from_str(&running.line().await.unwrap()).unwrap()
        } else {
            line
        };
        assert!(line["gap"].is_object() && line["gap"]["caught_up"].is_null(), "{line}");
    }
    assert_eq!(ended(running).await["accepted"], 3);
}

/// Stands between the program and Polar, and lets through so many bytes of Polar's; then nothing comes through.
struct Cable {
    port: u16,
    left: Arc<AtomicUsize>,
    cut: watch::Sender<bool>,
}

impl Cable {
    async fn to(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let cable = Self { port: listener.local_addr().unwrap().port(), left, cut: watch::Sender::new(false) };
        let (left, cut) = (Arc::clone(&cable.left), cable.cut.clone());
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                if !*cut.borrow() {
                    tokio::spawn(through(here, port, Arc::clone(&left), cut.clone()));
                }
            }
        });
        cable
    }

    /// Lets this many bytes through, wherever they end.
    fn cut_after(&self, bytes: usize) {
        self.left.store(bytes, Ordering::SeqCst);
    }

    fn mend(&self) {
        self.left.store(usize::MAX, Ordering::SeqCst);
        self.cut.send_replace(false);
    }
}

async fn through(here: TcpStream, port: u16, left: Arc<AtomicUsize>, cut: watch::Sender<bool>) -> Option<()> {
    let there = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let ((mut asked, mut program), (mut answered, mut polar)) = (here.into_split(), there.into_split());
    let mut is_cut = cut.subscribe();
    let down = async {
        let mut bytes = [0; 512];
        loop {
            let count = answered.read(&mut bytes).await.ok().filter(|count| *count > 0)?;
            let allowed = count.min(left.load(Ordering::SeqCst));
            program.write_all(&bytes[..allowed]).await.ok()?;
            if left.load(Ordering::SeqCst) != usize::MAX && left.fetch_sub(allowed, Ordering::SeqCst) == allowed {
                cut.send_replace(true);
                return None::<()>;
            }
        }
    };
    tokio::select! {
        _ = down => {}
        _ = tokio::io::copy(&mut asked, &mut polar) => {}
        _ = is_cut.wait_for(|cut| *cut) => {}
    }
    None
}

#[tokio::test]
async fn what_is_lost_in_the_middle_of_an_event_is_caught_up_with_once() {
    let stage = stage().await;
    add_endpoint(&stage);
    let port = app::start(stage.env_path()).await;
    let cable = Cable::to(stage.practice.url().port().unwrap()).await;
    let url = format!("http://127.0.0.1:{}", cable.port);
    let mut call = Call::new(stage.data.path()).with(&["listen", "--json", "--api-url", &url]);
    call.command.arg("--project").arg(stage.project.path());
    let app = format!("http://localhost:{port}{ROUTE}");
    let mut running = call.with(&["--forward-to", &app]).token(&stage.token()).start();
    assert_eq!(next(&mut running, "relay").await, "connected");
    assert!(stage.practice.fire("order.paid"));
    assert_eq!(next(&mut running, "delivery").await["event_type"], "order.paid");
    stage.practice.delivered(1).await;

    // The next event comes in part only, the one after not at all.
    cable.cut_after(400);
    assert!(stage.practice.fire("customer.created"));
    assert_eq!(next(&mut running, "relay").await, "reconnecting");
    assert!(stage.practice.fire("order.refunded"));
    stage.practice.delivered(3).await;
    cable.mend();
    let mut caught_up = Vec::new();
    while caught_up.len() < 2 {
        let line: Value = serde_json::from_str(&running.line().await.unwrap()).unwrap();
        if line["delivery"].is_object() {
            assert_eq!((&line["caught_up"], &line["delivery"]["app_status"]), (&json!(true), &json!(202)), "{line}");
            caught_up.push(line["delivery"]["event_type"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(caught_up, ["customer.created", "order.refunded"]);
    assert!(stage.practice.fire("order.paid"));
    assert_eq!(next(&mut running, "delivery").await["event_type"], "order.paid");
    let expected = json!({ "accepted": 4, "refused": 0, "unanswered": 0, "still_held": 0 });
    assert_eq!(ended(running).await, expected);
}

#[tokio::test]
async fn while_the_app_is_down_events_are_held_and_come_in_order() {
    let stage = stage().await;
    let mut running = listen(&stage, stage.app_port).with(&["--hold"]).start();
    assert_eq!(next(&mut running, "relay").await, "connected");
    let events = ["order.paid", "customer.created", "order.refunded"];
    for event in events {
        assert!(stage.practice.fire(event));
        let delivery = next(&mut running, "delivery").await;
        assert_eq!((&delivery["event_type"], &delivery["held"]), (&json!(event), &json!(true)), "{delivery}");
    }
    app::start_at(stage.env_path(), stage.app_port).await;
    for event in events {
        let delivery = next(&mut running, "delivery").await;
        assert_eq!((&delivery["event_type"], &delivery["app_status"]), (&json!(event), &json!(202)), "{delivery}");
    }
    running.note("Your app is back").await;
    let expected = json!({ "accepted": 3, "refused": 0, "unanswered": 0, "still_held": 0 });
    assert_eq!(ended(running).await, expected);
}

#[tokio::test]
async fn what_cannot_be_is_told() {
    let stage = stage().await;
    for (forward, because) in [
        ("https://localhost:3000", "on this machine, with http"),
        ("http://example.com/hooks", "on this machine, with http"),
        ("nonsense", "not a web address"),
    ] {
        let call = stage.call("listen").with(&["--forward-to", forward]).token(&stage.token());
        call.run().await.refused_as_wrong_usage(because);
    }
    stage.call("listen").run().await.refused_as_wrong_usage("no access token");

    let token = stage.token();
    stage.practice.set_revoked(stage.practice.token().secret(), true);
    let ran = stage.call("listen").token(&token).run().await;
    assert_eq!((ran.code, ran.failed()), (Some(1), vec!["token".to_owned()]), "{ran:#?}");
    fs::remove_file(stage.env_path()).unwrap();
    let ran = listen(&stage, 1).run().await;
    assert_eq!((ran.code, ran.failed()), (Some(1), vec!["secret".to_owned()]), "{ran:#?}");
}

#[tokio::test]
async fn a_token_that_is_revoked_meanwhile_ends_it() {
    let timings = Timings { relay_lifetime: Duration::from_millis(1200), ..Timings::default() };
    let stage = Stage::with(PracticeOptions { timings, ..PracticeOptions::default() }).await;
    fs::write(stage.env_path(), format!("POLAR_WEBHOOK_SECRET={}\n", secret::generate().expose())).unwrap();
    let token = stage.practice.token();
    let mut running = listen(&stage, stage.app_port).start();
    assert_eq!(next(&mut running, "relay").await, "connected");
    stage.practice.set_revoked(token.secret(), true);
    let (code, lines) = running.end().await;
    assert_eq!(code, Some(1));
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let check = lines.iter().find(|line| line["check"] == "relay").unwrap();
    assert!(check["cause"].as_str().unwrap().contains("does not accept this token"), "{check}");
    assert!(!check["fix"].is_null());
}

#[tokio::test]
async fn a_tunnel_program_that_fails_is_told_and_nothing_is_changed() {
    let stage = stage().await;
    let programs = tempfile::tempdir().unwrap();
    let path = programs.path().join("cloudflared");
    let script = "#!/bin/sh\ncase \"$1\" in *version*) echo 'cloudflared version 2026.1.0'; exit;; esac\n\
        echo 'failed to request quick Tunnel: the service is on fire' >&2; exit 1\n";
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let mut call = listen(&stage, stage.app_port).with(&["--tunnel", "cloudflared"]);
    call.command.env("PATH", format!("{}:{}", programs.path().display(), std::env::var("PATH").unwrap()));
    let ran = call.run().await;
    assert_eq!((ran.code, ran.failed()), (Some(1), vec!["tunnel".to_owned()]), "{ran:#?}");
    assert!(stage.practice.endpoints().is_empty());
}
