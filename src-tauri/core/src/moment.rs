//! Moments, as the window takes them.

use time::OffsetDateTime;

/// Milliseconds since 1970.
#[must_use]
pub fn milliseconds(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}
