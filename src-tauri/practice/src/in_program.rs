//! The practice Polar inside the assistant: one for the whole program, started when it is first wanted.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use futures_util::future::BoxFuture;
use polar_setup_core::setup::practice::{PracticeAccount, PracticePolar};

use crate::{Practice, PracticeOptions};

/// Starts a [`Practice`] once and hands it out; it ends with the program.
#[derive(Debug, Default)]
pub struct PracticeInProgram {
    starting: tokio::sync::Mutex<()>,
    running: Mutex<Option<Practice>>,
}

impl PracticeInProgram {
    fn running(&self) -> Option<Practice> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn started(&self) -> io::Result<Practice> {
        let _one_at_a_time = self.starting.lock().await;
        if let Some(running) = self.running() {
            return Ok(running);
        }
        let started = Practice::start(PracticeOptions::default()).await?;
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(started.clone());
        Ok(started)
    }
}

impl PracticePolar for PracticeInProgram {
    fn start(&self) -> BoxFuture<'_, io::Result<PracticeAccount>> {
        Box::pin(async {
            let practice = self.started().await?;
            Ok(PracticeAccount { api: practice.url(), token: practice.token() })
        })
    }

    fn fire(&self, event_type: &str) -> bool {
        self.running().is_some_and(|practice| practice.fire(event_type))
    }
}
