//! Probes: how it is seen that a public address leads to this very receiver.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use hyper::{Method, StatusCode};

use super::answer::{Answer, plain};

/// Where probes ask, the nonce after it.
pub const PROBE_PATH: &str = "/.polar-setup/probe/";

/// How many nonces are kept; an older one is not asked for any more.
const KEPT: usize = 64;

/// The nonces that are expected.
#[derive(Default)]
pub(super) struct Probes(Mutex<VecDeque<String>>);

impl Probes {
    pub(super) fn expect(&self, nonce: String) {
        let mut nonces = self.lock();
        if nonces.contains(&nonce) {
            return;
        }
        if nonces.len() == KEPT {
            nonces.pop_front();
        }
        nonces.push_back(nonce);
    }

    /// The answer, if the path is a probe's.
    pub(super) fn answer(&self, method: &Method, path: &str) -> Option<Answer> {
        let nonce = path.strip_prefix(PROBE_PATH)?;
        let expected = method == Method::GET && self.lock().iter().any(|known| known == nonce);
        Some(if expected {
            plain(StatusCode::OK, nonce)
        } else {
            plain(StatusCode::NOT_FOUND, "This probe is not expected here.")
        })
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
