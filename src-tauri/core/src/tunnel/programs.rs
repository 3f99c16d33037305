//! Which tunnel programs are on this machine.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use directories::BaseDirs;
use futures_util::future::join_all;
use tokio::{process::Command, time::timeout};

use super::provider::Provider;
use crate::setup::view::TunnelProgram;

/// How long a program may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(5);

/// Every program that we know, and where it is.
pub async fn find_programs() -> Vec<TunnelProgram> {
    find_in(&places()).await
}

pub(super) async fn find_in(places: &[PathBuf]) -> Vec<TunnelProgram> {
    let paths = env::join_paths(places).unwrap_or_default();
    join_all(Provider::all().map(|provider| look(provider, paths.clone()))).await
}

/// The folders of `PATH`, and those that the `PATH` of a program started from a desktop lacks.
fn places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    let home = BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let at_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
    if cfg!(windows) {
        places.extend(
            ["scoop\\shims", "AppData\\Local\\Microsoft\\WinGet\\Links", "go\\bin"].into_iter().filter_map(at_home),
        );
        places.extend(["C:\\Program Files (x86)\\cloudflared", "C:\\Program Files\\cloudflared"].map(PathBuf::from));
    } else {
        places.extend([".local/bin", "bin", "go/bin"].into_iter().filter_map(at_home));
        let shared = [
            "/usr/local/bin",
            "/usr/bin",
            "/opt/homebrew/bin",
            "/home/linuxbrew/.linuxbrew/bin",
            "/snap/bin",
            "/opt/local/bin",
        ];
        places.extend(shared.map(PathBuf::from));
    }
    places.retain(|place| place.is_absolute());
    places
}

async fn look(provider: Provider, paths: OsString) -> TunnelProgram {
    let path = which::which_in(provider.name(), Some(paths), "/").ok();
    let version = match &path {
        Some(path) => version(path, provider).await,
        None => None,
    };
    TunnelProgram {
        name: provider.name().to_owned(),
        path: path.map(|path| path.display().to_string()),
        version,
        about: provider.about().to_owned(),
        install: provider.install_command(),
    }
}

/// The first word with a dot in it that begins with a digit, in what it says when asked.
async fn version(path: &Path, provider: Provider) -> Option<String> {
    let mut command = Command::new(path);
    command.args(provider.program().version_arguments());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let word =
        text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'));
    word.map(str::to_owned)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[tokio::test]
    async fn finds_what_is_there_and_says_how_to_get_what_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("cloudflared");
        fs::write(&program, "#!/bin/sh\necho 'cloudflared version 2026.8.2 (built 2026-08-20-0954_UTC)'\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let found = find_in(&[folder.path().to_owned()]).await;
        assert_eq!(found[0].path.as_deref(), program.to_str());
        assert_eq!(found[0].version.as_deref(), Some("2026.8.2"));
        assert_eq!((found[1].name.as_str(), &found[1].path), ("ngrok", &None));
        assert!(found[1].install.contains("ngrok"));
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_run_is_no_program() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ngrok"), "").unwrap();
        assert!(find_in(&[folder.path().to_owned()]).await.iter().all(|program| program.path.is_none()));
    }
}
