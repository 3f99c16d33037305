//! What several readers have in common: line ends, blanks, escapes and variables in a text.

/// What some editors put before the first byte.
pub(in crate::env_file) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The file as text, if it is UTF-8; many readers refuse it otherwise.
pub(super) fn strict(file: &[u8]) -> Option<&str> {
    str::from_utf8(file).ok()
}

/// CR LF and CR become LF.
pub(super) fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Whether a `$` that no `\` precedes begins something for which `begins` holds.
pub(super) fn has_variable(value: &str, begins: impl Fn(&str) -> bool) -> bool {
    value.match_indices('$').any(|(at, _)| !value[..at].ends_with('\\') && begins(&value[at + 1..]))
}

/// `\$` becomes `$`.
pub(super) fn without_escaped_dollars(value: &str) -> String {
    value.replace("\\$", "$")
}

/// A letter, digit or `_` of ASCII.
pub(super) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// A letter or `_` of ASCII.
pub(super) fn begins_name(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}
