//! The connection: opened, read, and opened again after its end or a loss.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use bytes::Bytes;
use time::OffsetDateTime;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{Frame, Frames, Message, WebhookEvent};
use crate::{
    SecretText,
    deliveries::{Captured, resign::resigned},
    polar::{ApiError, Client},
    webhook::signature::KeyRule,
};

/// Polar sends a comment every 15 s: after three that did not come, the connection is lost.
const SILENCE: Duration = Duration::from_secs(45);
/// The first pause after a loss; each further one is twice as long, up to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// So many ids are remembered, as an event may come again with a new connection.
const REMEMBERED: usize = 1_000;
const WAITING: usize = 1_000;

/// How the relay stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayState {
    /// It asks Polar.
    Connecting,
    /// Events arrive.
    Connected,
    /// The connection was lost; it tries again by itself.
    Away {
        /// Why, in a sentence.
        why: String,
        /// When it tries again.
        again_in: Duration,
    },
    /// It has given up.
    Failed {
        /// Why, in a sentence.
        why: String,
        /// What to do.
        fix: String,
    },
}

/// A relay that runs; it ends when dropped.
#[derive(Debug)]
pub struct Relay {
    state: watch::Receiver<RelayState>,
    events: mpsc::Receiver<WebhookEvent>,
    _task: JoinSet<()>,
}

impl Relay {
    /// Begins to listen to an organization's events. Must be called inside a Tokio runtime.
    #[must_use]
    pub fn start(client: Client, organization: &str) -> Self {
        let (state, watched) = watch::channel(RelayState::Connecting);
        let (sender, events) = mpsc::channel(WAITING);
        let organization = organization.to_owned();
        let mut task = JoinSet::new();
        task.spawn(async move { listen(&client, &organization, &state, &sender).await });
        Self { state: watched, events, _task: task }
    }

    /// How it stands, now and whenever that changes.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<RelayState> {
        self.state.clone()
    }

    /// The next event; `None`: it has given up.
    pub async fn next(&mut self) -> Option<WebhookEvent> {
        self.events.recv().await
    }
}

impl WebhookEvent {
    /// The event as an endpoint would have got it: Polar's headers, the body as it is, signed with the app's own secret.
    /// `None`: the rule cannot use the secret.
    #[must_use]
    pub fn delivery(&self, target: &str, secret: &SecretText, rule: KeyRule, now: OffsetDateTime) -> Option<Captured> {
        let mut headers: Vec<(String, Bytes)> =
            self.headers.iter().map(|(name, value)| (name.clone(), Bytes::from(value.clone()))).collect();
        let mut add = |name: &str, value: String| {
            if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                headers.push((name.to_owned(), value.into()));
            }
        };
        add("content-type", "application/json".into());
        add("webhook-id", self.id.clone());
        add("content-length", self.payload.len().to_string());
        let body = Bytes::from(self.payload.clone());
        let captured = Captured { received_at: now, method: "POST".into(), target: target.into(), headers, body };
        resigned(&captured, secret, rule, now)
    }
}

/// How a connection ended.
enum End {
    /// Polar asked to connect anew.
    Asked,
    /// It broke off.
    Lost(String),
    /// Nobody listens any more.
    Unwanted,
}

async fn listen(
    client: &Client,
    organization: &str,
    state: &watch::Sender<RelayState>,
    sender: &mpsc::Sender<WebhookEvent>,
) {
    let mut seen = Seen::default();
    let mut pause = FIRST_PAUSE;
    loop {
        state.send_replace(RelayState::Connecting);
        let why = match client.listen(organization).await {
            Ok(response) => match read(response, state, sender, &mut seen).await {
                End::Asked => {
                    pause = FIRST_PAUSE;
                    continue;
                }
                End::Unwanted => return,
                End::Lost(why) => {
                    if *state.borrow() == RelayState::Connected {
                        pause = FIRST_PAUSE;
                    }
                    why
                }
            },
            Err(error) if is_final(&error) => {
                let fix = match &error {
                    ApiError::NotFound => "Polar may have taken this stream away, as it is private: use a tunnel.",
                    other => other.fix(),
                };
                state.send_replace(RelayState::Failed { why: error.to_string(), fix: fix.to_owned() });
                return;
            }
            Err(error) => error.to_string(),
        };
        state.send_replace(RelayState::Away { why, again_in: pause });
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether trying again is of no use.
const fn is_final(error: &ApiError) -> bool {
    !matches!(error, ApiError::NoAnswer(_) | ApiError::RateLimited(_) | ApiError::Server(_))
}

async fn read(
    mut response: reqwest::Response,
    state: &watch::Sender<RelayState>,
    sender: &mpsc::Sender<WebhookEvent>,
    seen: &mut Seen,
) -> End {
    let mut frames = Frames::default();
    loop {
        let piece = match timeout(SILENCE, response.chunk()).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => return End::Lost("Polar closed the stream.".into()),
            Ok(Err(_)) => return End::Lost("The connection to Polar broke off.".into()),
            Err(_) => return End::Lost("Polar has been silent for 45 s.".into()),
        };
        for frame in frames.feed(&piece) {
            let data = match frame {
                Frame::Data(data) => data,
                Frame::Comment => continue,
                Frame::Broken(broken) => {
                    tracing::warn!(%broken, "the relay");
                    continue;
                }
            };
            match Message::read(&data) {
                Message::Connected { .. } => {
                    state.send_replace(RelayState::Connected);
                }
                Message::Event(event) if seen.is_new(&event.id) => {
                    if sender.send(event).await.is_err() {
                        return End::Unwanted;
                    }
                }
                Message::Event(_) => {}
                Message::Reconnect => return End::Asked,
                Message::Unknown(_) => tracing::info!("the relay sent a message that is not known"),
            }
        }
    }
}

/// The ids of late.
#[derive(Default)]
struct Seen {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    fn is_new(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}
