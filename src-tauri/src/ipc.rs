//! Wire types between the window and the commands.

use polar_setup_core::setup::IntentError;
use serde::Serialize;

/// Why a command was not carried out: a sentence to show, and a code where the window branches on it.
#[derive(Debug, Serialize)]
pub struct CommandError {
    code: &'static str,
    message: String,
}

/// What every command answers.
pub type CommandResult<T = ()> = Result<T, CommandError>;

impl CommandError {
    /// The system did not do it.
    pub fn system(message: impl Into<String>) -> Self {
        Self { code: "system", message: message.into() }
    }
}

impl From<IntentError> for CommandError {
    fn from(error: IntentError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}
