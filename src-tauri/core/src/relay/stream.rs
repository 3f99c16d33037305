//! Keeps the stream open: connects, reads, connects anew, and sees to it that no event is told twice.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use futures_util::StreamExt;
use rand::RngExt;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};

use super::{
    Frame, Frames, Message, WebhookEvent, resign,
    source::{Pieces, Refusal, Source},
};
use crate::SecretText;

/// Polar says every 15 s that it is there; without a word for so long the connection is lost.
const SILENCE: Duration = Duration::from_secs(45);
/// A connection that ends sooner than this was none: the next one waits a little.
const SHORT: Duration = Duration::from_secs(1);
/// The first wait after a loss; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Polar records a delivery once it was answered, which takes up to ten seconds: so it is looked at once more.
const SECOND_LOOK: Duration = Duration::from_secs(15);
/// How long a look at the deliveries list may keep the stream waiting.
const LOOK_WITHIN: Duration = Duration::from_secs(20);
/// How much earlier an event may have happened than the moment at which the stream was last heard of.
const MARGIN: Duration = Duration::from_secs(5);
/// How many events are remembered, so that none is told twice.
const REMEMBERED: usize = 20_000;

/// How it stands with the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayState {
    /// It is being opened.
    Connecting,
    /// Events come.
    Connected,
    /// It is lost and will be opened anew.
    Reconnecting {
        /// Why it was lost.
        reason: String,
        /// After how long it is opened anew.
        wait: Duration,
    },
    /// It cannot be had; nothing is tried any more.
    Failed {
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: String,
    },
}

/// What the relay has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// An event.
    Event(Box<Relayed>),
    /// There was no stream for a while.
    Gap(Gap),
    /// A message that this program does not know, as it came.
    Unknown(String),
    /// Something in the stream could not be read.
    Broken(String),
}

/// An event and how it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relayed {
    /// The event.
    pub event: WebhookEvent,
    /// How it came.
    pub way: Way,
    /// What is wrong with Polar's own signature on the stream.
    pub problem: Option<String>,
}

/// How an event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By the stream.
    Stream,
    /// From the deliveries list, after a gap.
    CaughtUp,
}

/// A time without a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// When the stream was last heard of, by Polar's clock as far as it is known.
    pub since: OffsetDateTime,
    /// What Polar's deliveries list said about it; `None`: no endpoint, so that nobody can say.
    pub missed: Option<Result<usize, String>>,
}

/// Why a connection ended.
enum End {
    /// Polar asked to connect anew.
    Asked,
    /// It broke off.
    Lost(String),
    /// Nobody listens any more.
    Unwanted,
}

/// Polar's time by our own steady clock.
#[derive(Clone, Copy)]
struct PolarClock {
    then: OffsetDateTime,
    at: Instant,
}

impl PolarClock {
    fn now(self) -> OffsetDateTime {
        self.then + self.at.elapsed()
    }
}

/// What is to be looked at once more.
struct SecondLook {
    at: Instant,
    since: OffsetDateTime,
}

pub(super) struct Keeper<S> {
    pub source: S,
    pub news: mpsc::Sender<News>,
    pub state: watch::Sender<RelayState>,
    seen: Seen,
    clock: PolarClock,
    /// When the stream was last heard of; `None`: it never was open.
    heard: Option<OffsetDateTime>,
    second_look: Option<SecondLook>,
}

/// The newest events, by id and by payload: the deliveries list has other ids for what the stream told.
#[derive(Default)]
struct Seen {
    known: HashSet<[u8; 32]>,
    order: VecDeque<[u8; 32]>,
}

