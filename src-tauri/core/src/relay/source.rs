//! Where the relay gets its stream, and what came while there was none.

use std::{collections::HashSet, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream::BoxStream};
use reqwest::header::CONTENT_TYPE;
use time::OffsetDateTime;

use super::WebhookEvent;
use crate::polar::{
    ApiError, Client,
    delivery::{Attempt, Wanted},
    http,
};

/// The bytes of a listen stream; an error says why it broke off.
pub type Pieces = BoxStream<'static, Result<Bytes, String>>;

/// A Polar to listen to.
pub trait Source: Send + Sync + 'static {
    /// Opens the stream.
    fn connect(&self) -> impl Future<Output = Result<Pieces, Refusal>> + Send;

    /// The events that Polar's deliveries list has since then; `None`: there is no endpoint that they are recorded for.
    fn missed(&self, since: OffsetDateTime)
    -> impl Future<Output = Result<Option<Vec<WebhookEvent>>, ApiError>> + Send;
}

/// Why there is no stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It may be tried again, at the soonest after so long.
    Later(String, Option<Duration>),
    /// There is no sense in trying again.
    Final {
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: String,
    },
}

/// Polar, for one organization.
#[derive(Debug, Clone)]
pub struct Listening {
    client: Client,
    organization: String,
}

impl Listening {
    /// Listens for this organization, whose id is one with dashes.
    #[must_use]
    pub fn new(client: Client, organization: impl Into<String>) -> Self {
        Self { client, organization: organization.into() }
    }
}

impl Source for Listening {
    async fn connect(&self) -> Result<Pieces, Refusal> {
        // The id goes into a path: nothing but an id may get there.
        if !self.organization.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
            return Err(refusal(&ApiError::NotFound));
        }
        let path = format!("/v1/cli/listen/{}", self.organization);
        let response = self.client.stream(&path).await.map_err(|error| refusal(&error))?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("text/event-stream") {
            // A network's login page says 200 as well, and goes away.
            return Err(Refusal::Later("The answer is no event stream: does a proxy stand in between?".into(), None));
        }
        let host = self.client.host();
        Ok(pieces(response.bytes_stream(), host).boxed())
    }

    async fn missed(&self, since: OffsetDateTime) -> Result<Option<Vec<WebhookEvent>>, ApiError> {
        let endpoints = self.client.endpoints().await?;
        let endpoints: Vec<String> =
            endpoints.into_iter().filter(|endpoint| endpoint.format == "raw").map(|endpoint| endpoint.id).collect();
        if endpoints.is_empty() {
            return Ok(None);
        }
        let attempts = self.client.attempts(&Wanted { endpoints, since: Some(since) }).await?;
        Ok(Some(events_in(attempts, since)))
    }
}

fn pieces(
    stream: impl Stream<Item = reqwest::Result<Bytes>> + Send + 'static,
    host: String,
) -> impl Stream<Item = Result<Bytes, String>> + Send {
    stream.map(move |piece| piece.map_err(|error| http::explain(&error, &host)))
}

/// The events that happened since then, each once, in the order in which they happened. Attempts at older events, which
/// Polar only tries again, are none of these.
fn events_in(attempts: Vec<Attempt>, since: OffsetDateTime) -> Vec<WebhookEvent> {
    let mut events: Vec<_> = attempts.into_iter().map(|attempt| attempt.webhook_event).collect();
    events.retain(|event| event.created_at >= since);
    events.sort_by_key(|event| event.created_at);
    let mut payloads = HashSet::new();
    // Each endpoint has an event of its own for what happened once: the payload tells that they are the same.
    let once = events.into_iter().filter_map(|event| {
        let payload = event.payload.filter(|payload| payloads.insert(payload.clone()))?;
        Some(WebhookEvent { id: event.id, payload, headers: Vec::new() })
    });
    once.collect()
}

/// What an error of Polar's means for listening.
fn refusal(error: &ApiError) -> Refusal {
    let (problem, fix) = match error {
        ApiError::RateLimited(wait) => return Refusal::Later(error.to_string(), Some(*wait)),
        ApiError::NoAnswer(_) | ApiError::Server(_) => return Refusal::Later(error.to_string(), None),
        ApiError::NotPolar { status, .. } if !matches!(status, 400..=499) || [408, 425].contains(status) => {
            return Refusal::Later(error.to_string(), None);
        }
        ApiError::InsufficientScope { .. } => (
            "The token lacks the scope webhooks:read, without which Polar lets nobody listen (403).".to_owned(),
            "Make a new token with webhooks:read and webhooks:write on Polar's page and use that one.",
        ),
        ApiError::NotFound => (
            "Polar has no such organization for this token (404): it belongs to another one.".to_owned(),
            "Run the setup again with a token of the organization that this project is for.",
        ),
        ApiError::NotPolar { status: status @ (404 | 405 | 410), .. } => (
            format!("Polar has no listen stream here (status {status}); it may have taken the stream away."),
            "Use a tunnel instead: --tunnel cloudflared or --tunnel ngrok.",
        ),
        error => (error.to_string(), error.fix()),
    };
    Refusal::Final { problem, fix: fix.to_owned() }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::polar::delivery::Event;

    fn attempt(id: &str, created_at: OffsetDateTime, payload: Option<&str>) -> Attempt {
        Attempt {
            id: String::new(),
            created_at,
            succeeded: false,
            http_code: None,
            response: None,
            webhook_event: Event {
                id: id.into(),
                created_at,
                event_type: "order.paid".into(),
                payload: payload.map(str::to_owned),
                succeeded: None,
                skipped: false,
            },
        }
    }

    #[test]
    fn of_many_attempts_each_new_event_is_told_once_and_in_order() {
        let since = datetime!(2026-11-23 12:00 UTC);
        let at = |seconds| since + time::Duration::seconds(seconds);
        let attempts = vec![
            attempt("late", at(9), Some("3")),
            attempt("first", at(1), Some("1")),
            attempt("retry of an old one", at(-60), Some("0")),
            attempt("first", at(1), Some("1")),
            attempt("the same for another endpoint", at(2), Some("1")),
            attempt("archived", at(3), None),
            attempt("second", at(4), Some("2")),
        ];
        let ids: Vec<String> = events_in(attempts, since).into_iter().map(|event| event.id).collect();
        assert_eq!(ids, ["first", "second", "late"]);
    }

    #[test]
    fn says_whether_trying_again_makes_sense() {
        let not_polar = |status| ApiError::NotPolar { status, what: "a web page".into() };
        for error in [
            ApiError::NoAnswer("x".into()),
            ApiError::Server(502),
            not_polar(200),
            not_polar(408),
            ApiError::RateLimited(Duration::from_secs(9)),
        ] {
            assert!(matches!(refusal(&error), Refusal::Later(..)), "{error}");
        }
        for (error, told) in [
            (ApiError::InvalidToken, "does not accept this token"),
            (ApiError::Unauthorized, "401"),
            (ApiError::InsufficientScope { any_of: vec![] }, "webhooks:read"),
            (ApiError::NotFound, "organization"),
            (not_polar(404), "taken the stream away"),
            (not_polar(410), "taken the stream away"),
            (not_polar(407), "407"),
            (ApiError::Redirect(302), "302"),
        ] {
            let Refusal::Final { problem, .. } = refusal(&error) else { panic!("{error}") };
            assert!(problem.contains(told), "{problem}");
        }
    }
}
