//! PHP's `vlucas/phpdotenv` 5. One line that it does not understand makes it refuse the whole file.

use super::text;

pub(super) fn read(file: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(file.strip_prefix(text::BOM).unwrap_or(file));
    let mut last = None;
    for entry in entries(&text::unix_lines(&text)) {
        let (key, value) = match entry.split_once('=') {
            Some((key, value)) => (trimmed(key), Some(trimmed(value))),
            None => (entry.as_str(), None),
        };
        let key = key_of(key)?;
        let value = match value {
            Some(value) => value_of(value)?,
            None => None,
        };
        if key == name {
            last = value;
        }
    }
    last
}

/// The lines that say something, those of a value between double quotes as one.
fn entries(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open: Option<Vec<&str>> = None;
    for line in text.split('\n') {
        let starts = line.contains("=\"") && !stops(line, true);
        if let Some(lines) = &mut open {
            lines.push(line);
            if stops(line, starts) {
                all.push(lines.join("\n"));
                open = None;
            }
        } else if starts {
            open = Some(vec![line]);
        } else {
            all.push(line.to_owned());
        }
    }
    // What is never closed is dropped without a word.
    all.retain(|entry| !matches!(trimmed(entry).chars().next(), None | Some('#')));
    all
}

/// Whether the line holds the quote that closes a value; the one that opens it needs a second one.
fn stops(line: &str, started: bool) -> bool {
    if line == "\"" {
        return true;
    }
    let line = line.replace("\\\\", "");
    let bytes = line.as_bytes();
    let quotes = bytes.windows(2).filter(|pair| pair[1] == b'"' && pair[0] != b'\\').count();
    if started { quotes > 1 } else { quotes >= 1 }
}

fn key_of(key: &str) -> Option<&str> {
    let exported = key.strip_prefix("export").filter(|rest| key.chars().count() > 8 && rest.starts_with(is_space));
    let key =
        exported.map_or(key, |rest| rest.trim_start_matches(|character| is_space(character) || character == '\0'));
    let quoted =
        key.len() > 2 && (key.starts_with('"') && key.ends_with('"') || key.starts_with('\'') && key.ends_with('\''));
    let key = if quoted { &key[1..key.len() - 1] } else { key };
    let valid = !key.is_empty() && key.chars().all(|character| text::is_word(character) || character == '.');
    valid.then_some(key)
}

enum State {
    Start,
    Bare,
    Single,
    Double,
    Escape,
    Blank,
    Comment,
}

/// Outer None: an error. Inner None: a variable would be put in.
#[allow(clippy::option_option)]
fn value_of(text: &str) -> Option<Option<String>> {
    let mut value = String::new();
    let mut variable = false;
    let mut state = State::Start;
    for (at, character) in text.char_indices() {
        let braced = || character == '$' && begins_variable(&text[at + 1..]);
        state = match state {
            State::Start if character == '\'' => State::Single,
            State::Start if character == '"' => State::Double,
            State::Start | State::Bare | State::Blank if character == '#' => State::Comment,
            State::Bare | State::Blank if is_space(character) => State::Blank,
            State::Start | State::Bare => {
                variable |= braced();
                value.push(character);
                State::Bare
            }
            State::Blank => return None,
            State::Single if character == '\'' => State::Blank,
            State::Single => {
                value.push(character);
                State::Single
            }
            State::Double if character == '"' => State::Blank,
            State::Double if character == '\\' => State::Escape,
            State::Double => {
                variable |= braced();
                value.push(character);
                State::Double
            }
            State::Escape => {
                value.push(match character {
                    '"' | '\\' | '$' => character,
                    'f' => '\x0C',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'v' => '\x0B',
                    _ => return None,
                });
                State::Double
            }
            State::Comment => State::Comment,
        };
    }
    match state {
        State::Single | State::Double | State::Escape => None,
        _ => Some((!variable).then_some(value)),
    }
}

/// `${NAME}`.
fn begins_variable(after: &str) -> bool {
    after.strip_prefix('{').is_some_and(|inner| {
        let rest = inner.trim_start_matches(|character| text::is_word(character) || character == '.');
        rest.len() < inner.len() && rest.starts_with('}')
    })
}

/// PHP's `trim`.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\0', '\x0B'])
}

/// PHP's `ctype_space`.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0B' | '\x0C')
}
