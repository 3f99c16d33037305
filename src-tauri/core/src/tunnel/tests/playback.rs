//! What the real programs were recorded to print, played back by a child process: what comes of it, and in which words.
//!
//! The recordings are in `tests/fixtures/tunnels`. Their seconds pass here as fiftieths.

use std::fmt::Write;

use super::*;

/// A program that prints a recording, each line as long after the one before as it was, and then does as told.
fn playing(name: &str, then: &str) -> Fake {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/tunnels");
    let recording = format!("{folder}/{name}.txt");
    let stream = if name.starts_with("ngrok") { "" } else { " >&2" };
    let mut script = String::new();
    let mut second = None;
    for line in fs::read_to_string(&recording).unwrap().lines() {
        // 2026-11-23T07:13:46Z INF …
        let now = line.get(17..19).and_then(|seconds| seconds.parse::<u32>().ok());
        if let (Some(before), Some(now)) = (second, now)
            && before != now
        {
            let fiftieths = (now + 60 - before) % 60;
            writeln!(script, "sleep {}.{:02}", fiftieths / 50, fiftieths % 50 * 2).unwrap();
        }
        second = now.or(second);
        writeln!(script, "printf '%s\\n' '{}'{stream}", line.replace('\'', r"'\''")).unwrap();
    }
    Fake::running(&[&script, then])
}

async fn failure(program: &str, name: &str, then: &str) -> String {
    let fake = playing(name, then);
    let tunnel = fake.start_as(program, Duration::from_secs(3), answering());
    let view = tunnel.ready().await.unwrap_err();
    assert_eq!(view.phase, TunnelPhase::Failed, "{name}");
    format!("{} → {}", view.problem.unwrap(), view.fix.unwrap())
}

const STAY: &str = "exec sleep 1000";

#[tokio::test]
async fn every_recorded_failure_has_its_sentence() {
    let expected = [
        (
            "cloudflared",
            "cloudflared_no_internet",
            "exit 1",
            "Cloudflare could not be found: this machine has no internet, or no name service. → Connect this machine to \
             the internet and start again.",
        ),
        (
            "cloudflared",
            "cloudflared_service_refused",
            "exit 1",
            "Cloudflare's service for quick tunnels could not be reached from this network. → See whether a firewall or \
             proxy blocks api.trycloudflare.com, or use ngrok.",
        ),
        (
            "cloudflared",
            "cloudflared_service_hangs",
            "exit 1",
            "Cloudflare's service for quick tunnels could not be reached from this network. → See whether a firewall or \
             proxy blocks api.trycloudflare.com, or use ngrok.",
        ),
        (
            "cloudflared",
            "cloudflared_service_429",
            "exit 1",
            "Cloudflare gives no more quick tunnels to this network for now: too many were asked for. → Wait a few \
             minutes and start again, or use ngrok.",
        ),
        (
            "cloudflared",
            "cloudflared_service_500",
            "exit 1",
            "Cloudflare's service for quick tunnels answered with an error. → It is on Cloudflare's side: try again in a \
             few minutes, or use ngrok.",
        ),
        (
            "cloudflared",
            "cloudflared_service_empty",
            "exit 1",
            "Cloudflare's service for quick tunnels answered with an error. → It is on Cloudflare's side: try again in a \
             few minutes, or use ngrok.",
        ),
        (
            "cloudflared",
            "cloudflared_port_taken",
            "exit 1",
            "A port that cloudflared needs is taken. → End other cloudflared programs and start again.",
        ),
        (
            "cloudflared",
            "cloudflared_bad_flag",
            "exit 0",
            "This cloudflared does not know the flags that it is started with: it is too old. → Install the newest \
             cloudflared.",
        ),
        (
            "cloudflared",
            "cloudflared_address_then_exit_1",
            "exit 1",
            "Cloudflare gave an address, but no connection to its network came about. → See whether a firewall blocks \
             outgoing port 7844 (UDP and TCP), or use ngrok.",
        ),
        (
            "cloudflared",
            "cloudflared_edge_blackhole",
            STAY,
            "Cloudflare gave an address, but no connection to its network came about. → See whether a firewall blocks \
             outgoing port 7844 (UDP and TCP), or use ngrok.",
        ),
        (
            "cloudflared",
            "cloudflared_edge_refused",
            STAY,
            "Cloudflare gave an address, but no connection to its network came about. → See whether a firewall blocks \
             outgoing port 7844 (UDP and TCP), or use ngrok.",
        ),
        (
            "ngrok",
            "ngrok_no_internet",
            STAY,
            "ngrok's service could not be reached: this machine has no internet, or a firewall is in the way. → Connect \
             this machine to the internet and start again.",
        ),
        (
            "ngrok",
            "ngrok_bad_flag",
            "exit 0",
            "This ngrok does not know the flags that it is started with. → Install the newest ngrok.",
        ),
    ];
    for (program, name, then, sentence) in expected {
        assert_eq!(failure(program, name, then).await, sentence, "{name}");
    }
}

