//! Keeping deliveries beyond this run: whoever does it is told of each before it is passed on, and of what became of it.

use std::sync::{Arc, PoisonError};

use super::{Receiver, Recorded, state::State};

/// Keeps deliveries. The calls may block.
pub trait Keeper: Send + Sync {
    /// One has arrived. It is passed on, or answered as held, once this returns.
    fn arrived(&self, recorded: &Recorded);
    /// One that was held is about to be sent: should this program be ended now, the app may have it or not.
    fn sending(&self, recorded: &Recorded);
    /// The app has answered, or did not; or it is held now.
    fn finished(&self, recorded: &Recorded);
}

impl Receiver {
    /// Who keeps deliveries from now on; `None`: nobody.
    pub fn set_keeper(&self, keeper: Option<Arc<dyn Keeper>>) {
        *self.owner.state.keeper.write().unwrap_or_else(PoisonError::into_inner) = keeper;
    }

    /// Takes in what was kept in an earlier run, oldest first; those held are held again. Gives their numbers.
    pub fn restore(&self, kept: impl IntoIterator<Item = Recorded>) -> Vec<u32> {
        kept.into_iter().map(|recorded| self.owner.state.record.add(recorded).unwrap_or_default()).collect()
    }
}

/// What the keeper is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    Arrived,
    Sending,
    Finished,
}

/// Tells the keeper, if there is one, and waits until it has it.
pub(super) async fn tell(state: &State, number: u32, news: News) {
    let keeper = state.keeper.read().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(keeper) = keeper else { return };
    let Some(recorded) = state.record.get(number) else { return };
    let telling = Arc::clone(&state.telling).read_owned().await;
    let told = tokio::task::spawn_blocking(move || {
        match news {
            News::Arrived => keeper.arrived(&recorded),
            News::Sending => keeper.sending(&recorded),
            News::Finished => keeper.finished(&recorded),
        }
        drop(telling);
    });
    if told.await.is_err() {
        tracing::error!("a delivery could not be kept");
    }
}
