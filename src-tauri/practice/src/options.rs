//! How a practice Polar is to behave: its port, its accounts, its environment, its clock and its waits.

use std::{fmt, sync::Arc, time::Duration};

use polar_setup_core::webhook::signature::KeyRule;
use time::OffsetDateTime;

use crate::Accounts;

/// Which of Polar's environments it imitates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PracticeEnvironment {
    /// As `api.polar.sh`.
    Production,
    /// As `sandbox-api.polar.sh`: answers are marked and the rate limit is lower.
    Sandbox,
}

/// What time it is; tests bring their own.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// How a practice Polar is to behave.
#[derive(Clone)]
pub struct PracticeOptions {
    /// The port on 127.0.0.1; `None`: any free one.
    pub port: Option<u16>,
    /// Organizations and their tokens.
    pub accounts: Accounts,
    /// Which environment it imitates.
    pub environment: PracticeEnvironment,
    /// Whether `X-Polar-Practice-Direct: 1` lets endpoints be plain addresses on this machine.
    pub allow_direct: bool,
    /// How the secrets that it makes itself become keys. Polar changed this on 2026-09-08.
    pub generated_secrets: KeyRule,
    /// Whether deliveries carry `webhook-api-version`, as newer servers' do.
    pub send_api_version: bool,
    /// Requests per minute.
    pub rate_limits: RateLimits,
    /// How long it waits for what.
    pub timings: Timings,
    /// What time it is.
    pub clock: Clock,
}

/// Requests per minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// All tokens of one organization together.
    pub organization: u32,
    /// A caller that is not known to be good.
    pub unknown: u32,
}

/// How long a practice Polar waits for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timings {
    /// The gaps between the attempts of one event; one more attempt than gaps is made.
    pub retry_gaps: Vec<Duration>,
    /// How long a receiver may take to answer.
    pub delivery_timeout: Duration,
    /// How often a quiet relay says that it is alive.
    pub relay_ping: Duration,
    /// After how long a relay asks to connect anew.
    pub relay_lifetime: Duration,
}

impl RateLimits {
    /// Those of the real servers.
    #[must_use]
    pub const fn of(environment: PracticeEnvironment) -> Self {
        match environment {
            PracticeEnvironment::Production => Self { organization: 500, unknown: 60 },
            PracticeEnvironment::Sandbox => Self { organization: 100, unknown: 60 },
        }
    }
}

impl Default for Timings {
    /// The real server's: ten attempts, the first gaps as measured and the others growing on.
    fn default() -> Self {
        Self {
            retry_gaps: [6, 15, 25, 49, 89, 170, 330, 640, 1250].map(Duration::from_secs).to_vec(),
            delivery_timeout: Duration::from_secs(10),
            relay_ping: Duration::from_secs(15),
            relay_lifetime: Duration::from_secs(600),
        }
    }
}

impl PracticeOptions {
    /// The real server's behaviour in `environment`, for these accounts.
    #[must_use]
    pub fn new(accounts: Accounts, environment: PracticeEnvironment) -> Self {
        Self {
            port: None,
            accounts,
            environment,
            allow_direct: false,
            generated_secrets: KeyRule::StandardWebhooks,
            send_api_version: false,
            rate_limits: RateLimits::of(environment),
            timings: Timings::default(),
            clock: Arc::new(OffsetDateTime::now_utc),
        }
    }
}

impl Default for PracticeOptions {
    /// For trying: one organization with a good token, and deliveries straight to this machine if asked for.
    fn default() -> Self {
        Self { allow_direct: true, ..Self::new(Accounts::practice(), PracticeEnvironment::Production) }
    }
}

impl fmt::Debug for PracticeOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PracticeOptions").field("port", &self.port).finish_non_exhaustive()
    }
}
