//! Sample payloads, until the core brings its own.

use polar_setup_core::{polar::event::catalogue, setup::view::DeliveryFormat};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::stamp;

/// An event of this type as Polar would send it now; `None` for a type that is not known.
pub(crate) fn sample(event_type: &str, organization_id: &str, now: OffsetDateTime) -> Option<Value> {
    catalogue().types().any(|known| known == event_type).then(|| {
        json!({
            "type": event_type,
            "timestamp": stamp(now),
            "data": { "id": Uuid::new_v4(), "created_at": stamp(now), "modified_at": null, "organization_id": organization_id },
        })
    })
}

/// The same event as a message for Discord or Slack.
pub(crate) fn chat_message(format: DeliveryFormat, payload: &Value) -> Value {
    let title = payload["type"].as_str().unwrap_or_default();
    let object = payload["data"]["id"].as_str().unwrap_or_default();
    match format {
        DeliveryFormat::Raw => payload.clone(),
        DeliveryFormat::Discord => json!({
            "content": title,
            "embeds": [{ "title": title, "description": title, "fields": [{ "name": "Object", "value": object }] }],
        }),
        DeliveryFormat::Slack => json!({
            "text": title,
            "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": title },
                "fields": [{ "type": "mrkdwn", "text": format!("*Object*\n{object}") }] }],
        }),
    }
}
