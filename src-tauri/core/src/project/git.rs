//! Whether git would take the env file.

use std::{
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A repository on a slow disk is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What git does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// No repository, or no git here: nothing to fear, or nothing known.
    None,
    /// It is ignored.
    Ignored,
    /// The next `git add .` takes it.
    WouldBeTaken,
    /// It is in the repository already.
    Tracked,
}

impl Exposure {
    /// What to know and do, in sentences.
    #[must_use]
    pub fn warning(self, file: &str) -> Option<String> {
        match self {
            Self::None | Self::Ignored => None,
            Self::WouldBeTaken => Some(format!(
                "Git does not ignore {file}: add the line {file} to .gitignore, or the next commit takes your secrets along."
            )),
            Self::Tracked => Some(format!(
                "{file} is in the git repository, for everyone to see who can read it. Run `git rm --cached {file}` and add the line {file} to .gitignore."
            )),
        }
    }
}

/// Asks git about a file in a folder.
#[must_use]
pub fn exposure(folder: &Path, file: &str) -> Exposure {
    // A tracked file is never "ignored", whatever .gitignore says.
    match git(folder, &["check-ignore", "--quiet", "--", file]) {
        Some(0) => Exposure::Ignored,
        Some(1) => match git(folder, &["ls-files", "--error-unmatch", "--", file]) {
            Some(0) => Exposure::Tracked,
            _ => Exposure::WouldBeTaken,
        },
        _ => Exposure::None,
    }
}

/// Runs git and gives its exit code; `None`: there is no git, or it takes too long.
fn git(folder: &Path, arguments: &[&str]) -> Option<i32> {
    let mut child = Command::new("git")
        // A repository can name programs in its configuration; none of them is run.
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C"])
        .arg(folder)
        .args(arguments)
        .envs([("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0")])
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.code(),
            Ok(None) if begun.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(2)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}
