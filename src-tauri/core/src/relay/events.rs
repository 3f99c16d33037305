//! What Polar says on its listen stream.

use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::SecretText;

/// One message of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The first one: the stream is open.
    Connected {
        /// What the events are signed with: the organization's id without dashes.
        secret: Option<SecretText>,
        /// Polar's own time.
        at: Option<OffsetDateTime>,
    },
    /// An event happened.
    Event(WebhookEvent),
    /// The stream ends now; connect anew at once.
    Reconnect,
    /// Something that this program does not know, as it came.
    Unknown(String),
}

/// An event as the stream brings it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    /// `webhook-id`. The stream has ids of its own: an endpoint's delivery of the same event has another one.
    pub id: String,
    /// The body, exactly as Polar signed it.
    pub payload: String,
    /// The headers in Polar's order; empty where the event does not come from the stream.
    pub headers: Vec<(String, String)>,
}

impl WebhookEvent {
    /// A header's value; empty without one.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// The event type; empty where the payload has none.
    #[must_use]
    pub fn event_type(&self) -> String {
        let payload: Option<Value> = serde_json::from_str(&self.payload).ok();
        payload.and_then(|payload| payload["type"].as_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl std::fmt::Debug for WebhookEvent {
    /// Without the payload, which may hold customers' data.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "WebhookEvent({}, {} bytes)", self.id, self.payload.len())
    }
}

impl Message {
    /// Reads the data of one frame. Nothing is an error: what is not understood is [`Message::Unknown`].
    #[must_use]
    pub fn read(data: &str) -> Self {
        Self::known(data).unwrap_or_else(|| Self::Unknown(data.to_owned()))
    }

    fn known(data: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(data).ok()?;
        // `connected` and `webhook.created` have a `key`, `reconnect` has a `type`.
        match json["key"].as_str().or_else(|| json["type"].as_str())? {
            "connected" => Some(Self::Connected {
                secret: json["secret"].as_str().filter(|text| !text.is_empty()).map(SecretText::new),
                at: json["ts"].as_str().and_then(moment),
            }),
            "reconnect" => Some(Self::Reconnect),
            "webhook.created" => event(&json).map(Self::Event),
            _ => None,
        }
    }
}

fn event(json: &Value) -> Option<WebhookEvent> {
    let payload = json["payload"]["payload"].as_str()?.to_owned();
    let headers = json["headers"].as_object().map(headers).unwrap_or_default();
    let mut event = WebhookEvent { id: String::new(), payload, headers };
    event.id = match event.header("webhook-id") {
        "" => json["payload"]["webhook_event_id"].as_str()?.to_owned(),
        id => id.to_owned(),
    };
    Some(event)
}

fn headers(json: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    json.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// Python's spelling has a blank where RFC 3339 has a T.
fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(&text.replacen(' ', "T", 1), &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::resign;

    /// As a real server sent it.
    const CREATED: &str = r#"{"id": "8d146b1a-f98c-434b-bcff-8721a29eed02", "key": "webhook.created", "payload": {"webhook_event_id": "4fa007f4-cb6d-4063-ba35-fc55e7827224", "payload": "{\"type\":\"product.updated\",\"timestamp\":\"2026-11-23T07:18:46.712326Z\",\"data\":{\"id\":\"3815b5ce-dc9e-4298-94dd-455204efe5b9\",\"created_at\":\"2026-11-23T07:18:46.465506Z\",\"modified_at\":\"2026-11-23T07:18:46.686063Z\",\"trial_interval\":null,\"trial_interval_count\":null,\"name\":\"Pro plan 2\",\"description\":\"M\u00fcsli & <b>stuff</b>\",\"visibility\":\"public\",\"recurring_interval\":\"month\",\"recurring_interval_count\":1,\"meter_interval\":null,\"meter_interval_count\":null,\"is_recurring\":true,\"is_archived\":false,\"organization_id\":\"c8aaa877-a7af-4105-a120-6773c0213720\",\"metadata\":{},\"prices\":[{\"created_at\":\"2026-11-23T07:18:46.488368Z\",\"modified_at\":null,\"id\":\"5385d432-7229-4742-9b4d-0a24e3257201\",\"source\":\"catalog\",\"amount_type\":\"fixed\",\"price_currency\":\"usd\",\"tax_behavior\":null,\"is_archived\":false,\"product_id\":\"3815b5ce-dc9e-4298-94dd-455204efe5b9\",\"type\":\"recurring\",\"recurring_interval\":\"month\",\"price_amount\":1000}],\"benefits\":[],\"medias\":[],\"attached_custom_fields\":[]}}"}, "headers": {"user-agent": "polar.sh webhooks", "content-type": "application/json", "webhook-id": "4fa007f4-cb6d-4063-ba35-fc55e7827224", "webhook-timestamp": "1795418327", "webhook-signature": "v1,WerQrMWVmnfOfOZXMR79aw1czASGVVjUIpvSIqlznGA="}}"#;

    #[test]
    fn reads_an_event_with_its_payload_as_it_was_signed() {
        let Message::Event(event) = Message::read(CREATED) else { panic!("no event") };
        assert_eq!(event.id, "4fa007f4-cb6d-4063-ba35-fc55e7827224");
        assert!(event.payload.contains(r#""description":"Müsli & <b>stuff</b>""#), "{}", event.payload);
        assert_eq!(event.event_type(), "product.updated");
        let names: Vec<&str> = event.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["user-agent", "content-type", "webhook-id", "webhook-timestamp", "webhook-signature"],
            "in Polar's order"
        );
        assert_eq!(event.header("Webhook-Timestamp"), "1795418327");
        let polars = SecretText::new("c8aaa877a7af4105a1206773c0213720");
        assert_eq!(resign::signed_by_polar(&event, &polars), Ok(()));
        assert!(!format!("{event:?}").contains("Müsli"));
    }

    #[test]
    fn reads_the_greeting_and_the_farewell() {
        let greeting = r#"{"key": "connected", "ts": "2026-11-23 07:18:27.385998+00:00", "secret": "c8aaa877a7af4105a1206773c0213720"}"#;
        let Message::Connected { secret, at } = Message::read(greeting) else { panic!("no greeting") };
        assert_eq!(secret.unwrap().expose(), "c8aaa877a7af4105a1206773c0213720");
        assert_eq!(at.unwrap().unix_timestamp(), 1_795_418_307);
        assert_eq!(Message::read(r#"{"type": "reconnect"}"#), Message::Reconnect);
        let bare = Message::read(r#"{"key":"connected","ts":"soon"}"#);
        assert_eq!(bare, Message::Connected { secret: None, at: None });
    }

    #[test]
    fn what_is_not_known_is_kept() {
        for text in [
            "hello",
            "[1]",
            "{}",
            r#"{"key":"webhook.deleted","id":"1"}"#,
            r#"{"key":"webhook.created","payload":{"payload":{"type":"x"}}}"#,
            r#"{"key":"webhook.created","payload":{"payload":"{}"},"headers":{}}"#,
            r#"{"key":7}"#,
        ] {
            assert_eq!(Message::read(text), Message::Unknown(text.to_owned()));
        }
    }
}
