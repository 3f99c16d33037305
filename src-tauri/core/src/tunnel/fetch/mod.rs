//! Fetches cloudflared on request: the official release for this machine, its published checksum compared before it is
//! put where it can be run. An abort leaves nothing behind.

mod download;
mod error;
mod release;
#[cfg(test)]
mod tests;
mod unpack;
mod web;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::watch;
use url::Url;

use self::error::FetchError;
use crate::setup::{
    memory::{Memory, MemoryError},
    view::{FetchPhase, FetchView},
};

/// How GitHub describes the newest release.
const LATEST: &str = "https://api.github.com/repos/cloudflare/cloudflared/releases/latest";
const STALL: Duration = Duration::from_secs(30);

/// Where fetched programs are.
///
/// # Errors
/// The system names no folder for data of programs.
pub fn fetched_programs() -> Result<PathBuf, MemoryError> {
    Ok(Memory::folder()?.join("bin"))
}

/// What is fetched, from where, and where to.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// The newest release, as GitHub's API describes it. Plain HTTP only on this machine.
    pub latest: Url,
    /// The release's file for this machine; `None`: there is none.
    pub file: Option<&'static str>,
    /// Where the program is put; made if it is not there.
    pub folder: PathBuf,
    /// How long nothing may come before it is given up.
    pub stall: Duration,
}

impl FetchOptions {
    /// The official release for this machine, into this folder (see [`fetched_programs`]).
    ///
    /// # Panics
    /// Never: the address is well formed.
    #[must_use]
    pub fn official(folder: PathBuf) -> Self {
        let latest = Url::parse(LATEST).expect("the address is constant");
        let file = release::file_for(std::env::consts::OS, std::env::consts::ARCH);
        Self { latest, file, folder, stall: STALL }
    }
}

/// A handle on a download; clones are handles on the same one. It ends with [`Fetch::cancel`], and when the last handle
/// is dropped.
#[derive(Clone)]
pub struct Fetch {
    owner: Arc<Owner>,
}

struct Owner {
    view: watch::Receiver<FetchView>,
    cancel: watch::Sender<bool>,
}

impl Fetch {
    /// Starts one. Must be called inside a Tokio runtime. What goes wrong shows in [`Fetch::status`].
    #[must_use]
    pub fn start(options: FetchOptions) -> Self {
        let first = FetchView {
            phase: FetchPhase::Looking,
            bytes: 0,
            total: None,
            version: None,
            path: None,
            problem: None,
            fix: None,
        };
        let (publish, view) = watch::channel(first);
        let (cancel, cancelled) = watch::channel(false);
        tokio::spawn(run(options, publish, cancelled));
        Self { owner: Arc::new(Owner { view, cancel }) }
    }

    /// How it stands now.
    #[must_use]
    pub fn status(&self) -> FetchView {
        self.owner.view.borrow().clone()
    }

    /// Each change; it closes when nothing more will happen.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<FetchView> {
        self.owner.view.clone()
    }

    /// Ends it, and waits until nothing of it is left. One that is done stays done.
    pub async fn cancel(&self) {
        self.owner.cancel.send_replace(true);
        self.finished().await;
    }

    /// Waits until it is done, has failed or was cancelled.
    pub async fn finished(&self) -> FetchView {
        let mut view = self.owner.view.clone();
        while view.changed().await.is_ok() {}
        self.status()
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Fetch").field("phase", &self.owner.view.borrow().phase).finish_non_exhaustive()
    }
}

async fn run(options: FetchOptions, publish: watch::Sender<FetchView>, mut cancelled: watch::Receiver<bool>) {
    let result = tokio::select! {
        biased;
        // An error says that the last handle was dropped. The other branch then drops its temporary files.
        _ = cancelled.wait_for(|cancelled| *cancelled) => None,
        result = fetch(&options, &publish) => Some(result),
    };
    publish.send_modify(|view| match result {
        Some(Ok(path)) => {
            view.phase = FetchPhase::Done;
            view.path = Some(path.display().to_string());
        }
        Some(Err(error)) => {
            view.phase = FetchPhase::Failed;
            view.problem = Some(error.to_string());
            view.fix = Some(error.fix());
        }
        None => view.phase = FetchPhase::Cancelled,
    });
}

async fn fetch(options: &FetchOptions, publish: &watch::Sender<FetchView>) -> Result<PathBuf, FetchError> {
    let file = options.file.ok_or(FetchError::NoFile)?;
    let web = web::Web::new(&options.latest, options.stall)?;
    let release = release::Release::latest(&web, &options.latest, file).await?;
    publish.send_modify(|view| {
        view.phase = FetchPhase::Downloading;
        view.version = Some(release.version.clone());
        view.total = Some(release.size);
    });
    let downloaded = download::download(&web, &release, &options.folder, |bytes| {
        publish.send_modify(|view| view.bytes = bytes);
    })
    .await?;
    publish.send_modify(|view| view.phase = FetchPhase::Checking);
    let program = unpack::checked_program(downloaded, release, options.folder.clone()).await?;
    // From here to the end nothing waits, so that a cancelled one is never put in place.
    let path = options.folder.join(if cfg!(windows) { "cloudflared.exe" } else { "cloudflared" });
    program.persist(&path).map_err(|error| FetchError::disk(&path, error.error))?;
    Ok(path)
}
