//! On which port the app listens on this machine.

use std::{path::Path, sync::LazyLock};

use regex::Regex;

use super::{
    Suggestion,
    folder::read_text,
    framework::{Framework, Routing},
    manifest::Manifests,
    source::Source,
};
use crate::env_file::Document;

const LIMIT: u64 = 1 << 20;
const SCRIPTS: [&str; 4] = ["dev", "start:dev", "develop", "start"];
const ENV_FILES: [&str; 2] = [".env.local", ".env"];
const CONFIGS: [&str; 9] = [
    "vite.config.ts",
    "vite.config.js",
    "vite.config.mts",
    "vite.config.mjs",
    "nuxt.config.ts",
    "nuxt.config.js",
    "astro.config.mjs",
    "astro.config.ts",
    "astro.config.js",
];

fn expression(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

/// From the scripts, the env file, the configuration, the code, or the framework's default: the first that says so.
pub(super) fn find(
    folder: &Path,
    framework: Option<Framework>,
    manifests: &Manifests,
    sources: &[Source],
) -> Suggestion<u16> {
    in_scripts(manifests)
        .or_else(|| in_env_file(folder, framework))
        .or_else(|| in_config(folder))
        .or_else(|| in_code(framework, sources))
        .unwrap_or_else(|| match framework {
            Some(known) => Suggestion::new(known.port, format!("{}'s default.", known.title)),
            None => Suggestion::new(3000, "The most usual one; nothing in the folder names another."),
        })
}

fn in_scripts(manifests: &Manifests) -> Option<Suggestion<u16>> {
    static FLAG: LazyLock<Regex> =
        LazyLock::new(|| expression(r#"(?:^|[\s"'])(?:--port[= ]|-p[= ]?|PORT=)["']?(\d{2,5})\b"#));
    SCRIPTS.iter().find_map(|name| {
        let script = manifests.script(name)?;
        if let Some(port) = number(&FLAG, script) {
            return Some(Suggestion::new(port, format!("The script \"{name}\" in package.json names it.")));
        }
        script
            .contains("wrangler dev")
            .then(|| Suggestion::new(8787, format!("wrangler's default, which the script \"{name}\" starts.")))
    })
}

fn in_env_file(folder: &Path, framework: Option<Framework>) -> Option<Suggestion<u16>> {
    let variables = framework.map_or(["PORT"].as_slice(), |known| known.port_variables);
    ENV_FILES.iter().find_map(|file| {
        let document = Document::parse(read_text(&folder.join(file), LIMIT)?.as_bytes());
        variables.iter().find_map(|name| {
            let port = document.get(name)?.trim().parse().ok().filter(|port| *port > 0)?;
            Some(Suggestion::new(port, format!("{name} in {file}.")))
        })
    })
}

fn in_config(folder: &Path) -> Option<Suggestion<u16>> {
    static SETTING: LazyLock<Regex> = LazyLock::new(|| expression(r"(?m)^[^/\n]*?\bport\s*:\s*(\d{2,5})\b"));
    CONFIGS.iter().find_map(|file| {
        let port = number(&SETTING, &read_text(&folder.join(file), LIMIT)?)?;
        Some(Suggestion::new(port, format!("{file} sets it.")))
    })
}

/// `process.env.PORT || 4000`, `.listen(4000)`, `listen({ port: 4000 })`, `ListenAndServe(":4000")`, …
fn in_code(framework: Option<Framework>, sources: &[Source]) -> Option<Suggestion<u16>> {
    static LISTEN: LazyLock<Regex> = LazyLock::new(|| {
        expression(concat!(
            r#"(?m)^[^#\n]*?(?:\bPORT["'\])]*\s*(?:\|\||\?\?|\bor\b|,)\s*["']?|\.listen\(\s*(?:\{\s*port:\s*)?"#,
            r#"|\bserve\(\s*\{[^}]*?\bport:\s*|ListenAndServe\(\s*"[^":]*:|\.Run\(\s*":)(\d{2,5})\b"#
        ))
    });
    if framework.is_some_and(|known| known.routing != Routing::Code) {
        return None;
    }
    sources.iter().find_map(|source| {
        let port = number(&LISTEN, &source.text)?;
        Some(Suggestion::new(port, format!("{} listens on it.", source.path)))
    })
}

fn number(expression: &Regex, text: &str) -> Option<u16> {
    expression.captures_iter(text).find_map(|found| found[1].parse().ok().filter(|port| *port > 0))
}
