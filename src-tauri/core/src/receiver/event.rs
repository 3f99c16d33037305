//! Reads from a request what it seems to be about.

use serde::Deserialize;
use serde_json::Value;

/// The longest name shown, in characters.
const LONGEST: usize = 80;

/// The fields by which the three formats name their event.
#[derive(Deserialize)]
struct Named {
    /// Raw: the event type.
    #[serde(rename = "type")]
    event_type: Option<Value>,
    /// Discord: a title, or the event type.
    content: Option<Value>,
    /// Slack: the same.
    text: Option<Value>,
}

/// The event type; for Discord and Slack the message's title, which often is the event type; else what arrived instead.
pub(super) fn name(method: &str, body: &[u8]) -> String {
    if body.is_empty() {
        return format!("{method} without a body");
    }
    let Ok(named) = serde_json::from_slice::<Named>(body) else {
        return format!("{method}, not a JSON object");
    };
    let found = [named.event_type, named.content, named.text].into_iter().flatten().find_map(|value| match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().chars().take(LONGEST).collect()),
        _ => None,
    });
    found.unwrap_or_else(|| format!("{method}, JSON without a type"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all_three_formats_and_anything_else() {
        for (body, expected) in [
            (r#"{"type":"order.paid","data":{"type":"x"}}"#, "order.paid"),
            (r#"{"content":"New Order","embeds":[]}"#, "New Order"),
            (r#"{"text":"product.created","blocks":[{"type":"section"}]}"#, "product.created"),
            (r#"{"type":7}"#, "POST, JSON without a type"),
            ("[1]", "POST, not a JSON object"),
            ("\u{1f}gzip", "POST, not a JSON object"),
            ("", "POST without a body"),
        ] {
            assert_eq!(name("POST", body.as_bytes()), expected, "{body}");
        }
        let long = format!(r#"{{"type":"{}"}}"#, "ä".repeat(500));
        assert_eq!(name("POST", long.as_bytes()), "ä".repeat(LONGEST));
    }
}
