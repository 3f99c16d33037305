//! On which port the app listens on this machine.

use std::{path::Path, sync::LazyLock};

use regex::{Match, Regex};
use serde_json::Value;

use super::{
    Suggestion,
    folder::read_text,
    framework::{Framework, Routing},
    manifest::{Manifests, PACKAGE},
    source::Source,
    start::SCRIPTS,
};
use crate::{env_file::Document, setup::view::Place};

const LIMIT: u64 = 1 << 20;
/// Scripts that start others are followed so far.
const DEPTH: usize = 4;
const CONFIGS: [&str; 12] = [
    "vite.config.ts",
    "vite.config.js",
    "vite.config.mts",
    "vite.config.mjs",
    "nuxt.config.ts",
    "nuxt.config.js",
    "astro.config.mjs",
    "astro.config.ts",
    "astro.config.js",
    "app.config.ts",
    "wrangler.json",
    "wrangler.jsonc",
];

fn expression(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

/// From the scripts, the env files (the strongest first), the configuration, the code, or the framework's default: the
/// first that says so.
pub(super) fn find(
    folder: &Path,
    framework: Option<Framework>,
    manifests: &Manifests,
    sources: &[Source],
    env_files: &[String],
) -> Suggestion<u16> {
    in_scripts(manifests)
        .or_else(|| in_tasks(manifests))
        .or_else(|| in_procfile(framework, manifests))
        .or_else(|| in_env_file(folder, framework, env_files))
        .or_else(|| in_config(folder, framework, manifests))
        .or_else(|| in_code(framework, sources))
        .unwrap_or_else(|| match framework {
            Some(known) => Suggestion::new(known.port, format!("{}'s default.", known.title)),
            None => Suggestion::new(3000, "The most usual one; nothing in the folder names another."),
        })
}

static FLAG: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?:^|[\s"'])(?:--port[= ]|-p[= ]?|PORT=|-l\s+|runserver\s+(?:[\w.]+:)?|--addr[= ][\w.]*:)["']?(\d{2,5})\b"#,
    )
});

fn in_scripts(manifests: &Manifests) -> Option<Suggestion<u16>> {
    SCRIPTS.iter().find_map(|name| in_script(manifests, name, DEPTH))
}

fn in_script(manifests: &Manifests, name: &str, depth: usize) -> Option<Suggestion<u16>> {
    static OTHER: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r"(?:\b(?:npm|pnpm|yarn|bun)\s+(?:-s\s+|--silent\s+)?(?:run\s+)?|\bnpm:|\bpnpm:|\bbun:|\brun-[sp]\s+)([\w:.-]+)",
        )
    });
    let script = manifests.script(name)?;
    let at = Place::new(PACKAGE, manifests.package_line(name));
    if let Some((port, _)) = number(&FLAG, script) {
        return Some(Suggestion::new(port, format!("The script \"{name}\" in package.json names it.")).at(at));
    }
    if script.contains("wrangler dev") && manifests.other("wrangler.toml").is_none_or(|text| !text.contains("port")) {
        return Some(Suggestion::new(8787, format!("wrangler's default, which the script \"{name}\" starts.")).at(at));
    }
    let depth = depth.checked_sub(1)?;
    let others = OTHER.captures_iter(script).filter_map(|found| found.get(1)).map(|other| other.as_str());
    others.filter(|other| *other != name).find_map(|other| in_script(manifests, other, depth))
}

/// Deno's tasks.
fn in_tasks(manifests: &Manifests) -> Option<Suggestion<u16>> {
    let (file, deno) = manifests.deno()?;
    let tasks = deno.get("tasks")?.as_object()?;
    ["dev", "start", "serve"].iter().find_map(|name| {
        let task = tasks.get(*name)?;
        let (port, _) = number(&FLAG, task.as_str().or_else(|| task.get("command").and_then(Value::as_str))?)?;
        let at = Place::new(file, manifests.other_line(file, name));
        Some(Suggestion::new(port, format!("The task \"{name}\" in {file} names it.")).at(at))
    })
}

