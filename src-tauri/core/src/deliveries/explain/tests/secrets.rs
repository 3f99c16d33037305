//! Which secret signed it, and by which rule.

use super::*;

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
