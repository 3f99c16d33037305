//! What the probes saw: plain facts, no conclusions.

use std::{sync::LazyLock, time::SystemTime};

use regex::Regex;
use time::OffsetDateTime;

use super::{HandlerSeen, PublicSeen, TunnelSeen, shown::shown};
use crate::{
    SecretText,
    polar::{ApiError, account::Account, delivery::Attempt, endpoint::Endpoint, token::TokenError},
    project::HandlerCode,
    setup::view::Place,
    webhook::signature::KeyRule,
};

/// Everything that was seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The key rules that the project's SDK accepts.
    pub sdk: Option<(String, Vec<KeyRule>)>,
    /// The handler's route.
    pub route: String,
    /// Where the code names it.
    pub route_in_code: Option<Place>,
    /// Whether the code has it from a plugin's own routes, as far as it tells: how these are mounted it does not tell.
    pub is_mounted_by_plugin: bool,
    /// The events that were chosen here, where this program made the endpoint.
    pub chosen: Vec<String>,
    /// The command that starts the app.
    pub start: Option<String>,
    /// The env files.
    pub env: EnvSeen,
    /// The app's process and port.
    pub app: AppSeen,
    /// What the handler's code says.
    pub code: HandlerCode,
    /// How the handler answered; `None`: it was not asked.
    pub handler: Option<HandlerSeen>,
    /// What Polar says.
    pub polar: PolarSeen,
    /// How the public address answered; `None`: there is none, or it was not asked.
    pub public: Option<PublicSeen>,
    /// The tunnel programs that run here.
    pub tunnels: Vec<TunnelSeen>,
    /// Whether ngrok has an authtoken on this machine; `None`: it is not installed.
    pub ngrok_has_authtoken: Option<bool>,
    /// Why the tunnel that this program started did not come up: the program, and what it said.
    pub tunnel_problem: Option<(String, String)>,
}

/// Where a secret stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPlace {
    /// The file, relative to the folder.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The value, as the project's reader reads it.
    pub value: SecretText,
    /// What stands behind the `=`, as it is written.
    pub written: SecretText,
    /// Whether the reader gets this value whatever else is set.
    pub certain: bool,
}

/// The env files.
#[derive(Debug, Clone, Default)]
pub struct EnvSeen {
    /// The file that Polar's variables are expected in.
    pub file: String,
    /// Whether any of them is there.
    pub exists: bool,
    /// The secret's variable, and where the code reads it.
    pub secret_name: String,
    /// Whether the code was seen to read that name.
    pub name_is_read: bool,
    /// All places of the secret, the one that wins first.
    pub secrets: Vec<SecretPlace>,
    /// A variable that looks like the secret's but is called otherwise.
    pub other_name: Option<(String, String)>,
    /// The secret's variable in env files that the project's reader does not read: file and value.
    pub strays: Vec<(String, SecretText)>,
    /// All that is assigned there under other names: name, file and value.
    pub others: Vec<(String, String, SecretText)>,
    /// The token, as it stands there.
    pub token: Option<SecretText>,
    /// The base address, as it stands there.
    pub base: Option<String>,
    /// What the switch between sandbox and production says.
    pub server: Option<String>,
    /// Its name, and whether that means the sandbox; `None`: there is none, or it says neither.
    pub means_sandbox: Option<(String, bool)>,
    /// Whether a byte order mark stands before the secret's own name, at the beginning of its file.
    pub has_mark: bool,
    /// When the winning file was last changed.
    pub changed: Option<SystemTime>,
}

impl EnvSeen {
    /// The secret that the app gets.
    #[must_use]
    pub fn secret(&self) -> Option<&SecretText> {
        self.secrets.first().map(|place| &place.value).filter(|value| !value.expose().is_empty())
    }
}

/// The app on this machine.
// Facts that are independent of each other, each true or not.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Default)]
pub struct AppSeen {
    /// Its port.
    pub port: u16,
    /// Whether somebody named it, in the code, an env file or here; else it is only the usual one.
    pub port_is_known: bool,
    /// The port that was named, where nothing listens, while the only program of the project with the route is here.
    pub instead_of: Option<u16>,
    /// Whether something listens there.
    pub listens: bool,
    /// The program that listens, if the system tells.
    pub program: Option<String>,
    /// Whether that program works in the project's folder; `None`: not known.
    pub is_this_project: Option<bool>,
    /// When that program began.
    pub began: Option<SystemTime>,
    /// The secret's variable in the environment that it was started with.
    pub given_secret: Option<SecretText>,
    /// When the program of this project began that put it there: what it read then is what the app has.
    pub loaded: Option<SystemTime>,
    /// Whether its environment is known to lack that variable, and nothing on its command line loads an env file.
    pub has_no_secret: bool,
    /// Whether it is a development server that reads the env files anew by itself.
    pub reloads: bool,
    /// Other ports on which a program of the project's folder listens.
    pub other_ports: Vec<u16>,
    /// Whether the route is known, and none of them has it.
    pub others_lack_route: bool,
    /// Those of them that are development servers of Vite's.
    pub fronts: Vec<u16>,
    /// Whether the app's own port is one's.
    pub is_front: bool,
    /// Whether its command line names an env file for Node.js to load.
    pub by_env_file: bool,
    /// The ports of this program's own receivers.
    pub receivers: Vec<u16>,
}

