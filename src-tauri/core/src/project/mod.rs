//! What is in the project's folder: framework, SDK, the handler's route, the app's port, the env file, and whether git
//! would take it. Nothing is run but `git`, nothing is asked of the network, and what is read is bounded.

mod env_choice;
mod folder;
mod framework;
pub mod git;
mod manifest;
mod port;
mod route;
mod sdk;
mod source;

use std::path::{Path, PathBuf};

pub use route::DEFAULT_ROUTE;

use self::{manifest::Manifests, source::Source};
use crate::{
    env_file::{Names, Reader},
    setup::view::{Finding, SdkView},
};

/// What was found. The names are those of [`ProjectView`](crate::setup::view::ProjectView).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The folder, absolute.
    pub folder: PathBuf,
    /// The package's name, or the folder's.
    pub name: String,
    /// Why the folder cannot be used, in a sentence. Then the rest are defaults.
    pub problem: Option<String>,
    /// The framework, and the file that says so.
    pub framework: Option<Finding>,
    /// The Polar SDK that verifies webhooks.
    pub sdk: Option<SdkView>,
    /// The route of the webhook handler.
    pub route: String,
    /// Why this route.
    pub route_reason: String,
    /// The app's own port.
    pub port: u16,
    /// Why this port.
    pub port_reason: String,
    /// The env file, relative to the folder.
    pub env_file: String,
    /// Why this one.
    pub env_file_reason: String,
    /// What the variables are called.
    pub names: Names,
    /// Which program reads the env file, as far as is known.
    pub reader: Option<Reader>,
    /// What to know before writing that file.
    pub warnings: Vec<String>,
}

/// A value and why.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Suggestion<T> {
    value: T,
    reason: String,
}

impl<T> Suggestion<T> {
    fn new(value: T, reason: impl Into<String>) -> Self {
        Self { value, reason: reason.into() }
    }
}

/// Looks into a folder. Blocks while it reads (up to a few thousand small files) and asks git.
#[must_use]
pub fn inspect(folder: &Path) -> Project {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let problem = folder::problem(&folder);
    let usable = problem.is_none();
    let manifests = if usable { Manifests::read(&folder) } else { Manifests::default() };
    let sources = if usable { source::sources(&folder) } else { Vec::<Source>::new() };
    let framework = framework::find(&manifests);
    let kind = framework.as_ref().map(|(framework, _)| *framework);
    let route = route::find(kind, &sources);
    let port = port::find(&folder, kind, &manifests, &sources);
    let env_file = env_choice::choose(&folder);
    let mut warnings = manifests.problems.clone();
    if usable {
        warnings.extend(env_file_warnings(&folder, &env_file.value));
    }
    let folder_name =
        folder.file_name().map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into());
    Project {
        name: manifests.name().unwrap_or(folder_name),
        problem,
        framework: framework.map(|(framework, file)| Finding { value: framework.title.to_owned(), file }),
        sdk: if usable { sdk::find(&folder, &manifests) } else { None },
        route: route.value,
        route_reason: route.reason,
        port: port.value,
        port_reason: port.reason,
        env_file: env_file.value,
        env_file_reason: env_file.reason,
        names: Names::default(),
        reader: None,
        warnings,
        folder,
    }
}

/// What to know before writing this env file: git would take it, or another file overrules it.
#[must_use]
pub fn env_file_warnings(folder: &Path, env_file: &str) -> Vec<String> {
    let mut warnings: Vec<String> = git::exposure(folder, env_file).warning(env_file).into_iter().collect();
    warnings.extend(env_choice::overruled(folder, env_file));
    warnings
}

#[cfg(test)]
mod tests;
