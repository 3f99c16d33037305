//! A signed test delivery in the shapes that the probes need, and how it was answered.

use std::time::{Duration, Instant};

use reqwest::{
    Method, RequestBuilder,
    header::{AUTHORIZATION, DATE, HOST, HeaderMap, LOCATION, WWW_AUTHENTICATE},
};
use serde_json::{Value, ser::Formatter};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use url::Url;

use super::super::Answer;
use crate::{
    SecretText,
    check::delivery::{TEST_EVENT, TestDelivery},
    polar::{http, sample},
    receiver::RECEIVER_HEADER,
    webhook::signature::KeyRule,
};

/// How much of a body is kept, in bytes: enough for an error's name in a development server's page.
const KEPT: usize = 16 * 1024;
/// How large a large delivery is, in bytes: below the 100 kB that Express allows by itself, which is enough for Polar's.
const LARGE: usize = 64_000;
/// An answer that took longer does not tell when its `Date` was written.
const DATED_WITHIN: Duration = Duration::from_secs(5);

/// With what deliveries are signed, and for whom they are.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The secret in the env file.
    pub secret: Option<SecretText>,
    /// The endpoint's on Polar.
    pub polars_secret: Option<SecretText>,
    /// The organization's id.
    pub organization: String,
}

/// How the JSON of a delivery is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// As short as can be, as Polar does, and JavaScript's `JSON.stringify`.
    Usual,
    /// On many lines: the same for a parser, other bytes for a signature.
    Lines,
    /// As Python's `json.dumps` writes it: a blank behind each comma and colon.
    Python,
    /// As PHP's `json_encode` writes it: slashes escaped.
    Php,
    /// With a long text in it.
    Large,
}

/// A blank behind each comma and colon, and nothing but ASCII is needed for the samples.
struct Blanks;

impl Formatter for Blanks {
    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

fn payload(organization: &str, is_large: bool) -> Option<Value> {
    let mut payload = sample::sample(TEST_EVENT, organization, OffsetDateTime::now_utc())?;
    if is_large {
        payload.as_object_mut()?.insert("filler".into(), "x".repeat(LARGE).into());
    }
    Some(payload)
}

/// A test delivery in one of these spellings, signed now.
pub fn signed(secret: &SecretText, rule: KeyRule, organization: &str, spelling: Spelling) -> Option<TestDelivery> {
    let payload = payload(organization, spelling == Spelling::Large)?;
    let body = match spelling {
        Spelling::Usual | Spelling::Large => serde_json::to_vec(&payload).ok()?,
        Spelling::Lines => serde_json::to_vec_pretty(&payload).ok()?,
        Spelling::Php => payload.to_string().replace('/', "\\/").into_bytes(),
        Spelling::Python => {
            use serde::Serialize as _;
            let mut bytes = Vec::new();
            payload.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Blanks)).ok()?;
            bytes
        }
    };
    TestDelivery::of(body, secret, rule)
}

/// A usual one under the signature of the text that JavaScript makes of an object: who takes it verifies what a parser
/// left, not what arrived.
pub fn signed_as_object(secret: &SecretText, rule: KeyRule, organization: &str) -> Option<TestDelivery> {
    let body = serde_json::to_vec(&payload(organization, false)?).ok()?;
    Some(TestDelivery { body, ..TestDelivery::of(b"[object Object]".to_vec(), secret, rule)? })
}

/// Takes the headers of the signature away.
pub fn without_signature(delivery: TestDelivery) -> TestDelivery {
    let mut headers = delivery.headers;
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.remove(name);
    }
    TestDelivery { headers, ..delivery }
}

/// Gives it credentials that nobody issued.
pub fn with_credentials(delivery: TestDelivery) -> TestDelivery {
    let mut headers: HeaderMap = delivery.headers;
    if let Ok(value) = "Bearer polar-setup-asks-whether-this-is-looked-at".parse() {
        headers.insert(AUTHORIZATION, value);
    }
    TestDelivery { headers, ..delivery }
}

/// Sends one, with another `Host` if one is named.
pub async fn send(delivery: &TestDelivery, url: &Url, host: Option<&str>) -> Answer {
    match delivery.request(url) {
        Ok(request) => answer(host.into_iter().fold(request, |request, host| request.header(HOST, host)), url).await,
        Err(text) => Answer { text, ..Answer::default() },
    }
}

/// Asks with GET, as a browser would.
pub async fn get(url: &Url) -> Answer {
    match http::client_for(url, Duration::from_secs(5)) {
        Ok(client) => answer(client.request(Method::GET, url.clone()), url).await,
        Err(error) => Answer { text: error.to_string(), ..Answer::default() },
    }
}

async fn answer(request: RequestBuilder, url: &Url) -> Answer {
    let begun = Instant::now();
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => {
            let text = http::explain(&error, url.host_str().unwrap_or_default());
            return Answer { text, milliseconds: begun.elapsed().as_millis(), ..Answer::default() };
        }
    };
    let text_of = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let dated = text_of(DATE.as_str()).filter(|_| begun.elapsed() < DATED_WITHIN);
    let dated = dated.and_then(|date| OffsetDateTime::parse(&date, &Rfc2822).ok());
    let mut answer = Answer {
        status: Some(response.status().as_u16()),
        location: text_of(LOCATION.as_str()),
        ngrok_error: text_of("ngrok-error-code"),
        through_receiver: response.headers().contains_key(RECEIVER_HEADER),
        wants_credentials: response.headers().contains_key(WWW_AUTHENTICATE),
        clock_ahead: dated.map(|date| (date - OffsetDateTime::now_utc()).whole_seconds()),
        milliseconds: begun.elapsed().as_millis(),
        text: String::new(),
    };
    answer.text = beginning(response).await;
    answer.ngrok_error = answer.ngrok_error.or_else(|| ngrok_error(&answer.text));
    answer
}

/// The code in a page of ngrok's, where no header has it.
fn ngrok_error(text: &str) -> Option<String> {
    let (_, behind) = text.split_once("ERR_NGROK_")?;
    let number = behind.chars().take_while(char::is_ascii_digit).collect::<String>();
    (!number.is_empty()).then(|| format!("ERR_NGROK_{number}"))
}

async fn beginning(mut response: reqwest::Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < KEPT {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    bytes.truncate(KEPT);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_a_spelling_of_its_own() {
        let secret = SecretText::new("a-webhook-secret-of-forty-characters-0001");
        let body = |spelling| {
            let delivery = signed(&secret, KeyRule::PolarOwn, "", spelling).unwrap();
            String::from_utf8(delivery.body).unwrap()
        };
        assert!(body(Spelling::Usual).starts_with("{\"type\":\""), "{}", body(Spelling::Usual));
        assert!(body(Spelling::Python).starts_with("{\"type\": \""), "{}", body(Spelling::Python));
        assert!(body(Spelling::Lines).starts_with("{\n"));
        assert!(body(Spelling::Php).contains("\\/") && !body(Spelling::Usual).contains("\\/"));
        for spelling in [Spelling::Python, Spelling::Php, Spelling::Lines] {
            let read: Value = serde_json::from_str(&body(spelling)).unwrap();
            assert_eq!(read["type"], TEST_EVENT);
        }
    }
}
