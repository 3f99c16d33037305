//! Probes: how it is seen that a public address leads to this very receiver.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use hyper::StatusCode;

use super::answer::Plain;

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
    pub(super) fn answer(&self, method: &str, target: &str) -> Option<Plain> {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        let nonce = path.strip_prefix(PROBE_PATH)?;
        let expected = method == "GET" && self.lock().iter().any(|known| known == nonce);
        Some(if expected {
            Plain::new(StatusCode::OK, nonce)
        } else {
            Plain::new(StatusCode::NOT_FOUND, "This probe is not expected here.")
        })
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
