//! Where something was found.

use crate::setup::view::Place;

/// The line, from 1, of a byte in a text.
pub(super) fn line_at(text: &str, at: usize) -> u32 {
    let before = &text.as_bytes()[..at.min(text.len())];
    u32::try_from(before.split(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// The line of the first occurrence of a word, not part of a longer one.
pub(super) fn line_of(text: &str, word: &str) -> Option<u32> {
    find_word(text, word).map(|at| line_at(text, at))
}

/// Where a word stands: `flask`, but not in `flask-cors` or `my-flask`.
pub(super) fn find_word(text: &str, word: &str) -> Option<usize> {
    let part = |character: char| character.is_alphanumeric() || "-_/.".contains(character);
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

impl Place {
    pub(crate) fn new(file: impl Into<String>, line: Option<u32>) -> Self {
        Self { file: file.into(), line }
    }

    /// The line on which a byte of the file's text stands.
    pub(crate) fn at(file: impl Into<String>, text: &str, byte: usize) -> Self {
        Self::new(file, Some(line_at(text, byte)))
    }
}
