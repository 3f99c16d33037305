//! "Write and verify": makes or updates the endpoint on Polar, writes the env file, and verifies what was written.
//!
//! The order is chosen so that nothing is lost whatever fails: what can be checked beforehand is checked first, the
//! endpoint's id is remembered the moment Polar answers, the file is replaced in one step, and a run that is cancelled
//! between both takes its new endpoint back. A secret is replaced without a gap: the new endpoint is made first, and the
//! old one goes last.

mod endpoint;
mod file;
mod relayed;
mod rotation;

use std::path::{Path, PathBuf};

use super::view::{DeliveryFormat, Question, SecretSource};
use crate::{
    SecretText,
    check::{
        Check, CheckState,
        verify::{self, Expected, Progress, Verification, Verified},
    },
    env_file::{self, Backups, Names, Reader},
    polar::{Client, endpoint::Endpoint},
    receiver::Receiver,
};

use self::{
    endpoint::{Made, endpoint, take_back},
    file::write,
};
pub use self::{
    file::{Base, wanted},
    rotation::{OLD_ENDPOINT, Rotation},
};

/// The answer that goes on without the events that the server does not know.
pub const WITHOUT_UNKNOWN_EVENTS: &str = "without_unknown_events";
/// The answer that stops.
pub const STOP: &str = "stop";

/// The checks of this part: their names and claims.
pub const CHECKS: [(&str, &str); 2] =
    [("endpoint", "The webhook endpoint is on Polar"), ("env_file", "The file is written")];

/// All that "Write and verify" needs to know.
#[derive(Debug, Clone)]
pub struct Order {
    /// The Polar and the token.
    pub client: Client,
    /// The endpoint's id, if remembered.
    pub remembered: Option<String>,
    /// Whether the secret is being replaced.
    pub rotation: Rotation,
    /// The user's answer to a question of an earlier try.
    pub answer: Option<String>,
    /// The endpoint's name: for a new one, or if the user chose it.
    pub name: String,
    /// Whether the user chose the name.
    pub name_chosen: bool,
    /// What brings the events.
    pub brought_by: BroughtBy,
    /// Where it delivers, route included.
    pub url: String,
    /// The address without the route, for the file; only with a tunnel, or directly.
    pub base_url: Option<String>,
    /// In which format.
    pub format: DeliveryFormat,
    /// Which events.
    pub events: Vec<String>,
    /// Whether events that the server does not know may be left out without asking.
    pub may_leave_out_events: bool,
    /// Where the secret comes from.
    pub secret_source: SecretSource,
    /// The user's own secret.
    pub own_secret: Option<SecretText>,
    /// Whether an earlier run let Polar make the secret.
    pub secret_made_by_polar: bool,
    /// The env file.
    pub path: PathBuf,
    /// Where its present version is kept; `None`: nowhere.
    pub backups: Option<Backups>,
    /// Its variables.
    pub names: Names,
    /// Which program reads it, as far as is known.
    pub reader: Option<Reader>,
    /// The handler's route.
    pub route: String,
    /// The app's port.
    pub app_port: u16,
    /// Our receiver, if it stands behind the address.
    pub receiver: Option<Receiver>,
}

impl Order {
    /// Whether no endpoint is to be made.
    #[must_use]
    pub fn is_relayed(&self) -> bool {
        self.brought_by == BroughtBy::Relay
    }
}

/// What brings the events to this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BroughtBy {
    /// Polar delivers to an endpoint, which is made or changed.
    Endpoint,
    /// Polar's own stream is listened to; nothing is made.
    Relay,
}

/// How it ended.
#[derive(Debug)]
pub enum Outcome {
    /// It ran to its end.
    Done(Box<Applied>),
    /// The user must decide first. Nothing was changed.
    Ask(Question),
    /// A check failed before anything could be written; the checks tell. The endpoint may exist.
    Stopped {
        /// The endpoint, if it was made or found.
        endpoint: Option<Box<Endpoint>>,
        /// Whether this run created it.
        created: bool,
    },
}

/// What was done.
#[derive(Debug)]
pub struct Applied {
    /// The endpoint; `None`: the relay needs none.
    pub endpoint: Option<Endpoint>,
    /// Whether this run created it.
    pub created: bool,
    /// What the verification found.
    pub verified: Verified,
    /// The secret in use.
    pub secret: SecretText,
}

/// Whether this is the check of an app that did not run.
#[must_use]
pub fn app_silent(check: &Check) -> bool {
    check.check == verify::CHECKS[4].0 && check.state == CheckState::Warning
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every claim was observed.
    Verified {
        /// Whether the app was not running, which is no failure.
        app_silent: bool,
    },
    /// Endpoint and file are made.
    Written {
        /// Whether the verification was cancelled.
        cancelled: bool,
    },
    /// The file was not written.
    NotWritten,
}

impl Ending {
    /// It in a sentence, for the relay.
    #[must_use]
    pub const fn relayed(self) -> &'static str {
        match self {
            Self::Verified { app_silent: false } => {
                "Polar's stream is open, your app accepted a signed delivery, and the file was read back and used. That Polar reaches a public address was not tried: this way needs none."
            }
            Self::Verified { app_silent: true } => {
                "Polar's stream is open, and the file was read back and used. Your app was not running, so it was not asked."
            }
            Self::Written { cancelled: true } => "The file is written; the verification was cancelled.",
            Self::Written { cancelled: false } => "The file is written, but not everything could be observed to work.",
            Self::NotWritten => "The file was not written.",
        }
    }

    /// It in a sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Verified { app_silent: false } => "A signed delivery arrived, and the file was read back and used.",
            Self::Verified { app_silent: true } => {
                "A signed delivery arrived on this machine, and the file was read back and used. Your app was not running, so it was not asked."
            }
            Self::Written { cancelled: true } => "Endpoint and file are made; the verification was cancelled.",
            Self::Written { cancelled: false } => {
                "Endpoint and file are made, but not everything could be observed to work."
            }
            Self::NotWritten => "The file was not written.",
        }
    }
}

