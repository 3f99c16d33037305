//! Routes that a framework makes of the names of files.

use std::sync::LazyLock;

use regex::Regex;

use super::{Routing, Source, Suggestion, expression, joined, line_of, rank};
use crate::setup::view::Place;

/// The likeliest route of these handlers.
pub(super) fn find(routing: Routing, handlers: &[&Source], sources: &[Source]) -> Option<Suggestion<String>> {
    let routes = handlers.iter().filter_map(|source| {
        let declared = match routing {
            Routing::TanStackFiles => declared_in_file(&source.text),
            Routing::RemixFiles => declared_in_routes(&source.path, sources),
            _ => None,
        };
        let route = declared.or_else(|| of_path(routing, &source.path))?;
        Some((rank(&route)?, route, source))
    });
    let (_, route, source) = routes.min_by_key(|(rank, ..)| *rank)?;
    let words = ["POST", "action", "defineEventHandler", "handler", "createFileRoute", "Deno.serve"];
    let line = words.iter().find_map(|word| line_of(&source.text, word));
    let found = Suggestion::new(route, format!("Your handler is {}.", source.path));
    Some(found.at(Place::new(source.path.clone(), line)))
}

/// `createFileRoute("/api/webhook/polar")`.
fn declared_in_file(text: &str) -> Option<String> {
    static ROUTE: LazyLock<Regex> = LazyLock::new(|| expression(r#"\bcreate\w*Route\(\s*["'`](/[^"'`\s]*)["'`]"#));
    let route = &ROUTE.captures(text)?[1];
    let parts = route.split('/').filter(|part| !part.is_empty() && !part.starts_with('_'));
    joined(parts)
}

/// `route("webhook/polar", "routes/polar.ts")` in React Router's `app/routes.ts`.
fn declared_in_routes(path: &str, sources: &[Source]) -> Option<String> {
    static ROUTE: LazyLock<Regex> =
        LazyLock::new(|| expression(r#"\broute\(\s*["'`]([^"'`\s]+)["'`]\s*,\s*["'`](?:\./)?([^"'`\s]+)["'`]"#));
    let routes = sources.iter().find(|source| ["app/routes.ts", "app/routes.js"].contains(&source.path.as_str()))?;
    let file = path.strip_prefix("app/")?;
    let found = ROUTE.captures_iter(&routes.text).find(|found| &found[2] == file)?;
    joined(found[1].split('/').filter(|part| !part.is_empty()))
}

/// The route that a framework makes of a file's place.
fn of_path(routing: Routing, path: &str) -> Option<String> {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let (whole, _) = path.rsplit_once('.')?;
    let inside = |folder: &str| whole.strip_prefix(folder);
    let parts = |rest: &str| -> Vec<String> { rest.split('/').map(str::to_owned).collect() };
    let parts = match routing {
        Routing::NextFiles => match inside("app/") {
            Some(rest) => {
                parts(rest.strip_suffix("/route")?).into_iter().filter(|part| !part.starts_with(['(', '@'])).collect()
            }
            None => parts(inside("pages/").filter(|rest| rest.starts_with("api/"))?),
        },
        Routing::NuxtFiles => {
            let rest =
                inside("server/routes/").or_else(|| inside("server/").filter(|rest| rest.starts_with("api/")))?;
            parts(rest.strip_suffix(".post").unwrap_or(rest))
        }
        Routing::SvelteFiles => parts(inside("routes/")?.strip_suffix("/+server")?)
            .into_iter()
            .filter(|part| !part.starts_with('('))
            .collect(),
        Routing::AstroFiles => parts(inside("pages/")?),
        Routing::RemixFiles => flat(inside("app/routes/")?.trim_end_matches("/route")),
        Routing::TanStackFiles => flat(inside("routes/")?),
        Routing::MedusaFiles => parts(inside("api/")?.strip_suffix("/route")?),
        Routing::SupabaseFiles => {
            let name = path.strip_prefix("supabase/functions/")?.split('/').next()?;
            vec!["functions".into(), "v1".into(), name.to_owned()]
        }
        Routing::Code => return None,
    };
    let end = if parts.last().is_some_and(|last| last == "index") { parts.len() - 1 } else { parts.len() };
    joined(parts[..end].iter().map(String::as_str))
}

/// Dots for slashes; parts with `_` before them have no place in the address.
fn flat(path: &str) -> Vec<String> {
    let parts = path.split(['/', '.']).filter(|part| !part.starts_with('_'));
    parts.map(|part| part.trim_end_matches('_').to_owned()).collect()
}
