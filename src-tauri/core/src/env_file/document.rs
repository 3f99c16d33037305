//! An env file as it is: every byte kept, read as node's `dotenv` reads it, edited by replacing the bytes of one value.

use std::{fmt, ops::Range, sync::LazyLock};

use regex::bytes::{Captures, Regex};

use super::{error::EnvFileError, spelling};

/// The expression by which `dotenv` (npm, version 16 and 17; `@next/env` and Vite use the same parser) finds
/// assignments, for bytes: `(?R)` stands for its replacing of CR and CR LF by LF, `B` for JavaScript's `\s`.
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    const PATTERN: &str = concat!(
        r"(?mR)^B*(?:exportB+)?(?<name>[0-9A-Za-z_.-]+)(?:(?<equals>B*=)B*?|:B+?)",
        r#"(?<value>B*'(?-u:\\'|[^'])*'|B*"(?-u:\\"|[^"])*"|B*`(?-u:\\`|[^`])*`|(?-u:[^#\r\n]+))?"#,
        r"B*(?-u:#[^\r\n]*)?$",
    );
    const BLANK: &str =
        r"[\t\n\x0B\f\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}]";
    Regex::new(&PATTERN.replace('B', BLANK)).expect("the pattern is constant")
});

/// One `NAME=value`.
#[derive(Clone)]
struct Assignment {
    name: String,
    /// From the name to the value's end.
    whole: Range<usize>,
    /// The value without blanks around it, its quotes included.
    value: Range<usize>,
    /// Whether it is `NAME = value` on one line, as every reader knows it.
    plain: bool,
}

/// An env file, lossless.
#[derive(Clone)]
pub struct Document {
    bytes: Vec<u8>,
    assignments: Vec<Assignment>,
}

