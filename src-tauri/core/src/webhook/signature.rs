//! Signing and verifying deliveries: Standard Webhooks headers, HMAC-SHA256, by both key rules in use.

use base64::{Engine, alphabet, engine};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use ts_rs::TS;

use crate::SecretText;

/// How far a delivery's timestamp may be from now, either way, in seconds. Standard Webhooks says five minutes.
pub const TOLERANCE_SECONDS: i64 = 300;

const VERSION: &str = "v1";

/// The `Engine` of the official SDK: it accepts missing padding and stray trailing bits.
const LENIENT: engine::GeneralPurpose = engine::GeneralPurpose::new(
    &alphabet::STANDARD,
    engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How a secret becomes the HMAC key. Polar uses both and does not say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, rename_all = "snake_case")]
pub enum KeyRule {
    /// The UTF-8 bytes of the whole secret, `whsec_` included: every secret a client supplied, and all that Polar
    /// made before 2026-09-08.
    PolarOwn,
    /// What follows `whsec_`, base64-decoded: secrets that Polar made since 2026-09-08.
    StandardWebhooks,
}

impl KeyRule {
    /// Both, in the order in which they are tried.
    pub const ALL: [Self; 2] = [Self::PolarOwn, Self::StandardWebhooks];

    /// The rule's name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PolarOwn => "Polar's own key rule",
            Self::StandardWebhooks => "the Standard Webhooks key rule",
        }
    }

    /// The HMAC key of this secret by this rule; `None` where the secret is not base64 after its prefix.
    pub(crate) fn key(self, secret: &SecretText) -> Option<Vec<u8>> {
        let text = secret.expose();
        match self {
            Self::PolarOwn => Some(text.as_bytes().to_vec()),
            Self::StandardWebhooks => LENIENT.decode(text.strip_prefix("whsec_").unwrap_or(text)).ok(),
        }
    }
}

/// The three headers of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// `webhook-id`: the same for every retry of one event.
    pub id: String,
    /// `webhook-timestamp`: seconds since 1970, new for each attempt.
    pub timestamp: String,
    /// `webhook-signature`: one or more of `v1,<base64>`, parted by blanks.
    pub signature: String,
}

/// Why a delivery is not verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerificationError {
    /// A header is missing: the sender does not sign, or something on the way removed it.
    #[error("The delivery has no {0} header: its sender does not sign, or something on the way removed it.")]
    MissingHeader(&'static str),
    /// The timestamp is not a number.
    #[error("The webhook-timestamp header is not a number of seconds.")]
    BadTimestamp,
    /// Too far from now.
    #[error("The delivery's timestamp is {seconds} s {direction}; more than 5 minutes are not accepted. Check the clock.",
        seconds = .0.abs(), direction = if *.0 > 0 { "old" } else { "ahead" })]
    OutsideTolerance(
        /// The delivery's age in seconds; negative: it is ahead of our clock.
        i64,
    ),
    /// No `v1,` signature in the header.
    #[error("The webhook-signature header holds no v1 signature.")]
    NoKnownVersion,
    /// Neither key rule gives one of its signatures.
    #[error("No signature matches by either key rule: another secret signed it, or the body was changed on the way.")]
    NoMatch,
}

/// Signs one delivery: the value for `webhook-signature`, or `None` where the rule cannot use this secret.
#[must_use]
pub fn sign(secret: &SecretText, rule: KeyRule, id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    Some(sign_with_key(&rule.key(secret)?, id, timestamp, body))
}

/// Signs one delivery with the bytes of a key.
pub(crate) fn sign_with_key(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let code = mac(key, id, &timestamp.to_string(), body).finalize().into_bytes();
    format!("{VERSION},{}", engine::general_purpose::STANDARD.encode(code))
}

/// The keys that careless decoders make of a secret that is no base64: Node.js reads `-` and `_` as the other alphabet has
/// them, PHP and Python leave out what does not belong.
pub(crate) fn careless_keys(secret: &SecretText) -> Vec<Vec<u8>> {
    let text = secret.expose();
    let text = text.strip_prefix("whsec_").unwrap_or(text);
    let belongs = |sign: &char| sign.is_ascii_alphanumeric() || matches!(sign, '+' | '/');
    let node = text.replace('-', "+").replace('_', "/").chars().filter(belongs).collect::<String>();
    let strict = text.chars().filter(belongs).collect::<String>();
    let mut keys = Vec::new();
    for spelled in [node, strict] {
        // What is left of a group of four that is a single sign has no byte in it.
        let whole = if spelled.len() % 4 == 1 { &spelled[..spelled.len() - 1] } else { &spelled };
        keys.extend(LENIENT.decode(whole).ok().filter(|key| !key.is_empty() && !keys.contains(key)));
    }
    keys
}

