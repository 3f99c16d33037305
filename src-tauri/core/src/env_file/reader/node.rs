//! `node --env-file` and `util.parseEnv`, after `src/node_dotenv.cc`.

pub(super) fn read(file: &[u8], name: &str) -> Option<String> {
    parse_env(file, name).filter(|value| !value.contains('\0'))
}

/// Every CR is dropped first, also a lone one; names may be anything.
pub(super) fn parse_env(file: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(file).replace('\r', "");
    let mut rest = trimmed(&text);
    let mut last = None;
    while !rest.is_empty() {
        if rest.starts_with(['\n', '#']) {
            rest = after_line(rest);
            continue;
        }
        let Some(end) = rest.find(['=', '\n']) else { break };
        if rest[end..].starts_with('\n') {
            rest = trimmed(&rest[end + 1..]);
            continue;
        }
        let key = trimmed(&rest[..end]);
        rest = &rest[end + 1..];
        let key = key.strip_prefix("export ").map_or(key, trimmed);
        let (value, after) = value(rest);
        if key == name {
            last = Some(value);
        }
        rest = after;
    }
    last
}

/// The value, and what follows it.
fn value(rest: &str) -> (String, &str) {
    if rest.is_empty() || rest.starts_with('\n') {
        return (String::new(), rest);
    }
    // Blanks and line ends: `A= ` takes the next line for its value.
    let rest = trimmed(rest);
    let Some(first) = rest.chars().next() else { return (String::new(), rest) };
    if matches!(first, '"' | '\'' | '`') {
        if let Some(length) = rest[1..].find(first) {
            let inner = &rest[1..=length];
            let value = if first == '"' { inner.replace("\\n", "\n") } else { inner.to_owned() };
            return (value, after_line(&rest[length + 2..]));
        }
        let line = rest.split('\n').next().unwrap_or_default();
        return (line.to_owned(), trimmed(after_line(rest)));
    }
    let line = rest.split('\n').next().unwrap_or_default();
    let value = trimmed(line.split('#').next().unwrap_or_default());
    (value.to_owned(), trimmed(after_line(rest)))
}

fn after_line(rest: &str) -> &str {
    rest.find('\n').map_or("", |end| &rest[end + 1..])
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n'])
}
