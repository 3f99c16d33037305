//! A folder that holds several apps: which one of them is meant.

use std::path::Path;

use super::probes::works_in;
use crate::{
    env_file::{self, Document},
    project::{self, Project},
};

/// The app below a folder that has the webhook secret in env files of its own, and its place there. Where the folder has
/// the secret itself, or several apps have one, it is the one that runs. `None`: the folder itself is meant, or nothing
/// tells.
#[must_use]
pub fn app_within(outer: &Project) -> Option<(String, Project)> {
    if outer.apps.first().is_none_or(|app| app.folder == ".") {
        return None;
    }
    let inspect = |place: &String| (place.clone(), project::inspect(&outer.folder.join(place)));
    let mut having = outer
        .apps
        .iter()
        .map(|app| inspect(&app.folder))
        .filter(|(_, app)| app.problem.is_none() && has_secret(app))
        .collect::<Vec<_>>();
    let is_the_only = having.len() == 1 && !has_secret(outer);
    if !is_the_only {
        having.retain(|(_, app)| works_in(&app.folder));
    }
    let found = having.pop();
    found.filter(|_| having.is_empty())
}

/// Whether the secret's variable has a value in one of the env files that the app reads.
fn has_secret(project: &Project) -> bool {
    let name = project.variable_names().secret;
    let has = |file: &Path| {
        let bytes = env_file::read(file).ok().flatten();
        bytes.is_some_and(|bytes| {
            let value = Document::parse(&bytes).read_by(Some(project.reader)).get(&name);
            value.is_some_and(|value| !value.trim().is_empty())
        })
    };
    let files = project.env_files.iter().map(|view| &view.file).chain([&project.env_file]);
    files.into_iter().any(|file| has(&project.folder.join(file)))
}
