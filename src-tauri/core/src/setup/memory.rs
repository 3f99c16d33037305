//! What is remembered between runs: which endpoint a project has, and what was chosen. Never a secret.
//!
//! One JSON file for all projects. Every access holds a lock and reads the file anew, so that a window and a terminal
//! that work side by side lose nothing of each other's.

use std::{
    env,
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::view::{DeliveryFormat, EnvironmentName, Hold, PublicWay, RecentProject, SecretSource};
use crate::env_file::{Backups, ChosenNames};

/// Where the memory is, instead of the user's data folder.
pub const FOLDER_VARIABLE: &str = "POLAR_SETUP_DATA_DIR";
/// How many recent projects are shown.
const RECENT: usize = 8;
const FILE: &str = "memory.json";
const LOCK: &str = "memory.lock";

/// What is remembered of one project on one Polar. `None`: not chosen, so the default counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    /// Which Polar.
    pub environment: Option<EnvironmentName>,
    /// The endpoint's id on Polar.
    pub endpoint_id: Option<String>,
    /// The endpoint that had the secret before, while it is still there: a replacing of the secret that did not end.
    pub replaces: Option<String>,
    /// The organization's id on Polar.
    pub organization_id: Option<String>,
    /// Where the secret comes from.
    pub secret_source: Option<SecretSource>,
    /// Whether Polar made the secret in use.
    pub secret_made_by_polar: bool,
    /// The endpoint's name, if the user chose one.
    pub name: Option<String>,
    /// The delivery format.
    pub format: Option<DeliveryFormat>,
    /// The event types.
    pub events: Option<Vec<String>>,
    /// How Polar reaches this machine.
    pub way: Option<PublicWay>,
    /// The tunnel program.
    pub program: Option<String>,
    /// The user's own address.
    pub own_url: Option<String>,
    /// The address of the account at the tunnel's service.
    pub domain: Option<String>,
    /// Whether deliveries are held back from the app; it counts again only where some are still held.
    pub hold: Hold,
    /// Whether the app gets the `Host` that arrived instead of its own.
    pub keeps_host: bool,
    /// The handler's route, if the user overruled what was found.
    pub route: Option<String>,
    /// The app's port, likewise.
    pub port: Option<u16>,
    /// The env file, likewise.
    pub env_file: Option<String>,
    /// The framework, likewise.
    pub framework: Option<String>,
    /// The variables' names, likewise.
    pub names: ChosenNames,
    /// Whether the project's example is written along.
    pub keeps_example: bool,
    /// The day on which the token ends, as noted by the user, in the form 2026-12-31: Polar's API does not tell it.
    pub token_expires: Option<String>,
}

/// Why nothing can be remembered, or why another run is in the way.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The system has no folder for data of programs.
    #[error("This system names no folder for program data. Set {FOLDER_VARIABLE} to a folder.")]
    NoFolder,
    /// It cannot be read or written.
    #[error("{path} cannot be used: {source}. Make it writable, or set {FOLDER_VARIABLE} to another folder.")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another run works on the same project.
    #[error(
        "Another Polar Setup is changing {folder} right now. Wait until it has finished, or close it; then try again."
    )]
    Busy {
        /// The project's folder.
        folder: PathBuf,
    },
}

/// Held while a project is changed; the system releases it even if the program is killed.
#[derive(Debug)]
pub struct ProjectLock {
    _file: File,
}

/// The memory.
#[derive(Debug, Clone)]
pub struct Memory {
    folder: PathBuf,
}

/// The file. The project and the setup used last come first.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    projects: Vec<Project>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Project {
    folder: String,
    name: String,
    #[serde(default)]
    setups: Vec<KnownSetup>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KnownSetup {
    api_url: String,
    #[serde(flatten)]
    remembered: Remembered,
}

