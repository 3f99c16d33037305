//! The deliveries that arrived: the newest are kept within a bound, and each change is announced.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::{TEST_ID_PREFIX, event};
use crate::{SecretText, deliveries::Captured, moment::milliseconds, setup::view::DeliveryView};

/// What a delivery takes besides its bytes, roughly.
const OVERHEAD: usize = 1024;

/// How much of a `webhook-id` is kept, in characters.
pub(super) const ID_KEPT: usize = 200;

/// What became of passing a delivery on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The app's answer, or why there is none.
    pub(super) answer: Result<Arc<AppAnswer>, String>,
    /// How long it took, in milliseconds.
    pub(super) milliseconds: u32,
}

/// What the app answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppAnswer {
    /// Its status.
    pub status: u16,
    /// Its headers, in order.
    pub headers: Vec<(String, bytes::Bytes)>,
    /// The beginning of its body.
    pub body: bytes::Bytes,
    /// The body's whole length, in bytes.
    pub size: u64,
}

/// One delivery with all that is kept of it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// What is shown of it.
    pub view: DeliveryView,
    /// What arrived; `None`: it was turned away before its body was read.
    pub captured: Option<Arc<Captured>>,
    /// What the app answered.
    pub answer: Option<Arc<AppAnswer>>,
    /// Whether another attempt at the same event came after it.
    pub is_older: bool,
}

impl Recorded {
    /// The one of this number among those that are kept, oldest first.
    #[must_use]
    pub fn find(all: &VecDeque<Self>, number: u32) -> Option<&Self> {
        all.get(Self::place(all, number)?)
    }

    fn place(all: &VecDeque<Self>, number: u32) -> Option<usize> {
        // Mostly none is missing in between.
        let guess = usize::try_from(number.checked_sub(all.front()?.view.number)?).ok()?;
        match all.get(guess) {
            Some(recorded) if recorded.view.number == number => Some(guess),
            _ => all.binary_search_by_key(&number, |recorded| recorded.view.number).ok(),
        }
    }

    /// One that is only known by what arrived: not verified, not passed on.
    #[must_use]
    pub fn of(captured: Captured) -> Self {
        Self::hiding(None, captured)
    }

    /// The same, without this secret, should it stand where nobody expects it: what is recorded is shown.
    pub(super) fn hiding(secret: Option<&SecretText>, captured: Captured) -> Self {
        let hidden = |text: String| match secret {
            Some(secret) => secret.struck_from(text),
            None => text,
        };
        // Before anything is cut, so that no half of the secret is left.
        let mut id = hidden(captured.header("webhook-id"));
        if let Some((end, _)) = id.char_indices().nth(ID_KEPT).filter(|_| id.len() > ID_KEPT) {
            id.truncate(end);
        }
        let view = DeliveryView {
            number: 0,
            received_at: milliseconds(captured.received_at),
            event_type: hidden(event::name(&captured.method, &captured.body)),
            test: id.starts_with(TEST_ID_PREFIX),
            webhook_id: Some(id).filter(|id| !id.is_empty()),
            verified: None,
            problem: None,
            app_status: None,
            app_ms: None,
            app_problem: None,
            attempt: 1,
            held: false,
            replay_of: None,
            relayed: false,
            turned_away: None,
        };
        Self { view, captured: Some(Arc::new(captured)), answer: None, is_older: false }
    }
}

/// How many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many arrived since the start, cleared ones included.
    pub total: u32,
    /// How many were dropped for want of room.
    pub dropped: u32,
    /// How many are held.
    pub held: u32,
    /// How many are kept of which a newer attempt is kept as well.
    pub older: u32,
}

/// The deliveries.
pub(super) struct Record {
    kept: Mutex<Kept>,
    revision: watch::Sender<u64>,
    /// How many bytes are kept.
    room: usize,
}

#[derive(Default)]
struct Kept {
    /// Oldest first, by their numbers.
    deliveries: VecDeque<Recorded>,
    counts: Counts,
    bytes: usize,
    /// The newest delivery of each `webhook-id`, and how many attempts there were.
    attempts: HashMap<String, (u32, u32)>,
    /// How many there are of each event type.
    types: HashMap<String, u32>,
}

