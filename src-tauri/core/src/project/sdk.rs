//! Which Polar SDK verifies the project's webhooks, and which key rules it accepts.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

use super::{folder::read_text, manifest::Manifests};
use crate::{setup::view::SdkView, webhook::signature::KeyRule};

const LIMIT: u64 = 1 << 20;
const LOCK_LIMIT: u64 = 32 << 20;
const SDK: &str = "@polar-sh/sdk";
const PYTHON: &str = "polar-sdk";

/// The adapters first: where one is there, it verifies the webhooks.
const ADAPTERS: [&str; 13] = [
    "@polar-sh/better-auth",
    "@polar-sh/nextjs",
    "@polar-sh/nuxt",
    "@polar-sh/tanstack-start",
    "@polar-sh/sveltekit",
    "@polar-sh/remix",
    "@polar-sh/astro",
    "@polar-sh/express",
    "@polar-sh/hono",
    "@polar-sh/fastify",
    "@polar-sh/elysia",
    "@polar-sh/deno",
    "@polar-sh/supabase",
];

/// SDKs of other languages: manifest, package, lock files. Python's is known to use Polar's own rule; of the others it
/// is not known which rules they accept.
const OTHERS: [(&str, &str, &[&str], &[KeyRule]); 8] = [
    ("pyproject.toml", PYTHON, &["uv.lock", "poetry.lock"], &[KeyRule::PolarOwn]),
    ("requirements.txt", PYTHON, &[], &[KeyRule::PolarOwn]),
    ("Pipfile", PYTHON, &[], &[KeyRule::PolarOwn]),
    ("composer.json", "polar-sh/sdk", &["composer.lock"], &[]),
    ("composer.json", "danestves/laravel-polar", &["composer.lock"], &[]),
    ("go.mod", "github.com/polarsource/polar-go", &[], &[]),
    ("deno.json", SDK, &["deno.lock"], &[KeyRule::PolarOwn]),
    ("deno.jsonc", SDK, &["deno.lock"], &[KeyRule::PolarOwn]),
];

/// The SDK; `None`: the project names none.
pub(super) fn find(folder: &Path, manifests: &Manifests) -> Option<SdkView> {
    let adapter = ADAPTERS.iter().find_map(|name| Some((*name, manifests.npm(name)?)));
    if let Some((package, range)) = adapter {
        let accepts = rules(sdk_of_adapter(folder, package).as_deref());
        return Some(SdkView { package: package.into(), version: version(folder, package, range), accepts });
    }
    if let Some(range) = manifests.npm(SDK) {
        let version = version(folder, SDK, range);
        return Some(SdkView { package: SDK.into(), accepts: rules(Some(&version)), version });
    }
    OTHERS.iter().find_map(|(manifest, package, locks, accepts)| {
        let text = manifests.other(manifest)?;
        text.contains(package).then(|| {
            let locked = locks.iter().find_map(|lock| locked(&read_text(&folder.join(lock), LOCK_LIMIT)?, package));
            let version = locked.or_else(|| after(text, package)).unwrap_or_default();
            let accepts = if [SDK, PYTHON].contains(package) { rules(Some(&version)) } else { accepts.to_vec() };
            SdkView { package: (*package).into(), version, accepts }
        })
    })
}

/// SDK 1.0 and later accept both rules; 0.x, early 1.0 pre-releases and whatever is not known only Polar's own,
/// which all of them accept.
fn rules(version: Option<&str>) -> Vec<KeyRule> {
    let number = version.unwrap_or_default().trim_start_matches(|first: char| !first.is_ascii_digit());
    let major: u32 = number.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    let early = number.starts_with("1.0.0-");
    if major >= 1 && !early { KeyRule::ALL.to_vec() } else { vec![KeyRule::PolarOwn] }
}

/// What is installed, else what the lock file says, else the range in `package.json`.
fn version(folder: &Path, package: &str, range: &str) -> String {
    installed(&folder.join("node_modules").join(package))
        .or_else(|| npm_lock(folder, package))
        .unwrap_or_else(|| range.to_owned())
}

fn manifest_of(package: &Path) -> Option<Value> {
    serde_json::from_str(&read_text(&package.join("package.json"), LIMIT)?).ok()
}

fn installed(package: &Path) -> Option<String> {
    manifest_of(package)?.get("version")?.as_str().map(str::to_owned)
}

/// The version of the SDK that an installed adapter stands on, found as node finds it.
fn sdk_of_adapter(folder: &Path, adapter: &str) -> Option<String> {
    let mut package = folder.join("node_modules").join(adapter);
    // `@polar-sh/nextjs` → `@polar-sh/adapter-utils` → `@polar-sh/sdk`.
    for _ in 0..3 {
        let manifest = manifest_of(&package)?;
        let needs =
            |name: &str| ["dependencies", "peerDependencies"].iter().any(|group| manifest[group][name].is_string());
        if needs(SDK) {
            return installed(&resolved(folder, &package, SDK)?);
        }
        if !needs("@polar-sh/adapter-utils") {
            return None;
        }
        package = resolved(folder, &package, "@polar-sh/adapter-utils")?;
    }
    None
}

/// A package as seen from another: in the nearest `node_modules` above its real place. Never above the project.
fn resolved(folder: &Path, from: &Path, package: &str) -> Option<PathBuf> {
    let (from, folder) = (from.canonicalize().ok()?, folder.canonicalize().ok()?);
    let places = from.ancestors().take_while(|place| place.starts_with(&folder));
    places.map(|place| place.join("node_modules").join(package)).find(|place| place.join("package.json").is_file())
}

fn npm_lock(folder: &Path, package: &str) -> Option<String> {
    let name = regex::escape(package);
    [
        ("package-lock.json", format!(r#""node_modules/{name}":\s*\{{\s*"version":\s*"([^"]+)""#)),
        (
            "pnpm-lock.yaml",
            format!(r#"(?m)^\s+['"]?{name}['"]?:\s*\n\s+specifier:[^\n]*\n\s+version:\s*['"]?(\d[^\s('"]*)"#),
        ),
        ("yarn.lock", format!(r#"(?m)^"?{name}@[^\n]*:\r?\n\s+version:?\s+"?([^"\s]+)"#)),
        ("bun.lock", format!(r#""{name}@(\d[^"]*)""#)),
    ]
    .iter()
    .find_map(|(file, pattern)| {
        let text = read_text(&folder.join(file), LOCK_LIMIT)?;
        Some(Regex::new(pattern).ok()?.captures(&text)?[1].to_owned())
    })
}

/// `name = PYTHON`, then `version = "0.28.0"`; in JSON alike.
fn locked(text: &str, package: &str) -> Option<String> {
    let name = regex::escape(package);
    let pattern =
        format!(r#""?name"?\s*[=:]\s*"{name}"\s*,?\s*"?version"?\s*[=:]\s*"([^"]+)"|npm:{name}@([0-9][^"_]*)"#);
    let found = Regex::new(&pattern).ok()?;
    let found = found.captures(text)?;
    Some(found.get(1).or_else(|| found.get(2))?.as_str().to_owned())
}

/// The version that follows a package's name: `polar-sdk>=0.28`, `"polar-sh/sdk": "^1.0"`, `polar-go v0.14.0`.
fn after(text: &str, package: &str) -> Option<String> {
    let rest = &text[text.find(package)? + package.len()..];
    let line = rest.lines().next()?.trim_start_matches(|first: char| " \t\"':=@(".contains(first));
    let version: String =
        line.chars().take_while(|letter| letter.is_alphanumeric() || ".-+^~<>=*".contains(*letter)).collect();
    (!version.is_empty()).then_some(version)
}
