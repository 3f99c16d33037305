//! The app's port: whether something listens, which program that is, and whether it is this project's.

use std::time::Duration;

use tokio::{net::TcpStream, task::spawn_blocking, time::timeout};

use super::{
    super::{AppSeen, Subject},
    process,
    public::tunnels,
};

/// On this machine a port answers at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(2);

pub async fn look(subject: &Subject) -> AppSeen {
    let folder = subject.project.folder.clone();
    let found = spawn_blocking(move || process::listeners(&folder)).await.unwrap_or_default();
    let of_project = |port: u16| {
        found.iter().any(|listener| listener.port == port && listener.is_in_folder == Some(true) && !listener.is_ours)
    };
    let mut others = found
        .iter()
        .map(|listener| listener.port)
        .filter(|port| *port != subject.app_port.value && of_project(*port))
        .collect::<Vec<_>>();
    others.sort_unstable();
    others.dedup();
    // A port that is only the usual one is none to insist on; nor is one that a tunnel passes by.
    let mut port = subject.app_port.value;
    if !of_project(port) {
        let led_to = tunnels().into_iter().filter_map(|(_, port)| port).find(|port| others.contains(port));
        let only = others.first().copied().filter(|_| others.len() == 1 && !subject.app_port.is_known);
        if let Some(meant) = led_to.or(only) {
            others.retain(|other| *other != meant);
            port = meant;
        }
    }
    let listens = listens(port).await;
    let on_port = found.iter().find(|listener| listener.port == port);
    AppSeen {
        port,
        listens,
        program: on_port.map(|listener| listener.name.clone()),
        is_this_project: on_port.and_then(|listener| listener.is_in_folder),
        began: on_port.and_then(|listener| listener.began),
        given_secret: on_port.and_then(|listener| process::given(listener.id, &subject.names.secret)),
        other_ports: others,
    }
}

/// Development servers listen on either loopback address.
async fn listens(port: u16) -> bool {
    for host in ["127.0.0.1", "::1"] {
        if matches!(timeout(PATIENCE, TcpStream::connect((host, port))).await, Ok(Ok(_))) {
            return true;
        }
    }
    false
}
