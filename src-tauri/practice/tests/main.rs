//! The practice Polar from outside: against what was measured, and with receivers of its own deliveries.

#![allow(clippy::unwrap_used, missing_docs)]

mod assistant;
mod deliveries;
mod exchanges;
mod http;
mod limits;
mod receiver;
mod recordings;
mod relay;
mod shape;
mod vectors;

use std::path::PathBuf;

/// A file or folder of the fixtures that all packages share.
fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name)
}
