//! What the code calls the variables of the token, the webhook secret and the switch between sandbox and production.

mod nuxt;

use std::{path::Path, sync::LazyLock};

use regex::Regex;

use super::{folder::read_text, manifest::Manifests, place::line_at, source::Source};
use crate::{
    env_file::names,
    setup::view::{FoundName, FoundNames, FoundSwitch},
};

/// Variables with these beginnings are shipped to browsers.
const PUBLIC: [&str; 7] = ["NEXT_PUBLIC_", "VITE_", "PUBLIC_", "NUXT_PUBLIC_", "REACT_APP_", "EXPO_PUBLIC_", "GATSBY_"];
/// Lists of variables that a project keeps for those who clone it.
const SAMPLES: [&str; 4] = [".env.example", ".env.sample", ".env.template", ".dev.vars.example"];

/// Names of a webhook secret that do not say whose it is.
const BARE: [&str; 5] =
    ["WEBHOOK_SECRET", "WEBHOOK_KEY", "WEBHOOK_SIGNING_SECRET", "WEBHOOK_SIGNING_KEY", "SIGNING_SECRET"];

/// A variable, and where it is read.
struct Read {
    name: String,
    file: String,
    line: u32,
    /// The text around it.
    near: String,
}

/// What the code reads; else what is usual.
pub(super) fn find(folder: &Path, manifests: &Manifests, sources: &[Source]) -> FoundNames {
    let mut read: Vec<Read> = nuxt::runtime_config(folder);
    read.extend(sources.iter().flat_map(in_code));
    read.extend(SAMPLES.iter().flat_map(|file| in_sample(folder, file)));
    // What a browser gets is never meant for a secret.
    read.sort_by_key(|read| PUBLIC.iter().any(|start| read.name.starts_with(start)));
    let usual_secret =
        if manifests.npm("@polar-sh/nuxt").is_some() { nuxt::USUAL_SECRET } else { names::WEBHOOK_SECRET };
    let name = |kinds: &[fn(&str) -> bool], usual: &str| {
        let found = kinds.iter().find_map(|is| read.iter().find(|read| is(&read.name)));
        FoundName {
            name: found.map_or_else(|| usual.to_owned(), |found| found.name.clone()),
            file: found.map(|found| found.file.clone()),
            line: found.map(|found| found.line),
        }
    };
    FoundNames {
        token: name(&[is_token], names::ACCESS_TOKEN),
        secret: name(&[is_secret, may_be_secret], usual_secret),
        server: read.iter().find(|read| is_switch(&read.name)).map(switch),
    }
}

fn is_token(name: &str) -> bool {
    let says = |word: &str| name.contains(word);
    says("POLAR") && !says("WEBHOOK") && (says("TOKEN") || says("API_KEY") || says("OAT"))
}

fn is_secret(name: &str) -> bool {
    let says = |word: &str| name.contains(word);
    (says("POLAR") && says("WEBHOOK") && (says("SECRET") || says("KEY"))) || name == "WEBHOOK_SECRET"
}

/// What else people call it, where nothing is called as it should be.
fn may_be_secret(name: &str) -> bool {
    let says = |word: &str| name.contains(word);
    let is_other = says("CLIENT") || says("OAUTH") || says("COOKIE") || says("SESSION") || says("AUTH");
    (says("POLAR") && says("SECRET") && !is_other) || BARE.contains(&name)
}

fn is_switch(name: &str) -> bool {
    let says = |word: &str| name.contains(word);
    let address = says("URL") || says("HOST") || says("TOKEN") || says("SECRET") || says("KEY") || says("PRODUCT");
    says("POLAR") && !address && (says("SERVER") || says("MODE") || says("SANDBOX") || says("ENV"))
}

