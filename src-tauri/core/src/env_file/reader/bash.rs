//! `source .env` in bash, as far as it can be told without running anything.

use super::text::{begins_name, is_word};

/// Commands that may change a variable or what the rest of the file means: behind them nothing is certain.
const UNCERTAIN: [&str; 32] = [
    ".",
    "alias",
    "break",
    "builtin",
    "case",
    "command",
    "continue",
    "coproc",
    "declare",
    "enable",
    "eval",
    "exec",
    "exit",
    "for",
    "function",
    "getopts",
    "if",
    "let",
    "local",
    "mapfile",
    "printf",
    "read",
    "readarray",
    "readonly",
    "return",
    "select",
    "set",
    "shopt",
    "source",
    "typeset",
    "unset",
    "until",
];

pub(super) fn read(file: &[u8], name: &str) -> Option<String> {
    // Bytes that are no text pass through, but other lines may hold them: they cannot be in the value asked for.
    let text = String::from_utf8_lossy(file);
    let mut shell = Shell { rest: &text, name, value: None };
    while let Some(words) = shell.command()? {
        shell.run(&words)?;
    }
    shell.value
}

/// A word of a command.
struct Word {
    /// None: something would be put in.
    text: Option<String>,
    /// The `NAME` before an unquoted `=`.
    assigns: Option<String>,
}

struct Shell<'a> {
    rest: &'a str,
    name: &'a str,
    value: Option<String>,
}

