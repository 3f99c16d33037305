//! PHP's `symfony/dotenv`. Anything that it does not understand makes it refuse the whole file.

use super::text::{self, begins_name, is_word};

pub(super) fn read(file: &[u8], name: &str) -> Option<String> {
    if file.starts_with(text::BOM) {
        return None;
    }
    // It works on bytes; those of other encodings do not matter to it.
    let text = text::unix_lines(&String::from_utf8_lossy(file));
    let mut rest = skip_empty_lines(&text);
    let mut last = None;
    while !rest.is_empty() {
        let (key, after) = key(rest)?;
        let (value, after) = value(after)?;
        if key == name {
            last = Some(value);
        }
        rest = skip_empty_lines(after);
    }
    last?
}

fn skip_empty_lines(rest: &str) -> &str {
    let mut rest = rest;
    loop {
        rest = rest.trim_start_matches(is_blank);
        if !rest.starts_with('#') {
            return rest;
        }
        rest = rest.find('\n').map_or("", |end| &rest[end..]);
    }
}

fn key(rest: &str) -> Option<(&str, &str)> {
    let exported = rest.strip_prefix("export").map(|after| (after, after.trim_start_matches([' ', '\t'])));
    match exported.filter(|(after, name)| name.len() < after.len()).and_then(|(_, name)| name_of(name)) {
        Some((key, after)) => after.strip_prefix('=').map(|after| (key, after)),
        None => name_of(rest).and_then(|(key, after)| after.strip_prefix('=').map(|after| (key, after))),
    }
}

/// One `_` at most before the first letter.
fn name_of(rest: &str) -> Option<(&str, &str)> {
    if !rest.strip_prefix('_').unwrap_or(rest).starts_with(|first: char| first.is_ascii_alphabetic()) {
        return None;
    }
    Some(rest.split_at(rest.find(|character| !is_word(character)).unwrap_or(rest.len())))
}

/// Outer None: an error. Inner None: something would be put in.
#[allow(clippy::option_option)]
fn value(rest: &str) -> Option<(Option<String>, &str)> {
    let trimmed = rest.trim_start_matches([' ', '\t']);
    if trimmed.is_empty() || trimmed.starts_with(['#', '\n']) {
        return Some((Some(String::new()), trimmed.find('\n').map_or("", |end| &trimmed[end..])));
    }
    if trimmed.len() < rest.len() {
        return None;
    }
    let mut rest = rest;
    let mut value = Some(String::new());
    loop {
        let (part, after) = match rest.chars().next() {
            None | Some('\n') => break,
            Some('\'') => {
                let (inner, after) = rest[1..].split_once('\'')?;
                (Some(inner.to_owned()), after)
            }
            Some('"') => double(&rest[1..])?,
            Some(_) => {
                let (part, after) = bare(rest)?;
                if after.starts_with('#') {
                    value = joined(value, part);
                    rest = after.find('\n').map_or("", |end| &after[end..]);
                    break;
                }
                (part, after)
            }
        };
        value = joined(value, part);
        rest = after;
    }
    Some((value, rest))
}

fn joined(value: Option<String>, part: Option<String>) -> Option<String> {
    Some(value? + &part?)
}

#[allow(clippy::option_option)]
fn double(rest: &str) -> Option<(Option<String>, &str)> {
    let bytes = rest.as_bytes();
    let end = (0..bytes.len()).find(|&at| {
        let escaped = at > 0 && bytes[at - 1] == b'\\' && !(at > 1 && bytes[at - 2] == b'\\');
        bytes[at] == b'"' && !escaped
    })?;
    let value = rest[..end].replace("\\\"", "\"").replace("\\r", "\r").replace("\\n", "\n");
    refuse(&value)?;
    Some((resolved(&value), &rest[end + 1..]))
}

#[allow(clippy::option_option)]
fn bare(rest: &str) -> Option<(Option<String>, &str)> {
    let mut value = String::new();
    // What stands before is `=` or a quote.
    let mut previous = '=';
    let mut characters = rest.char_indices().peekable();
    let mut end = rest.len();
    while let Some((at, character)) = characters.next() {
        if matches!(character, '\n' | '"' | '\'') || (character == '#' && matches!(previous, ' ' | '\t')) {
            end = at;
            break;
        }
        previous = match characters.peek() {
            Some((_, quote @ ('"' | '\''))) if character == '\\' => {
                let quote = *quote;
                characters.next();
                quote
            }
            _ => character,
        };
        value.push(previous);
    }
    let value = value.trim_end_matches([' ', '\t', '\n', '\r', '\0', '\x0B']);
    refuse(value)?;
    let result = resolved(value);
    if result.as_deref() == Some(value) && value.contains(is_blank) {
        return None;
    }
    Some((result, &rest[end..]))
}

/// None for what may be an error: a command, and a variable between braces with more than its name.
fn refuse(value: &str) -> Option<()> {
    let fine = |(at, _): (usize, &str)| {
        let after = &value[at + 1..];
        let name = after.strip_prefix('{').map(|name| name.trim_start_matches(is_word));
        !after.starts_with('(') && name.is_none_or(|rest| rest.starts_with('}'))
    };
    value.match_indices('$').all(fine).then_some(())
}

/// None when a variable or a command would be put in, or a backslash stands before a `$`, which it counts in several ways.
fn resolved(value: &str) -> Option<String> {
    let escaped_well = |at: usize| !value[..at].ends_with("\\\\");
    for (at, _) in value.match_indices('$') {
        let after = &value[at + 1..];
        let name = after.strip_prefix('{').unwrap_or(after);
        let special = after.starts_with(['(', '{', '}', ':']) || begins(name);
        let escaped = value[..at].ends_with('\\');
        if special && !escaped || escaped && after.starts_with('(') || !escaped_well(at) {
            return None;
        }
    }
    Some(text::without_escaped_dollars(value).replace("\\\\", "\\"))
}

fn begins(name: &str) -> bool {
    name.starts_with(begins_name)
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0B' | '\x0C')
}
