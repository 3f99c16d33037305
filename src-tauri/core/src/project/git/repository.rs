//! Finding and opening the repository around a folder, read-only and without trusting its owner.

use std::path::{Path, PathBuf};

use gix::sec::{Permission, trust};

/// What is around a folder.
pub(super) enum Opened {
    /// No repository.
    None,
    /// One that this program cannot read, and why.
    Unreadable(String),
    /// One.
    Found(Box<gix::Repository>),
}

/// Looks from the folder upwards. `GIT_DIR` and its like do not count: the folder was chosen, not they.
pub(super) fn open(folder: &Path) -> Opened {
    let mut permissions = gix::open::Permissions::secure();
    permissions.env.git_prefix = Permission::Deny;
    permissions.env.objects = Permission::Deny;
    permissions.config.env = false;
    let options = gix::open::Options::default().permissions(permissions).lossy_config(true);
    let mapping = trust::Mapping { full: options.clone(), reduced: options };
    match gix::ThreadSafeRepository::discover_opts(folder, gix::discover::upwards::Options::default(), mapping) {
        Ok(repository) => Opened::Found(Box::new(repository.to_thread_local())),
        Err(_) if !folder.ancestors().any(|above| above.join(".git").exists()) => Opened::None,
        Err(error) => Opened::Unreadable(error.to_string()),
    }
}

/// The folder relative to the working tree's root; `None`: it is not in a working tree.
pub(super) fn path_inside(repository: &gix::Repository, folder: &Path) -> Option<PathBuf> {
    let root = repository.workdir()?.canonicalize().ok()?;
    Some(folder.canonicalize().ok()?.strip_prefix(root).ok()?.to_path_buf())
}
