//! How the supervisor looks after its process.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::FutureExt;

use super::{super::process::Process, *};
use crate::receiver::{Receiver, ReceiverOptions};

const ADDRESS: &str = "echo 'INF |  https://quick-pebble.trycloudflare.com  |' >&2";
const CONNECTED: &str = "echo 'INF Registered tunnel connection connIndex=0 protocol=http2' >&2";
/// Lives until it is ended, and says who it is.
const STAY: &str = "echo pid $$; exec sleep 1000";

#[tokio::test]
async fn an_address_alone_is_no_tunnel() {
    let fake = Fake::running(&[ADDRESS, STAY]);
    let tunnel = fake.start(answering());
    let mut view = tunnel.subscribe();
    let known = view.wait_for(|view| view.log.iter().any(|line| line.starts_with("pid"))).await.unwrap().clone();
    assert_eq!(known.phase, TunnelPhase::AddressKnown);
    assert_eq!(known.url.as_deref(), Some("https://quick-pebble.trycloudflare.com"));
    tunnel.stop().await;
    assert_eq!(tunnel.status().phase, TunnelPhase::Stopped);
    assert!(!alive(&pid(&known)));
}

#[tokio::test]
async fn reachable_is_what_a_probe_came_back_through() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let third: Probe = Arc::new(move |url| {
        let number = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!(url.as_str(), "https://quick-pebble.trycloudflare.com/");
            if number < 2 { Err("not yet".to_owned()) } else { Ok(()) }
        }
        .boxed()
    });
    let fake = Fake::running(&[ADDRESS, CONNECTED, STAY]);
    let tunnel = fake.start(third);
    assert_eq!(tunnel.ready().await.unwrap().as_str(), "https://quick-pebble.trycloudflare.com/");
    assert_eq!(tunnel.status().phase, TunnelPhase::Reachable);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    tunnel.stop().await;
}

