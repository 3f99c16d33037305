//! The task that owns a tunnel's process: starts it, reads it, judges it, tells about it and ends it.

use std::{env, io, process::ExitStatus, time::Duration};

use futures_util::future::{BoxFuture, OptionFuture};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use url::Url;

use super::{
    TunnelOptions,
    output::Log,
    process::Process,
    provider::{Launch, Problem, Seen},
};
use crate::{
    SecretText,
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
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            first_share: 3,
            before_probe: Duration::from_secs(1),
            between_probes: Duration::from_secs(2),
            // Both programs end within 0.6 s when idle; with requests under way cloudflared is told to take 3 s.
            patience: Duration::from_secs(4),
        }
    }
}

/// How long the output of an ended process may stay open: something it started may hold it.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How one try ended.
enum Ended {
    Stopped,
    /// It may go better another way.
    TryAgain(&'static str),
    Failed(Problem),
}

/// Runs until it fails or nobody wants it any more.
pub(super) async fn run(
    options: TunnelOptions,
    timing: Timing,
    publish: watch::Sender<TunnelView>,
    wish: watch::Receiver<Wish>,
) {
    let until = Instant::now() + options.deadline;
    let known = env::var("NGROK_AUTHTOKEN").ok().map(SecretText::new);
    let log = Log::hiding(known.into_iter().collect());
    let mut supervisor = Supervisor { options, timing, publish, wish, log, until };
    let mut ended = supervisor.attempt(false).await;
    if let Ended::TryAgain(why) = ended {
        supervisor.note(why);
        ended = supervisor.attempt(true).await;
    }
    supervisor.publish.send_modify(|view| match ended {
        Ended::Stopped => {
            view.phase = TunnelPhase::Stopped;
            view.problem = None;
            view.fix = None;
        }
        Ended::Failed(problem) => {
            view.phase = TunnelPhase::Failed;
            view.problem = Some(problem.cause);
            view.fix = Some(problem.fix);
        }
        // A second try is not followed by a third.
        Ended::TryAgain(why) => {
            view.phase = TunnelPhase::Failed;
            view.problem = Some(why.to_owned());
        }
    });
}

struct Supervisor {
    options: TunnelOptions,
    timing: Timing,
    publish: watch::Sender<TunnelView>,
    wish: watch::Receiver<Wish>,
    log: Log,
    until: Instant,
}

/// What can happen while the process runs.
enum Event {
    Line(String),
    OutputEnded,
    Exited(io::Result<ExitStatus>),
    /// It has exited, and something that it left behind holds its output open.
    OutputLeftOpen,
    Stop,
    Late,
    ProbeDue,
    Probed(Result<(), String>),
}

/// How far a try has come.
struct Progress {
    address: Option<Url>,
    connected: bool,
    reachable: bool,
    /// What the second try does differently, as long as there may be one.
    alternative: Option<&'static str>,
    late: Instant,
    next_probe: Instant,
    probing: Option<BoxFuture<'static, Result<(), String>>>,
}

impl Supervisor {
    async fn attempt(&mut self, second_try: bool) -> Ended {
        self.publish.send_modify(|view| {
            view.phase = TunnelPhase::Starting;
            view.url = None;
        });
        let program = self.options.provider.program();
        // Kept until the process is gone.
        let empty_file = match tempfile::Builder::new().prefix("polar-setup-").suffix(".yml").tempfile() {
            Ok(file) => file,
            Err(error) => return Ended::Failed(no_file(&error)),
        };
        let launch = Launch { receiver: self.options.receiver, empty_file: empty_file.path(), second_try };
        let arguments = program.arguments(&launch);
        let (mut process, lines) = match Process::start(&self.options.program, arguments, program.variables_kept_away())
        {
            Ok(started) => started,
            Err(error) => return Ended::Failed(self.not_started(&error)),
        };
        let ended = self.watch(&mut process, lines, second_try).await;
        process.stop(self.timing.patience).await;
        ended
    }

