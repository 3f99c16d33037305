//! What the code of a webhook handler says of how it verifies, and which events it handles.

use std::{collections::BTreeSet, path::Path, sync::LazyLock};

use regex::Regex;

use super::{route, source};
use crate::{SecretText, polar::event, setup::view::Place};

/// What was seen in it. Everything here is a hint: only what the app answers proves something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandlerCode {
    /// Where the body is parsed before it is verified.
    pub parses: Option<Place>,
    /// Where a header is looked up with capitals, which Node.js has none of.
    pub capital_header: Option<Place>,
    /// Texts in it that are long enough for a secret.
    pub texts: Vec<(SecretText, Place)>,
    /// The event types that it names.
    pub events: Vec<String>,
}

fn expression(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

/// Reads the handlers in a folder. Blocks while it reads.
#[must_use]
pub fn read_handler_code(folder: &Path) -> HandlerCode {
    static REWRITES: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r"(?i)JSON\.stringify\(\s*(?:await\s+)?(?:req(?:uest)?|c|ctx|context|event|body|payload)\b[\w.()]*\s*\)|json\.dumps\(|json_encode\(\s*(?:\$request|json_decode|\$payload|\$data|\$body)",
        )
    });
    // For every route, or for this one; the route of a cart is none of ours.
    static PARSER: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"(?:\.use\(\s*|["'`][^"'`\n]*(?i:webhook)[^"'`\n]*["'`]\s*,\s*)(?:express|bodyParser)\.json\("#)
    });
    static RAW: LazyLock<Regex> = LazyLock::new(|| expression(r"\b(?:express|bodyParser)\.(?:raw|text)\("));
    static KEEPS: LazyLock<Regex> = LazyLock::new(|| expression(r"\bverify\s*:|[\s{,]verify\s*\(|(?i:rawBody)"));
    static CAPITAL: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r#"\bheaders\s*(?:\?\.)?\[\s*["'`](?:Webhook-\w+|webhook-(?:Id|Timestamp|Signature)|WEBHOOK-\w+)["'`]\s*\]"#,
        )
    });
    static TEXT: LazyLock<Regex> = LazyLock::new(|| expression(r#"["'`]([^"'`\s$]{16,120})["'`]"#));
    let sources = source::sources(folder);
    let handlers: Vec<_> = sources.iter().filter(|source| route::is_about_polar_webhooks(source)).collect();
    let mut code = HandlerCode::default();
    let mut events = BTreeSet::new();
    for source in &handlers {
        let text = source.text.as_str();
        let place = |at: usize| Place::at(source.path.clone(), text, at);
        let is_node =
            [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"].iter().any(|end| source.path.ends_with(end));
        if code.parses.is_none() {
            let rewrites = REWRITES.find(text);
            // What is mounted first gets the body; a parser that comes later finds nothing left.
            let comes_first = |hit: &regex::Match<'_>| RAW.find(text).is_none_or(|raw| hit.start() < raw.start());
            let parses = PARSER.find(text).filter(|hit| is_node && comes_first(hit) && !KEEPS.is_match(text));
            code.parses = rewrites.or(parses).map(|hit| place(hit.start()));
        }
        if code.capital_header.is_none() && is_node {
            code.capital_header = CAPITAL.find(text).map(|hit| place(hit.start()));
        }
        code.texts.extend(
            TEXT.captures_iter(text)
                .filter_map(|hit| hit.get(1))
                .filter(|hit| may_be_secret(hit.as_str()))
                .map(|hit| (SecretText::new(hit.as_str()), place(hit.start()))),
        );
        events.extend(event::catalogue().types().filter(|name| handles(text, name)).map(str::to_owned));
    }
    code.events = events.into_iter().collect();
    code
}

/// Neither an address, a path nor the name of a package or an event.
fn may_be_secret(text: &str) -> bool {
    let has = |is: fn(&char) -> bool| text.chars().any(|sign| is(&sign));
    !text.contains("://")
        && !text.starts_with(['/', '.', '@'])
        && !text.contains("/*")
        && (has(char::is_ascii_digit) || has(|sign| *sign == '_'))
}

/// Whether a text names an event type in quotes, or the callback of Polar's adapters for it (`onOrderPaid`).
fn handles(text: &str, event_type: &str) -> bool {
    let quoted = ['"', '\'', '`'].iter().any(|quote| text.contains(&format!("{quote}{event_type}{quote}")));
    let capital = |word: &str| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect();
    let callback: String = event_type.split(['.', '_']).map(capital).collect::<Vec<String>>().concat();
    quoted || [":", "(", ","].iter().any(|end| text.contains(&format!("on{callback}{end}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, text: &str) -> HandlerCode {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(file), format!("import polar_sdk.webhooks\n{text}\n")).unwrap();
        read_handler_code(folder.path())
    }

    #[test]
    fn a_body_that_is_parsed_first_is_seen() {
        for (file, text) in [
            ("a.js", "app.use(express.json());\napp.post('/x', (req) => validateEvent(req.body, req.headers, s))"),
            ("a.js", "app.use(express.json());\napp.post('/x', express.raw({ type: 'application/json' }), f)"),
            ("a.js", "app.post('/webhook/polar', express.json(), f)"),
            ("a.ts", "await validateEvent(JSON.stringify(req.body), headers, secret)"),
            ("a.ts", "const text = JSON.stringify(await request.json())"),
            ("a.py", "validate_event(json.dumps(await request.json()), headers, secret)"),
        ] {
            assert!(read(file, text).parses.is_some(), "{text}");
        }
        for (file, text) in [
            ("a.js", "app.post('/x', express.raw({ type: 'application/json' }), f); app.use(express.json())"),
            ("a.js", "app.use(express.json({ verify: (req, _, bytes) => { req.bytes = bytes } }));"),
            ("a.js", "app.post('/cart', express.json(), f)"),
            ("a.ts", "const body = await request.text(); console.log(JSON.stringify(result))"),
            ("a.ts", "return new Response(JSON.stringify({ ok: true }))"),
        ] {
            assert_eq!(read(file, text).parses, None, "{text}");
        }
    }

    #[test]
    fn the_names_of_headers_and_events_are_seen() {
        let code = read(
            "a.js",
            "const id = request.headers['Webhook-Id'];\nif (type === 'order.paid') x({ onCustomerStateChanged: f })",
        );
        assert_eq!(code.capital_header.unwrap().line, Some(2));
        assert_eq!(code.events, ["customer.state_changed", "order.paid"]);
        assert_eq!(read("a.js", "request.headers['webhook-id']").capital_header, None);
        assert_eq!(read("a.js", "request.headers.get('Webhook-Id')").capital_header, None);
    }
}
