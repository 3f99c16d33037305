//! What stands before a route that the code names: groups around it, the router's own prefix, and where it is mounted.

use std::sync::LazyLock;

use regex::Regex;

use super::{Source, expression};

/// Routers in routers are not followed further.
const DEPTH: usize = 5;

/// The prefix of the call at this place, like `/api`; empty where there is none.
pub(super) fn find(source: &Source, at: usize, sources: &[Source]) -> String {
    let text = source.text.as_str();
    let around = groups_around(text, at) + &blocks_above(&source.path, text, at);
    let receiver = receiver(text, at);
    let of_router = receiver.as_ref().map_or_else(String::new, |name| of_receiver(source, name, at, sources, DEPTH));
    let of_file = match source.path.as_str() {
        "routes/api.php" => "/api".to_owned(),
        path if is_in("py", path) => of_included(path, sources),
        path if receiver.is_none() => mounted_file(path, sources, DEPTH),
        _ => String::new(),
    };
    let chained = chained(text, at, receiver.is_none());
    format!("{of_file}{of_router}{chained}{around}")
}

/// Whether a file is written in the language with this extension.
fn is_in(extension: &str, path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| end == extension)
}

fn slashed(part: &str) -> String {
    let part = part.trim_matches(['/', ':']);
    let unknown = part.contains(['{', '$', '<', '*', ':']);
    if part.is_empty() || unknown { String::new() } else { format!("/{part}") }
}

/// `r.Route("/api", func(r chi.Router) { … })`, `.group("/api", app => …)`, `Route::prefix('api')->group(…)`.
fn groups_around(text: &str, at: usize) -> String {
    static GROUP: LazyLock<Regex> = LazyLock::new(|| {
        expression(concat!(
            r#"\.(?:[Rr]oute|[Gg]roup|register)\(\s*["'`]([^"'`\s]+)["'`]\s*,"#,
            r#"|prefix\(\s*["']([^"'\s]+)["']\s*\)(?:\s*->\w+\([^)]*\))*\s*->group\("#
        ))
    });
    let around = GROUP.captures_iter(&text[..at]).filter_map(|found| {
        let whole = found.get(0)?;
        let open = text[whole.start()..whole.end()].rfind('(').map_or(whole.start(), |open| {
            if found.get(2).is_some() {
                whole.start() + open
            } else {
                whole.start() + text[whole.start()..].find('(').unwrap_or(open)
            }
        });
        let prefix = found.get(1).or_else(|| found.get(2))?;
        (closing(text, open)? > at).then(|| (open, slashed(prefix.as_str())))
    });
    let mut around = around.chain(plugins_around(text, at)).collect::<Vec<_>>();
    around.sort_by_key(|(open, _)| *open);
    around.into_iter().map(|(_, prefix)| prefix).collect()
}

