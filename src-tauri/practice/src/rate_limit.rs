//! How many requests a minute each caller may make.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

const WINDOW: Duration = Duration::from_secs(60);

/// Counts the requests of each caller in windows of one minute.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    windows: HashMap<String, (Instant, u32)>,
}

impl RateLimit {
    /// Counts one request of this caller, and says whether it is within `limit`.
    pub fn admits(&mut self, caller: &str, limit: u32, now: Instant) -> bool {
        self.windows.retain(|_, (start, _)| now.duration_since(*start) < WINDOW);
        let (_, count) = self.windows.entry(caller.to_owned()).or_insert((now, 0));
        *count = count.saturating_add(1);
        *count <= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admits_so_many_a_minute() {
        let mut limit = RateLimit::default();
        let now = Instant::now();
        assert!((0..3).all(|_| limit.admits("a", 3, now)));
        assert!(!limit.admits("a", 3, now));
        assert!(limit.admits("b", 3, now));
        assert!(limit.admits("a", 3, now + WINDOW));
    }
}
