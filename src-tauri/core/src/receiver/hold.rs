//! Holding deliveries back from the app, and letting them go in the order in which they came.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use tokio::time::Instant;

use super::{
    Receiver, delivery,
    forward::ForwardError,
    keeper::{self, News},
    state::State,
};
use crate::setup::view::Hold;

/// After so many seconds an app would refuse the timestamp soon: such a delivery is signed anew.
const FRESH: i64 = 60;

/// Whether, and whether some are just being let go.
#[derive(Default)]
pub(super) struct Holding {
    hold: Mutex<Hold>,
    /// One lets go at a time, or the order would be lost.
    letting_go: tokio::sync::Mutex<()>,
    is_letting_go: AtomicBool,
}

/// What came of letting go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetGo {
    /// How many were sent to the app.
    pub sent: u32,
    /// How many are still held.
    pub left: u32,
    /// Why it stopped.
    pub problem: Option<String>,
}

impl Holding {
    pub(super) fn hold(&self) -> Hold {
        *self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one that arrives now is held without asking the app: what was held before goes first.
    pub(super) fn comes_after(&self, state: &State) -> bool {
        match self.hold() {
            Hold::On => true,
            Hold::WhenDown => state.record.counts().held > 0,
            Hold::Off => self.is_letting_go.load(Ordering::SeqCst),
        }
    }
}

impl Receiver {
    /// Whether deliveries are held from now on. What is held stays held until [`Receiver::let_go`].
    pub fn set_hold(&self, hold: Hold) {
        *self.owner.state.holding.hold.lock().unwrap_or_else(PoisonError::into_inner) = hold;
    }

    /// Whether deliveries are held.
    #[must_use]
    pub fn hold(&self) -> Hold {
        self.owner.state.holding.hold()
    }

    /// Sends what is held to the app, in the order in which it came, each once. It stops where no app is found: that one
    /// stays held.
    pub async fn let_go(&self) -> LetGo {
        let state = Arc::clone(&self.owner.state);
        let _alone = state.holding.letting_go.lock().await;
        let _mark = Mark::set(&state.holding.is_letting_go);
        let (mut sent, mut problem) = (0, None);
        while let Some(recorded) = state.record.first_held() {
            let number = recorded.view.number;
            let Some(captured) = &recorded.captured else {
                state.record.set_held(number, false);
                continue;
            };
            let is_old = state.now().unix_timestamp() - captured.received_at.unix_timestamp() > FRESH;
            let again = recorded.view.verified.filter(|_| is_old);
            let again = again.and_then(|rule| self.signed_anew(captured, Some(rule)));
            let captured = again.as_ref().unwrap_or(captured);
            // Marked before a byte is sent: whatever happens, it is not sent twice.
            if !state.record.set_held(number, false) {
                continue;
            }
            keeper::tell(&state, number, News::Sending).await;
            let deadline = Instant::now() + state.answer_within;
            match delivery::send(&state, number, captured, deadline, true, None).await {
                Err(missing @ (ForwardError::NotRunning(_) | ForwardError::OwnPort(_))) => {
                    problem = Some(missing.to_string());
                    state.record.set_held(number, true);
                    keeper::tell(&state, number, News::Finished).await;
                    break;
                }
                Ok(()) | Err(_) => sent += 1,
            }
        }
        LetGo { sent, left: state.record.counts().held, problem }
    }
}

/// True as long as it lives.
struct Mark<'a>(&'a AtomicBool);

impl<'a> Mark<'a> {
    fn set(flag: &'a AtomicBool) -> Self {
        flag.store(true, Ordering::SeqCst);
        Self(flag)
    }
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
