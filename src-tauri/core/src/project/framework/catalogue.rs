//! The frameworks we know, and what is usual in each.

use super::{
    Evidence::{self, DevPackage, File, Folder, Package, Part, Path, Word},
    Known,
    Language::{self, Deno, Elixir, Go, JavaScript, Php, Python, Ruby, Rust},
    Routing,
};
use crate::project::env_files::Loader;

const fn known(
    title: &'static str,
    language: Language,
    evidence: &'static [Evidence],
    (port, port_variables): (u16, &'static [&'static str]),
    routing: Routing,
    default_route: &'static str,
    loader: Loader,
) -> Known {
    Known { title, language, evidence, port, port_variables, routing, default_route, loader }
}

const PORT: &[&str] = &["PORT"];
const NEXT: &[Evidence] = &[Package("next")];
const POLAR: &str = "/polar/webhooks";
const HOOK: &str = "/webhooks/polar";
const DJANGO: &[Evidence] = &[
    File("manage.py"),
    Word("pyproject.toml", "django"),
    Word("requirements.txt", "django"),
    Word("Pipfile", "django"),
];
const FASTAPI: &[Evidence] =
    &[Word("pyproject.toml", "fastapi"), Word("requirements.txt", "fastapi"), Word("Pipfile", "fastapi")];
const FLASK: &[Evidence] =
    &[Word("pyproject.toml", "flask"), Word("requirements.txt", "flask"), Word("Pipfile", "flask")];

