//! The folders around a project: its repository and the workspace that it is part of.

use std::path::{Path, PathBuf};

/// What makes a folder the root of a workspace; `package.json` only with `workspaces`.
const WORKSPACE_FILES: [&str; 5] = ["pnpm-workspace.yaml", "lerna.json", "nx.json", "turbo.json", "go.work"];
/// Without a repository around it, a workspace's root is not looked for any higher.
const HIGHEST: usize = 4;

/// The folder itself, then those above it that belong to the same project: up to the repository's root; without a
/// repository up to a workspace's root. Never the home folder or what is above it.
pub(super) fn chain(folder: &Path) -> Vec<PathBuf> {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
    let outside = |place: &Path| home.as_deref().is_some_and(|home| home.starts_with(place));
    let places: Vec<&Path> =
        folder.ancestors().take_while(|place| !outside(place) && place.parent().is_some()).collect();
    let is_repository = |place: &&Path| place.join(".git").exists();
    let end = places
        .iter()
        .position(is_repository)
        .or_else(|| places.iter().take(HIGHEST).rposition(|place| is_workspace(place)));
    let end = end.unwrap_or(0);
    if places.is_empty() {
        return vec![folder.to_path_buf()];
    }
    places[..=end].iter().map(|place| place.to_path_buf()).collect()
}

/// Whether several packages are kept together here.
pub(super) fn is_workspace(place: &Path) -> bool {
    WORKSPACE_FILES.iter().any(|file| place.join(file).is_file())
        || super::folder::read_text(&place.join("package.json"), 1 << 20)
            .is_some_and(|text| text.contains("\"workspaces\""))
}

/// How a folder of the chain is named from the project's folder: "" for itself, `../..` for one above.
pub(super) fn up(steps: usize) -> String {
    "../".repeat(steps)
}
