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
        ("raw", include_str!("../../../../../tests/fixtures/deliveries/raw.json")),
        ("discord", include_str!("../../../../../tests/fixtures/deliveries/discord.json")),
        ("slack", include_str!("../../../../../tests/fixtures/deliveries/slack.json")),
        ("standard", include_str!("../../../../../tests/fixtures/deliveries/standard_polar_secret.json")),
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

#[test]
fn the_rule_that_the_apps_sdk_refuses_is_named_with_the_versions_that_accept_it() {
    let right = secret::generate();
    let secrets = [known(".env", &right)];
    let sdk = SdkView { package: "@polar-sh/nextjs".into(), version: "0.9.6".into(), accepts: vec![KeyRule::PolarOwn] };
    let explained =
        |rule| explain(&order(&right, rule), &Known { secrets: &secrets, sdk: Some(&sdk), clock_ahead: None });
    expect(&explained(KeyRule::StandardWebhooks), Verdict::OtherKeyRule, true, "@polar-sh/nextjs 0.9.6 accepts only");
    assert!(explained(KeyRule::StandardWebhooks).sentence.contains("@polar-sh/sdk 1.0 and later"));
    expect(&explained(KeyRule::PolarOwn), Verdict::Verified, true, "Every version");
}

#[test]
fn another_endpoints_secret_is_named_and_the_relays_too() {
    let (right, other) = (secret::generate(), secret::generate());
    let secrets = [known(".env", &right), known("the endpoint https://shop.example", &other)];
    for rule in KeyRule::ALL {
        expect(&verdict(&order(&other, rule), &secrets), Verdict::OtherEndpoint, true, "https://shop.example");
    }
    let mut relayed = order(&right, KeyRule::PolarOwn);
    let organization = captured_json(&relayed)["data"]["product"]["organization_id"].as_str().unwrap().replace('-', "");
    let signature = sign(
        &SecretText::new(organization),
        KeyRule::PolarOwn,
        &relayed.header("webhook-id"),
        NOW.unix_timestamp(),
        &relayed.body,
    );
    set(&mut relayed, "webhook-signature", &signature.unwrap());
    expect(&verdict(&relayed, &secrets), Verdict::Relay, true, "polar listen");
}

