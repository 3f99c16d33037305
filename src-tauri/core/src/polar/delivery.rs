//! What Polar itself recorded of its deliveries, and asking for one again.

use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{ApiError, Client};

/// The most attempts that are looked at; more were hardly missed in one go.
const MOST: usize = 100;

#[derive(Deserialize)]
struct Page {
    items: Vec<Attempt>,
}

/// One attempt to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Attempt {
    /// The status it was answered with; `None`: unreachable or timed out.
    pub http_code: Option<u16>,
    /// The event.
    pub webhook_event: Event,
}

/// An event, as far as its deliveries go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// Its id, which is also each delivery's `webhook-id`.
    pub id: String,
    /// Whether it arrived in the end; `None`: Polar still tries.
    pub succeeded: Option<bool>,
    /// Whether Polar does not send it, as the format has no words for it.
    #[serde(default)]
    pub skipped: bool,
}

impl Client {
    /// The events whose delivery to this endpoint failed since then and that have not arrived meanwhile, oldest first.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn missed_events(&self, endpoint: &str, since: OffsetDateTime) -> Result<Vec<String>, ApiError> {
        let path = listing(endpoint, since);
        let page: Page = self.get(&path).await?.json()?;
        let mut events: Vec<String> = Vec::new();
        for Attempt { webhook_event: event, .. } in page.items.into_iter().rev() {
            if event.succeeded != Some(true) && !event.skipped && !events.contains(&event.id) {
                events.push(event.id);
            }
        }
        Ok(events)
    }

    /// Asks Polar to deliver an event once more.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn redeliver(&self, event: &str) -> Result<(), ApiError> {
        // The id goes into a path: nothing but an id may get there.
        if !event.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
            return Err(ApiError::NotFound);
        }
        self.post_nothing(&format!("/v1/webhooks/events/{event}/redeliver")).await.map(|_| ())
    }
}

fn listing(endpoint: &str, since: OffsetDateTime) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("endpoint_id", endpoint).append_pair("succeeded", "false");
    query.append_pair("limit", &MOST.to_string());
    if let Ok(since) = since.format(&Rfc3339) {
        query.append_pair("start_timestamp", &since);
    }
    format!("/v1/webhooks/deliveries?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_what_failed_since_then() {
        let since = OffsetDateTime::from_unix_timestamp(1_795_000_000).unwrap();
        assert_eq!(
            listing("e1", since),
            "/v1/webhooks/deliveries?endpoint_id=e1&succeeded=false&limit=100&start_timestamp=2026-11-18T11%3A06%3A40Z"
        );
    }
}
