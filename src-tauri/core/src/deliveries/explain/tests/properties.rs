//! What holds whatever arrives.

use super::*;

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