/// What must not be forgotten, whatever happens next.
#[derive(Debug, Clone, Copy)]
pub enum Milestone<'a> {
    /// The endpoint is on Polar.
    Endpoint(&'a Endpoint),
    /// The endpoint that was just made was taken back.
    TakenBack,
    /// The endpoint with the old secret is gone.
    OldGone,
}

/// What the caller is told on the way.
pub struct Listener<'a> {
    /// Each check as it changes.
    pub progress: Progress<'a>,
    /// Each milestone, the moment it is reached; [`Order::remember`] says what to write down.
    pub remember: &'a (dyn Fn(Milestone<'_>) + Send + Sync),
}

/// Does it. `cancelled` resolves when the user cancels: before the file is written, a new endpoint is taken back.
pub async fn apply(order: &Order, listener: &Listener<'_>, cancelled: impl Future<Output = ()> + Send) -> Outcome {
    let before = match env_file::read(&order.path) {
        Ok(before) => before,
        Err(error) => {
            file_failed(listener, &order.path, &error);
            return Outcome::Stopped { endpoint: None, created: false };
        }
    };
    let in_file = before
        .as_deref()
        .and_then(|bytes| env_file::Document::parse(bytes).read_by(order.reader).get(&order.names.secret))
        .map(SecretText::new);
    tokio::pin!(cancelled);
    // What cannot be written is told before anything is made on Polar. A secret that is yet to be made is plain text.
    let plain = SecretText::new("x");
    if let Err(error) = file::edited(order, before.as_deref(), order.own_secret.as_ref().unwrap_or(&plain)) {
        file_failed(listener, &order.path, &error);
        return Outcome::Stopped { endpoint: None, created: false };
    }

    // A request that is under way is not broken off: whether Polar carried it out would be unknown.
    let made = if order.is_relayed() {
        Ok(relayed::made(order, in_file.as_ref()))
    } else {
        endpoint(order, in_file.as_ref(), listener).await
    };
    let Made { endpoint, created, secret } = match made {
        Ok(made) => made,
        Err(outcome) => return *outcome,
    };
    // What was only changed is not changed back, so the file must follow it: an app that is left with the old secret
    // would refuse every delivery. Then only the verification is left out.
    if (created || order.is_relayed()) && is_ready(cancelled.as_mut()).await {
        return take_back(order, endpoint, listener).await;
    }
    if let Some(receiver) = &order.receiver {
        receiver.set_secret(Some(secret.clone()));
    }

    let (name, title) = CHECKS[1];
    (listener.progress)(Check::running(name, title));
    let differing = match write(order, before.as_deref(), &secret) {
        Ok(differing) => differing,
        Err(error) => {
            file_failed(listener, &order.path, &error);
            if order.rotation == Rotation::Begin {
                if let Some(receiver) = &order.receiver {
                    receiver.set_secret(in_file);
                }
                return take_back(order, endpoint, listener).await;
            }
            return Outcome::Stopped { endpoint: endpoint.map(Box::new), created };
        }
    };
    let privacy = if cfg!(unix) { ", readable by you only" } else { "" };
    let seen = format!("{}{privacy}.", order.path.display());
    (listener.progress)(if differing.is_empty() {
        Check::passed(name, title, seen)
    } else {
        Check::warning(name, title, seen)
            .cause(differing.join(" "))
            .fix("If you use one of these, take a secret of letters and digits.")
    });

    let verification = verification(order, endpoint.as_ref());
    let verified = tokio::select! {
        verified = verify::verify(&verification, listener.progress) => verified,
        () = cancelled => Verified::default(),
    };
    let is_last = match &endpoint {
        Some(endpoint) => rotation::finish(order, endpoint, verified.ok, listener).await,
        None => true,
    };
    let ok = is_last && verified.ok;
    Outcome::Done(Box::new(Applied { endpoint, created, verified: Verified { ok, ..verified }, secret }))
}

/// What to verify after writing.
fn verification(order: &Order, endpoint: Option<&Endpoint>) -> Verification {
    let taken = |event: &&String| endpoint.is_some_and(|endpoint| endpoint.events.contains(event));
    let events = order.events.iter().filter(taken).cloned().collect();
    Verification {
        path: order.path.clone(),
        names: order.names.clone(),
        reader: order.reader,
        environment: order.client.environment().clone(),
        is_relayed: order.is_relayed(),
        endpoint_id: endpoint.map(|endpoint| endpoint.id.clone()),
        expected: Expected {
            url: Some(order.url.clone()),
            format: Some(order.format),
            events: Some(events),
            base_url: order.base_url.clone(),
        },
        route: order.route.clone(),
        app_port: order.app_port,
        receiver: order.receiver.clone(),
        secret_made_by_polar: order.secret_source == SecretSource::Polar,
    }
}

fn file_failed(listener: &Listener<'_>, path: &Path, error: &env_file::EnvFileError) {
    let (name, title) = CHECKS[1];
    (listener.progress)(
        Check::failed(name, title, format!("{} was not changed.", path.display()))
            .cause(error.to_string())
            .fix(error.fix()),
    );
}

/// Whether a future is ready now, without waiting for it.
async fn is_ready(mut future: std::pin::Pin<&mut (impl Future<Output = ()> + Send)>) -> bool {
    std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_ready())).await
}
