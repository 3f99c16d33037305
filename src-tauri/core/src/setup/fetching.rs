//! Fetching the chosen tunnel program into this program's own data, when the user asks for it.

use std::sync::Arc;

use super::{
    IntentError, Setup,
    view::{FetchPhase, PublicWay},
};
use crate::tunnel::{Fetch, FetchOptions, Provider};

impl Setup {
    /// Begins to fetch the chosen program: the official release, checked before it is run.
    ///
    /// # Errors
    /// No program is chosen that can be fetched, or there is no folder to put it in.
    pub fn fetch_program(&self) -> Result<(), IntentError> {
        let memory = self.0.memory.as_ref();
        let folder = memory.map(|memory| memory.path().join("bin"));
        let folder = folder.ok_or_else(|| IntentError::Invalid("There is no folder to keep it in.".into()))?;
        self.fetch(FetchOptions::official(folder))
    }

    /// The same from elsewhere, for tests.
    ///
    /// # Errors
    /// As [`Setup::fetch_program`].
    pub fn fetch(&self, options: FetchOptions) -> Result<(), IntentError> {
        let chosen = {
            let state = self.lock();
            let running = state.public.fetch.as_ref().map(|fetch| fetch.status().phase);
            if matches!(running, Some(FetchPhase::Looking | FetchPhase::Downloading | FetchPhase::Checking)) {
                return Ok(());
            }
            state.public.program.clone().filter(|_| state.public.way == PublicWay::Tunnel)
        };
        if !chosen.as_deref().and_then(Provider::from_name).is_some_and(Provider::can_be_fetched) {
            return Err(IntentError::NotYet("Choose a tunnel program that can be fetched first.".into()));
        }
        let fetch = Fetch::start(options);
        let mut changes = fetch.subscribe();
        self.change(|state| state.public.fetch = Some(fetch));
        let inner = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let Some(setup) = inner.upgrade().map(Self) else { return };
                setup.change(|_| ());
            }
            if let Some(setup) = inner.upgrade().map(Self) {
                setup.look_for_programs().await;
            }
        });
        Ok(())
    }

    /// Cancels it; nothing of it is left.
    pub async fn cancel_fetch(&self) {
        let fetch = self.lock().public.fetch.clone();
        if let Some(fetch) = fetch {
            fetch.cancel().await;
            self.change(|_| ());
        }
    }
}
