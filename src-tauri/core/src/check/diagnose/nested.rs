//! A folder that holds several apps: which one of them is meant.

use super::probes::works_in;
use crate::project::{self, Project};

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
    project.value_of(&project.variable_names().secret).is_some()
}
