//! Compares answers: errors wholly, other JSON by its shape, and the headers that matter.

use serde_json::Value;

use crate::http::Response;

/// Values of these fields must agree too, where both sides have them.
const SAME: [&str; 8] = ["url", "name", "format", "events", "enabled", "organization_id", "email", "slug"];
const HEADERS: [&str; 11] = [
    "content-type",
    "cache-control",
    "polar-version",
    "allow",
    "retry-after",
    "pragma",
    "x-polar-sandbox",
    "x-polar-deprecation-notice",
    "x-accel-buffering",
    "location",
    "www-authenticate",
];

/// What is different, in words; empty if nothing is.
pub fn differences(expected: &Response, found: &Response) -> Vec<String> {
    let mut all = Vec::new();
    if expected.status != found.status {
        all.push(format!("status {} instead of {}: {}", found.status, expected.status, found.body));
    }
    for name in HEADERS {
        let (wanted, got) = (header(expected, name), header(found, name));
        if wanted != got {
            all.push(format!("{name}: {got:?} instead of {wanted:?}"));
        }
    }
    match (serde_json::from_str::<Value>(&expected.body), serde_json::from_str::<Value>(&found.body)) {
        (Ok(wanted), Ok(got)) if expected.status >= 400 && wanted != got => {
            all.push(format!("{got} instead of {wanted}"));
        }
        (Ok(wanted), Ok(got)) => compare("", &wanted, &got, &mut all),
        // An answer to HEAD, and a stream, have no text to compare.
        _ if expected.body != found.body => all.push(format!("{:?} instead of {:?}", found.body, expected.body)),
        _ => {}
    }
    all
}

/// A header in a form that can be compared: scopes sorted, addresses without their server.
fn header(response: &Response, name: &str) -> Option<String> {
    let value = response.header(name)?;
    Some(match name {
        "location" => value.splitn(4, '/').nth(3).unwrap_or_default().to_owned(),
        "www-authenticate" => {
            let mut words: Vec<&str> = value.split(['"', ' ', ',']).collect();
            words.sort_unstable();
            words.join(" ")
        }
        _ => value.to_owned(),
    })
}

fn compare(at: &str, wanted: &Value, got: &Value, all: &mut Vec<String>) {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            for name in wanted.keys().filter(|name| !got.contains_key(*name)) {
                all.push(format!("{at}.{name} is missing"));
            }
            for name in got.keys().filter(|name| !wanted.contains_key(*name)) {
                all.push(format!("{at}.{name} is too much"));
            }
            for (name, value) in wanted {
                let Some(other) = got.get(name) else { continue };
                if SAME.contains(&name.as_str()) && value != other && !value.is_object() {
                    all.push(format!("{at}.{name} is {other} instead of {value}"));
                }
                compare(&format!("{at}.{name}"), value, other, all);
            }
        }
        (Value::Array(wanted), Value::Array(got)) => {
            if at == ".items" && wanted.is_empty() != got.is_empty() {
                all.push(format!("{at} has {} items instead of {}", got.len(), wanted.len()));
            }
            if let (Some(wanted), Some(got)) = (wanted.first(), got.first()) {
                compare(&format!("{at}[0]"), wanted, got, all);
            }
        }
        // Null stands for any type that a field has at other times.
        (Value::Null, _) | (_, Value::Null) => {}
        (wanted, got) => {
            if std::mem::discriminant(wanted) != std::mem::discriminant(got) {
                all.push(format!("{at} is {got} instead of {wanted}"));
            }
        }
    }
}

#[test]
fn differences_are_found() {
    let response = |status, body: &str| Response { status, headers: Vec::new(), body: body.to_owned() };
    let good = response(200, r#"{"items":[{"url":"a","id":"1"}]}"#);
    assert!(differences(&good, &response(200, r#"{"items":[{"url":"a","id":"2"}]}"#)).is_empty());
    for other in [
        r#"{"items":[]}"#,
        r#"{"items":[{"url":"b","id":"1"}]}"#,
        r#"{"items":[{"url":"a"}]}"#,
        r#"{"items":[{"url":"a","id":1}]}"#,
        r#"{"items":[{"url":"a","id":"1","x":1}]}"#,
    ] {
        assert!(!differences(&good, &response(200, other)).is_empty(), "{other}");
    }
    assert!(!differences(&good, &response(201, &good.body)).is_empty());
    assert!(!differences(&response(404, r#"{"detail":"a"}"#), &response(404, r#"{"detail":"b"}"#)).is_empty());
}