impl Memory {
    /// The folder for this user's data: `POLAR_SETUP_DATA_DIR`, or the system's.
    ///
    /// # Errors
    /// The system names none.
    pub fn folder() -> Result<PathBuf, MemoryError> {
        if let Some(folder) = env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()) {
            return Ok(folder.into());
        }
        let folders = directories::ProjectDirs::from("", "", "polar-setup").ok_or(MemoryError::NoFolder)?;
        Ok(folders.data_dir().to_path_buf())
    }

    /// The memory in this folder, which is made if it is not there.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(folder: &Path) -> Result<Self, MemoryError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|source| failed(folder, source))?;
        Ok(Self { folder: folder.to_path_buf() })
    }

    /// Its folder, where the program keeps its other data too.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Where earlier versions of env files are kept.
    #[must_use]
    pub fn backups(&self) -> Backups {
        Backups::in_folder(&self.folder)
    }

    /// What is remembered of this project on this Polar; empty if nothing.
    ///
    /// # Errors
    /// The memory cannot be read.
    pub fn recall(&self, project: &Path, api_url: &str) -> Result<Remembered, MemoryError> {
        let _lock = self.lock()?;
        let mut contents = self.load()?;
        let setups = contents.project(&identity(project)).map(|known| &mut known.setups);
        let known = setups.and_then(|setups| setups.iter().find(|known| known.api_url == key(api_url)));
        Ok(known.map(|known| known.remembered.clone()).unwrap_or_default())
    }

    /// The Polar that this project was set up with last, and what is remembered of it.
    ///
    /// # Errors
    /// The memory cannot be read.
    pub fn last(&self, project: &Path) -> Result<Option<(String, Remembered)>, MemoryError> {
        let _lock = self.lock()?;
        let mut contents = self.load()?;
        let known = contents.project(&identity(project)).and_then(|known| known.setups.first());
        Ok(known.map(|known| (known.api_url.clone(), known.remembered.clone())))
    }

    /// Changes what is remembered; what another run wrote meanwhile stays. The project becomes the newest.
    ///
    /// # Errors
    /// The memory cannot be read or written.
    pub fn remember(
        &self,
        project: &Path,
        api_url: &str,
        change: impl FnOnce(&mut Remembered),
    ) -> Result<(), MemoryError> {
        self.update(|contents| {
            let setups = &mut contents.newest(project, None).setups;
            let at = setups.iter().position(|known| known.api_url == key(api_url));
            let mut known = match at {
                Some(at) => setups.remove(at),
                None => KnownSetup { api_url: key(api_url).to_owned(), remembered: Remembered::default() },
            };
            change(&mut known.remembered);
            setups.insert(0, known);
        })
    }

    /// Makes this project, of this name, the newest.
    ///
    /// # Errors
    /// The memory cannot be read or written.
    pub fn visited(&self, project: &Path, name: &str) -> Result<(), MemoryError> {
        self.update(|contents| {
            contents.newest(project, Some(name));
        })
    }

    /// The newest projects whose folders are still there, newest first. A vanished one is not forgotten: its disk may
    /// come back, and its endpoint is still on Polar.
    ///
    /// # Errors
    /// The memory cannot be read.
    pub fn recent(&self) -> Result<Vec<RecentProject>, MemoryError> {
        let _lock = self.lock()?;
        let there = self.load()?.projects.into_iter().filter(|known| Path::new(&known.folder).is_dir());
        Ok(there.take(RECENT).map(|known| RecentProject { folder: known.folder, name: known.name }).collect())
    }

    /// Keeps other runs from changing the same project until the lock is dropped.
    ///
    /// # Errors
    /// Another run holds it.
    pub fn lock_project(&self, project: &Path) -> Result<ProjectLock, MemoryError> {
        let identity = identity(project);
        let name = URL_SAFE_NO_PAD.encode(&Sha256::digest(identity.as_bytes())[..18]);
        let path = self.folder.join(format!("project-{name}.lock"));
        let file = private(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(ProjectLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(MemoryError::Busy { folder: project.to_path_buf() }),
            Err(TryLockError::Error(source)) => Err(failed(&path, source)),
        }
    }

    fn update(&self, change: impl FnOnce(&mut Contents)) -> Result<(), MemoryError> {
        let _lock = self.lock()?;
        let mut contents = self.load()?;
        change(&mut contents);
        self.save(&contents).map_err(|source| failed(&self.folder.join(FILE), source))
    }

    fn lock(&self) -> Result<File, MemoryError> {
        let path = self.folder.join(LOCK);
        let file = private(&path)?;
        file.lock().map_err(|source| failed(&path, source))?;
        Ok(file)
    }

    /// A file that cannot be understood is set aside: it must not keep anybody from working.
    fn load(&self) -> Result<Contents, MemoryError> {
        let path = self.folder.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::default()),
            Err(source) => return Err(failed(&path, source)),
        };
        match serde_json::from_slice(&bytes) {
            Ok(contents) => Ok(contents),
            Err(error) => {
                let aside = self.folder.join(format!("{FILE}.broken"));
                tracing::warn!(%error, aside = %aside.display(), "the memory cannot be read and is set aside");
                fs::rename(&path, &aside).map_err(|source| failed(&path, source))?;
                Ok(Contents::default())
            }
        }
    }

    fn save(&self, contents: &Contents) -> io::Result<()> {
        let mut new = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer_pretty(&mut new, contents)?;
        new.write_all(b"\n")?;
        new.as_file().sync_all()?;
        new.persist(self.folder.join(FILE)).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Contents {
    fn project(&mut self, identity: &str) -> Option<&mut Project> {
        self.projects.iter_mut().find(|known| known.folder == identity)
    }

    /// The project, moved to the front; new if it is not known.
    fn newest(&mut self, folder: &Path, name: Option<&str>) -> &mut Project {
        let identity = identity(folder);
        let at = self.projects.iter().position(|known| known.folder == identity);
        let mut project = if let Some(at) = at {
            self.projects.remove(at)
        } else {
            let last = Path::new(&identity).file_name().map(|last| last.to_string_lossy().into_owned());
            Project { name: last.unwrap_or_else(|| identity.clone()), folder: identity, setups: Vec::new() }
        };
        if let Some(name) = name {
            name.clone_into(&mut project.name);
        }
        self.projects.insert(0, project);
        &mut self.projects[0]
    }
}

/// The same folder by whatever way it is named. Windows' `\\?\` prefix is no use to people.
pub(crate) fn identity(folder: &Path) -> String {
    let whole =
        fs::canonicalize(folder).or_else(|_| std::path::absolute(folder)).unwrap_or_else(|_| folder.to_path_buf());
    let text = whole.to_string_lossy();
    match text.strip_prefix(r"\\?\") {
        Some(rest) if rest.as_bytes().get(1) == Some(&b':') => rest.to_owned(),
        _ => text.into_owned(),
    }
}

fn key(api_url: &str) -> &str {
    api_url.trim_end_matches('/')
}

/// A file that only its owner may read, made if it is not there.
fn private(path: &Path) -> Result<File, MemoryError> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true).read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: io::Error) -> MemoryError {
    MemoryError::Io { path: path.to_path_buf(), source }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
