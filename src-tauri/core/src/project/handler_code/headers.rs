//! How the headers of a delivery are looked up, where that cannot work.

use std::sync::LazyLock;

use regex::Regex;

use super::{expression, is_node};
use crate::project::source::Source;

/// What is wrong with the look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderMistake {
    /// By a name with capitals, among names in small letters.
    Capitals,
    /// By a name without `HTTP_`, among CGI's.
    WithoutHttp,
    /// By a name that Polar does not send.
    OtherName,
    /// By a name in small letters in Go's map, whose names have capitals.
    SmallInGo,
    /// The `Headers` object itself is handed over where a plain object is expected.
    HeadersObject,
}

/// Where, if anywhere. A hint: only what the app answers proves something.
pub fn mistake(source: &Source) -> Option<(usize, HeaderMistake)> {
    static CAPITALS: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r#"\b(?:headers|header\(\)|getallheaders\(\))\s*(?:\?\.)?\[\s*["'`](?:Webhook-\w+|webhook-(?:Id|Timestamp|Signature)|WEBHOOK-\w+)["'`]\s*\]"#,
        )
    });
    static SMALL: LazyLock<Regex> =
        LazyLock::new(|| expression(r#"\b(?:headers|header\(\))\s*(?:\?\.)?\[\s*["'`]webhook-signature["'`]\s*\]"#));
    static SMALL_IN_GO: LazyLock<Regex> =
        LazyLock::new(|| expression(r#"\bHeaders?\[\s*["`]webhook-(?:id|timestamp|signature)["`]\s*\]"#));
    static WITHOUT_HTTP: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r#"(?:\$_SERVER|\bMETA|\benviron)\s*(?:\[|\.get\()\s*["'](?i:webhook[_-](?:id|timestamp|signature))["']"#,
        )
    });
    // The names are made elsewhere, and nowhere with HTTP_.
    static CGI: LazyLock<Regex> = LazyLock::new(|| expression(r"\b(?:META|request\.environ)\s*(?:\[|\.get\()"));
    static OTHER_NAME: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"["'`](?i:(?:http_)?x[-_](?:polar|webhook)[-_]signature|polar[-_]signature)["'`]"#)
    });
    static RIGHT_NAME: LazyLock<Regex> =
        LazyLock::new(|| expression(r#"(?i)["'`](?:http_)?webhook[-_]signature["'`]"#));
    let text = source.text.as_str();
    let at = |pattern: &Regex| pattern.find(text).map(|hit| hit.start());
    // Who looks the same up in small letters as well only writes a log.
    let is_also_right = SMALL.is_match(text);
    let compares_case = (is_node(source) || text.contains("getallheaders")) && !is_also_right;
    at(&CAPITALS)
        .filter(|_| compares_case)
        .map(|at| (at, HeaderMistake::Capitals))
        .or_else(|| {
            let is_go = std::path::Path::new(&source.path).extension().is_some_and(|it| it == "go");
            at(&SMALL_IN_GO).filter(|_| is_go).map(|at| (at, HeaderMistake::SmallInGo))
        })
        .or_else(|| at(&WITHOUT_HTTP).map(|at| (at, HeaderMistake::WithoutHttp)))
        .or_else(|| {
            let is_bare = !text.contains("HTTP_") && !text.contains(".headers");
            at(&CGI).filter(|_| is_bare).map(|at| (at, HeaderMistake::WithoutHttp))
        })
        .or_else(|| at(&OTHER_NAME).filter(|_| !RIGHT_NAME.is_match(text)).map(|at| (at, HeaderMistake::OtherName)))
        .or_else(|| headers_object(source).map(|at| (at, HeaderMistake::HeadersObject)))
}

/// Handlers of the Fetch API have a `Headers` object; Polar's SDK wants a plain one.
fn headers_object(source: &Source) -> Option<usize> {
    static HANDED_OVER: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r"validateEvent\([^;]{0,200}?,\s*(?:c\.req\.raw|ctx\.req\.raw|req(?:uest)?|event\.request|ctx\.request)\.headers\s*(?:as\s[^,;)]+)?,",
        )
    });
    static FETCH: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"\b(?:req|request|c\.req|ctx\.req|event\.request)\.(?:text|json|arrayBuffer)\(\)|c\.req\b")
    });
    let text = source.text.as_str();
    HANDED_OVER.find(text).filter(|_| is_node(source) && FETCH.is_match(text)).map(|hit| hit.start())
}