impl Seen {
    /// Whether it is new; from now on it is not.
    fn add(&mut self, key: &str) -> bool {
        let key: [u8; 32] = Sha256::digest(key).into();
        if !self.known.insert(key) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

impl<S: Source> Keeper<S> {
    pub(super) fn new(source: S, news: mpsc::Sender<News>, state: watch::Sender<RelayState>) -> Self {
        let clock = PolarClock { then: OffsetDateTime::now_utc(), at: Instant::now() };
        Self { source, news, state, seen: Seen::default(), clock, heard: None, second_look: None }
    }

    /// Until nobody listens any more, or Polar refuses for good.
    pub(super) async fn run(mut self) {
        let mut failures = 0;
        loop {
            self.state.send_replace(RelayState::Connecting);
            let begun = Instant::now();
            let (reason, least) = match self.source.connect().await {
                Ok(pieces) => match self.follow(pieces).await {
                    End::Unwanted => return,
                    End::Asked if begun.elapsed() >= SHORT => {
                        failures = 0;
                        continue;
                    }
                    End::Asked => ("Polar asked to connect anew at once.".to_owned(), None),
                    End::Lost(reason) => (reason, None),
                },
                Err(Refusal::Later(reason, least)) => (reason, least),
                Err(Refusal::Final { problem, fix }) => {
                    self.state.send_replace(RelayState::Failed { problem, fix });
                    return;
                }
            };
            if begun.elapsed() >= LONGEST_WAIT {
                failures = 0;
            }
            let wait = backoff(failures, rand::rng().random_range(0.5..=1.0)).max(least.unwrap_or_default());
            failures += 1;
            self.state.send_replace(RelayState::Reconnecting { reason, wait });
            tokio::select! {
                () = sleep(wait) => {}
                () = self.news.closed() => return,
            }
        }
    }

    /// Reads one connection to its end.
    async fn follow(&mut self, mut pieces: Pieces) -> End {
        let mut frames = Frames::default();
        let mut secret = None;
        loop {
            let silence = Instant::now() + SILENCE;
            let look = self.second_look.as_ref().map(|look| look.at);
            let piece = tokio::select! {
                piece = timeout_at(silence, pieces.next()) => piece,
                () = sleep_until(look.unwrap_or(silence)), if look.is_some() => {
                    if let Some(look) = self.second_look.take() && self.look_again(look.since).await.is_none() {
                        return End::Unwanted;
                    }
                    continue;
                }
                () = self.news.closed() => return End::Unwanted,
            };
            let piece = match piece {
                Err(_) => return End::Lost(format!("Polar said nothing for {} s.", SILENCE.as_secs())),
                Ok(None) => return End::Lost("Polar ended the stream.".to_owned()),
                Ok(Some(Err(reason))) => return End::Lost(reason),
                Ok(Some(Ok(piece))) => piece,
            };
            for frame in frames.feed(&piece) {
                let end = self.take(frame, &mut secret).await;
                if let Some(end) = end {
                    return end;
                }
            }
            if self.heard.is_some() {
                self.heard = Some(self.clock.now());
            }
        }
    }

    /// Takes in one frame; what ends the connection is given back.
    async fn take(&mut self, frame: Frame, secret: &mut Option<SecretText>) -> Option<End> {
        let told = match frame {
            Frame::Comment => return None,
            Frame::Broken(broken) => self.tell(News::Broken(broken.to_string())).await,
            Frame::Data(data) => match Message::read(&data) {
                Message::Connected { secret: named, at } => {
                    *secret = named;
                    self.opened(at).await
                }
                Message::Event(event) => self.event(event, secret.as_ref()).await,
                Message::Reconnect => return Some(End::Asked),
                Message::Unknown(text) => self.tell(News::Unknown(text)).await,
            },
        };
        told.is_none().then_some(End::Unwanted)
    }

    /// The stream is open: what came since the last one is told first.
    async fn opened(&mut self, at: Option<OffsetDateTime>) -> Option<()> {
        if let Some(then) = at {
            self.clock = PolarClock { then, at: Instant::now() };
        }
        self.state.send_replace(RelayState::Connected);
        let heard = self.heard.replace(self.clock.now());
        let Some(since) = heard else { return Some(()) };
        let missed = self.look(since).await?;
        self.second_look = matches!(missed, Some(Ok(_))).then(|| {
            // Where an earlier look is still due, its time is looked at as well.
            let since = self.second_look.as_ref().map_or(since, |look| look.since.min(since));
            SecondLook { at: Instant::now() + SECOND_LOOK, since }
        });
        self.tell(News::Gap(Gap { since, missed })).await
    }

    async fn look_again(&mut self, since: OffsetDateTime) -> Option<()> {
        match self.look(since).await? {
            Some(Ok(0)) => Some(()),
            missed => self.tell(News::Gap(Gap { since, missed })).await,
        }
    }

    /// Tells what the deliveries list has since then and the stream had not, and how many that were.
    #[allow(clippy::option_option)]
    async fn look(&mut self, since: OffsetDateTime) -> Option<Option<Result<usize, String>>> {
        let events = match timeout(LOOK_WITHIN, self.source.missed(since - MARGIN)).await {
            Ok(Ok(Some(events))) => events,
            Ok(Ok(None)) => return Some(None),
            Ok(Err(error)) => return Some(Some(Err(error.to_string()))),
            Err(_) => return Some(Some(Err("Polar did not answer in time.".into()))),
        };
        let mut told = 0;
        for event in events {
            // Both are remembered, whichever was known.
            let (new_id, new_payload) = (self.seen.add(&event.id), self.seen.add(&event.payload));
            if new_id && new_payload {
                told += 1;
                self.tell(News::Event(Box::new(Relayed { event, way: Way::CaughtUp, problem: None }))).await?;
            }
        }
        Some(Some(Ok(told)))
    }

    async fn event(&mut self, event: WebhookEvent, secret: Option<&SecretText>) -> Option<()> {
        let new_payload = self.seen.add(&event.payload);
        if !self.seen.add(&event.id) || !new_payload {
            return Some(());
        }
        let problem = match secret.map(|secret| resign::signed_by_polar(&event, secret)) {
            None => Some("Polar did not say what it signs this stream with, so its signature was not checked.".into()),
            Some(Err(wrong)) => Some(format!("Polar's own signature on the stream is wrong. {wrong}")),
            Some(Ok(())) => None,
        };
        self.tell(News::Event(Box::new(Relayed { event, way: Way::Stream, problem }))).await
    }

    /// `None`: nobody listens any more.
    async fn tell(&self, news: News) -> Option<()> {
        self.news.send(news).await.ok()
    }
}

/// The wait after so many failures in a row; `share` of it, so that not everybody comes back at the same moment.
fn backoff(failures: u32, share: f64) -> Duration {
    FIRST_WAIT.saturating_mul(1 << failures.min(5)).min(LONGEST_WAIT).mul_f64(share)
}
