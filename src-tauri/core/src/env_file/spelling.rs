//! The ways to write a value, and which of them most readers read right.

use super::reader::Reader;

/// What writing a value came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Those that would get something else from the file, or nothing; none in the normal case.
    pub differ: Vec<Reader>,
}

impl Written {
    /// A sentence on those that differ; None when all get the value.
    #[must_use]
    pub fn warning(&self, name: &str) -> Option<String> {
        let titles: Vec<&str> = self.differ.iter().map(|reader| reader.title()).collect();
        let (last, others) = titles.split_last()?;
        let readers = if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) };
        Some(format!("{readers} would read another value for {name} from this file."))
    }
}

/// Who reads a value right in an edited file.
pub(super) fn agreeing(file: &[u8], name: &str, value: &str) -> Vec<Reader> {
    Reader::ALL.into_iter().filter(|reader| reader.read(file, name).as_deref() == Some(value)).collect()
}

/// All spellings to try, those that look best first: none that needs quotes, then with the `quote` that stood there.
pub(super) fn spellings(value: &str, quote: Option<u8>) -> Vec<String> {
    let mut all = Vec::new();
    if is_safe(value) {
        all.push(value.to_owned());
    }
    let (single, double, tick) = (quoted(value, '\''), doubles(value), quoted(value, '`'));
    match quote {
        Some(b'"') => all.extend(double.first().cloned()),
        Some(b'`') => all.extend(tick.first().cloned()),
        _ => {}
    }
    all.extend(single);
    all.extend(double);
    all.extend(tick);
    if value.contains('\'') {
        // As a shell wants it: the quotes are closed, the quote is said otherwise, the quotes are opened again.
        all.push(format!("'{}'", value.replace('\'', "'\\''")));
        all.push(format!("'{}'", value.replace('\'', "'\"'\"'")));
        all.push(format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'")));
    }
    if !value.is_empty() {
        all.extend(with_dollars(value.to_owned()));
    }
    let mut tried = std::collections::HashSet::new();
    all.retain(|spelling| tried.insert(spelling.clone()));
    all
}

/// As it is, and with `\$` for `$`, which some want even between single quotes.
fn with_dollars(spelling: String) -> Vec<String> {
    let escaped = spelling.contains('$').then(|| spelling.replace('$', "\\$"));
    [Some(spelling), escaped].into_iter().flatten().collect()
}

fn quoted(value: &str, quote: char) -> Vec<String> {
    if value.contains(quote) { Vec::new() } else { with_dollars(format!("{quote}{value}{quote}")) }
}

/// Between double quotes, with every choice of what is written as an escape; those with the fewest first.
fn doubles(value: &str) -> Vec<String> {
    const ESCAPES: [(char, &str); 7] =
        [('\\', "\\\\"), ('\n', "\\n"), ('\r', "\\r"), ('\t', "\\t"), ('"', "\\\""), ('$', "\\$"), ('`', "\\`")];
    let present: Vec<_> = ESCAPES.into_iter().filter(|(character, _)| value.contains(*character)).collect();
    let mut choices: Vec<u32> = (0..1 << present.len()).collect();
    choices.sort_by_key(|choice| choice.count_ones());
    let spelled = |choice: &u32| {
        let mut text = value.to_owned();
        for (index, (character, escape)) in present.iter().enumerate() {
            if choice & (1 << index) != 0 {
                text = text.replace(*character, escape);
            }
        }
        format!("\"{text}\"")
    };
    choices.iter().map(spelled).collect()
}

/// Whether no program, bash included, sees anything but text in it.
pub(super) fn is_safe(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(&byte))
}

/// Why a value has no spelling that the preferred reader reads right.
pub(super) fn problem(value: &str) -> &'static str {
    if value.contains('\0') {
        "no environment can hold the character NUL"
    } else if value.contains(['\'', '"', '`']) {
        "it has several kinds of quotes, perhaps with a backslash or a dollar sign"
    } else {
        "a backslash, a dollar sign, or an open quote elsewhere in the file, stands in the way"
    }
}
