//! What a tunnel program is to the rest: a few facts and how to read it. A further one is one file and one line here.

use std::{ffi::OsString, fmt, net::SocketAddr, path::Path};

use url::Url;

use super::{cloudflared::Cloudflared, install::System, ngrok::Ngrok};

/// Every program we know; the first is recommended.
static ALL: [&dyn Program; 2] = [&Cloudflared, &Ngrok];

/// A tunnel program that this assistant knows.
#[derive(Clone, Copy)]
pub struct Provider(&'static dyn Program);

impl Provider {
    /// Every one, the recommended one first.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.into_iter().map(Self)
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|provider| provider.name() == name)
    }

    /// Its name, which is also its program's.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What it is good at, in a sentence.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.0.about()
    }

    /// The command that installs it on this machine.
    #[must_use]
    pub fn install_command(self) -> String {
        self.0.install_command(System::here())
    }

    /// The variable of the environment that it takes an authtoken from; `None`: it needs none.
    #[must_use]
    pub fn authtoken_variable(self) -> Option<&'static str> {
        self.0.authtoken_variable()
    }

    /// Whether an account has an address of its own, which can be named.
    #[must_use]
    pub fn takes_domain(self) -> bool {
        self.0.takes_domain()
    }

    /// Whether the program can be fetched, and needs no installing.
    #[must_use]
    pub fn can_be_fetched(self) -> bool {
        self.0.can_be_fetched()
    }

    pub(super) fn program(self) -> &'static dyn Program {
        self.0
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What must be known of one program.
pub(super) trait Program: Send + Sync {
    fn name(&self) -> &'static str;
    fn about(&self) -> &'static str;
    fn install_command(&self, system: System) -> String;
    /// The arguments that make it tell its version.
    fn version_arguments(&self) -> &'static [&'static str];
    /// The variable that it takes an authtoken from, if it needs one.
    fn authtoken_variable(&self) -> Option<&'static str> {
        None
    }
    /// Whether its makers publish it in a form that can be fetched and checked.
    fn can_be_fetched(&self) -> bool {
        false
    }
    /// Whether it can be told which address to have.
    fn takes_domain(&self) -> bool {
        false
    }
    /// The arguments that start it.
    fn arguments(&self, launch: &Launch<'_>) -> Vec<OsString>;
    /// Variables of the environment whose names begin so change what it does, and are kept from it.
    fn variables_kept_away(&self) -> &'static [&'static str];
    /// What the second try does differently, for a first one that got an address but no connection.
    fn second_try(&self) -> Option<&'static str>;
    /// What a line of its output tells.
    fn read(&self, line: &str) -> Vec<Seen>;
    /// Why it ended before it was ready, or hangs, as far as its output tells.
    fn explain(&self, log: &[String]) -> Option<Problem>;
}

/// One start.
pub(super) struct Launch<'a> {
    /// Where requests go.
    pub receiver: SocketAddr,
    /// The address to have, without `https://`.
    pub domain: Option<&'a str>,
    /// A file that is empty, for programs that would else read the user's own settings.
    pub empty_file: &'a Path,
    /// Whether it is the second try.
    pub second_try: bool,
}

/// What its output tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// The public address.
    Address(Url),
    /// It is connected to its service.
    Connected,
    /// It lost its connection, and tries to get it back.
    Disconnected,
    /// It will not get there.
    Fatal(Problem),
}

/// Why a tunnel does not work, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub cause: String,
    pub fix: String,
}

impl Problem {
    pub(super) fn new(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { cause: cause.into(), fix: fix.into() }
    }
}

/// The base address of a URL that a program printed; `None`: it is none that could be a tunnel's.
pub(super) fn base_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.scheme() == "https" && url.has_host() && url.username().is_empty() && url.path() == "/";
    (plain && url.query().is_none()).then_some(url)
}
