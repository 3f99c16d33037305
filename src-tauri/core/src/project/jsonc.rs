//! JSON with comments and trailing commas, as in `deno.jsonc` and `wrangler.jsonc`.

/// The same text as plain JSON: comments and trailing commas become blanks, so every line stays where it is.
pub(super) fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut in_string = false;
    while let Some(letter) = rest.next() {
        match letter {
            '\\' if in_string => {
                plain.push(letter);
                plain.extend(rest.next());
            }
            '"' => {
                in_string = !in_string;
                plain.push(letter);
            }
            '/' if !in_string && rest.peek() == Some(&'/') => while rest.next_if(|next| *next != '\n').is_some() {},
            '/' if !in_string && rest.peek() == Some(&'*') => {
                let mut before = ' ';
                rest.next();
                for letter in rest.by_ref() {
                    if letter == '\n' {
                        plain.push('\n');
                    }
                    if (before, letter) == ('*', '/') {
                        break;
                    }
                    before = letter;
                }
            }
            '}' | ']' if !in_string => {
                let end = plain.trim_end().len();
                if plain[..end].ends_with(',') {
                    plain.replace_range(end - 1..end, " ");
                }
                plain.push(letter);
            }
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_go_and_lines_stay() {
        let text = "{\n  // one\n  \"a\": \"http://x // \\\" no\", /* two\n lines */\n  \"b\": [1, 2, ],\n}";
        let plain = without_comments(text);
        let value: serde_json::Value = serde_json::from_str(&plain).unwrap();
        assert_eq!(value, serde_json::json!({ "a": "http://x // \" no", "b": [1, 2] }));
        assert_eq!(plain.lines().count(), text.lines().count());
    }
}
