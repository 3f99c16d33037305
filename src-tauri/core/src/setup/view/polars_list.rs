//! Polar's deliveries list beside what arrived here, as the window shows it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::DeliveryState;

/// How far back Polar's list is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ListSpan {
    /// The last hour.
    Hour,
    /// The last 24 hours.
    #[default]
    Day,
    /// The last seven days.
    Week,
}

/// What Polar's list and ours together say of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ListFinding {
    /// Sent, arrived, accepted.
    Fine,
    /// It is not over yet.
    Open,
    /// It is held here.
    Held,
    /// Polar did not send it to the endpoint.
    NeverSent,
    /// Polar sent it; it did not arrive here.
    NotArrived,
    /// Something accepted it, but not here.
    AcceptedElsewhere,
    /// It came by the relay only.
    ByRelayOnly,
    /// It arrived, and the app refused it.
    RefusedByApp,
    /// It arrived, and did not get as far as an answer of the app.
    RefusedBefore,
    /// The app accepted it, but Polar did not get the answer.
    AnswerLost,
    /// Polar sent it before the record here begins.
    BeforeRecord,
    /// It is not in Polar's list.
    OnlyHere,
}

/// How many events have this finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FindingCount {
    /// Which one.
    pub finding: ListFinding,
    /// How many.
    pub count: u32,
}

/// One attempt as Polar recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PolarsAttempt {
    /// When, by Polar's clock, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at: i64,
    /// The status it was answered with; `None`: unreachable or timed out.
    pub http_code: Option<u16>,
    /// Whether Polar takes it for success.
    pub succeeded: bool,
}

/// One arrival here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ArrivedHere {
    /// Our number for it.
    pub number: u32,
    /// When, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at: i64,
    /// What became of it.
    pub outcome: DeliveryState,
    /// The app's status.
    pub app_status: Option<u16>,
}

/// One event on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PolarsListRow {
    /// `webhook-id`: Polar's, else ours.
    pub webhook_id: String,
    /// The event type, or what it seems to be.
    pub event_type: String,
    /// Polar's attempts, oldest first; `None`: its list does not have the event.
    pub polar: Option<Vec<PolarsAttempt>>,
    /// What arrived here, oldest first.
    pub here: Vec<ArrivedHere>,
    /// What both together say.
    pub finding: ListFinding,
    /// The same in words.
    pub sentence: String,
    /// Whether asking Polar to deliver it once more makes sense.
    pub can_redeliver: bool,
}

/// Polar's list and ours, side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PolarsList {
    /// When Polar was asked, in milliseconds since 1970.
    #[ts(type = "number")]
    pub fetched_at: i64,
    /// Since when both lists are compared, in milliseconds since 1970.
    #[ts(type = "number")]
    pub since: i64,
    /// Where the endpoint delivers to.
    pub endpoint_url: String,
    /// What is to be known of the endpoint: switched off, which events it never gets.
    pub notes: Vec<String>,
    /// How many attempts Polar's list gave.
    pub attempts: u32,
    /// Whether Polar has older ones of that span, which were not asked for.
    pub more: bool,
    /// Each finding that there is, and how often.
    pub counts: Vec<FindingCount>,
    /// The events, newest first.
    pub rows: Vec<PolarsListRow>,
    /// How many events there are; `rows` has the newest of them.
    pub rows_in_all: u32,
}
