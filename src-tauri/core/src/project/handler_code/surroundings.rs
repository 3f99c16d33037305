//! What stands around the handler: what loads the env files, a path before all others, what sees each request first.

use std::{path::Path, sync::LazyLock};

use regex::Regex;

use super::expression;
use crate::project::{folder::read_text, source::Source};

const LARGEST: u64 = 256 << 10;

/// Whether anything in the project loads an env file, as far as its code and manifests tell. In doubt it does.
pub fn loads_env(folder: &Path, sources: &[Source]) -> bool {
    static LOADS: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r#"(?i)dotenv/config|\bconfig\(|load_?env|load_dotenv\s*\(|dotenv_values\s*\(|\benv_file\s*=|decouple|\benviron\.Env\b|read_env\(|\bEnv\(\)|parse_ini_file|createImmutable|createUnsafe|createMutable|godotenv|["'`/]\.env\b|\.dev\.vars"#,
        )
    });
    // Frameworks that load them by themselves; a library that nobody calls loads nothing.
    const MANIFESTS: [(&str, &str); 3] = [
        (
            "package.json",
            r#"(?i)"(?:next|nuxt|astro|vite|@sveltejs/kit|@nestjs/config|wrangler|@remix-run/[^"]*|@react-router/[^"]*|@tanstack/[^"]*|gatsby|react-scripts|@adonisjs/[^"]*|@medusajs/[^"]*|bun-types|@types/bun)"\s*:"#,
        ),
        ("composer.json", r"(?i)laravel/framework|symfony/"),
        ("Gemfile", r"(?i)dotenv|rails"),
    ];
    sources.iter().any(|source| LOADS.is_match(&source.text))
        || MANIFESTS.iter().any(|(file, pattern)| {
            read_text(&folder.join(file), LARGEST).is_some_and(|text| expression(pattern).is_match(&text))
        })
}

/// The path that Next.js puts before all of an app's.
pub fn base_path(folder: &Path) -> Option<String> {
    static BASE: LazyLock<Regex> = LazyLock::new(|| expression(r#"\bbasePath\s*:\s*["'`](/[^"'`\s]+)["'`]"#));
    ["next.config.js", "next.config.mjs", "next.config.ts"].iter().find_map(|file| {
        let text = read_text(&folder.join(file), LARGEST)?;
        BASE.captures(&text).map(|hit| hit[1].trim_end_matches('/').to_owned())
    })
}

/// The file of what sees each request first.
pub fn middleware(folder: &Path) -> Option<String> {
    let stems = ["middleware", "proxy", "src/middleware", "src/proxy"];
    let files = stems.iter().flat_map(|stem| ["ts", "js", "mts", "mjs"].map(|end| format!("{stem}.{end}")));
    let is_next = ["next.config.js", "next.config.mjs", "next.config.ts", "app", "src/app", "pages"]
        .iter()
        .any(|name| folder.join(name).exists());
    files.into_iter().find(|file| is_next && folder.join(file).is_file())
}

/// Whether a development server of Vite's passes some paths on.
pub fn vite_passes_on(folder: &Path) -> bool {
    let configurations = ["vite.config.js", "vite.config.mjs", "vite.config.ts"];
    configurations.iter().any(|file| read_text(&folder.join(file), LARGEST).is_some_and(|text| text.contains("proxy")))
}
