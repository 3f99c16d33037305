//! A signed test delivery in the shapes that the probes need, and how it was answered.

use std::time::{Duration, Instant};

use reqwest::{
    Method, RequestBuilder,
    header::{AUTHORIZATION, DATE, HOST, HeaderMap, HeaderValue, LOCATION, WWW_AUTHENTICATE},
};
use serde_json::{Map, Value, ser::Formatter};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use url::Url;

use super::super::Answer;
use crate::{
    SecretText,
    check::delivery::TestDelivery,
    polar::{http, sample},
    receiver::RECEIVER_HEADER,
    webhook::signature::KeyRule,
};

/// How much of a body is kept, in bytes: enough for an error's name in a development server's page.
const KEPT: usize = 16 * 1024;
/// How large a large delivery is, in bytes: below the 100 kB that Express allows by itself, which is enough for Polar's.
const LARGE: usize = 64_000;
/// How long an app may take for its first answer: development servers build a route when it is first asked for.
const PATIENT: Duration = Duration::from_secs(15);
/// An answer that took longer does not tell when its `Date` was written.
const DATED_WITHIN: Duration = Duration::from_secs(5);

/// By which Clerk says why it let nobody through; its answer itself may be a bare 404.
const CLERK: &str = "x-clerk-auth-reason";

/// With what deliveries are signed, and for whom they are.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The secret in the env file.
    pub secret: Option<SecretText>,
    /// The endpoint's on Polar.
    pub polars_secret: Option<SecretText>,
    /// The organization's id.
    pub organization: String,
    /// What they tell of.
    pub event: String,
    /// Whether they come as if a proxy had taken them by https: an app that insists on that would redirect.
    pub behind_https: bool,
}

/// How the JSON of a delivery is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// As short as can be, as Polar does, and JavaScript's `JSON.stringify`.
    Usual,
    /// On many lines: the same for a parser, other bytes for a signature.
    Lines,
    /// With four blanks a level.
    FourBlanks,
    /// The same with slashes escaped, as PHP's `JSON_PRETTY_PRINT` writes it.
    PhpLines,
    /// As Python's `json.dumps` writes it: a blank behind each comma and colon.
    Python,
    /// As PHP's `json_encode` writes it: slashes escaped.
    Php,
    /// With sorted names, as Flask's `jsonify` writes it.
    Sorted,
    /// Both of Python's.
    PythonSorted,
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

/// The version that newer servers name in the body, before the data; Python's SDK insists on it.
const API_VERSION: &str = "2026-04";

fn payload(signing: &Signing) -> Option<Value> {
    let sample = sample::sample(&signing.event, &signing.organization, OffsetDateTime::now_utc())?;
    let mut payload = Map::new();
    for (name, value) in sample.as_object()? {
        if name == "data" && !payload.contains_key("api_version") {
            payload.insert("api_version".into(), API_VERSION.into());
        }
        payload.insert(name.clone(), value.clone());
    }
    Some(payload.into())
}

/// With the names in the order of the alphabet, as some libraries write them.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted: std::collections::BTreeMap<_, _> =
                fields.iter().map(|(name, value)| (name.clone(), self::sorted(value))).collect();
            sorted.into_iter().collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(self::sorted).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

fn four_blanks(payload: &Value) -> Option<Vec<u8>> {
    use serde::Serialize as _;
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    payload.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter)).ok()?;
    Some(bytes)
}

/// The body of a test delivery in one of these spellings.
fn body(signing: &Signing, spelling: Spelling) -> Option<Vec<u8>> {
    use serde::Serialize as _;
    let mut payload = payload(signing)?;
    let python = |payload: &Value| {
        let mut bytes = Vec::new();
        payload.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Blanks)).ok()?;
        Some(bytes)
    };
    match spelling {
        Spelling::Usual => serde_json::to_vec(&payload).ok(),
        Spelling::Large => {
            payload.as_object_mut()?.insert("filler".into(), "x".repeat(LARGE).into());
            serde_json::to_vec(&payload).ok()
        }
        Spelling::Lines => serde_json::to_vec_pretty(&payload).ok(),
        Spelling::FourBlanks => four_blanks(&payload),
        Spelling::PhpLines => {
            let text = String::from_utf8(four_blanks(&payload)?).ok()?;
            Some(text.replace('/', "\\/").into_bytes())
        }
        Spelling::Sorted => serde_json::to_vec(&sorted(&payload)).ok(),
        Spelling::Php => Some(payload.to_string().replace('/', "\\/").into_bytes()),
        Spelling::Python => python(&payload),
        Spelling::PythonSorted => python(&sorted(&payload)),
    }
}

