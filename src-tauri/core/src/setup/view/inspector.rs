//! What the window asks about the deliveries that arrived, and what it gets: a few rows of many, or one with everything.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DeliveryFilter, ExplanationView};
use crate::webhook::signature::KeyRule;

/// Which deliveries are wanted, and which part of the list is on screen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, TS)]
#[ts(export)]
pub struct DeliveryQuery {
    /// Which ones.
    pub filter: DeliveryFilter,
    /// Numbers of those whose earlier attempts are shown as rows of their own.
    pub unfolded: Vec<u32>,
    /// The first row wanted, from 0.
    pub offset: u32,
    /// How many rows.
    pub limit: u32,
}

/// What became of a delivery, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DeliveryState {
    /// The app has not answered yet.
    Waiting,
    /// The app answered 2xx.
    Accepted,
    /// The app answered something else.
    Refused,
    /// The app gave no answer.
    NoAnswer,
    /// It is held here.
    Held,
    /// The receiver refused it itself.
    TurnedAway,
}

/// One line of the list: an event, or one attempt at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DeliveryRow {
    /// Our number for it.
    pub number: u32,
    /// When it arrived, in milliseconds since 1970.
    #[ts(type = "number")]
    pub received_at: i64,
    /// The event type, or what it seems to be.
    pub event_type: String,
    /// Which key rule verified it; `None`: not verified.
    pub verified: Option<KeyRule>,
    /// Why it was not verified.
    pub problem: Option<String>,
    /// What became of it.
    pub outcome: DeliveryState,
    /// The app's status.
    pub app_status: Option<u16>,
    /// How long the app took, in milliseconds.
    pub app_ms: Option<u32>,
    /// Why the app did not answer.
    pub app_problem: Option<String>,
    /// Which attempt at this event it is, from 1.
    pub attempt: u32,
    /// How many attempts arrived; this is the newest unless `older`.
    pub attempts: u32,
    /// An earlier attempt, shown below the newest.
    pub older: bool,
    /// Whether this is a test delivery of ours.
    pub test: bool,
    /// The delivery that this one repeats.
    pub replay_of: Option<u32>,
    /// Whether it came by Polar's relay.
    pub relayed: bool,
}

/// A part of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DeliveriesPage {
    /// How many arrived since the start.
    pub total: u32,
    /// How many are kept.
    pub kept: u32,
    /// How many were dropped, as there was no room for more.
    pub dropped: u32,
    /// How many rows there are for the query.
    pub rows_in_all: u32,
    /// The number of the first row here.
    pub offset: u32,
    /// The rows, newest first.
    pub rows: Vec<DeliveryRow>,
    /// The event types that are kept, to choose from.
    pub events: Vec<String>,
}

/// A header as it came; bytes that are not text become U+FFFD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct HeaderView {
    /// Its name, as it was written.
    pub name: String,
    /// Its value; secrets masked.
    pub value: String,
}

/// What the app answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct AnswerView {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<HeaderView>,
    /// The beginning of its body, as text.
    pub body: String,
    /// The body's whole length in bytes; `None`: not known.
    #[ts(type = "number | null")]
    pub size: Option<u64>,
}

/// One delivery with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DeliveryDetail {
    /// Its line.
    pub row: DeliveryRow,
    /// `webhook-id`.
    pub webhook_id: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers, in order, as often as they came.
    pub headers: Vec<HeaderView>,
    /// The body as text; secrets masked, at most 1 MiB.
    pub body: String,
    /// Whether the body is UTF-8, so that the text is all of it.
    pub is_text: bool,
    /// The body's length in bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// The body's bytes as a hex dump, the first 64 KiB.
    pub bytes: String,
    /// What the app answered.
    pub answer: Option<AnswerView>,
    /// Its signature, worked out; `None`: the body was not read.
    pub signature: Option<ExplanationView>,
}
