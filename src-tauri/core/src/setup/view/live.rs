//! What the window draws of the deliveries.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{check::diagnose::Diagnosis, webhook::signature::KeyRule};

/// Deliveries.
#[derive(Debug, Clone, Default, Serialize, TS)]
#[ts(export)]
pub struct LiveView {
    /// Whether the receiver runs.
    pub receiving: bool,
    /// Where deliveries are passed on to: `http://127.0.0.1:3000`.
    pub forward_to: Option<String>,
    /// Whether something listens there; `None`: not known.
    pub app_running: Option<bool>,
    /// How many arrived since the start.
    pub total: u32,
    /// Changes with every delivery and every answer: then the list is to be asked for again.
    #[ts(type = "number")]
    pub revision: u64,
    /// Whether deliveries are kept across restarts.
    pub kept: bool,
    /// Whether the app gets the `Host` that arrived instead of its own.
    pub keeps_host: bool,
    /// Whether deliveries are held back from the app.
    pub hold: Hold,
    /// How many are held.
    pub held: u32,
    /// How many events in a row your app did not accept, up to now. Polar switches an endpoint off after ten that fail
    /// for good.
    pub failing: u32,
}

/// Deliveries that fail, and why: looked into without being asked.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct FailureView {
    /// What was found; `None`: it is being looked into.
    pub diagnosis: Option<Diagnosis>,
}

/// Whether deliveries are held: answered 2xx, so that Polar is content, kept, and sent to the app later, in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Hold {
    /// They go to the app; without an app, Polar is told that they failed.
    #[default]
    Off,
    /// All are held.
    On,
    /// Those that find no app are held.
    WhenDown,
}

/// One delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DeliveryView {
    /// Our number for it.
    pub number: u32,
    /// When it arrived, in milliseconds since 1970.
    #[ts(type = "number")]
    pub received_at: i64,
    /// The event type, or what it seems to be.
    pub event_type: String,
    /// `webhook-id`.
    pub webhook_id: Option<String>,
    /// Which key rule verified it; `None`: not verified.
    pub verified: Option<KeyRule>,
    /// Why not.
    pub problem: Option<String>,
    /// The app's status, once it answered.
    pub app_status: Option<u16>,
    /// How long the app took, in milliseconds.
    pub app_ms: Option<u32>,
    /// Why the app did not answer.
    pub app_problem: Option<String>,
    /// Whether this is a test delivery of ours.
    pub test: bool,
    /// Which attempt at this event it is, from 1: deliveries with the same `webhook-id`.
    pub attempt: u32,
    /// Whether it is held: the app has not seen it.
    pub held: bool,
    /// The delivery that this one repeats.
    pub replay_of: Option<u32>,
    /// Whether it came by Polar's relay, which has ids of its own.
    pub relayed: bool,
    /// Why the receiver refused it itself.
    pub turned_away: Option<String>,
}
