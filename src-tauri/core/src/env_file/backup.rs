//! The last versions of an env file, kept outside of the project, for its owner's eyes only.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::{disk, error::EnvFileError};

/// How many versions of one file are kept.
pub const KEPT: usize = 5;
const EXTENSION: &str = "env";

/// The backups of one user's env files.
#[derive(Debug, Clone)]
pub struct Backups {
    folder: PathBuf,
}

/// One earlier version of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// What [`Backups::restore`] takes.
    pub id: String,
    /// When it was replaced.
    pub replaced_at: OffsetDateTime,
    /// Its size in bytes.
    pub size: u64,
}

impl Backups {
    /// Those in the program's folder for data.
    #[must_use]
    pub fn in_folder(data: &Path) -> Self {
        Self { folder: data.join("backups") }
    }

    /// The versions of a file, newest first.
    #[must_use]
    pub fn of(&self, path: &Path) -> Vec<Backup> {
        let entries = fs::read_dir(self.place(path)).into_iter().flatten().flatten();
        let mut found: Vec<Backup> = entries.filter_map(|entry| backup(&entry)).collect();
        found.sort_by(|one, other| other.id.cmp(&one.id));
        found
    }

    /// The bytes of a version.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub fn read(&self, path: &Path, id: &str) -> Result<Vec<u8>, EnvFileError> {
        let known = self.of(path).into_iter().find(|backup| backup.id == id);
        let known = known.ok_or_else(|| EnvFileError::NoBackup { path: path.to_path_buf() })?;
        let file = self.file(path, &known.id);
        fs::read(&file).map_err(|error| EnvFileError::reading(&file, error))
    }

    /// Puts a version back. What stands in the file now becomes the newest backup, so this can be undone the same way.
    ///
    /// # Errors
    /// The version is not there, or the file cannot be written; then it is as it was.
    pub fn restore(&self, path: &Path, id: &str, now: OffsetDateTime) -> Result<(), EnvFileError> {
        let bytes = self.read(path, id)?;
        self.replace(path, &bytes, disk::read(path)?.as_deref(), now)
    }

    /// [`disk::write`], after the present version was kept.
    ///
    /// # Errors
    /// The version cannot be kept, or as for [`disk::write`]. The file is then as it was.
    pub fn replace(
        &self,
        path: &Path,
        bytes: &[u8],
        expected_before: Option<&[u8]>,
        now: OffsetDateTime,
    ) -> Result<(), EnvFileError> {
        let kept = match expected_before {
            Some(before) if before != bytes => self.keep(path, before, now).map_err(|source| {
                EnvFileError::NotKept { path: path.to_path_buf(), folder: self.place(path), source }
            })?,
            _ => None,
        };
        let written = disk::write(path, bytes, expected_before);
        match (&written, kept) {
            (Ok(()), _) => self.forget_old(path),
            // Nothing was replaced.
            (Err(_), Some(kept)) => drop(fs::remove_file(kept)),
            (Err(_), None) => {}
        }
        written
    }

    /// Keeps a version, unless it is the newest kept one.
    fn keep(&self, path: &Path, bytes: &[u8], now: OffsetDateTime) -> io::Result<Option<PathBuf>> {
        let newest = self.of(path).into_iter().next();
        if let Some(newest) = &newest
            && fs::read(self.file(path, &newest.id)).is_ok_and(|kept| kept == bytes)
        {
            return Ok(None);
        }
        let place = self.place(path);
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&place)?;
        // Also where clocks go back the newest comes last.
        let after = newest.and_then(|newest| newest.id.parse::<u128>().ok()).map_or(0, |last| last + 1);
        let id = u128::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0).max(after);
        // A temporary file is its owner's alone from its first moment.
        let mut new = tempfile::NamedTempFile::new_in(&place)?;
        new.write_all(bytes)?;
        new.as_file().sync_all()?;
        let file = self.file(path, &format!("{id:015}"));
        new.persist_noclobber(&file).map_err(|error| error.error)?;
        Ok(Some(file))
    }

    fn forget_old(&self, path: &Path) {
        for old in self.of(path).into_iter().skip(KEPT) {
            let _ = fs::remove_file(self.file(path, &old.id));
        }
    }

    /// The folder of one file's backups; its name begins readably.
    fn place(&self, path: &Path) -> PathBuf {
        let whole = identity(path);
        let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(whole.as_os_str().as_encoded_bytes())[..12]);
        let project = whole.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let plain: String = project
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter))
            .take(40)
            .collect();
        self.folder.join(format!("{}-{hash}", plain.trim_start_matches('.')))
    }

    fn file(&self, path: &Path, id: &str) -> PathBuf {
        self.place(path).join(id).with_extension(EXTENSION)
    }
}

