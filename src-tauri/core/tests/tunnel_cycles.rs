//! Tunnels started and stopped many times leave nothing behind. A test program of its own, as it counts what the whole
//! process has open.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

use futures_util::FutureExt;
use polar_setup_core::{
    setup::view::TunnelPhase,
    tunnel::{Provider, Tunnel, TunnelOptions},
};

const CYCLES: usize = 200;

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Processes with this text in their command line, or that are children of this one.
fn processes(text: &Path) -> usize {
    let listed = std::process::Command::new("ps").args(["-ww", "-eo", "args="]).output().unwrap().stdout;
    let own = std::process::id().to_string();
    let children = std::process::Command::new("ps").args(["-o", "pid=", "--ppid", &own]).output().unwrap().stdout;
    let named = String::from_utf8_lossy(&listed).lines().filter(|line| line.contains(text.to_str().unwrap())).count();
    // The one that lists them is one itself.
    named + String::from_utf8_lossy(&children).lines().count() - 1
}

#[tokio::test]
async fn two_hundred_starts_and_stops_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("cloudflared");
    let script = "#!/bin/sh\necho 'INF |  https://quick-pebble.trycloudflare.com  |' >&2\nexec sleep 1000\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let start = || {
        Tunnel::start(TunnelOptions {
            provider: Provider::from_name("cloudflared").unwrap(),
            program: program.clone(),
            authtoken: None,
            domain: None,
            data: Some(folder.path().to_path_buf()),
            receiver: "127.0.0.1:4300".parse().unwrap(),
            deadline: Duration::from_secs(60),
            probe: Arc::new(|_| async { Ok(()) }.boxed()),
        })
    };
    let mut before = 0;
    for cycle in 0..CYCLES {
        let tunnel = start();
        let mut view = tunnel.subscribe();
        view.wait_for(|view| view.phase == TunnelPhase::AddressKnown).await.unwrap();
        tunnel.stop().await;
        if cycle == 0 {
            // The runtime has opened by now what it keeps open.
            before = open_files();
        }
    }
    assert_eq!(open_files(), before);
    assert_eq!(processes(folder.path()), 0);
    assert_eq!(fs::read_dir(folder.path().join("tunnels")).unwrap().count(), 0, "records");
}
