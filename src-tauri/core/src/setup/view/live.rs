//! What the window draws of the deliveries.

use serde::Serialize;
use ts_rs::TS;

use crate::webhook::signature::KeyRule;

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
    /// The newest 200, newest first.
    pub deliveries: Vec<DeliveryView>,
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
    /// The body, at most 64 KiB, as text.
    pub body: String,
}
