//! The catalogue of Polar's event types: data (`events.json`), not code. A type that is not in it is never an error.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// All event types known today, in groups, and the presets.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Catalogue {
    /// Groups in the order of the screen.
    pub groups: Vec<EventGroup>,
    /// Presets; the first is the default.
    pub presets: Vec<EventPreset>,
    /// Types that Polar silently skips for Discord and Slack.
    pub not_in_chat: Vec<String>,
}

/// Event types on one subject.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EventGroup {
    /// The group's heading.
    pub name: String,
    /// Its event types.
    pub events: Vec<EventDescription>,
}

/// One event type.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EventDescription {
    /// Polar's name for it: `order.paid`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// When it is sent, in one sentence.
    pub description: String,
}

/// A named choice of event types.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EventPreset {
    /// What `--preset` takes.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Whom it is for.
    pub description: String,
    /// The chosen types.
    pub events: Vec<String>,
}

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| serde_json::from_str(include_str!("events.json")).expect("events.json is checked by a test"));

/// The catalogue.
#[must_use]
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

impl Catalogue {
    /// Every known type, in the order of the screen.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flat_map(|group| &group.events).map(|event| event.event_type.as_str())
    }

    /// The preset of this name.
    #[must_use]
    pub fn preset(&self, name: &str) -> Option<&EventPreset> {
        self.presets.iter().find(|preset| preset.name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn holds_each_type_once_and_presets_name_only_known_ones() {
        let known: HashSet<&str> = catalogue().types().collect();
        assert_eq!(known.len(), 42);
        assert_eq!(catalogue().types().count(), 42);
        for preset in &catalogue().presets {
            assert!(preset.events.iter().all(|name| known.contains(name.as_str())), "{}", preset.name);
        }
        assert_eq!(catalogue().preset("all").unwrap().events.len(), 42);
    }
}
