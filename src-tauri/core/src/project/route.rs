//! Where the app's webhook handler is, if there is one already.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Suggestion,
    framework::{Framework, Routing},
    source::Source,
};

/// The route where there is no handler yet: where the better-auth plugin answers.
pub const DEFAULT_ROUTE: &str = "/api/auth/polar/webhooks";

/// Others whose webhooks live beside Polar's.
const OTHERS: [&str; 9] = ["stripe", "github", "clerk", "paddle", "lemon", "shopify", "slack", "resend", "twilio"];

fn expression(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

/// The handler's route: of the better-auth plugin, by the framework's file names, or named in the code.
pub(super) fn find(framework: Option<Framework>, sources: &[Source]) -> Suggestion<String> {
    let handlers: Vec<&Source> = sources.iter().filter(|source| is_about_polar_webhooks(source)).collect();
    better_auth(&handlers)
        .or_else(|| by_files(framework?.routing, &handlers, sources))
        .or_else(|| in_code(&handlers))
        .unwrap_or_else(|| {
            Suggestion::new(DEFAULT_ROUTE.into(), "The usual one; no handler for Polar was found in the code.")
        })
}

fn is_about_polar_webhooks(source: &Source) -> bool {
    let (path, text) = (source.path.to_lowercase(), source.text.to_lowercase());
    let says = |word: &str| path.contains(word) || text.contains(word);
    says("polar") && says("webhook")
}

fn better_auth(handlers: &[&Source]) -> Option<Suggestion<String>> {
    static BASE: LazyLock<Regex> = LazyLock::new(|| expression(r#"\bbasePath:\s*["'`](/[^"'`\s]*)["'`]"#));
    let plugin = |source: &&&Source| source.text.contains("@polar-sh/better-auth") && source.text.contains("webhooks(");
    let found = handlers.iter().find(plugin)?;
    let base = BASE
        .captures(&found.text)
        .map_or_else(|| "/api/auth".to_owned(), |base| base[1].trim_end_matches('/').to_owned());
    Some(Suggestion::new(
        format!("{base}/polar/webhooks"),
        format!("The better-auth plugin in {} answers there.", found.path),
    ))
}

fn by_files(routing: Routing, handlers: &[&Source], sources: &[Source]) -> Option<Suggestion<String>> {
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
    Some(Suggestion::new(route, format!("Your handler is {}.", source.path)))
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

/// `None` where a part is a parameter: then the address is not known.
fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut route = String::new();
    for part in parts {
        if part.is_empty() || part.contains(['[', '$', ':', '*', '{', '<']) {
            return None;
        }
        route.push('/');
        route.push_str(part);
    }
    (!route.is_empty()).then_some(route)
}

/// `app.post("/webhook/polar", …)`, `@app.post("/…")`, `path("…")`, `Route::post('…')`, `HandleFunc("POST /…")`, …
fn in_code(handlers: &[&Source]) -> Option<Suggestion<String>> {
    static CALL: LazyLock<Regex> = LazyLock::new(|| {
        expression(concat!(
            r"(?i)(?:\.(?:post|all|on|any|route|handle|handlefunc)|\bRoute::\w+|#\[(?:post|Route)|\bpath|\bpost)",
            r#"\b[^"'`\n]{0,40}\n?[^"'`\n]{0,40}["'`](?:POST )?([^"'`\s]+)["'`]"#
        ))
    });
    let routes = handlers.iter().flat_map(|source| {
        let in_calls = CALL.captures_iter(&source.text).filter_map(|found| plain(&source.path, &found[1]));
        let routes = in_calls.chain(nest(&source.text));
        routes.filter_map(|route| Some((rank(&route)?, route, *source))).collect::<Vec<_>>()
    });
    let (_, route, source) = routes.min_by_key(|(rank, ..)| *rank)?;
    Some(Suggestion::new(route, format!("Named in {}. If that stands behind a prefix, add it.", source.path)))
}

/// A literal as a route, if it can be one.
fn plain(file: &str, literal: &str) -> Option<String> {
    let without_slash = [".php", ".rb", ".py"].iter().any(|extension| file.ends_with(extension));
    if !(literal.starts_with('/') || without_slash) || literal.contains("://") || literal.contains("polar.sh") {
        return None;
    }
    let slash = if literal.len() > 1 && literal.ends_with('/') { "/" } else { "" };
    let prefix = if file == "routes/api.php" { "/api" } else { "" };
    let route = joined(literal.trim_matches('/').split('/'))?;
    Some(format!("{prefix}{route}{slash}"))
}

/// In `NestJS`: `@Controller("polar")` and `@Post("webhooks")`.
fn nest(text: &str) -> Option<String> {
    static CONTROLLER: LazyLock<Regex> = LazyLock::new(|| expression(r#"@Controller\(\s*["'`]([^"'`\s]*)["'`]"#));
    static POST: LazyLock<Regex> = LazyLock::new(|| expression(r#"@Post\(\s*(?:["'`]([^"'`\s]*)["'`])?\s*\)"#));
    let controller = CONTROLLER.captures(text)?;
    let post = POST.captures(text)?;
    let post = post.get(1).map_or("", |post| post.as_str());
    joined(controller[1].split('/').chain(post.split('/')).filter(|part| !part.is_empty()))
}

/// The smaller the likelier; `None`: not Polar's webhooks.
fn rank(route: &str) -> Option<u8> {
    let route = route.to_lowercase();
    if OTHERS.iter().any(|other| route.contains(other)) {
        return None;
    }
    match (route.contains("webhook"), route.contains("polar")) {
        (true, true) => Some(0),
        (true, false) => Some(1),
        (false, true) if !route.contains("checkout") && !route.contains("portal") => Some(2),
        _ => None,
    }
}
