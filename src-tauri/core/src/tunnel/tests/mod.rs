//! Tunnels with real processes: shell scripts that print what the real programs print.

mod chunking;
mod playback;
mod real_ngrok;
mod supervision;

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use futures_util::FutureExt;
use tempfile::TempDir;

use super::*;

/// A program of this script.
pub struct Fake {
    folder: TempDir,
}

impl Fake {
    pub fn running(lines: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        fs::write(&program, format!("#!/bin/sh\n{}\n", lines.join("\n"))).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("program")
    }

    pub fn start(&self, probe: Probe) -> Tunnel {
        self.start_within(Duration::from_secs(20), probe)
    }

    pub fn start_within(&self, deadline: Duration, probe: Probe) -> Tunnel {
        self.start_as("cloudflared", deadline, probe)
    }

    pub fn start_as(&self, name: &str, deadline: Duration, probe: Probe) -> Tunnel {
        self.start_changed(name, deadline, probe, |_| {})
    }

    pub fn start_changed(
        &self,
        name: &str,
        deadline: Duration,
        probe: Probe,
        change: impl FnOnce(&mut TunnelOptions),
    ) -> Tunnel {
        let mut options = TunnelOptions {
            provider: Provider::from_name(name).unwrap(),
            program: self.path(),
            authtoken: None,
            domain: None,
            data: None,
            receiver: "127.0.0.1:4300".parse().unwrap(),
            deadline,
            probe,
        };
        change(&mut options);
        let timing = Timing {
            before_probe: Duration::ZERO,
            between_probes: Duration::from_millis(20),
            first_pause: Duration::from_millis(10),
            starts: 2,
            ..Timing::default()
        };
        Tunnel::start_with(options, timing)
    }
}

pub fn answering() -> Probe {
    Arc::new(|_| async { Ok(()) }.boxed())
}

pub fn silent() -> Probe {
    Arc::new(|_| async { Err("Nobody answers.".to_owned()) }.boxed())
}

/// Whether it still runs; one that has ended and was not collected yet does not.
pub fn alive(pid: &str) -> bool {
    let state = std::process::Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap().stdout;
    !state.trim_ascii().is_empty() && !state.starts_with(b"Z")
}

/// A killed process that is nobody's child here ends when the system comes to it.
pub async fn is_gone(pid: &str) {
    let gone = async {
        while alive(pid) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
}

pub fn pid(view: &TunnelView) -> String {
    view.log.iter().find_map(|line| line.strip_prefix("pid ")).unwrap().to_owned()
}
