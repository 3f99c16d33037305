//! The deliveries that arrived: the newest are kept, and each change is announced.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::setup::view::DeliveryView;

/// How many are kept.
pub(super) const KEPT: usize = 200;

/// What became of passing a delivery on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The app's status, or why there is none.
    pub(super) answer: Result<u16, String>,
    /// How long it took, in milliseconds.
    pub(super) milliseconds: u32,
}

/// The deliveries.
#[derive(Default)]
pub(super) struct Record {
    kept: Mutex<Kept>,
    revision: watch::Sender<u64>,
}

#[derive(Default)]
struct Kept {
    /// Newest first.
    deliveries: VecDeque<DeliveryView>,
    total: u32,
}

impl Record {
    /// Adds one that has just arrived; its number is set here and returned.
    pub(super) fn add(&self, mut delivery: DeliveryView) -> u32 {
        let number = {
            let mut kept = self.lock();
            kept.total = kept.total.saturating_add(1);
            delivery.number = kept.total;
            kept.deliveries.push_front(delivery);
            kept.deliveries.truncate(KEPT);
            kept.total
        };
        self.changed();
        number
    }

    /// Notes what became of it, if it is still kept.
    pub(super) fn finish(&self, number: u32, outcome: Outcome) {
        if let Some(delivery) = self.lock().deliveries.iter_mut().find(|delivery| delivery.number == number) {
            match outcome.answer {
                Ok(status) => {
                    delivery.app_status = Some(status);
                    delivery.app_ms = Some(outcome.milliseconds);
                }
                Err(problem) => delivery.app_problem = Some(problem),
            }
        }
        self.changed();
    }

    pub(super) fn all(&self) -> Vec<DeliveryView> {
        self.lock().deliveries.iter().cloned().collect()
    }

    pub(super) fn total(&self) -> u32 {
        self.lock().total
    }

    /// The newest with this `webhook-id` that `suits`.
    pub(super) fn find(&self, webhook_id: &str, suits: impl Fn(&DeliveryView) -> bool) -> Option<DeliveryView> {
        let kept = self.lock();
        kept.deliveries
            .iter()
            .find(|delivery| delivery.webhook_id.as_deref() == Some(webhook_id) && suits(delivery))
            .cloned()
    }

    pub(super) fn clear(&self) {
        self.lock().deliveries.clear();
        self.changed();
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    fn changed(&self) {
        self.revision.send_modify(|revision| *revision = revision.wrapping_add(1));
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the app has answered it, or it was given up.
pub(super) fn is_finished(delivery: &DeliveryView) -> bool {
    delivery.app_status.is_some() || delivery.app_problem.is_some()
}
