//! Naming the commit and the path of what was found in objects. Only done when something was found.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use gix::{ObjectId, Repository, objs::Kind};
use time::OffsetDateTime;

use super::{Search, findings::Leak};
use crate::setup::view::LeakHistory;

/// Trees nested deeper than any project's are the work of someone who means harm.
const DEEPEST: usize = 256;

/// A commit as far as needed here.
struct Commit {
    id: ObjectId,
    tree: ObjectId,
    parents: Vec<ObjectId>,
    seconds: i64,
}

/// The wanted objects below a tree, with their paths in it.
type Holds = Rc<[(ObjectId, String)]>;

/// Gives each leak its place in the history. `ids` are all commits that the repository keeps.
pub(super) fn name(search: &Search<'_>, repository: &Repository, ids: Vec<ObjectId>, leaks: &mut [Leak]) {
    let wanted: HashSet<ObjectId> = leaks.iter().flat_map(|leak| leak.objects.iter().map(|(id, ..)| *id)).collect();
    if wanted.is_empty() {
        return;
    }
    let ids: HashSet<ObjectId> = ids.into_iter().collect();
    search.progress.expect(ids.len());
    let mut commits: Vec<Commit> = ids.into_iter().filter_map(|id| read(repository, id)).collect();
    commits.sort_unstable_by_key(|commit| (commit.seconds, commit.id));
    let mut trees = Trees { repository, wanted, known: HashMap::new() };
    let mut holds: HashMap<ObjectId, Holds> = HashMap::new();
    for commit in &commits {
        if search.progress.is_cancelled() {
            break;
        }
        let mut below = trees.below(commit.tree, 0);
        if trees.wanted.contains(&commit.id) {
            below = below.iter().cloned().chain([(commit.id, String::new())]).collect();
        }
        if !below.is_empty() {
            holds.insert(commit.id, below);
        }
        search.progress.step(1);
    }
    let reachable = reachable(repository, &commits);
    let head = repository.head_id().ok().map(gix::Id::detach);
    for leak in leaks.iter_mut().filter(|leak| !leak.objects.is_empty()) {
        leak.history = Some(history(search, repository, leak, &commits, &holds, &reachable, head));
    }
}

fn read(repository: &Repository, id: ObjectId) -> Option<Commit> {
    let commit = repository.find_commit(id).ok()?;
    Some(Commit {
        id,
        tree: commit.tree_id().ok()?.detach(),
        parents: commit.parent_ids().map(gix::Id::detach).collect(),
        seconds: commit.time().map_or(0, |time| time.seconds),
    })
}

fn history(
    search: &Search<'_>,
    repository: &Repository,
    leak: &Leak,
    commits: &[Commit],
    holds: &HashMap<ObjectId, Holds>,
    reachable: &HashSet<ObjectId>,
    head: Option<ObjectId>,
) -> LeakHistory {
    let lines: HashMap<ObjectId, u32> = leak.objects.iter().map(|(id, _, line)| (*id, *line)).collect();
    let place = |id: &ObjectId| {
        let holds = holds.get(id)?;
        holds.iter().find_map(|(object, path)| Some((path.clone(), *lines.get(object)?)))
    };
    let with: HashSet<ObjectId> =
        commits.iter().filter(|commit| place(&commit.id).is_some()).map(|commit| commit.id).collect();
    // The one that brought it in; of several, one that a branch leads to, then the oldest.
    let first = commits
        .iter()
        .filter(|commit| with.contains(&commit.id) && !commit.parents.iter().any(|parent| with.contains(parent)))
        .min_by_key(|commit| (!reachable.contains(&commit.id), commit.seconds));
    let tagged = leak.objects.iter().find(|(id, kind, _)| *kind == Kind::Tag || reachable.contains(id));
    let (path, line) = first
        .and_then(|commit| place(&commit.id))
        .unwrap_or_else(|| (String::new(), leak.objects.first().map_or(1, |(.., line)| *line)));
    let commit = first.and_then(|commit| repository.find_commit(commit.id).ok());
    let subject = commit.as_ref().and_then(|commit| {
        let message = commit.message_raw().ok()?;
        Some(message.to_string().lines().next().unwrap_or_default().chars().take(120).collect::<String>())
    });
    LeakHistory {
        commit: first.map(|commit| commit.id.to_hex_with_len(10).to_string()).unwrap_or_default(),
        date: first.and_then(|commit| day(commit.seconds)).unwrap_or_default(),
        subject: search.needles.without_secrets(&subject.unwrap_or_default()),
        path: Some(search.needles.without_secrets(&path)).filter(|path| !path.is_empty()),
        line,
        commits: u32::try_from(with.len()).unwrap_or(u32::MAX),
        in_head: head.is_some_and(|head| with.contains(&head)),
        reachable: tagged.is_some() || with.iter().any(|id| reachable.contains(id)),
    }
}

pub(super) fn day(seconds: i64) -> Option<String> {
    let date = OffsetDateTime::from_unix_timestamp(seconds).ok()?.date();
    Some(format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()))
}

/// What branches, tags, the stash and `HEAD` lead to: commits, and the other objects that tags name themselves.
fn reachable(repository: &Repository, commits: &[Commit]) -> HashSet<ObjectId> {
    let parents: HashMap<ObjectId, &[ObjectId]> =
        commits.iter().map(|commit| (commit.id, commit.parents.as_slice())).collect();
    let mut open: Vec<ObjectId> = repository.head_id().ok().map(gix::Id::detach).into_iter().collect();
    if let Ok(references) = repository.references()
        && let Ok(all) = references.all()
    {
        open.extend(all.filter_map(Result::ok).filter_map(|mut name| name.peel_to_id().ok().map(gix::Id::detach)));
    }
    let mut seen = HashSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend_from_slice(parents.get(&id).copied().unwrap_or_default());
        }
    }
    seen
}

/// Looks each tree up once, however many commits share it.
struct Trees<'repository> {
    repository: &'repository Repository,
    wanted: HashSet<ObjectId>,
    known: HashMap<ObjectId, Holds>,
}

impl Trees<'_> {
    fn below(&mut self, tree: ObjectId, depth: usize) -> Holds {
        if let Some(known) = self.known.get(&tree) {
            return Rc::clone(known);
        }
        let mut found = Vec::new();
        if depth < DEEPEST
            && let Ok(object) = self.repository.find_tree(tree)
        {
            for entry in object.iter().filter_map(Result::ok) {
                let id = entry.object_id();
                if entry.mode().is_tree() {
                    let inner = self.below(id, depth + 1);
                    found.extend(inner.iter().map(|(id, path)| (*id, format!("{}/{path}", entry.filename()))));
                } else if self.wanted.contains(&id) {
                    found.push((id, entry.filename().to_string()));
                }
            }
        }
        let found: Holds = found.into();
        self.known.insert(tree, Rc::clone(&found));
        found
    }
}
