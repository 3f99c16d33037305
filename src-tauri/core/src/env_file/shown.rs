//! The lines of an env file as they may be shown: names, comments and quotes, but no value of anybody's.

use super::document::Document;

const DOTS: &str = "••••••••";
/// From this length on a word with a digit in it is taken for a secret, also in a comment.
const LONG: usize = 16;

/// Every line without its line ending. `value` says what to show for an assignment's value, or nothing to have it masked.
pub(super) fn lines(document: &Document, value: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let bytes = document.bytes();
    let mut shown = Vec::new();
    let mut assignments = document.places().peekable();
    let mut start = 0;
    while start < bytes.len() {
        let end = bytes[start..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| start + at + 1);
        let mut line = String::new();
        let mut at = start;
        // A value may have begun in a line above and may end in one below.
        while let Some((name, place)) = assignments.peek().filter(|(_, place)| place.start < end).cloned() {
            line.push_str(&words(&bytes[at..place.start.max(at)]));
            if place.start >= start && !place.is_empty() {
                line.push_str(&value(&name).unwrap_or_else(|| quoted(&bytes[place.clone()])));
            } else if !place.is_empty() {
                line.push_str(DOTS);
            }
            if place.end > end {
                at = end;
                break;
            }
            at = place.end.max(at);
            assignments.next();
        }
        line.push_str(&words(&bytes[at..end.max(at)]));
        shown.push(line.trim_end_matches(['\r', '\n']).to_owned());
        start = end;
    }
    shown
}

/// A masked value, in the quotes that it has.
fn quoted(value: &[u8]) -> String {
    let quote = value.first().filter(|first| b"'\"`".contains(first)).map(|first| char::from(*first));
    let quote = quote.map(String::from).unwrap_or_default();
    format!("{quote}{DOTS}{quote}")
}

/// Text that is no value: a comment may hold one all the same, behind a `=` or by itself.
fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let Some(comment) = text.find('#') else { return masked_words(&text) };
    let (before, comment) = text.split_at(comment);
    match comment.split_once('=') {
        Some((name, value)) if !value.trim().is_empty() => {
            let ending = &value[value.trim_end().len()..];
            format!("{}{}={DOTS}{ending}", masked_words(before), masked_words(name))
        }
        _ => format!("{}{}", masked_words(before), masked_words(comment)),
    }
}

fn masked_words(text: &str) -> String {
    let secret = |word: &str| word.chars().count() >= LONG && word.contains(|letter: char| letter.is_ascii_digit());
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let bare = word.trim_end();
            if secret(bare) { format!("{DOTS}{}", &word[bare.len()..]) } else { word.to_owned() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<String> {
        lines(&Document::parse(text.as_bytes()), &|name| (name == "OPEN").then(|| "seen".to_owned()))
    }

    #[test]
    fn names_and_comments_are_shown_and_values_are_not() {
        let text = "# my shop\nexport A = \"one\r\ntwo\" # note\r\nOPEN=x\nB='c'\n\nE=\n# OLD=sk_live_4f\n\
                    # was sk_live_51Hx8fJ2abcdef once\nsome words polar_oat_LfqNVkXkQc7V\nTICK=`x`";
        assert_eq!(
            shown(text),
            [
                "# my shop",
                "export A = \"••••••••\"",
                "•••••••• # note",
                "OPEN=seen",
                "B='••••••••'",
                "",
                "E=",
                "# OLD=••••••••",
                "# was •••••••• once",
                "some words ••••••••",
                "TICK=`••••••••`",
            ]
        );
    }

    proptest! {
        #[test]
        fn there_are_as_many_lines_as_in_the_file(text in r#"([A-C]=|["'`#\n\r ]|[a-z]){0,40}"#) {
            prop_assert_eq!(shown(&text).len(), text.split_inclusive('\n').count());
        }

        #[test]
        fn no_value_is_shown(value in "[a-z0-9]{4,30}", quote in "['\"`]?", around in r"(#x\n|A=1\n|\n){0,3}") {
            let value = format!("q{value}9");
            let text = format!("{around}SECRET={quote}{value}{quote}\n");
            prop_assert!(!shown(&text).concat().contains(&value));
        }
    }
}
