//! Deliveries kept across restarts, on request: one small database file per project, secrets masked, bounded.
//!
//! All calls block; an asynchronous caller makes them on a blocking thread. Appends that happen at the same time are
//! written in one transaction.

mod entry;
mod file;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard},
};

use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction,
};

pub use self::{
    entry::{Entry, MASK, Outcome, Verified},
    file::{SetAside, path_for},
};
use crate::SecretText;

const ENTRIES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("entries");
const OUTCOMES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("outcomes");
const FACTS: TableDefinition<'_, &str, u64> = TableDefinition::new("facts");
/// The number that the next entry gets.
const NEXT: &str = "next";
/// How many bytes the entries have.
const BYTES: &str = "bytes";
/// The version of all this.
const SCHEMA: &str = "schema";

/// How much is kept, and how surely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// At most so many deliveries; the oldest are dropped.
    pub entries: u64,
    /// At most so many bytes of them; the file is up to two and a half times as large.
    pub bytes: u64,
    /// Whether each call returns only when the disk has it. Without that, what was kept last is lost if the machine
    /// or this program ends before [`Store::flush`].
    pub durable: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { entries: 100_000, bytes: 64 << 20, durable: true }
    }
}

/// Why something is not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another run has it open.
    #[error("The kept deliveries in {0} are in use by another Polar Setup. Close it, or go on without keeping.")]
    Busy(PathBuf),
    /// The file cannot be read or written.
    #[error(
        "The kept deliveries in {path} cannot be read or written: {problem}. Make room, or make the file writable."
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system or the database says.
        problem: String,
    },
    /// One delivery is over the bound of all.
    #[error("This delivery has {size} bytes; {limit} are kept in all, so it is not. Raise the bound.")]
    TooLarge {
        /// Its size.
        size: u64,
        /// The bound.
        limit: u64,
    },
    /// It was forgotten, or closed.
    #[error("The kept deliveries were forgotten or closed. Turn keeping on again.")]
    Closed,
}

/// What waits to be written, and where its result goes.
struct Job {
    what: What,
    result: Arc<OnceLock<Result<u64, StoreError>>>,
}

enum What {
    Append(Vec<u8>, Option<Vec<u8>>),
    Finish(u64, Vec<u8>),
    Flush,
}

/// Whether there is a database to write to.
enum State {
    Open(Box<Database>),
    /// The disk failed it, so it must be opened anew.
    Failed,
    Closed,
}

/// The kept deliveries of one project.
pub struct Store {
    path: PathBuf,
    options: StoreOptions,
    database: RwLock<State>,
    waiting: Mutex<Vec<Job>>,
    /// Held by who writes.
    turn: Mutex<()>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Store({})", self.path.display())
    }
}

impl Store {
    /// Opens the file, which is made if it is not there. One that is broken or of a newer version is set aside, and
    /// told so; the store is empty then.
    ///
    /// # Errors
    /// Another run has it open, or the system refuses.
    pub fn open(path: &Path, options: StoreOptions) -> Result<(Self, Option<SetAside>), StoreError> {
        let (database, set_aside) = file::open(path)?;
        let store = Self {
            path: path.to_owned(),
            options,
            database: RwLock::new(State::Open(Box::new(database))),
            waiting: Mutex::default(),
            turn: Mutex::default(),
        };
        Ok((store, set_aside))
    }

    /// Keeps a delivery and gives its number; secrets are masked before. What arrived at the same time is written
    /// together.
    ///
    /// # Errors
    /// It is not kept.
    pub fn append(&self, entry: Entry, secrets: &[SecretText]) -> Result<u64, StoreError> {
        let entry = entry.without(secrets);
        let outcome = entry.outcome.as_ref().and_then(|outcome| serde_json::to_vec(outcome).ok());
        self.write(What::Append(entry.encode(), outcome))
    }

    /// Keeps several in one transaction and gives their numbers.
    ///
    /// # Errors
    /// At least one of them is not kept.
    pub fn append_all(
        &self,
        entries: impl IntoIterator<Item = Entry>,
        secrets: &[SecretText],
    ) -> Result<Vec<u64>, StoreError> {
        let jobs = entries.into_iter().map(|entry| {
            let entry = entry.without(secrets);
            let outcome = entry.outcome.as_ref().and_then(|outcome| serde_json::to_vec(outcome).ok());
            What::Append(entry.encode(), outcome)
        });
        self.write_all(jobs.collect()).into_iter().collect()
    }

