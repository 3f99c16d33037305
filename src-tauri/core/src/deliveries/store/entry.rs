//! One kept delivery, and how it is written: a line of JSON, then the body as it is.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{SecretText, deliveries::Captured, webhook::signature::KeyRule};

/// What stands for a secret in what is kept.
pub const MASK: &[u8] = b"****";

/// What became of passing a delivery on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The app's status; `None`: it did not answer.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub milliseconds: u32,
    /// Why it did not answer.
    pub problem: Option<String>,
}

/// What came of verifying it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// By this rule.
    By(KeyRule),
    /// Not, for this reason.
    Refused(String),
    /// It was not tried, as no secret was known.
    Unchecked,
}

/// A delivery and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, which rises by one with each; the store gives it.
    pub number: u64,
    /// The request.
    pub captured: Captured,
    /// Whether its signature was right.
    pub verified: Verified,
    /// What the app did; `None`: nothing yet.
    pub outcome: Option<Outcome>,
    /// Which attempt of its `webhook-id` this is, counted from 1.
    pub attempt: u32,
    /// Whether it was answered and held back from the app.
    pub held: bool,
    /// The number of the delivery that this one repeats.
    pub replay_of: Option<u64>,
    /// Whether it came by Polar's relay.
    pub relayed: bool,
    /// Whether a secret was taken out of it: it is not byte for byte what arrived, and its signature may not fit.
    pub altered: bool,
}

/// All but the body and what is set later.
#[derive(Serialize, Deserialize)]
struct Written {
    /// In nanoseconds since 1970.
    received_at: i64,
    method: String,
    target: String,
    /// Each byte of a value as the character of that number.
    headers: Vec<(String, String)>,
    rule: Option<u8>,
    refused: Option<String>,
    attempt: u32,
    held: bool,
    replay_of: Option<u64>,
    #[serde(default)]
    relayed: bool,
    altered: bool,
}

impl Entry {
    /// A delivery that has just arrived.
    #[must_use]
    pub const fn new(captured: Captured, verified: Verified) -> Self {
        Self {
            number: 0,
            captured,
            verified,
            outcome: None,
            attempt: 1,
            held: false,
            replay_of: None,
            relayed: false,
            altered: false,
        }
    }

    /// The same with every occurrence of these secrets taken out.
    pub(super) fn without(mut self, secrets: &[SecretText]) -> Self {
        for secret in secrets.iter().map(|secret| secret.expose().as_bytes()).filter(|secret| !secret.is_empty()) {
            let captured = &mut self.captured;
            let texts = [&mut captured.target, &mut captured.method]
                .into_iter()
                .chain(captured.headers.iter_mut().map(|(name, _)| name))
                .chain(match &mut self.verified {
                    Verified::Refused(why) => Some(why),
                    _ => None,
                })
                .chain(self.outcome.as_mut().and_then(|outcome| outcome.problem.as_mut()));
            for text in texts {
                if let Some(masked) = masked(text.as_bytes(), secret) {
                    *text = String::from_utf8_lossy(&masked).into_owned();
                    self.altered = true;
                }
            }
            for bytes in captured.headers.iter_mut().map(|(_, value)| value).chain([&mut captured.body]) {
                if let Some(masked) = masked(bytes, secret) {
                    *bytes = masked.into();
                    self.altered = true;
                }
            }
        }
        self
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let captured = &self.captured;
        let written = Written {
            received_at: i64::try_from(captured.received_at.unix_timestamp_nanos()).unwrap_or_default(),
            method: captured.method.clone(),
            target: captured.target.clone(),
            headers: captured.headers.iter().map(|(name, value)| (name.clone(), latin(value))).collect(),
            rule: match self.verified {
                Verified::By(KeyRule::PolarOwn) => Some(0),
                Verified::By(KeyRule::StandardWebhooks) => Some(1),
                _ => None,
            },
            refused: match &self.verified {
                Verified::Refused(why) => Some(why.clone()),
                _ => None,
            },
            attempt: self.attempt,
            held: self.held,
            replay_of: self.replay_of,
            relayed: self.relayed,
            altered: self.altered,
        };
        let mut bytes = serde_json::to_vec(&written).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend_from_slice(&captured.body);
        bytes
    }

    /// `None`: these bytes are no entry.
    pub(super) fn decode(number: u64, bytes: &[u8], outcome: Option<&[u8]>) -> Option<Self> {
        let end = memchr::memchr(b'\n', bytes)?;
        let written: Written = serde_json::from_slice(&bytes[..end]).ok()?;
        let headers = written.headers.into_iter().map(|(name, value)| Some((name, bytes_of(&value)?)));
        Some(Self {
            number,
            captured: Captured {
                received_at: OffsetDateTime::from_unix_timestamp_nanos(written.received_at.into()).ok()?,
                method: written.method,
                target: written.target,
                headers: headers.collect::<Option<_>>()?,
                body: Bytes::copy_from_slice(&bytes[end + 1..]),
            },
            verified: match (written.rule, written.refused) {
                (Some(0), _) => Verified::By(KeyRule::PolarOwn),
                (Some(_), _) => Verified::By(KeyRule::StandardWebhooks),
                (None, Some(why)) => Verified::Refused(why),
                (None, None) => Verified::Unchecked,
            },
            outcome: outcome.map(serde_json::from_slice).transpose().ok()?,
            attempt: written.attempt,
            held: written.held,
            replay_of: written.replay_of,
            relayed: written.relayed,
            altered: written.altered,
        })
    }
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn bytes_of(latin: &str) -> Option<Bytes> {
    latin.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>().map(Bytes::from)
}

/// The bytes without the secret; `None`: it does not stand in them.
pub(super) fn masked(bytes: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let finder = memchr::memmem::Finder::new(secret);
    let mut at = finder.find(bytes)?;
    let mut masked = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        masked.extend_from_slice(&rest[..at]);
        masked.extend_from_slice(MASK);
        rest = &rest[at + secret.len()..];
        match finder.find(rest) {
            Some(next) => at = next,
            None => break,
        }
    }
    masked.extend_from_slice(rest);
    Some(masked)
}
