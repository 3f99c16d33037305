//! A signed test delivery in the shapes that the probes need, and how it was answered.

use std::time::{Duration, Instant};

use reqwest::header::{HOST, HeaderMap, HeaderValue, LOCATION};
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use super::super::Answer;
use crate::{
    SecretText,
    check::delivery::TEST_EVENT,
    polar::{http, sample},
    receiver::{RECEIVER_HEADER, TEST_ID_PREFIX},
    webhook::signature::{KeyRule, sign},
};

/// As long as Polar waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of a body is kept, in bytes: enough for a page's beginning and an error's name.
const KEPT: usize = 2048;
/// How large a large delivery is, in bytes: below the 100 kB that Express allows by itself, which is enough for Polar's.
const LARGE: usize = 64_000;

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
    /// As short as can be, as Polar does.
    Usual,
    /// On many lines: the same for a parser, other bytes for a signature.
    Lines,
    /// With a long text in it.
    Large,
}

/// A delivery, ready to be sent.
pub struct Signed {
    body: Vec<u8>,
    headers: HeaderMap,
}

impl Signed {
    /// Signs one now.
    pub fn new(secret: &SecretText, rule: KeyRule, organization: &str, spelling: Spelling) -> Option<Self> {
        let now = OffsetDateTime::now_utc();
        let mut payload = sample::sample(TEST_EVENT, organization, now)?;
        if spelling == Spelling::Large {
            payload.as_object_mut()?.insert("filler".into(), "x".repeat(LARGE).into());
        }
        let body = match spelling {
            Spelling::Usual | Spelling::Large => serde_json::to_vec(&payload).ok()?,
            Spelling::Lines => serde_json::to_vec_pretty(&payload).ok()?,
        };
        let id = format!("{TEST_ID_PREFIX}{}", Uuid::new_v4().simple());
        let timestamp = now.unix_timestamp();
        let signature = sign(secret, rule, &id, timestamp, &body)?;
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("user-agent", "polar.sh webhooks"),
            ("content-type", "application/json"),
            ("webhook-id", id.as_str()),
            ("webhook-timestamp", &timestamp.to_string()),
            ("webhook-signature", &signature),
        ] {
            headers.insert(name, value.parse().ok()?);
        }
        Some(Self { body, headers })
    }

    /// Sends it, with another `Host` if one is named. No redirect is followed.
    pub async fn send(&self, url: &Url, host: Option<&str>) -> Answer {
        let begun = Instant::now();
        let silent = |text: String| Answer { text, milliseconds: begun.elapsed().as_millis(), ..Answer::default() };
        let Ok(client) = http::client_for(url, PATIENCE) else {
            return silent("This system's certificates cannot be read.".to_owned());
        };
        let mut headers = self.headers.clone();
        if let Some(host) = host.and_then(|host| HeaderValue::from_str(host).ok()) {
            headers.insert(HOST, host);
        }
        let response = match client.post(url.clone()).headers(headers).body(self.body.clone()).send().await {
            Ok(response) => response,
            Err(error) => return silent(http::explain(&error, url.host_str().unwrap_or_default())),
        };
        let text_of =
            |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut answer = Answer {
            status: Some(response.status().as_u16()),
            location: text_of(LOCATION.as_str()),
            ngrok_error: text_of("ngrok-error-code"),
            through_receiver: response.headers().contains_key(RECEIVER_HEADER),
            milliseconds: begun.elapsed().as_millis(),
            text: String::new(),
        };
        answer.text = beginning(response).await;
        answer
    }
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
