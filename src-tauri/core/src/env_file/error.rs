//! What can go wrong with an env file, and what to do about it. No message holds a value.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why an env file could not be read, edited or written. Whatever it was: the file on disk is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum EnvFileError {
    /// There is no file.
    #[error("{path} does not exist.")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A folder has that name, or a device.
    #[error("{path} is not a file.")]
    NotFile {
        /// What has the file's name.
        path: PathBuf,
    },
    /// The folder is gone.
    #[error("The folder {path} does not exist.")]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// No right to read it.
    #[error("{path} cannot be read: permission denied.")]
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// The file says that nobody should write it, or it is somebody else's.
    #[error("{path} is write-protected or belongs to another user.")]
    FileProtected {
        /// The file.
        path: PathBuf,
    },
    /// No right to write into the folder, or a read-only disk.
    #[error("Nothing can be written in the folder {path}: it is read-only for you.")]
    FolderProtected {
        /// The folder.
        path: PathBuf,
    },
    /// No room.
    #[error("There is no room left on the disk to write {path}.")]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Somebody changed it after it was read.
    #[error("{path} was changed by another program in the meantime. It was left as it is.")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Larger than any env file.
    #[error("{path} has {megabytes} MB: that is not an env file.")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        megabytes: u64,
    },
    /// Not a name that every program can read.
    #[error("{name:?} cannot be a variable's name: letters, digits and _ only, and no digit first.")]
    Name {
        /// The name.
        name: String,
    },
    /// A secret under a name whose variables a framework builds into its pages.
    #[error(
        "{name} would be sent to every visitor's browser: {framework} builds variables that begin with {prefix} into the \
         pages, so the secret would be public."
    )]
    Shipped {
        /// The name.
        name: String,
        /// What it begins with.
        prefix: &'static str,
        /// Who ships such variables.
        framework: &'static str,
    },
    /// Not even the program that is to read the value can get it out of an env file.
    #[error("The value of {name} cannot be written into an env file: {problem}.")]
    Value {
        /// The variable.
        name: String,
        /// What about the value.
        problem: &'static str,
    },
    /// Two readers do not get the same.
    #[error("{path}, line {line}: programs do not agree on the value of {name}.{}", blame(*culprit))]
    Disagreement {
        /// The file.
        path: PathBuf,
        /// The variable.
        name: String,
        /// Where the variable is.
        line: usize,
        /// The first line that the other reader does not understand.
        culprit: Option<usize>,
    },
    /// The version that is to be replaced cannot be kept.
    #[error("{path} was not changed, because its present version could not be kept in {folder}: {source}.")]
    NotKept {
        /// The file.
        path: PathBuf,
        /// Where backups are.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No such backup.
    #[error("This earlier version of {path} is no longer there.")]
    NoBackup {
        /// The file.
        path: PathBuf,
    },
    /// Anything else the system says.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

fn blame(culprit: Option<usize>) -> String {
    culprit.map_or_else(String::new, |line| format!(" Line {line} is not understood by all of them."))
}

impl EnvFileError {
    /// What to do about it, in a sentence.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::Missing { .. } => "Write it first, or choose another env file.".to_owned(),
            Self::NotFile { .. } => "Choose another name for the env file, or move what has that name away.".to_owned(),
            Self::NoFolder { .. } => "Choose the project's folder again.".to_owned(),
            Self::Unreadable { path } => format!("Make it yours: {}", permission_command("u+rw", path)),
            Self::FileProtected { path } => {
                format!("If it may be changed, make it yours and writable: {}", permission_command("u+w", path))
            }
            Self::FolderProtected { path } => {
                format!("Make the folder writable ({}) or choose another one.", permission_command("u+w", path))
            }
            Self::Full { .. } => "Free some space and try again. The old file is intact.".to_owned(),
            Self::Changed { .. } => "Look at the new preview, then write again.".to_owned(),
            Self::TooLarge { .. } => "Choose another env file.".to_owned(),
            Self::Name { .. } => "Choose another name, such as POLAR_WEBHOOK_SECRET.".to_owned(),
            Self::Shipped { name, prefix, .. } => {
                format!("Choose a name without {prefix}, such as {}.", name.strip_prefix(prefix).unwrap_or(name))
            }
            Self::Value { .. } => "Use a value of letters, digits, - and _, such as a generated secret.".to_owned(),
            Self::Disagreement { line, culprit, .. } => {
                format!(
                    "Put the value in line {} between double quotes, close every quote, or take a value of letters, digits, - and _.",
                    culprit.unwrap_or(*line)
                )
            }
            Self::NotKept { folder, .. } => format!("Make room in {} and make it writable.", folder.display()),
            Self::NoBackup { .. } => "Choose another version: only the last few are kept.".to_owned(),
            Self::Io { .. } => "Try again; if it stays, look at the disk and at who may write there.".to_owned(),
        }
    }

    /// What a failed reading means.
    pub(super) fn reading(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::PermissionDenied => Self::Unreadable { path },
            io::ErrorKind::NotADirectory => Self::NoFolder { path: folder_of(&path) },
            _ => Self::Io { path, source },
        }
    }

    /// What a failed writing means.
    pub(super) fn writing(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::FolderProtected { path: folder_of(&path) }
            }
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NoFolder { path: folder_of(&path) },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::AlreadyExists => Self::Changed { path },
            _ => Self::Io { path, source },
        }
    }
}

fn permission_command(mode: &str, path: &Path) -> String {
    if cfg!(unix) {
        format!("chmod {mode} \"{}\"", path.display())
    } else {
        "in its properties, under Security.".to_owned()
    }
}

pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}
