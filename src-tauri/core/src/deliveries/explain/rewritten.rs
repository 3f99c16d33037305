//! What a body may have been before somebody on the way read it and wrote it again. Only a signature that fits proves
//! which of these it was.

use std::{borrow::Cow, rc::Rc};

use serde::de::IgnoredAny;
use serde_json::Value;
use time::OffsetDateTime;

use super::json::{Escapes, Node, Spacing, Writing};
use crate::polar::sample;

/// Larger bodies, in bytes, are not written anew in every way: it would take seconds.
pub(super) const LARGEST: usize = 256 * 1024;

/// A body as it may have been, and what was done to it if so.
pub(super) struct Original<'a> {
    /// The bytes that may have been signed.
    pub(super) body: Vec<u8>,
    change: Change<'a>,
}

/// What was done to it.
enum Change<'a> {
    Known(&'static str),
    /// Read as JSON and written again; from this, to this.
    Rewritten {
        reordered: bool,
        writing: Writing,
        newline: bool,
        node: Rc<Node<'a>>,
    },
}

impl Original<'_> {
    /// What happened to it on the way to what arrived, as a part of a sentence.
    pub(super) fn change(&self, arrived: &[u8]) -> String {
        match &self.change {
            Change::Known(change) => (*change).to_owned(),
            Change::Rewritten { reordered, writing, newline, node } => {
                describe(*reordered, *writing, *newline, node, arrived)
            }
        }
    }
}

/// All that are worth a try, the smallest change first. Lazy: most are never made.
pub(super) fn originals(body: &[u8]) -> impl Iterator<Item = Original<'_>> {
    as_bytes(body).into_iter().chain(as_json(body)).filter(move |original| original.body != body)
}

/// Whether these bytes are laid out as Polar writes JSON: without blanks for apps, with one for chats.
pub(super) fn as_polar_writes(body: &[u8]) -> bool {
    let Some(node) = parse(body) else { return false };
    let raw = Writing { spacing: Spacing::None, escapes: Escapes::None, slashes: false };
    let chat = Writing { spacing: Spacing::Blank, escapes: Escapes::Lower, slashes: false };
    [raw, chat].iter().any(|writing| node.written(*writing).as_bytes() == body)
}

fn parse(body: &[u8]) -> Option<Node<'_>> {
    let text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}');
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    Node::read(text)
}

fn as_bytes(body: &[u8]) -> Vec<Original<'_>> {
    let mut found = Vec::new();
    let mut add = |change: &'static str, body: Cow<'_, [u8]>| {
        found.push(Original { change: Change::Known(change), body: body.into_owned() });
    };
    let end = body.trim_ascii_end();
    add("line breaks or blanks were added at its end", end.into());
    add("line breaks or blanks were added around it", body.trim_ascii().into());
    for (change, lost) in [
        ("the line break at its end was taken away", &b"\n"[..]),
        ("the line break at its end was taken away", b"\r\n"),
    ] {
        add(change, [body, lost].concat().into());
    }
    add("a byte order mark was put before it", body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).into());
    add("the byte order mark before it was taken away", [b"\xef\xbb\xbf", body].concat().into());
    let unix = replaced(body, b"\r\n", b"\n");
    add("its line breaks were changed from LF to CRLF", unix.clone().into());
    add("its line breaks were changed from CRLF to LF", replaced(&unix, b"\n", b"\r\n").into());
    if let Some(latin) = std::str::from_utf8(body).ok().and_then(latin) {
        add("its UTF-8 was read as Latin-1 and encoded once more", latin.into());
    }
    if std::str::from_utf8(body).is_err() {
        let utf8: String = body.iter().map(|byte| char::from(*byte)).collect();
        add("it was encoded as Latin-1 instead of UTF-8", utf8.into_bytes().into());
    }
    if let Ok(Value::String(inner)) = serde_json::from_slice(body) {
        add("it was put into a JSON string", inner.into_bytes().into());
    }
    if body.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX) * 16;
        let mut reader = std::io::Read::take(flate2::read::GzDecoder::new(body), limit);
        if std::io::Read::read_to_end(&mut reader, &mut unpacked).is_ok() {
            add("it was compressed", unpacked.into());
        }
    }
    found
}

/// The bytes whose being read as Latin-1 gives this text.
fn latin(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

fn replaced(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = memchr::memmem::find(rest, from) {
        result.extend_from_slice(&rest[..at]);
        result.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    result.extend_from_slice(rest);
    result
}

fn as_json(body: &[u8]) -> impl Iterator<Item = Original<'_>> {
    let node = (body.len() <= LARGEST).then(|| parse(body)).flatten();
    let orders = node.map(orders).unwrap_or_default();
    orders.into_iter().enumerate().flat_map(|(order, node)| {
        let node = Rc::new(node);
        ways().map(move |(writing, newline)| {
            let mut text = node.written(writing);
            if newline {
                text.push('\n');
            }
            let change = Change::Rewritten { reordered: order > 0, writing, newline, node: Rc::clone(&node) };
            Original { body: text.into_bytes(), change }
        })
    })
}

/// The same with its keys in other orders: as they are, as Polar has them in an event of this type, sorted.
fn orders(node: Node<'_>) -> Vec<Node<'_>> {
    let event = node.field("type").and_then(Node::text);
    let model = event.and_then(|event| sample::sample(&event, "", OffsetDateTime::UNIX_EPOCH));
    let like = model.map(|model| node.ordered_like(&model));
    let sorted = node.sorted();
    let mut orders = vec![node];
    for other in like.into_iter().chain([sorted]) {
        if !orders.contains(&other) {
            orders.push(other);
        }
    }
    orders
}

fn ways() -> impl Iterator<Item = (Writing, bool)> {
    Escapes::ALL.into_iter().flat_map(|escapes| {
        [false, true].into_iter().flat_map(move |slashes| {
            Spacing::ALL
                .into_iter()
                .flat_map(move |spacing| [false, true].map(|newline| (Writing { spacing, escapes, slashes }, newline)))
        })
    })
}

fn describe(reordered: bool, writing: Writing, newline: bool, node: &Node<'_>, body: &[u8]) -> String {
    let mut parts = Vec::new();
    if reordered {
        parts.push("its keys were put into another order");
    }
    if writing.escapes != Escapes::AsTheyAre || writing.slashes {
        let spelled = node.written(Writing { escapes: Escapes::AsTheyAre, slashes: false, ..writing });
        if spelled != node.written(writing) {
            parts.push("characters were written with another escape (\\u00e9 for é, or the other way round)");
        }
    }
    let spaced = node.written(Writing { escapes: Escapes::AsTheyAre, slashes: false, ..writing });
    let trimmed = body.trim_ascii();
    if reordered || spaced.as_bytes() != trimmed {
        let compact = Writing { spacing: Spacing::None, escapes: Escapes::AsTheyAre, slashes: false };
        if spaced.len() != trimmed.len() || (!reordered && node.written(compact) != spaced) {
            parts.push(if spaced.len() < trimmed.len() {
                "blanks or line breaks were put in"
            } else {
                "blanks or line breaks were taken out"
            });
        }
    }
    if newline && !body.ends_with(b"\n") {
        parts.push("the line break at its end was taken away");
    }
    let what = if parts.is_empty() { "its spelling was changed".to_owned() } else { parts.join(", and ") };
    format!("it was read as JSON and written again: {what}")
}