    /// Looks after a running process until it is to be ended, or has.
    async fn watch(&mut self, process: &mut Process, mut lines: mpsc::Receiver<String>, second_try: bool) -> Ended {
        let start = Instant::now();
        let alternative = self.options.provider.program().second_try().filter(|_| !second_try);
        let mut progress = Progress {
            address: None,
            connected: false,
            reachable: false,
            alternative,
            late: alternative.map_or(self.until, |_| start + self.options.deadline / self.timing.first_share),
            next_probe: start,
            probing: None,
        };
        let mut wish = self.wish.clone();
        let mut exited: Option<io::Result<ExitStatus>> = None;
        let mut last_words = start;
        loop {
            let event = tokio::select! {
                // Output before its end, so that an end is judged with all that was said before it.
                biased;
                line = lines.recv() => line.map_or(Event::OutputEnded, Event::Line),
                () = stopped(&mut wish) => Event::Stop,
                status = process.ended(), if exited.is_none() => Event::Exited(status),
                () = sleep_until(last_words), if exited.is_some() => Event::OutputLeftOpen,
                () = sleep_until(progress.late), if !progress.connected && exited.is_none() => Event::Late,
                Some(seen) = OptionFuture::from(progress.probing.as_mut()) => Event::Probed(seen),
                () = sleep_until(progress.next_probe), if progress.wants_probe() => Event::ProbeDue,
            };
            match event {
                Event::Line(line) => {
                    self.note(&line);
                    for seen in self.options.provider.program().read(&line) {
                        if let Some(problem) = self.take(&mut progress, seen) {
                            return Ended::Failed(problem);
                        }
                    }
                }
                Event::Exited(status) => {
                    exited = Some(status);
                    last_words = Instant::now() + LAST_WORDS;
                }
                Event::OutputEnded => {
                    let status = match exited {
                        Some(status) => status,
                        None => process.ended().await,
                    };
                    return self.judge_exit(&progress, &status);
                }
                Event::OutputLeftOpen => {
                    return self.judge_exit(&progress, &exited.unwrap_or_else(|| Err(io::Error::other("unknown"))));
                }
                Event::Stop => return Ended::Stopped,
                Event::Late => {
                    if let Some(ended) = self.judge_late(&mut progress) {
                        return ended;
                    }
                }
                Event::ProbeDue => progress.probing = progress.address.clone().map(|url| (self.options.probe)(url)),
                Event::Probed(seen) => self.probed(&mut progress, seen),
            }
        }
    }

    /// Takes in what a line told; gives what makes an end of it.
    fn take(&self, progress: &mut Progress, seen: Seen) -> Option<Problem> {
        match seen {
            Seen::Address(url) => {
                self.phase(TunnelPhase::AddressKnown, Some(&url));
                progress.address = Some(url);
            }
            Seen::Connected if !progress.connected => {
                progress.connected = true;
                progress.alternative = None;
                progress.next_probe = Instant::now() + self.timing.before_probe;
                self.phase(TunnelPhase::Connected, None);
            }
            Seen::Disconnected if progress.connected => {
                progress.connected = false;
                progress.reachable = false;
                progress.probing = None;
                progress.late = Instant::now() + self.options.deadline;
                self.phase(TunnelPhase::AddressKnown, None);
            }
            Seen::Connected | Seen::Disconnected => {}
            Seen::Fatal(problem) => return Some(problem),
        }
        None
    }

    fn probed(&self, progress: &mut Progress, seen: Result<(), String>) {
        progress.probing = None;
        progress.next_probe = Instant::now() + self.timing.between_probes;
        match seen {
            Ok(()) => {
                progress.reachable = true;
                self.phase(TunnelPhase::Reachable, None);
            }
            Err(problem) if Instant::now() >= self.until => self.publish.send_modify(|view| {
                view.problem = Some(format!("It is connected, but no request of ours came back through it. {problem}"));
                view.fix = Some(
                    "A new address may take a minute until this network knows it. Polar may reach it all the same: go on, \
                     and see in the last step."
                        .into(),
                );
            }),
            // A new address takes its time until everybody knows it.
            Err(_) => {}
        }
    }

