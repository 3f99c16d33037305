//! What the code of a webhook handler says of how it verifies, and which events it handles.

mod body;
mod events;
mod headers;
mod surroundings;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fs, path::Path, sync::LazyLock, time::SystemTime};

use regex::Regex;

pub use self::headers::HeaderMistake;
use super::{
    route,
    source::{self, Source},
};
use crate::{SecretText, polar::event, setup::view::Place};

/// What was seen in it. Everything here is a hint: only what the app answers proves something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandlerCode {
    /// Where the body is parsed before it is verified.
    pub parses: Option<Place>,
    /// Where headers are looked up so that nothing is found.
    pub headers: Option<(Place, HeaderMistake)>,
    /// Where a library for Standard Webhooks is named, and Polar's nowhere.
    pub generic_library: Option<Place>,
    /// Where the environment of Workers is read.
    pub workers_env: Option<Place>,
    /// Texts in it that are long enough for a secret.
    pub texts: Vec<(SecretText, Place)>,
    /// The event types that it names.
    pub events: Vec<String>,
    /// Whether it also does something with event types that it does not name.
    pub takes_any: bool,
    /// When one of its files was last changed.
    pub changed: Option<SystemTime>,
    /// How the names of its files end: `js`, `py`, `php`.
    pub extension: String,
    /// Whether anything in the project loads an env file.
    pub loads_env: bool,
    /// The path that the framework puts before all others.
    pub base_path: Option<String>,
    /// The file of what sees each request first.
    pub middleware: Option<String>,
    /// Whether a development server of Vite's passes some paths on.
    pub vite_passes_on: bool,
}

fn expression(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

fn is_node(source: &Source) -> bool {
    [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"].iter().any(|end| source.path.ends_with(end))
}

/// Reads the handlers in a folder. Blocks while it reads.
#[must_use]
pub fn read_handler_code(folder: &Path) -> HandlerCode {
    static TEXT: LazyLock<Regex> = LazyLock::new(|| expression(r#"["'`]([^"'`\s$]{16,120})["'`]"#));
    static GENERIC: LazyLock<Regex> = LazyLock::new(|| expression(r"\b(?:standardwebhooks|svix)\b"));
    static WORKERS: LazyLock<Regex> = LazyLock::new(|| expression(r"\b(?:c|ctx|context)\.env\.[A-Z]\w*"));
    static ENCODES: LazyLock<Regex> = LazyLock::new(|| expression(r"(?i)base64|b64encode|btoa"));
    static POLARS: LazyLock<Regex> = LazyLock::new(|| expression(r"@polar-sh/|\bpolar_sdk\b"));
    let sources = source::sources(folder);
    let handlers: Vec<_> = sources.iter().filter(|source| route::is_about_polar_webhooks(source)).collect();
    let ending = |source: &&Source| source.path.rsplit('.').next().unwrap_or_default().to_owned();
    let mut code = HandlerCode {
        extension: handlers.first().map(ending).unwrap_or_default(),
        loads_env: surroundings::loads_env(folder, &sources),
        base_path: surroundings::base_path(folder),
        middleware: surroundings::middleware(folder),
        vite_passes_on: surroundings::vite_passes_on(folder),
        ..HandlerCode::default()
    };
    let mut events = BTreeSet::new();
    for source in &handlers {
        let text = source.text.as_str();
        let place = |at: usize| Place::at(source.path.clone(), text, at);
        code.parses = code.parses.or_else(|| body::parsed_first(source).map(place));
        code.headers = code.headers.or_else(|| headers::mistake(source).map(|(at, mistake)| (place(at), mistake)));
        // Who encodes the secret first hands over what such a library wants.
        let generic = GENERIC.find(text).filter(|_| !POLARS.is_match(text) && !ENCODES.is_match(text));
        code.generic_library = code.generic_library.or_else(|| generic.map(|hit| place(hit.start())));
        let workers = WORKERS.find(text).filter(|_| is_node(source));
        code.workers_env = code.workers_env.or_else(|| workers.map(|hit| place(hit.start())));
        code.texts.extend(
            TEXT.captures_iter(text)
                .filter_map(|hit| hit.get(1))
                .filter(|hit| may_be_secret(hit.as_str()))
                .map(|hit| (SecretText::new(hit.as_str()), place(hit.start()))),
        );
        let changed = fs::metadata(folder.join(&source.path)).and_then(|file| file.modified()).ok();
        code.changed = code.changed.max(changed);
        code.takes_any |= events::takes_any(text);
        events.extend(event::catalogue().types().filter(|name| handles(text, name)).map(str::to_owned));
    }
    code.events = events.into_iter().collect();
    code
}

/// Neither an address, a path nor the name of a package or an event.
fn may_be_secret(text: &str) -> bool {
    let has = |is: fn(&char) -> bool| text.chars().any(|sign| is(&sign));
    !text.contains("://")
        && !text.starts_with(['/', '.', '@'])
        && !text.contains("/*")
        && (has(char::is_ascii_digit) || has(|sign| *sign == '_'))
}

/// Whether a text names an event type in quotes, or the callback of Polar's adapters for it (`onOrderPaid`).
fn handles(text: &str, event_type: &str) -> bool {
    let quoted = ['"', '\'', '`'].iter().any(|quote| text.contains(&format!("{quote}{event_type}{quote}")));
    let capital = |word: &str| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect();
    let callback: String = event_type.split(['.', '_']).map(capital).collect::<Vec<String>>().concat();
    quoted || [":", "(", ","].iter().any(|end| text.contains(&format!("on{callback}{end}")))
}
