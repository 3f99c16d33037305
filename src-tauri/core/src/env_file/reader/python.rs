//! Python's `python-dotenv`, after its `parser.py`.

use super::text;

pub(super) fn read(file: &[u8], name: &str) -> Option<String> {
    let text = text::unix_lines(text::strict(file)?);
    let mut rest = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let mut last = None;
    while !rest.is_empty() {
        match binding(rest) {
            Ok((Some((key, value)), after)) => {
                if key == name {
                    last = Some(value);
                }
                rest = after;
            }
            Ok((None, after)) => rest = after,
            // The rest of the line is passed over, from where it was not understood.
            Err(at) => rest = at.split_once('\n').map_or("", |(_, after)| after),
        }
    }
    last?
}

type Binding<'a> = Option<(&'a str, Option<String>)>;

/// One line, or as many as its quotes enclose. The value is None where versions differ, or a variable is in it. An error is
/// what follows the place that is not understood.
fn binding(rest: &str) -> Result<(Binding<'_>, &str), &str> {
    let rest = rest.trim_start_matches(is_blank);
    if rest.is_empty() {
        return Ok((None, rest));
    }
    let after_export = rest.strip_prefix("export").map(|after| (after, after.trim_start_matches(is_inline_blank)));
    let rest = match after_export {
        Some((after, trimmed)) if trimmed.len() < after.len() => trimmed,
        _ => rest,
    };
    if rest.starts_with('#') {
        return Ok((None, end_of_line(rest)?));
    }
    let (key, rest) = if let Some(quoted) = rest.strip_prefix('\'') {
        quoted.split_once('\'').filter(|(key, _)| !key.is_empty()).ok_or(rest)?
    } else {
        let end = rest.find(|character| character == '=' || character == '#' || is_blank(character));
        rest.split_at(end.unwrap_or(rest.len()))
    };
    if key.is_empty() {
        return Err(rest);
    }
    let rest = rest.trim_start_matches(is_inline_blank);
    let Some(rest) = rest.strip_prefix('=') else { return Ok((Some((key, None)), end_of_line(rest)?)) };
    let trimmed = rest.trim_start_matches(is_inline_blank);
    let (value, rest) = match trimmed.chars().next() {
        Some('#') if trimmed.len() < rest.len() => (Some(String::new()), trimmed),
        Some(quote @ ('\'' | '"')) => {
            let (inner, rest) = quoted(&trimmed[1..], quote).ok_or(trimmed)?;
            // Older versions take a quote behind a backslash for none, however many backslashes there are.
            (Some(unescaped(inner, quote)).filter(|_| !inner.ends_with('\\')), rest)
        }
        None | Some('\n') => (Some(String::new()), trimmed),
        Some(_) => {
            let line = trimmed.split('\n').next().unwrap_or_default();
            (Some(without_comment(line).to_owned()), &trimmed[line.len()..])
        }
    };
    let rest = end_of_line(rest)?;
    Ok((Some((key, value.filter(|value| !has_variable(value)))), rest))
}

/// After a comment and the line's end; an error if something else is there.
fn end_of_line(rest: &str) -> Result<&str, &str> {
    let rest = rest.trim_start_matches(is_inline_blank);
    let rest = if rest.starts_with('#') { rest.find('\n').map_or("", |end| &rest[end..]) } else { rest };
    if rest.is_empty() { Ok(rest) } else { rest.strip_prefix('\n').ok_or(rest) }
}

fn quoted(rest: &str, quote: char) -> Option<(&str, &str)> {
    let mut characters = rest.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next()?;
        } else if character == quote {
            return Some((&rest[..at], &rest[at + 1..]));
        }
    }
    None
}

fn unescaped(inner: &str, quote: char) -> String {
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        let meant = match characters.peek() {
            Some(next @ ('\\' | '\'')) if character == '\\' => Some(*next),
            Some(next) if character == '\\' && quote == '"' => match next {
                '"' => Some('"'),
                'a' => Some('\x07'),
                'b' => Some('\x08'),
                'f' => Some('\x0C'),
                'n' => Some('\n'),
                'r' => Some('\r'),
                't' => Some('\t'),
                'v' => Some('\x0B'),
                _ => None,
            },
            _ => None,
        };
        if meant.is_some() {
            characters.next();
        }
        value.push(meant.unwrap_or(character));
    }
    value
}

/// A comment begins with blanks and `#`.
fn without_comment(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| line[..*at].ends_with(is_blank));
    line[..comment.map_or(line.len(), |(at, _)| at)].trim_end_matches(is_blank)
}

/// `${NAME}` or `${NAME:-default}`.
fn has_variable(value: &str) -> bool {
    let last = value.rfind('}').unwrap_or(0);
    // Looked for once for all the `${` before it.
    let mut stop = 0;
    value.match_indices("${").any(|(at, _)| {
        if stop < at + 2 {
            stop = value[at + 2..].find(['}', ':']).map_or(value.len(), |end| at + 2 + end);
        }
        value[stop..].starts_with('}') || (value[stop..].starts_with(":-") && last > stop)
    })
}

/// Python's `\s`.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || ('\x1C'..='\x1F').contains(&character)
}

fn is_inline_blank(character: char) -> bool {
    is_blank(character) && character != '\n'
}
