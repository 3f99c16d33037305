//! What browsers get: the files that are shipped to them, and the variables whose names ship their values.

use std::{fs, path::Path, sync::LazyLock};

use memchr::memmem;
use regex::bytes::Regex;

/// Names that frameworks replace by their values in the code for browsers, when they name a secret of Polar's.
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)\b((?:NEXT_PUBLIC_|VITE_|NUXT_PUBLIC_|PUBLIC_|REACT_APP_|EXPO_PUBLIC_|GATSBY_)[A-Z0-9_]*POLAR[A-Z0-9_]*(?:TOKEN|SECRET)[A-Z0-9_]*)\b").ok()
});
/// Reading a secret's variable.
static READS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)\b(?:process\.env|import\.meta\.env)(?:\.|\[.)(POLAR_[A-Z0-9_]*(?:TOKEN|SECRET)[A-Z0-9_]*)\b")
        .ok()
});

const CODE: [&str; 11] = ["js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "vue", "svelte", "astro"];
/// With one of these in `package.json` there is a server, so that `src/` is not all for browsers.
const SERVERS: [&str; 16] = [
    "next",
    "nuxt",
    "@sveltejs/kit",
    "astro",
    "express",
    "hono",
    "fastify",
    "koa",
    "@nestjs/core",
    "@remix-run/node",
    "@react-router/node",
    "@tanstack/react-start",
    "@solidjs/start",
    "h3",
    "elysia",
    "@polar-sh/express",
];

/// What is known of the project.
pub(super) struct Client {
    /// The project's `src/` relative to the root, when all of it is for browsers.
    source: Option<std::path::PathBuf>,
}

impl Client {
    pub(super) fn of(folder: &Path, root: &Path) -> Self {
        let manifest = fs::read(folder.join("package.json")).unwrap_or_default();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
        let uses =
            |name: &str| ["dependencies", "devDependencies"].iter().any(|kind| manifest[kind].get(name).is_some());
        let only = (uses("vite") || uses("react-scripts")) && !SERVERS.into_iter().any(uses);
        let inside = folder.canonicalize().ok().zip(root.canonicalize().ok());
        let inside = inside.and_then(|(folder, root)| Some(folder.strip_prefix(root).ok()?.join("src")));
        Self { source: inside.filter(|_| only) }
    }

    /// Whether browsers get this file.
    pub(super) fn ships(&self, path: &Path, bytes: &[u8]) -> bool {
        let folders = path.parent().into_iter().flat_map(Path::components);
        let public = folders.into_iter().any(|part| part.as_os_str() == "public" || part.as_os_str() == "static");
        let server = path.file_name().is_some_and(|name| name.to_string_lossy().contains(".server."));
        let component = is(path, &["vue", "svelte"]) && !server;
        public
            || component
            || begins_for_client(bytes)
            || self.source.as_ref().is_some_and(|source| path.starts_with(source))
    }

    /// Names of secrets that are shipped, and where.
    pub(super) fn names(&self, path: &Path, bytes: &[u8], mut found: impl FnMut(&str, usize)) {
        let env = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".env"));
        if !(env || is(path, &CODE)) || memmem::find(bytes, b"POLAR").is_none() {
            return;
        }
        let shipped = is(path, &CODE) && self.ships(path, bytes);
        let patterns = [NAMES.as_ref(), READS.as_ref().filter(|_| shipped)];
        for pattern in patterns.into_iter().flatten() {
            for name in pattern.captures_iter(bytes).filter_map(|captures| captures.get(1)) {
                if let Ok(text) = std::str::from_utf8(name.as_bytes()) {
                    found(text, name.start());
                }
            }
        }
    }
}

fn is(path: &Path, extensions: &[&str]) -> bool {
    path.extension().and_then(|end| end.to_str()).is_some_and(|end| extensions.contains(&end))
}

/// Whether the file says `"use client"` before any code.
fn begins_for_client(bytes: &[u8]) -> bool {
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    loop {
        let after = if rest.starts_with(b"//") {
            memchr::memchr(b'\n', rest).map(|end| end + 1)
        } else if rest.starts_with(b"/*") {
            memmem::find(rest, b"*/").map(|end| end + 2)
        } else {
            return rest.starts_with(b"\"use client\"") || rest.starts_with(b"'use client'");
        };
        let Some(after) = after else { return false };
        rest = rest[after..].trim_ascii_start();
    }
}
