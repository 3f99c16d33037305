//! What git knows of the env file, and which secrets a repository holds. Read with a library: no program is run.

pub mod gitignore;
pub mod leaks;
mod repository;
#[cfg(test)]
mod tests;

use std::path::Path;

use gix::worktree::stack::state::ignore::Source;

use self::repository::Opened;

/// What git does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// No repository: nothing to fear.
    None,
    /// There is a repository that could not be read.
    Unknown,
    /// It is ignored.
    Ignored,
    /// The next `git add .` takes it.
    WouldBeTaken,
    /// It is in the repository already.
    Tracked,
}

impl Exposure {
    /// What to know and do, in sentences.
    #[must_use]
    pub fn warning(self, file: &str) -> Option<String> {
        match self {
            Self::None | Self::Ignored => None,
            Self::Unknown => {
                Some(format!("The git repository around {file} could not be read: see yourself that git ignores it."))
            }
            Self::WouldBeTaken => Some(format!(
                "Git does not ignore {file}: add the line {file} to .gitignore, or the next commit takes your secrets along."
            )),
            Self::Tracked => Some(format!(
                "{file} is in the git repository, for everyone to see who can read it. Run `git rm --cached {file}` and add the line {file} to .gitignore."
            )),
        }
    }
}

/// What to know about this file, with the exact line and the `.gitignore` it belongs to.
#[must_use]
pub fn warning(folder: &Path, file: &str) -> Option<String> {
    let exposure = exposure(folder, file);
    let line = gitignore::line(folder, file);
    match (exposure, line) {
        (Exposure::WouldBeTaken, Some(line)) => Some(format!(
            "Git does not ignore {file}: add the line {} to {}, or the next commit takes your secrets along.",
            line.line, line.name
        )),
        (Exposure::Tracked, Some(line)) => Some(format!(
            "{file} is in the git repository, for everyone to see who can read it. Run `git rm --cached {file}` and add the line {} to {}.",
            line.line, line.name
        )),
        _ => exposure.warning(file),
    }
}

/// What git would do with a file in a folder, whether it exists or not.
#[must_use]
pub fn exposure(folder: &Path, file: &str) -> Exposure {
    match repository::open(folder) {
        Opened::None => Exposure::None,
        Opened::Unreadable(_) => Exposure::Unknown,
        Opened::Found(repository) => look(&repository, folder, file).unwrap_or(Exposure::Unknown),
    }
}

/// `None`: the repository could not be read.
fn look(repository: &gix::Repository, folder: &Path, file: &str) -> Option<Exposure> {
    let Some(inside) = repository::path_inside(repository, folder) else { return Some(Exposure::None) };
    let path = inside.join(file);
    let index = repository.index_or_empty().ok()?;
    // A tracked file is never "ignored", whatever .gitignore says.
    if index
        .entry_by_path(gix::path::to_unix_separators_on_windows(gix::path::into_bstr(&path).ok()?).as_ref())
        .is_some()
    {
        return Some(Exposure::Tracked);
    }
    let mut excludes = repository.excludes(&index, None, Source::WorktreeThenIdMappingIfNotSkipped).ok()?;
    let ignored = excludes.at_path(&path, Some(gix::index::entry::Mode::FILE)).ok()?.is_excluded();
    Some(if ignored { Exposure::Ignored } else { Exposure::WouldBeTaken })
}
