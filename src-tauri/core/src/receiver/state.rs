//! What all requests to one receiver share.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU16},
    },
    time::Duration,
};

use time::OffsetDateTime;
use tokio::sync::{Semaphore, watch};

use super::{
    hold::Holding,
    keeper::Keeper,
    options::{Clock, ReceiverOptions},
    probe::Probes,
    record::Record,
    server::Phase,
};
use crate::SecretText;

/// What all requests share.
pub(super) struct State {
    secret: RwLock<Option<SecretText>>,
    clock: Clock,
    /// The app's port.
    pub(super) app_port: AtomicU16,
    /// Whether the app gets the `Host` that arrived.
    pub(super) keeps_host: AtomicBool,
    /// Our own port, which must not be taken for the app's.
    pub(super) own_port: u16,
    /// The deliveries.
    pub(super) record: Record,
    /// Who keeps deliveries beyond this run.
    pub(super) keeper: RwLock<Option<Arc<dyn Keeper>>>,
    /// Read-locked while the keeper is told something: who has the write lock knows that it has heard all.
    pub(super) telling: Arc<tokio::sync::RwLock<()>>,
    /// Holding back.
    pub(super) holding: Holding,
    /// Hosts of this machine's public addresses.
    pub(super) hosts: RwLock<Vec<String>>,
    /// The probes that are expected.
    pub(super) probes: Probes,
    /// Turns for requests.
    pub(super) turns: Semaphore,
    /// How the server stands.
    pub(super) phase: watch::Receiver<Phase>,
    /// See [`ReceiverOptions`].
    pub(super) answer_within: Duration,
    /// See [`ReceiverOptions`].
    pub(super) headers_within: Duration,
    /// See [`ReceiverOptions`].
    pub(super) most_connections: usize,
    /// See [`ReceiverOptions`].
    pub(super) stop_within: Duration,
}

impl State {
    pub(super) fn new(options: ReceiverOptions, own_port: u16, phase: watch::Receiver<Phase>) -> Self {
        Self {
            secret: RwLock::new(options.secret),
            clock: options.clock,
            app_port: AtomicU16::new(options.app_port),
            keeps_host: AtomicBool::new(options.keeps_host),
            own_port,
            record: Record::new(options.room),
            keeper: RwLock::default(),
            telling: Arc::default(),
            holding: Holding::default(),
            hosts: RwLock::default(),
            probes: Probes::default(),
            turns: Semaphore::new(options.most_requests),
            phase,
            answer_within: options.answer_within,
            headers_within: options.headers_within,
            most_connections: options.most_connections,
            stop_within: options.stop_within,
        }
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        (self.clock)()
    }

    /// Looks at the secret of the moment.
    pub(super) fn with_secret<T>(&self, look: impl FnOnce(Option<&SecretText>) -> T) -> T {
        look(self.secret.read().unwrap_or_else(PoisonError::into_inner).as_ref())
    }

    pub(super) fn set_secret(&self, secret: Option<SecretText>) {
        *self.secret.write().unwrap_or_else(PoisonError::into_inner) = secret;
    }
}
