//! Keeping deliveries across restarts, on request: in a file of the project's own, secrets taken out.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{Inner, IntentError, Setup};
use crate::{
    SecretText,
    deliveries::store::{Entry, Outcome, Store, StoreOptions, Verified, path_for},
    receiver::{Keeper, Receiver, Recorded},
    setup::view::DeliveryView,
};

/// How many are shown again after a restart.
const RESTORED: usize = 10_000;
/// In place of a reason, for one that waits for the app.
const HELD: &str = "held";
/// In place of a reason, for one that was just being sent to the app after it was held.
const SENDING: &str = "sending";
const SENT_PERHAPS: &str =
    "Polar Setup ended while it was being sent, so your app may have it already. It is sent again when you let go.";
const UNKNOWN: &str = "Polar Setup ended before it was known what your app answered.";

/// The deliveries of one project, in its store.
struct Kept {
    store: Store,
    /// Our numbers of this run, and the store's.
    numbers: Mutex<HashMap<u32, u64>>,
    setup: Weak<Inner>,
}

impl Kept {
    fn secrets(&self) -> Vec<SecretText> {
        self.setup.upgrade().map(|inner| Setup(inner).secrets()).unwrap_or_default()
    }
}

impl Kept {
    /// What became of it so far.
    fn note(&self, recorded: &Recorded, problem: Option<String>) {
        let view = &recorded.view;
        let number = self.numbers.lock().unwrap_or_else(PoisonError::into_inner).get(&view.number).copied();
        let Some(number) = number else { return };
        let (status, milliseconds) = (view.app_status, view.app_ms.unwrap_or_default());
        if let Err(error) = self.store.finish(number, Outcome { status, milliseconds, problem }, &self.secrets()) {
            tracing::error!(%error, "what became of a delivery is not kept");
        }
    }
}

impl Keeper for Kept {
    fn arrived(&self, recorded: &Recorded) {
        let Some(captured) = &recorded.captured else { return };
        let view = &recorded.view;
        let verified = match (view.verified, &view.problem) {
            (Some(rule), _) => Verified::By(rule),
            (None, Some(problem)) => Verified::Refused(problem.clone()),
            (None, None) => Verified::Unchecked,
        };
        let mut entry = Entry::new(captured.as_ref().clone(), verified);
        let numbers = || self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        entry.attempt = view.attempt;
        entry.held = view.held;
        entry.relayed = view.relayed;
        entry.replay_of = view.replay_of.and_then(|number| numbers().get(&number).copied());
        match self.store.append(entry, &self.secrets()) {
            Ok(number) => drop(numbers().insert(view.number, number)),
            Err(error) => tracing::error!(%error, "a delivery is not kept"),
        }
    }

    fn sending(&self, recorded: &Recorded) {
        self.note(recorded, Some(SENDING.to_owned()));
    }

    fn finished(&self, recorded: &Recorded) {
        let view = &recorded.view;
        self.note(recorded, if view.held { Some(HELD.to_owned()) } else { view.app_problem.clone() });
    }
}

impl Setup {
    /// Keeps deliveries across restarts from now on, or no longer: then what was kept is deleted.
    ///
    /// # Errors
    /// There is no place to keep them, or another run keeps them.
    pub async fn keep_deliveries(&self, keep: bool) -> Result<(), IntentError> {
        let (receiver, path) = self.keeping_place().ok_or_else(|| {
            IntentError::NotYet("Choose a project folder first; and Polar Setup needs a folder of its own.".into())
        })?;
        let opened = if keep {
            self.open_store(&receiver, path).await
        } else {
            receiver.set_keeper(None);
            let kept = self.lock().kept.take();
            on_disk(move || match kept {
                Some(kept) => kept.forget(),
                None => Ok(()),
            })
            .await
        };
        self.change(|_| ());
        opened
    }

    /// Goes on keeping where an earlier run did.
    pub(super) async fn resume_keeping(&self) {
        let Some((receiver, path)) = self.keeping_place() else { return };
        let is_open = self.lock().kept.is_some();
        if is_open || !path.exists() {
            return;
        }
        if let Err(error) = self.open_store(&receiver, path).await {
            self.happened(error.to_string());
        }
    }

