//! The three headers of a delivery as they came, and what is wrong with them before any key is tried.

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::super::Captured;

/// The three headers.
pub(super) const NAMES: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

/// Headers by which others sign: the name, and whose it is.
const OF_OTHERS: [(&str, &str); 6] = [
    ("stripe-signature", "Stripe"),
    ("x-hub-signature-256", "GitHub"),
    ("svix-signature", "Svix"),
    ("paddle-signature", "Paddle"),
    ("x-shopify-hmac-sha256", "Shopify"),
    ("x-slack-signature", "Slack"),
];

/// The headers as they came.
pub(super) struct Headers {
    /// As the app sees it.
    pub(super) id: String,
    /// As the app sees it.
    pub(super) timestamp: String,
    /// The number that it is.
    pub(super) seconds: Option<i64>,
    /// The parts of `webhook-signature`.
    pub(super) signatures: Vec<String>,
    /// Those of the three that are not there, or empty.
    pub(super) missing: Vec<&'static str>,
    /// Those of the three that came more than once.
    pub(super) repeated: Vec<&'static str>,
    /// Those of the three as they were written, where that is not in small letters.
    pub(super) capitals: Vec<String>,
    /// Somebody else whose signature is there.
    pub(super) signed_by: Option<&'static str>,
    values: [Vec<String>; 3],
}

impl Headers {
    /// Reads them.
    pub(super) fn read(captured: &Captured) -> Self {
        let values = NAMES.map(|name| {
            let values = captured.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            values.map(|(_, value)| String::from_utf8_lossy(value).trim().to_owned()).collect::<Vec<_>>()
        });
        let which = |is: &dyn Fn(&Vec<String>) -> bool| -> Vec<&'static str> {
            NAMES.into_iter().zip(&values).filter(|(_, values)| is(values)).map(|(name, _)| name).collect()
        };
        let timestamp = captured.header(NAMES[1]);
        let ours = captured.headers.iter().map(|(name, _)| name).filter(|name| {
            NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)) && !NAMES.contains(&name.as_str())
        });
        Self {
            missing: which(&|values| values.iter().all(String::is_empty)),
            repeated: which(&|values| values.len() > 1),
            capitals: ours.cloned().collect(),
            signed_by: OF_OTHERS.iter().find(|(name, _)| !captured.header(name).is_empty()).map(|(_, whose)| *whose),
            id: captured.header(NAMES[0]),
            seconds: timestamp.parse().ok(),
            timestamp,
            signatures: captured.header(NAMES[2]).split_whitespace().map(str::to_owned).collect(),
            values,
        }
    }

    /// The codes of the signatures that are spelled as they should be, with their places.
    pub(super) fn codes(&self) -> Vec<(usize, Vec<u8>)> {
        let code = |part: &str| STANDARD.decode(part.strip_prefix("v1,")?).ok().filter(|code| code.len() == 32);
        self.signatures.iter().enumerate().filter_map(|(at, part)| Some((at, code(part)?))).collect()
    }

    /// Each id and timestamp that may have been signed: where a header came twice, any of its values.
    pub(super) fn signed(&self) -> Vec<(&str, &str)> {
        let mut pairs = vec![(self.id.as_str(), self.timestamp.as_str())];
        if !self.repeated.is_empty() {
            for id in &self.values[0] {
                pairs.extend(self.values[1].iter().map(|timestamp| (id.as_str(), timestamp.as_str())));
            }
        }
        pairs
    }

    /// Whether a signature in the header means this code but is spelled so that no SDK accepts it, and in which way.
    pub(super) fn misspelled(&self, code: &[u8]) -> Option<&'static str> {
        let right = STANDARD.encode(code);
        let whole = self.signatures.join(" ");
        let whole = whole.trim_matches(['"', '\'']);
        let hex = hex(code);
        let plain = right.trim_end_matches('=');
        whole.split([' ', ',', '=', ':']).find_map(|part| {
            let part = part.trim_matches(['"', '\'']);
            if part.is_empty() {
                None
            } else if part.eq_ignore_ascii_case(&hex) {
                Some("is written in hexadecimal instead of base64")
            } else if part == plain && (whole == format!("v1,{plain}")) {
                Some("lacks the = at its end")
            } else if part == plain {
                Some("is not written as v1,<base64>")
            } else if part == plain.replace('+', "-").replace('/', "_") {
                Some("is written in the base64 of web addresses (- and _ instead of + and /)")
            } else if part == plain.replace('+', "") || part == plain.replace('/', "") {
                Some("has lost its + or / signs")
            } else if part.len() >= 12 && plain.starts_with(part) {
                Some("is cut off")
            } else {
                None
            }
        })
    }
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
