//! What is shown of the way: each step with what was found, and what each secret gives by each rule.

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::Mac;
use sha2::{Digest, Sha256};
use time::{OffsetDateTime, macros::format_description};

use super::{
    Known, KnownSecret,
    headers::{Headers, NAMES, hex},
    keys,
};
use crate::{
    deliveries::Captured,
    setup::view::{KeyResultView, SignatureStepView},
    webhook::signature::{KeyRule, TOLERANCE_SECONDS, mac},
};

/// How much of a header is shown, in characters.
const SHOWN: usize = 120;

/// The steps, in their order.
pub(super) fn steps(captured: &Captured, headers: &Headers, known: &Known<'_>) -> Vec<SignatureStepView> {
    let step = |title: &str, seen: String, good: Option<bool>| SignatureStepView { title: title.into(), seen, good };
    let there = |name: &'static str| !headers.missing.contains(&name) && !headers.repeated.contains(&name);
    let body = &captured.body;
    let hash = hex(&Sha256::digest(body));
    let (time, in_time) = timestamp(captured, headers, known.clock_ahead);
    let signatures = headers.signatures.len();
    vec![
        step("Id", header(headers, NAMES[0], &headers.id), Some(there(NAMES[0]))),
        step("Timestamp", time, Some(in_time && there(NAMES[1]))),
        step("Body", format!("{} bytes, SHA-256 {hash}", body.len()), None),
        step(
            "Signed content",
            format!("{}.{}.<{} bytes of body>", cut(&headers.id), cut(&headers.timestamp), body.len()),
            None,
        ),
        step(
            "Signature",
            match signatures {
                0 => header(headers, NAMES[2], ""),
                1 => cut(&headers.signatures[0]),
                many => format!("{many} of them; one that fits is enough"),
            },
            Some(there(NAMES[2]) && !headers.codes().is_empty()),
        ),
    ]
}

fn header(headers: &Headers, name: &'static str, value: &str) -> String {
    if headers.missing.contains(&name) {
        format!("The {name} header is missing or empty.")
    } else if headers.repeated.contains(&name) {
        format!("The {name} header came more than once: {}", cut(value))
    } else {
        cut(value)
    }
}

/// The timestamp in words, and whether it is within tolerance.
fn timestamp(captured: &Captured, headers: &Headers, clock_ahead: Option<i64>) -> (String, bool) {
    let shown = header(headers, NAMES[1], &headers.timestamp);
    let Some(seconds) = headers.seconds else { return (shown, false) };
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    let moment = OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|moment| moment.format(&format).ok());
    let age = captured.received_at.unix_timestamp().saturating_sub(seconds);
    let when = match age {
        0 => "the second in which it arrived".to_owned(),
        1.. => format!("{} before it arrived", span(age)),
        _ => format!("{} after it arrived, by this machine's clock", span(age)),
    };
    let mut text = format!("{shown}: {}, {when}", moment.unwrap_or_else(|| "no time that there is".into()));
    if let Some(ahead) = clock_ahead.filter(|ahead| *ahead != 0) {
        let way = if ahead > 0 { "ahead of" } else { "behind" };
        let _ = write!(text, "; this machine's clock is {} {way} Polar's", span(ahead));
    }
    (text, age.saturating_abs() <= TOLERANCE_SECONDS)
}

/// A span of seconds in words, without its direction.
pub(super) fn span(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let counted = |number: u64, unit: &str| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    match seconds {
        0..120 => counted(seconds, "second"),
        120..7_200 => counted((seconds + 30) / 60, "minute"),
        7_200..172_800 => counted((seconds + 1_800) / 3_600, "hour"),
        _ => counted((seconds + 43_200) / 86_400, "day"),
    }
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// What each secret gives by each rule.
pub(super) fn results(captured: &Captured, headers: &Headers, secrets: &[KnownSecret]) -> Vec<KeyResultView> {
    let codes = headers.codes();
    let result = |known: &KnownSecret, rule: KeyRule| {
        let key = rule.key(&known.secret);
        let code = key.map(|key| mac(&key, &headers.id, &headers.timestamp, &captured.body).finalize().into_bytes());
        let equals = code.as_ref().and_then(|code| codes.iter().find(|(_, known)| known[..] == code[..]));
        KeyResultView {
            title: known.title.clone(),
            secret: known.secret.masked(),
            rule,
            key: keys::words(rule, &known.secret),
            signature: code.map(|code| format!("v1,{}", STANDARD.encode(code))),
            equals: equals.and_then(|(at, _)| u32::try_from(*at).ok()),
        }
    };
    secrets.iter().flat_map(|known| KeyRule::ALL.map(|rule| result(known, rule))).collect()
}

/// What is unusual but breaks nothing by itself.
pub(super) fn notes(headers: &Headers) -> Vec<String> {
    let mut notes = Vec::new();
    if !headers.capitals.is_empty() {
        notes.push(format!(
            "The headers came as {}. To HTTP that is the same; code that looks names up in a plain object must use small \
             letters.",
            headers.capitals.join(", ")
        ));
    }
    if headers.signatures.len() > 1 {
        notes.push(format!(
            "The header holds {} signatures: so it is while a secret is being replaced.",
            headers.signatures.len()
        ));
    }
    notes
}
