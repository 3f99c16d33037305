//! Checks: every claim that the program makes, with what was seen, and, when it failed, the cause and the way to fix it.

pub mod address;
pub mod delivery;
pub mod diagnose;
pub mod relay;
pub mod tunnel;
pub mod verify;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::polar::account::{Account, AccountError, SCOPES};

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

/// A token that Polar refused, as a check.
#[must_use]
pub fn token_check(check: &str, title: &str, error: &AccountError) -> Check {
    match error {
        AccountError::OtherEnvironment { found, .. } => Check::failed(check, title, error.to_string())
            .cause("Tokens of one environment are unknown to the other.")
            .fix(format!("Choose {} here, or make a token on the page of the environment you want.", found.title())),
        AccountError::Api(error) => Check::failed(check, title, error.to_string()).cause(cause(error)).fix(error.fix()),
    }
}

/// Which scopes a token has that may be used, as a check.
#[must_use]
pub fn scopes_check(account: &Account) -> Check {
    let (name, title) = ("scopes", "It has the scopes");
    let lacking: Vec<&str> =
        SCOPES.iter().zip(account.granted).filter(|(_, granted)| !granted).map(|(need, _)| need.scope).collect();
    if lacking.is_empty() {
        Check::passed(name, title, SCOPES.map(|need| need.scope).join(", "))
    } else {
        Check::warning(name, title, format!("It lacks {}; that is enough to go on.", lacking.join(", ")))
    }
}

fn cause(error: &crate::polar::ApiError) -> &'static str {
    use crate::polar::ApiError;
    match error {
        ApiError::InvalidToken => {
            "Polar does not say which: the token is expired, revoked or was never issued here, or its organization has no API access."
        }
        ApiError::Unauthorized => "The request came without usable credentials, or the route is for people only.",
        ApiError::InsufficientScope { .. } => "A token's scopes are chosen when it is made.",
        ApiError::NoAnswer(_) => "The server could not be reached from this machine.",
        ApiError::RateLimited(_) => {
            "All tokens of an organization share one limit: 500 requests a minute, 100 in the sandbox."
        }
        ApiError::Server(_) => "The problem is on Polar's side.",
        ApiError::NotFound | ApiError::Invalid(_) => "Polar answered in another way than its API describes.",
        ApiError::Redirect(_) | ApiError::NotPolar { .. } => "Something else than a Polar API answers at this address.",
    }
}
