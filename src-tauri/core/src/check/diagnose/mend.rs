//! What one button does about a cause.

use serde::{Serialize, Serializer};
use ts_rs::TS;

use super::shown::shown;

/// What this program can do about a cause by itself. Carried out by [`Setup::mend_cause`](crate::setup::Setup::mend_cause).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// Enables the endpoint.
    SwitchOn,
    /// Sets the endpoint's format to raw.
    SetRaw,
    /// Adds these events to the endpoint's.
    AddEvents(Vec<String>),
    /// Gives the endpoint this address.
    Repoint(String),
    /// Writes the endpoint's secret into this env file.
    WriteSecret(String),
    /// Takes this for the app's port.
    UsePort(u16),
    /// Starts the tunnel, and gives Polar its address.
    StartTunnel,
    /// "Write and verify".
    SetUp,
    /// Asks Polar to deliver this event once more.
    Redeliver(String),
}

/// The button, as the window draws it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct MendView {
    /// What stands on it.
    pub label: String,
    /// Whether it changes something on Polar, which is asked about first in production.
    pub changes_polar: bool,
}

impl Mend {
    /// The button.
    #[must_use]
    pub fn view(&self) -> MendView {
        let label = match self {
            Self::SwitchOn => "Switch it on".to_owned(),
            Self::SetRaw => "Set the format to raw".to_owned(),
            Self::AddEvents(events) => match events.as_slice() {
                [event] => format!("Choose {event}"),
                events => format!("Choose {} events", events.len()),
            },
            Self::Repoint(url) => format!("Deliver to {}", shown(url)),
            Self::WriteSecret(file) => format!("Write Polar's secret into {file}"),
            Self::UsePort(port) => format!("Use port {port}"),
            Self::StartTunnel => "Start the tunnel".to_owned(),
            Self::SetUp => "Write and verify".to_owned(),
            Self::Redeliver(_) => "Redeliver it now".to_owned(),
        };
        let changes_polar = match self {
            Self::SwitchOn
            | Self::SetRaw
            | Self::AddEvents(_)
            | Self::Repoint(_)
            | Self::StartTunnel
            | Self::SetUp
            | Self::Redeliver(_) => true,
            Self::WriteSecret(_) | Self::UsePort(_) => false,
        };
        MendView { label, changes_polar }
    }
}

impl Serialize for Mend {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.view().serialize(serializer)
    }
}
