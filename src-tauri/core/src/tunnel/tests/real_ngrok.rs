//! The real ngrok agent, an old one that npm has (`tests/tunnels`), cut off from the internet.
//!
//! `POLAR_SETUP_NGROK` is its absolute path; without it these tests say that they are not run.

use std::{env, net::TcpStream, path::Path};

use super::{super::programs, *};

fn agent() -> Option<PathBuf> {
    let path = env::var_os("POLAR_SETUP_NGROK").map(PathBuf::from);
    match &path {
        Some(path) => assert!(path.is_absolute() && path.is_file(), "POLAR_SETUP_NGROK is no program: {path:?}"),
        None => eprintln!("not run: POLAR_SETUP_NGROK is not set"),
    }
    path
}

/// The agent without the user's settings, and with a proxy that nobody answers at: also where there is internet, these
/// tests reach nobody.
fn cut_off(agent: &Path) -> Fake {
    Fake::running(&[
        "echo pid $$",
        ": > \"$0.yml\"",
        "export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9",
        &format!("exec '{}' \"$@\" --config \"$0.yml\"", agent.display()),
    ])
}

fn start(fake: &Fake, deadline: Duration) -> Tunnel {
    fake.start_as("ngrok", deadline, answering())
}

/// Where its own pages are, once it says so.
async fn web_address(tunnel: &Tunnel) -> String {
    let mut view = tunnel.subscribe();
    let started = |view: &TunnelView| {
        let line = view.log.iter().find(|line| line.contains("starting web service"))?;
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        Some(line["addr"].as_str().unwrap().to_owned())
    };
    let view = tokio::time::timeout(Duration::from_secs(15), view.wait_for(|view| started(view).is_some())).await;
    started(&view.unwrap().unwrap()).unwrap()
}

#[tokio::test]
async fn it_is_found_and_tells_its_version() {
    let Some(agent) = agent() else { return };
    let found = programs::find_in(&[agent.parent().unwrap().to_owned()]).await;
    let found = found.iter().find(|program| program.name == "ngrok").unwrap();
    assert_eq!(found.path.as_deref(), agent.to_str());
    assert_eq!(found.version.as_deref(), Some("2.3.41"));
}

#[tokio::test]
async fn without_internet_it_is_given_up_at_the_deadline_and_named() {
    let Some(agent) = agent() else { return };
    let fake = cut_off(&agent);
    let view = start(&fake, Duration::from_secs(3)).ready().await.unwrap_err();
    assert_eq!(view.phase, TunnelPhase::Failed);
    assert!(view.log.iter().any(|line| line.contains("failed to reconnect session")), "{:?}", view.log);
    let problem = view.problem.as_deref().unwrap();
    assert!(problem.contains("this machine has no internet, or a firewall is in the way"), "{problem}");
    assert!(!alive(&pid(&view)));
}

#[tokio::test]
async fn two_at_once_use_different_ports_and_both_stop() {
    let Some(agent) = agent() else { return };
    let fakes = [cut_off(&agent), cut_off(&agent)];
    let first = start(&fakes[0], Duration::from_secs(60));
    let first_address = web_address(&first).await;
    let second = start(&fakes[1], Duration::from_secs(60));
    let second_address = web_address(&second).await;
    assert_ne!(first_address, second_address);
    for (tunnel, address) in [(second, second_address), (first, first_address)] {
        TcpStream::connect(&address).unwrap();
        let pid = pid(&tunnel.status());
        assert!(alive(&pid));
        tunnel.stop().await;
        assert_eq!(tunnel.status().phase, TunnelPhase::Stopped);
        assert!(!alive(&pid), "still runs after it was stopped");
    }
}

#[tokio::test]
async fn an_agent_too_old_for_the_flags_is_named_though_it_exits_with_0() {
    let Some(agent) = agent() else { return };
    let fake = cut_off(&agent);
    let domain = |options: &mut TunnelOptions| options.domain = Some("some-cat.ngrok-free.dev".into());
    let tunnel = fake.start_changed("ngrok", Duration::from_secs(20), answering(), domain);
    let view = tunnel.ready().await.unwrap_err();
    assert!(view.log.iter().any(|line| line.contains("flag provided but not defined: -url")), "{:?}", view.log);
    assert_eq!(view.problem.as_deref(), Some("This ngrok does not know the flags that it is started with."));
    assert_eq!(view.fix.as_deref(), Some("Install the newest ngrok."));
}
