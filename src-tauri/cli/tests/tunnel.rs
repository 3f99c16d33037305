//! `setup` with a tunnel program: one that is missing, one that fails, and Ctrl-C while it starts.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::stage::{Call, Stage};

/// A program of this name that tells a version, and then does as the script says.
fn install(folder: &Path, script: &str) {
    let path = folder.join("cloudflared");
    let text =
        format!("#!/bin/sh\ncase \"$1\" in *version*) echo 'cloudflared version 2026.1.0'; exit;; esac\n{script}\n");
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A setup through cloudflared, which is looked for in `programs` first.
fn setup(stage: &Stage, programs: &Path) -> Call {
    let mut call = stage.setup().with(&["--tunnel", "cloudflared"]);
    let path = std::env::var("PATH").unwrap();
    call.command.env("PATH", format!("{}:{path}", programs.display()));
    call
}

#[tokio::test]
async fn a_program_that_fails_is_told_with_its_cause() {
    let stage = Stage::new().await;
    let programs = tempfile::tempdir().unwrap();
    install(programs.path(), "echo 'failed to request quick Tunnel: the service is on fire' >&2; exit 1");
    let ran = setup(&stage, programs.path()).run().await.not_verified();
    let check = ran.check("tunnel");
    assert_eq!(check["state"], "failed");
    assert!(!check["cause"].is_null() && !check["fix"].is_null(), "{check}");
    assert!(ran.complaint.contains("Starting cloudflared"), "{ran:#?}");
    assert!(stage.practice.endpoints().is_empty() && !stage.env_path().exists());
}

#[tokio::test]
async fn ctrl_c_while_it_starts_leaves_nothing_behind() {
    let stage = Stage::new().await;
    let programs = tempfile::tempdir().unwrap();
    let alive = programs.path().join("alive");
    let script = format!(
        "echo $$ > '{}'\necho '2026-01-01T00:00:00Z INF |  https://some-words.trycloudflare.com  |' >&2\nexec sleep 600",
        alive.display()
    );
    install(programs.path(), &script);
    let mut running = setup(&stage, programs.path()).start();
    running.note("has the address https://some-words.trycloudflare.com").await;
    running.interrupt().await;
    let (code, lines) = running.end().await;
    assert_eq!(code, Some(1));
    assert!(lines.last().unwrap().contains("Cancelled"), "{lines:?}");
    assert!(stage.practice.endpoints().is_empty() && !stage.env_path().exists());
    let id = fs::read_to_string(alive).unwrap();
    let found = std::process::Command::new("kill").args(["-0", id.trim()]).output().unwrap();
    assert!(!found.status.success(), "the tunnel program still runs");
}

/// Whether a process still runs; one that has ended and was not collected yet does not.
fn alive(id: &str) -> bool {
    let state = std::process::Command::new("ps").args(["-o", "stat=", "-p", id]).output().unwrap().stdout;
    !state.trim_ascii().is_empty() && !state.starts_with(b"Z")
}

#[tokio::test]
async fn killed_without_a_word_fifty_times_it_leaves_no_tunnel() {
    let stage = Stage::new().await;
    let programs = tempfile::tempdir().unwrap();
    let ids = programs.path().join("ids");
    let script = format!(
        "echo $$ >> '{}'\necho '2026-01-01T00:00:00Z INF |  https://some-words.trycloudflare.com  |' >&2\nexec sleep 600",
        ids.display()
    );
    install(programs.path(), &script);
    for _ in 0..50 {
        let mut running = setup(&stage, programs.path()).start();
        running.note("has the address https://some-words.trycloudflare.com").await;
        running.kill().await;
    }
    let ids = fs::read_to_string(ids).unwrap();
    assert_eq!(ids.lines().count(), 50);
    let gone = async {
        while ids.lines().any(alive) {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(crate::stage::PATIENCE, gone).await.unwrap();
}
