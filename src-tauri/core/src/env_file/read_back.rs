//! Reads variables from the file on disk with two parsers, ours (as the project's reader reads) and the crate `dotenvy`,
//! and insists that they agree on the value that counts: the last of several.

use std::{collections::HashMap, path::Path};

use super::{
    Document, disk,
    error::EnvFileError,
    reader::{BOM, Reader},
};
use crate::SecretText;

/// The values of those `names` that the file has.
///
/// # Errors
/// The file is not there or not readable, or the two parsers do not get the same.
pub fn read_back(
    path: &Path,
    names: &[&str],
    reader: Option<Reader>,
) -> Result<HashMap<String, SecretText>, EnvFileError> {
    let bytes = disk::read(path)?.ok_or_else(|| EnvFileError::Missing { path: path.to_path_buf() })?;
    let ours = Document::parse(&bytes).read_by(reader);
    let theirs = Theirs::read(&bytes, names);
    let mut values = HashMap::new();
    for &name in names {
        let value = ours.get(name);
        if value.as_ref() != theirs.values.get(name) {
            let line = ours.line_of(name).or(theirs.culprit).unwrap_or(1);
            return Err(EnvFileError::Disagreement {
                path: path.to_path_buf(),
                name: name.to_owned(),
                line,
                culprit: theirs.culprit,
            });
        }
        if let Some(value) = value {
            values.insert(name.to_owned(), SecretText::new(value));
        }
    }
    Ok(values)
}

/// What a person should know of these variables' lines, in sentences.
#[must_use]
pub fn notes_on(path: &Path, names: &[&str], reader: Option<Reader>) -> Vec<String> {
    let bytes = disk::read(path).ok().flatten().unwrap_or_default();
    let notes = Document::parse(&bytes).read_by(reader).notes();
    let ours = notes.iter().filter(|note| note.name.as_deref().is_some_and(|name| names.contains(&name)));
    ours.map(ToString::to_string).collect()
}

/// What `dotenvy` reads.
struct Theirs {
    values: HashMap<String, String>,
    /// The first line that it does not understand.
    culprit: Option<usize>,
}

impl Theirs {
    fn read(bytes: &[u8], names: &[&str]) -> Self {
        let text = String::from_utf8_lossy(bytes.strip_prefix(BOM).unwrap_or(bytes));
        let (mut values, mut culprit) = (HashMap::new(), None);
        for read in dotenvy::Iter::new(text.as_bytes()) {
            match read {
                Ok((name, value)) if names.contains(&name.as_str()) => {
                    values.insert(name, value);
                }
                // The error holds the line's text, perhaps a secret: only its number is taken from it.
                Err(dotenvy::Error::LineParse(line, _)) if culprit.is_none() => {
                    culprit = text.find(&line).map(|at| 1 + text[..at].matches('\n').count());
                }
                Ok(_) | Err(_) => {}
            }
        }
        Self { values, culprit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], names: &[&str]) -> Result<HashMap<String, SecretText>, EnvFileError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, text).unwrap();
        read_back(&path, names, None)
    }

    #[test]
    fn reads_what_is_there_and_only_that() {
        let values =
            read(b"\xEF\xBB\xBFA=one # first\r\nexport B='t#wo'\r\nL=\xE9\r\nC=\n", &["A", "B", "C", "D"]).unwrap();
        assert_eq!(values["A"].expose(), "one");
        assert_eq!(values["B"].expose(), "t#wo");
        assert_eq!(values["C"].expose(), "");
        assert!(!values.contains_key("D"));
    }

    #[test]
    fn an_open_quote_above_is_named_by_its_line_without_its_text() {
        let error = read(b"SHOP=Bob's secret shop\nTOKEN=abc\n", &["TOKEN"]).unwrap_err();
        assert!(matches!(error, EnvFileError::Disagreement { line: 2, culprit: Some(1), .. }), "{error:?}");
        assert!(!format!("{error} {error:?} {}", error.fix()).contains("secret shop"));
    }

    #[test]
    fn of_several_the_last_counts_for_both() {
        assert_eq!(read(b"A=1\nA=2\n", &["A"]).unwrap()["A"].expose(), "2");
        let disputed = read(b"A=1\nA=two words\n", &["A"]);
        assert!(matches!(disputed, Err(EnvFileError::Disagreement { line: 2, .. })), "{disputed:?}");
    }

    #[test]
    fn other_lines_that_dotenvy_does_not_know_are_nobodys_business() {
        assert_eq!(read(b"some words\nA-B=1\nA=2\n", &["A"]).unwrap()["A"].expose(), "2");
    }

    #[test]
    fn what_is_spelled_for_the_projects_reader_is_read_as_it_reads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        let mut document = Document::parse(b"A=1\n").read_by(Some(Reader::Next));
        document.set("B", "x$HOME-$1", Some(Reader::Next)).unwrap();
        assert_eq!(document.get("B").as_deref(), Some("x$HOME-$1"));
        std::fs::write(&path, document.to_bytes()).unwrap();
        let values = read_back(&path, &["A", "B"], Some(Reader::Next)).unwrap();
        assert_eq!(values["B"].expose(), "x$HOME-$1");
    }

    #[test]
    fn a_missing_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read_back(&folder.path().join(".env"), &["A"], None), Err(EnvFileError::Missing { .. })));
    }
}
