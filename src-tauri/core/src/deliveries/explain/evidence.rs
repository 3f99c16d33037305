//! The search for what was signed with what: only a signature that fits is found.

use hmac::Mac;
use serde_json::Value;

use super::{
    KnownSecret,
    headers::Headers,
    keys::{self, Form, Key},
    rewritten::originals,
};
use crate::{
    SecretText,
    deliveries::Captured,
    webhook::signature::{KeyRule, mac},
};

/// A signature that fits, and what had to be assumed for it.
#[derive(Debug)]
pub(super) struct Found {
    /// With whose secret.
    pub(super) with: Signer,
    /// By which rule.
    pub(super) rule: KeyRule,
    /// With the secret in this form.
    pub(super) form: Form,
    /// What was done to the body afterwards.
    pub(super) change: Option<String>,
    /// In which way the header's signature is misspelled.
    pub(super) misspelled: Option<&'static str>,
    /// Whether the headers had to be read otherwise than the app reads them, as one came more than once.
    pub(super) once: bool,
}

/// Who signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signer {
    /// The known secret at this place.
    Known(usize),
    /// The relay, with the organization's id.
    Relay,
}

/// Looks for a signature that fits: first with everything as it is, then with one thing at a time taken for changed.
pub(super) fn find(captured: &Captured, headers: &Headers, secrets: &[KnownSecret]) -> Option<Found> {
    let signed = headers.signed();
    let mut exact: Vec<(Signer, Key)> = Vec::new();
    for (at, known) in secrets.iter().enumerate() {
        exact.extend(keys::exact(&known.secret).into_iter().map(|key| (Signer::Known(at), key)));
    }
    for organization in organizations(&captured.body) {
        exact.extend(keys::exact(&organization).into_iter().map(|key| (Signer::Relay, key)));
    }
    let respelled = secrets.iter().enumerate();
    let respelled: Vec<(Signer, Key)> = respelled
        .flat_map(|(at, known)| keys::respelled(&known.secret).into_iter().map(move |key| (Signer::Known(at), key)))
        .collect();

    let codes = headers.codes();
    for (with, key) in exact.iter().chain(&respelled) {
        for (at, (id, timestamp)) in signed.iter().enumerate() {
            let code = mac(&key.bytes, id, timestamp, &captured.body).finalize().into_bytes();
            let fits = codes.iter().any(|(_, known)| known[..] == code[..]);
            let misspelled = if fits { None } else { headers.misspelled(&code) };
            if fits || misspelled.is_some() {
                let once = at > 0;
                return Some(Found { with: *with, rule: key.rule, form: key.form, change: None, misspelled, once });
            }
        }
    }
    if codes.is_empty() {
        return None;
    }
    let (id, timestamp) = signed[0];
    originals(&captured.body).find_map(|original| {
        let (with, key) = exact.iter().find(|(_, key)| {
            let code = mac(&key.bytes, id, timestamp, &original.body).finalize().into_bytes();
            codes.iter().any(|(_, known)| known[..] == code[..])
        })?;
        let change = Some(original.change(&captured.body));
        Some(Found { with: *with, rule: key.rule, form: key.form, change, misspelled: None, once: false })
    })
}

/// The relay's secrets of the organizations that the body names: their ids without dashes.
fn organizations(body: &[u8]) -> Vec<SecretText> {
    let mut found: Vec<String> = Vec::new();
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let mut open = vec![&body["data"]];
    if body["type"].as_str().is_some_and(|name| name.starts_with("organization.")) {
        found.extend(body["data"]["id"].as_str().map(|id| id.replace('-', "")));
    }
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                found.extend(fields.get("organization_id").and_then(Value::as_str).map(|id| id.replace('-', "")));
                open.extend(fields.values());
            }
            _ => {}
        }
    }
    found.sort();
    found.dedup();
    found.into_iter().take(4).map(SecretText::new).collect()
}
