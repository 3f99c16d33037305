//! The local server behind the tunnel: it verifies each delivery, records it, passes it on to the app and hands back the
//! app's answer.

mod answer;
mod app;
mod body;
mod delivery;
mod event;
mod forward;
mod headers;
mod hold;
mod keeper;
mod options;
mod port;
mod probe;
mod record;
mod replay;
mod request;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod wire;

use std::{
    collections::VecDeque,
    fmt, io,
    net::SocketAddr,
    path::Path,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

pub use self::{
    app::app_is_running,
    hold::LetGo,
    keeper::Keeper,
    options::{Clock, ReceiverOptions},
    port::stable_port,
    probe::PROBE_PATH,
    record::{AppAnswer, Counts, Recorded},
    replay::ReplayError,
};
use self::{server::Phase, state::State};
use crate::{SecretText, setup::view::DeliveryView};

/// What the `webhook-id` of our own test deliveries begins with.
pub const TEST_ID_PREFIX: &str = "polar_setup_test_";
/// The header on every answer that this receiver gives or passes on.
pub const RECEIVER_HEADER: &str = "x-polar-setup";

/// How many [`Receiver::deliveries`] gives.
const NEWEST: usize = 200;

/// A handle on a running receiver; clones are handles on the same one. It ends with [`Receiver::stop`], or abruptly when
/// the last handle is dropped.
#[derive(Clone)]
pub struct Receiver {
    owner: Arc<Owner>,
}

struct Owner {
    state: Arc<State>,
    address: SocketAddr,
    phase: Arc<watch::Sender<Phase>>,
}

impl Receiver {
    /// Starts one on 127.0.0.1, on a thread of its own: whatever else this program is at, deliveries do not wait for it.
    ///
    /// # Errors
    /// The port is taken or may not be used, or the system gives no thread.
    pub fn start(options: ReceiverOptions) -> io::Result<Self> {
        let listener = server::bind(options.port)?;
        let address = listener.local_addr()?;
        let phase = Arc::new(watch::Sender::new(Phase::Running));
        let state = Arc::new(State::new(options, address.port(), phase.subscribe()));
        server::start(listener, Arc::clone(&state), Arc::clone(&phase))?;
        Ok(Self { owner: Arc::new(Owner { state, address, phase }) })
    }

    /// Starts the one of a project: at the project's own port, so that a second run finds the same address; else at any.
    ///
    /// # Errors
    /// As [`Receiver::start`].
    pub fn start_for(folder: &Path, app_port: u16) -> io::Result<Self> {
        let options = |port| ReceiverOptions { port, app_port, ..ReceiverOptions::default() };
        Self::start(options(stable_port(folder))).or_else(|_| Self::start(options(0)))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.owner.address
    }

    /// Where it listens, as a URL: `http://127.0.0.1:23117`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.owner.address)
    }

    /// The secret that deliveries are verified with from now on; `None`: they cannot be verified.
    pub fn set_secret(&self, secret: Option<SecretText>) {
        self.owner.state.set_secret(secret);
    }

    /// The port of the app that deliveries are passed on to from now on.
    pub fn set_app_port(&self, port: u16) {
        self.owner.state.app_port.store(port, Ordering::Relaxed);
    }

    /// Whether the app gets the `Host` that arrived from now on, instead of `localhost` with its port.
    pub fn set_keeps_host(&self, keeps: bool) {
        self.owner.state.keeps_host.store(keeps, Ordering::Relaxed);
    }

    /// A number that changes with every change of the deliveries.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.owner.state.record.subscribe()
    }

    /// The newest 200 deliveries, newest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<DeliveryView> {
        self.read(|all, _| all.iter().rev().take(NEWEST).map(|recorded| recorded.view.clone()).collect())
    }

    /// Looks at all that are kept, oldest first. Nothing arrives meanwhile, so it should be quick.
    pub fn read<T>(&self, look: impl FnOnce(&VecDeque<Recorded>, Counts) -> T) -> T {
        self.owner.state.record.read(look)
    }

    /// One with all that is kept of it.
    #[must_use]
    pub fn recorded(&self, number: u32) -> Option<Recorded> {
        self.owner.state.record.get(number)
    }

    /// The event types that are kept, by name.
    #[must_use]
    pub fn event_types(&self) -> Vec<String> {
        self.owner.state.record.types()
    }

    /// How many there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.owner.state.record.counts()
    }

    /// How many arrived since the start, cleared ones included.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.counts().total
    }

    /// The hosts under which this machine is reached from outside: only these, and this machine's own names, may be asked
    /// with anything but POST. A page whose name suddenly leads to this machine cannot look at the app through here.
    pub fn set_hosts(&self, hosts: Vec<String>) {
        *self.owner.state.hosts.write().unwrap_or_else(PoisonError::into_inner) = hosts;
    }

    /// The newest delivery with this `webhook-id`.
    #[must_use]
    pub fn find(&self, webhook_id: &str) -> Option<DeliveryView> {
        self.owner.state.record.find(webhook_id, |_| true)
    }

    /// Waits until a delivery with this `webhook-id` has been answered by the app or given up. When `timeout` is over
    /// first: as far as it has come; `None`: it has not arrived.
    pub async fn wait_for(&self, webhook_id: &str, timeout: Duration) -> Option<DeliveryView> {
        let deadline = Instant::now() + timeout;
        let mut revision = self.subscribe();
        loop {
            // Marks the revision as seen before looking, so that no change falls in between.
            revision.borrow_and_update();
            if let Some(done) = self.owner.state.record.find(webhook_id, record::is_finished) {
                return Some(done);
            }
            if !matches!(timeout_at(deadline, revision.changed()).await, Ok(Ok(()))) {
                return self.find(webhook_id);
            }
        }
    }

    /// Forgets the deliveries; their numbers and [`Receiver::total`] go on.
    pub fn clear(&self) {
        self.owner.state.record.clear();
    }

    /// From now on a GET of [`PROBE_PATH`] and this nonce is answered 200 with the nonce.
    pub fn expect_probe(&self, nonce: impl Into<String>) {
        self.owner.state.probes.expect(nonce.into());
    }

    /// Takes no more connections, gives deliveries under way a short time to end, and frees the port.
    pub async fn stop(&self) {
        server::advance(&self.owner.phase, Phase::Draining);
        // An error would say that the sender is gone, but this handle holds it.
        let _ = self.owner.phase.subscribe().wait_for(|phase| *phase == Phase::Closed).await;
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Receiver").field("address", &self.owner.address).finish_non_exhaustive()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        server::advance(&self.phase, Phase::Ended);
    }
}
