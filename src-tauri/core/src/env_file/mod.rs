//! The project's env file: read without losing a byte, edited in place, written in one step, read back by two parsers.

mod backup;
pub mod diff;
mod disk;
mod document;
mod error;
pub mod export;
pub mod names;
mod notes;
mod read_back;
mod reader;
mod scan;
mod shown;
mod spelling;
mod variables;

pub use backup::{Backup, Backups, replace};
pub use disk::{make_private, read, sweep, write, write_public};
pub use document::{Document, Duplicate};
pub use error::EnvFileError;
pub use notes::{Note, NoteKind};
pub use read_back::{notes_on, read_back};
pub use reader::Reader;
pub use spelling::Written;
pub use variables::{ChosenNames, Names, Switch, Variable};
