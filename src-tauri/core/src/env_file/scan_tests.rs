use std::{ops::Range, sync::LazyLock};

use proptest::prelude::*;
use regex::bytes::{Captures, Regex};

use super::*;

/// The expression itself, for bytes: `(?R)` stands for the replacing of CR and CR LF by LF, `B` for JavaScript's `\s`.
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    const PATTERN: &str = concat!(
        r"(?mR)^B*(?:exportB+)?(?<name>[0-9A-Za-z_.-]+)(?:(?<equals>B*=)B*?|:B+?)",
        r#"(?<value>B*'(?-u:\\'|[^'])*'|B*"(?-u:\\"|[^"])*"|B*`(?-u:\\`|[^`])*`|(?-u:[^#\r\n]+))?"#,
        r"B*(?-u:#[^\r\n]*)?$",
    );
    const BLANK: &str =
        r"[\t\n\x0B\f\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}]";
    Regex::new(&PATTERN.replace('B', BLANK)).unwrap()
});

fn by_expression(bytes: &[u8]) -> Vec<Found> {
    ASSIGNMENT.captures_iter(bytes).map(|found| expressed(bytes, &found)).collect()
}

fn expressed(bytes: &[u8], found: &Captures<'_>) -> Found {
    let name = found.name("name").unwrap().range();
    let equals = found.name("equals").map(|equals| equals.end());
    let after = equals.unwrap_or(name.end + 1);
    let value = found.name("value").map_or(after..after, |value| trimmed_text(bytes, value.range()));
    let value = if value.is_empty() { after..after } else { value };
    let plain = equals.is_some() && !bytes[name.end..value.start].iter().any(|byte| b"\r\n".contains(byte));
    Found { name, value, plain }
}

fn trimmed_text(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let blank = |character: char| character == '\u{FEFF}' || (character.is_whitespace() && character != '\u{85}');
    let text = &bytes[range.clone()];
    let Some(first) = text.utf8_chunks().next() else { return range };
    let start = first.valid().len() - first.valid().trim_start_matches(blank).len();
    let last = text[start..].utf8_chunks().last().filter(|last| last.invalid().is_empty());
    let end = last.map_or(0, |last| last.valid().len() - last.valid().trim_end_matches(blank).len());
    range.start + start..range.end - end
}

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        "[AB_ =:#'\"`\\\\\r\n\t-]{0,8}".prop_map(String::into_bytes),
        prop::sample::select(vec![
            "A=1\n",
            "export ",
            "export",
            "B='2'\r\n",
            "# note\n",
            "C=\"a\nb\"",
            "A: b",
            "A:\r\n",
            "\u{FEFF}",
            "\u{A0}",
            "\\'",
            "\\\"",
            "\u{2028}",
            "\u{3000}",
            "=",
            "\r",
            "' #",
            "'\n",
            "\" ",
            "`\r\n"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn finds_what_the_expression_finds(bytes in hostile()) {
        prop_assert_eq!(assignments(&bytes, DOTENV), by_expression(&bytes));
    }
}
