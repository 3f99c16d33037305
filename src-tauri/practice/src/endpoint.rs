//! A webhook endpoint as the practice Polar keeps it, and what a request to create or change one must say.

use polar_setup_core::{SecretText, webhook::signature::KeyRule};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    problem::{self, Problem, place},
    stamp, url_rules,
};

const FORMATS: [&str; 3] = ["raw", "discord", "slack"];
const SHORTEST_SECRET: usize = 32;

/// A stored endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub id: Uuid,
    pub organization: Uuid,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
    pub url: String,
    pub name: Option<String>,
    pub format: String,
    pub secret: SecretText,
    /// How the secret becomes a key: one that a client supplied has Polar's own rule.
    pub rule: KeyRule,
    pub events: Vec<String>,
    pub enabled: bool,
    /// Events in a row that failed for good.
    pub failures: u32,
}

/// What a request wants to create.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub url: String,
    pub name: Option<String>,
    pub secret: Option<String>,
    pub format: String,
    pub events: Vec<String>,
    pub organization: Option<Uuid>,
}

/// What a request wants to change; `None`: nothing said.
#[derive(Debug, Default)]
pub(crate) struct Change {
    url: Option<String>,
    name: Option<String>,
    secret: Option<String>,
    format: Option<String>,
    events: Option<Vec<String>>,
    pub enabled: Option<bool>,
}

impl Endpoint {
    pub fn to_json(&self) -> Value {
        json!({
            "created_at": stamp(self.created_at),
            "modified_at": self.modified_at.map(stamp),
            "id": self.id,
            "url": self.url,
            "name": self.name,
            "format": self.format,
            "secret": self.secret.expose(),
            "organization_id": self.organization,
            "events": self.events,
            "enabled": self.enabled,
        })
    }

    /// Whether an event of this type goes to it. Chat formats silently leave one type out.
    pub fn wants(&self, event_type: &str) -> bool {
        let in_chat = polar_setup_core::polar::event::catalogue().not_in_chat.iter().all(|name| name != event_type);
        self.enabled && self.events.iter().any(|name| name == event_type) && (self.format == "raw" || in_chat)
    }

    /// Takes the change over; it counts as a modification only if something is different afterwards.
    pub fn apply(&mut self, change: Change, now: OffsetDateTime) {
        let before = (self.to_json(), self.secret.clone());
        if let Some(url) = change.url {
            self.url = url;
        }
        if let Some(name) = change.name {
            self.name = Some(name);
        }
        if let Some(secret) = change.secret {
            self.secret = SecretText::new(secret);
            self.rule = KeyRule::PolarOwn;
        }
        if let Some(format) = change.format {
            self.format = format;
        }
        if let Some(events) = change.events {
            self.events = events;
        }
        if let Some(enabled) = change.enabled {
            if enabled && !self.enabled {
                self.failures = 0;
            }
            self.enabled = enabled;
        }
        if before != (self.to_json(), self.secret.clone()) {
            self.modified_at = Some(now);
        }
    }
}

/// Reads what to create.
pub(crate) fn wanted(body: &Map<String, Value>, direct: bool) -> Result<Wanted, Vec<Problem>> {
    let mut fields = Fields::new(body);
    let url = fields.required("url", |at, value| url_rules::check(at, value, direct));
    let name = fields.optional("name", problem::string);
    let secret = fields.optional("secret", secret);
    let format = fields.required("format", |at, value| problem::choice(at, value, &FORMATS));
    let events = fields.required_list("events");
    let organization = fields.optional("organization_id", problem::uuid);
    match (url, format, events) {
        (Some(url), Some(format), Some(events)) if fields.problems.is_empty() => {
            Ok(Wanted { url, name, secret, format, events, organization })
        }
        _ => Err(fields.problems),
    }
}

