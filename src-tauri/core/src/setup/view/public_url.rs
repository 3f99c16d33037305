//! What the window draws of the public address and the tunnel.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Kept;
use crate::check::Check;

/// How Polar reaches this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PublicWay {
    /// A tunnel program, by its name in `tunnel`.
    Tunnel,
    /// An address of one's own: production, or a Discord or Slack address.
    OwnUrl,
    /// The practice Polar is on this machine: no tunnel needed.
    Direct,
    /// Polar's own listen stream: no public address and no endpoint.
    Relay,
}

/// How it stands with Polar's listen stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RelayPhase {
    /// It is being opened.
    Connecting,
    /// Events come.
    Connected,
    /// It was lost and is opened anew; `problem` says why.
    Reconnecting,
    /// It cannot be had; `problem` and `fix` say why and what to do.
    Failed,
}

/// The relay, while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct RelayView {
    /// How it stands.
    pub phase: RelayPhase,
    /// What is wrong.
    pub problem: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
    /// After how many seconds it is tried again, counted from when that was decided.
    pub again_in: Option<u32>,
}

/// A tunnel program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct TunnelProgram {
    /// `cloudflared`, `ngrok`.
    pub name: String,
    /// Where it is; `None`: not on this machine.
    pub path: Option<String>,
    /// What it says its version is.
    pub version: Option<String>,
    /// What it is good at, in a sentence.
    pub about: String,
    /// The command that installs it here.
    pub install: String,
}

/// How a tunnel stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TunnelPhase {
    /// Not started.
    Stopped,
    /// The program runs; no address yet.
    Starting,
    /// It has an address that does not answer yet.
    AddressKnown,
    /// It is connected to its service.
    Connected,
    /// A request of ours through the public address came back to us.
    Reachable,
    /// It did not get there, or died; `problem` says why.
    Failed,
}

/// The running tunnel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct TunnelView {
    /// Which program.
    pub program: String,
    /// How it stands.
    pub phase: TunnelPhase,
    /// The public address, without a route.
    pub url: Option<String>,
    /// Why it failed.
    pub problem: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
    /// Since when it has been up, in milliseconds since 1970.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    /// How often it ended by itself and was started again.
    pub restarts: u32,
    /// The last lines of its output, redacted.
    pub log: Vec<String>,
}

/// The authtoken of a tunnel program's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct AuthtokenView {
    /// As it may be shown; `None`: none was entered here, and the program uses its own.
    pub masked: Option<String>,
    /// Where it is kept.
    pub kept: Option<Kept>,
    /// Why it is not in the keyring, or why the one just entered cannot be used.
    pub problem: Option<String>,
}

/// Something that happened while nobody had asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Happened {
    /// When, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at: i64,
    /// What, in a sentence.
    pub text: String,
}

/// How the fetching of a program stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum FetchPhase {
    /// Asks for the newest release and its checksum.
    Looking,
    /// The file comes.
    Downloading,
    /// Its checksum is compared, and it is put in its place.
    Checking,
    /// It can be run.
    Done,
    /// It is not there; `problem` says why.
    Failed,
    /// The user did not want it any more.
    Cancelled,
}

/// A program on its way into the app's own folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FetchView {
    /// How it stands.
    pub phase: FetchPhase,
    /// How many bytes have come.
    #[ts(type = "number")]
    pub bytes: u64,
    /// How many there are; `None`: not known yet.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
    /// The release.
    pub version: Option<String>,
    /// Where the program is, once it is done.
    pub path: Option<String>,
    /// Why it failed.
    pub problem: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

/// How Polar reaches this machine.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct PublicUrlView {
    /// The chosen way.
    pub way: PublicWay,
    /// The chosen program, for a tunnel.
    pub program: Option<String>,
    /// All programs we know.
    pub programs: Vec<TunnelProgram>,
    /// The authtoken, if the chosen program takes one.
    pub authtoken: Option<AuthtokenView>,
    /// The account's own address as typed, if the chosen program takes one.
    pub domain: Option<String>,
    /// What is wrong with it.
    pub domain_problem: Option<String>,
    /// Whether "directly" is possible: only in practice.
    pub direct_possible: bool,
    /// The user's own address as typed.
    pub own_url: String,
    /// What is wrong with it.
    pub own_url_problem: Option<String>,
    /// Whether the chosen program can be fetched by this one.
    pub can_be_fetched: bool,
    /// Its fetching, once begun.
    pub fetch: Option<FetchView>,
    /// What was seen of it when it was tried.
    pub own_url_check: Option<Check>,
    /// Where its redirects end: the address to use instead.
    pub own_url_suggestion: Option<String>,
    /// The tunnel, once started.
    pub tunnel: Option<TunnelView>,
    /// The relay, once started.
    pub relay: Option<RelayView>,
    /// What everybody should know who uses it.
    pub relay_note: String,
    /// What the tunnel or the relay did by itself since, and what was done about it; oldest first.
    pub happened: Vec<Happened>,
    /// Where the receiver listens: `http://127.0.0.1:23117`; `None`: it does not run.
    pub receiver: Option<String>,
    /// The address Polar will deliver to, route included, once known.
    pub endpoint_url: Option<String>,
}
