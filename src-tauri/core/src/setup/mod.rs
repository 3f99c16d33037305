//! The setup: its state, its steps and what it does. The window, the terminal command and the tests send intents to a
//! [`Setup`] and get whole [`SetupView`](view::SetupView) snapshots back.

mod account_step;
pub mod apply;
mod apply_step;
pub mod authtoken;
mod by_itself;
mod diagnose_step;
mod differences;
mod ending;
pub mod endpoint_choice;
mod env_step;
pub mod expiry;
mod fetching;
pub mod follow;
mod holding;
mod inspector;
mod keeping;
mod leaks_step;
mod leaving;
mod live_step;
pub mod memory;
mod mending;
pub mod own_url;
mod plan;
mod polars_list;
pub mod practice;
mod present;
mod project_step;
mod public_url_step;
mod reading;
mod relay_step;
mod state;
pub mod support;
mod texts;
pub mod view;
mod webhook_step;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use time::OffsetDateTime;
use tokio::sync::watch;

use self::{
    memory::{Memory, Remembered},
    practice::PracticePolar,
    state::State,
    view::{SetupView, StepName},
};
use crate::vault::Vault;

pub use inspector::DeliveryPart;
pub use leaving::{Copied, Copyable, Page};

/// What a setup is composed of.
pub struct SetupOptions {
    /// Where to remember things between runs; `None`: nowhere.
    pub memory: Option<Memory>,
    /// Where tokens are kept.
    pub vault: Vault,
    /// The practice Polar.
    pub practice: Arc<dyn PracticePolar>,
}

/// Why an intent was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntentError {
    /// Something must be chosen first.
    #[error("{0}")]
    NotYet(String),
    /// What was given cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// "Write and verify" is under way.
    #[error("This can be changed once \"Write and verify\" is done, or cancelled.")]
    Busy,
}

impl IntentError {
    /// A stable name for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotYet(_) => "not_yet",
            Self::Invalid(_) => "invalid",
            Self::Busy => "busy",
        }
    }
}

/// One setup. A cheap handle; must be used inside a Tokio runtime.
#[derive(Clone)]
pub struct Setup(Arc<Inner>);

struct Inner {
    memory: Option<Memory>,
    vault: Vault,
    practice: Arc<dyn PracticePolar>,
    state: Mutex<State>,
    view: watch::Sender<SetupView>,
}

impl Setup {
    /// A setup in which nothing is chosen yet.
    #[must_use]
    pub fn new(options: SetupOptions) -> Self {
        let mut state = State::new();
        if let Some(memory) = &options.memory {
            state.project.recent = memory.recent().unwrap_or_default();
            state.backups = Some(memory.backups());
        }
        let (view, _) = watch::channel(present::present(&state));
        Self(Arc::new(Inner {
            memory: options.memory,
            vault: options.vault,
            practice: options.practice,
            state: Mutex::new(state),
            view,
        }))
    }

    /// The snapshots: the present one and every later one.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<SetupView> {
        self.0.view.subscribe()
    }

    /// The present snapshot.
    #[must_use]
    pub fn view(&self) -> SetupView {
        self.0.view.borrow().clone()
    }

    /// Shows another step. Every step can be visited at any time.
    pub fn go_to(&self, step: StepName) {
        self.change(|state| state.step = step);
        if step == StepName::Verify {
            drop(self.refresh_plan());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and publishes the new snapshot. Snapshots leave in the order of the changes.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        state.today = OffsetDateTime::now_utc().date();
        state.revision += 1;
        self.0.view.send_replace(present::present(&state));
        result
    }

    /// Remembers a choice of this project on this Polar. A memory that cannot be written is no reason to stop.
    fn remember(&self, change: impl FnOnce(&mut Remembered)) {
        let place = {
            let mut state = self.lock();
            let folder = state.project.found.as_ref().map(|project| project.folder.clone());
            let place = folder.zip(state.api_key());
            let mut remembered = state.remembered.clone();
            change(&mut remembered);
            remembered.environment = Some(state.account.environment);
            state.remembered = remembered.clone();
            place.map(|place| (place, remembered))
        };
        if let (Some(memory), Some(((folder, key), remembered))) = (&self.0.memory, place)
            && let Err(error) = memory.remember(&folder, &key, |slot| *slot = remembered)
        {
            tracing::warn!(%error, "a choice could not be remembered");
        }
    }

    fn folder(&self) -> Option<PathBuf> {
        self.lock().project.found.as_ref().map(|project| project.folder.clone())
    }

    fn must_be_idle(&self) -> Result<(), IntentError> {
        if self.lock().apply.state == view::ApplyState::Running { Err(IntentError::Busy) } else { Ok(()) }
    }
}
