//! How far this machine's clock is from Polar's, by the `Date` of Polar's answers.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::Environment;

/// An answer that took longer does not tell when its `Date` was written.
const LONGEST: Duration = Duration::from_secs(10);
/// Clocks that run less apart than that within one request were not set meanwhile.
const JUMP: i128 = 1_000;

/// This machine has one clock, so what was measured by any client counts for all.
static MEASURED: LazyLock<Mutex<HashMap<String, Measured>>> = LazyLock::new(Mutex::default);

struct Measured {
    /// By the steady clock, which nobody sets: tells which answer is the newest.
    at: Instant,
    ahead: i64,
}

/// By how many seconds this machine's clock was ahead of this Polar's at the newest answer; negative: behind; 0: no
/// difference that can be told. `None`: not measured.
#[must_use]
pub fn ahead_of(environment: &Environment) -> Option<i64> {
    lock().get(&environment.key()).map(|measured| measured.ahead)
}

/// One request, by both of this machine's clocks.
pub(super) struct Asked {
    steady: Instant,
    clock: OffsetDateTime,
}

impl Asked {
    /// Just before it is sent.
    pub(super) fn now() -> Self {
        Self { steady: Instant::now(), clock: OffsetDateTime::now_utc() }
    }

    /// What the `Date` of the answer that has just come says; `None`: nothing.
    pub(super) fn answered(&self, date: &str) -> Option<Reading> {
        let at = Instant::now();
        let ahead = ahead(self.clock, OffsetDateTime::now_utc(), at.duration_since(self.steady), date)?;
        Some(Reading(Measured { at, ahead }))
    }
}

/// What one answer tells of the clocks.
pub(super) struct Reading(Measured);

impl Reading {
    /// Takes it down, unless a newer one was.
    pub(super) fn note(self, environment: &Environment) {
        let mut all = lock();
        let key = environment.key();
        if all.get(&key).is_none_or(|known| known.at <= self.0.at) {
            all.insert(key, self.0);
        }
    }
}

fn lock() -> std::sync::MutexGuard<'static, HashMap<String, Measured>> {
    MEASURED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The `Date`, in whole seconds, was written some time between asking and the answer: what both together leave open is
/// no difference, nor is a second: half of that is the `Date`'s own.
fn ahead(asked: OffsetDateTime, answered: OffsetDateTime, took: Duration, date: &str) -> Option<i64> {
    let by_clock = (answered - asked).whole_milliseconds();
    let took_ms = i128::try_from(took.as_millis()).ok()?;
    if took > LONGEST || (by_clock - took_ms).abs() > JUMP {
        return None;
    }
    let date = OffsetDateTime::parse(date, &Rfc2822).ok()?;
    let middle: time::Duration = (asked - date + (answered - date)) / 2 - time::Duration::milliseconds(500);
    let open = took / 2 + Duration::from_secs(1);
    if middle.unsigned_abs() <= open {
        return Some(0);
    }
    let half = time::Duration::milliseconds(if middle.is_positive() { 500 } else { -500 });
    Some((middle + half).whole_seconds())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-11-24 12:00:00.3 UTC);
    const DATE: &str = "Tue, 24 Nov 2026 12:00:00 GMT";

    fn measured(ahead_ms: i64, took_ms: u64) -> Option<i64> {
        let asked = NOON + time::Duration::milliseconds(ahead_ms);
        let took = Duration::from_millis(took_ms);
        ahead(asked, asked + took, took, DATE)
    }

    #[test]
    fn the_difference_is_told_as_far_as_the_answer_tells_it() {
        for (ahead_ms, took_ms, told) in [
            (0, 100, 0),
            (0, 900, 0),
            (420_000, 100, 420),
            (-420_000, 100, -420),
            // Within a second nothing can be told; a slow answer leaves more open.
            (400, 100, 0),
            (-700, 100, 0),
            (-4_000, 8_000, 0),
        ] {
            assert_eq!(measured(ahead_ms, took_ms), Some(told), "{ahead_ms} {took_ms}");
        }
    }

    #[test]
    fn an_answer_that_tells_nothing_is_not_taken() {
        assert_eq!(measured(0, 11_000), None);
        assert_eq!(ahead(NOON, NOON, Duration::ZERO, "yesterday"), None);
        // The clock was set while the answer was awaited.
        let later = NOON + time::Duration::minutes(7);
        assert_eq!(ahead(NOON, later, Duration::from_millis(50), DATE), None);
    }

    #[test]
    fn the_newest_answer_counts_whatever_comes_last() {
        let environment = Environment::custom("https://clock.example.com").unwrap();
        let reading = |at, ahead| Reading(Measured { at, ahead });
        let now = Instant::now();
        assert_eq!(ahead_of(&environment), None);
        reading(now + Duration::from_secs(1), 7).note(&environment);
        reading(now, 300).note(&environment);
        assert_eq!(ahead_of(&environment), Some(7));
        reading(now + Duration::from_secs(2), 0).note(&environment);
        assert_eq!(ahead_of(&environment), Some(0));
    }
}
