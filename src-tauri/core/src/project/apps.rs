//! The apps in a folder that holds several, the likeliest for Polar first.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;
use serde_json::Value;

use super::{
    framework::{self, Framework},
    manifest::Manifests,
    route, source,
};
use crate::setup::view::AppChoice;

/// More are not looked at.
const MOST: usize = 60;
/// Where apps are kept, also where no workspace is declared.
const USUAL: [&str; 4] = ["apps/*", "packages/*", "services/*", "*"];
const SKIPPED: [&str; 8] = ["node_modules", "vendor", "target", "dist", "build", "supabase", "convex", "examples"];

/// The apps below this folder. Empty where the folder holds only itself.
pub(super) fn find(folder: &Path, manifests: &Manifests, own: Option<Framework>) -> Vec<AppChoice> {
    let mut found: Vec<(u8, AppChoice)> =
        places(folder, manifests).iter().filter_map(|place| look(folder, place)).collect();
    let below_matters = own.is_none() || found.iter().any(|(rank, _)| *rank == 0);
    if found.is_empty() || !below_matters {
        return Vec::new();
    }
    if let Some(own) = own {
        let name = manifests.name().unwrap_or_default();
        let reason = format!("This folder itself is a {} project.", own.title);
        let rank = u8::from(has_polar(folder, manifests).is_none());
        found.insert(0, (rank, AppChoice { folder: ".".into(), name, framework: Some(own.title.into()), reason }));
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, app)| app).collect()
}

fn look(folder: &Path, place: &str) -> Option<(u8, AppChoice)> {
    let path = folder.join(place);
    let manifests = Manifests::read(&path);
    if manifests.is_empty() {
        return None;
    }
    let framework = framework::find(&path, &manifests);
    let polar = has_polar(&path, &manifests);
    let (rank, reason) = match (&polar, &framework) {
        (Some(reason), _) => (0, format!("{place}/{reason}.")),
        (None, Some((known, at))) if known.title != "Vite" => {
            (1, format!("{} stands in {place}/{}.", known.title, at.file))
        }
        (None, Some((_, at))) => (2, format!("Vite stands in {place}/{}; it has no server of its own.", at.file)),
        (None, None) => return None,
    };
    // A library that only wraps Polar is no app, unless a handler stands in it.
    let framework = framework.map(|(known, _)| known.title.to_owned());
    let name = manifests.name().unwrap_or_else(|| place.rsplit('/').next().unwrap_or(place).to_owned());
    (framework.is_some() || polar.is_some_and(|reason| reason.contains("handler")))
        .then_some((rank, AppChoice { folder: place.to_owned(), name, framework, reason }))
}

/// A handler for Polar, or a dependency of it: the sentence's end.
fn has_polar(path: &Path, manifests: &Manifests) -> Option<String> {
    let sources = source::sources(path);
    if let Some(handler) = sources.iter().find(|source| route::is_about_polar_webhooks(source)) {
        return Some(format!("{} looks like a handler for Polar", handler.path));
    }
    if let Some(package) = manifests.npm_beginning("@polar-sh/") {
        return Some(format!("package.json names {package}"));
    }
    let files = ["pyproject.toml", "requirements.txt", "composer.json", "go.mod", "Gemfile", "deno.json"];
    let named = |file: &&str| manifests.other(file).is_some_and(|text| text.contains("polar"));
    files.into_iter().find(named).map(|file| format!("{file} names Polar"))
}

/// Folders relative to this one, by what the workspace declares and by what is usual.
fn places(folder: &Path, manifests: &Manifests) -> Vec<String> {
    let mut patterns = declared(manifests);
    patterns.extend(USUAL.map(str::to_owned));
    let mut seen = BTreeSet::new();
    let mut places = Vec::new();
    for pattern in patterns {
        for place in matching(folder, &pattern) {
            if places.len() < MOST && seen.insert(place.clone()) {
                places.push(place);
            }
        }
    }
    places
}

fn declared(manifests: &Manifests) -> Vec<String> {
    let strings = |value: Option<&Value>| -> Vec<String> {
        let items = value.and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.as_str().map(|item| item.trim_start_matches("./").to_owned())).collect()
    };
    let mut patterns = Vec::new();
    if let Some(workspaces) = manifests.package.as_ref().and_then(|package| package.get("workspaces")) {
        patterns.extend(strings(Some(workspaces)));
        patterns.extend(strings(workspaces.get("packages")));
    }
    if let Some((_, deno)) = manifests.deno() {
        patterns.extend(strings(deno.get("workspace")));
    }
    if let Some(lerna) = manifests.other("lerna.json").and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        patterns.extend(strings(lerna.get("packages")));
    }
    let listed = |file: &str, pattern: &str| -> Vec<String> {
        let expression = Regex::new(pattern).expect("the pattern is constant");
        let text = manifests.other(file).unwrap_or_default();
        expression.captures_iter(text).map(|found| found[1].trim_start_matches("./").to_owned()).collect()
    };
    patterns.extend(listed("pnpm-workspace.yaml", r#"(?m)^\s*-\s*['"]?([^'"\s#!]+)"#));
    patterns.extend(listed("go.work", r"(?m)^\s*(?:use\s+)?(\./[^\s()]+)"));
    patterns
}

/// The folders that a pattern like `apps/*` means. `..` leads out of the project and means none.
fn matching(folder: &Path, pattern: &str) -> Vec<String> {
    let mut places = vec![PathBuf::new()];
    for part in pattern.trim_end_matches('/').split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." || part.starts_with('!') {
            return Vec::new();
        }
        places = places
            .into_iter()
            .flat_map(|place| if part.contains('*') { below(folder, &place) } else { vec![place.join(part)] })
            .collect();
    }
    let is_folder = |place: &PathBuf| !place.as_os_str().is_empty() && folder.join(place).is_dir();
    places.iter().filter(|place| is_folder(place)).map(|place| place.to_string_lossy().replace('\\', "/")).collect()
}

fn below(folder: &Path, place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join(place)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !SKIPPED.contains(&name.as_str()))
        .collect();
    names.sort();
    names.into_iter().map(|name| place.join(name)).collect()
}
