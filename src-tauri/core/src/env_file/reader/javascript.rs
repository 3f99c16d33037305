//! `dotenv`, and those that took over its expression and then replace variables: `@next/env`, Vite and `dotenvx`.

use std::collections::HashSet;

use super::{node, text};
use crate::env_file::scan::{self, DOTENV, Found};

pub(super) fn dotenv(file: &[u8], name: &str) -> Option<String> {
    raw(file, name).map(|value| unquoted(&value, false))
}

/// The last unescaped `$` decides: when no name follows it, nothing at all is replaced.
pub(super) fn next(file: &[u8], name: &str) -> Option<String> {
    let value = dotenv(file, name)?;
    if replaces_endlessly(file) {
        return None;
    }
    let last = value.match_indices('$').rfind(|(at, _)| !value[..*at].ends_with('\\'));
    if let Some((at, _)) = last {
        let after = &value[at + 1..];
        if after.strip_prefix('{').unwrap_or(after).starts_with(text::is_word) {
            return None;
        }
    }
    Some(text::without_escaped_dollars(&value))
}

/// Version 8 takes Node's parser, 7 and older ones `dotenv`; read alike only where both agree.
pub(super) fn vite(file: &[u8], name: &str) -> Option<String> {
    let value = dotenv(file, name)?;
    if node::parse_env(file, name)? != value || has_variable(&value) || replaces_endlessly(file) {
        return None;
    }
    Some(text::without_escaped_dollars(&value))
}

/// Knows the quotes when it replaces, which `dotenv` has forgotten by then.
pub(super) fn dotenvx(file: &[u8], name: &str) -> Option<String> {
    let raw = raw(file, name)?;
    let value = unquoted(&raw, true);
    // Encrypted values begin so.
    if value.starts_with("encrypted:") {
        return None;
    }
    if raw.starts_with('\'') && raw.len() > 1 && raw.ends_with('\'') {
        return Some(value);
    }
    if value.contains("$(") || has_variable(&value) {
        return None;
    }
    Some(text::without_escaped_dollars(&value))
}

/// Whether a variable may come to stand for itself, as in `PATH=$PATH:/x`: that ends in an error, and the file is not read.
/// Said as well of a variable that stands for another one with a variable in it.
fn replaces_endlessly(file: &[u8]) -> bool {
    if !file.contains(&b'$') {
        return false;
    }
    let assignments = scan::assignments(file, DOTENV);
    let variable = |found: &Found| file[found.value.clone()].contains(&b'$');
    let names: HashSet<&[u8]> =
        assignments.iter().filter(|found| variable(found)).map(|found| &file[found.name.clone()]).collect();
    assignments.iter().filter(|found| variable(found)).any(|found| {
        // One inside of another.
        let nested =
            String::from_utf8_lossy(&file[found.value.clone()]).split("${").skip(1).any(|inner| !inner.contains('}'));
        nested
            || file[found.value.clone()].split(|byte| *byte == b'$').skip(1).any(|after| {
                let after = after.strip_prefix(b"{").unwrap_or(after);
                let length = after.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                names.contains(&after[..length])
            })
    })
}

/// `dotenv-expand`: `${…}` or `$NAME`.
fn has_variable(value: &str) -> bool {
    text::has_variable(value, |after| match after.strip_prefix('{') {
        Some(inner) => inner.find(['{', '}']).is_some_and(|end| end > 0 && inner[end..].starts_with('}')),
        None => after.starts_with(text::begins_name),
    })
}

/// The last value of a name with its quotes. Bytes that are not UTF-8 become U+FFFD, as in Node.
fn raw(file: &[u8], name: &str) -> Option<String> {
    let found =
        scan::assignments(file, DOTENV).into_iter().rfind(|found| &file[found.name.clone()] == name.as_bytes())?;
    Some(String::from_utf8_lossy(&file[found.value]).into_owned())
}

/// A value without its quotes; `\n` and `\r` between double quotes are line breaks, with `tabs` also `\t`.
pub(super) fn unquoted(value: &str, tabs: bool) -> String {
    let value = text::unix_lines(value);
    let inner = match value.chars().next() {
        Some(quote @ ('\'' | '"' | '`')) if value.len() > 1 && value.ends_with(quote) => &value[1..value.len() - 1],
        _ => &value,
    };
    if !value.starts_with('"') {
        return inner.to_owned();
    }
    let inner = inner.replace("\\n", "\n").replace("\\r", "\r");
    if tabs { inner.replace("\\t", "\t") } else { inner }
}
