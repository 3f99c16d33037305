//! The task that owns a tunnel: starts its program, and starts it again when it ends after it has worked.

use std::{env, time::Duration};

use time::OffsetDateTime;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{TunnelOptions, attempt::Ended, output::Log, provider::Problem};
use crate::{
    SecretText,
    moment::milliseconds,
    setup::view::{TunnelPhase, TunnelView},
};

/// What the handles want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Run,
    Stop,
}

/// The times of a supervisor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// The first try's share of the deadline, as its divisor, if there is a second.
    pub first_share: u32,
    /// From "connected" to the first probe: a name that is asked for too early is remembered as missing.
    pub before_probe: Duration,
    /// Between two probes.
    pub between_probes: Duration,
    /// How long the program may take to end.
    pub patience: Duration,
    /// From an end to the first new start; doubled for each one after.
    pub first_pause: Duration,
    /// The longest pause between two starts.
    pub longest_pause: Duration,
    /// How long one must have been connected to count as having worked: one that comes and goes costs a new address
    /// each time, and the service's patience.
    pub stable: Duration,
    /// How many starts in a row may fail.
    pub starts: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            first_share: 3,
            before_probe: Duration::from_secs(1),
            between_probes: Duration::from_secs(2),
            // The programs end within 0.6 s when idle (measured); those that wait for requests are told to take 3 s.
            patience: Duration::from_secs(4),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            stable: Duration::from_secs(60),
            starts: 8,
        }
    }
}

impl Timing {
    fn pause(&self, failed_starts: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failed_starts.saturating_sub(1));
        self.first_pause.saturating_mul(doubled).min(self.longest_pause)
    }
}

/// Runs until it fails or nobody wants it any more.
pub(super) async fn run(
    options: TunnelOptions,
    timing: Timing,
    publish: watch::Sender<TunnelView>,
    wish: watch::Receiver<Wish>,
) {
    let inherited = options.provider.authtoken_variable().and_then(|name| env::var(name).ok()).map(SecretText::new);
    let log = Log::hiding(inherited.into_iter().chain(options.authtoken.clone()).collect());
    let until = Instant::now() + options.deadline;
    let mut supervisor = Supervisor { options, timing, publish, wish, log, until, connected_at: None };
    let last = supervisor.keep_running().await;
    supervisor.publish.send_modify(|view| {
        view.phase = if last.is_some() { TunnelPhase::Failed } else { TunnelPhase::Stopped };
        view.since = None;
        (view.problem, view.fix) = last.map(|problem| (problem.cause, problem.fix)).unzip();
    });
}

pub(super) struct Supervisor {
    pub(super) options: TunnelOptions,
    pub(super) timing: Timing,
    pub(super) publish: watch::Sender<TunnelView>,
    pub(super) wish: watch::Receiver<Wish>,
    pub(super) log: Log,
    pub(super) until: Instant,
    /// When this start was connected first.
    pub(super) connected_at: Option<Instant>,
}

impl Supervisor {
    /// Starts and starts again; gives why it gave up, or nothing when it was stopped.
    async fn keep_running(&mut self) -> Option<Problem> {
        let mut second_try = false;
        let mut has_worked = false;
        let mut failed_starts = 0;
        loop {
            self.connected_at = None;
            let problem = match self.attempt(second_try).await {
                Ended::Stopped => return None,
                Ended::TryAgain(why) if !second_try => {
                    self.note(why);
                    second_try = true;
                    continue;
                }
                // A second try is not followed by a third.
                Ended::TryAgain(why) => Problem::new(why, "Choose another way."),
                Ended::Failed(problem) => problem,
            };
            has_worked |= self.connected_at.is_some();
            let held = self.connected_at.is_some_and(|since| since.elapsed() >= self.timing.stable);
            failed_starts = if held { 1 } else { failed_starts + 1 };
            // What has never worked is for the user to mend; what has worked may be starting again.
            if !has_worked || failed_starts > self.timing.starts {
                return Some(problem);
            }
            if !self.pause(problem, self.timing.pause(failed_starts)).await {
                return None;
            }
            self.until = Instant::now() + self.options.deadline;
        }
    }

    /// Waits before the next start; `false`: it is to stop.
    async fn pause(&mut self, problem: Problem, pause: Duration) -> bool {
        self.note(&format!("{} It is started again in {} s.", problem.cause, pause.as_secs_f32().ceil()));
        self.publish.send_modify(|view| {
            view.phase = TunnelPhase::Starting;
            view.url = None;
            view.since = None;
            view.restarts += 1;
            view.problem = Some(problem.cause);
            view.fix = Some("It is being started again. A new address is told to Polar and to your env file.".into());
        });
        let mut wish = self.wish.clone();
        tokio::select! {
            () = sleep(pause) => true,
            () = stopped(&mut wish) => false,
        }
    }

    pub(super) fn note(&mut self, line: &str) {
        self.log.add(line);
        let lines = self.log.lines();
        self.publish.send_modify(|view| view.log = lines);
    }

    /// Publishes a phase, which takes away what stood in its way.
    pub(super) fn phase(&self, phase: TunnelPhase, url: Option<&url::Url>) {
        self.publish.send_modify(|view| {
            view.phase = phase;
            if let Some(url) = url {
                view.url = Some(url.as_str().trim_end_matches('/').to_owned());
            }
            let up = matches!(phase, TunnelPhase::Connected | TunnelPhase::Reachable);
            view.since = up.then(|| view.since.unwrap_or_else(|| milliseconds(OffsetDateTime::now_utc())));
            view.problem = None;
            view.fix = None;
        });
    }
}

/// Resolves once the handles want it to end, or are gone.
pub(super) async fn stopped(wish: &mut watch::Receiver<Wish>) {
    // An error says that the last handle was dropped.
    let _ = wish.wait_for(|wish| *wish == Wish::Stop).await;
}
