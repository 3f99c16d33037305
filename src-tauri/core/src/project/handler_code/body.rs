//! Whether the body is parsed before it is verified.

use std::sync::LazyLock;

use regex::{Match, Regex};

use super::{expression, is_node};
use crate::project::source::Source;

/// Whether the bytes that arrived are kept somewhere: then something that is written anew may be a line of a log.
fn keeps_bytes(text: &str) -> bool {
    static KEEPS: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r"(?i:raw_?body)|\.(?:raw|text|arrayBuffer|blob|bytes|get_data|getContent)\(|\brequest\.(?:body\b|data\b)|php://input|\bBuffer\.concat\(|\bverify\s*:",
        )
    });
    KEEPS.is_match(text)
}

/// Where, if anywhere. A hint: only what the app answers proves something.
pub fn parsed_first(source: &Source) -> Option<usize> {
    let text = source.text.as_str();
    written_anew(text)
        .or_else(|| if is_node(source) { by_parser(text).or_else(|| as_object(text)) } else { None })
        .or_else(|| if source.path.rsplit('.').next() == Some("py") { in_python(text) } else { None })
}

/// An object that becomes a text again.
fn written_anew(text: &str) -> Option<usize> {
    static REWRITES: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r"(?i)JSON\.stringify\(\s*(?:await\s+)?(?:req(?:uest)?|c|ctx|context|event|body|payload)\b[\w.()]*\s*(?:,|\))|json\.dumps\(\s*(?:await\s+)?(?:request|event|body|payload|data)\b|model_dump_json\(|str\(\s*await\s+request\.json\(|json_encode\(\s*(?:\$request|\$_POST|json_decode|\$payload|\$data|\$body|\$event)",
        )
    });
    REWRITES.find(text).filter(|_| !keeps_bytes(text)).map(|hit| hit.start())
}

/// A parser of Express' before the raw body is taken.
fn by_parser(text: &str) -> Option<usize> {
    // For every route, or for this one; the route of a cart is none of ours.
    static PARSER: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"(?:\.use\(\s*|["'`][^"'`\n]*(?i:webhook)[^"'`\n]*["'`]\s*,\s*)(?:express|bodyParser)\.json\("#)
    });
    static RAW: LazyLock<Regex> = LazyLock::new(|| expression(r"\b(?:express|bodyParser)\.(?:raw|text)\("));
    static KEEPS: LazyLock<Regex> = LazyLock::new(|| expression(r"\bverify\s*:|[\s{,]verify\s*\(|(?i:rawBody)"));
    // What is mounted first gets the body; a parser that comes later finds nothing left.
    let comes_first = |hit: &Match<'_>| RAW.find(text).is_none_or(|raw| hit.start() < raw.start());
    PARSER.find(text).filter(|hit| comes_first(hit) && !KEEPS.is_match(text)).map(|hit| hit.start())
}

/// The body as an object, and nowhere as what it was.
fn as_object(text: &str) -> Option<usize> {
    static PARSES: LazyLock<Regex> =
        LazyLock::new(|| expression(r"\b(?:c\.req|ctx\.req|req|request|event\.request|ctx\.request)\.json\(\)"));
    static KEEPS: LazyLock<Regex> =
        LazyLock::new(|| expression(r"\.(?:text|arrayBuffer|blob|bytes)\(\)|(?i:rawBody)|\.clone\(\)"));
    PARSES.find(text).filter(|_| !KEEPS.is_match(text)).map(|hit| hit.start())
}

fn in_python(text: &str) -> Option<usize> {
    static PARSES: LazyLock<Regex> =
        LazyLock::new(|| expression(r"\brequest\.(?:json\b|get_json\()|\bjson\.loads\(\s*request\.body"));
    static KEEPS: LazyLock<Regex> = LazyLock::new(|| expression(r"\brequest\.(?:body\b|get_data\(|data\b|stream\b)"));
    PARSES.find(text).filter(|_| !KEEPS.is_match(text)).map(|hit| hit.start())
}
