//! The app's port: whether something listens, which program that is, and whether it is this project's.

use std::time::Duration;

use tokio::{net::TcpStream, task::spawn_blocking, time::timeout};

use super::{
    super::{AppSeen, Subject},
    process,
};

/// On this machine a port answers at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(2);

pub async fn look(subject: &Subject) -> AppSeen {
    let port = subject.app_port;
    let listens = listens(port).await;
    let folder = subject.project.folder.clone();
    let found = spawn_blocking(move || process::listeners(&folder)).await.unwrap_or_default();
    let on_port = found.iter().find(|listener| listener.port == port);
    let mut other_ports = found
        .iter()
        .filter(|listener| listener.port != port && listener.is_in_folder == Some(true) && !listener.is_ours)
        .map(|listener| listener.port)
        .collect::<Vec<_>>();
    other_ports.sort_unstable();
    other_ports.dedup();
    AppSeen {
        port,
        listens,
        program: on_port.map(|listener| listener.name.clone()),
        is_this_project: on_port.and_then(|listener| listener.is_in_folder),
        began: on_port.and_then(|listener| listener.began),
        other_ports,
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
