//! What the window draws of the webhook: secret, format, events.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where the webhook secret comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SecretSource {
    /// Random, made here; kept on later runs. The default.
    Generated,
    /// The user's own.
    Own,
    /// Polar makes it.
    Polar,
}

/// One way to come by a secret.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct SecretChoice {
    /// Which way.
    pub source: SecretSource,
    /// Which SDK versions verify it, in a sentence.
    pub verifies: String,
    /// Whether the project's own SDK verifies it; `None`: not known.
    pub fits_project: Option<bool>,
}

/// A delivery format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DeliveryFormat {
    /// Polar's own JSON, for your app.
    Raw,
    /// A message for a Discord channel.
    Discord,
    /// A message for a Slack channel.
    Slack,
}

impl DeliveryFormat {
    const ALL: [Self; 3] = [Self::Raw, Self::Discord, Self::Slack];

    /// Polar's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Discord => "discord",
            Self::Slack => "slack",
        }
    }

    /// The format of Polar's word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// Secret, format and events.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct WebhookView {
    /// The endpoint's name on Polar.
    pub name: String,
    /// The chosen way.
    pub secret_source: SecretSource,
    /// All ways.
    pub secret_choices: Vec<SecretChoice>,
    /// The secret, masked, once there is one.
    pub secret_masked: Option<String>,
    /// What is wrong with the user's own secret.
    pub secret_problem: Option<String>,
    /// The delivery format.
    pub format: DeliveryFormat,
    /// The chosen event types, in catalogue order.
    pub events: Vec<String>,
    /// The preset that this choice is, if it is one.
    pub preset: Option<String>,
    /// What to know about this choice: none chosen, skipped in chat, …
    pub notes: Vec<String>,
}
