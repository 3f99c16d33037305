//! Looking at the files of the working tree: those that git tracks, and those that the next `git add .` takes.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use gix::{
    bstr::{BString, ByteSlice},
    index::entry::Mode,
    worktree::stack::state::ignore::Source,
};

use super::{LARGEST, Search, client::Client, lock, needles::line_of};
use crate::{
    SecretText,
    setup::view::{LeakFile, LeakKind},
};

/// Others' code, which a folder without a repository is full of.
const SKIPPED: [&str; 6] = ["node_modules", ".git", "target", "vendor", ".next", ".venv"];

/// One file to look at.
struct Candidate {
    path: PathBuf,
    tracked: bool,
    /// An env file that git ignores: its values are where they belong, its names may not be.
    only_names: bool,
}

/// What came of it besides the findings.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) files: usize,
    pub(super) too_large: AtomicU64,
    pub(super) unreadable: AtomicU64,
    /// The index could not be read.
    pub(super) no_index: bool,
}

/// Looks at the files; `folder` is the project's.
pub(super) fn search(search: &Search<'_>, folder: &Path, repository: Option<&gix::Repository>) -> Outcome {
    let mut outcome = Outcome::default();
    let root = match repository {
        Some(repository) => match repository.workdir() {
            Some(root) => root.to_path_buf(),
            None => return outcome,
        },
        None => folder.to_path_buf(),
    };
    let candidates = match repository.map(|repository| in_repository(search, &root, repository)) {
        Some(Some(candidates)) => candidates,
        Some(None) => {
            outcome.no_index = true;
            without_repository(search, &root)
        }
        None => without_repository(search, &root),
    };
    let client = Client::of(folder, &root);
    outcome.files = candidates.len();
    search.progress.expect(candidates.len());
    search.progress.share(candidates.len(), Vec::new, |buffer, number| {
        let candidate = &candidates[number];
        match read(&root.join(&candidate.path), buffer) {
            Ok(true) => look(search, &client, candidate, buffer),
            Ok(false) => {
                outcome.too_large.fetch_add(1, Ordering::Relaxed);
            }
            // Deleted and not yet committed, or deleted just now.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(_) => {
                outcome.unreadable.fetch_add(1, Ordering::Relaxed);
            }
        }
        search.progress.step(1);
    });
    outcome
}

/// Whether the file, when it is one, fits.
fn read(path: &Path, buffer: &mut Vec<u8>) -> std::io::Result<bool> {
    buffer.clear();
    // A link leads elsewhere, and a pipe would be waited for.
    let about = fs::symlink_metadata(path)?;
    if !about.is_file() {
        return Ok(true);
    }
    if about.len() > LARGEST {
        return Ok(false);
    }
    File::open(path)?.take(LARGEST).read_to_end(buffer)?;
    Ok(true)
}

fn look(search: &Search<'_>, client: &Client, candidate: &Candidate, bytes: &[u8]) {
    let path = || search.needles.without_secrets(&candidate.path.to_string_lossy().replace('\\', "/"));
    let file = |line, client_side| LeakFile { path: path(), line, tracked: candidate.tracked, client_side };
    if !candidate.only_names {
        search.needles.find(bytes, |found| {
            let file = file(line_of(bytes, found.at), client.ships(&candidate.path, bytes));
            lock(&search.findings).in_file(found.kind, found.secret, file);
        });
    }
    client.names(&candidate.path, bytes, |name, at| {
        let file = file(line_of(bytes, at), true);
        lock(&search.findings).in_file(LeakKind::ShippedName, SecretText::new(name), file);
    });
}

/// `None`: the index cannot be read.
fn in_repository(search: &Search<'_>, root: &Path, repository: &gix::Repository) -> Option<Vec<Candidate>> {
    let index = repository.index_or_empty().ok()?;
    let mut found: Vec<Candidate> = index
        .entries()
        .iter()
        .filter(|entry| entry.mode == Mode::FILE || entry.mode == Mode::FILE_EXECUTABLE)
        .filter_map(|entry| gix::path::from_bstr(entry.path(&index)).ok())
        .map(|path| Candidate { path: path.into_owned(), tracked: true, only_names: false })
        .collect();
    let mut excludes = repository.excludes(&index, None, Source::WorktreeThenIdMappingIfNotSkipped).ok()?;
    let mut open = vec![BString::default()];
    while let Some(folder) = open.pop() {
        if search.progress.is_cancelled() {
            break;
        }
        let Ok(inside) = gix::path::from_bstr(folder.as_bstr()) else { continue };
        for entry in fs::read_dir(root.join(inside)).into_iter().flatten().flatten() {
            let (Ok(kind), Ok(name)) = (entry.file_type(), gix::path::os_string_into_bstring(entry.file_name())) else {
                continue;
            };
            let mut path = folder.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(&name);
            if kind.is_dir() {
                // A repository inside is one of its own.
                let other = name == ".git" || entry.path().join(".git").exists();
                if !other && !excludes.at_entry(path.as_bstr(), Some(Mode::DIR)).is_ok_and(|at| at.is_excluded()) {
                    open.push(path);
                }
            } else if kind.is_file() && index.entry_by_path(path.as_bstr()).is_none() {
                let ignored = excludes.at_entry(path.as_bstr(), Some(Mode::FILE)).is_ok_and(|at| at.is_excluded());
                if (!ignored || name.starts_with(b".env"))
                    && let Ok(path) = gix::path::from_bstring(path)
                {
                    found.push(Candidate { path, tracked: false, only_names: ignored });
                }
            }
        }
    }
    Some(found)
}

fn without_repository(search: &Search<'_>, root: &Path) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(folder) = open.pop() {
        if search.progress.is_cancelled() {
            break;
        }
        for entry in fs::read_dir(root.join(&folder)).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name();
            let path = folder.join(&name);
            let name = name.to_string_lossy();
            if kind.is_dir() && !SKIPPED.contains(&name.as_ref()) {
                open.push(path);
            } else if kind.is_file() {
                found.push(Candidate { path, tracked: false, only_names: name.starts_with(".env") });
            }
        }
    }
    found
}
