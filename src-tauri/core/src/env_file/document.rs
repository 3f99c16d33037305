//! An env file as it is: every byte kept, read as npm's `dotenv` reads it, edited by replacing the bytes of one value.

use std::{collections::HashMap, fmt, ops::Range};

use super::{
    error::EnvFileError,
    names,
    notes::{self, Lines, Note},
    reader::{self, Reader},
    scan::{self, DOTENV, Found},
    spelling::{self, Written},
};

/// Files up to this size are given to the readers as a whole when a spelling is chosen; of larger ones, the lines around, and
/// of endless lines this much.
const WHOLE: usize = 16 * 1024;
/// How many lines below the edited one the readers get of a larger file: some take the next lines for an empty value.
const LINES_BELOW: usize = 3;

/// An env file, lossless.
#[derive(Clone)]
pub struct Document {
    bytes: Vec<u8>,
    assignments: Vec<Found>,
    /// Who reads the file in this project.
    reader: Option<Reader>,
}

/// A variable that stands several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// Its name.
    pub name: String,
    /// Its lines, from 1; the last one counts.
    pub lines: Vec<usize>,
}

/// Some bytes in place of others.
struct Edit {
    replaced: Range<usize>,
    by: Vec<u8>,
    /// Where the value will be in the edited file.
    value: Range<usize>,
}

