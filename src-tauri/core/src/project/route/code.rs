//! Routes that are named in the code.

use std::sync::LazyLock;

use regex::Regex;

use super::{Source, Suggestion, expression, joined, prefix, rank};
use crate::setup::view::Place;

/// `app.post("/webhook/polar", …)`, `@app.post("/…")`, `path("…")`, `Route::post('…')`, `HandleFunc("POST /…")`,
/// `pathname === "/…"`, `req.url === "/…"`, `case "/…":`, `routes: { "/…": … }`.
static CALL: LazyLock<Regex> = LazyLock::new(|| {
    expression(concat!(
        r"(?i)(?:(?:\.(?:post|all|on|any|route|handle|handlefunc)|\bRoute::\w+|#\[(?:post|Route)|\bpath|\bpost)",
        r#"\b[^"'`\n]{0,40}\n?[^"'`\n]{0,40}|\b(?:pathname|(?:req|request)\.(?:url|path|originalUrl))\s*={2,3}\s*|(?:\bpathname|\breq(?:uest)?\.(?:url|path))(?:\?)?\.startsWith\(\s*|\bURL\.Path\s*==\s*|\bcase\s+)"#,
        r#"["'`](?:POST )?([^"'`\s]+)["'`]|["'`](/[^"'`\s]*)["'`]\s*:\s*(?:\{|async\b|\(|[a-z_]\w*\s*[,}(])"#
    ))
});

/// The likeliest of them, with the prefixes before it.
pub(super) fn find(handlers: &[&Source], sources: &[Source]) -> Option<Suggestion<String>> {
    let mut best: Option<(u8, String, &Source, usize)> = None;
    for source in handlers.iter().copied() {
        for (route, at) in named(source).chain(nest(source, sources)) {
            let whole = format!("{}{route}", prefix::find(source, at, sources));
            let ranked = rank(&route).or_else(|| rank(&whole).filter(|_| route == "/" || whole != route));
            if let Some(rank) = ranked
                && best.as_ref().is_none_or(|(other, ..)| rank < *other)
            {
                let route = if route == "/" { whole.trim_end_matches('/').to_owned() } else { whole };
                best = Some((rank, route, source, at));
            }
        }
    }
    let (_, route, source, at) = best?;
    let found = Suggestion::new(route, format!("Named in {}.", source.path));
    Some(found.at(Place::at(source.path.clone(), &source.text, at)))
}

fn named(source: &Source) -> impl Iterator<Item = (String, usize)> {
    CALL.captures_iter(&source.text).filter_map(|found| {
        let literal = found.get(1).or_else(|| found.get(2))?;
        Some((plain(&source.path, literal.as_str())?, found.get(0)?.start()))
    })
}

/// A literal as a route, if it can be one.
fn plain(file: &str, literal: &str) -> Option<String> {
    let without_slash = [".php", ".rb", ".py"].iter().any(|extension| file.ends_with(extension));
    if !(literal.starts_with('/') || without_slash) || literal.contains("://") || literal.contains("polar.sh") {
        return None;
    }
    if literal == "/" {
        return Some("/".into());
    }
    let slash = if literal.ends_with('/') { "/" } else { "" };
    let route = joined(literal.trim_matches('/').split('/'))?;
    Some(format!("{route}{slash}"))
}

/// In `NestJS`: `@Controller("polar")`, `@Post("webhooks")` and `setGlobalPrefix("api")`.
fn nest(source: &Source, sources: &[Source]) -> Option<(String, usize)> {
    static CONTROLLER: LazyLock<Regex> =
        LazyLock::new(|| expression(r#"@Controller\(\s*(?:\{[^}]*?path:\s*)?["'`]([^"'`\s]*)["'`]"#));
    static POST: LazyLock<Regex> = LazyLock::new(|| expression(r#"@Post\(\s*(?:["'`]([^"'`\s]*)["'`])?\s*\)"#));
    static GLOBAL: LazyLock<Regex> = LazyLock::new(|| expression(r#"\.setGlobalPrefix\(\s*["'`]([^"'`\s]*)["'`]"#));
    let controller = CONTROLLER.captures(&source.text)?;
    let post = POST.captures(&source.text)?;
    let global = sources.iter().find_map(|source| GLOBAL.captures(&source.text));
    let global = global.as_ref().map_or("", |global| global.get(1).map_or("", |prefix| prefix.as_str()));
    let own = post.get(1).map_or("", |post| post.as_str());
    let parts = [global, &controller[1], own];
    let route = joined(parts.iter().flat_map(|part| part.split('/')).filter(|part| !part.is_empty()))?;
    Some((route, post.get(0)?.start()))
}
