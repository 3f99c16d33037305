//! The time and the other headers.

use super::*;

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
