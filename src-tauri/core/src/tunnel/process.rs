//! One running program and all that it starts, which never outlives this one.
//!
//! Where there are process groups, a small shell waits at a pipe that only this program holds open: it closes when this
//! program ends, also by a crash or `kill -9`, and the shell then ends the group. On Windows a job object does the same.

use std::{
    ffi::OsString,
    io,
    path::Path,
    pin::Pin,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::{process::Command, sync::mpsc, time::timeout};

use super::output;
use crate::SecretText;

/// Lines that wait to be looked at; more make the program wait.
const WAITING_LINES: usize = 256;

/// A running program.
pub(super) struct Process {
    child: Box<dyn ChildWrapper>,
    #[cfg(unix)]
    guard: Option<Guard>,
}

impl Process {
    /// Starts it and gives its lines, from both of its outputs. Variables whose names begin with one of `kept_away`
    /// are kept from it; an authtoken is handed over in a variable, as arguments can be seen by everybody.
    pub(super) fn start(
        program: &Path,
        arguments: Vec<OsString>,
        kept_away: &[&str],
        authtoken: Option<(&str, &SecretText)>,
    ) -> io::Result<(Self, mpsc::Receiver<String>)> {
        let mut command = CommandWrap::with_new(program, |command| {
            command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            keep_away(command, kept_away);
            if let Some((variable, authtoken)) = authtoken {
                command.env(variable, authtoken.expose());
            }
        });
        command.wrap(KillOnDrop);
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        let mut child = command.spawn()?;
        let (sender, lines) = mpsc::channel(WAITING_LINES);
        if let Some(stdout) = child.stdout().take() {
            tokio::spawn(output::lines(stdout, sender.clone()));
        }
        if let Some(stderr) = child.stderr().take() {
            tokio::spawn(output::lines(stderr, sender));
        }
        #[cfg(unix)]
        let guard = child.id().and_then(|group| {
            let guard = Guard::start(group);
            guard.inspect_err(|error| tracing::warn!(%error, "no guard looks after the tunnel")).ok()
        });
        Ok((
            Self {
                child,
                #[cfg(unix)]
                guard,
            },
            lines,
        ))
    }

    /// Its process id, as long as it has not ended.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until it has ended by itself. May be dropped and called again.
    pub(super) fn ended(&mut self) -> Pin<Box<dyn Future<Output = io::Result<ExitStatus>> + Send + '_>> {
        self.child.wait()
    }

    /// Leaves the guard alone, as the end of this program would.
    #[cfg(all(test, unix))]
    pub(super) fn close_guard(&mut self) {
        if let Some(guard) = &mut self.guard {
            drop(guard.shell.stdin.take());
        }
    }

    /// Asks it to end, and after `patience` makes it. Does no harm to one that has ended.
    pub(super) async fn stop(mut self, patience: Duration) {
        #[cfg(unix)]
        {
            // The number of SIGTERM, the same on every Unix. An error says that it has ended.
            let _ = self.child.signal(15);
            let _ = timeout(patience, self.child.wait()).await;
        }
        // Also after a quiet end: something that it started may be left in its group.
        let _ = self.child.start_kill();
        let _ = timeout(patience, self.child.wait()).await;
        #[cfg(unix)]
        if let Some(guard) = self.guard.take() {
            guard.release().await;
        }
    }
}

fn keep_away(command: &mut Command, names: &[&str]) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("POLAR_") || names.iter().any(|start| text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
}

/// Ends a process group once this program is gone.
#[cfg(unix)]
struct Guard {
    shell: tokio::process::Child,
}

#[cfg(unix)]
impl Guard {
    /// Waits for a line, which means that all is well, or for the end of the pipe. Signals that end this program, such
    /// as Ctrl-C in a terminal or a logout, must not end it first.
    const SCRIPT: &str = r#"
        trap "" INT TERM HUP
        read -r line && exit 0
        kill -s TERM -- "-$1" 2>/dev/null
        tries=0
        while kill -s 0 -- "-$1" 2>/dev/null && [ "$tries" -lt 4 ]; do sleep 1; tries=$((tries + 1)); done
        kill -s KILL -- "-$1" 2>/dev/null
    "#;

    fn start(group: u32) -> io::Result<Self> {
        let shell = Command::new("/bin/sh")
            .args(["-c", Self::SCRIPT, "polar-setup-guard", &group.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .current_dir("/")
            .process_group(0)
            .spawn()?;
        Ok(Self { shell })
    }

    async fn release(mut self) {
        use tokio::io::AsyncWriteExt;
        if let Some(mut pipe) = self.shell.stdin.take() {
            let _ = pipe.write_all(b"done\n").await;
        }
        let _ = timeout(Duration::from_secs(1), self.shell.wait()).await;
    }
}