/// `sandbox`/`production`, unless the name or the code around it says that it is a yes or no.
fn switch(read: &Read) -> FoundSwitch {
    static YES: LazyLock<Regex> = LazyLock::new(|| expression(r#"["'`](?:true|1)["'`]|\bbool(?:ean)?\b|BOOL"#));
    static WORD: LazyLock<Regex> = LazyLock::new(|| expression(r#"["'`](?:sandbox|production)["'`]"#));
    let compared = read.near.find(&read.name).map_or("", |at| &read.near[at + read.name.len()..]);
    let yes = YES.find(compared).map(|found| found.start());
    let word = WORD.find(compared).map(|found| found.start());
    let is_yes_or_no = match (yes, word) {
        (Some(yes), Some(word)) => yes < word,
        (yes, word) => yes.is_some() || (read.name.contains("SANDBOX") && word.is_none()),
    };
    let words = if !is_yes_or_no {
        ("sandbox", "production")
    } else if read.name.contains("PRODUCTION") {
        ("false", "true")
    } else {
        ("true", "false")
    };
    FoundSwitch {
        name: read.name.clone(),
        file: read.file.clone(),
        line: read.line,
        sandbox: words.0.into(),
        production: words.1.into(),
    }
}

fn expression(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

/// `process.env.X`, `env("X")`, `os.environ["X"]`, `ENV.fetch("X")`, `os.Getenv("X")`, …, and lists of imports.
fn in_code(source: &Source) -> Vec<Read> {
    static ACCESS: LazyLock<Regex> = LazyLock::new(|| {
        expression(concat!(
            r"(?:\benv|\bENV|\bEnv|\$_ENV|\$_SERVER|\benviron|\bgetenv|\bgetEnv|\bGetenv|\bLookupEnv|\bget_env|\bfetch_env!?|\bconfig|\bconfigService|\bvar|\bsettings)",
            r#"(?:(?:\??\.?|::|->)(?:get|fetch|getOrThrow|str|bool|string|required)(?:<\w+>)?)?\s*(?:\?\.|\.|\(|\[)\s*["'`]?([A-Z][A-Z0-9_]{3,})\b"#
        ))
    });
    static IMPORT: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"import\s*\{([^}]*)\}\s*from\s*["'](?:\$env/static/\w+|astro:env/\w+|[^"']*/env(?:\.\w+)?)["']"#)
    });
    static NAME: LazyLock<Regex> = LazyLock::new(|| expression(r"\b[A-Z][A-Z0-9_]{3,}\b"));
    // pydantic's settings: a field is a variable, in whatever case.
    static FIELD: LazyLock<Regex> = LazyLock::new(|| expression(r"(?m)^\s+(\w*polar\w*)\s*:\s*[A-Za-z]"));
    let text = &source.text;
    let of_polar = super::route::is_about_polar_webhooks(source);
    let mut found: Vec<(String, usize)> = Vec::new();
    found.extend(
        ACCESS.captures_iter(text).filter_map(|hit| hit.get(1)).map(|name| (name.as_str().into(), name.start())),
    );
    for list in IMPORT.captures_iter(text).filter_map(|hit| hit.get(1)) {
        found.extend(NAME.find_iter(list.as_str()).map(|name| (name.as_str().into(), list.start() + name.start())));
    }
    if text.contains("BaseSettings") {
        found.extend(
            FIELD
                .captures_iter(text)
                .filter_map(|hit| hit.get(1))
                .map(|name| (name.as_str().to_uppercase(), name.start())),
        );
    }
    found.sort_by_key(|(_, at)| *at);
    let ours =
        found.into_iter().filter(|(name, _)| name.contains("POLAR") || (of_polar && BARE.contains(&name.as_str())));
    ours.map(|(name, at)| Read { name, file: source.path.clone(), line: line_at(text, at), near: near(text, at) })
        .collect()
}

/// Up to the end of the next line.
fn near(text: &str, at: usize) -> String {
    text[at..].lines().take(2).collect::<Vec<_>>().join("\n")
}

fn in_sample(folder: &Path, file: &str) -> Vec<Read> {
    static LINE: LazyLock<Regex> =
        LazyLock::new(|| expression(r"(?m)^(?:export )?([A-Z][A-Z0-9_]*POLAR[A-Z0-9_]*|POLAR_[A-Z0-9_]+)\s*=.*$"));
    let Some(text) = read_text(&folder.join(file), 1 << 18) else { return Vec::new() };
    let read = |name: regex::Match<'_>| Read {
        name: name.as_str().to_owned(),
        file: file.to_owned(),
        line: line_at(&text, name.start()),
        near: near(&text, name.start()),
    };
    LINE.captures_iter(&text).filter_map(|hit| hit.get(1)).map(read).collect()
}
