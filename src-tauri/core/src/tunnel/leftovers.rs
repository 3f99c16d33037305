//! Tunnels that an earlier run left behind: recorded while they run, found and ended at the next start.
//!
//! A process guard ends them when this program dies; this is for the case that the guard was killed too. Only what is
//! surely ours is ended: the same process id, the same start time and the same program as recorded, and nobody there
//! any more who recorded it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};
use tokio::{process::Command, time::sleep};

/// The folder of the records, in the program's own data.
const FOLDER: &str = "tunnels";
/// How long one may take to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks whether it has.
const LOOK: Duration = Duration::from_millis(50);

/// A process by what cannot be mistaken for another one's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    pid: u32,
    /// In seconds since 1970.
    started: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Written {
    tunnel: Identity,
    program: PathBuf,
    recorded_by: Identity,
}

/// The record of a running tunnel; it goes when the tunnel does.
#[derive(Debug)]
pub(super) struct Record(PathBuf);

impl Record {
    /// Records a process that was just started.
    pub(super) fn write(data: &Path, pid: u32, program: &Path) -> io::Result<Self> {
        let gone = || io::Error::other("the process has ended already");
        let written = Written {
            tunnel: look(pid).ok_or_else(gone)?.0,
            program: program.to_path_buf(),
            recorded_by: look(std::process::id()).ok_or_else(gone)?.0,
        };
        let folder = data.join(FOLDER);
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{pid}.json"));
        fs::write(&path, serde_json::to_vec(&written)?)?;
        Ok(Self(path))
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        // One that stays is looked through at the next start.
        let _ = fs::remove_file(&self.0);
    }
}

/// Ends the tunnels that earlier runs left behind; gives how many.
pub async fn end_leftovers(data: &Path) -> usize {
    let Ok(entries) = fs::read_dir(data.join(FOLDER)) else { return 0 };
    let mut ended = 0;
    for entry in entries.flatten() {
        let Some(written) =
            fs::read(entry.path()).ok().and_then(|bytes| serde_json::from_slice::<Written>(&bytes).ok())
        else {
            continue;
        };
        if is(&written.recorded_by) {
            // Another window's, which looks after it.
            continue;
        }
        let ours = look(written.tunnel.pid)
            .is_some_and(|(identity, command)| identity == written.tunnel && command.contains(&written.program));
        if ours {
            tracing::info!(pid = written.tunnel.pid, "a tunnel of an earlier run is ended");
            end(&written.tunnel).await;
            ended += 1;
        }
        let _ = fs::remove_file(entry.path());
    }
    ended
}

async fn end(identity: &Identity) {
    for (signal, patience) in [("TERM", PATIENCE), ("KILL", PATIENCE)] {
        send(signal, identity.pid).await;
        let mut waited = Duration::ZERO;
        while is(identity) && waited < patience {
            sleep(LOOK).await;
            waited += LOOK;
        }
        if !is(identity) {
            return;
        }
    }
}

/// Sends a signal to the whole group, of which a tunnel is the leader.
#[cfg(unix)]
async fn send(signal: &str, pid: u32) {
    let script = r#"kill -s "$1" -- "-$2""#;
    let mut command = Command::new("/bin/sh");
    let _ = command.args(["-c", script, "sh", signal, &pid.to_string()]).output().await;
}

#[cfg(not(unix))]
async fn send(_: &str, pid: u32) {
    let _ = Command::new("taskkill").args(["/T", "/F", "/PID", &pid.to_string()]).output().await;
}

fn is(identity: &Identity) -> bool {
    look(identity.pid).is_some_and(|(found, _)| found == *identity)
}

/// A living process and the paths in its command line: a script's own path comes after its interpreter's.
fn look(pid: u32) -> Option<(Identity, Vec<PathBuf>)> {
    let mut system = System::new();
    let pid = Pid::from_u32(pid);
    let what = ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always).with_exe(UpdateKind::Always).without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    let process = system.process(pid)?;
    if matches!(process.status(), sysinfo::ProcessStatus::Zombie | sysinfo::ProcessStatus::Dead) {
        return None;
    }
    let command = process.cmd().iter().take(2).map(PathBuf::from).chain(process.exe().map(Path::to_path_buf));
    Some((Identity { pid: pid.as_u32(), started: process.start_time() }, command.collect()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    struct Sleeper(std::process::Child);

    impl Sleeper {
        fn start() -> Self {
            use std::os::unix::process::CommandExt;
            let program = Self::program();
            Self(std::process::Command::new(program).arg("1000").process_group(0).spawn().unwrap())
        }

        fn program() -> PathBuf {
            which::which("sleep").unwrap()
        }

        /// A record of it, by a process that is gone.
        fn left_behind(&self, data: &Path, change: impl FnOnce(&mut Written)) {
            let record = Record::write(data, self.0.id(), &Self::program()).unwrap();
            let mut written: Written = serde_json::from_slice(&fs::read(&record.0).unwrap()).unwrap();
            written.recorded_by.started = 1;
            change(&mut written);
            fs::write(&record.0, serde_json::to_vec(&written).unwrap()).unwrap();
            std::mem::forget(record);
        }

        fn alive(&mut self) -> bool {
            self.0.try_wait().unwrap().is_none()
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[tokio::test]
    async fn what_was_left_behind_is_ended() {
        let data = tempfile::tempdir().unwrap();
        let mut sleeper = Sleeper::start();
        sleeper.left_behind(data.path(), |_| ());
        assert_eq!(end_leftovers(data.path()).await, 1);
        assert!(!sleeper.alive());
        assert_eq!(end_leftovers(data.path()).await, 0);
    }

    #[tokio::test]
    async fn what_is_not_surely_ours_is_left_alone() {
        let changes: [fn(&mut Written); 3] = [
            |written| written.tunnel.started -= 100,
            |written| written.program = "/opt/another".into(),
            |written| written.recorded_by = look(std::process::id()).unwrap().0,
        ];
        for change in changes {
            let data = tempfile::tempdir().unwrap();
            let mut sleeper = Sleeper::start();
            sleeper.left_behind(data.path(), change);
            assert_eq!(end_leftovers(data.path()).await, 0);
            assert!(sleeper.alive());
        }
    }

    #[test]
    fn a_record_goes_with_its_tunnel() {
        let data = tempfile::tempdir().unwrap();
        let sleeper = Sleeper::start();
        let record = Record::write(data.path(), sleeper.0.id(), &Sleeper::program()).unwrap();
        let path = record.0.clone();
        assert!(path.exists());
        drop(record);
        assert!(!path.exists());
    }
}