#[test]
fn an_unknown_secret_is_likely_only_and_a_strange_body_leaves_it_open() {
    let other = [known(".env", &secret::generate())];
    let order = order(&secret::generate(), KeyRule::PolarOwn);
    expect(&verdict(&order, &other), Verdict::WrongSecret, false, "most likely");
    expect(&verdict(&order, &[]), Verdict::NoSecretKnown, true, "No secret is known");
    let strange = with_body(&order, r#"{ "type":"order.paid"}"#);
    expect(&verdict(&strange, &other), Verdict::Undecided, false, "cannot be told");
    expect(&verdict(&with_body(&order, ""), &other), Verdict::BodyChanged, false, "is empty");
    let twice = [&other[..], &[known("the endpoint b", &secret::generate())]].concat();
    expect(&verdict(&order, &twice), Verdict::WrongSecret, false, "None of the 2 known secrets");
}

#[test]
fn a_miswritten_secret_is_told() {
    let right = secret::generate();
    let bare = right.expose().strip_prefix("whsec_").unwrap();
    for (written, words) in [
        (format!("\"{}\"", right.expose()), "quotes or blanks"),
        (format!("{}\r", right.expose()), "quotes or blanks"),
        (format!(" '{}' \n", right.expose()), "quotes or blanks"),
        (format!("POLAR_WEBHOOK_SECRET={}", right.expose()), "a variable's name"),
        (bare.to_owned(), "lacks its beginning"),
        (format!("whsec_{}", right.expose()), "once too often"),
    ] {
        let secrets = [known(".env", &SecretText::new(&written))];
        let view = verdict(&order(&right, KeyRule::PolarOwn), &secrets);
        expect(&view, Verdict::MiswrittenSecret, true, words);
        assert!(!format!("{view:?}").contains(bare), "{view:#?}");
    }
    let encoded = SecretText::new(STANDARD.encode(right.expose()));
    let secrets = [known(".env", &encoded)];
    let view = verdict(&order(&right, KeyRule::StandardWebhooks), &secrets);
    expect(&view, Verdict::MiswrittenSecret, true, "encoded in base64 once too often");
    // So generic Standard Webhooks libraries need it.
    let view = verdict(&order(&right, KeyRule::PolarOwn), &secrets);
    expect(&view, Verdict::Verified, true, "0.x and the adapters that stand on it refuse it");
    let view = verdict(&order(&encoded, KeyRule::PolarOwn), &[known(".env", &right)]);
    expect(&view, Verdict::MiswrittenSecret, true, "would have to be encoded");
}

#[test]
fn what_was_done_to_the_body_is_told_only_where_it_is_proved() {
    let right = secret::generate();
    let secrets = [known(".env", &right)];
    let mut original = order(&right, KeyRule::StandardWebhooks);
    let sign_anew = |captured: &Captured, body: &[u8]| {
        let mut signed = with_body(captured, body.to_vec());
        let id = captured.header("webhook-id");
        set(
            &mut signed,
            "webhook-signature",
            &sign(&right, KeyRule::PolarOwn, &id, NOW.unix_timestamp(), body).unwrap(),
        );
        signed
    };
    let text = String::from_utf8(original.body.to_vec()).unwrap().replace("Jane", "Jané/😀");
    original = sign_anew(&original, text.as_bytes());
    let value = captured_json(&original);
    let mut sorted = value.clone();
    sorted.sort_all_objects();
    let compact = original.body.to_vec();
    let escaped: String = text
        .chars()
        .flat_map(|c| {
            if c.is_ascii() {
                vec![c.to_string()]
            } else {
                c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
            }
        })
        .collect();
    for (body, words) in [
        (serde_json::to_vec_pretty(&value).unwrap(), "blanks or line breaks were put in"),
        (format!("{text}\n").into_bytes(), "added at its end"),
        (format!("\u{feff}{text}").into_bytes(), "byte order mark"),
        (sorted.to_string().into_bytes(), "another order"),
        (serde_json::to_vec_pretty(&sorted).unwrap(), "another order"),
        (escaped.clone().into_bytes(), "another escape"),
        (text.replace('/', "\\/").into_bytes(), "another escape"),
        (text.bytes().map(char::from).collect::<String>().into_bytes(), "Latin-1"),
        (Value::String(text.clone()).to_string().into_bytes(), "put into a JSON string"),
    ] {
        assert_ne!(body, compact);
        expect(&verdict(&with_body(&original, body), &secrets), Verdict::BodyChanged, true, words);
    }
    // The other way round: what was signed had them.
    for (signed, arrived, words) in [
        (format!("{text}\n"), text.clone(), "the line break at its end was taken away"),
        (serde_json::to_string_pretty(&value).unwrap(), text.clone(), "blanks or line breaks were taken out"),
        (escaped, text.clone(), "another escape"),
        ("a\r\nb".into(), "a\nb".into(), "from CRLF to LF"),
        ("a\nb".into(), "a\r\nb".into(), "from LF to CRLF"),
    ] {
        let signed = sign_anew(&original, signed.as_bytes());
        expect(&verdict(&with_body(&signed, arrived), &secrets), Verdict::BodyChanged, true, words);
    }
    // A changed value proves nothing.
    let changed = with_body(&original, text.replacen("paid", "open", 1));
    expect(&verdict(&changed, &secrets), Verdict::WrongSecret, false, "cannot be told apart");
}

#[test]
fn the_clock_is_blamed_only_where_it_was_measured() {
    let right = secret::generate();
    let secrets = [known(".env", &right)];
    let order = order(&right, KeyRule::PolarOwn);
    for (late, clock_ahead, certain, words) in [
        (301, None, false, "5 minutes before its arrival"),
        (-420, None, false, "7 minutes after its arrival"),
        (-420, Some(-418), true, "The clock is off"),
        (900, Some(899), true, "15 minutes ahead of Polar's"),
        (900, Some(2), true, "an old delivery"),
        (-900, Some(0), true, "does not explain that"),
        (303, Some(5), true, "by Polar's clock it would just be accepted"),
        (7 * 86_400, None, false, "7 days"),
    ] {
        let captured = Captured { received_at: NOW + Duration::seconds(late), ..order.clone() };
        let view = explain(&captured, &Known { secrets: &secrets, clock_ahead, sdk: None });
        expect(&view, Verdict::OutsideTolerance, certain, words);
        assert_eq!(view.steps[1].good, Some(false));
    }
    let late = Captured { received_at: NOW + Duration::seconds(300), ..order.clone() };
    expect(&verdict(&late, &secrets), Verdict::Verified, true, ".env");
    // The time is not all that is wrong.
    let late = Captured { received_at: NOW + Duration::hours(3), ..order.clone() };
    let view = verdict(&late, &[known(".env", &secret::generate())]);
    expect(&view, Verdict::WrongSecret, false, "Besides: It is too old: its timestamp is 3 hours");
    let mut milliseconds = order.clone();
    let stamp = NOW.unix_timestamp() * 1000;
    set(&mut milliseconds, "webhook-timestamp", &stamp.to_string());
    let signature = sign(&right, KeyRule::PolarOwn, &order.header("webhook-id"), stamp, &order.body).unwrap();
    set(&mut milliseconds, "webhook-signature", &signature);
    expect(&verdict(&milliseconds, &secrets), Verdict::OutsideTolerance, true, "milliseconds");
}

#[test]
fn missing_headers_are_named() {
    let right = secret::generate();
    let secrets = [known(".env", &right)];
    let order = order(&right, KeyRule::PolarOwn);
    let all = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let mut unsigned = without(order.clone(), &all);
    expect(&verdict(&unsigned, &secrets), Verdict::NoSignature, true, "It is not signed");
    unsigned.headers.push(("Stripe-Signature".into(), "t=1,v1=00".into()));
    expect(&verdict(&unsigned, &secrets), Verdict::NoSignature, true, "Stripe");
    for name in all {
        expect(&verdict(&without(order.clone(), &[name]), &secrets), Verdict::HeadersMissing, true, name);
        let mut empty = order.clone();
        set(&mut empty, name, " ");
        expect(&verdict(&empty, &secrets), Verdict::HeadersMissing, true, name);
    }
    let view = verdict(&without(order, &all[..2]), &secrets);
    expect(&view, Verdict::HeadersMissing, true, "webhook-id and webhook-timestamp");
}

#[test]
fn malformed_headers_are_told_apart() {
    let right = secret::generate();
    let secrets = [known(".env", &right)];
    let order = order(&right, KeyRule::PolarOwn);
    let signature = order.header("webhook-signature");
    let code = signature.strip_prefix("v1,").unwrap();
    let hex = headers::hex(&STANDARD.decode(code).unwrap());
    for (name, value, words) in [
        ("webhook-signature", code.to_owned(), "not written as v1"),
        ("webhook-signature", format!("v1={code}"), "not written as v1"),
        ("webhook-signature", format!("v1,{hex}"), "hexadecimal"),
        ("webhook-signature", format!("sha256={hex}"), "hexadecimal"),
        ("webhook-signature", format!("v1,{}", &code[..30]), "cut off"),
        ("webhook-signature", signature.trim_end_matches('=').to_owned(), "lacks the ="),
        ("webhook-signature", format!("\"{signature}\""), "not written as v1"),
        ("webhook-signature", "v1,c2hvcnQ=".to_owned(), "holds no signature of the form"),
        ("webhook-timestamp", "2026-11-23T12:00:00Z".to_owned(), "not a number of seconds"),
    ] {
        let mut changed = order.clone();
        set(&mut changed, name, &value);
        expect(&verdict(&changed, &secrets), Verdict::HeadersMalformed, true, words);
    }
    let mut twice = order.clone();
    twice.headers.push(("Webhook-Id".into(), order.header("webhook-id").into()));
    let view = verdict(&twice, &secrets);
    expect(&view, Verdict::HeadersMalformed, true, "webhook-id came more than once. Taken once, it fits");
    assert!(view.notes[0].contains("Webhook-Id"));
    let view = verdict(&twice, &[known(".env", &secret::generate())]);
    expect(&view, Verdict::HeadersMalformed, true, "fits in no way");
}

#[test]
fn any_of_several_signatures_and_any_capitals_will_do() {
    let (right, old) = (secret::generate(), secret::generate());
    let mut rotated = order(&right, KeyRule::PolarOwn);
    let id = rotated.header("webhook-id");
    let other = sign(&old, KeyRule::PolarOwn, &id, NOW.unix_timestamp(), &rotated.body).unwrap();
    let both = format!("{other} {}", rotated.header("webhook-signature"));
    set(&mut rotated, "webhook-signature", &both);
    for header in &mut rotated.headers {
        header.0 = header.0.replace("webhook", "Webhook");
    }
    let view = verdict(&rotated, &[known(".env", &right)]);
    expect(&view, Verdict::Verified, true, ".env");
    assert_eq!(view.signatures.len(), 2);
    assert_eq!(view.results[0].equals, Some(1));
    assert_eq!(view.notes.len(), 2, "{view:#?}");
}

#[test]
fn a_secret_that_stands_in_a_header_is_not_shown() {
    let right = secret::generate();
    let mut leaking = order(&right, KeyRule::PolarOwn);
    set(&mut leaking, "webhook-id", right.expose());
    set(&mut leaking, "webhook-signature", &format!("v1,{}", right.expose()));
    let view = verdict(&leaking, &[known(".env", &right)]);
    assert!(!format!("{view:?}").contains(right.expose()), "{view:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever arrives: no panic, and "verified" exactly when the verification itself says so.
    #[test]
    fn it_never_says_more_than_the_verification(
        body in proptest::collection::vec(any::<u8>(), 0..80),
        id in "[ -~]{0,12}", timestamp in prop_oneof!["[ -~]{0,12}".boxed(), Just(NOW.unix_timestamp().to_string()).boxed()],
        tampered in any::<bool>(), text in "[ -~]{0,40}", late in -400_i64..400,
    ) {
        let secret = SecretText::new(&text);
        let mut code = sign(&secret, KeyRule::PolarOwn, &id, NOW.unix_timestamp(), &body).unwrap();
        if tampered {
            code.replace_range(5..6, if code[5..6] == *"A" { "B" } else { "A" });
        }
        let captured = Captured {
            received_at: NOW + Duration::seconds(late),
            method: "POST".into(),
            target: "/".into(),
            headers: [("webhook-id", id.trim().to_owned()), ("webhook-timestamp", timestamp), ("webhook-signature", code)]
                .map(|(name, value)| (name.to_owned(), value.into())).into(),
            body: body.into(),
        };
        let signed = crate::webhook::signature::SignatureHeaders {
            id: captured.header("webhook-id"),
            timestamp: captured.header("webhook-timestamp"),
            signature: captured.header("webhook-signature"),
        };
        let truth = crate::webhook::signature::verify(&secret, &signed, &captured.body, captured.received_at.unix_timestamp());
        let view = verdict(&captured, &[known(".env", &secret)]);
        prop_assert_eq!(view.verdict == Verdict::Verified, truth.is_ok(), "{:#?}", view);
    }

    /// A value changed by one bit is never called by another cause as a fact.
    #[test]
    fn a_changed_bit_is_never_explained_as_a_fact(at in any::<prop::sample::Index>(), bit in 0_u8..8, event in 0_usize..42) {
        let right = secret::generate();
        let event = catalogue().types().nth(event).unwrap();
        let order = sample(event, DeliveryFormat::Raw, &right, KeyRule::PolarOwn, NOW).unwrap();
        let mut body = order.body.to_vec();
        let at = at.index(body.len());
        body[at] ^= 1_u8 << bit;
        let view = verdict(&with_body(&order, body), &[known(".env", &right)]);
        prop_assert!(view.verdict != Verdict::Verified);
        // A blank or line break that came in at the end is undone by what undoes such changes.
        prop_assert!(!view.certain || view.verdict == Verdict::BodyChanged, "{:#?}", view);
    }

    /// However an event is laid out anew, the signature shows it.
    #[test]
    fn any_event_laid_out_anew_is_recognised(event in 0_usize..42, sorted in any::<bool>(), pretty in any::<bool>()) {
        prop_assume!(sorted || pretty);
        let right = secret::generate();
        let event = catalogue().types().nth(event).unwrap();
        let order = sample(event, DeliveryFormat::Raw, &right, KeyRule::StandardWebhooks, NOW).unwrap();
        let mut value = captured_json(&order);
        if sorted {
            value.sort_all_objects();
        }
        let body = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let view = verdict(&with_body(&order, body), &[known(".env", &right)]);
        prop_assert_eq!((view.verdict, view.certain), (Verdict::BodyChanged, true), "{:#?}", view);
    }
}