/// Those that stand on others come first. Ports: the development servers' defaults. Next.js, Vite and what stands on
/// it do not take their port from an env file.
#[rustfmt::skip]
pub(super) static ALL: [Known; 43] = [
    known("Next.js (app router)", JavaScript, NEXT, (3000, &[]), Routing::NextFiles, "/api/webhook/polar", Loader::Next),
    known("Next.js (pages router)", JavaScript, NEXT, (3000, &[]), Routing::NextFiles, "/api/webhook/polar", Loader::Next),
    known("Nuxt", JavaScript, &[DevPackage("nuxt")], (3000, &["NUXT_PORT", "PORT"]), Routing::NuxtFiles, "/webhook/polar", Loader::Nuxt),
    known("SvelteKit", JavaScript, &[DevPackage("@sveltejs/kit")], (5173, &[]), Routing::SvelteFiles, "/api/webhooks/polar", Loader::Vite),
    known("Astro", JavaScript, &[DevPackage("astro")], (4321, &[]), Routing::AstroFiles, "/api/webhook/polar", Loader::Vite),
    known("TanStack Start", JavaScript, &[Package("@tanstack/react-start"), Package("@tanstack/solid-start"), Package("@tanstack/start")], (3000, &[]), Routing::TanStackFiles, "/api/webhook/polar", Loader::Vite),
    known("React Router", JavaScript, &[DevPackage("@react-router/dev")], (5173, &[]), Routing::RemixFiles, "/webhook", Loader::Vite),
    known("Remix", JavaScript, &[DevPackage("@remix-run/dev"), Package("@remix-run/react")], (5173, &[]), Routing::RemixFiles, "/webhook", Loader::Vite),
    known("Medusa", JavaScript, &[Package("@medusajs/medusa")], (9000, PORT), Routing::MedusaFiles, "/hooks/polar", Loader::Dotenv),
    known("NestJS", JavaScript, &[Package("@nestjs/core")], (3000, PORT), Routing::Code, POLAR, Loader::Nest),
    known("AdonisJS", JavaScript, &[Package("@adonisjs/core")], (3333, PORT), Routing::Code, POLAR, Loader::Dotenv),
    known("Elysia", JavaScript, &[Package("elysia")], (3000, PORT), Routing::Code, POLAR, Loader::Bun),
    known("Fastify", JavaScript, &[Package("fastify")], (3000, PORT), Routing::Code, POLAR, Loader::Dotenv),
    known("Hono", JavaScript, &[Package("hono"), Word("deno.json", "hono"), Word("deno.jsonc", "hono")], (3000, PORT), Routing::Code, POLAR, Loader::Dotenv),
    known("Express", JavaScript, &[Package("express")], (3000, PORT), Routing::Code, POLAR, Loader::Dotenv),
    known("Koa", JavaScript, &[Package("koa")], (3000, PORT), Routing::Code, POLAR, Loader::Dotenv),
    known("Laravel", Php, &[Word("composer.json", "laravel/framework")], (8000, &["SERVER_PORT"]), Routing::Code, "/polar/webhook", Loader::Laravel),
    known("Symfony", Php, &[Word("composer.json", "symfony/framework-bundle")], (8000, &[]), Routing::Code, HOOK, Loader::Symfony),
    known("Rails", Ruby, &[Word("Gemfile", "rails")], (3000, PORT), Routing::Code, HOOK, Loader::Rails),
    known("Sinatra", Ruby, &[Word("Gemfile", "sinatra")], (4567, PORT), Routing::Code, HOOK, Loader::Rails),
    known("Django", Python, DJANGO, (8000, &[]), Routing::Code, "/webhooks/polar/", Loader::Python),
    known("FastAPI", Python, FASTAPI, (8000, PORT), Routing::Code, HOOK, Loader::Python),
    known("Flask", Python, FLASK, (5000, &["FLASK_RUN_PORT", "PORT"]), Routing::Code, HOOK, Loader::Flask),
    known("Phoenix", Elixir, &[Word("mix.exs", "phoenix")], (4000, PORT), Routing::Code, HOOK, Loader::Dotenvy),
    known("Go (Gin)", Go, &[Part("go.mod", "github.com/gin-gonic/gin")], (8080, PORT), Routing::Code, HOOK, Loader::Go),
    known("Go (chi)", Go, &[Part("go.mod", "github.com/go-chi/chi")], (8080, PORT), Routing::Code, HOOK, Loader::Go),
    known("Go (Echo)", Go, &[Part("go.mod", "github.com/labstack/echo")], (1323, PORT), Routing::Code, HOOK, Loader::Go),
    known("Go (Fiber)", Go, &[Part("go.mod", "github.com/gofiber/fiber")], (3000, PORT), Routing::Code, HOOK, Loader::Go),
    known("Go (net/http)", Go, &[File("go.mod")], (8080, PORT), Routing::Code, HOOK, Loader::Go),
    known("Rust (axum)", Rust, &[Word("Cargo.toml", "axum")], (3000, PORT), Routing::Code, HOOK, Loader::Dotenvy),
    known("Rust (actix-web)", Rust, &[Word("Cargo.toml", "actix-web")], (8080, PORT), Routing::Code, HOOK, Loader::Dotenvy),
    known("Rust (Rocket)", Rust, &[Word("Cargo.toml", "rocket")], (8000, &["ROCKET_PORT"]), Routing::Code, HOOK, Loader::Dotenvy),
    known("Cloudflare Workers", JavaScript, &[File("wrangler.toml"), File("wrangler.json"), File("wrangler.jsonc")], (8787, &[]), Routing::Code, HOOK, Loader::Wrangler),
    known("Vite", JavaScript, &[DevPackage("vite")], (5173, &[]), Routing::Code, "/api/webhook/polar", Loader::Vite),
    known("Convex", JavaScript, &[Package("convex")], (3211, &[]), Routing::Code, "/polar/events", Loader::Convex),
    known("Supabase functions", Deno, &[Folder("supabase/functions")], (54321, &[]), Routing::SupabaseFiles, "/functions/v1/polar-webhook", Loader::Supabase),
    known("Deno", Deno, &[File("deno.json"), File("deno.jsonc")], (8000, PORT), Routing::Code, HOOK, Loader::Deno),
    known("Bun", JavaScript, &[File("bunfig.toml"), Path("bun.lock"), Path("bun.lockb"), DevPackage("@types/bun"), DevPackage("bun-types")], (3000, PORT), Routing::Code, HOOK, Loader::Bun),
    known("Gatsby", JavaScript, &[Package("gatsby")], (8000, &[]), Routing::Code, "/api/webhook/polar", Loader::Next),
    known("PHP", Php, &[File("composer.json")], (8000, &[]), Routing::Code, "/polar/webhook", Loader::Laravel),
    known("Ruby", Ruby, &[File("Gemfile")], (3000, PORT), Routing::Code, HOOK, Loader::Rails),
    known("Python", Python, &[File("pyproject.toml"), File("requirements.txt"), File("Pipfile")], (8000, PORT), Routing::Code, HOOK, Loader::Python),
    known("Node.js", JavaScript, &[File("package.json")], (3000, PORT), Routing::Code, HOOK, Loader::Dotenv),
];