/// `app.register(async (app) => { … }, { prefix: "/api" })`.
fn plugins_around(text: &str, at: usize) -> impl Iterator<Item = (usize, String)> {
    static PLUGIN: LazyLock<Regex> = LazyLock::new(|| expression(r"\.register\(\s*(?:async\b|function\b|\()"));
    static OPTIONS: LazyLock<Regex> =
        LazyLock::new(|| expression(r#"\{[^{}]*\bprefix\s*:\s*["'`]([^"'`\s]+)["'`][^{}]*\}\s*$"#));
    PLUGIN.find_iter(&text[..at]).filter_map(move |found| {
        let open = found.start() + text[found.start()..].find('(')?;
        let end = closing(text, open).filter(|end| *end > at)?;
        Some((open, slashed(&OPTIONS.captures(&text[at..end])?[1])))
    })
}

/// Where the parenthesis that opens here is closed.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.bytes().enumerate().skip(open) {
        match letter {
            b'(' => depth += 1,
            b')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Ruby's `namespace :api do` and `scope "/api" do`: lines above that are indented less.
fn blocks_above(path: &str, text: &str, at: usize) -> String {
    static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"^\s*(?:namespace|scope)\s*\(?\s*(?:path:\s*)?(?::(\w+)|["']([^"']+)["'])[^\n]*\bdo\b"#)
    });
    if !is_in("rb", path) {
        return String::new();
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    let line_start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let mut deepest = indent(text[line_start..].lines().next().unwrap_or_default());
    let mut prefix = String::new();
    for line in text[..line_start].lines().rev().filter(|line| !line.trim().is_empty()) {
        if indent(line) < deepest {
            deepest = indent(line);
            if let Some(found) = BLOCK.captures(line) {
                let name = found.get(1).or_else(|| found.get(2)).map_or("", |name| name.as_str());
                prefix = slashed(name) + &prefix;
            }
        }
    }
    prefix
}

/// The name before the call's dot, if the call begins with one.
fn receiver(text: &str, at: usize) -> Option<String> {
    if !text[at..].starts_with('.') {
        return None;
    }
    let before = &text[..at];
    let start = before.rfind(|letter: char| !letter.is_alphanumeric() && letter != '_').map_or(0, |other| other + 1);
    (!before[start..].is_empty()).then(|| before[start..].to_owned())
}

/// `new Elysia({ prefix: "/api" }).use(…).post(…)`: the same statement, when the call has no name before it.
fn chained(text: &str, at: usize, nameless: bool) -> String {
    static PREFIX: LazyLock<Regex> =
        LazyLock::new(|| expression(r#"\b(?:prefix:|basePath\()\s*["'`]([^"'`\s]+)["'`]"#));
    if !nameless || !text[at..].starts_with('.') {
        return String::new();
    }
    let start = ["new Elysia", "new Hono", "Router("].iter().filter_map(|word| text[..at].rfind(word)).max();
    let found = start.and_then(|start| PREFIX.captures(&text[start..at]));
    found.map_or_else(String::new, |found| slashed(&found[1]))
}

/// What a router's name stands for: its own prefix, that of its parent, and where it is mounted.
fn of_receiver(source: &Source, name: &str, before: usize, sources: &[Source], depth: usize) -> String {
    static OWN: LazyLock<Regex> = LazyLock::new(|| {
        expression(concat!(
            r"(?:\b[Gg]roup\(|\bbasePath\(|\b(?:url_)?prefix\s*[:=]|\bPathPrefix\()\s*",
            r#"["'`]([^"'`\s]+)["'`]"#
        ))
    });
    let Some(depth) = depth.checked_sub(1) else { return String::new() };
    let text = source.text.as_str();
    let word = regex::escape(name);
    let declared = Regex::new(&format!(r"(?m)\b{word}(?:\s*:\s*[^=\n]+?)?\s*:?=\s*(?:await\s+)?((?:new\s+)?[A-Za-z_][\w]*)([^\n;]*(?:\n\s+[^\n;]*){{0,3}})")).ok();
    let declared = declared.and_then(|declared| declared.captures_iter(&text[..before]).last());
    let mut prefix = String::new();
    if let Some(declared) = &declared {
        let whole = declared.get(2).map_or("", |rest| rest.as_str());
        // Only what belongs to the declaration: up to the end of its parentheses.
        let end = whole.find('(').and_then(|open| closing(whole, open)).map_or(whole.len(), |end| end + 1);
        let chain_end = if whole[end..].trim_start().starts_with(".basePath") { whole.len() } else { end };
        if let Some(own) = OWN.captures(&whole[..chain_end]) {
            prefix = slashed(&own[1]);
        }
        let parent = &declared[1];
        if whole.starts_with('.') && parent != name {
            let at = declared.get(0).map_or(before, |whole| whole.start());
            prefix = of_receiver(source, parent, at, sources, depth) + &prefix;
        }
    }
    mounted(source, name, sources, depth) + &prefix
}

/// `app.use("/api", name)`, `app.route("/api", name)`, `register(name, { prefix: "/api" })`, `include_router(name, …)`:
/// in the same file, and in the files that import this one.
fn mounted(source: &Source, name: &str, sources: &[Source], depth: usize) -> String {
    if let Some(prefix) = mount(source, name, name, sources, depth) {
        return prefix;
    }
    mounted_file(&source.path, sources, depth)
}

/// Where the router that a file exports is mounted by the files that import it.
fn mounted_file(path: &str, sources: &[Source], depth: usize) -> String {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let stem = stem.strip_suffix("/index").or_else(|| stem.strip_suffix("/__init__")).unwrap_or(stem);
    let last = regex::escape(stem.rsplit('/').next().unwrap_or(stem));
    let Ok(import) = Regex::new(&format!(
        concat!(
            r#"(?m)import\s+(?:\*\s+as\s+)?(\w+)?\s*,?\s*(?:\{{([^}}]*)\}})?\s*from\s*["'][^"'\n]*\b{0}(?:\.\w+)?["']"#,
            r#"|(?:const|let|var)\s+(?:(\w+)|\{{([^}}]*)\}})\s*=\s*(?:await\s+import|require)\(\s*["'][^"'\n]*\b{0}(?:\.\w+)?["']"#,
        ),
        last
    )) else {
        return String::new();
    };
    let inline = format!(r#"(?:require|import)\(\s*["'][^"'\n]*\b{last}(?:\.\w+)?["']\s*\)"#);
    for source in sources.iter().filter(|source| source.path != path) {
        let names = import.captures_iter(&source.text).flat_map(|found| {
            let all = found.iter().skip(1).flatten().map(|part| part.as_str().to_owned()).collect::<Vec<_>>().join(",");
            all.split(',').map(|name| name.rsplit(" as ").next().unwrap_or(name).trim().to_owned()).collect::<Vec<_>>()
        });
        for name in names.filter(|name| !name.is_empty()) {
            if let Some(prefix) = mount(source, &regex::escape(&name), &name, sources, depth) {
                return prefix;
            }
        }
        if let Some(prefix) = mount(source, &inline, "", sources, depth) {
            return prefix;
        }
    }
    String::new()
}

/// The prefix with which a file mounts what this pattern names, and what stands before that.
fn mount(source: &Source, pattern: &str, name: &str, sources: &[Source], depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let expressions = [
        format!(
            r#"\b(\w+)?\s*\.(?:use|route|[Mm]ount|Handle|register)\(\s*["'`]([^"'`\s]*)["'`]\s*,[^;\n]*?(?:\b|\.){pattern}(?:\b|\s*[,)])"#
        ),
        format!(
            r#"\b(\w+)?\s*\.(?:register|include_router|register_blueprint|use)\(\s*{pattern}\b[^;]*?\b(?:url_)?prefix\s*[:=]\s*["'`]([^"'`\s]*)["'`]"#
        ),
        format!(
            r"\b(\w+)?\s*\.(?:register|include_router|register_blueprint|use)\(\s*{pattern}\b\s*(?:\(\s*\))?\s*()\)"
        ),
    ];
    expressions.iter().find_map(|expression| {
        let text = source.text.as_str();
        let found = Regex::new(expression).ok()?.captures(text)?;
        let at = found.get(0)?.start();
        let own = slashed(&found[2]);
        let parent = found.get(1).map(|parent| parent.as_str()).filter(|parent| *parent != name);
        let before = match parent {
            Some(parent) => of_receiver(source, parent, at, sources, depth),
            None => chained(text, found.get(2)?.start(), false),
        };
        Some(before + &groups_around(text, at) + &own)
    })
}

/// Python: Django's `path("api/", include("shop.urls"))`, `include_router(polar.router, prefix="/api")`.
fn of_included(path: &str, sources: &[Source]) -> String {
    let module = path.trim_end_matches(".py").replace('/', ".");
    let short = module.rsplit('.').next().unwrap_or(&module).to_owned();
    let django = format!(
        r#"\b(?:re_)?path\(\s*r?["']\^?([^"'$]*)["']\s*,\s*include\(\s*\(?\s*["']{}["']"#,
        regex::escape(&module)
    );
    let router = format!(
        r#"\.(?:include_router|register_blueprint)\(\s*{}\.\w+[^)]*?\b(?:url_)?prefix\s*=\s*["']([^"'\s]*)["']"#,
        regex::escape(&short)
    );
    let imported = format!(r"(?m)from\s+[\w.]*\b{}\s+import\s+(?:\w+\s+as\s+)?(\w+)", regex::escape(&short));
    for source in sources.iter().filter(|source| source.path != path && is_in("py", &source.path)) {
        for pattern in [&django, &router] {
            let found = Regex::new(pattern).ok().and_then(|pattern| pattern.captures(&source.text));
            if let Some(found) = found {
                return slashed(&found[1]);
            }
        }
        let name = Regex::new(&imported).ok().and_then(|pattern| pattern.captures(&source.text));
        if let Some(prefix) = name.and_then(|name| mount(source, &name[1], &name[1], sources, 1)) {
            return prefix;
        }
    }
    String::new()
}
