//! The project's env file: read without losing a byte, edited in place, written in one step, read back by two parsers.

pub mod diff;
mod disk;
mod document;
mod error;
pub mod names;
mod notes;
mod read_back;
mod reader;
mod scan;
mod spelling;

pub use disk::{make_private, read, write};
pub use document::{Document, Duplicate};
pub use error::EnvFileError;
pub use notes::{Note, NoteKind};
pub use read_back::read_back;
pub use reader::Reader;
pub use spelling::Written;