#[tokio::test]
async fn every_recorded_success_is_reachable_at_its_address() {
    for (name, host) in [
        ("cloudflared_quic", "https://"),
        ("cloudflared_http2", "https://quick-pebble-grove-basin.trycloudflare.com"),
        ("cloudflared_slow_register", "https://fjord-amber-vivid-rapid.trycloudflare.com"),
    ] {
        let fake = playing(name, STAY);
        let tunnel = fake.start(answering());
        let mut view = tunnel.subscribe();
        let reached = view.wait_for(|view| view.phase == TunnelPhase::Reachable).await.unwrap().clone();
        assert!(reached.url.unwrap().starts_with(host), "{name}");
        tunnel.stop().await;
    }
}

#[tokio::test]
async fn where_udp_is_blocked_the_second_try_connects() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/tunnels");
    let script = format!(
        "case \"$*\" in\n*'--protocol http2'*) cat '{folder}/cloudflared_udp_blocked_http2.txt' >&2 ;;\n*) cat \
         '{folder}/cloudflared_udp_blocked.txt' >&2 ;;\nesac"
    );
    let fake = Fake::running(&[&script, STAY]);
    let tunnel = fake.start_within(Duration::from_secs(3), answering());
    tunnel.ready().await.unwrap();
    assert!(tunnel.status().log.iter().any(|line| line.contains("this network may block UDP")));
    tunnel.stop().await;
}

#[tokio::test]
async fn a_program_for_another_processor_says_so() {
    let fake = Fake::running(&[]);
    // The head of an ELF program for a machine that does not exist.
    fs::write(fake.path(), b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xff\xff\x01\0\0\0").unwrap();
    let view = fake.start(answering()).ready().await.unwrap_err();
    assert!(view.problem.unwrap().contains("another processor"));
}

/// The agent's log, its repetition in plain words, and exit code 1, as a refusal by the service looks.
async fn refused_with(code: u32) -> String {
    let line = format!(
        r#"{{"err":"authentication failed: Words that change, https://ngrok.com/words\r\n\r\nERR_NGROK_{code}\r\n","lvl":"crit","msg":"command failed"}}"#
    );
    let plain = format!("ERROR:  authentication failed\nERROR:\nERROR:  ERR_NGROK_{code}");
    let fake = Fake::running(&[&format!("cat <<'END'\n{line}\n{plain}\nEND"), "exit 1"]);
    let view = fake.start_as("ngrok", Duration::from_secs(20), answering()).ready().await.unwrap_err();
    assert_eq!((view.phase, view.url), (TunnelPhase::Failed, None), "{code}");
    format!("{} → {}", view.problem.unwrap(), view.fix.unwrap())
}

#[tokio::test]
async fn every_code_of_ngrok_has_its_sentence() {
    let too_old = "This ngrok is too old: the service takes it no longer. → Install the newest ngrok.";
    let bad_authtoken = "ngrok does not accept the authtoken it has: it is cut off, was revoked, or belongs to another \
        account. → ";
    let expected = [
        (4018, "ngrok has no authtoken on this machine, and works only with an account. → "),
        (105, bad_authtoken),
        (107, bad_authtoken),
        (108, "The ngrok account is in use elsewhere: it allows no further session at the same time. → "),
        (334, "The account's address is online already, through another ngrok. → "),
        (313, "ngrok is told to use an address that does not belong to the account. → "),
        (120, too_old),
        (121, too_old),
        (
            9999,
            "ngrok refused with ERR_NGROK_9999. → Read what it means at https://ngrok.com/docs/errors/err_ngrok_9999",
        ),
    ];
    for (code, beginning) in expected {
        let sentence = refused_with(code).await;
        assert!(sentence.starts_with(beginning), "{code}: {sentence}");
    }
}

#[tokio::test]
async fn an_agent_too_old_that_only_repeats_itself_is_named_at_the_deadline() {
    // Version 2 without an account: the code stands in lines of level "eror" (seen in logs that people published).
    let fake = Fake::running(&[
        r#"echo '{"err":"no longer supported. ERR_NGROK_120","lvl":"eror","msg":"failed to auth","obj":"tunnels.session"}'"#,
        r#"echo '{"err":"no longer supported. ERR_NGROK_120","lvl":"eror","msg":"failed to reconnect session"}'"#,
        STAY,
    ]);
    let view = fake.start_as("ngrok", Duration::from_secs(1), answering()).ready().await.unwrap_err();
    assert!(view.problem.unwrap().contains("too old"));
}
