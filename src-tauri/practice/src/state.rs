//! Everything a practice Polar remembers, and what all its parts share.

use std::{
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use polar_setup_core::polar::http::{client_for, is_loopback};
use reqwest::Client;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::{
    runtime::Handle,
    sync::{broadcast, watch},
};
use url::Url;
use uuid::Uuid;

use crate::{
    Accounts, PracticeOptions,
    delivery::{Delivery, Event},
    endpoint::Endpoint,
    rate_limit::RateLimit,
    relay::Relayed,
};

/// What changes while it runs.
#[derive(Debug)]
pub(crate) struct State {
    pub accounts: Accounts,
    /// The oldest first.
    pub endpoints: Vec<Endpoint>,
    /// The oldest first.
    pub resources: Vec<Resource>,
    /// The oldest first.
    pub events: Vec<Event>,
    /// The oldest first.
    pub deliveries: Vec<Delivery>,
    pub rate_limit: RateLimit,
}

/// A customer, product, discount or benefit.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// `customers` and so on, as in the path.
    pub kind: &'static str,
    pub organization: Uuid,
    pub id: Uuid,
    pub json: Value,
}

/// What all parts of one practice Polar share.
pub(crate) struct Shared {
    pub options: PracticeOptions,
    pub port: u16,
    state: Mutex<State>,
    pub relay: broadcast::Sender<Relayed>,
    pub stopped: watch::Sender<bool>,
    /// How many attempts were made; whoever waits for one watches it.
    pub delivered: watch::Sender<usize>,
    pub runtime: Handle,
    here: OnceLock<Client>,
    elsewhere: OnceLock<Client>,
}

impl Shared {
    pub fn new(options: PracticeOptions, port: u16) -> Self {
        let state = State {
            accounts: options.accounts.clone(),
            endpoints: Vec::new(),
            resources: Vec::new(),
            events: Vec::new(),
            deliveries: Vec::new(),
            rate_limit: RateLimit::default(),
        };
        Self {
            options,
            port,
            state: Mutex::new(state),
            relay: broadcast::Sender::new(256),
            stopped: watch::Sender::new(false),
            delivered: watch::Sender::new(0),
            runtime: Handle::current(),
            here: OnceLock::new(),
            elsewhere: OnceLock::new(),
        }
    }

    /// The state; a panic elsewhere does not make it unusable.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server's own address.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The client for deliveries to `url`; it follows no redirect.
    pub fn client(&self, url: &Url, timeout: Duration) -> Result<&Client, reqwest::Error> {
        let kept = if is_loopback(url) { &self.here } else { &self.elsewhere };
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        let client = client_for(url, timeout)?;
        Ok(kept.get_or_init(|| client))
    }

    pub fn now(&self) -> OffsetDateTime {
        (self.options.clock)()
    }
}

impl State {
    pub fn endpoint(&mut self, id: Uuid, organization: Uuid) -> Option<&mut Endpoint> {
        self.endpoints.iter_mut().find(|endpoint| endpoint.id == id && endpoint.organization == organization)
    }
}

/// Waits until the practice Polar is stopped.
pub(crate) async fn until_stopped(stopped: &mut watch::Receiver<bool>) {
    // An error means that it is gone altogether.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
