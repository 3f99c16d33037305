//! The search for leaked secrets: in the files, and in everything that the repository keeps.

mod client;
mod commits;
mod env_history;
mod files;
mod findings;
mod needles;
mod objects;
mod progress;
mod report;
#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use tokio::sync::watch;

use self::{findings::Findings, needles::Needles, progress::Progress};
use super::repository::{self, Opened};
use crate::{
    SecretText,
    setup::view::{LeaksPhase, LeaksView},
};

/// Larger files and objects are counted, not looked at.
const LARGEST: u64 = 16 << 20;

/// A search under way. Dropped, it is cancelled.
#[derive(Debug)]
pub struct LeakScan {
    progress: Arc<Progress>,
}

/// What the parts of a search share.
struct Search<'scan> {
    progress: &'scan Progress,
    needles: &'scan Needles,
    findings: Mutex<Findings>,
}

impl LeakScan {
    /// Begins to look for any organization access token, for these secrets, and for commits of the env file, on threads
    /// of its own.
    #[must_use]
    pub fn start(folder: &Path, env_file: &str, secrets: &[SecretText]) -> Self {
        let progress = Arc::new(Progress::new());
        progress.view.send_modify(|view| {
            view.phase = LeaksPhase::Running;
            "the files".clone_into(&mut view.looked_at);
        });
        let (shared, needles) = (Arc::clone(&progress), Needles::new(secrets));
        let (folder, env_file) = (folder.to_path_buf(), env_file.to_owned());
        let run = move || run(&shared, &folder, &env_file, &needles);
        let started = thread::Builder::new().name("leaks".to_owned()).spawn(run);
        if let Err(error) = started {
            fail(&progress, format!("The search could not be started: {error}."));
        }
        Self { progress }
    }

    /// How the search stands, now and whenever it changes, at most about ten times a second.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<LeaksView> {
        self.progress.view.subscribe()
    }

    /// Ends it. What was found so far is still told.
    pub fn cancel(&self) {
        self.progress.cancel();
    }
}

impl Drop for LeakScan {
    fn drop(&mut self) {
        self.progress.cancel();
    }
}

fn run(progress: &Progress, folder: &Path, env_file: &str, needles: &Needles) {
    // Odd repositories have made libraries panic before; the window then says so instead of waiting forever.
    let whole = std::panic::AssertUnwindSafe(|| look(progress, folder, env_file, needles));
    if std::panic::catch_unwind(whole).is_err() {
        fail(progress, "The search ended early: the repository holds something that cannot be read.".to_owned());
    }
}

fn fail(progress: &Progress, note: String) {
    progress.view.send_modify(|view| {
        view.phase = LeaksPhase::Failed;
        view.notes.push(note);
    });
}

fn look(progress: &Progress, folder: &Path, env_file: &str, needles: &Needles) {
    let search = Search { progress, needles, findings: Mutex::new(Findings::default()) };
    let opened = repository::open(folder);
    let repository = if let Opened::Found(repository) = &opened { Some(repository.as_ref()) } else { None };
    let files = files::search(&search, folder, repository);
    let mut committed = None;
    let objects = repository.map(|repository| {
        progress.view.send_modify(|view| "the history".clone_into(&mut view.looked_at));
        let objects = objects::search(&search, repository);
        let mut commits = std::mem::take(&mut *lock(&objects.commits));
        // A pack and the loose objects may both have one.
        commits.sort_unstable();
        commits.dedup();
        committed = env_history::note(&search, repository, folder, env_file, &commits);
        // Taken out, so that nothing is locked while the commits are walked.
        let mut found = std::mem::take(&mut lock(&search.findings).leaks);
        commits::name(&search, repository, commits, &mut found);
        lock(&search.findings).leaks = found;
        objects
    });
    let shallow = repository.is_some_and(|repository| repository.is_shallow().unwrap_or(false));
    let mut view = LeaksView::default();
    view.notes.extend(committed);
    report::notes(&mut view, &files, objects.as_ref(), shallow);
    let findings = lock(&search.findings);
    if findings.overflow {
        view.notes.push("More was found than is shown: remove these, and search again.".to_owned());
    }
    view.leaks = report::leaks(&findings, needles);
    progress.count(&mut view);
    view.phase = match &opened {
        _ if progress.is_cancelled() => LeaksPhase::Cancelled,
        Opened::Found(_) => LeaksPhase::Done,
        Opened::None => LeaksPhase::NoRepository,
        Opened::Unreadable(why) => {
            view.notes.push(format!("The git repository could not be read, only the files were looked at: {why}."));
            LeaksPhase::Failed
        }
    };
    progress.view.send_replace(view);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
