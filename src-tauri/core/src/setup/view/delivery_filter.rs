//! Which deliveries the window wants to see.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which deliveries to show. What is left empty takes all; what is not must all be met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct DeliveryFilter {
    /// Any of these event types; `order.*` stands for all that begin with `order.`.
    pub events: Vec<String>,
    /// Any of these about the signature, and any of these about the app.
    pub outcomes: Vec<DeliveryOutcome>,
    /// This text in the `webhook-id`, the event type or the body; small and capital letters are the same.
    pub text: String,
}

/// What may have become of a delivery: two are about its signature, the others about the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DeliveryOutcome {
    /// Its signature is right.
    Verified,
    /// Its signature is not right, or was not checked.
    SignatureRefused,
    /// The app answered 2xx.
    AppFine,
    /// The app answered otherwise, or not at all.
    AppFailed,
    /// It was answered and held back from the app.
    Held,
}
