//! What is in the project's folder: framework, SDK, the handler's route, the app's port, the env files, and whether git
//! would take them. Nothing is run, nothing is asked of the network, and what is read is bounded.

mod apps;
mod env_files;
mod folder;
mod framework;
pub mod git;
pub mod handler;
mod handler_code;
mod jsonc;
mod manifest;
mod names;
mod package_manager;
mod place;
mod port;
mod route;
mod sdk;
mod source;
mod start;
mod surroundings;

use std::path::{Path, PathBuf};

pub use framework::titles as framework_titles;
pub use handler::Handler;
pub use handler_code::{HandlerCode, HeaderMistake, read_handler_code};
pub use route::DEFAULT_ROUTE;
use serde::Serialize;

use self::{framework::Framework, manifest::Manifests};
use crate::{
    env_file::{self, Document, Names, Reader, Switch},
    setup::view::{AppChoice, EnvFileView, Finding, FoundNames, Overruled, Place, SdkView},
};

/// What was found. The names are those of [`ProjectView`](crate::setup::view::ProjectView).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Project {
    /// The folder, absolute.
    pub folder: PathBuf,
    /// The package's name, or the folder's.
    pub name: String,
    /// Why the folder cannot be used, in a sentence. Then the rest are defaults.
    pub problem: Option<String>,
    /// The framework, and the file that says so.
    pub framework: Option<Finding>,
    /// Better Auth, where it stands on that framework.
    pub plugin: Option<Finding>,
    /// The program that installs packages.
    pub package_manager: Option<Finding>,
    /// The apps of a folder that holds several, the likeliest for Polar first.
    pub apps: Vec<AppChoice>,
    /// The Polar SDK that verifies webhooks.
    pub sdk: Option<SdkView>,
    /// The route of the webhook handler.
    pub route: String,
    /// Why this route.
    pub route_reason: String,
    /// What says so.
    pub route_at: Option<Place>,
    /// The app's own port.
    pub port: u16,
    /// Why this port.
    pub port_reason: String,
    /// What says so.
    pub port_at: Option<Place>,
    /// The env file, relative to the folder.
    pub env_file: String,
    /// Why this one.
    pub env_file_reason: String,
    /// What says so.
    pub env_file_at: Option<Place>,
    /// All env files that are read in development, the strongest first.
    pub env_files: Vec<EnvFileView>,
    /// Variables of the env file that a stronger file names as well.
    pub overruled: Vec<Overruled>,
    /// What reads the env files.
    pub reader: Reader,
    /// What the code calls Polar's variables.
    pub names: FoundNames,
    /// A handler for this framework, to show and copy. For the route that was found.
    pub handler: Option<Handler>,
    /// What to know before writing that file.
    pub warnings: Vec<String>,
    /// The command that starts the app in development.
    #[serde(skip)]
    pub start: Option<String>,
    /// What the handler is made for.
    #[serde(skip)]
    kind: Option<Framework>,
}

/// A value, why, and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Suggestion<T> {
    value: T,
    reason: String,
    at: Option<Place>,
}

impl<T> Suggestion<T> {
    fn new(value: T, reason: impl Into<String>) -> Self {
        Self { value, reason: reason.into(), at: None }
    }

    fn at(self, place: Place) -> Self {
        Self { at: Some(place), ..self }
    }
}

/// Looks into a folder. Blocks while it reads (up to a few thousand small files, and git's index).
#[must_use]
pub fn inspect(folder: &Path) -> Project {
    inspect_as(folder, None)
}

