//! The check of Polar's relay that was waited for, the same in the window and in the terminal.

use std::time::Duration;

use tokio::{sync::watch, time::timeout};

use super::Check;
use crate::relay::RelayState;

/// Its name and claim.
pub const RELAY: (&str, &str) = ("relay", "Polar's listen stream is open");

/// How long the stream may take to open.
const OPEN_WITHIN: Duration = Duration::from_secs(20);

/// Waits until the stream is open, or cannot be had.
pub async fn opened(mut state: watch::Receiver<RelayState>) -> Check {
    let settled = |state: &RelayState| matches!(state, RelayState::Connected | RelayState::Failed { .. });
    // Late, or given up: then the last state tells more.
    let _ = timeout(OPEN_WITHIN, state.wait_for(settled)).await;
    match &*state.borrow() {
        RelayState::Connected => Check::passed(
            RELAY.0,
            RELAY.1,
            "Polar sends this organization's events here. They show that they come once one happens.",
        ),
        RelayState::Failed { problem, fix } => failed(problem, fix),
        RelayState::Reconnecting { reason, .. } => failed(reason, "Look at your network, then verify again."),
        RelayState::Connecting => failed("Polar did not answer in time.", "Look at your network, then verify again."),
    }
}

/// It cannot be had.
#[must_use]
pub fn failed(cause: &str, fix: &str) -> Check {
    Check::failed(RELAY.0, RELAY.1, "It is not open.").cause(cause).fix(fix)
}
