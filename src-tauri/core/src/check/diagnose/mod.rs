//! "Why don't my webhooks arrive?": probes that look, and causes that are named only when what was seen singles them out.
//!
//! The probes (`probes/`) run side by side where they can and write down what they saw ([`Seen`]). The causes
//! (`causes/`) are data: an id, what proves it, a sentence, a fix. They are judged in the order in which a delivery
//! meets them, so that the first one named is the one that blocks first.

mod causes;
mod handler_seen;
mod mend;
mod nested;
mod probes;
mod public_seen;
mod seen;
mod shown;
#[cfg(test)]
mod tests;
mod told;

use serde::Serialize;
use ts_rs::TS;
use url::Url;

pub use self::{
    handler_seen::{Guess, HandlerSeen, Steadiness},
    mend::{Mend, MendView},
    nested::app_within,
    public_seen::{PublicSeen, TunnelSeen},
    seen::{Answer, AppSeen, EnvSeen, PolarSeen, ProxySeen, SecretPlace, Seen},
};
use crate::{
    SecretText,
    env_file::Names,
    polar::{Environment, http::is_loopback},
    project::Project,
};

/// What somebody or something in the folder says, or else only what is usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likely<T> {
    /// What it is.
    pub value: T,
    /// Whether it is more than usual.
    pub is_known: bool,
}

impl<T> Likely<T> {
    /// A value, and whether it is more than usual.
    pub const fn new(value: T, is_known: bool) -> Self {
        Self { value, is_known }
    }
}

/// What to look at.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The project.
    pub project: Project,
    /// The folder around it that was named, where it is one of several apps there, and its place in that.
    pub outer: Option<(Project, String)>,
    /// The variables' names.
    pub names: Names,
    /// The route of the handler.
    pub route: Likely<String>,
    /// The app's port on this machine.
    pub app_port: Likely<u16>,
    /// Which Polar; `None`: the env file's switch says it, or whichever of Polar's own accepts the token.
    pub environment: Option<Environment>,
    /// Whether Polar is asked at all; a practice Polar that has ended cannot be.
    pub asks_polar: bool,
    /// Whether the endpoint's address is asked.
    pub asks_public: bool,
    /// Whether Polar's relay brings the events: then there is no endpoint to look at.
    pub is_relayed: bool,
    /// The token; `None`: the one in the env files.
    pub token: Option<SecretText>,
    /// The events that were chosen here for the endpoint that this program made.
    pub events: Vec<String>,
    /// The day on which the token ends, as somebody noted it: Polar does not tell.
    pub token_ends: Option<String>,
    /// The endpoint's id, if this program made it.
    pub endpoint_id: Option<String>,
    /// Why the tunnel that this program started did not come up: the program, and what it said.
    pub tunnel_problem: Option<(String, String)>,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Verdict {
    /// All that must hold was seen to hold.
    Healthy,
    /// Something is wrong, and it is known what.
    CauseFound,
    /// Not everything could be looked at, and what was seen is fine.
    CannotTell,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Probe {
    /// A stable name: `env`, `app`, `handler`, `receiver`, `tunnel`, `public`, `polar`, `deliveries`, `token`, `clock`.
    pub probe: String,
    /// What was asked, for people.
    pub title: String,
    /// Whether it could be looked at.
    pub looked: bool,
    /// What was seen, or why it could not be looked at. Never holds a secret.
    pub seen: String,
}

/// A cause, with what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Cause {
    /// A stable name.
    pub id: String,
    /// What is wrong, in a sentence.
    pub sentence: String,
    /// The observations that prove it.
    pub proved_by: Vec<String>,
    /// Those that rule out its neighbours.
    pub ruled_out: Vec<String>,
    /// What to do.
    pub fix: String,
    /// Where to read more.
    pub link: Option<String>,
    /// The button that does it, where this program can.
    #[ts(as = "Option<MendView>")]
    pub mend: Option<Mend>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Diagnosis {
    /// How it stands.
    pub verdict: Verdict,
    /// What is wrong, the one that blocks first at the beginning.
    pub causes: Vec<Cause>,
    /// What could not be told, and what to try.
    pub open: Vec<String>,
    /// What is as it must be, and may still be what somebody misses.
    pub notes: Vec<String>,
    /// What was looked at.
    pub probes: Vec<Probe>,
    /// How many events of the last day Polar could not deliver, and no longer tries to.
    pub missed: usize,
    /// What a button needs to know that nobody reads.
    #[serde(skip)]
    #[ts(skip)]
    pub at: At,
}

/// What the buttons are about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct At {
    /// The endpoint that was looked at.
    pub endpoint_id: Option<String>,
    /// The events that were missed, oldest first.
    pub missed: Vec<String>,
}

/// Looks, and names what is wrong. Sends a few signed test deliveries to the app; changes nothing. Dropping the future
/// cancels it.
pub async fn diagnose(subject: &Subject) -> Diagnosis {
    // Boxed, as it is large: many answers are kept side by side.
    let seen = Box::pin(probes::look(subject)).await;
    judge(&seen)
}

/// Names what is wrong by what was seen.
#[must_use]
pub fn judge(seen: &Seen) -> Diagnosis {
    let causes = causes::named(seen);
    let open = causes::open(seen, &causes);
    let verdict = match (causes.is_empty(), open.is_empty()) {
        (false, _) => Verdict::CauseFound,
        (true, true) => Verdict::Healthy,
        (true, false) => Verdict::CannotTell,
    };
    let endpoint_id = seen.polar.endpoint.as_ref().map(|(endpoint, _)| endpoint.id.clone());
    let at = At { endpoint_id, missed: seen.polar.missed() };
    let notes = causes::notes(seen, &causes);
    let mut diagnosis = Diagnosis { verdict, causes, open, notes, probes: seen.probes(), missed: at.missed.len(), at };
    shown::hide(&mut diagnosis, seen);
    diagnosis
}

/// Where the endpoint should deliver to: the base address and the route.
fn expected_url(base: Option<&str>, route: &str) -> Option<Url> {
    Url::parse(&super::verify::join(base?, route)).ok()
}

/// The port of an address on this machine.
fn port_here(address: &str) -> Option<u16> {
    Url::parse(address).ok().filter(is_loopback)?.port()
}
