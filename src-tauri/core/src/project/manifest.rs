//! The files in which projects name their dependencies.

use std::path::Path;

use serde_json::Value;

use super::{
    folder::read_text,
    jsonc,
    place::{find_word, line_at},
};

const LIMIT: u64 = 1 << 20;
/// What JavaScript projects call it.
pub(super) const PACKAGE: &str = "package.json";

/// The other manifests.
const OTHERS: [&str; 20] = [
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
    "wrangler.json",
    "wrangler.jsonc",
    "bunfig.toml",
    "Procfile.dev",
    "Procfile",
    "pnpm-workspace.yaml",
    "lerna.json",
    "go.work",
];

/// All manifests of a folder.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    /// `package.json`, understood and as it is written.
    pub(super) package: Option<Value>,
    pub(super) package_text: String,
    /// File name and text, lines of comments emptied.
    others: Vec<(&'static str, String)>,
    /// Manifests that cannot be understood, in sentences.
    pub(super) problems: Vec<String>,
}

impl Manifests {
    pub(super) fn read(folder: &Path) -> Self {
        let mut manifests = Self::default();
        if let Some(text) = read_text(&folder.join(PACKAGE), LIMIT) {
            match serde_json::from_str(&text) {
                Ok(package) => manifests.package = Some(package),
                Err(error) => manifests.problems.push(format!("package.json cannot be understood: {error}.")),
            }
            manifests.package_text = text;
        }
        let others = OTHERS.into_iter().filter_map(|file| {
            let text = read_text(&folder.join(file), LIMIT)?;
            let jsonc = file.starts_with("deno.") || file.starts_with("wrangler.json");
            Some((file, if jsonc { jsonc::without_comments(&text) } else { without_comments(&text) }))
        });
        manifests.others = others.collect();
        manifests
    }

    /// Whether there is none at all.
    pub(super) fn is_empty(&self) -> bool {
        self.package_text.is_empty() && self.others.is_empty()
    }

    /// The name in `package.json`.
    pub(super) fn name(&self) -> Option<String> {
        let name = self.package.as_ref()?.get("name")?.as_str()?.trim();
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// The version or range that `package.json` names for a package.
    pub(super) fn npm(&self, package: &str) -> Option<&str> {
        self.npm_group(package).map(|(_, range)| range)
    }

    /// The group of dependencies that names a package, and the range.
    pub(super) fn npm_group(&self, package: &str) -> Option<(&'static str, &str)> {
        let groups = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];
        groups.iter().find_map(|group| Some((*group, self.package.as_ref()?.get(group)?.get(package)?.as_str()?)))
    }

    /// The line of a key in `package.json`.
    pub(super) fn package_line(&self, key: &str) -> Option<u32> {
        let quoted = format!("\"{key}\"");
        let is_key = |at: usize| self.package_text[at + quoted.len()..].trim_start().starts_with(':');
        let at = self.package_text.match_indices(&quoted).map(|(at, _)| at).find(|at| is_key(*at))?;
        Some(line_at(&self.package_text, at))
    }

    /// Every name in the groups of dependencies that begins so.
    pub(super) fn npm_beginning(&self, start: &str) -> Option<&str> {
        let groups = ["dependencies", "devDependencies"].into_iter();
        let names =
            groups.filter_map(|group| self.package.as_ref()?.get(group)?.as_object()).flat_map(|all| all.keys());
        names.map(String::as_str).find(|name| name.starts_with(start))
    }

    /// A script of `package.json`.
    pub(super) fn script(&self, name: &str) -> Option<&str> {
        self.package.as_ref()?.get("scripts")?.get(name)?.as_str()
    }

    /// All scripts of `package.json`.
    pub(super) fn scripts(&self) -> impl Iterator<Item = (&str, &str)> {
        let scripts = self.package.as_ref().and_then(|package| package.get("scripts")?.as_object());
        scripts.into_iter().flatten().filter_map(|(name, script)| Some((name.as_str(), script.as_str()?)))
    }

    /// The text of another manifest, lines of comments emptied.
    pub(super) fn other(&self, file: &str) -> Option<&str> {
        self.others.iter().find(|(name, _)| *name == file).map(|(_, text)| text.as_str())
    }

    /// The line on which another manifest says a word, in whatever case.
    pub(super) fn other_line(&self, file: &str, word: &str) -> Option<u32> {
        let text = self.other(file)?.to_lowercase();
        find_word(&text, word).map(|at| line_at(&text, at))
    }

    /// `deno.json` or `deno.jsonc`, understood.
    pub(super) fn deno(&self) -> Option<(&'static str, Value)> {
        let understood = |file| Some((file, serde_json::from_str(self.other(file)?).ok()?));
        understood("deno.json").or_else(|| understood("deno.jsonc"))
    }
}

/// Lines stay where they are, so that their numbers hold.
fn without_comments(text: &str) -> String {
    let is_comment = |line: &str| line.starts_with(['#', ';']) || line.starts_with("//");
    let lines = text.lines().map(|line| if is_comment(line.trim_start()) { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}