impl Document {
    /// Takes any bytes; what is no assignment is kept as it is.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        Self::from_bytes(bytes.to_vec())
    }

    /// The value of a variable, as `dotenv` reads it: the last of several, without its quotes; `\n` and `\r` are line
    /// breaks between double quotes only; bytes that are not UTF-8 become U+FFFD, as in node.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.values(name).pop()
    }

    /// All values of a variable, in the file's order.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<String> {
        self.of(name).map(|assignment| self.value(assignment)).collect()
    }

    /// The line of the assignment that counts, from 1.
    #[must_use]
    pub fn line_of(&self, name: &str) -> Option<usize> {
        let start = self.of(name).last()?.whole.start;
        Some(self.bytes[..start].split(|&byte| byte == b'\n').count())
    }

    /// Gives a variable a value: in its line, `export` and comment kept; else in a new line at the end. Where a name
    /// stands several times all get the value, because some programs take the first and some the last.
    ///
    /// # Errors
    /// A name or value that not all programs would read alike. The document is then unchanged.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), EnvFileError> {
        if !is_name(name) {
            return Err(EnvFileError::Name { name: name.to_owned() });
        }
        if self.says(name, value) {
            return Ok(());
        }
        let quote = self.of(name).last().and_then(|old| self.quote(old));
        for spelling in spelling::spellings(value, quote) {
            let edited = self.with(name, &spelling);
            if edited.says(name, value) {
                *self = edited;
                return Ok(());
            }
        }
        Err(EnvFileError::Value { name: name.to_owned(), problem: spelling::problem(value) })
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    fn from_bytes(bytes: Vec<u8>) -> Self {
        let assignments = ASSIGNMENT.captures_iter(&bytes).map(|found| assignment(&bytes, &found)).collect();
        Self { bytes, assignments }
    }

    fn of(&self, name: &str) -> impl Iterator<Item = &Assignment> {
        self.assignments.iter().filter(move |assignment| assignment.name == name)
    }

    fn value(&self, assignment: &Assignment) -> String {
        let text = String::from_utf8_lossy(&self.bytes[assignment.value.clone()]);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let inner = match text.chars().next() {
            Some(quote @ ('\'' | '"' | '`')) if text.len() > 1 && text.ends_with(quote) => &text[1..text.len() - 1],
            _ => &text,
        };
        if text.starts_with('"') { inner.replace("\\n", "\n").replace("\\r", "\r") } else { inner.to_owned() }
    }

    fn quote(&self, assignment: &Assignment) -> Option<u8> {
        let value = &self.bytes[assignment.value.clone()];
        value.first().copied().filter(|first| b"'\"".contains(first) && value.len() > 1 && value.ends_with(&[*first]))
    }

    /// Whether every assignment of the name has this value, in a spelling that `dotenvy` reads alike.
    fn says(&self, name: &str, value: &str) -> bool {
        let mut all = self.of(name).peekable();
        all.peek().is_some()
            && all.all(|assignment| {
                assignment.plain
                    && self.value(assignment) == value
                    && spelling::dotenvy_reads(&self.bytes[assignment.whole.clone()], value)
            })
    }

    fn with(&self, name: &str, spelling: &str) -> Self {
        let mut bytes = Vec::with_capacity(self.bytes.len() + spelling.len() + name.len() + 4);
        let mut kept = 0;
        for assignment in self.of(name) {
            let start = if assignment.plain { assignment.value.start } else { assignment.whole.start };
            bytes.extend_from_slice(&self.bytes[kept..start]);
            if !assignment.plain {
                bytes.extend_from_slice(name.as_bytes());
                bytes.push(b'=');
            }
            bytes.extend_from_slice(spelling.as_bytes());
            kept = assignment.value.end;
            if self.bytes[kept..].starts_with(b"#") {
                if self.quote(assignment).is_some() || assignment.value.is_empty() {
                    // A comment: a blank before it makes it one for all readers.
                    bytes.push(b' ');
                } else {
                    // `abc#def`: a comment to `dotenv`, a part of the value to others.
                    kept += self.bytes[kept..].iter().take_while(|byte| !b"\r\n".contains(byte)).count();
                }
            }
        }
        bytes.extend_from_slice(&self.bytes[kept..]);
        if kept == 0 {
            let ending = self.line_ending();
            if !bytes.is_empty() && bytes != BOM && !bytes.ends_with(b"\n") {
                bytes.extend_from_slice(ending);
            }
            bytes.extend_from_slice(format!("{name}={spelling}").as_bytes());
            bytes.extend_from_slice(ending);
        }
        Self::from_bytes(bytes)
    }

    fn line_ending(&self) -> &'static [u8] {
        let lines = || self.bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n"));
        let (all, windows) = (lines().count(), lines().filter(|line| line.ends_with(b"\r\n")).count());
        if windows * 2 > all { b"\r\n" } else { b"\n" }
    }
}

/// Prints no value.
impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.assignments.iter().map(|assignment| assignment.name.as_str()).collect();
        formatter.debug_struct("Document").field("bytes", &self.bytes.len()).field("names", &names).finish()
    }
}

/// What some editors put before the first byte.
pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";

fn assignment(bytes: &[u8], found: &Captures<'_>) -> Assignment {
    let name = found.name("name").expect("every match has a name").range();
    let equals = found.name("equals").map(|equals| equals.end());
    let after = equals.unwrap_or(name.end + 1);
    let value = found.name("value").map_or(after..after, |value| trimmed(bytes, value.range()));
    let value = if value.is_empty() { after..after } else { value };
    let plain = equals.is_some() && !bytes[name.end..value.start].iter().any(|byte| b"\r\n".contains(byte));
    Assignment {
        name: String::from_utf8_lossy(&bytes[name.clone()]).into_owned(),
        whole: name.start..value.end,
        value,
        plain,
    }
}

/// The range without JavaScript's blanks at both ends.
fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let blank = |character: char| character == '\u{FEFF}' || (character.is_whitespace() && character != '\u{85}');
    let text = &bytes[range.clone()];
    let Some(first) = text.utf8_chunks().next() else { return range };
    let start = first.valid().len() - first.valid().trim_start_matches(blank).len();
    let last = text[start..].utf8_chunks().last().filter(|last| last.invalid().is_empty());
    let end = last.map_or(0, |last| last.valid().len() - last.valid().trim_end_matches(blank).len());
    range.start + start..range.end - end
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
