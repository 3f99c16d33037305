//! `node --env-file` and `util.parseEnv`, after `src/node_dotenv.cc`. Read alike only where the parser of Node 20 and the
//! newest agree.

pub(super) fn read(file: &[u8], name: &str) -> Option<String> {
    parse_env(file, name).filter(|value| !value.contains('\0'))
}

pub(super) fn parse_env(file: &[u8], name: &str) -> Option<String> {
    // Every CR is dropped first, also a lone one.
    let text = String::from_utf8_lossy(file).replace('\r', "");
    let newest = NEWEST.parse(&text, name)?;
    NODE_20.parse(&text, name).filter(|older| *older == newest)
}

struct Version {
    /// What is dropped around names, values and the file.
    blanks: &'static [char],
    /// Whether a line without `=` is passed over; else it becomes a part of the next name.
    by_line: bool,
}

const NEWEST: Version = Version { blanks: &[' ', '\t', '\n'], by_line: true };
const NODE_20: Version = Version { blanks: &[' '], by_line: false };

impl Version {
    fn parse(&self, text: &str, name: &str) -> Option<String> {
        let mut rest = self.trimmed(text);
        let mut last = None;
        while !rest.is_empty() {
            if rest.starts_with(['\n', '#']) {
                rest = after_line(rest);
                continue;
            }
            let end = if self.by_line { rest.find(['=', '\n']) } else { rest.find('=') };
            let Some(end) = end else { break };
            if rest[end..].starts_with('\n') {
                rest = self.trimmed(&rest[end + 1..]);
                continue;
            }
            let key = self.trimmed(&rest[..end]);
            rest = &rest[end + 1..];
            if key.is_empty() {
                if self.by_line && !rest.starts_with('\n') {
                    rest = self.trimmed(rest);
                    continue;
                }
                if !self.by_line {
                    break;
                }
            }
            let key = key.strip_prefix("export ").map_or(key, |key| if self.by_line { self.trimmed(key) } else { key });
            let (value, after) = self.value(rest);
            if key == name {
                last = Some(value);
            }
            rest = after;
        }
        last
    }

    /// The value, and what follows it.
    fn value<'a>(&self, rest: &'a str) -> (String, &'a str) {
        if rest.is_empty() || rest.starts_with('\n') {
            return (String::new(), rest);
        }
        // With line ends among the blanks, `A= ` takes the next line for its value.
        let rest = self.trimmed(rest);
        let Some(first) = rest.chars().next() else { return (String::new(), rest) };
        let line = rest.split('\n').next().unwrap_or_default();
        let after = if self.by_line { self.trimmed(after_line(rest)) } else { after_line(rest) };
        if !matches!(first, '"' | '\'' | '`') {
            let value = self.trimmed(line.split('#').next().unwrap_or_default());
            return (value.to_owned(), after);
        }
        match rest[1..].find(first) {
            Some(length) => {
                let inner = &rest[1..=length];
                let value = if first == '"' { inner.replace("\\n", "\n") } else { inner.to_owned() };
                (value, after_line(&rest[length + 2..]))
            }
            None => (line.to_owned(), after),
        }
    }

    fn trimmed<'a>(&self, text: &'a str) -> &'a str {
        text.trim_matches(self.blanks)
    }
}

fn after_line(rest: &str) -> &str {
    rest.find('\n').map_or("", |end| &rest[end + 1..])
}
