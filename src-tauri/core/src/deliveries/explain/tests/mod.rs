//! Deliveries explained, by theme.

mod body;
mod header_fields;
mod properties;
mod secrets;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value;
use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    deliveries::sample::sample,
    polar::event::catalogue,
    setup::view::{DeliveryFormat, SignatureVerdict as Verdict},
    webhook::{
        secret,
        signature::{KeyRule, sign},
    },
};

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00:00 UTC);

fn known(title: &str, secret: &SecretText) -> KnownSecret {
    KnownSecret { title: title.into(), secret: secret.clone() }
}

fn order(secret: &SecretText, rule: KeyRule) -> Captured {
    sample("order.paid", DeliveryFormat::Raw, secret, rule, NOW).unwrap()
}

fn set(captured: &mut Captured, name: &str, value: &str) {
    for header in &mut captured.headers {
        if header.0 == name {
            header.1 = Bytes::copy_from_slice(value.as_bytes());
        }
    }
}

fn without(mut captured: Captured, names: &[&str]) -> Captured {
    captured.headers.retain(|(name, _)| !names.contains(&name.as_str()));
    captured
}

fn with_body(captured: &Captured, body: impl Into<Bytes>) -> Captured {
    Captured { body: body.into(), ..captured.clone() }
}

fn verdict(captured: &Captured, secrets: &[KnownSecret]) -> ExplanationView {
    explain(captured, &Known { secrets, ..Known::default() })
}

/// The verdict, and words that the sentence must have.
fn expect(view: &ExplanationView, verdict: Verdict, certain: bool, words: &str) {
    assert_eq!((view.verdict, view.certain), (verdict, certain), "{view:#?}");
    assert!(view.sentence.contains(words), "{words:?} is not in {view:#?}");
    assert_eq!(view.fix.is_none(), verdict == Verdict::Verified, "{view:#?}");
}

#[test]
fn what_the_right_secret_signed_is_verified() {
    let right = secret::generate();
    let secrets = [known(".env", &right)];
    for rule in KeyRule::ALL {
        let view = verdict(&order(&right, rule), &secrets);
        expect(&view, Verdict::Verified, true, rule.name());
        let fitting: Vec<_> = view.results.iter().filter(|result| result.equals == Some(0)).collect();
        assert_eq!(fitting.len(), 1);
        assert_eq!(fitting[0].rule, rule);
        assert_eq!(fitting[0].signature.as_deref(), Some(view.signatures[0].as_str()));
        assert!(view.steps.iter().all(|step| step.good != Some(false)), "{view:#?}");
        assert!(!format!("{view:?}").contains(right.expose()), "the key is not told");
    }
}

#[test]
fn polars_own_deliveries_are_verified() {
    for (file, text) in [
        ("raw", include_str!("../../../../../../tests/fixtures/deliveries/raw.json")),
        ("discord", include_str!("../../../../../../tests/fixtures/deliveries/discord.json")),
        ("slack", include_str!("../../../../../../tests/fixtures/deliveries/slack.json")),
        ("standard", include_str!("../../../../../../tests/fixtures/deliveries/standard_polar_secret.json")),
    ] {
        let value: Value = serde_json::from_str(text).unwrap();
        let headers = value["headers"].as_object().unwrap();
        let seconds: i64 = headers["webhook-timestamp"].as_str().unwrap().parse().unwrap();
        let captured = Captured {
            received_at: OffsetDateTime::from_unix_timestamp(seconds + 1).unwrap(),
            method: "POST".into(),
            target: "/".into(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned().into()))
                .collect(),
            body: STANDARD.decode(value["body_base64"].as_str().unwrap()).unwrap().into(),
        };
        let right = SecretText::new(value["secret"].as_str().unwrap());
        expect(&verdict(&captured, &[known(".env", &right)]), Verdict::Verified, true, ".env");
        let other = [known(".env", &secret::generate())];
        if file != "standard" {
            expect(&verdict(&captured, &other), Verdict::WrongSecret, false, "most likely");
        }
        let mut sorted: Value = serde_json::from_slice(&captured.body).unwrap();
        sorted.sort_all_objects();
        let pretty = serde_json::to_string_pretty(&captured_json(&captured)).unwrap();
        let view = verdict(&with_body(&captured, pretty), &[known(".env", &right)]);
        expect(&view, Verdict::BodyChanged, true, "blanks or line breaks were put in");
        if file == "raw" {
            let view = verdict(&with_body(&captured, sorted.to_string()), &[known(".env", &right)]);
            expect(&view, Verdict::BodyChanged, true, "its keys were put into another order");
        }
    }
}

fn captured_json(captured: &Captured) -> Value {
    serde_json::from_slice(&captured.body).unwrap()
}
