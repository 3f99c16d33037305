//! A Polar that runs on this machine: for trying without an account or a network, and for tests.
//!
//! It answers as Polar's API of version 2026-04 was measured to: the same statuses, shapes and headers. It listens on
//! 127.0.0.1 only. What it has beyond the real one is marked: every answer carries `x-polar-practice: 1`, `/practice`
//! describes it, and a request with `X-Polar-Practice-Direct: 1` may name an address on this machine for deliveries.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod accounts;
mod answer;
mod body;
mod deliveries;
mod delivery;
mod endpoint;
mod endpoints;
mod handlers;
mod in_program;
mod json_error;
mod options;
mod organizations;
mod practice;
mod practice_pages;
mod problem;
mod query;
mod rate_limit;
mod relay;
mod resources;
mod respond;
mod routes;
mod server;
mod state;
mod url_rules;
mod uuid_error;

use polar_setup_core::polar::sample;

pub use accounts::{Accounts, AccountsError, PracticeOrganization};
pub use in_program::PracticeInProgram;
pub use options::{Clock, PracticeEnvironment, PracticeOptions, RateLimits, Timings};
pub use practice::{Practice, RestoreError};

use time::{OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

const STAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// A time as Polar writes it: UTC, to the microsecond.
pub(crate) fn stamp(time: OffsetDateTime) -> String {
    time.to_offset(UtcOffset::UTC).format(&STAMP).unwrap_or_default()
}
