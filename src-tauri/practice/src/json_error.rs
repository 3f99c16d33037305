//! Where a text stops being JSON and why, in the words of the real server's decoder (Python's).

/// The position (in characters) and the reason of the first fault; `None` if there is none that this knows.
pub(crate) fn first_fault(text: &str) -> Option<(usize, &'static str)> {
    let mut scanner = Scanner { text: text.chars().collect(), at: 0 };
    scanner.blanks();
    if let Err(fault) = scanner.value(0) {
        return Some(fault);
    }
    scanner.blanks();
    (scanner.at < scanner.text.len()).then_some((scanner.at, "Extra data"))
}

type Fault = (usize, &'static str);

/// Deeper than any request; Python gives up in a similar place.
const DEEPEST: usize = 500;

struct Scanner {
    text: Vec<char>,
    at: usize,
}

impl Scanner {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let fits = word.chars().enumerate().all(|(offset, letter)| self.text.get(self.at + offset) == Some(&letter));
        if fits {
            self.at += word.len();
        }
        fits
    }

    fn value(&mut self, depth: usize) -> Result<(), Fault> {
        let start = self.at;
        match self.peek() {
            _ if depth > DEEPEST => Err((start, "Expecting value")),
            Some('"') => self.string(),
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            _ if ["null", "true", "false", "NaN", "Infinity", "-Infinity"].iter().any(|word| self.take(word)) => Ok(()),
            _ => self.number().ok_or((start, "Expecting value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Fault> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some('}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some('"') {
                return Err((self.at, "Expecting property name enclosed in double quotes"));
            }
            self.string()?;
            self.blanks();
            if self.peek() != Some(':') {
                return Err((self.at, "Expecting ':' delimiter"));
            }
            self.at += 1;
            self.blanks();
            self.value(depth + 1)?;
            if self.ends('}', "Illegal trailing comma before end of object")? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Fault> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some(']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            if self.ends(']', "Illegal trailing comma before end of array")? {
                return Ok(());
            }
        }
    }

    /// After a member: whether `end` follows; else a comma must.
    fn ends(&mut self, end: char, trailing: &'static str) -> Result<bool, Fault> {
        self.blanks();
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(true);
        }
        if self.peek() != Some(',') {
            return Err((self.at, "Expecting ',' delimiter"));
        }
        let comma = self.at;
        self.at += 1;
        self.blanks();
        if self.peek() == Some(end) { Err((comma, trailing)) } else { Ok(false) }
    }

    fn string(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err((start, "Unterminated string starting at")),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => self.escape(start)?,
                Some(letter) if letter < ' ' => return Err((self.at, "Invalid control character at")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self, start: usize) -> Result<(), Fault> {
        let backslash = self.at;
        self.at += 2;
        match self.text.get(backslash + 1) {
            None => Err((start, "Unterminated string starting at")),
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => Ok(()),
            Some('u') => {
                let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
                if digits.len() < 4 || !digits.iter().all(char::is_ascii_hexdigit) {
                    return Err((backslash + 1, "Invalid \\uXXXX escape"));
                }
                self.at += 4;
                Ok(())
            }
            Some(_) => Err((backslash, "Invalid \\escape")),
        }
    }

    fn number(&mut self) -> Option<()> {
        let negative = self.peek() == Some('-');
        let first = self.at + usize::from(negative);
        let digits =
            |from: usize| self.text[from.min(self.text.len())..].iter().take_while(|c| c.is_ascii_digit()).count();
        let mut end = match self.text.get(first) {
            Some('0') => first + 1,
            Some(digit) if digit.is_ascii_digit() => first + digits(first),
            _ => return None,
        };
        if self.text.get(end) == Some(&'.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
        }
        if matches!(self.text.get(end), Some('e' | 'E')) {
            let sign = usize::from(matches!(self.text.get(end + 1), Some('+' | '-')));
            let power = digits(end + 1 + sign);
            if power > 0 {
                end += 1 + sign + power;
            }
        }
        self.at = end;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_and_why() {
        for (text, at, why) in [
            ("{", 1, "Expecting property name enclosed in double quotes"),
            (r#"{"url": "https://x.example/", "#, 30, "Expecting property name enclosed in double quotes"),
            (r#"{"a" 1}"#, 5, "Expecting ':' delimiter"),
            (r#"{"a": }"#, 6, "Expecting value"),
            (r#"{"a": 1 "b"}"#, 8, "Expecting ',' delimiter"),
            (r#"{"a": 1,}"#, 7, "Illegal trailing comma before end of object"),
            ("[1, 2", 5, "Expecting ',' delimiter"),
            (r#"{"a": "b"#, 6, "Unterminated string starting at"),
            ("hello", 0, "Expecting value"),
            ("{} x", 3, "Extra data"),
            ("01", 1, "Extra data"),
        ] {
            assert_eq!(first_fault(text), Some((at, why)), "{text}");
        }
        assert_eq!(first_fault(r#" {"a": [1.5e3, null, "\u00e9"]} "#), None);
    }
}