/// `web: bin/rails server -p 3001`; the `Procfile` is for the server that the app is deployed to.
fn in_procfile(framework: Option<Framework>, manifests: &Manifests) -> Option<Suggestion<u16>> {
    static WEB: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"(?m)^(?:web|server|app|api):.*?(?:\s|["'])(?:--port[= ]|-p[= ]?|PORT=)["']?(\d{2,5})\b"#)
    });
    if framework.is_some_and(|known| known.routing != Routing::Code) {
        return None;
    }
    ["Procfile.dev", "Procfile"].iter().find_map(|file| {
        let text = manifests.other(file)?;
        let (port, at) = number(&WEB, text)?;
        Some(Suggestion::new(port, format!("{file} names it.")).at(Place::at(*file, text, at)))
    })
}

fn in_env_file(folder: &Path, framework: Option<Framework>, env_files: &[String]) -> Option<Suggestion<u16>> {
    let variables = framework.map_or(["PORT"].as_slice(), |known| known.port_variables);
    env_files.iter().find_map(|file| {
        let document = Document::parse(read_text(&folder.join(file), LIMIT)?.as_bytes());
        variables.iter().find_map(|name| {
            let port = document.get(name)?.trim().parse().ok().filter(|port| *port > 0)?;
            let line = document.line_of(name).and_then(|line| u32::try_from(line).ok());
            Some(Suggestion::new(port, format!("{name} in {file}.")).at(Place::new(file.clone(), line)))
        })
    })
}

fn in_config(folder: &Path, framework: Option<Framework>, manifests: &Manifests) -> Option<Suggestion<u16>> {
    static SETTING: LazyLock<Regex> = LazyLock::new(|| expression(r#"(?m)^[^/\n]*?\bport["']?\s*:\s*(\d{2,5})\b"#));
    static TOML: LazyLock<Regex> = LazyLock::new(|| expression(r"(?s)\[dev\][^\[]*?\bport\s*=\s*(\d{2,5})\b"));
    static API: LazyLock<Regex> = LazyLock::new(|| expression(r"(?s)\[api\][^\[]*?\bport\s*=\s*(\d{2,5})\b"));
    let found = |file: &str, text: &str, expression: &Regex| {
        let (port, at) = number(expression, text)?;
        Some(Suggestion::new(port, format!("{file} sets it.")).at(Place::at(file, text, at)))
    };
    if framework.is_some_and(|known| known.routing == Routing::SupabaseFiles) {
        let file = "supabase/config.toml";
        return found(file, &read_text(&folder.join(file), LIMIT)?, &API);
    }
    let in_toml = manifests.other("wrangler.toml").and_then(|text| found("wrangler.toml", text, &TOML));
    in_toml.or_else(|| CONFIGS.iter().find_map(|file| found(file, &read_text(&folder.join(file), LIMIT)?, &SETTING)))
}

/// `process.env.PORT || 4000`, `.listen(4000)`, `listen({ port: 4000 })`, `ListenAndServe(":4000")`, …
fn in_code(framework: Option<Framework>, sources: &[Source]) -> Option<Suggestion<u16>> {
    static LISTEN: LazyLock<Regex> = LazyLock::new(|| {
        expression(concat!(
            r#"(?m)^[^#\n]*?(?:\bPORT["'\])]*\s*(?:\|\||\?\?|\bor\b|,|:)\s*["']?|\.listen\(\s*(?:\{\s*port:\s*)?"#,
            r#"|\b(?:[Ss]erve|app\.run|uvicorn\.run)\(\s*(?:\{)?[^}]*?\bport\s*[:=]\s*|ListenAndServe\(\s*"[^":]*:|\.(?:Run|Start|Listen)\(\s*"[^":]*:"#,
            r#"|\bTcpListener::bind\(\s*"[^":]*:|\bAddr:\s*"[^":]*:|\bconst (?:port|PORT)\s*=\s*)(\d{2,5})(?:[^.\w]|$)"#
        ))
    });
    if framework.is_some_and(|known| known.routing != Routing::Code) {
        return None;
    }
    sources.iter().find_map(|source| {
        let (port, at) = number(&LISTEN, &source.text)?;
        let at = Place::at(source.path.clone(), &source.text, at);
        Some(Suggestion::new(port, format!("{} listens on it.", source.path)).at(at))
    })
}

/// The first possible port, and where it stands.
fn number(expression: &Regex, text: &str) -> Option<(u16, usize)> {
    let port = |found: Match<'_>| Some((found.as_str().parse().ok().filter(|port| *port > 0)?, found.start()));
    expression.captures_iter(text).find_map(|found| port(found.get(1)?))
}
