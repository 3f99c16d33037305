//! Checks: every claim that the program makes, with what was seen, and, when it failed, the cause and the way to fix it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CheckState {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Observed to be right.
    Passed,
    /// Works, with something the user should know.
    Warning,
    /// Observed to be wrong, or not observable.
    Failed,
}

/// One claim and what was observed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Check {
    /// A stable name for programs: `token`, `endpoint`, `delivery`, …
    pub check: String,
    /// The claim, for people: "Polar accepts the token".
    pub title: String,
    /// How it stands.
    pub state: CheckState,
    /// What was seen. Never holds a secret.
    pub seen: String,
    /// Why it failed, where that is known.
    pub cause: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Check {
    /// A claim about to be observed.
    #[must_use]
    pub fn running(check: &str, title: &str) -> Self {
        Self::new(check, title, CheckState::Running, String::new())
    }

    /// A claim that comes later.
    #[must_use]
    pub fn waiting(check: &str, title: &str) -> Self {
        Self::new(check, title, CheckState::Waiting, String::new())
    }

    /// It holds.
    #[must_use]
    pub fn passed(check: &str, title: &str, seen: impl Into<String>) -> Self {
        Self::new(check, title, CheckState::Passed, seen.into())
    }

    /// It holds, with something to know.
    #[must_use]
    pub fn warning(check: &str, title: &str, seen: impl Into<String>) -> Self {
        Self::new(check, title, CheckState::Warning, seen.into())
    }

    /// It does not hold.
    #[must_use]
    pub fn failed(check: &str, title: &str, seen: impl Into<String>) -> Self {
        Self::new(check, title, CheckState::Failed, seen.into())
    }

    /// The same with its cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The same with what to do.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    fn new(check: &str, title: &str, state: CheckState, seen: String) -> Self {
        Self { check: check.into(), title: title.into(), state, seen, cause: None, fix: None }
    }
}