/// Verifies one delivery by both rules; the comparison takes constant time. `now` is in seconds since 1970.
///
/// # Errors
/// Why it is not verified.
pub fn verify(
    secret: &SecretText,
    headers: &SignatureHeaders,
    body: &[u8],
    now: i64,
) -> Result<KeyRule, VerificationError> {
    for (name, value) in [
        ("webhook-id", &headers.id),
        ("webhook-timestamp", &headers.timestamp),
        ("webhook-signature", &headers.signature),
    ] {
        if value.is_empty() {
            return Err(VerificationError::MissingHeader(name));
        }
    }
    let timestamp: i64 = headers.timestamp.parse().map_err(|_| VerificationError::BadTimestamp)?;
    let age = now.saturating_sub(timestamp);
    if age.saturating_abs() > TOLERANCE_SECONDS {
        return Err(VerificationError::OutsideTolerance(age));
    }
    // Exactly one spelling of a code is accepted, so that no changed bit of the header passes.
    let codes: Vec<Vec<u8>> = headers
        .signature
        .split(' ')
        .filter_map(|part| part.strip_prefix("v1,"))
        .filter_map(|code| engine::general_purpose::STANDARD.decode(code).ok())
        .collect();
    if codes.is_empty() {
        return Err(VerificationError::NoKnownVersion);
    }
    for rule in KeyRule::ALL {
        let Some(key) = rule.key(secret) else {
            continue;
        };
        // The header's own spelling of the timestamp was signed, not our number.
        let expected = mac(&key, &headers.id, &headers.timestamp, body);
        if codes.iter().any(|code| expected.clone().verify_slice(code).is_ok()) {
            return Ok(rule);
        }
    }
    Err(VerificationError::NoMatch)
}

/// The code over `id.timestamp.body`, begun but not finished.
pub(crate) fn mac(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"type":"order.paid"}"#;

    fn headers(signature: String) -> SignatureHeaders {
        SignatureHeaders { id: "msg_1".into(), timestamp: "1000".into(), signature }
    }

    fn secret() -> SecretText {
        SecretText::new("whsec_fpufi7BDvjUmYnAQuPWquGV6Xwy0HuQhJVwJE2lpPW6")
    }

    #[test]
    fn says_which_rule_matched() {
        for rule in KeyRule::ALL {
            let signature = sign(&secret(), rule, "msg_1", 1000, BODY).unwrap();
            assert_eq!(verify(&secret(), &headers(signature), BODY, 1299), Ok(rule));
        }
    }

    #[test]
    fn any_of_several_signatures_will_do() {
        let good = sign(&secret(), KeyRule::PolarOwn, "msg_1", 1000, BODY).unwrap();
        let other = sign(&SecretText::new("x".repeat(32)), KeyRule::PolarOwn, "msg_1", 1000, BODY).unwrap();
        assert_eq!(verify(&secret(), &headers(format!("v1a,zzz {other} {good}")), BODY, 1000), Ok(KeyRule::PolarOwn));
    }

    #[test]
    fn refuses_what_is_missing_old_or_changed() {
        let good = sign(&secret(), KeyRule::PolarOwn, "msg_1", 1000, BODY).unwrap();
        let check = |signature: &str, body: &[u8], now| verify(&secret(), &headers(signature.into()), body, now);
        assert_eq!(check("", BODY, 1000), Err(VerificationError::MissingHeader("webhook-signature")));
        assert_eq!(check(&good, BODY, 1301), Err(VerificationError::OutsideTolerance(301)));
        assert_eq!(check(&good, BODY, 699), Err(VerificationError::OutsideTolerance(-301)));
        assert_eq!(check(&good, b"{}", 1000), Err(VerificationError::NoMatch));
        assert_eq!(check("v2,abc", BODY, 1000), Err(VerificationError::NoKnownVersion));
    }
}
