//! How far the search is, published now and then, and whether it shall end; and sharing work among threads.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::setup::view::LeaksView;

const INTERVAL: Duration = Duration::from_millis(100);
/// More threads than this would slow down the work the user does meanwhile.
const THREADS: usize = 4;

#[derive(Debug)]
pub(super) struct Progress {
    cancelled: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    published: Mutex<Instant>,
    pub(super) view: watch::Sender<LeaksView>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            cancelled: AtomicBool::new(false),
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            published: Mutex::new(Instant::now()),
            view: watch::Sender::new(LeaksView::default()),
        }
    }

    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(super) fn expect(&self, more: usize) {
        self.total.fetch_add(more as u64, Ordering::Relaxed);
    }

    pub(super) fn step(&self, count: usize) {
        self.done.fetch_add(count as u64, Ordering::Relaxed);
        // Whoever holds the lock publishes; the others go on.
        if let Ok(mut published) = self.published.try_lock()
            && published.elapsed() >= INTERVAL
        {
            *published = Instant::now();
            self.view.send_modify(|view| self.count(view));
        }
    }

    /// Writes the numbers into the view.
    pub(super) fn count(&self, view: &mut LeaksView) {
        view.done = self.done.load(Ordering::Relaxed);
        view.total = self.total.load(Ordering::Relaxed);
    }

    /// Does `work` for every number below `count`, on a few threads with a state each, until cancelled.
    pub(super) fn share<S>(&self, count: usize, state: impl Fn() -> S + Sync, work: impl Fn(&mut S, usize) + Sync) {
        const BATCH: usize = 32;
        let next = AtomicUsize::new(0);
        let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mut state = state();
                    loop {
                        let from = next.fetch_add(BATCH, Ordering::Relaxed);
                        for number in from..count.min(from.saturating_add(BATCH)) {
                            if self.is_cancelled() {
                                return;
                            }
                            work(&mut state, number);
                        }
                        if from >= count {
                            return;
                        }
                    }
                });
            }
        });
    }
}
