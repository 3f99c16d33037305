//! The app's port: whether something listens, which program that is, and whether it is this project's.

use std::time::Duration;

use tokio::{net::TcpStream, task::spawn_blocking, time::timeout};

use super::{
    super::{AppSeen, Subject},
    process, tunnels,
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
        let led_to = tunnels::ports().into_iter().find(|port| others.contains(port));
        let only = others.first().copied().filter(|_| others.len() == 1 && !subject.app_port.is_known);
        if let Some(meant) = led_to.or(only) {
            others.retain(|other| *other != meant);
            port = meant;
        }
    }
    let listens = listens(port).await;
    // A program that starts its worker anew shares the port with it: the newest one answers.
    let on_port = found.iter().filter(|listener| listener.port == port).max_by_key(|listener| listener.began);
    let is_this_project = || found.iter().filter(|it| it.port == port).find_map(|it| it.is_in_folder.filter(|is| *is));
    AppSeen {
        port,
        listens,
        program: on_port.map(|listener| listener.name.clone()),
        is_this_project: is_this_project().or_else(|| on_port.and_then(|listener| listener.is_in_folder)),
        began: on_port.and_then(|listener| listener.began),
        given_secret: on_port.and_then(|listener| process::given(listener.id, &subject.names.secret)),
        other_ports: others,
        receivers: found
            .iter()
            .filter(|listener| listener.name.starts_with("polar-setup"))
            .map(|listener| listener.port)
            .collect(),
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
