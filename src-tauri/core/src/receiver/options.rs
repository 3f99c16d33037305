//! How a receiver is to run.

use std::{fmt, sync::Arc, time::Duration};

use time::OffsetDateTime;

use crate::SecretText;

/// Tells the time; injected, so that tests can choose it.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// How a receiver is to run. The defaults are right for everything but tests; only `app_port` and `secret` are the
/// project's own.
#[derive(Clone)]
pub struct ReceiverOptions {
    /// Where it listens on 127.0.0.1; 0: the system chooses.
    pub port: u16,
    /// Where the app listens on this machine.
    pub app_port: u16,
    /// Whether the app gets the `Host` that arrived, instead of `localhost` with its port.
    pub keeps_host: bool,
    /// What deliveries are verified with at first.
    pub secret: Option<SecretText>,
    /// The time.
    pub clock: Clock,
    /// When a request must have been answered, from its first line on. Polar gives up after 10 s, so it is a little less.
    pub answer_within: Duration,
    /// How long a connection may take for a request's headers, the idle time before them included. More than the 90 s
    /// for which cloudflared keeps idle connections: closing first could lose the delivery it is just sending.
    pub headers_within: Duration,
    /// How many requests are worked on at a time; more wait for their turn.
    pub most_requests: usize,
    /// How many connections may be open at a time; more wait to be accepted.
    pub most_connections: usize,
    /// How many bytes of deliveries are kept; the oldest are dropped for newer ones.
    pub room: usize,
    /// How long deliveries under way may take when it is stopped.
    pub stop_within: Duration,
}

impl Default for ReceiverOptions {
    fn default() -> Self {
        Self {
            port: 0,
            app_port: 3000,
            keeps_host: false,
            secret: None,
            clock: Arc::new(OffsetDateTime::now_utc),
            answer_within: Duration::from_millis(9_500),
            headers_within: Duration::from_secs(100),
            most_requests: 64,
            most_connections: 256,
            // Room for 100,000 ordinary deliveries.
            room: 256 << 20,
            stop_within: Duration::from_secs(2),
        }
    }
}

impl fmt::Debug for ReceiverOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ReceiverOptions")
            .field("port", &self.port)
            .field("app_port", &self.app_port)
            .field("answer_within", &self.answer_within)
            .finish_non_exhaustive()
    }
}
