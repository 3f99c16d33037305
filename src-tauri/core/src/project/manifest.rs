//! The files in which projects name their dependencies.

use std::path::Path;

use serde_json::Value;

use super::folder::read_text;

const LIMIT: u64 = 1 << 20;

/// The other manifests, in the order in which they are believed.
const OTHERS: [&str; 12] = [
    "composer.json",
    "Gemfile",
    "manage.py",
    "pyproject.toml",
    "requirements.txt",
    "Pipfile",
    "go.mod",
    "Cargo.toml",
    "mix.exs",
    "deno.json",
    "deno.jsonc",
    "wrangler.toml",
];

/// All manifests of a folder.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    package: Option<Value>,
    /// File name and text.
    pub(super) others: Vec<(&'static str, String)>,
    /// Manifests that cannot be understood, in sentences.
    pub(super) problems: Vec<String>,
}

impl Manifests {
    pub(super) fn read(folder: &Path) -> Self {
        let mut manifests = Self::default();
        if let Some(text) = read_text(&folder.join("package.json"), LIMIT) {
            match serde_json::from_str(&text) {
                Ok(package) => manifests.package = Some(package),
                Err(error) => manifests.problems.push(format!("package.json cannot be understood: {error}.")),
            }
        }
        let others = OTHERS.into_iter().filter_map(|file| Some((file, read_text(&folder.join(file), LIMIT)?)));
        manifests.others = others.collect();
        manifests
    }

    /// The name in `package.json`.
    pub(super) fn name(&self) -> Option<String> {
        let name = self.package.as_ref()?.get("name")?.as_str()?.trim();
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// The version or range that `package.json` names for a package.
    pub(super) fn npm(&self, package: &str) -> Option<&str> {
        let groups = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];
        groups.iter().find_map(|group| self.package.as_ref()?.get(group)?.get(package)?.as_str())
    }

    /// A script of `package.json`.
    pub(super) fn script(&self, name: &str) -> Option<&str> {
        self.package.as_ref()?.get("scripts")?.get(name)?.as_str()
    }

    /// The text of another manifest, comment lines left out.
    pub(super) fn other(&self, file: &str) -> Option<String> {
        let (_, text) = self.others.iter().find(|(name, _)| *name == file)?;
        let said = |line: &&str| !line.trim_start().starts_with(['#', ';']) && !line.trim_start().starts_with("//");
        Some(text.lines().filter(said).collect::<Vec<_>>().join("\n"))
    }
}
