//! A delivery that fails is looked into without being asked.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use super::{Inner, Setup};
use crate::{check::diagnose::Diagnosis, setup::view::FailureView};

/// Once more at this many events in a row: half of what Polar waits for before it switches the endpoint off.
const STILL_FAILING: u32 = 5;
/// A delivery that fails is often followed by others: they are one reason to look, not several.
const SETTLES_IN: Duration = Duration::from_millis(500);

/// What is looked into, or was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Failure {
    /// Found; `None`: it is being looked into.
    pub found: Option<Diagnosis>,
}

impl Failure {
    pub(super) fn view(&self) -> FailureView {
        FailureView { diagnosis: self.found.clone() }
    }
}

/// Watches how many deliveries in a row have failed.
#[derive(Debug, Default)]
pub(super) struct Failures {
    before: u32,
}

/// What the new count calls for.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    Look,
    Forget,
    Nothing,
}

impl Failures {
    fn call(&mut self, failing: u32) -> Call {
        let before = std::mem::replace(&mut self.before, failing);
        match (before, failing) {
            (1.., 0) => Call::Forget,
            (0, 1..) => Call::Look,
            (before, now) if before < STILL_FAILING && now >= STILL_FAILING => Call::Look,
            _ => Call::Nothing,
        }
    }

    /// Takes in how many fail now, and begins a search or forgets what it found.
    pub(super) fn see(&mut self, setup: &Setup, failing: u32) {
        match self.call(failing) {
            Call::Look => {
                tokio::spawn(look(Arc::downgrade(&setup.0)));
            }
            Call::Forget => setup.change(|state| state.failure = None),
            Call::Nothing => {}
        }
    }
}

async fn look(inner: Weak<Inner>) {
    tokio::time::sleep(SETTLES_IN).await;
    let Some(setup) = inner.upgrade().map(Setup) else { return };
    setup.change(|state| state.failure = Some(Failure::default()));
    let found = setup.diagnose_failure().await.ok();
    setup.change(|state| {
        // Delivered meanwhile: then nobody asks any more.
        if state.failure.is_some() {
            state.failure = found.map(|found| Failure { found: Some(found) });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_looked_into_and_the_fifth_and_none_between() {
        let mut failures = Failures::default();
        let calls = [0, 1, 2, 3, 5, 6, 0, 0, 7, 0].map(|failing| failures.call(failing));
        let expected = [
            Call::Nothing,
            Call::Look,
            Call::Nothing,
            Call::Nothing,
            Call::Look,
            Call::Nothing,
            Call::Forget,
            Call::Nothing,
            Call::Look,
            Call::Forget,
        ];
        assert_eq!(calls, expected);
    }
}
