//! What was done to the body.

use super::*;

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
