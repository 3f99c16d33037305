//! What the window draws of a delivery's signature, worked out step by step.

use serde::Serialize;
use ts_rs::TS;

use crate::webhook::signature::KeyRule;

/// The signature of one delivery, worked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ExplanationView {
    /// What came of it.
    pub verdict: SignatureVerdict,
    /// Whether that is proved; otherwise it is what is most likely, and the sentence says so.
    pub certain: bool,
    /// The verdict in a sentence or two.
    pub sentence: String,
    /// What to do, if anything.
    pub fix: Option<String>,
    /// How it was worked out, in order.
    pub steps: Vec<SignatureStepView>,
    /// The parts of the `webhook-signature` header, in order.
    pub signatures: Vec<String>,
    /// What each known secret gives by each key rule.
    pub results: Vec<KeyResultView>,
    /// What is unusual but breaks nothing.
    pub notes: Vec<String>,
}

/// What came of working out a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SignatureVerdict {
    /// The app's secret signed it, by a rule that the app's SDK accepts as far as is known.
    Verified,
    /// The app's secret signed it, but by the rule that the app's SDK refuses.
    OtherKeyRule,
    /// Another known secret signed it.
    OtherEndpoint,
    /// Polar's relay (`polar listen`) signed it, with the organization's id.
    Relay,
    /// No known secret signed it, though it looks just as Polar wrote it.
    WrongSecret,
    /// The right secret, but not as it should be written: quotes, blanks, encoded twice.
    MiswrittenSecret,
    /// The body is not the one that was signed.
    BodyChanged,
    /// The signature is right; its time is too far from this machine's.
    OutsideTolerance,
    /// It is not signed at all.
    NoSignature,
    /// One or two of the three headers are missing.
    HeadersMissing,
    /// A header cannot be read as it is, or came more than once.
    HeadersMalformed,
    /// No secret is known to verify it with.
    NoSecretKnown,
    /// What there is does not tell.
    Undecided,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SignatureStepView {
    /// Its heading.
    pub title: String,
    /// What was found.
    pub seen: String,
    /// Whether that is as it should be; `None`: nothing to judge.
    pub good: Option<bool>,
}

/// What one secret gives by one key rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct KeyResultView {
    /// Whose secret.
    pub title: String,
    /// The secret, masked.
    pub secret: String,
    /// The rule.
    pub rule: KeyRule,
    /// The key in words: "the 49 bytes of the whole secret".
    pub key: String,
    /// The signature that it gives; `None`: the rule cannot use this secret.
    pub signature: Option<String>,
    /// Which of the header's signatures equals it, counted from 0.
    pub equals: Option<u32>,
}
