//! Which framework a project uses, and what follows from it.

use super::manifest::Manifests;

/// How routes come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Routing {
    /// From the names of files.
    NextFiles,
    /// Nuxt's `server/` folder.
    NuxtFiles,
    /// `+server.ts` under `src/routes`.
    SvelteFiles,
    /// `src/pages`.
    AstroFiles,
    /// `app/routes`, dots for slashes.
    RemixFiles,
    /// `src/routes`, with the path repeated in the file.
    TanStackFiles,
    /// In the code.
    Code,
}

/// One framework.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Its name.
    pub(super) title: &'static str,
    /// The file that says so; and the word in it (a package's name; empty: the file is enough).
    evidence: &'static [(&'static str, &'static str)],
    pub(super) port: u16,
    /// The env file's variables that it takes its port from.
    pub(super) port_variables: &'static [&'static str],
    pub(super) routing: Routing,
}

/// A framework we know.
pub(super) type Framework = &'static Known;

const PACKAGE: &str = "package.json";
const PORT: &[&str] = &["PORT"];

const fn known(
    title: &'static str,
    evidence: &'static [(&'static str, &'static str)],
    port: u16,
    port_variables: &'static [&'static str],
    routing: Routing,
) -> Known {
    Known { title, evidence, port, port_variables, routing }
}

/// Those that stand on others come first. Ports: the development servers' defaults. Next.js, Vite and what stands on
/// it do not take their port from an env file.
static ALL: [Known; 29] = [
    known("Next.js", &[(PACKAGE, "next")], 3000, &[], Routing::NextFiles),
    known("Nuxt", &[(PACKAGE, "nuxt")], 3000, &["NUXT_PORT", "PORT"], Routing::NuxtFiles),
    known("SvelteKit", &[(PACKAGE, "@sveltejs/kit")], 5173, &[], Routing::SvelteFiles),
    known("Astro", &[(PACKAGE, "astro")], 4321, &[], Routing::AstroFiles),
    known(
        "TanStack Start",
        &[(PACKAGE, "@tanstack/react-start"), (PACKAGE, "@tanstack/solid-start"), (PACKAGE, "@tanstack/start")],
        3000,
        &[],
        Routing::TanStackFiles,
    ),
    known("React Router", &[(PACKAGE, "@react-router/dev")], 5173, &[], Routing::RemixFiles),
    known("Remix", &[(PACKAGE, "@remix-run/dev"), (PACKAGE, "@remix-run/react")], 5173, &[], Routing::RemixFiles),
    known("NestJS", &[(PACKAGE, "@nestjs/core")], 3000, PORT, Routing::Code),
    known("AdonisJS", &[(PACKAGE, "@adonisjs/core")], 3333, PORT, Routing::Code),
    known("Elysia", &[(PACKAGE, "elysia")], 3000, PORT, Routing::Code),
    known("Fastify", &[(PACKAGE, "fastify")], 3000, PORT, Routing::Code),
    known("Hono", &[(PACKAGE, "hono")], 3000, PORT, Routing::Code),
    known("Express", &[(PACKAGE, "express")], 3000, PORT, Routing::Code),
    known("Koa", &[(PACKAGE, "koa")], 3000, PORT, Routing::Code),
    known("Vite", &[(PACKAGE, "vite")], 5173, &[], Routing::Code),
    known("Laravel", &[("composer.json", "laravel/framework")], 8000, &["SERVER_PORT"], Routing::Code),
    known("Symfony", &[("composer.json", "symfony/framework-bundle")], 8000, &[], Routing::Code),
    known("Rails", &[("Gemfile", "rails")], 3000, PORT, Routing::Code),
    known("Sinatra", &[("Gemfile", "sinatra")], 4567, PORT, Routing::Code),
    known(
        "Django",
        &[("manage.py", ""), ("pyproject.toml", "django"), ("requirements.txt", "django"), ("Pipfile", "django")],
        8000,
        &[],
        Routing::Code,
    ),
    known(
        "FastAPI",
        &[("pyproject.toml", "fastapi"), ("requirements.txt", "fastapi"), ("Pipfile", "fastapi")],
        8000,
        PORT,
        Routing::Code,
    ),
    known(
        "Flask",
        &[("pyproject.toml", "flask"), ("requirements.txt", "flask"), ("Pipfile", "flask")],
        5000,
        &["FLASK_RUN_PORT", "PORT"],
        Routing::Code,
    ),
    known("Phoenix", &[("mix.exs", "phoenix")], 4000, PORT, Routing::Code),
    known("Go", &[("go.mod", "")], 8080, PORT, Routing::Code),
    known("Rust (axum)", &[("Cargo.toml", "axum")], 3000, PORT, Routing::Code),
    known("Rust (actix-web)", &[("Cargo.toml", "actix-web")], 8080, PORT, Routing::Code),
    known("Rust (Rocket)", &[("Cargo.toml", "rocket")], 8000, &["ROCKET_PORT"], Routing::Code),
    known("Deno", &[("deno.json", ""), ("deno.jsonc", "")], 8000, PORT, Routing::Code),
    known("Cloudflare Workers", &[("wrangler.toml", ""), (PACKAGE, "wrangler")], 8787, &[], Routing::Code),
];

/// The framework, and the file that says so.
pub(super) fn find(manifests: &Manifests) -> Option<(Framework, String)> {
    ALL.iter().find_map(|known| {
        let (file, _) = known.evidence.iter().find(|(file, word)| says(manifests, file, word))?;
        Some((known, (*file).to_owned()))
    })
}

fn says(manifests: &Manifests, file: &str, word: &str) -> bool {
    if file == PACKAGE {
        return manifests.npm(word).is_some();
    }
    manifests.other(file).is_some_and(|text| word.is_empty() || has_word(&text.to_lowercase(), word))
}

/// Whether a dependency of this name stands there: `flask`, but not in `flask-cors` or `my-flask`.
fn has_word(text: &str, word: &str) -> bool {
    let part = |character: char| character.is_alphanumeric() || "-_/.".contains(character);
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}
