//! Whether the env file was ever committed: what it held then can be read by everyone who has the repository.

use std::{path::Path, sync::Mutex};

use gix::{ObjectId, Repository};

use super::{Search, commits::day, lock};
use crate::project::git::repository;

/// A sentence about the commits that hold the env file; `None`: none does.
pub(super) fn note(
    search: &Search<'_>,
    repository: &Repository,
    folder: &Path,
    env_file: &str,
    commits: &[ObjectId],
) -> Option<String> {
    let path = repository::path_inside(repository, folder)?.join(env_file);
    let shared = repository.clone().into_sync();
    let holding: Mutex<Vec<(i64, ObjectId)>> = Mutex::default();
    search.progress.expect(commits.len());
    // Each thread remembers the last tree: commits beside each other in a pack often share it.
    let state = || (shared.to_thread_local(), None);
    search.progress.share(commits.len(), state, |(repository, last), number| {
        let id = commits[number];
        if let Some((seconds, true)) = holds(repository, last, id, &path) {
            lock(&holding).push((seconds, id));
        }
        search.progress.step(1);
    });
    let holding = holding.into_inner().ok()?;
    let (seconds, newest) = *holding.iter().max()?;
    let many = if holding.len() == 1 { "One commit holds".into() } else { format!("{} commits hold", holding.len()) };
    Some(format!(
        "{many} {env_file}, the newest is {} of {}. Whoever can read the repository can read what the file held then.",
        newest.to_hex_with_len(10),
        day(seconds).unwrap_or_default()
    ))
}

/// The commit's time, and whether its tree has the path.
fn holds(
    repository: &Repository,
    last: &mut Option<(ObjectId, bool)>,
    id: ObjectId,
    path: &Path,
) -> Option<(i64, bool)> {
    let commit = repository.find_commit(id).ok()?;
    let seconds = commit.time().map_or(0, |time| time.seconds);
    let tree = commit.tree_id().ok()?.detach();
    if let Some((known, holds)) = *last
        && known == tree
    {
        return Some((seconds, holds));
    }
    let entry = repository.find_tree(tree).ok()?.lookup_entry_by_path(path).ok()?;
    let holds = entry.is_some_and(|entry| entry.mode().is_blob());
    *last = Some((tree, holds));
    Some((seconds, holds))
}
