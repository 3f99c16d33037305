//! Bun, after its `env_loader`; older versions insist that a quote ends the line, which this asks for too.

pub(super) fn read(file: &[u8], name: &str) -> Option<String> {
    let bytes = file.strip_prefix(super::text::BOM).unwrap_or(file);
    let mut parser = Parser { bytes, at: 0 };
    let mut last = None;
    while parser.at < bytes.len() {
        match parser.key(true) {
            Some(key) => {
                let value = parser.value();
                if key == name.as_bytes() {
                    last = Some(value);
                }
            }
            None => parser.skip_line(),
        }
    }
    expanded(&String::from_utf8(last??).ok()?)
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

fn is_blank(byte: u8) -> bool {
    b"\t\x0B\x0C \n\r".contains(&byte)
}

impl<'a> Parser<'a> {
    fn skip_line(&mut self) {
        let end = self.bytes[self.at..].iter().position(|byte| b"\r\n".contains(byte));
        self.at = end.map_or(self.bytes.len(), |end| self.at + end + 1);
    }

    fn skip_blanks(&mut self) {
        self.at += self.bytes[self.at..].iter().take_while(|byte| is_blank(**byte)).count();
    }

    fn key(&mut self, may_export: bool) -> Option<&'a [u8]> {
        if may_export {
            self.skip_blanks();
        }
        let start = self.at;
        let of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        let end = start + self.bytes[start..].iter().take_while(of_name).count();
        if end > start {
            self.at = end;
            self.skip_blanks();
            if may_export
                && end < self.at
                && &self.bytes[start..end] == b"export"
                && let Some(key) = self.key(false)
            {
                return Some(key);
            }
            match self.bytes.get(self.at) {
                Some(b'=') => {
                    self.at += 1;
                    return Some(&self.bytes[start..end]);
                }
                Some(b':') if self.bytes.get(self.at + 1).is_some_and(|next| is_blank(*next)) => {
                    self.at += 2;
                    return Some(&self.bytes[start..end]);
                }
                _ => {}
            }
        }
        self.at = start;
        None
    }

    /// None: versions differ on it.
    fn value(&mut self) -> Option<Vec<u8>> {
        let start = self.at;
        self.skip_blanks();
        match self.bytes.get(self.at) {
            None => return Some(Vec::new()),
            Some(quote @ (b'`' | b'"' | b'\'')) => {
                if let Some(end) = self.closing(*quote) {
                    let inner = &self.bytes[self.at + 1..end];
                    let clean = self.ends_line(end + 1);
                    self.at = end + 1;
                    self.skip_line();
                    return clean.then(|| unescaped(inner, *quote));
                }
            }
            Some(_) => {}
        }
        let length = self.bytes[start..].iter().take_while(|byte| !b"#\r\n".contains(byte)).count();
        self.at = start + length;
        Some(self.bytes[start..self.at].trim_ascii().to_vec())
    }

    /// A `\` hides what follows it, between quotes of any kind.
    fn closing(&self, quote: u8) -> Option<usize> {
        let mut at = self.at + 1;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                _ if byte == quote => return Some(at),
                _ => at += 1,
            }
        }
        None
    }

    fn ends_line(&self, at: usize) -> bool {
        self.bytes[at..].iter().find(|byte| !b" \t\x0B\x0C".contains(byte)).is_none_or(|byte| b"#\r\n".contains(byte))
    }
}

fn unescaped(inner: &[u8], quote: u8) -> Vec<u8> {
    let mut value = Vec::with_capacity(inner.len());
    let mut at = 0;
    while let Some(&byte) = inner.get(at) {
        at += 1;
        match (byte, inner.get(at)) {
            (b'\\', Some(next)) if quote == b'"' => {
                match next {
                    b'n' => value.push(b'\n'),
                    b'r' => value.push(b'\r'),
                    next => value.extend([b'\\', *next]),
                }
                at += 1;
            }
            (b'\r', Some(b'\n')) => {}
            (b'\r', _) => value.push(b'\n'),
            (byte, _) => value.push(byte),
        }
    }
    value
}

/// Any `$` but a last one is replaced by one version or another.
fn expanded(value: &str) -> Option<String> {
    if value.len() < 2 {
        return Some(value.to_owned());
    }
    if super::text::has_variable(value, |after| !after.is_empty()) {
        return None;
    }
    Some(super::text::without_escaped_dollars(value))
}
