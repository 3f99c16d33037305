//! Whether a handler does something only with the event types that it names.

use std::sync::LazyLock;

use regex::Regex;

use super::expression;

/// Whether it also does something with others: in a branch of its own, by the beginning of the type, by handing type or
/// event on, or outside of its comparisons. In doubt it does.
pub fn takes_any(text: &str) -> bool {
    static OTHERWISE: LazyLock<Regex> = LazyLock::new(|| {
        expression(concat!(
            r#"\bonPayload\b|\bdefault\s*:|\bcase\s+_\s*:|(?:\.type|["']type["']\])\)?\s*(?:={2,3}|in\b)(?s:.){0,600}?\belse\s*(?:\{|:|[^i\s{:])"#,
            r#"|(?:\.type|["']type["']\])\s*\)?\s*\.\s*(?:starts?_?[wW]ith|split|slice)\("#,
            // What is named is left out.
            r#"|(?:\.type|["']type["']\])\s*={2,3}\s*["'][\w.]+["']\s*\)?\s*[{:]?\s*return\b"#
        ))
    });
    static TYPE: LazyLock<Regex> = LazyLock::new(|| expression(r#"(?:\.|\?\.|->)type\b|\[["']type["']\]"#));
    static COMPARED: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"(?:(?:\.|\?\.|->)type|\[["']type["']\])\s*\)?\s*(?:={2,3}|\{|:|in\b)|\bmatch\s*\("#)
    });
    // What is only written into a log is not handled.
    static LOGS: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"(?:\bconsole\.\w+|\bprint|\blog(?:ger|ging)?\.\w+|\berror_log)\([^()]*(?:\([^()]*\)[^()]*)*\)")
    });
    let handling = LOGS.replace_all(text, "");
    OTHERWISE.is_match(text)
        || TYPE.find_iter(&handling).count() > COMPARED.find_iter(&handling).count()
        || uses_all(&handling)
}

/// Whether what the event is about is used outside of the branches for its types: on a line that is no deeper than the
/// first comparison.
fn uses_all(text: &str) -> bool {
    static COMPARES: LazyLock<Regex> =
        LazyLock::new(|| expression(r#"(\w+)(?:\??\.|->|\[["'])type["']?\]?\s*\)?\s*(?:={2,3}|\{|:|in\b)"#));
    let indent = |line: &str| line.len() - line.trim_start().len();
    let comparing = text.lines().filter_map(|line| Some((line, COMPARES.captures(line)?)));
    let Some((first, found)) = comparing.min_by_key(|(line, _)| indent(line)) else { return false };
    let name = regex::escape(&found[1]);
    let Ok(data) = Regex::new(&format!(r#"\b{name}(?:\??\.|->|\[["'])data\b|[(,]\s*{name}\s*[,)]"#)) else {
        return true;
    };
    text.lines().filter(|line| indent(line) <= indent(first)).any(|line| {
        let Some(found) = COMPARES.find(line) else { return data.is_match(line) };
        // Behind a branch of one statement, on the same line.
        let behind = line[found.end()..].split_once(';').filter(|(branch, _)| !branch.contains('{'));
        data.is_match(&line[..found.start()]) || behind.is_some_and(|(_, rest)| data.is_match(rest))
    })
}