/// A test delivery in one of these spellings, signed now.
pub fn signed(secret: &SecretText, rule: KeyRule, signing: &Signing, spelling: Spelling) -> Option<TestDelivery> {
    Some(as_passed_on(TestDelivery::of(body(signing, spelling)?, secret, rule)?, signing))
}

/// With what tunnels and proxies say of the way to them.
fn as_passed_on(mut delivery: TestDelivery, signing: &Signing) -> TestDelivery {
    if signing.behind_https {
        delivery.headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
    }
    delivery
}

/// A usual one, signed with the bytes of a key.
pub fn signed_with_key(key: &[u8], signing: &Signing) -> Option<TestDelivery> {
    Some(as_passed_on(TestDelivery::with_key(body(signing, Spelling::Usual)?, key)?, signing))
}

/// A usual one under the signature of another text: who takes it verifies what a parser left, not what arrived.
pub fn signed_as(text: &str, secret: &SecretText, rule: KeyRule, signing: &Signing) -> Option<TestDelivery> {
    let sent = body(signing, Spelling::Usual)?;
    let delivery = TestDelivery { body: sent, ..TestDelivery::of(text.as_bytes().to_vec(), secret, rule)? };
    Some(as_passed_on(delivery, signing))
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

/// Sends one to an app that may still be getting ready, and waits longer than Polar does.
pub async fn send_patiently(delivery: &TestDelivery, url: &Url) -> Answer {
    match delivery.request(url) {
        Ok(request) => answer(request.timeout(PATIENT), url).await,
        Err(text) => Answer { text, ..Answer::default() },
    }
}

/// Asks with another method than POST, as a browser would.
pub async fn by(method: Method, url: &Url) -> Answer {
    match http::client_for(url, Duration::from_secs(5)) {
        Ok(client) => answer(client.request(method, url.clone()), url).await,
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
        wants_credentials: wants_credentials(&text_of),
        clock_ahead: dated.map(|date| (date - OffsetDateTime::now_utc()).whole_seconds()),
        milliseconds: begun.elapsed().as_millis(),
        text: String::new(),
    };
    answer.text = beginning(response).await;
    // What repeats the path says nothing of its own by it.
    if url.path().len() > 1 {
        answer.text = answer.text.replace(url.path(), "*");
    }
    answer.ngrok_error = answer.ngrok_error.or_else(|| ngrok_error(&answer.text));
    answer
}

/// By a scheme that people or programs sign in with.
fn wants_credentials(text_of: &impl Fn(&str) -> Option<String>) -> bool {
    // Handlers say Bearer of a signature as well.
    const SCHEMES: [&str; 5] = ["basic", "digest", "negotiate", "cookie", "session"];
    let scheme = text_of(WWW_AUTHENTICATE.as_str()).unwrap_or_default().to_lowercase();
    SCHEMES.iter().any(|known| scheme.starts_with(known)) || text_of(CLERK).is_some()
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
    use crate::check::delivery::TEST_EVENT;

    #[test]
    fn each_language_has_a_spelling_of_its_own() {
        let secret = SecretText::new("a-webhook-secret-of-forty-characters-0001");
        let body = |spelling| {
            let signing = Signing {
                secret: None,
                polars_secret: None,
                organization: String::new(),
                event: TEST_EVENT.to_owned(),
                behind_https: false,
            };
            String::from_utf8(signed(&secret, KeyRule::PolarOwn, &signing, spelling).unwrap().body).unwrap()
        };
        assert!(body(Spelling::Usual).starts_with("{\"type\":\""), "{}", body(Spelling::Usual));
        assert!(body(Spelling::Python).starts_with("{\"type\": \""), "{}", body(Spelling::Python));
        assert!(body(Spelling::Lines).starts_with("{\n"));
        assert!(body(Spelling::Php).contains("\\/") && !body(Spelling::Usual).contains("\\/"));
        assert!(body(Spelling::Sorted).starts_with("{\"api_version\":"));
        assert!(body(Spelling::PythonSorted).starts_with("{\"api_version\": "));
        assert!(body(Spelling::FourBlanks).starts_with("{\n    \"type\": \""));
        assert!(
            body(Spelling::PhpLines).starts_with("{\n    \"type\": \"") && body(Spelling::PhpLines).contains("\\/")
        );
        for spelling in [Spelling::Python, Spelling::Php, Spelling::Lines, Spelling::Sorted] {
            let read: Value = serde_json::from_str(&body(spelling)).unwrap();
            assert_eq!(read["type"], TEST_EVENT);
        }
    }
}