/// The same, where the user knows the framework better: one of [`framework_titles`].
#[must_use]
pub fn inspect_as(folder: &Path, chosen: Option<&str>) -> Project {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let problem = folder::problem(&folder);
    let usable = problem.is_none();
    let manifests = if usable { Manifests::read(&folder) } else { Manifests::default() };
    let sources = if usable { source::sources(&folder) } else { Vec::new() };
    let route = route::find(None, &sources);
    let framework = match chosen.and_then(framework::by_title) {
        Some(known) => Some((known, chosen_finding(known))),
        None if usable => {
            beside(framework::find(&folder, &manifests), route.as_ref().and_then(|route| route.at.as_ref()))
        }
        None => None,
    };
    let kind = framework.as_ref().map(|(known, _)| *known);
    let chain = if usable { surroundings::chain(&folder) } else { Vec::new() };
    let plain = kind.or_else(|| if usable { framework::plain(&folder, &manifests) } else { None });
    let plugin = framework::better_auth(&manifests);
    let route = route::find(kind, &sources).unwrap_or_else(|| route::usual(kind, plugin.is_some()));
    let reading = env_files::reading(&folder, kind, &manifests, &sources);
    let names = names::find(&folder, &manifests, &sources);
    let env_files = env_files::views(&folder, &reading, &names);
    let env_file = env_files::choose(&folder, &reading, &env_files, &names);
    let port = port::find(&folder, kind, &manifests, &sources, &reading.order);
    let folder_name =
        folder.file_name().map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into());
    let package_manager = package_manager::find(&chain, plain.map(|known| known.language));
    let mut project = Project {
        start: start::command(&folder, &manifests, package_manager.as_ref()),
        name: manifests.name().unwrap_or(folder_name),
        framework: framework.map(|(_, finding)| finding),
        plugin,
        package_manager,
        apps: if usable { apps::find(&folder, &manifests, kind) } else { Vec::new() },
        sdk: if usable { sdk::find(&folder, &manifests) } else { None },
        route: route.value,
        route_reason: route.reason,
        route_at: route.at,
        port: port.value,
        port_reason: port.reason,
        port_at: port.at,
        overruled: env_files::overruled(&folder, &reading.order, &names, &env_file.value),
        env_file: env_file.value,
        env_file_reason: env_file.reason,
        env_file_at: env_file.at,
        env_files,
        reader: reading.reader,
        names,
        handler: None,
        warnings: manifests.problems.clone(),
        kind: plain,
        problem,
        folder,
    };
    if usable {
        project.handler = project.handler_at(&project.route);
        let warnings = project.env_file_warnings(&project.env_file);
        project.warnings.extend(warnings);
    }
    project
}

fn chosen_finding(known: Framework) -> Finding {
    Finding { value: known.title.to_owned(), file: String::new(), line: None }
}

/// A handler among Supabase's or Convex's functions belongs to these, whatever stands beside them.
fn beside(found: Option<(Framework, Finding)>, handler: Option<&Place>) -> Option<(Framework, Finding)> {
    let title = match handler.map(|place| place.file.as_str()) {
        Some(file) if file.starts_with("supabase/functions/") => "Supabase functions",
        Some(file) if file.starts_with("convex/") => "Convex",
        _ => return found,
    };
    let (known, place) = (framework::by_title(title)?, handler?);
    Some((known, Finding { value: title.into(), file: place.file.clone(), line: place.line }))
}

impl Project {
    /// What to know before writing this env file: git would take it, or a stronger file overrules it.
    #[must_use]
    pub fn env_file_warnings(&self, env_file: &str) -> Vec<String> {
        let mut warnings: Vec<String> = git::warning(&self.folder, env_file).into_iter().collect();
        warnings.extend(env_files::warnings(&self.overruled_by(env_file), env_file));
        warnings
    }

    /// Variables of this env file that a stronger file names as well.
    #[must_use]
    pub fn overruled_by(&self, env_file: &str) -> Vec<Overruled> {
        let order: Vec<String> = self.env_files.iter().map(|view| view.file.clone()).collect();
        env_files::overruled(&self.folder, &order, &self.names, env_file)
    }

    /// What the project's reader makes of a variable in one of its env files; `None`: it does not stand there, or the file
    /// cannot be read.
    #[must_use]
    pub fn value_in(&self, env_file: &str, name: &str) -> Option<String> {
        let bytes = env_file::read(&self.folder.join(env_file)).ok()??;
        Document::parse(&bytes).read_by(Some(self.reader)).get(name)
    }

    /// The first value that is not blank, in the env files that are read, the strongest first.
    #[must_use]
    pub fn value_of(&self, name: &str) -> Option<String> {
        let files = self.env_files.iter().map(|view| &view.file).chain([&self.env_file]);
        files.filter_map(|file| self.value_in(file, name)).find(|value| !value.trim().is_empty())
    }

    /// The variables' names, as the code reads them or as they are usually.
    #[must_use]
    pub fn variable_names(&self) -> Names {
        let FoundNames { token, secret, server } = &self.names;
        let switch = server.as_ref().map(|found| Switch {
            name: found.name.clone(),
            sandbox: found.sandbox.clone(),
            production: found.production.clone(),
        });
        Names { token: token.name.clone(), secret: secret.name.clone(), switch, ..Names::default() }
    }

    /// The handler for another route than the one that was found.
    #[must_use]
    pub fn handler_at(&self, route: &str) -> Option<Handler> {
        handler::of(self, self.kind, route)
    }
}

#[cfg(test)]
mod tests;