    /// Notes what became of a delivery; nothing if it was dropped meanwhile.
    ///
    /// # Errors
    /// It is not kept.
    pub fn finish(&self, number: u64, mut outcome: Outcome, secrets: &[SecretText]) -> Result<(), StoreError> {
        let struck = |problem| secrets.iter().fold(problem, |text, secret| secret.struck_from(text));
        outcome.problem = outcome.problem.map(struck);
        let outcome = serde_json::to_vec(&outcome).unwrap_or_default();
        self.write(What::Finish(number, outcome)).map(|_| ())
    }

    /// Returns when the disk has all that was kept.
    ///
    /// # Errors
    /// It has not.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.write(What::Flush).map(|_| ())
    }

    /// The newest, newest first; at most `count`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn newest(&self, count: usize) -> Result<Vec<Entry>, StoreError> {
        self.before(u64::MAX, count)
    }

    /// Those with a lower number than this, newest first; at most `count`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn before(&self, number: u64, count: usize) -> Result<Vec<Entry>, StoreError> {
        let guard = self.database();
        let database = self.opened(&guard)?;
        let read = || -> Result<Vec<Entry>, redb::Error> {
            let transaction = database.begin_read()?;
            let entries = transaction.open_table(ENTRIES)?;
            let outcomes = transaction.open_table(OUTCOMES)?;
            let mut found = Vec::new();
            for row in entries.range(..number)?.rev().take(count) {
                let (number, bytes) = row?;
                let outcome = outcomes.get(number.value())?;
                let outcome = outcome.as_ref().map(redb::AccessGuard::value);
                // One that cannot be read was never written by us; the others still can.
                found.extend(Entry::decode(number.value(), bytes.value(), outcome));
            }
            Ok(found)
        };
        read().map_err(|error| self.unusable(&error))
    }

    /// How many are kept.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn count(&self) -> Result<u64, StoreError> {
        let guard = self.database();
        let database = self.opened(&guard)?;
        let count = || -> Result<u64, redb::Error> { Ok(database.begin_read()?.open_table(ENTRIES)?.len()?) };
        count().map_err(|error| self.unusable(&error))
    }

    /// Drops all that is kept, also from the disk. Numbers go on rising.
    ///
    /// # Errors
    /// The file cannot be replaced.
    pub fn clear(&self) -> Result<(), StoreError> {
        let _turn = lock(&self.turn);
        let mut guard = self.database.write().unwrap_or_else(PoisonError::into_inner);
        let database = self.opened(&guard)?;
        let next = || -> Result<u64, redb::Error> {
            let facts = database.begin_read()?.open_table(FACTS)?;
            Ok(facts.get(NEXT)?.map_or(1, |next| next.value()))
        };
        let next = next().unwrap_or(1);
        // Closed first, as Windows replaces no open file.
        *guard = State::Failed;
        *guard = State::Open(Box::new(file::replace(&self.path, next)?));
        drop(guard);
        Ok(())
    }

    /// Ends what is being written, and gives the file up, so that another run may open it. Nothing can be kept with this
    /// store afterwards.
    pub fn close(&self) {
        let _turn = lock(&self.turn);
        *self.database.write().unwrap_or_else(PoisonError::into_inner) = State::Closed;
    }

    /// Deletes the file. Nothing can be kept with this store afterwards.
    ///
    /// # Errors
    /// The file cannot be deleted.
    pub fn forget(&self) -> Result<(), StoreError> {
        self.close();
        file::delete(&self.path)
    }

    fn write(&self, what: What) -> Result<u64, StoreError> {
        self.write_all(vec![what]).pop().unwrap_or(Err(StoreError::Closed))
    }

    /// Puts jobs into the queue and returns when they are written, by this thread or by one that came before.
    fn write_all(&self, jobs: Vec<What>) -> Vec<Result<u64, StoreError>> {
        let mut results = Vec::with_capacity(jobs.len());
        {
            let mut waiting = lock(&self.waiting);
            for what in jobs {
                let result = Arc::new(OnceLock::new());
                results.push(Arc::clone(&result));
                waiting.push(Job { what, result });
            }
        }
        let turn = lock(&self.turn);
        let jobs = std::mem::take(&mut *lock(&self.waiting));
        if !jobs.is_empty() {
            let written = self.mend().and_then(|()| self.commit(&jobs));
            for (at, job) in jobs.into_iter().enumerate() {
                let result = match &written {
                    Ok(results) => results[at].clone(),
                    Err(error) => Err(error.clone()),
                };
                let _ = job.result.set(result);
            }
        }
        drop(turn);
        let broke_off = || StoreError::Unusable { path: self.path.clone(), problem: "writing broke off".into() };
        let result = |slot: Arc<OnceLock<_>>| slot.get().cloned().unwrap_or_else(|| Err(broke_off()));
        results.into_iter().map(result).collect()
    }

    /// One transaction; the result of each job is good only if it could be committed.
    fn commit(&self, jobs: &[Job]) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        let guard = self.database();
        let database = self.opened(&guard)?;
        let flush = jobs.iter().any(|job| matches!(job.what, What::Flush));
        let run = || -> Result<Vec<Result<u64, StoreError>>, redb::Error> {
            let mut transaction = database.begin_write()?;
            let durable = self.options.durable || flush;
            transaction.set_durability(if durable { Durability::Immediate } else { Durability::None })?;
            let results = self.apply(&transaction, jobs)?;
            transaction.commit()?;
            Ok(results)
        };
        let written = run();
        drop(guard);
        written.map_err(|error| {
            // The database takes nothing more after the disk has failed it, not even once there is room again.
            *self.database.write().unwrap_or_else(PoisonError::into_inner) = State::Failed;
            self.unusable(&error)
        })
    }

    /// Opens it anew if the disk has failed it. Called by who has the turn.
    fn mend(&self) -> Result<(), StoreError> {
        if matches!(*self.database(), State::Failed) {
            let database = file::open_again(&self.path)?;
            *self.database.write().unwrap_or_else(PoisonError::into_inner) = State::Open(Box::new(database));
        }
        Ok(())
    }

    fn opened<'a>(&self, state: &'a State) -> Result<&'a Database, StoreError> {
        match state {
            State::Open(database) => Ok(database),
            State::Closed => Err(StoreError::Closed),
            State::Failed => {
                let problem = "the disk failed it; it is opened again with the next delivery".to_owned();
                Err(StoreError::Unusable { path: self.path.clone(), problem })
            }
        }
    }

    fn apply(&self, transaction: &WriteTransaction, jobs: &[Job]) -> Result<Vec<Result<u64, StoreError>>, redb::Error> {
        let mut entries = transaction.open_table(ENTRIES)?;
        let mut outcomes = transaction.open_table(OUTCOMES)?;
        let mut facts = transaction.open_table(FACTS)?;
        let fact = |name: &str, default: u64| -> Result<u64, redb::Error> {
            Ok(facts.get(name)?.map_or(default, |value| value.value()))
        };
        let (mut next, mut bytes) = (fact(NEXT, 1)?, fact(BYTES, 0)?);
        let mut results = Vec::with_capacity(jobs.len());
        for job in jobs {
            results.push(match &job.what {
                What::Append(entry, outcome) => {
                    let size = size(entry);
                    if size > self.options.bytes {
                        Err(StoreError::TooLarge { size, limit: self.options.bytes })
                    } else {
                        entries.insert(next, entry.as_slice())?;
                        if let Some(outcome) = outcome {
                            outcomes.insert(next, outcome.as_slice())?;
                        }
                        bytes += size;
                        next += 1;
                        Ok(next - 1)
                    }
                }
                What::Finish(number, outcome) => {
                    if entries.get(number)?.is_some() {
                        outcomes.insert(number, outcome.as_slice())?;
                    }
                    Ok(*number)
                }
                What::Flush => Ok(0),
            });
        }
        while bytes > self.options.bytes || entries.len()? > self.options.entries {
            let Some((number, dropped)) = entries.pop_first()? else { break };
            bytes = bytes.saturating_sub(size(dropped.value()));
            outcomes.remove(number.value())?;
        }
        facts.insert(NEXT, next)?;
        facts.insert(BYTES, bytes)?;
        Ok(results)
    }

    fn database(&self) -> RwLockReadGuard<'_, State> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn unusable(&self, error: &redb::Error) -> StoreError {
        StoreError::Unusable { path: self.path.clone(), problem: error.to_string() }
    }
}

fn size(entry: &[u8]) -> u64 {
    entry.len() as u64
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
