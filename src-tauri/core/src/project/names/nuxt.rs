//! Nuxt's `runtimeConfig`: a value's place in it says which variable sets it.

use std::{path::Path, sync::LazyLock};

use regex::Regex;

use super::{Read, expression, near};
use crate::project::{folder::read_text, place::line_at};

/// What `@polar-sh/nuxt` shows: `runtimeConfig.private.polarWebhookSecret`.
pub(super) const USUAL_SECRET: &str = "NUXT_PRIVATE_POLAR_WEBHOOK_SECRET";

/// Polar's values in the `runtimeConfig` of `nuxt.config`.
pub(super) fn runtime_config(folder: &Path) -> Vec<Read> {
    let files = ["nuxt.config.ts", "nuxt.config.js", "nuxt.config.mjs"];
    let found = files.iter().find_map(|file| Some((*file, read_text(&folder.join(file), 1 << 18)?)));
    found.map_or_else(Vec::new, |(file, text)| values(file, &text))
}

fn values(file: &str, text: &str) -> Vec<Read> {
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"(?:([A-Za-z_]\w*)|["'](\w+)["'])\s*:\s*(\{)?|(\{)|(\})|process\.env\.([A-Z0-9_]+)"#)
    });
    let Some(start) = text.find("runtimeConfig") else { return Vec::new() };
    let mut path: Vec<String> = Vec::new();
    let mut found: Vec<Read> = Vec::new();
    for token in TOKEN.captures_iter(&text[start..]) {
        let at = start + token.get(0).map_or(0, |whole| whole.start());
        let read = |name: String| Read { name, file: file.to_owned(), line: line_at(text, at), near: near(text, at) };
        let key = token.get(1).or_else(|| token.get(2)).map(|key| key.as_str());
        if let Some(key) = key {
            if token.get(3).is_some() {
                path.push(if path.is_empty() { String::new() } else { key.to_owned() });
            } else if key.to_lowercase().contains("polar") || path.iter().any(|part| part.to_lowercase() == "polar") {
                let parts = path.iter().skip(1).map(String::as_str).chain([key]);
                found.push(read(format!("NUXT_{}", parts.map(snake).collect::<Vec<_>>().join("_"))));
            }
        } else if token.get(4).is_some() {
            path.push(String::new());
        } else if token.get(5).is_some() {
            path.pop();
            if path.is_empty() {
                break;
            }
        } else if let (Some(variable), Some(last)) = (token.get(6), found.last_mut()) {
            // The value that is written there is another variable.
            if variable.as_str().contains("POLAR") && last.line == line_at(text, at) {
                *last = read(variable.as_str().to_owned());
            }
        }
    }
    found
}

/// `polarWebhookSecret` → `POLAR_WEBHOOK_SECRET`.
fn snake(key: &str) -> String {
    let mut snake = String::new();
    for letter in key.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_uppercase());
    }
    snake
}