/// Reads what to change; null is as good as nothing said.
pub(crate) fn change(body: &Map<String, Value>, direct: bool) -> Result<Change, Vec<Problem>> {
    let mut fields = Fields::new(body);
    let change = Change {
        url: fields.optional("url", |at, value| url_rules::check(at, value, direct)),
        name: fields.optional("name", problem::string),
        secret: fields.optional("secret", secret),
        format: fields.optional("format", |at, value| problem::choice(at, value, &FORMATS)),
        events: match body.get("events") {
            None | Some(Value::Null) => None,
            Some(_) => fields.required_list("events"),
        },
        enabled: fields.optional("enabled", problem::boolean),
    };
    if fields.problems.is_empty() { Ok(change) } else { Err(fields.problems) }
}

/// Every event type that the imitated server knows, in its order.
pub(crate) fn event_types() -> Vec<&'static str> {
    include_str!("event_types.txt").lines().collect()
}

fn secret(at: &[Value], value: &Value) -> Result<String, Problem> {
    let text = problem::string(at, value)?;
    if text.chars().count() < SHORTEST_SECRET {
        let message = format!("String should have at least {SHORTEST_SECRET} characters");
        return Err(Problem::new("string_too_short", at, message, value).with(json!({ "min_length": SHORTEST_SECRET })));
    }
    Ok(text)
}

/// Reads the fields of a body one by one, in the order of the schema, and collects the complaints.
struct Fields<'body> {
    body: &'body Map<String, Value>,
    problems: Vec<Problem>,
}

impl<'body> Fields<'body> {
    const fn new(body: &'body Map<String, Value>) -> Self {
        Self { body, problems: Vec::new() }
    }

    fn required<T>(&mut self, name: &str, read: impl Fn(&[Value], &Value) -> Result<T, Problem>) -> Option<T> {
        let at = place(&["body", name]);
        let result = match self.body.get(name) {
            Some(value) => read(&at, value),
            None => Err(Problem::missing(&at, &Value::Object(self.body.clone()))),
        };
        result.map_err(|problem| self.problems.push(problem)).ok()
    }

    fn optional<T>(&mut self, name: &str, read: impl Fn(&[Value], &Value) -> Result<T, Problem>) -> Option<T> {
        match self.body.get(name) {
            None | Some(Value::Null) => None,
            Some(_) => self.required(name, read),
        }
    }

    /// A list of event types; each wrong one is a complaint of its own.
    fn required_list(&mut self, name: &str) -> Option<Vec<String>> {
        let items = self.required(name, |at, value| {
            value
                .as_array()
                .cloned()
                .ok_or_else(|| Problem::new("list_type", at, "Input should be a valid list", value))
        })?;
        let types = event_types();
        let before = self.problems.len();
        let mut events = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let mut at = place(&["body", name]);
            at.push(json!(index));
            match problem::choice(&at, item, &types) {
                Ok(event) => events.push(event),
                Err(problem) => self.problems.push(problem),
            }
        }
        (self.problems.len() == before).then_some(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(body: &Value) -> Vec<(&'static str, Vec<Value>)> {
        let problems = wanted(body.as_object().unwrap(), false).unwrap_err();
        problems.into_iter().map(|problem| (problem.kind, problem.place)).collect()
    }

    #[test]
    fn complains_about_every_field_in_order() {
        let found =
            kinds(&json!({"url": 5, "name": 3, "secret": "short", "format": "x", "events": ["a", "order.paid", 7],
            "organization_id": "nope"}));
        let expected = ["url_type", "string_type", "string_too_short", "enum", "enum", "enum", "uuid_parsing"];
        assert_eq!(found.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), expected);
        assert_eq!(found[5].1, vec![json!("body"), json!("events"), json!(2)]);
    }

    #[test]
    fn null_changes_nothing() {
        let body = json!({"url": null, "name": null, "events": null, "enabled": null, "secret": null, "format": null});
        let change = change(body.as_object().unwrap(), false).unwrap();
        assert!(change.url.is_none() && change.events.is_none() && change.enabled.is_none());
    }
}
