//! The file: private, checked when it is opened, set aside where it is broken, and really gone when it is deleted.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use redb::{Database, DatabaseError, ReadableDatabase, StorageError};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::{BYTES, ENTRIES, FACTS, NEXT, OUTCOMES, SCHEMA, StoreError};
use crate::setup::memory::identity;

/// The version of what stands in the file.
pub(super) const VERSION: u64 = 1;
/// How much of the file is held in memory, in bytes.
const CACHE: usize = 8 << 20;

/// A file that could not be used, and where it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is now.
    pub path: PathBuf,
    /// What was wrong with it.
    pub problem: String,
}

impl fmt::Display for SetAside {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        write!(
            formatter,
            "The kept deliveries could not be used: {}. They are now in {path}; delete that file or open it with the version that wrote it. Keeping begins anew.",
            self.problem
        )
    }
}

/// Where the deliveries of a project are kept.
#[must_use]
pub fn path_for(data: &Path, project: &Path) -> PathBuf {
    let name = URL_SAFE_NO_PAD.encode(&Sha256::digest(identity(project).as_bytes())[..18]);
    data.join(format!("deliveries-{name}.redb"))
}

/// Why a file cannot be used as it is.
enum Refused {
    /// It can after something has changed outside.
    Now(StoreError),
    /// It never can.
    Ever(String),
}

/// Opens or makes it. What cannot be used is set aside.
pub(super) fn open(path: &Path) -> Result<(Database, Option<SetAside>), StoreError> {
    match try_open(path, 1) {
        Ok(database) => Ok((database, None)),
        Err(Refused::Now(error)) => Err(error),
        Err(Refused::Ever(problem)) => {
            let aside = set_aside(path).map_err(|error| unusable(path, &error))?;
            match try_open(path, 1) {
                Ok(database) => Ok((database, Some(SetAside { path: aside, problem }))),
                Err(Refused::Now(error)) => Err(error),
                Err(Refused::Ever(problem)) => Err(unusable(path, &problem)),
            }
        }
    }
}

/// Opens it again after a failure. Nothing is set aside: what was kept is more likely to be whole than the disk.
pub(super) fn open_again(path: &Path) -> Result<Database, StoreError> {
    match try_open(path, 1) {
        Ok(database) => Ok(database),
        Err(Refused::Now(error)) => Err(error),
        Err(Refused::Ever(problem)) => Err(unusable(path, &problem)),
    }
}

/// An empty one in its place, whose numbers begin with `next`. The old one must be closed.
pub(super) fn replace(path: &Path, next: u64) -> Result<Database, StoreError> {
    let new = path.with_extension("new");
    delete(&new)?;
    match try_open(&new, next) {
        Ok(database) => drop(database),
        Err(Refused::Now(error)) => return Err(error),
        Err(Refused::Ever(problem)) => return Err(unusable(path, &problem)),
    }
    fs::rename(&new, path).map_err(|error| unusable(path, &error))?;
    open(path).map(|(database, _)| database)
}

/// Deletes it, if it is there.
pub(super) fn delete(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(path, &error)),
        _ => Ok(()),
    }
}

fn unusable(path: &Path, problem: &impl ToString) -> StoreError {
    StoreError::Unusable { path: path.to_owned(), problem: problem.to_string() }
}

fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut free = (0..1000).map(|again| path.with_extension(format!("broken-{}", now + again)));
    let aside = free.find(|aside| !aside.exists()).ok_or(io::ErrorKind::AlreadyExists)?;
    fs::rename(path, &aside)?;
    Ok(aside)
}

/// A file that only its owner may read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

fn try_open(path: &Path, next: u64) -> Result<Database, Refused> {
    let file = private(path).map_err(|error| Refused::Now(unusable(path, &error)))?;
    // The database asserts what a file broken on purpose or by a bad disk may not hold.
    let opened = catch_unwind(AssertUnwindSafe(|| checked(path, file, next)));
    opened.unwrap_or_else(|_| Err(Refused::Ever("the file is broken".into())))
}

fn checked(path: &Path, file: File, next: u64) -> Result<Database, Refused> {
    let refused = |error: DatabaseError| match error {
        DatabaseError::DatabaseAlreadyOpen => Refused::Now(StoreError::Busy(path.to_owned())),
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() != io::ErrorKind::InvalidData && error.kind() != io::ErrorKind::UnexpectedEof =>
        {
            Refused::Now(unusable(path, &error))
        }
        error => Refused::Ever(error.to_string()),
    };
    let fresh = file.metadata().is_ok_and(|metadata| metadata.len() == 0);
    let mut database = redb::Builder::new().set_cache_size(CACHE).create_file(file).map_err(refused)?;
    if !fresh {
        database.check_integrity().map_err(refused)?;
    }
    match version(&database) {
        Ok(Some(VERSION)) => Ok(database),
        Ok(Some(newer)) => {
            Err(Refused::Ever(format!("a newer Polar Setup wrote them (version {newer} instead of {VERSION})")))
        }
        // Made, but killed before the first commit; or somebody else's.
        Ok(None) if empty(&database) => {
            begin(&database, next).map(|()| database).map_err(|error| Refused::Now(unusable(path, &error)))
        }
        Ok(None) => Err(Refused::Ever("this is another program's database".into())),
        Err(error) => Err(Refused::Ever(error.to_string())),
    }
}

fn empty(database: &Database) -> bool {
    database.begin_read().ok().and_then(|read| Some(read.list_tables().ok()?.count() == 0)).unwrap_or(false)
}

fn version(database: &Database) -> Result<Option<u64>, redb::Error> {
    let facts = match database.begin_read()?.open_table(FACTS) {
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        facts => facts?,
    };
    Ok(facts.get(SCHEMA)?.map(|version| version.value()))
}

fn begin(database: &Database, next: u64) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        transaction.open_table(ENTRIES)?;
        transaction.open_table(OUTCOMES)?;
        let mut facts = transaction.open_table(FACTS)?;
        facts.insert(SCHEMA, VERSION)?;
        facts.insert(NEXT, next)?;
        facts.insert(BYTES, 0)?;
    }
    transaction.commit()?;
    Ok(())
}