/// [`Backups::replace`] where versions are kept, else [`disk::write`]. What needs no change is only made private.
///
/// # Errors
/// As those.
pub fn replace(
    path: &Path,
    bytes: &[u8],
    expected_before: Option<&[u8]>,
    backups: Option<&Backups>,
) -> Result<(), EnvFileError> {
    if expected_before == Some(bytes) {
        return disk::make_private(path);
    }
    match backups {
        Some(backups) => backups.replace(path, bytes, expected_before, OffsetDateTime::now_utc()),
        None => disk::write(path, bytes, expected_before),
    }
}

/// The same file by whatever way its folder is named; the file itself may be a link, or not be there.
fn identity(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    match (path.parent().and_then(|folder| fs::canonicalize(folder).ok()), path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

fn backup(entry: &fs::DirEntry) -> Option<Backup> {
    let name = entry.file_name();
    let id = name.to_str()?.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    let milliseconds: i128 = id.parse().ok()?;
    let replaced_at = OffsetDateTime::from_unix_timestamp_nanos(milliseconds * 1_000_000).ok()?;
    Some(Backup { id: id.to_owned(), replaced_at, size: entry.metadata().ok()?.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World {
        _folder: tempfile::TempDir,
        backups: Backups,
        path: PathBuf,
    }

    fn world() -> World {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("shop");
        fs::create_dir(&project).unwrap();
        let backups = Backups::in_folder(&folder.path().join("data"));
        World { backups, path: project.join(".env"), _folder: folder }
    }

    fn at(second: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000 + second).unwrap()
    }

    impl World {
        fn replace(&self, bytes: &[u8], second: i64) {
            let before = disk::read(&self.path).unwrap();
            self.backups.replace(&self.path, bytes, before.as_deref(), at(second)).unwrap();
        }

        fn kept(&self) -> Vec<String> {
            let read = |backup: &Backup| String::from_utf8(self.backups.read(&self.path, &backup.id).unwrap()).unwrap();
            self.backups.of(&self.path).iter().map(read).collect()
        }
    }

    #[test]
    fn the_last_five_versions_are_kept() {
        let world = world();
        for (version, second) in (0i64..8).enumerate() {
            world.replace(format!("A={version}\n").as_bytes(), second);
        }
        assert_eq!(fs::read_to_string(&world.path).unwrap(), "A=7\n");
        assert_eq!(world.kept(), ["A=6\n", "A=5\n", "A=4\n", "A=3\n", "A=2\n"]);
        let newest = &world.backups.of(&world.path)[0];
        assert_eq!((newest.replaced_at, newest.size), (at(7), 4));
    }

    #[test]
    fn restoring_can_be_undone() {
        let world = world();
        world.replace(b"OLD=1\n", 0);
        world.replace(b"NEW=1\n", 1);
        let id = world.backups.of(&world.path)[0].id.clone();
        world.backups.restore(&world.path, &id, at(2)).unwrap();
        assert_eq!(fs::read_to_string(&world.path).unwrap(), "OLD=1\n");
        assert_eq!(world.kept()[0], "NEW=1\n");
        fs::remove_file(&world.path).unwrap();
        world.backups.restore(&world.path, &id, at(3)).unwrap();
        assert_eq!(fs::read_to_string(&world.path).unwrap(), "OLD=1\n");
    }

    #[test]
    fn a_clock_that_goes_back_changes_no_order() {
        let world = world();
        for (version, second) in [(1, 10), (2, 9), (3, 9), (4, 8)] {
            world.replace(format!("A={version}\n").as_bytes(), second);
        }
        assert_eq!(world.kept(), ["A=3\n", "A=2\n", "A=1\n"]);
    }

    #[test]
    fn the_same_version_is_kept_once_and_a_failed_write_keeps_none() {
        let world = world();
        world.replace(b"A=1\n", 0);
        world.replace(b"A=1\n", 1);
        assert!(world.kept().is_empty());
        assert!(world.backups.replace(&world.path, b"B=1\n", Some(b"other"), at(2)).is_err());
        assert!(world.kept().is_empty());
        assert!(matches!(world.backups.read(&world.path, "../../x"), Err(EnvFileError::NoBackup { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn without_a_backup_the_file_is_not_touched() {
        let world = world();
        world.replace(b"A=1\n", 0);
        fs::write(world.path.parent().unwrap().parent().unwrap().join("data"), "in the way").unwrap();
        let error = world.backups.replace(&world.path, b"A=2\n", Some(b"A=1\n"), at(1)).unwrap_err();
        assert!(matches!(error, EnvFileError::NotKept { .. }), "{error}");
        assert_eq!(fs::read_to_string(&world.path).unwrap(), "A=1\n");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let world = world();
        world.replace(b"A=1\n", 0);
        world.replace(b"A=2\n", 1);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let place = world.backups.place(&world.path);
        let file = world.backups.file(&world.path, &world.backups.of(&world.path)[0].id);
        assert_eq!((mode(&place), mode(place.parent().unwrap()), mode(&file)), (0o700, 0o700, 0o600));
        assert!(place.file_name().unwrap().to_str().unwrap().starts_with("shop-"));
    }
}