#[tokio::test]
async fn connected_but_not_seen_is_said_and_no_failure() {
    let fake = Fake::running(&[ADDRESS, CONNECTED, STAY]);
    let tunnel = fake.start_within(Duration::from_secs(3), silent());
    tunnel.ready().await.unwrap();
    let view = tunnel.status();
    assert_eq!(view.phase, TunnelPhase::Connected);
    assert!(view.problem.unwrap().contains("Nobody answers."));
    tunnel.stop().await;
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_is_tried_once_more_over_http2() {
    let fake = Fake::running(&[
        ADDRESS,
        "case \"$*\" in *'--protocol http2'*) ;; *) exec sleep 1000 ;; esac",
        CONNECTED,
        STAY,
    ]);
    let tunnel = fake.start_within(Duration::from_secs(6), answering());
    tunnel.ready().await.unwrap();
    assert!(tunnel.status().log.iter().any(|line| line.contains("over HTTP/2")));
    tunnel.stop().await;
}

#[tokio::test]
async fn an_end_before_it_is_ready_is_a_failure_whatever_its_code() {
    let fake = Fake::running(&[ADDRESS, "echo 'connection with edge closed' >&2", "exit 0"]);
    let view = fake.start(answering()).ready().await.unwrap_err();
    assert_eq!(view.phase, TunnelPhase::Failed);
    assert!(view.problem.unwrap().contains("no connection to its network"));
    // Tried twice.
    assert_eq!(view.log.iter().filter(|line| line.contains("edge closed")).count(), 2);

    let fake = Fake::running(&["echo something odd", "exit 7"]);
    let view = fake.start(answering()).ready().await.unwrap_err();
    let problem = view.problem.unwrap();
    assert!(problem.contains("exit code 7") && problem.contains("something odd"), "{problem}");
}

#[tokio::test]
async fn a_named_failure_ends_the_program_at_once() {
    let fake = Fake::running(&["echo 'failed to request quick Tunnel: Post: dial tcp: no such host' >&2", STAY]);
    let tunnel = fake.start(answering());
    let view = tunnel.ready().await.unwrap_err();
    assert!(view.problem.unwrap().contains("no internet"));
    tunnel.stop().await;
    assert_eq!(tunnel.status().phase, TunnelPhase::Failed);
}

#[tokio::test]
async fn hanging_without_an_address_is_given_up_at_the_deadline() {
    let fake = Fake::running(&["echo pid $$", "exec sleep 1000"]);
    let tunnel = fake.start_within(Duration::from_secs(1), answering());
    let view = tunnel.ready().await.unwrap_err();
    assert!(view.problem.as_ref().unwrap().contains("no address within"));
    assert!(!alive(&pid(&view)));
}

#[tokio::test]
async fn a_lost_connection_shows_and_comes_back() {
    let fake = Fake::running(&[
        ADDRESS,
        CONNECTED,
        "while [ ! -e \"$0.lose\" ]; do sleep 0.05; done",
        "echo 'INF Unregistered tunnel connection connIndex=0' >&2",
        "while [ ! -e \"$0.find\" ]; do sleep 0.05; done",
        CONNECTED,
        STAY,
    ]);
    let tunnel = fake.start(answering());
    tunnel.ready().await.unwrap();
    let mut view = tunnel.subscribe();
    fs::write(fake.path().with_extension("lose"), "").unwrap();
    view.wait_for(|view| view.phase == TunnelPhase::AddressKnown).await.unwrap();
    fs::write(fake.path().with_extension("find"), "").unwrap();
    view.wait_for(|view| view.phase == TunnelPhase::Reachable).await.unwrap();
    tunnel.stop().await;
}

#[tokio::test]
async fn one_that_ends_after_it_worked_is_started_again() {
    let fake = Fake::running(&[
        "[ -e \"$0.first\" ] && address=second || address=first",
        "touch \"$0.first\"",
        "echo \"INF |  https://$address.trycloudflare.com  |\" >&2",
        CONNECTED,
        "while [ $address = second ] || [ ! -e \"$0.end\" ]; do sleep 0.05; done",
        "exit 3",
    ]);
    let tunnel = fake.start(answering());
    assert_eq!(tunnel.ready().await.unwrap().host_str(), Some("first.trycloudflare.com"));
    let mut view = tunnel.subscribe();
    fs::write(fake.path().with_extension("end"), "").unwrap();
    let ended = view.wait_for(|view| view.phase == TunnelPhase::Starting).await.unwrap().clone();
    assert!(ended.problem.unwrap().contains("exit code 3"));
    let again = view.wait_for(|view| view.phase == TunnelPhase::Reachable).await.unwrap().clone();
    assert_eq!((again.url.as_deref(), again.restarts), (Some("https://second.trycloudflare.com"), 1));
    assert!(again.since.is_some() && again.problem.is_none());
    tunnel.stop().await;
}

#[tokio::test]
async fn one_that_does_not_come_back_is_given_up() {
    let fake = Fake::running(&["[ -e \"$0.first\" ] && exit 1", "touch \"$0.first\"", ADDRESS, CONNECTED, "exit 1"]);
    let tunnel = fake.start(silent());
    let mut view = tunnel.subscribe();
    let last = view.wait_for(|view| view.phase == TunnelPhase::Failed).await.unwrap().clone();
    assert_eq!(last.restarts, 2);
}

#[tokio::test]
async fn stopping_ends_what_the_program_started_too() {
    let fake = Fake::running(&["trap '' TERM", "sleep 1000 & echo pid $!", ADDRESS, CONNECTED, "wait", "sleep 1000"]);
    let tunnel = fake.start(answering());
    tunnel.ready().await.unwrap();
    let view = tunnel.status();
    assert!(alive(&pid(&view)));
    tunnel.stop().await;
    is_gone(&pid(&view)).await;
}

#[tokio::test]
async fn a_forgotten_tunnel_ends() {
    let fake = Fake::running(&["echo pid $$", ADDRESS, CONNECTED, "exec sleep 1000"]);
    let tunnel = fake.start(answering());
    tunnel.ready().await.unwrap();
    let (mut view, pid) = (tunnel.subscribe(), pid(&tunnel.status()));
    drop(tunnel);
    while view.changed().await.is_ok() {}
    assert!(!alive(&pid));
}

#[tokio::test]
async fn much_output_stops_nothing() {
    let fake = Fake::running(&[
        "yes 'INF a line like any other, with a little more in it' | head -n 50000",
        ADDRESS,
        CONNECTED,
        STAY,
    ]);
    let tunnel = fake.start(answering());
    tunnel.ready().await.unwrap();
    assert!(tunnel.status().log.len() <= 200);
    tunnel.stop().await;
}

#[tokio::test]
async fn the_program_ends_when_its_parent_is_gone_without_a_word() {
    let fake = Fake::running(&[STAY]);
    let (mut process, mut lines) = Process::start(&fake.path(), vec![], &[], None).unwrap();
    let line = lines.recv().await.unwrap();
    // What the system does with a program that is killed: its end of the pipe closes.
    process.close_guard();
    process.ended().await.unwrap();
    assert!(!alive(line.strip_prefix("pid ").unwrap()));
}

#[tokio::test]
async fn an_authtoken_is_handed_over_in_the_environment_and_never_shown() {
    let token = SecretText::new("2abcDEFghiJKLmnoPQRstu_3vwxYZabc");
    let fake = Fake::running(&["echo \"arguments $*\"", "echo \"got $NGROK_AUTHTOKEN\"", "exec sleep 1000"]);
    let handed = Some(("NGROK_AUTHTOKEN", &token));
    let (process, mut lines) = Process::start(&fake.path(), vec!["http".into()], &[], handed).unwrap();
    assert_eq!(lines.recv().await.unwrap(), "arguments http");
    assert_eq!(lines.recv().await.unwrap(), format!("got {}", token.expose()));
    process.stop(Duration::from_secs(2)).await;
}

#[tokio::test]
async fn a_program_that_cannot_be_run_says_why() {
    let fake = Fake::running(&[STAY]);
    fs::set_permissions(fake.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let view = fake.start(answering()).ready().await.unwrap_err();
    assert!(view.problem.unwrap().contains("may not be run"));
}

#[tokio::test]
async fn probes_tell_our_receiver_from_another_server() {
    let ours = Receiver::start(ReceiverOptions::default()).unwrap();
    let other = Receiver::start(ReceiverOptions::default()).unwrap();
    let ask = probe(ours.clone());
    let at = |receiver: &Receiver| Url::parse(&receiver.url()).unwrap();
    ask(at(&ours)).await.unwrap();
    let problem = ask(at(&other)).await.unwrap_err();
    assert!(problem.contains("404"), "{problem}");
    let gone = at(&other);
    other.stop().await;
    assert!(ask(gone).await.unwrap_err().contains("refused"));
    ours.stop().await;
}
