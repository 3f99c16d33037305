//! Go's `godotenv` and the parser of Docker Compose, which came from it. Read alike only where both agree; one line that
//! they do not understand makes them refuse the whole file.

use super::text;

pub(super) fn read(file: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(file).replace("\r\n", "\n");
    let mut rest = statement(&text);
    let mut last = None;
    while !rest.is_empty() {
        let (key, after) = key(rest)?;
        let (value, after) = value(after)?;
        if key == name {
            last = Some(value);
        }
        rest = statement(after);
    }
    last?
}

fn statement(rest: &str) -> &str {
    let mut rest = rest;
    loop {
        rest = rest.trim_start();
        if !rest.starts_with('#') {
            return rest;
        }
        rest = rest.find('\n').map_or("", |end| &rest[end..]);
    }
}

fn key(rest: &str) -> Option<(&str, &str)> {
    let exported = rest.strip_prefix("export").filter(|after| after.starts_with(is_space));
    let rest = exported.map_or(rest, |after| after.trim_start_matches(is_space));
    let end = rest.find(|character: char| !(is_space(character) || text::is_word(character) || character == '.'))?;
    if !rest[end..].starts_with(['=', ':']) {
        return None;
    }
    let key = rest[..end].trim_end();
    // Compose refuses it.
    if key.contains(' ') {
        return None;
    }
    Some((key, rest[end + 1..].trim_start_matches(is_space)))
}

/// Outer None: an error. Inner None: something would be put in, or the two differ.
#[allow(clippy::option_option)]
fn value(rest: &str) -> Option<(Option<String>, &str)> {
    if let Some(quote @ ('\'' | '"')) = rest.chars().next() {
        return quoted(&rest[1..], quote);
    }
    let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
    // A lone CR ends the line for the one only.
    let value = if rest[end..].starts_with('\r') { None } else { bare(&rest[..end]) };
    Some((value, &rest[end..]))
}

fn bare(line: &str) -> Option<String> {
    // The last comment counts for the one, the first for the other.
    let comment = |at: &usize| line[..*at].ends_with(is_space);
    let mut comments = line.match_indices('#').map(|(at, _)| at);
    let first = comments.next();
    let value = match first {
        Some(at) if !comment(&at) || at == 0 || comments.any(|at| comment(&at)) => return None,
        Some(at) => &line[..at],
        None => line,
    };
    let value = value.trim_matches(is_space);
    (!value.contains('$')).then(|| value.to_owned())
}

/// The first quote that no `\` precedes closes.
#[allow(clippy::option_option)]
fn quoted(rest: &str, quote: char) -> Option<(Option<String>, &str)> {
    let end = rest.match_indices(quote).map(|(at, _)| at).find(|at| !rest[..*at].ends_with('\\'))?;
    let (inner, after) = (&rest[..end], &rest[end + 1..]);
    // Quotes at both ends are trimmed together with those around; escaped quotes are kept as they are by the one only.
    let trimmed = inner.starts_with(quote) || inner.ends_with(quote) || inner.ends_with('\\');
    let value = match quote {
        _ if trimmed => None,
        '"' => unescaped(inner),
        _ if inner.contains("\\'") => None,
        _ => Some(inner.to_owned()),
    };
    // Behind the quote, the one goes on as if a line had begun.
    let line = after.split('\n').next().unwrap_or_default().trim_matches(is_space);
    let value = if line.is_empty() || line.starts_with('#') { value } else { None };
    Some((value, after))
}

/// Of the escapes only those that both know.
fn unescaped(inner: &str) -> Option<String> {
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '$' | '"' => return None,
            '\\' => value.push(match characters.next()? {
                'n' => '\n',
                'r' => '\r',
                escaped @ ('"' | '\\') => escaped,
                _ => return None,
            }),
            character => value.push(character),
        }
    }
    Some(value)
}

/// Blanks but line feeds.
fn is_space(character: char) -> bool {
    matches!(character, '\t' | '\x0B' | '\x0C' | '\r' | ' ' | '\u{85}' | '\u{A0}')
}