impl Record {
    /// Keeps about so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self { kept: Mutex::default(), revision: watch::Sender::default(), room }
    }

    /// Adds one that has just arrived; its number and its attempt are set here. `None`: it is to be held, and only held
    /// ones are left that could be dropped for it.
    pub(super) fn add(&self, mut recorded: Recorded) -> Option<u32> {
        let number = {
            let mut kept = self.lock();
            let size = size(&recorded);
            let full = kept.bytes + size > self.room;
            if recorded.view.held && full && kept.deliveries.front().is_some_and(|oldest| oldest.view.held) {
                return None;
            }
            kept.counts.total = kept.counts.total.saturating_add(1);
            let number = kept.counts.total;
            recorded.view.number = number;
            if let Some(id) = &recorded.view.webhook_id {
                let known = kept.attempts.entry(id.clone()).or_default();
                let before = known.0;
                *known = (number, known.1 + 1);
                recorded.view.attempt = known.1;
                if let Some(before) = kept.get_mut(before) {
                    before.is_older = true;
                    kept.counts.older += 1;
                }
            }
            *kept.types.entry(recorded.view.event_type.clone()).or_default() += 1;
            kept.counts.held += u32::from(recorded.view.held);
            kept.bytes += size;
            kept.deliveries.push_back(recorded);
            kept.drop_oldest(self.room);
            number
        };
        self.changed();
        Some(number)
    }

    /// Notes what became of it, if it is still kept.
    pub(super) fn finish(&self, number: u32, outcome: Outcome) {
        {
            let mut kept = self.lock();
            let mut more = 0;
            if let Some(recorded) = kept.get_mut(number) {
                match outcome.answer {
                    Ok(answer) => {
                        recorded.view.app_status = Some(answer.status);
                        // It may have been held for want of an app.
                        recorded.view.app_problem = None;
                        recorded.view.app_ms = Some(outcome.milliseconds);
                        more = answer.body.len();
                        recorded.answer = Some(answer);
                    }
                    Err(problem) => recorded.view.app_problem = Some(problem),
                }
            }
            kept.bytes += more;
        }
        self.changed();
    }

    /// Marks it as held, or no longer held. Whether that changed anything.
    pub(super) fn set_held(&self, number: u32, held: bool) -> bool {
        let changed = {
            let mut kept = self.lock();
            let changed = kept.get_mut(number).is_some_and(|recorded| {
                let changed = recorded.view.held != held;
                recorded.view.held = held;
                changed
            });
            match (changed, held) {
                (true, true) => kept.counts.held += 1,
                (true, false) => kept.counts.held -= 1,
                (false, _) => {}
            }
            changed
        };
        self.changed();
        changed
    }

    /// The oldest that is held.
    pub(super) fn first_held(&self) -> Option<Recorded> {
        let kept = self.lock();
        if kept.counts.held == 0 {
            return None;
        }
        kept.deliveries.iter().find(|recorded| recorded.view.held).cloned()
    }

    pub(super) fn get(&self, number: u32) -> Option<Recorded> {
        self.lock().get_mut(number).cloned()
    }

    /// Looks at all of them, oldest first; nothing arrives meanwhile.
    pub(super) fn read<T>(&self, look: impl FnOnce(&VecDeque<Recorded>, Counts) -> T) -> T {
        let kept = self.lock();
        look(&kept.deliveries, kept.counts)
    }

    /// The event types that are kept, by name.
    pub(super) fn types(&self) -> Vec<String> {
        let mut types: Vec<String> = self.lock().types.keys().cloned().collect();
        types.sort_unstable();
        types
    }

    pub(super) fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// The newest with this `webhook-id` that `suits`.
    pub(super) fn find(&self, webhook_id: &str, suits: impl Fn(&DeliveryView) -> bool) -> Option<DeliveryView> {
        let mut kept = self.lock();
        let (newest, attempts) = *kept.attempts.get(webhook_id)?;
        let found = kept.get_mut(newest).map(|recorded| recorded.view.clone()).filter(&suits);
        if found.is_some() || attempts < 2 {
            return found;
        }
        let mut views = kept.deliveries.iter().rev().map(|recorded| &recorded.view);
        views.find(|view| view.webhook_id.as_deref() == Some(webhook_id) && suits(view)).cloned()
    }

    pub(super) fn clear(&self) {
        {
            let mut kept = self.lock();
            kept.deliveries.clear();
            kept.attempts.clear();
            kept.types.clear();
            kept.counts.older = 0;
            kept.bytes = 0;
            kept.counts.held = 0;
        }
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

impl Kept {
    fn get_mut(&mut self, number: u32) -> Option<&mut Recorded> {
        let place = Recorded::place(&self.deliveries, number)?;
        self.deliveries.get_mut(place)
    }

    /// Held ones stay: nobody else has them.
    fn drop_oldest(&mut self, room: usize) {
        while self.bytes > room
            && let Some(place) = self.deliveries.iter().position(|recorded| !recorded.view.held)
            // The newest stays, whatever its size.
            && place + 1 < self.deliveries.len()
            && let Some(oldest) = self.deliveries.remove(place)
        {
            self.bytes = self.bytes.saturating_sub(size(&oldest));
            self.counts.dropped += 1;
            self.counts.older -= u32::from(oldest.is_older);
            if let Some(count) = self.types.get_mut(&oldest.view.event_type) {
                *count -= 1;
                if *count == 0 {
                    self.types.remove(&oldest.view.event_type);
                }
            }
            if let Some(id) = &oldest.view.webhook_id
                && self.attempts.get(id).is_some_and(|(newest, _)| *newest == oldest.view.number)
            {
                self.attempts.remove(id);
            }
        }
    }
}

fn size(recorded: &Recorded) -> usize {
    let captured = recorded.captured.as_ref().map_or(0, |captured| {
        captured.body.len() + captured.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
    });
    OVERHEAD + captured + recorded.answer.as_ref().map_or(0, |answer| answer.body.len())
}

/// Whether the app has answered it, or it was given up.
pub(super) fn is_finished(delivery: &DeliveryView) -> bool {
    delivery.app_status.is_some() || delivery.app_problem.is_some() || delivery.turned_away.is_some()
}
