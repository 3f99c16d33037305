//! What can go wrong between us and Polar: its four shapes of errors, rate limits, and answers that are not Polar's.

use std::time::Duration;

use serde::Deserialize;

/// A failed request. No message holds a token or secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApiError {
    /// No answer at all.
    #[error("{0}")]
    NoAnswer(String),
    /// 401 `invalid_token`: expired, revoked, never issued, of another environment, or no API access.
    #[error("Polar does not accept this token (401 invalid_token).")]
    InvalidToken,
    /// 401 of the other shape: a route that only people may use, or no credentials arrived.
    #[error(
        "Polar wants other credentials here (401 Unauthorized). If a proxy stands in between, it may remove the Authorization header."
    )]
    Unauthorized,
    /// 403: the token lacks a scope; any one of these would do.
    #[error("The token lacks a scope: {} would do.", any_of.join(" or "))]
    InsufficientScope {
        /// The scopes that Polar named.
        any_of: Vec<String>,
    },
    /// 404 of a resource.
    #[error("Polar has no such thing (404): it was deleted, or belongs to another organization.")]
    NotFound,
    /// 422: what was sent is not valid.
    #[error("Polar refuses what was sent: {}", summary(.0))]
    Invalid(Vec<FieldError>),
    /// 429, after waiting once.
    #[error("Polar's rate limit is reached. Try again in {} s.", .0.as_secs())]
    RateLimited(Duration),
    /// 5xx.
    #[error("Polar has a problem of its own (status {0}). Try again in a minute; see status.polar.sh.")]
    Server(u16),
    /// A redirect, which is never followed with a token.
    #[error("The server redirects (status {0}): is this the address of a Polar API?")]
    Redirect(u16),
    /// An answer that Polar does not give: another server, or a proxy's page.
    #[error(
        "The answer (status {status}, {what}) is not Polar's: is this the address of a Polar API, or does a proxy stand in between?"
    )]
    NotPolar {
        /// HTTP status.
        status: u16,
        /// What came instead of Polar's JSON.
        what: String,
    },
}

/// One complaint of a 422.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FieldError {
    /// pydantic's type: `enum`, `value_error`, `string_too_short`, …
    #[serde(rename = "type", default)]
    pub kind: String,
    /// Where: `body`, `events`, `1`.
    #[serde(default)]
    pub loc: Vec<serde_json::Value>,
    /// The complaint.
    #[serde(default)]
    pub msg: String,
    /// What was complained about; kept only where it is an event type (it could be a secret).
    #[serde(default)]
    input: serde_json::Value,
}

impl FieldError {
    /// The field's name: `url`, `events`, `secret`.
    #[must_use]
    pub fn field(&self) -> &str {
        self.loc.iter().filter_map(|part| part.as_str()).rfind(|part| *part != "body").unwrap_or("body")
    }

    /// The event type that this server does not know, if that is the complaint.
    #[must_use]
    pub fn unknown_event(&self) -> Option<&str> {
        (self.kind == "enum" && self.field() == "events").then(|| self.input.as_str()).flatten()
    }
}

fn summary(errors: &[FieldError]) -> String {
    let mut parts: Vec<String> = errors
        .iter()
        .map(|error| match error.unknown_event() {
            Some(event) => format!("it does not know the event {event}."),
            None => format!("{}: {}", error.field(), error.msg.trim_start_matches("Value error, ")),
        })
        .collect();
    parts.dedup();
    parts.join(" ")
}

impl ApiError {
    /// The event types that the server does not know, if that is all that is wrong.
    #[must_use]
    pub fn unknown_events(&self) -> Option<Vec<String>> {
        let Self::Invalid(errors) = self else { return None };
        errors.iter().map(|error| error.unknown_event().map(str::to_owned)).collect()
    }

    /// What to do about it.
    #[must_use]
    pub fn fix(&self) -> &'static str {
        match self {
            Self::NoAnswer(_) => "Check the connection, a VPN and the proxy settings, then try again.",
            Self::InvalidToken => {
                "Look on Polar's page whether the token is still listed and not expired; else make a new one there and use that."
            }
            Self::Unauthorized => {
                "Paste the token again; if a proxy stands in between, let it pass the Authorization header."
            }
            Self::InsufficientScope { .. } => {
                "Make a new token with the scopes listed here: a token's scopes are chosen when it is made."
            }
            Self::NotFound => "Look at the endpoints on Polar's page.",
            Self::Invalid(_) => "Change what Polar complains about and try again.",
            Self::RateLimited(_) => "Wait, then try again. Nothing was changed.",
            Self::Server(_) => "Try again in a minute.",
            Self::Redirect(_) | Self::NotPolar { .. } => "Check the server's address.",
        }
    }
}
