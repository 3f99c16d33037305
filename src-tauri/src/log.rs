//! The log file, and what happens when the program panics. Neither ever holds a secret.

use std::{
    fs::{self, File, OpenOptions},
    path::Path,
    sync::Mutex,
};

use tracing_subscriber::{EnvFilter, fmt};

/// The log's name in the program's data folder.
pub const FILE: &str = "polar-setup.log";
/// A log grown beyond this many bytes is begun anew at the next start; the old one is kept beside it.
const LARGEST: u64 = 1 << 20;

/// Logs into `folder`, or nowhere if that cannot be written. Of a panic only the place is logged: its text could quote
/// what must not be written down.
pub fn start(folder: &Path) {
    if let Some(file) = open(folder) {
        let filter = EnvFilter::new("warn,polar_setup_core=info,polar_setup_app=info,polar_setup_practice=info");
        let logging = fmt().with_writer(Mutex::new(file)).with_ansi(false).with_env_filter(filter).try_init();
        if logging.is_err() {
            eprintln!("polar-setup: no log is written: something else logs already.");
        }
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = crate::crash::place(panic);
        tracing::error!(%place, "panic");
        eprintln!(
            "polar-setup: something went wrong in {place}. Please report it; the setup itself is safe to run again."
        );
    }));
}

fn open(folder: &Path) -> Option<File> {
    fs::create_dir_all(folder).ok()?;
    let path = folder.join(FILE);
    if fs::metadata(&path).is_ok_and(|file| file.len() > LARGEST) {
        fs::rename(&path, folder.join(format!("{FILE}.1"))).ok()?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).ok()
}