    fn keeping_place(&self) -> Option<(Receiver, PathBuf)> {
        let data = self.0.memory.as_ref()?.path().to_path_buf();
        let folder = self.folder()?;
        let receiver = self.lock().public.receiver.clone()?;
        Some((receiver, path_for(&data, &folder)))
    }

    async fn open_store(&self, receiver: &Receiver, path: PathBuf) -> Result<(), IntentError> {
        let setup = Arc::downgrade(&self.0);
        let opened = on_disk(move || {
            let (store, set_aside) = Store::open(&path, StoreOptions::default())?;
            let mut before = store.newest(RESTORED)?;
            before.reverse();
            Ok((Kept { store, numbers: Mutex::default(), setup }, before, set_aside))
        });
        let (kept, before, set_aside) = opened.await?;
        if let Some(set_aside) = set_aside {
            self.happened(set_aside.to_string());
        }
        let theirs: Vec<u64> = before.iter().map(|entry| entry.number).collect();
        let before: Vec<Recorded> = before.into_iter().map(recorded).collect();
        let perhaps = |one: &&Recorded| one.view.held && one.view.app_problem.is_some();
        let sent_perhaps = before.iter().filter(perhaps).count();
        let ours = receiver.restore(before);
        kept.numbers.lock().unwrap_or_else(PoisonError::into_inner).extend(ours.into_iter().zip(theirs));
        let kept = Arc::new(kept);
        receiver.set_keeper(Some(Arc::<Kept>::clone(&kept)));
        self.change(|state| state.kept = Some(StoreHandle(kept)));
        self.resume_holding(receiver, sent_perhaps);
        Ok(())
    }
}

/// The open store, for the setup's state.
pub(super) struct StoreHandle(Arc<Kept>);

impl StoreHandle {
    fn forget(&self) -> Result<(), crate::deliveries::store::StoreError> {
        self.0.store.forget()
    }

    /// Gives the file up.
    pub(super) async fn close(self) {
        let _ = tokio::task::spawn_blocking(move || self.0.store.close()).await;
    }

    /// Drops what is kept, on a thread of its own.
    pub(super) fn clear_soon(&self) {
        let kept = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = kept.store.clear() {
                tracing::error!(%error, "the kept deliveries could not be dropped");
            }
        });
    }
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, crate::deliveries::store::StoreError> + Send + 'static,
) -> Result<T, IntentError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| IntentError::Invalid(error.to_string())),
        Err(_) => Err(IntentError::Invalid("The kept deliveries could not be read.".into())),
    }
}

/// A kept delivery as it is recorded again.
fn recorded(entry: Entry) -> Recorded {
    let noted = entry.outcome.as_ref().and_then(|outcome| outcome.problem.as_deref());
    let is_sent_perhaps = noted == Some(SENDING);
    let waits = is_sent_perhaps || (entry.held && entry.outcome.is_none()) || noted == Some(HELD);
    let (verified, problem) = match entry.verified {
        Verified::By(rule) => (Some(rule), None),
        Verified::Refused(problem) => (None, Some(problem)),
        Verified::Unchecked => (None, None),
    };
    let outcome = entry.outcome.filter(|_| !waits);
    let app_problem = match &outcome {
        Some(outcome) => outcome.problem.clone(),
        None if is_sent_perhaps => Some(SENT_PERHAPS.to_owned()),
        None => (!waits).then(|| UNKNOWN.to_owned()),
    };
    let mut recorded = Recorded::of(entry.captured);
    recorded.view = DeliveryView {
        verified,
        problem,
        app_status: outcome.as_ref().and_then(|outcome| outcome.status),
        app_ms: outcome.as_ref().filter(|outcome| outcome.status.is_some()).map(|outcome| outcome.milliseconds),
        app_problem,
        held: waits,
        relayed: entry.relayed,
        ..recorded.view
    };
    recorded
}
