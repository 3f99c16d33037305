//! The project's env file: read without losing a byte, edited in place, written in one step, read back by two parsers.

mod backup;
pub mod diff;
mod disk;
mod document;
mod error;
pub mod export;
pub mod names;
mod read_back;
mod spelling;
mod variables;

pub use backup::{Backup, Backups, replace};
pub use disk::{make_private, read, sweep, write, write_public};
pub use document::Document;
pub use error::EnvFileError;
pub use read_back::read_back;
pub use variables::{ChosenNames, Names, Switch, Variable};
