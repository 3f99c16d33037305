//! What a person should know about an env file: what is overruled, not understood, left open, or read differently.

use std::{collections::HashMap, fmt, ops::Range};

use super::{
    reader::Reader,
    scan::{self, Found},
    spelling,
};

/// The longest value that readers are compared on; there is none in any env file.
const LONGEST: usize = 64 * 1024;

/// Something about one line. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The line, from 1.
    pub line: usize,
    /// The variable, if there is one.
    pub name: Option<String>,
    /// What it is.
    pub kind: NoteKind,
}

/// What a note says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoteKind {
    /// A later line gives the same variable a value, and that one counts.
    Overruled {
        /// The line that counts.
        by: usize,
    },
    /// No assignment and no comment; it is kept as it is.
    NotUnderstood,
    /// A quote that nothing closes begins here.
    OpenQuote,
    /// Not all programs get what the project's reader gets.
    Disputed {
        /// Those that get something else.
        readers: Vec<Reader>,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        let name = self.name.as_deref().unwrap_or("a variable");
        match &self.kind {
            NoteKind::Overruled { by } => write!(
                formatter,
                "Line {line}: {name} stands again in line {by}, which counts for almost all programs; a few, such as Rust's \
                 dotenvy when it fills the environment, take the first."
            ),
            NoteKind::NotUnderstood => match &self.name {
                Some(name) => {
                    write!(formatter, "Line {line}: {name} has no = and so no value; the line is kept as it is.")
                }
                None => write!(formatter, "Line {line} is neither NAME=value nor a comment; it is kept as it is."),
            },
            NoteKind::OpenQuote => {
                write!(formatter, "Line {line}: the value of {name} begins with a quote that is never closed.")
            }
            NoteKind::Disputed { readers } => {
                let titles: Vec<&str> = readers.iter().map(|reader| reader.title()).collect();
                write!(formatter, "Line {line}: {name} is read differently by {}.", titles.join(", "))
            }
        }
    }
}

/// All notes, by line.
pub(super) fn notes(bytes: &[u8], assignments: &[Found], reader: Reader) -> Vec<Note> {
    let lines = Lines::of(bytes);
    let mut notes = Vec::new();
    let mut last: HashMap<&[u8], usize> = HashMap::new();
    for (index, found) in assignments.iter().enumerate() {
        last.insert(&bytes[found.name.clone()], index);
    }
    // The first line that no assignment has taken.
    let mut free = 0;
    for (index, found) in assignments.iter().enumerate() {
        let (first, end) = (lines.index(found.name.start), lines.index(found.value.end.max(found.name.start)));
        not_understood(bytes, &lines, free..first, &mut notes);
        free = end + 1;
        let name = String::from_utf8_lossy(&bytes[found.name.clone()]).into_owned();
        let counts = last[&bytes[found.name.clone()]];
        let mut add = |kind| notes.push(Note { line: first + 1, name: Some(name.clone()), kind });
        if counts != index {
            add(NoteKind::Overruled { by: lines.index(assignments[counts].name.start) + 1 });
        }
        if is_open(&bytes[found.value.clone()]) {
            add(NoteKind::OpenQuote);
        }
        let readers =
            disputing(&bytes[lines.start(first)..lines.end(end)], found, &bytes[found.value.clone()], (&name, reader));
        if !readers.is_empty() {
            add(NoteKind::Disputed { readers });
        }
    }
    not_understood(bytes, &lines, free..lines.starts.len(), &mut notes);
    notes
}

fn not_understood(bytes: &[u8], lines: &Lines, range: Range<usize>, notes: &mut Vec<Note>) {
    for index in range {
        let line = String::from_utf8_lossy(&bytes[lines.start(index)..lines.end(index)]);
        let text = line.trim_matches(|character: char| character.is_whitespace() || character == '\u{FEFF}');
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let name = text.strip_prefix("export ").map_or(text, str::trim_start);
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        notes.push(Note { line: index + 1, name: is_name.then(|| name.to_owned()), kind: NoteKind::NotUnderstood });
    }
}

fn is_open(value: &[u8]) -> bool {
    match value.split_first() {
        Some((quote @ (b'\'' | b'"' | b'`'), rest)) => !rest.contains(quote),
        _ => false,
    }
}

/// Who gets something else from these lines than the project's reader. That `docker --env-file` keeps quotes and comments is known of
/// every such line, and not told.
fn disputing(lines: &[u8], found: &Found, value: &[u8], (name, reader): (&str, Reader)) -> Vec<Reader> {
    let plain = str::from_utf8(value).is_ok_and(|value| spelling::is_safe(value) && !value.is_empty());
    if found.plain
        && plain
        && lines.len() <= name.len() + value.len() + "=\n".len()
        && lines.starts_with(name.as_bytes())
    {
        return Vec::new();
    }
    if lines.len() > LONGEST {
        return Vec::new();
    }
    let expected = reader.read(lines, name);
    let differs = |reader: &Reader| *reader != Reader::DockerEnvFile && reader.read(lines, name) != expected;
    Reader::ALL.into_iter().filter(differs).collect()
}

/// Where the lines of a file begin: after LF, CR LF and CR.
pub(super) struct Lines {
    starts: Vec<usize>,
    length: usize,
}

impl Lines {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let ends = bytes
            .iter()
            .enumerate()
            .filter(|(at, byte)| **byte == b'\n' || (**byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')));
        let starts =
            std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).filter(|start| *start < bytes.len()).collect();
        Self { starts, length: bytes.len() }
    }

    /// The line in which a place is, from 0.
    pub(super) fn index(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    fn start(&self, index: usize) -> usize {
        self.starts.get(index).copied().unwrap_or(self.length)
    }

    /// With its line end.
    fn end(&self, index: usize) -> usize {
        self.start(index + 1)
    }
}

/// Where the last line begins.
pub(super) fn line_start(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| scan::is_line_end(*byte)).map_or(0, |end| end + 1)
}

#[cfg(test)]
#[path = "notes_tests.rs"]
mod tests;