impl Document {
    /// Takes any bytes; what is no assignment is kept as it is.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        Self::from_bytes(bytes.to_vec())
    }

    /// From now on values are those that this program gets.
    #[must_use]
    pub fn read_by(mut self, reader: Option<Reader>) -> Self {
        self.reader = reader;
        self
    }

    /// The value of a variable, as the project's reader gets it. Without one, or where what it gets depends on more than
    /// the file, as `dotenv` does: the last of several, without its quotes; `\n` and `\r` are line breaks between double
    /// quotes only; bytes that are not UTF-8 become U+FFFD, as in node.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let found = self.of(name).next_back()?;
        let value = self.value(found);
        match self.reader {
            // All readers agree on letters and digits, with quotes or without.
            Some(reader) if !spelling::is_safe(&value) => reader.read(&self.bytes, name).or(Some(value)),
            _ => Some(value),
        }
    }

    /// Whether the project's reader gets this value whatever else is set: no variable stands in it that it would fill in.
    #[must_use]
    pub fn is_certain(&self, name: &str) -> bool {
        let Some(found) = self.of(name).next_back() else { return true };
        let value = self.value(found);
        match self.reader {
            Some(reader) if !spelling::is_safe(&value) => reader.read(&self.bytes, name).is_some(),
            _ => true,
        }
    }

    /// All values of a variable, in the file's order.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<String> {
        self.of(name).map(|found| self.value(found)).collect()
    }

    /// The line of the assignment that counts, from 1.
    #[must_use]
    pub fn line_of(&self, name: &str) -> Option<usize> {
        let start = self.of(name).next_back()?.name.start;
        Some(Lines::of(&self.bytes[..=start]).index(start) + 1)
    }

    /// The variables that stand several times, in the order of their first lines.
    #[must_use]
    pub fn duplicates(&self) -> Vec<Duplicate> {
        let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for found in &self.assignments {
            places.entry(&self.bytes[found.name.clone()]).or_default().push(found.name.start);
        }
        let mut several: Vec<_> = places.into_iter().filter(|(_, starts)| starts.len() > 1).collect();
        several.sort_by_key(|(_, starts)| starts[0]);
        let lines = Lines::of(&self.bytes);
        let duplicate = |(name, starts): (&[u8], Vec<usize>)| Duplicate {
            name: String::from_utf8_lossy(name).into_owned(),
            lines: starts.into_iter().map(|start| lines.index(start) + 1).collect(),
        };
        several.into_iter().map(duplicate).collect()
    }

    /// What a person should know about the file, by line: overruled duplicates, lines that are not understood, open
    /// quotes, and variables that other programs read differently.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        notes::notes(&self.bytes, &self.assignments, self.reader.unwrap_or(Reader::Dotenv))
    }

    /// Gives a variable a value: in its line, `export` and comment kept; else in a new line at the end. Of several
    /// assignments only the last is changed, as that one counts. The spelling is one that every reader reads right; where
    /// there is none, one that the preferred reader (`dotenv` unless told) and as many others as possible read right.
    ///
    /// # Errors
    /// A name that not all programs can read, or a value that not even the preferred reader can get. The document is then
    /// unchanged.
    pub fn set(&mut self, name: &str, value: &str, prefer: Option<Reader>) -> Result<Written, EnvFileError> {
        names::check(name, false)?;
        if value.contains('\0') {
            // No environment can hold it.
            return Err(EnvFileError::Value { name: name.to_owned(), problem: spelling::problem(value) });
        }
        let prefer = prefer.unwrap_or(Reader::Dotenv);
        let place = self.assignments.iter().rposition(|found| &self.bytes[found.name.clone()] == name.as_bytes());
        let now = self.agreeing_now(place, name, value);
        let quote = place.and_then(|place| self.quote(&self.assignments[place]));
        let mut choices = Vec::new();
        for spelling in spelling::spellings(value, quote) {
            let edit = self.edit(place, name, &spelling);
            let agree = spelling::agreeing(&self.around(place, &edit), name, value);
            if agree.contains(&prefer) {
                let all = agree.len() == Reader::ALL.len();
                choices.push((edit, agree));
                if all {
                    break;
                }
            }
        }
        choices.sort_by_key(|(_, agree)| Reader::ALL.len() - agree.len());
        if let Some(agree) = now.filter(|agree| agree.contains(&prefer)) {
            // What is right already is left alone, also for the quotes that `docker --env-file` alone takes literally.
            let better = |(_, best): &(Edit, Vec<Reader>)| {
                best.iter().any(|reader| *reader != Reader::DockerEnvFile && !agree.contains(reader))
                    && best.len() > agree.len()
            };
            if !choices.first().is_some_and(better) {
                return Ok(written(&agree));
            }
        }
        for (edit, agree) in choices {
            let edited = Self::from_bytes(edit.applied(&self.bytes)).read_by(self.reader);
            if edited.differs_only_in(self, place, &edit.value) {
                *self = edited;
                return Ok(written(&agree));
            }
        }
        Err(EnvFileError::Value { name: name.to_owned(), problem: spelling::problem(value) })
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// The file's bytes, as they are here.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Each assignment's name and where its value is, in the file's order.
    pub(super) fn places(&self) -> impl Iterator<Item = (String, Range<usize>)> {
        self.assignments
            .iter()
            .map(|found| (String::from_utf8_lossy(&self.bytes[found.name.clone()]).into_owned(), found.value.clone()))
    }

    fn from_bytes(bytes: Vec<u8>) -> Self {
        let assignments = scan::assignments(&bytes, DOTENV);
        Self { bytes, assignments, reader: None }
    }

    fn of(&self, name: &str) -> impl DoubleEndedIterator<Item = &Found> {
        self.assignments.iter().filter(move |found| &self.bytes[found.name.clone()] == name.as_bytes())
    }

    fn value(&self, found: &Found) -> String {
        reader::unquoted(&String::from_utf8_lossy(&self.bytes[found.value.clone()]))
    }

    fn quote(&self, found: &Found) -> Option<u8> {
        let value = &self.bytes[found.value.clone()];
        value.first().copied().filter(|first| b"'\"`".contains(first) && value.len() > 1 && value.ends_with(&[*first]))
    }

    /// Who gets the value from the file as it is.
    fn agreeing_now(&self, place: Option<usize>, name: &str, value: &str) -> Option<Vec<Reader>> {
        let found = &self.assignments[place?];
        if !found.plain || found.value.len() > WHOLE {
            return None;
        }
        let end = found.value.end;
        let nothing = Edit { replaced: end..end, by: Vec::new(), value: found.value.clone() };
        Some(spelling::agreeing(&self.around(place, &nothing), name, value))
    }

    fn edit(&self, place: Option<usize>, name: &str, spelling: &str) -> Edit {
        let Some(found) = place.map(|place| &self.assignments[place]) else { return self.addition(name, spelling) };
        let mut replaced = if found.plain { found.value.clone() } else { found.name.start..found.value.end };
        let mut by = if found.plain { Vec::new() } else { format!("{name}=").into_bytes() };
        let start = replaced.start + by.len();
        by.extend_from_slice(spelling.as_bytes());
        if self.bytes[replaced.end..].starts_with(b"#") {
            if self.quote(found).is_some() || found.value.is_empty() {
                // A comment: a blank before it makes it one for all readers.
                by.push(b' ');
            } else {
                // `abc#def`: a comment to `dotenv`, a part of the value to others.
                let rest = &self.bytes[replaced.end..];
                replaced.end += rest.iter().take_while(|byte| !scan::is_line_end(**byte)).count();
            }
        }
        Edit { replaced, by, value: start..start + spelling.len() }
    }

    fn addition(&self, name: &str, spelling: &str) -> Edit {
        let ending = self.line_ending();
        let mut by = Vec::new();
        if !self.bytes.is_empty() && self.bytes != reader::BOM && !self.bytes.ends_with(b"\n") {
            by.extend_from_slice(ending);
        }
        by.extend_from_slice(format!("{name}=").as_bytes());
        let start = self.bytes.len() + by.len();
        by.extend_from_slice(spelling.as_bytes());
        by.extend_from_slice(ending);
        Edit { replaced: self.bytes.len()..self.bytes.len(), by, value: start..start + spelling.len() }
    }

    /// The edited file, or of a large one the lines around the edit.
    fn around(&self, place: Option<usize>, edit: &Edit) -> Vec<u8> {
        if self.bytes.len() <= WHOLE {
            return edit.applied(&self.bytes);
        }
        let start = place.map_or(edit.replaced.start, |place| self.assignments[place].name.start);
        let start = start.saturating_sub(WHOLE) + notes::line_start(&self.bytes[start.saturating_sub(WHOLE)..start]);
        let below = &self.bytes[edit.replaced.end..];
        let below = &below[..below.len().min(WHOLE)];
        let ends = below.iter().enumerate().filter(|(_, byte)| scan::is_line_end(**byte));
        let end = ends.map(|(at, _)| at + 1).nth(LINES_BELOW).unwrap_or(below.len());
        [&self.bytes[start..edit.replaced.start], &edit.by, &below[..end]].concat()
    }

    /// Whether all other assignments are there and unchanged, and the value has taken nothing of what follows it.
    fn differs_only_in(&self, before: &Self, place: Option<usize>, value: &Range<usize>) -> bool {
        let place = place.unwrap_or(before.assignments.len());
        let added = usize::from(place == before.assignments.len());
        self.assignments.len() == before.assignments.len() + added
            && self.assignments[place].value.start == value.start
            && self.assignments[place].value.end <= value.end
            && before.assignments.iter().zip(&self.assignments).enumerate().all(|(index, (old, new))| {
                before.bytes[old.name.clone()] == self.bytes[new.name.clone()]
                    && (index == place || before.bytes[old.value.clone()] == self.bytes[new.value.clone()])
            })
    }

    fn line_ending(&self) -> &'static [u8] {
        let lines = || self.bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n"));
        let (all, windows) = (lines().count(), lines().filter(|line| line.ends_with(b"\r\n")).count());
        if windows * 2 > all { b"\r\n" } else { b"\n" }
    }
}

impl Edit {
    fn applied(&self, bytes: &[u8]) -> Vec<u8> {
        [&bytes[..self.replaced.start], &self.by, &bytes[self.replaced.end..]].concat()
    }
}

fn written(agree: &[Reader]) -> Written {
    Written { differ: Reader::ALL.into_iter().filter(|reader| !agree.contains(reader)).collect() }
}

/// Prints no value.
impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |found: &Found| String::from_utf8_lossy(&self.bytes[found.name.clone()]).into_owned();
        let names: Vec<String> = self.assignments.iter().map(name).collect();
        formatter
            .debug_struct("Document")
            .field("bytes", &self.bytes.len())
            .field("names", &names)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
