//! What Polar itself recorded of its deliveries, and asking for one again.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{ApiError, Client};

/// The most attempts that are looked at; more were hardly missed in one go.
const MOST: usize = 100;

/// The most pages of attempts that are read: five thousand attempts.
const MOST_PAGES: u32 = 50;

#[derive(Deserialize)]
struct Page {
    items: Vec<Attempt>,
    #[serde(default)]
    pagination: Pagination,
}

#[derive(Default, Deserialize)]
struct Pagination {
    #[serde(default)]
    max_page: u32,
}

/// Which attempts are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// At deliveries to these endpoints; none named: to any of the organization's.
    pub endpoints: Vec<String>,
    /// Made after then.
    pub since: Option<OffsetDateTime>,
}

/// One attempt to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Attempt {
    /// Polar's id for the attempt.
    pub id: String,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Whether the answer was one that Polar takes for success.
    pub succeeded: bool,
    /// The status it was answered with; `None`: unreachable or timed out.
    pub http_code: Option<u16>,
    /// The beginning of the answer's body.
    #[serde(default)]
    pub response: Option<String>,
    /// The event.
    pub webhook_event: Event,
}

/// An event, as far as its deliveries go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// Its id, which is also each delivery's `webhook-id`.
    pub id: String,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// What is sent, byte for byte; `None`: Polar does not have it any more.
    #[serde(default, deserialize_with = "text")]
    pub payload: Option<String>,
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

    /// The attempts at deliveries that Polar recorded, newest first.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn attempts(&self, wanted: &Wanted) -> Result<Vec<Attempt>, ApiError> {
        self.newest_attempts(wanted, MOST_PAGES).await.map(|(attempts, _)| attempts)
    }

    /// The newest of them, a hundred a page; and whether there are more.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn newest_attempts(&self, wanted: &Wanted, pages: u32) -> Result<(Vec<Attempt>, bool), ApiError> {
        let mut all: Vec<Attempt> = Vec::new();
        let mut known = HashSet::new();
        for page in 1..=pages {
            let Page { items, pagination } = self.get(&wanted.path(page)).await?.json()?;
            // A page may shift while we read: the same attempt twice is still one.
            all.extend(items.into_iter().filter(|attempt| known.insert(attempt.id.clone())));
            if page >= pagination.max_page {
                return Ok((all, false));
            }
        }
        Ok((all, true))
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

impl Wanted {
    fn path(&self, page: u32) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for endpoint in &self.endpoints {
            query.append_pair("endpoint_id", endpoint);
        }
        query.append_pair("limit", &MOST.to_string()).append_pair("page", &page.to_string());
        if let Some(since) = self.since.and_then(|since| since.format(&Rfc3339).ok()) {
            query.append_pair("start_timestamp", &since);
        }
        format!("/v1/webhooks/deliveries?{}", query.finish())
    }
}

/// A text; anything else counts as none.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        _ => None,
    })
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
    fn reads_attempts_as_polar_tells_them() {
        let json = r#"{"items":[{"created_at":"2026-11-23T07:19:07.990835Z","modified_at":null,"id":"a1","succeeded":false,
            "http_code":null,"response":null,"webhook_event":{"created_at":"2026-11-23T07:18:46.497802Z","modified_at":null,
            "id":"e1","last_http_code":500,"succeeded":null,"skipped":false,"payload":"{\"type\":\"product.created\"}",
            "type":"product.created","is_archived":false}}],"pagination":{"total_count":3,"max_page":2}}"#;
        let page: Page = serde_json::from_str(json).unwrap();
        let attempt = &page.items[0];
        assert_eq!((attempt.id.as_str(), attempt.http_code, page.pagination.max_page), ("a1", None, 2));
        assert_eq!(attempt.webhook_event.payload.as_deref(), Some(r#"{"type":"product.created"}"#));
        let archived = json.replace(r#""{\"type\":\"product.created\"}""#, "null");
        let page: Page = serde_json::from_str(&archived).unwrap();
        assert_eq!(page.items[0].webhook_event.payload, None);
    }

    #[test]
    fn asks_for_the_attempts_of_several_endpoints() {
        let since = OffsetDateTime::from_unix_timestamp(1_795_000_000).unwrap();
        let wanted = Wanted { endpoints: vec!["e1".into(), "e2".into()], since: Some(since) };
        assert_eq!(
            wanted.path(3),
            "/v1/webhooks/deliveries?endpoint_id=e1&endpoint_id=e2&limit=100&page=3&start_timestamp=2026-11-18T11%3A06%3A40Z"
        );
    }

    #[test]
    fn asks_for_what_failed_since_then() {
        let since = OffsetDateTime::from_unix_timestamp(1_795_000_000).unwrap();
        assert_eq!(
            listing("e1", since),
            "/v1/webhooks/deliveries?endpoint_id=e1&succeeded=false&limit=100&start_timestamp=2026-11-18T11%3A06%3A40Z"
        );
    }
}