    fn judge_exit(&self, progress: &Progress, status: &io::Result<ExitStatus>) -> Ended {
        match progress.alternative {
            // It had an address and gave up connecting: another way may be open.
            Some(why) if progress.address.is_some() => Ended::TryAgain(why),
            _ => Ended::Failed(self.exited(status)),
        }
    }

    fn judge_late(&self, progress: &mut Progress) -> Option<Ended> {
        match progress.alternative.take() {
            Some(why) if progress.address.is_some() => Some(Ended::TryAgain(why)),
            // Not even an address: another way of connecting would not help. The rest of the time is for waiting.
            Some(_) if Instant::now() < self.until => {
                progress.late = self.until;
                None
            }
            _ => Some(Ended::Failed(self.hangs(progress.address.is_some()))),
        }
    }

    fn phase(&self, phase: TunnelPhase, url: Option<&Url>) {
        self.publish.send_modify(|view| {
            view.phase = phase;
            if let Some(url) = url {
                view.url = Some(url.as_str().trim_end_matches('/').to_owned());
            }
            view.problem = None;
            view.fix = None;
        });
    }

    fn note(&mut self, line: &str) {
        self.log.add(line);
        let lines = self.log.lines();
        self.publish.send_modify(|view| view.log = lines);
    }

    fn name(&self) -> &'static str {
        self.options.provider.name()
    }

    fn not_started(&self, error: &io::Error) -> Problem {
        let (name, path) = (self.name(), self.options.program.display());
        match error.kind() {
            io::ErrorKind::NotFound => Problem::new(
                format!("There is no {name} at {path} any more."),
                format!("Install it with: {}", self.options.provider.install_command()),
            ),
            io::ErrorKind::PermissionDenied => Problem::new(
                format!("{path} may not be run by you."),
                format!("Make it executable, for example with: chmod +x {path}"),
            ),
            _ => Problem::new(
                format!("{path} cannot be run: {error}. It may be made for another processor."),
                format!("Install it anew with: {}", self.options.provider.install_command()),
            ),
        }
    }

    fn exited(&self, status: &io::Result<ExitStatus>) -> Problem {
        if let Some(problem) = self.options.provider.program().explain(&self.log.lines()) {
            return problem;
        }
        let how = match status {
            Ok(status) => status.code().map_or_else(|| "killed by a signal".into(), |code| format!("exit code {code}")),
            Err(error) => error.to_string(),
        };
        let last = self.log.lines().last().map_or_else(String::new, |line| format!(" It last said: {line}"));
        Problem::new(format!("{} has ended ({how}).{last}", self.name()), "Start it again, or choose another way.")
    }

    fn hangs(&self, has_address: bool) -> Problem {
        if let Some(problem) = self.options.provider.program().explain(&self.log.lines()) {
            return problem;
        }
        let (name, seconds) = (self.name(), self.options.deadline.as_secs());
        let cause = if has_address {
            format!("{name} has an address, but was not connected within {seconds} seconds.")
        } else {
            format!("{name} had no address within {seconds} seconds.")
        };
        Problem::new(cause, "See whether this network lets it out (firewall, VPN, proxy), or choose another way.")
    }
}

impl Progress {
    fn wants_probe(&self) -> bool {
        self.connected && !self.reachable && self.address.is_some() && self.probing.is_none()
    }
}

fn no_file(error: &io::Error) -> Problem {
    Problem::new(format!("No temporary file can be made: {error}."), "See that the disk is not full.")
}

/// Resolves once the handles want it to end, or are gone.
async fn stopped(wish: &mut watch::Receiver<Wish>) {
    // An error says that the last handle was dropped.
    let _ = wish.wait_for(|wish| *wish == Wish::Stop).await;
}
