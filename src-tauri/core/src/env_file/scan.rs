//! Finds the assignments of an env file in one pass over its bytes, as the expression of npm's `dotenv` finds them.

use std::ops::Range;

/// One `NAME=value`, as places in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The name.
    pub name: Range<usize>,
    /// The value without blanks around it, its quotes included.
    pub value: Range<usize>,
    /// Whether it is `NAME = value` on one line, as every reader knows it.
    pub plain: bool,
}

/// What differs between the programs that took over this expression.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// Whether `` ` `` is a quote and `-` may be in a name, as in JavaScript.
    pub javascript: bool,
}

/// npm's `dotenv`, versions 16 to 18.
pub(super) const DOTENV: Dialect = Dialect { javascript: true };

/// All assignments, in the file's order. The time taken grows with the file's size only, whatever is in it: a quote's end is
/// looked for once per kind of quote, and blanks are passed at most a few times.
pub(super) fn assignments(bytes: &[u8], dialect: Dialect) -> Vec<Found> {
    let scanner = Scanner { bytes, dialect };
    let mut all = Vec::new();
    let mut line = 0;
    while line < bytes.len() {
        let start = scanner.skip_blanks(line);
        // A file that ends in blanks, or a line that is no assignment: go on after it.
        let resume = match scanner.assignment(start) {
            Some((found, end)) => {
                all.push(found);
                end
            }
            None => start,
        };
        line = scanner.next_line(resume.max(line));
    }
    all
}

#[derive(Clone, Copy)]
struct Scanner<'a> {
    bytes: &'a [u8],
    dialect: Dialect,
}

impl Scanner<'_> {
    /// The assignment that begins here, and where to look for the next.
    fn assignment(self, start: usize) -> Option<(Found, usize)> {
        const EXPORT: &[u8] = b"export";
        if self.bytes[start..].starts_with(EXPORT) {
            let after = start + EXPORT.len();
            let name = self.skip_blanks(after);
            if name > after
                && let Some(found) = self.named(name)
            {
                return Some(found);
            }
        }
        self.named(start)
    }

    fn named(self, start: usize) -> Option<(Found, usize)> {
        let end = start + self.bytes[start..].iter().take_while(|byte| self.is_of_name(**byte)).count();
        if end == start {
            return None;
        }
        let name = start..end;
        let equals = self.skip_blanks(end);
        let (after, by_equals) = if self.bytes.get(equals) == Some(&b'=') {
            (equals + 1, true)
        } else if self.bytes.get(end) == Some(&b':') {
            (end + 1 + self.blank_or_line_end(end + 1)?, false)
        } else {
            return None;
        };
        let (value, resume) = self.value(after);
        let value = if value.is_empty() { after..after } else { value };
        let plain = by_equals && !self.bytes[end..value.start].iter().any(|byte| is_line_end(*byte));
        // Without a value, what follows the `:` is not passed over.
        let value = if value.is_empty() && !by_equals { end + 1..end + 1 } else { value };
        Some((Found { name, value, plain }, resume))
    }

    /// The value after the separator, and where to look for the next assignment.
    fn value(self, after: usize) -> (Range<usize>, usize) {
        let first = self.skip_blanks(after);
        if let Some(&quote) = self.bytes.get(first)
            && (b"'\"".contains(&quote) || (quote == b'`' && self.dialect.javascript))
            && let Some(end) = self.closed(first, quote)
        {
            return (first..end, end);
        }
        let length = self.bytes[after..].iter().take_while(|byte| **byte != b'#' && !is_line_end(**byte)).count();
        (trimmed(self.bytes, after..after + length), after + length)
    }

    /// The end of what begins with a quote: after the first that no `\` precedes; where something stands behind that one,
    /// after the last of the others behind which there is nothing.
    fn closed(self, start: usize, quote: u8) -> Option<usize> {
        let mut escaped = Vec::new();
        for (at, &byte) in self.bytes.iter().enumerate().skip(start + 1) {
            if byte != quote {
                continue;
            }
            if self.bytes[at - 1] != b'\\' {
                if self.ends_line(at + 1) {
                    return Some(at + 1);
                }
                break;
            }
            escaped.push(at + 1);
        }
        escaped.into_iter().rev().find(|end| self.ends_line(*end))
    }

    /// Whether only blanks or a comment follow on the line.
    fn ends_line(self, at: usize) -> bool {
        let mut at = at;
        loop {
            match self.bytes.get(at) {
                None | Some(b'#' | b'\r' | b'\n') => return true,
                Some(_) => match self.blank(at) {
                    0 => return false,
                    length => at += length,
                },
            }
        }
    }

    fn skip_blanks(self, mut at: usize) -> usize {
        loop {
            match self.blank(at) {
                0 => return at,
                length => at += length,
            }
        }
    }

    /// One blank, CR LF together.
    fn blank_or_line_end(self, at: usize) -> Option<usize> {
        if self.bytes[at..].starts_with(b"\r\n") {
            return Some(2);
        }
        Some(self.blank(at)).filter(|length| *length > 0)
    }

    /// The length of the blank here, 0 if there is none: what JavaScript's `\s` matches, line ends included.
    fn blank(self, at: usize) -> usize {
        match self.bytes.get(at) {
            Some(b'\t' | b'\n' | 0x0B | 0x0C | b'\r' | b' ') => 1,
            Some(0xC2..) if self.dialect.javascript => wide_blank(&self.bytes[at..]),
            _ => 0,
        }
    }

    fn next_line(self, at: usize) -> usize {
        let end = at + self.bytes[at..].iter().take_while(|byte| !is_line_end(**byte)).count();
        end + if self.bytes[end..].starts_with(b"\r\n") { 2 } else { 1 }
    }

    fn is_of_name(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' || (byte == b'-' && self.dialect.javascript)
    }
}

pub(super) fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// The length of a blank outside of ASCII.
fn wide_blank(bytes: &[u8]) -> usize {
    match bytes {
        [0xC2, 0xA0, ..] => 2,
        [0xE1, 0x9A, 0x80, ..]
        | [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..]
        | [0xE2, 0x81, 0x9F, ..]
        | [0xE3, 0x80, 0x80, ..]
        | [0xEF, 0xBB, 0xBF, ..] => 3,
        _ => 0,
    }
}

/// The range without JavaScript's blanks at both ends.
fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (range.start, range.end);
    while start < end {
        match blank_at(&bytes[start..end]) {
            0 => break,
            length => start += length,
        }
    }
    while let Some(length) =
        (1..=3).find(|length| end - start >= *length && blank_at(&bytes[end - length..end]) == *length)
    {
        end -= length;
    }
    start..end
}

fn blank_at(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'\t' | b'\n' | 0x0B | 0x0C | b'\r' | b' ') => 1,
        Some(0xC2..) => wide_blank(bytes),
        _ => 0,
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
