//! The relay: Polar's listen stream brings each event to this machine without an endpoint and without a tunnel.
//!
//! Polar made the stream for its own command and calls it private, so it may change without notice.

mod events;
mod frames;
pub mod resign;
mod source;
mod stream;
#[cfg(test)]
mod tests;

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

pub use self::{
    events::{Message, WebhookEvent},
    frames::{BrokenFrame, Frame, Frames, LONGEST},
    source::{Listening, Pieces, Refusal, Source},
    stream::{Gap, News, RelayState, Relayed, Way},
};

/// What everybody should know who uses it.
pub const MAY_CHANGE: &str =
    "The relay is the stream that Polar's own command listens to. Polar calls it private and may change it.";

/// How much news waits to be taken before the stream is left unread for a while.
const WAITING: usize = 256;

/// An open ear for an organization's events. Dropping it ends it at once.
#[derive(Debug)]
pub struct Relay {
    news: mpsc::Receiver<News>,
    state: watch::Receiver<RelayState>,
    /// Ends the task when it is dropped.
    _task: JoinSet<()>,
}

impl Relay {
    /// Begins to listen. Must be called inside a Tokio runtime, which it then runs in.
    pub fn listen(source: impl Source) -> Self {
        let (news_in, news) = mpsc::channel(WAITING);
        let (state_in, state) = watch::channel(RelayState::Connecting);
        let mut task = JoinSet::new();
        task.spawn(stream::Keeper::new(source, news_in, state_in).run());
        Self { news, state, _task: task }
    }

    /// The next news; `None`: it has failed for good, and its state says why.
    pub async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }

    /// How it stands, now and from now on.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<RelayState> {
        self.state.clone()
    }
}
