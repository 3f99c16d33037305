//! The env file on disk: read whole, replaced in one step, for the user's eyes only.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::error::{EnvFileError, folder_of};

/// No env file is larger.
const LIMIT: u64 = 64 << 20;
/// A temporary file of ours that is older, and that nobody holds, was left behind by a program that was killed.
const LEFTOVER_AGE: Duration = Duration::from_secs(1);
/// How many symbolic links are followed, as Linux does.
const LINKS: usize = 40;

/// The file's bytes; `None`: there is no file.
///
/// # Errors
/// It is a folder or a device, is too large, or cannot be read.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, EnvFileError> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(EnvFileError::reading(path, error)),
    };
    if !found.is_file() {
        return Err(EnvFileError::NotFile { path: path.to_path_buf() });
    }
    if found.len() > LIMIT {
        return Err(EnvFileError::TooLarge { path: path.to_path_buf(), megabytes: found.len() >> 20 });
    }
    fs::read(path).map(Some).map_err(|error| EnvFileError::reading(path, error))
}

/// Replaces the file in one step: whoever reads it sees the old one or the new one, also after a power cut. Its mode
/// becomes 0600, or stays if it is stricter; its owner stays. A symbolic link stays, and the file it points to is replaced.
///
/// # Errors
/// The file is no longer `expected_before` (`None`: there was none), or cannot be written. It is as it was before.
pub fn write(path: &Path, bytes: &[u8], expected_before: Option<&[u8]>) -> Result<(), EnvFileError> {
    replace(path, bytes, expected_before, false)
}

/// The same for a file without secrets, which others may read: its mode stays, or becomes 0644 where it is new.
///
/// # Errors
/// As for [`write`].
pub fn write_public(path: &Path, bytes: &[u8], expected_before: Option<&[u8]>) -> Result<(), EnvFileError> {
    replace(path, bytes, expected_before, true)
}

fn replace(path: &Path, bytes: &[u8], expected_before: Option<&[u8]>, public: bool) -> Result<(), EnvFileError> {
    let target = target_of(path)?;
    let folder = folder_of(&target);
    let prefix = prefix_of(&target);
    let failed = |error: io::Error| EnvFileError::writing(&target, error);
    remove_leftovers(&folder, &prefix);

    let mut new = tempfile::Builder::new().prefix(&prefix).tempfile_in(&folder).map_err(failed)?;
    // As long as it is held it is nobody's leftover. Where a file system knows no locks, its age must do.
    let _ = new.as_file().try_lock();
    new.write_all(bytes).map_err(failed)?;
    match fs::metadata(&target) {
        Ok(old) if old.permissions().readonly() => return Err(EnvFileError::FileProtected { path: target }),
        Ok(old) => {
            keep_owner(&new, &old).map_err(|_| EnvFileError::FileProtected { path: target.clone() })?;
            set_mode(&new, Some(&old), public).map_err(failed)?;
        }
        Err(_) => set_mode(&new, None, public).map_err(failed)?,
    }
    new.as_file().sync_all().map_err(failed)?;
    if read(&target)?.as_deref() != expected_before {
        return Err(EnvFileError::Changed { path: target });
    }
    match expected_before {
        Some(_) => new.persist(&target),
        None => new.persist_noclobber(&target),
    }
    .map_err(|error| failed(error.error))?;
    // The file is replaced; that some file systems cannot sync a folder does not make that untrue.
    if let Err(error) = sync_folder(&folder) {
        tracing::warn!(%error, folder = %folder.display(), "the folder could not be synced");
    }
    Ok(())
}

/// Takes the right to read the file from everybody but its owner.
///
/// # Errors
/// It is not the user's file.
pub fn make_private(path: &Path) -> Result<(), EnvFileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let found = fs::metadata(path).map_err(|error| EnvFileError::reading(path, error))?;
        let mode = found.permissions().mode() & 0o777;
        if mode & 0o177 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o600))
                .map_err(|_| EnvFileError::FileProtected { path: path.to_path_buf() })?;
        }
    }
    // On Windows a file has the rights of its folder.
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Where a symbolic link leads, even if nothing is there yet.
fn target_of(path: &Path) -> Result<PathBuf, EnvFileError> {
    let mut target = path.to_path_buf();
    for _ in 0..LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(EnvFileError::NotFile { path: path.to_path_buf() })
}

/// The new file gets the old one's owner, where that is somebody else: with `sudo` it stays the user's own file.
#[cfg(unix)]
fn keep_owner(new: &tempfile::NamedTempFile, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let ours = new.as_file().metadata()?;
    if ours.uid() != old.uid() {
        fchown(new.as_file(), Some(old.uid()), Some(old.gid()))?;
    } else if ours.gid() != old.gid() {
        // Nobody of the group may read it anyway.
        let _ = fchown(new.as_file(), None, Some(old.gid()));
    }
    Ok(())
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn keep_owner(_: &tempfile::NamedTempFile, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// A secret file: what its owner may not do with the old one he may not do with the new one, and others nothing.
#[cfg(unix)]
fn set_mode(new: &tempfile::NamedTempFile, old: Option<&fs::Metadata>, public: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let old = old.map_or(0o644, |old| old.permissions().mode() & 0o777);
    let mode = if public { old } else { old & 0o600 };
    // Not all file systems know modes, and ours is 0600 already.
    if mode == 0o600 { Ok(()) } else { new.as_file().set_permissions(fs::Permissions::from_mode(mode)) }
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn set_mode(_: &tempfile::NamedTempFile, _: Option<&fs::Metadata>, _: bool) -> io::Result<()> {
    Ok(())
}

/// Without this the new name may be lost in a power cut.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes what a killed run left beside this file: it holds secrets.
pub fn sweep(path: &Path) {
    if let Ok(target) = target_of(path) {
        remove_leftovers(&folder_of(&target), &prefix_of(&target));
    }
}

fn prefix_of(target: &Path) -> String {
    format!("{}.polar-setup-", target.file_name().unwrap_or_default().to_string_lossy())
}

fn remove_leftovers(folder: &Path, prefix: &str) {
    let old = |entry: &fs::DirEntry| {
        let changed = entry.metadata().and_then(|found| found.modified()).ok();
        let age = changed.and_then(|changed| SystemTime::now().duration_since(changed).ok());
        let held = || fs::File::open(entry.path()).is_ok_and(|file| file.try_lock().is_err());
        age.is_some_and(|age| age > LEFTOVER_AGE) && !held()
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix));
        if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) && old(&entry) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
#[path = "disk_tests.rs"]
mod tests;
