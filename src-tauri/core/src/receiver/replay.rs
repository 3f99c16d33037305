//! Sending a delivery to the app again, signed anew; and deliveries that the relay brought.

use std::sync::Arc;

use bytes::Bytes;
use rand::distr::{Alphanumeric, SampleString};
use tokio::time::Instant;

use super::{
    Receiver, TEST_ID_PREFIX, delivery,
    keeper::{self, News},
};
use crate::{
    deliveries::{
        Captured,
        onward::is_http,
        resign::{resigned, with_id},
    },
    webhook::signature::KeyRule,
};

/// Why a delivery cannot be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It was dropped or cleared.
    #[error("This delivery is no longer kept.")]
    Gone,
    /// There is nothing to sign with.
    #[error("No webhook secret is known yet, so nothing can be signed. \"Write and verify\" makes one.")]
    NoSecret,
    /// Its method, path or headers are not HTTP.
    #[error("This delivery cannot be sent: it is not HTTP.")]
    NotHttp,
}

impl Receiver {
    /// Sends a delivery to the app again, with a fresh timestamp and signature; edited, it has an id of its own, or the
    /// app would take it for the one it knows. Gives the number of its line; the app's answer comes later.
    ///
    /// # Errors
    /// It is not kept any more, or nothing can be signed.
    pub fn replay(&self, number: u32, edited: Option<Bytes>) -> Result<u32, ReplayError> {
        let recorded = self.owner.state.record.get(number).ok_or(ReplayError::Gone)?;
        let mut captured = Captured::clone(recorded.captured.as_deref().ok_or(ReplayError::Gone)?);
        if edited.is_some() || captured.header("webhook-id").is_empty() {
            captured = with_id(captured, fresh_id());
        }
        captured.body = edited.unwrap_or(captured.body);
        let again = self.signed_anew(&captured, recorded.view.verified).ok_or(ReplayError::NoSecret)?;
        self.dispatch(again, Some(number))
    }

    /// Records and passes on a delivery that the relay brought. Gives the number of its line.
    ///
    /// # Errors
    /// It is not HTTP.
    pub fn send(&self, captured: &Captured) -> Result<u32, ReplayError> {
        self.dispatch(Captured { received_at: self.owner.state.now(), ..captured.clone() }, None)
    }

    /// The same, stamped now and signed with the secret of the moment, by the rule it was signed by if that is known.
    pub(super) fn signed_anew(&self, captured: &Captured, rule: Option<KeyRule>) -> Option<Captured> {
        let state = &self.owner.state;
        let signed = |rule| state.with_secret(|secret| resigned(captured, secret?, rule, state.now()));
        signed(rule.unwrap_or(KeyRule::PolarOwn)).or_else(|| signed(KeyRule::PolarOwn))
    }

    fn dispatch(&self, captured: Captured, replay_of: Option<u32>) -> Result<u32, ReplayError> {
        if !is_http(&captured) {
            return Err(ReplayError::NotHttp);
        }
        let state = Arc::clone(&self.owner.state);
        let deadline = Instant::now() + state.answer_within;
        let mut recorded = delivery::arrived(&state, captured);
        recorded.view.replay_of = replay_of;
        recorded.view.relayed = replay_of.is_none();
        // Relayed ones are held like those that arrive; a replay was asked for now.
        let held = replay_of.is_none() && state.holding.comes_after(&state);
        recorded.view.held = held;
        let captured = recorded.captured.clone().ok_or(ReplayError::Gone)?;
        let number = state.record.add(recorded).unwrap_or_default();
        if number > 0 {
            tokio::spawn(async move {
                keeper::tell(&state, number, News::Arrived).await;
                if !held {
                    let may_hold = replay_of.is_none();
                    let _ = delivery::send_or_hold(&state, number, &captured, deadline, may_hold, None).await;
                }
            });
        }
        Ok(number)
    }
}

fn fresh_id() -> String {
    format!("{TEST_ID_PREFIX}{}", Alphanumeric.sample_string(&mut rand::rng(), 24))
}