impl<'a> Shell<'a> {
    /// The words up to the end of a command. Outer None: not certain; inner None: the end of the file.
    #[allow(clippy::option_option)]
    fn command(&mut self) -> Option<Option<Vec<Word>>> {
        let mut words = Vec::new();
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t']);
            while let Some(after) = self.rest.strip_prefix("\\\n") {
                self.rest = after.trim_start_matches([' ', '\t']);
            }
            match self.rest.chars().next() {
                None if words.is_empty() => return Some(None),
                None => return Some(Some(words)),
                Some('#') => self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]),
                Some('\n' | ';') => {
                    // `;` without a command before it is an error.
                    if words.is_empty() && self.rest.starts_with(';') {
                        return None;
                    }
                    self.rest = &self.rest[1..];
                    if !words.is_empty() {
                        return Some(Some(words));
                    }
                }
                // Pipes, redirections, groups, jobs, history: not certain.
                Some('&' | '|' | '<' | '>' | '(' | ')' | '{' | '}' | '!' | '[') => return None,
                Some(_) => words.push(self.word()?),
            }
        }
    }

    fn word(&mut self) -> Option<Word> {
        let mut word = Word { text: Some(String::new()), assigns: None };
        let mut plain = true;
        while let Some(character) = self.rest.chars().next() {
            let after = &self.rest[character.len_utf8()..];
            match character {
                ' ' | '\t' | '\n' | ';' => break,
                '(' if word.assigns.is_some() => {}
                '&' | '|' | '<' | '>' | '(' | ')' | '`' => return None,
                // A home folder, alternatives, a pattern: where bash looks for one, and that is not everywhere.
                '~' | '{' => word.text = None,
                '*' | '?' | '[' if word.assigns.is_none() => word.text = None,
                _ => {}
            }
            self.rest = after;
            match character {
                '\'' => {
                    let (inner, after) = self.rest.split_once('\'')?;
                    word.push(Some(inner));
                    self.rest = after;
                    plain = false;
                }
                '"' => {
                    let inner = self.double()?;
                    word.push(inner.as_deref());
                    plain = false;
                }
                '\\' => {
                    let Some(escaped) = self.rest.chars().next() else {
                        word.push(Some("\\"));
                        break;
                    };
                    if escaped != '\n' {
                        word.push(Some(&self.rest[..escaped.len_utf8()]));
                    }
                    self.rest = &self.rest[escaped.len_utf8()..];
                    plain = false;
                }
                '$' => {
                    // Escapes of C, or a translation: not modelled.
                    if self.rest.starts_with(['\'', '"']) {
                        return None;
                    }
                    word.push((!self.substitution()?).then_some("$"));
                }
                '(' if word.assigns.is_some() && word.text.as_deref().is_some_and(|text| text.ends_with('=')) => {
                    self.simple_until(')')?;
                    word.text = None;
                }
                '(' => return None,
                '=' if plain && word.assigns.is_none() => {
                    let name = word.text.as_deref()?;
                    // `NAME+=` adds to what there is.
                    if name.strip_suffix('+').is_some_and(is_name) {
                        return None;
                    }
                    word.assigns = Some(name.to_owned()).filter(|name| is_name(name));
                    word.push(Some("="));
                }
                '\0' => {}
                character => word.push(Some(character.encode_utf8(&mut [0; 4]))),
            }
        }
        Some(word)
    }

    /// What follows a `$` that is no text: whether something is put in. None: not certain.
    fn substitution(&mut self) -> Option<bool> {
        if self.rest.starts_with('(') {
            self.rest = &self.rest[1..];
            self.simple_until(')')?;
            return Some(true);
        }
        if self.rest.starts_with('{') {
            self.rest = &self.rest[1..];
            let inner = self.simple_until('}')?;
            // `${NAME}`, `${NAME:-default}` and the like; others may set a variable or end everything.
            let rest = inner.trim_start_matches(is_word);
            let rest = rest.strip_prefix(':').unwrap_or(rest);
            return (inner.starts_with(begins_name) && (inner.chars().all(is_word) || rest.starts_with(['-', '+'])))
                .then_some(true);
        }
        if self.rest.starts_with('[') {
            return None;
        }
        Some(self.rest.starts_with(|next: char| is_word(next) || "@*#?-$!".contains(next)))
    }

    /// Up to a closing sign, if nothing stands between that may hide it.
    fn simple_until(&mut self, end: char) -> Option<&'a str> {
        let (inner, after) = self.rest.split_once(end)?;
        self.rest = after;
        (!inner.contains(['(', '{', '\'', '"', '\\', '`', '$', '\n', '#', '&', '|', ';', '<', '>'])).then_some(inner)
    }

    /// Between double quotes. Outer None: no end. Inner None: something would be put in.
    #[allow(clippy::option_option)]
    fn double(&mut self) -> Option<Option<String>> {
        let mut value = Some(String::new());
        while let Some(character) = self.rest.chars().next() {
            self.rest = &self.rest[character.len_utf8()..];
            let text = match character {
                '"' => return Some(value),
                '\\' => match self.rest.chars().next() {
                    Some(next @ ('$' | '`' | '"' | '\\' | '\n')) => {
                        self.rest = &self.rest[1..];
                        Some(Some(next).filter(|next| *next != '\n'))
                    }
                    _ => Some(Some('\\')),
                },
                '`' => return None,
                '$' => {
                    if self.substitution()? {
                        None
                    } else {
                        Some(Some('$'))
                    }
                }
                '\0' => Some(None),
                character => Some(Some(character)),
            };
            value = value.zip(text).map(|(mut value, text)| {
                value.extend(text);
                value
            });
        }
        None
    }

    /// None: what it does is not certain.
    fn run(&mut self, words: &[Word]) -> Option<()> {
        let assignments = words.iter().take_while(|word| word.assigns.is_some()).count();
        let Some(command) = words.get(assignments) else {
            for word in words {
                self.assign(word);
            }
            return Some(());
        };
        let command = command.text.as_deref()?;
        // Those before a command are for it only.
        if command == "export" && assignments == 0 {
            for word in &words[1..] {
                match &word.text {
                    Some(text) if text.starts_with('-') => return None,
                    // A pattern or blanks: `export A=$x` is a word of its own for bash.
                    _ if word.assigns.is_some() => self.assign(word),
                    _ => {}
                }
            }
            return Some(());
        }
        if UNCERTAIN.contains(&command)
            || command == "while"
            || command == "time"
            || command == "trap"
            || command == "then"
        {
            return None;
        }
        Some(())
    }

    fn assign(&mut self, word: &Word) {
        if let Some(name) = word.assigns.as_deref().filter(|name| *name == self.name) {
            self.value = word.text.as_ref().map(|text| text[name.len() + 1..].to_owned());
        }
    }
}

impl Word {
    fn push(&mut self, text: Option<&str>) {
        self.text = self.text.take().zip(text).map(|(all, text)| all + text);
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(begins_name) && text.chars().all(is_word)
}
