//! Ruby's `dotenv`, versions 2 (line by line) and 3 (the expression that npm's `dotenv` has too). It is read alike only where
//! both agree.

use super::text;
use crate::env_file::scan::{self, Dialect};

pub(super) fn read(file: &[u8], name: &str) -> Option<String> {
    let text = text::strict(file.strip_prefix(text::BOM).unwrap_or(file))?;
    let newer = newer(text, name)?;
    older(text, name).filter(|older| *older == newer)
}

/// Version 3.
fn newer(text: &str, name: &str) -> Option<String> {
    let text = text::unix_lines(text);
    let found = scan::assignments(text.as_bytes(), Dialect { javascript: false });
    let mut line_start = 0;
    for found in &found {
        refuses_export(&text[line_start..found.name.start], true)?;
        line_start = found.value.end;
    }
    refuses_export(&text[line_start..], false)?;
    let last = found.into_iter().rfind(|found| &text[found.name.clone()] == name)?;
    let raw = &text[last.value];
    let (inner, quote) = unquoted(raw);
    let value = match quote {
        Some('\'') => return Some(inner.to_owned()),
        // `\n` is a backslash and an `n` here, unless an old mode is asked for.
        Some(_) => unescaped(&inner.replace("\\n", "\\\\n").replace("\\r", "\\\\r")),
        None => unescaped(inner),
    };
    substituted(&value)
}

/// `export NAME` of a variable that is not set is an error. What is left of an assignment's own line does not count.
fn refuses_export(between: &str, own: bool) -> Option<()> {
    let mut lines = between.split('\n').peekable();
    while let Some(line) = lines.next() {
        if line.split_whitespace().next() == Some("export") && (lines.peek().is_some() || !own) {
            return None;
        }
    }
    Some(())
}

/// Version 2, which Debian has: no value over several lines.
fn older(text: &str, name: &str) -> Option<String> {
    let mut last = None;
    for line in text.split(['\n', '\r']).filter(|line| !line.is_empty()) {
        match assignment(line) {
            Some((key, raw)) if key == name => last = Some(raw),
            None if line.split_whitespace().next() == Some("export") => return None,
            _ => {}
        }
    }
    let (inner, quote) = unquoted(last?);
    let value = match quote {
        Some('\'') => return Some(inner.to_owned()),
        Some(_) => unescaped(&inner.replace("\\n", "\n").replace("\\r", "\r")),
        None => inner.to_owned(),
    };
    substituted(&value)
}

fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches(is_blank);
    let after_export = line.strip_prefix("export").map(|after| (after, after.trim_start_matches(is_blank)));
    if let Some((after, name)) = after_export
        && name.len() < after.len()
        && let Some(found) = named(name)
    {
        return Some(found);
    }
    named(line)
}

fn named(line: &str) -> Option<(&str, &str)> {
    let end = line.find(|character: char| !(text::is_word(character) || character == '.')).unwrap_or(line.len());
    let (key, rest) = line.split_at(end);
    let trimmed = rest.trim_start_matches(is_blank);
    let rest = match (trimmed.strip_prefix('='), rest.strip_prefix(':')) {
        (Some(rest), _) => rest.trim_start_matches(is_blank),
        (None, Some(rest)) => rest.strip_prefix(is_blank)?,
        (None, None) => return None,
    };
    if key.is_empty() {
        return None;
    }
    Some((key, value(rest)?))
}

/// Up to the last quote behind which only a comment stands; else up to a comment.
fn value(rest: &str) -> Option<&str> {
    let ends = |after: &str| {
        let after = after.trim_start_matches(is_blank);
        after.is_empty() || after.starts_with('#')
    };
    if let Some(quote) = rest.chars().next().filter(|first| matches!(first, '\'' | '"'))
        && let Some((at, _)) = rest.match_indices(quote).skip(1).filter(|(at, _)| ends(&rest[at + 1..])).last()
    {
        return Some(&rest[..=at]);
    }
    rest.split('#').next()
}

/// Without its quotes, and which they were.
fn unquoted(raw: &str) -> (&str, Option<char>) {
    let raw = raw.trim_matches(|character| is_blank(character) || character == '\0');
    match raw.chars().next() {
        Some(quote @ ('\'' | '"')) if raw.len() > 1 && raw.ends_with(quote) => (&raw[1..raw.len() - 1], Some(quote)),
        _ => (raw, None),
    }
}

/// A `\` before anything but `$` is dropped.
fn unescaped(value: &str) -> String {
    let mut result = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some(next)) if *next != '$' => result.extend(characters.next()),
            (character, _) => result.push(character),
        }
    }
    result
}

/// None when a variable or a command would be put in.
fn substituted(value: &str) -> Option<String> {
    let begins =
        |after: &str| after.starts_with('(') || after.strip_prefix('{').unwrap_or(after).starts_with(text::is_word);
    // The backslash of `\$(` goes only when a whole command follows.
    if text::has_variable(value, begins) || value.contains("\\$(") {
        return None;
    }
    Some(text::without_escaped_dollars(value))
}

/// Ruby's `\s`.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n' | '\x0B' | '\x0C')
}
