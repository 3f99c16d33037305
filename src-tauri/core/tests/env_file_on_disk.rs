//! Writing the env file when things go wrong for real: killed at any moment, a full disk, a read-only mount.
//!
//! The test program starts itself anew as the writer, told by a variable.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use polar_setup_core::env_file::{self, Backups, EnvFileError};
use time::OffsetDateTime;

/// Names the folder in which the program is to write instead of testing.
const WRITER: &str = "POLAR_SETUP_TEST_WRITER";
/// Tells the writer with which version to begin, so that no two write the same.
const FIRST: &str = "POLAR_SETUP_TEST_FIRST";
/// How many writers are killed.
const KILLS: u64 = 500;

fn version(number: u64) -> Vec<u8> {
    // Large enough that half a file would show.
    let line = format!("POLAR_WEBHOOK_SECRET=version-{number}\n");
    line.repeat(2000).into_bytes()
}

fn again(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(WRITER, folder);
    command
}

fn told_to_write() -> Option<PathBuf> {
    std::env::var_os(WRITER).map(PathBuf::from)
}

fn write_for_ever(folder: &Path) -> ! {
    let (path, backups) = (folder.join("project/.env"), Backups::in_folder(folder));
    println!("ready");
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    for number in first.. {
        let before = env_file::read(&path).unwrap();
        backups.replace(&path, &version(number), before.as_deref(), OffsetDateTime::now_utc()).unwrap();
    }
    unreachable!()
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let first = text.lines().next().unwrap_or_default();
    let number = first.strip_prefix("POLAR_WEBHOOK_SECRET=version-").and_then(|number| number.parse().ok());
    number.is_some_and(|number| version(number) == bytes)
}

#[test]
fn killed_at_any_moment_the_file_is_a_whole_one() {
    if let Some(folder) = told_to_write() {
        write_for_ever(&folder);
    }
    let world = tempfile::tempdir().unwrap();
    let path = world.path().join("project/.env");
    fs::create_dir(world.path().join("project")).unwrap();
    fs::write(&path, version(0)).unwrap();
    let mut distinct = std::collections::HashSet::new();
    for kill in 0..KILLS {
        let mut writer = again("killed_at_any_moment_the_file_is_a_whole_one", world.path())
            .env(FIRST, (kill * 1_000_000).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        wait_until_ready(&mut writer);
        // Not waiting for anything: the moment of the kill is spread over the writer's work.
        thread::sleep(Duration::from_micros(kill * 37 % 9000));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let bytes = fs::read(&path).unwrap();
        assert!(is_whole(&bytes), "after kill {kill}");
        distinct.insert(bytes);
    }
    assert!(distinct.len() > 50, "the writers did write: {}", distinct.len());
    for backup in Backups::in_folder(world.path()).of(&path) {
        let bytes = Backups::in_folder(world.path()).read(&path, &backup.id).unwrap();
        assert!(is_whole(&bytes), "a backup");
    }
}

fn wait_until_ready(writer: &mut Child) {
    let output = BufReader::new(writer.stdout.take().unwrap());
    assert!(output.lines().any(|line| line.unwrap().contains("ready")));
}

/// Runs a test of this program anew, with a file system of its own mounted at `mount`; `false`: this machine allows none.
fn with_mount(test: &str, folder: &Path, mount: &str) -> bool {
    let inner = again(test, folder);
    let script = format!("{mount} && exec \"$0\" \"$@\"");
    let mut command = Command::new("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-c", &script]);
    let allowed = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", &format!("{mount} && true")])
        .env(WRITER, folder)
        .status()
        .is_ok_and(|status| status.success());
    if !allowed {
        println!("skipped: this machine lets nobody mount a file system ({test})");
        return false;
    }
    let status = command.arg(inner.get_program()).args(inner.get_args()).env(WRITER, folder).status().unwrap();
    assert!(status.success(), "{test}");
    true
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    if let Some(folder) = told_to_write() {
        let path = folder.join("disk/.env");
        fs::write(&path, "A=1\n").unwrap();
        let error = env_file::write(&path, &version(1), Some(b"A=1\n")).unwrap_err();
        assert!(matches!(error, EnvFileError::Full { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"A=1\n");
        assert_eq!(fs::read_dir(folder.join("disk")).unwrap().count(), 1, "nothing else is left there");
        // A disk that is full for backups is no reason to lose the version.
        let error = Backups::in_folder(&folder.join("disk"))
            .replace(&folder.join(".env"), b"A=2\n", Some(&version(2)), OffsetDateTime::now_utc())
            .unwrap_err();
        assert!(matches!(error, EnvFileError::NotKept { .. }), "{error}");
        return;
    }
    let world = tempfile::tempdir().unwrap();
    fs::create_dir(world.path().join("disk")).unwrap();
    let mount = format!("mount -t tmpfs -o size=16k tmpfs \"${WRITER}/disk\"");
    with_mount("a_full_disk_leaves_the_old_file", world.path(), &mount);
}

#[test]
fn a_read_only_mount_is_told() {
    if let Some(folder) = told_to_write() {
        let path = folder.join("disk/.env");
        for before in [None, Some(b"A=1\n".as_slice())] {
            let path = if before.is_some() { path.clone() } else { folder.join("disk/.env.local") };
            let error = env_file::write(&path, b"A=2\n", before).unwrap_err();
            assert!(matches!(error, EnvFileError::FolderProtected { .. }), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), b"A=1\n");
        return;
    }
    let world = tempfile::tempdir().unwrap();
    fs::create_dir(world.path().join("disk")).unwrap();
    fs::write(world.path().join("disk/.env"), "A=1\n").unwrap();
    let mount =
        format!("mount --bind \"${WRITER}/disk\" \"${WRITER}/disk\" && mount -o remount,bind,ro \"${WRITER}/disk\"");
    with_mount("a_read_only_mount_is_told", world.path(), &mount);
}