/// An answer of HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status; `None`: no answer.
    pub status: Option<u16>,
    /// Why there is none, or the beginning of the body.
    pub text: String,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// `ngrok-error-code`.
    pub ngrok_error: Option<String>,
    /// Whether our receiver had it in hand.
    pub through_receiver: bool,
    /// Whether it asks for credentials (`WWW-Authenticate`).
    pub wants_credentials: bool,
    /// By how many seconds the clock of who answered is ahead of this machine's, by the answer's `Date`.
    pub clock_ahead: Option<i64>,
    /// How long it took, in milliseconds.
    pub milliseconds: u128,
}

impl Answer {
    /// Whether Polar takes it for success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether handlers say so of a signature that they do not accept.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self.status, Some(400 | 401 | 403 | 422))
    }

    /// The same, also where the error that a library throws is answered with 500 and its name.
    #[must_use]
    pub fn refuses_signature(&self) -> bool {
        // A page of a development server shows the code, which has the word anyway.
        let says = || {
            let text = self.text.to_lowercase();
            text.contains("webhookverificationerror") || text.contains("signature") && !text.contains("<html")
        };
        self.is_refusal() || matches!(self.status, Some(500..=599)) && says()
    }

    /// Whether it is the answer of the same code: status and the beginning of the body are the same, but for what is
    /// another one in each answer.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.status == other.status && self.kind() == other.kind()
    }

    /// The beginning of the body, without numbers, ids and signatures.
    fn kind(&self) -> String {
        static VARYING: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"(?i)"[a-z_]*(?:id|nonce|time|timestamp|digest)"\s*:\s*"[^"]*"|[A-Za-z0-9+/=_-]{20,}|[0-9]+"#)
                .expect("the pattern is constant")
        });
        VARYING.replace_all(&self.text, "*").chars().take(200).collect()
    }

    /// Whether it says that it was asked too often: that tells nothing of what was asked.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.status == Some(429)
    }

    /// Whether there was no answer for as long as Polar waits.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.status.is_none() && self.text.contains("in time")
    }

    /// "It answered 404 in 3 ms."
    #[must_use]
    pub fn told(&self) -> String {
        match self.status {
            Some(status) => match &self.location {
                Some(to) => format!("answered {status}, to {}", shown(to)),
                None => format!("answered {status} after {} ms", self.milliseconds),
            },
            None => format!("did not answer ({})", self.text.trim_end_matches('.')),
        }
    }
}

/// What Polar says.
// Facts that are independent of each other, each true or not.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Default)]
pub struct PolarSeen {
    /// Which Polar was asked.
    pub server: String,
    /// Whether nothing need be asked of it: its relay brings the events.
    pub is_relayed: bool,
    /// Whether it delivers to addresses on this machine.
    pub is_practice: bool,
    /// The day on which the token ends, as somebody noted it.
    pub token_ends: Option<String>,
    /// What is wrong with the token's shape.
    pub token_problem: Option<TokenError>,
    /// Why it could not be asked.
    pub error: Option<ApiError>,
    /// The other Polar, which accepts the token.
    pub elsewhere: Option<String>,
    /// What the token is good for.
    pub account: Option<Account>,
    /// All endpoints; `None`: not known.
    pub endpoints: Option<Vec<Endpoint>>,
    /// How many of them have the project's route, where nothing tells which one is its.
    pub alike: usize,
    /// Whether it is a sandbox, by its name or its own word.
    pub is_sandbox: bool,
    /// Whether it is Polar's production, by its name.
    pub is_production: bool,
    /// The proxy that is used on the way to it; only looked at where it does not answer.
    pub proxy: Option<ProxySeen>,
    /// This project's endpoint, and how it was told.
    pub endpoint: Option<(Endpoint, &'static str)>,
    /// Whether this program made that one, or was told to use it.
    pub is_made_here: bool,
    /// The newest attempts at it, newest first.
    pub attempts: Vec<Attempt>,
    /// Where nothing was ever sent to the endpoint: the newest of what happened before it was made, and when.
    pub happened_before: Option<(&'static str, OffsetDateTime)>,
    /// By how many seconds this machine's clock is ahead.
    pub clock_ahead: Option<i64>,
}

/// A proxy that the environment names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxySeen {
    /// The variable.
    pub variable: String,
    /// Host and port.
    pub address: String,
    /// Whether something listens there.
    pub reached: bool,
}

impl PolarSeen {
    /// The events that failed for good, oldest first.
    #[must_use]
    pub fn missed(&self) -> Vec<String> {
        let mut missed: Vec<String> = Vec::new();
        for Attempt { webhook_event: event, .. } in self.attempts.iter().rev() {
            if event.succeeded == Some(false) && !event.skipped && !missed.contains(&event.id) {
                missed.push(event.id.clone());
            }
        }
        missed
    }
}

impl Seen {
    /// Whether a signed delivery is accepted at the endpoint's address and a forged one is not: then all on the way is right.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        let Some(PublicSeen { answer, forged: Some(forged), .. }) = &self.public else { return false };
        let tells = forged.status.is_some() && !forged.is_limited() && !forged.is_like(answer);
        // A handler that refuses the test's event type says so there as it does here.
        let is_verified = || {
            let local = self.handler.as_ref().filter(|handler| handler.accepts() && !handler.varies);
            local.is_some_and(|handler| handler.right().any(|right| right.is_like(answer)))
        };
        // The receiver takes a test by itself where there is no app.
        let is_apps = !answer.through_receiver || self.app.listens;
        (answer.is_success() || is_verified()) && tells && is_apps
    }
}
