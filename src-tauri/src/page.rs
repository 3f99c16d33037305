//! What the shell tells the page besides snapshots: a menu was chosen, somebody wants to quit, something went wrong.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;
use tauri::ipc::Channel;
use tokio::sync::Notify;
use ts_rs::TS;

/// What the shell tells the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum ShellEvent {
    /// Show all actions.
    Palette,
    /// Show the keys.
    Keys,
    /// Show what this program is.
    About,
    /// Somebody wants to quit, and these things would be lost.
    AsksToQuit {
        /// A sentence each.
        losses: Vec<String>,
    },
    /// A part of the program panicked; the rest goes on.
    Panicked {
        /// File and line.
        place: String,
    },
    /// The page's own process had died, and this page is a new one.
    Restored,
}

/// How long work may be put off for the page.
const PUT_OFF: Duration = Duration::from_secs(3);

/// The way to the page, once it hears. What is said before that waits.
#[derive(Default)]
pub struct Page {
    state: Mutex<State>,
    /// Tells once that there is a page.
    there: Notify,
}

#[derive(Default)]
struct State {
    channel: Option<Channel<ShellEvent>>,
    waiting: Vec<ShellEvent>,
}

impl Page {
    /// A page hears from now on; one that was reloaded takes the place of the old one.
    pub fn hears(&self, channel: Channel<ShellEvent>) {
        let mut state = self.lock();
        for event in state.waiting.drain(..) {
            // A page that is gone again wants nothing.
            let _ = channel.send(event);
        }
        state.channel = Some(channel);
        self.there.notify_one();
    }

    /// Waits for the first page, but not for long: what is put off until then must be done all the same.
    pub async fn drawn(&self) {
        // Either way it is time now.
        let _ = tokio::time::timeout(PUT_OFF, self.there.notified()).await;
    }

    /// The page is gone: what is said from now on waits for the next one.
    pub fn is_gone(&self) {
        self.lock().channel = None;
    }

    /// Tells the page.
    pub fn tell(&self, event: ShellEvent) {
        let mut state = self.lock();
        let told = state.channel.as_ref().is_some_and(|channel| channel.send(event.clone()).is_ok());
        if !told {
            state.waiting.push(event);
        }
    }

    /// Whether there is a page to be told.
    pub fn is_there(&self) -> bool {
        self.lock().channel.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub mod tests {
    use std::sync::Arc;

    use super::*;

    /// A page that writes down what it is told.
    pub fn listening() -> (Channel<ShellEvent>, Arc<Mutex<Vec<String>>>) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&heard);
        let channel = Channel::new(move |body| {
            written.lock().unwrap().push(body.deserialize::<serde_json::Value>()?["kind"].to_string());
            Ok(())
        });
        (channel, heard)
    }

    #[test]
    fn what_is_said_before_the_page_hears_waits_for_it() {
        let page = Page::default();
        page.tell(ShellEvent::Keys);
        assert!(!page.is_there());
        let (channel, heard) = listening();
        page.hears(channel);
        page.tell(ShellEvent::About);
        assert_eq!(*heard.lock().unwrap(), [r#""keys""#, r#""about""#]);
    }

    #[test]
    fn what_is_said_while_the_page_is_gone_goes_to_the_next_one() {
        let page = Page::default();
        let (old, heard_by_old) = listening();
        page.hears(old);
        page.is_gone();
        page.tell(ShellEvent::Restored);
        let (new, heard_by_new) = listening();
        page.hears(new);
        assert!(heard_by_old.lock().unwrap().is_empty());
        assert_eq!(*heard_by_new.lock().unwrap(), [r#""restored""#]);
    }
}
