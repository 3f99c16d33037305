//! One start of a tunnel's program: watched from its first line to its end.

use std::{io, path::Path, process::ExitStatus, time::Duration};

use futures_util::future::{BoxFuture, OptionFuture};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use url::Url;

use super::{
    leftovers::Record,
    process::Process,
    provider::{Launch, Problem, Seen},
    supervisor::{Supervisor, stopped},
    words,
};
use crate::setup::view::TunnelPhase;

/// How long the output of an ended process may stay open: something it started may hold it.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How one start ended.
pub(super) enum Ended {
    Stopped,
    /// It may go better another way.
    TryAgain(&'static str),
    Failed(Problem),
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
    pub(super) async fn attempt(&mut self, second_try: bool) -> Ended {
        self.publish.send_modify(|view| {
            view.phase = TunnelPhase::Starting;
            view.url = None;
        });
        self.log.begin();
        let program = self.options.provider.program();
        // Kept until the process is gone.
        let empty_file = match EmptyFile::get() {
            Ok(file) => file,
            Err(error) => return Ended::Failed(words::no_file(&error)),
        };
        let launch = Launch {
            receiver: self.options.receiver,
            domain: self.options.domain.as_deref(),
            empty_file: empty_file.path(),
            second_try,
        };
        let arguments = program.arguments(&launch);
        let authtoken = program.authtoken_variable().zip(self.options.authtoken.as_ref());
        let (mut process, lines) =
            match Process::start(&self.options.program, arguments, program.variables_kept_away(), authtoken) {
                Ok(started) => started,
                Err(error) => return Ended::Failed(words::not_started(&self.options, &error)),
            };
        let _record = self.record(&process);
        let ended = self.watch(&mut process, lines, second_try).await;
        process.stop(self.timing.patience).await;
        ended
    }

    fn record(&self, process: &Process) -> Option<Record> {
        let data = self.options.data.as_deref()?;
        let record = Record::write(data, process.id()?, &self.options.program);
        record.inspect_err(|error| tracing::info!(%error, "the tunnel could not be recorded")).ok()
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
                    // What is told further on comes from here: no secret may be in it any more.
                    let line = self.log.redacted(&line);
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
    fn take(&mut self, progress: &mut Progress, seen: Seen) -> Option<Problem> {
        match seen {
            Seen::Address(url) => {
                self.phase(TunnelPhase::AddressKnown, Some(&url));
                progress.address = Some(url);
            }
            Seen::Connected if !progress.connected && progress.address.is_some() => {
                progress.connected = true;
                self.connected_at.get_or_insert_with(Instant::now);
                // How it got here says nothing about how it may end.
                self.log.begin();
                progress.alternative = None;
                progress.next_probe = Instant::now() + self.timing.before_probe;
                self.phase(TunnelPhase::Connected, None);
            }
            Seen::Disconnected if progress.connected => {
                progress.connected = false;
                progress.reachable = false;
                progress.probing = None;
                self.until = Instant::now() + self.options.deadline;
                progress.late = self.until;
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
            _ => Ended::Failed(words::exited(&self.options, &self.log.since_start(), status)),
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
            _ => Some(Ended::Failed(words::hangs(&self.options, &self.log.since_start(), progress.address.is_some()))),
        }
    }
}

impl Progress {
    fn wants_probe(&self) -> bool {
        self.connected && !self.reachable && self.address.is_some() && self.probing.is_none()
    }
}

/// A file without a word in it.
#[cfg(unix)]
struct EmptyFile;

#[cfg(unix)]
impl EmptyFile {
    #[allow(clippy::unnecessary_wraps)] // elsewhere it can fail
    const fn get() -> io::Result<Self> {
        Ok(Self)
    }

    #[allow(clippy::unused_self)] // elsewhere it is used
    fn path(&self) -> &Path {
        // Never left behind, however this program ends. It is taken for an empty file (measured).
        Path::new("/dev/null")
    }
}

#[cfg(not(unix))]
struct EmptyFile(tempfile::NamedTempFile);

#[cfg(not(unix))]
impl EmptyFile {
    fn get() -> io::Result<Self> {
        tempfile::Builder::new().prefix("polar-setup-").suffix(".yml").tempfile().map(Self)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}
