//! Tunnels: programs that give this machine a public address, started, watched and ended by this one.
//!
//! A [`Provider`] is a small value that knows one program: how to find and start it, how to read what it prints and how
//! to name its failures. One supervisor task owns the process and publishes a [`TunnelView`] for whoever looks.

mod attempt;
mod cloudflared;
mod fetch;
mod install;
mod leftovers;
mod ngrok;
mod output;
mod probe;
mod process;
mod programs;
mod provider;
mod supervisor;
#[cfg(test)]
#[cfg(unix)]
mod tests;
mod words;

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::watch;
use url::Url;

use self::supervisor::{Timing, Wish};
pub use self::{
    fetch::{Fetch, FetchOptions, fetched_programs},
    leftovers::end_leftovers,
    probe::{Probe, probe},
    programs::find_programs,
    provider::Provider,
};
use crate::{
    SecretText,
    setup::view::{TunnelPhase, TunnelView},
};

/// How long a tunnel may take until it carries a request: a new address needs its time until it is known everywhere.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// What a tunnel needs to know.
#[derive(Clone)]
pub struct TunnelOptions {
    /// Whose program.
    pub provider: Provider,
    /// Where it is.
    pub program: PathBuf,
    /// The account's authtoken, for programs that need one; `None`: the program has its own, or none.
    pub authtoken: Option<SecretText>,
    /// The account's own address to use, without `https://`.
    pub domain: Option<String>,
    /// Where requests go: our receiver.
    pub receiver: SocketAddr,
    /// The program's own data, where running tunnels are recorded; `None`: nothing is.
    pub data: Option<PathBuf>,
    /// How long it may take until a request came back through it.
    pub deadline: Duration,
    /// Whether a request through the address comes back.
    pub probe: Probe,
}

/// A handle on a tunnel; clones are handles on the same one. The program ends with [`Tunnel::stop`], when the last
/// handle is dropped, and when this program dies in whatever way.
#[derive(Clone)]
pub struct Tunnel {
    owner: Arc<Owner>,
}

struct Owner {
    view: watch::Receiver<TunnelView>,
    wish: watch::Sender<Wish>,
}

impl Tunnel {
    /// Starts one. Must be called inside a Tokio runtime, which its supervisor then runs in. What goes wrong shows in
    /// [`Tunnel::status`].
    #[must_use]
    pub fn start(options: TunnelOptions) -> Self {
        Self::start_with(options, Timing::default())
    }

    fn start_with(options: TunnelOptions, timing: Timing) -> Self {
        let first = TunnelView {
            program: options.provider.name().to_owned(),
            phase: TunnelPhase::Starting,
            url: None,
            problem: None,
            fix: None,
            since: None,
            restarts: 0,
            log: Vec::new(),
        };
        let (publish, view) = watch::channel(first);
        let (wish, wished) = watch::channel(Wish::Run);
        tokio::spawn(supervisor::run(options, timing, publish, wished));
        Self { owner: Arc::new(Owner { view, wish }) }
    }

    /// How it stands now.
    #[must_use]
    pub fn status(&self) -> TunnelView {
        self.owner.view.borrow().clone()
    }

    /// Each change; it closes when the supervisor has ended.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<TunnelView> {
        self.owner.view.clone()
    }

    /// Ends the program and waits until it is gone.
    pub async fn stop(&self) {
        self.owner.wish.send_replace(Wish::Stop);
        let mut view = self.owner.view.clone();
        // The supervisor closes the channel once the process is gone.
        while view.changed().await.is_ok() {}
    }

    /// Waits until it is of use: a request came back through it, or it is connected and `deadline` is over.
    ///
    /// # Errors
    /// It failed or was stopped; the view says why.
    pub async fn ready(&self) -> Result<Url, TunnelView> {
        let mut view = self.owner.view.clone();
        let settled = view.wait_for(|view| match view.phase {
            TunnelPhase::Reachable | TunnelPhase::Failed | TunnelPhase::Stopped => true,
            TunnelPhase::Connected => view.problem.is_some(),
            TunnelPhase::Starting | TunnelPhase::AddressKnown => false,
        });
        let view = match settled.await {
            Ok(view) => view.clone(),
            // The supervisor ended in between: what it said last stands.
            Err(_) => self.status(),
        };
        match (view.phase, view.url.as_deref().and_then(|url| Url::parse(url).ok())) {
            (TunnelPhase::Reachable | TunnelPhase::Connected, Some(url)) => Ok(url),
            _ => Err(view),
        }
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tunnel").field("phase", &self.owner.view.borrow().phase).finish_non_exhaustive()
    }
}
