//! Fills a template: `{"$block": "customer", "name": "…"}` becomes that building block with these fields changed or
//! added; `${organization}`, `${id:order}`, `${token:order}`, `${at}` and `${at-2d}` are replaced in every text.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};
use uuid::Uuid;

/// The field that says which building block an object is made of.
const BLOCK: &str = "$block";

const STAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

static BLOCKS: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("blocks.json")).expect("blocks.json is checked by a test"));

/// A time as Polar writes it: UTC, to the microsecond.
pub(super) fn stamp(time: OffsetDateTime) -> String {
    time.to_offset(UtcOffset::UTC).format(&STAMP).expect("this format fits every time")
}

/// What goes into one sample. An id is drawn when its name is first seen and stays the same throughout the sample.
pub(super) struct Filling<'a> {
    organization_id: &'a str,
    at: OffsetDateTime,
    ids: HashMap<String, Uuid>,
}

impl<'a> Filling<'a> {
    /// Nothing drawn yet.
    pub(super) fn new(organization_id: &'a str, at: OffsetDateTime) -> Self {
        Self { organization_id, at, ids: HashMap::new() }
    }

    /// The template with everything filled in. A name or block that does not exist is a mistake in our own data, which
    /// the tests find, so it panics.
    pub(super) fn fill(&mut self, template: &Value) -> Value {
        match template {
            Value::String(text) => Value::String(self.fill_text(text)),
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(fields) => {
                let mut filled = fields.get(BLOCK).map_or_else(Map::new, |name| self.block(name));
                for (key, value) in fields.iter().filter(|(key, _)| *key != BLOCK) {
                    filled.insert(self.fill_text(key), self.fill(value));
                }
                Value::Object(filled)
            }
            plain => plain.clone(),
        }
    }

    fn block(&mut self, name: &Value) -> Map<String, Value> {
        let block = name.as_str().and_then(|name| BLOCKS.get(name));
        match self.fill(block.unwrap_or_else(|| panic!("blocks.json has no {name}"))) {
            Value::Object(fields) => fields,
            other => panic!("the block {name} is no object: {other}"),
        }
    }

    fn fill_text(&mut self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').unwrap_or_else(|| panic!("no end of ${{ in {text}"));
            filled.push_str(before);
            filled.push_str(&self.value(name));
            rest = after;
        }
        filled + rest
    }

    fn value(&mut self, name: &str) -> String {
        if name == "organization" {
            return self.organization_id.to_owned();
        }
        if let Some(id) = name.strip_prefix("id:") {
            return self.id(id).to_string();
        }
        if let Some(id) = name.strip_prefix("token:") {
            return self.id(id).simple().to_string();
        }
        let offset = name.strip_prefix("at").and_then(offset);
        stamp(self.at + offset.unwrap_or_else(|| panic!("nothing is called {name}")))
    }

    fn id(&mut self, name: &str) -> Uuid {
        *self.ids.entry(name.to_owned()).or_insert_with(Uuid::new_v4)
    }
}

/// `-2d` is two days back; s, m, h and d are known; nothing is now.
fn offset(text: &str) -> Option<Duration> {
    let Some(unit) = text.chars().last() else { return Some(Duration::ZERO) };
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    match unit {
        's' => Some(Duration::seconds(number)),
        'm' => Some(Duration::minutes(number)),
        'h' => Some(Duration::hours(number)),
        'd' => Some(Duration::days(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn fill(template: &Value) -> Value {
        Filling::new("org_1", datetime!(2026-11-23 01:00:00 +2)).fill(template)
    }

    #[test]
    fn times_are_utc_and_relative() {
        assert_eq!(
            fill(&json!(["${at}", "${at-2d}", "${at+90m}", "${at+1s}"])),
            json!([
                "2026-11-22T23:00:00.000000Z",
                "2026-11-20T23:00:00.000000Z",
                "2026-11-23T00:30:00.000000Z",
                "2026-11-22T23:00:01.000000Z"
            ])
        );
    }

    #[test]
    fn an_id_stays_the_same_within_one_sample() {
        let filled = fill(&json!({ "a": "${id:x}", "b": "of ${id:x} in ${organization}", "c": "${id:y}" }));
        let id = filled["a"].as_str().unwrap();
        assert!(Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 4));
        assert_eq!(filled["b"], format!("of {id} in org_1"));
        assert_ne!(filled["c"], filled["a"]);
    }

    #[test]
    fn a_block_is_changed_in_its_place() {
        let filled = fill(&json!({ "$block": "address", "city": "Bern", "new": 1 }));
        assert_eq!(filled["city"], "Bern");
        let keys: Vec<_> = filled.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["line1", "line2", "postal_code", "city", "state", "country", "new"]);
    }

    #[test]
    #[should_panic(expected = "blocks.json has no \"unheard_of\"")]
    fn an_unknown_block_is_noticed() {
        fill(&json!({ "$block": "unheard_of" }));
    }

    #[test]
    #[should_panic(expected = "nothing is called at-2x")]
    fn an_unknown_name_is_noticed() {
        fill(&json!("${at-2x}"));
    }
}
