//! The project's own source files, as far as they can have to do with webhooks.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::folder::read_text;

const FILES: usize = 3000;
const FILE_LIMIT: u64 = 256 << 10;
const DEPTH: usize = 10;
const EXTENSIONS: [&str; 14] =
    ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "py", "php", "rb", "go", "rs", "ex"];
/// Others' code, and what is generated.
const SKIPPED: [&str; 17] = [
    "node_modules",
    "vendor",
    "target",
    "dist",
    "build",
    "out",
    "coverage",
    "venv",
    "env",
    "__pycache__",
    "tmp",
    "temp",
    "test",
    "tests",
    "__tests__",
    "bower_components",
    "storage",
];

/// What names Polar, listens on a port, mounts routers, or loads env files.
const OF_USE: [&str; 21] = [
    "polar",
    "Polar",
    "POLAR",
    ".listen(",
    "PORT",
    "port",
    "ListenAndServe",
    ".Run(",
    ".Start(",
    ".Listen(",
    ".use(",
    ".route(",
    ".register(",
    ".Mount(",
    ".Group(",
    "include(",
    "include_router",
    "setGlobalPrefix",
    "envFilePath",
    "env_file",
    "dotenv",
];

/// One source file.
#[derive(Debug)]
pub(super) struct Source {
    /// Relative to the project's folder, with `/` between its parts.
    pub(super) path: String,
    /// Its text, lines that are comments emptied.
    pub(super) text: String,
}

/// Source files, nearest first, then by name. Links are not followed, so nothing outside the folder is read.
pub(super) fn sources(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut level = vec![PathBuf::new()];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for relative in level {
            let entries = fs::read_dir(folder.join(&relative)).into_iter().flatten().flatten();
            let mut entries: Vec<_> =
                entries.filter_map(|entry| Some((entry.file_name(), entry.file_type().ok()?))).collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            for (name, kind) in entries {
                let text = name.to_string_lossy();
                let path = relative.join(&name);
                if kind.is_dir() && !text.starts_with('.') && !SKIPPED.contains(&text.as_ref()) {
                    next.push(path);
                } else if kind.is_file() && is_source(&text) {
                    found.push(path);
                    if found.len() == FILES {
                        return read(folder, &found);
                    }
                }
            }
        }
        level = next;
    }
    read(folder, &found)
}

fn is_source(name: &str) -> bool {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let kind = stem.rsplit_once('.').map_or("", |(_, kind)| kind);
    EXTENSIONS.contains(&extension) && !["d", "test", "spec"].contains(&kind)
}

/// Only those that name Polar, listen on a port or configure routes are kept.
fn read(folder: &Path, paths: &[PathBuf]) -> Vec<Source> {
    let of_use = |text: &str| OF_USE.iter().any(|word| text.contains(word));
    let sources = paths.iter().filter_map(|path| {
        let text = read_text(&folder.join(path), FILE_LIMIT)
            .filter(|text| of_use(text) || path.to_string_lossy().to_lowercase().contains("polar"))?;
        // Lines stay where they are, so that their numbers hold.
        let lines = text.lines().map(|line| if is_comment(line) { "" } else { line });
        let text = lines.collect::<Vec<_>>().join("\n");
        Some(Source { path: path.to_string_lossy().replace('\\', "/"), text })
    });
    sources.collect()
}

/// `#[…]` is an attribute in Rust and PHP.
fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//") || line.starts_with("* ") || (line.starts_with('#') && !line.starts_with("#["))
}
