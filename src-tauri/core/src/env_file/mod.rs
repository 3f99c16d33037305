//! The project's env file: read without losing a byte, edited in place, written in one step, read back by two parsers.

mod backup;
pub mod diff;
mod disk;
mod document;
mod error;
pub mod names;
mod read_back;
mod spelling;

pub use backup::{Backup, Backups};
pub use disk::{make_private, read, sweep, write};
pub use document::Document;
pub use error::EnvFileError;
pub use read_back::read_back;
