//! Deliveries with their signatures: recorded ones of a real server (Polar's own key rule), and ones made with the
//! `standardwebhooks` library (the other rule). Each verifies as it is, and with no bit changed anywhere.

use std::fs;

use base64::{Engine, engine::general_purpose::STANDARD};
use polar_setup_core::{
    SecretText,
    webhook::signature::{KeyRule, SignatureHeaders, VerificationError, verify},
};
use serde_json::Value;

use crate::fixture;

struct Vector {
    name: String,
    rule: KeyRule,
    secret: SecretText,
    headers: SignatureHeaders,
    body: Vec<u8>,
    now: i64,
}

fn vectors() -> Vec<Vector> {
    let files = fs::read_dir(fixture("deliveries")).unwrap().map(|entry| entry.unwrap().path());
    let vectors: Vec<Vector> = files
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .map(|path| {
            let file: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let header = |name: &str| file["headers"][name].as_str().unwrap().to_owned();
            let timestamp = header("webhook-timestamp");
            Vector {
                name: path.file_stem().unwrap().to_string_lossy().into_owned(),
                rule: match file["rule"].as_str().unwrap() {
                    "polar_own" => KeyRule::PolarOwn,
                    "standard_webhooks" => KeyRule::StandardWebhooks,
                    other => panic!("no such rule: {other}"),
                },
                secret: SecretText::new(file["secret"].as_str().unwrap()),
                body: STANDARD.decode(file["body_base64"].as_str().unwrap()).unwrap(),
                now: timestamp.parse().unwrap(),
                headers: SignatureHeaders {
                    id: header("webhook-id"),
                    timestamp,
                    signature: header("webhook-signature"),
                },
            }
        })
        .collect();
    assert!(vectors.len() >= 8, "only {} vectors", vectors.len());
    vectors
}

/// The text with each of its bits flipped in turn.
fn flipped(text: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..text.len() * 8).map(|bit| {
        let mut changed = text.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    })
}

fn flipped_text(text: &str) -> impl Iterator<Item = String> + '_ {
    flipped(text.as_bytes()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn each_verifies_by_its_rule() {
    for vector in vectors() {
        let result = verify(&vector.secret, &vector.headers, &vector.body, vector.now);
        assert_eq!(result, Ok(vector.rule), "{}", vector.name);
    }
}

#[test]
fn a_retry_has_the_same_id_and_a_signature_of_its_own() {
    let vectors = vectors();
    let find = |name: &str| vectors.iter().find(|vector| vector.name == name).unwrap();
    let (first, third) = (find("retry_first"), find("retry_third"));
    assert_eq!((&first.headers.id, &first.body), (&third.headers.id, &third.body));
    assert_ne!(first.headers.timestamp, third.headers.timestamp);
    assert_ne!(first.headers.signature, third.headers.signature);
    let mixed = SignatureHeaders { signature: first.headers.signature.clone(), ..third.headers.clone() };
    assert_eq!(verify(&third.secret, &mixed, &third.body, third.now), Err(VerificationError::NoMatch));
}

#[test]
fn none_verifies_with_a_bit_of_the_body_changed() {
    for vector in vectors() {
        for body in flipped(&vector.body) {
            assert!(verify(&vector.secret, &vector.headers, &body, vector.now).is_err(), "{}", vector.name);
        }
    }
}

#[test]
fn none_verifies_with_a_bit_of_a_header_changed() {
    for vector in vectors() {
        let refused = |headers: SignatureHeaders| {
            assert!(
                verify(&vector.secret, &headers, &vector.body, vector.now).is_err(),
                "{}: {headers:?}",
                vector.name
            );
        };
        flipped_text(&vector.headers.id).for_each(|id| refused(SignatureHeaders { id, ..vector.headers.clone() }));
        flipped_text(&vector.headers.timestamp)
            .for_each(|timestamp| refused(SignatureHeaders { timestamp, ..vector.headers.clone() }));
        flipped_text(&vector.headers.signature)
            .for_each(|signature| refused(SignatureHeaders { signature, ..vector.headers.clone() }));
    }
}

#[test]
fn none_verifies_with_another_secret() {
    for vector in vectors() {
        let other = SecretText::new(vector.secret.expose().replace(['a', 'e', 'L'], "b"));
        assert_ne!(other, vector.secret);
        assert!(verify(&other, &vector.headers, &vector.body, vector.now).is_err(), "{}", vector.name);
    }
}
