//! A signed test delivery in the shapes that the probes need, and how it was answered.

use std::time::Instant;

use reqwest::header::{HOST, LOCATION};
use time::OffsetDateTime;
use url::Url;

use super::super::Answer;
use crate::{
    SecretText,
    check::delivery::{TEST_EVENT, TestDelivery},
    polar::{http, sample},
    receiver::RECEIVER_HEADER,
    webhook::signature::KeyRule,
};

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

/// A test delivery in one of these spellings, signed now.
pub fn signed(secret: &SecretText, rule: KeyRule, organization: &str, spelling: Spelling) -> Option<TestDelivery> {
    let mut payload = sample::sample(TEST_EVENT, organization, OffsetDateTime::now_utc())?;
    if spelling == Spelling::Large {
        payload.as_object_mut()?.insert("filler".into(), "x".repeat(LARGE).into());
    }
    let body = match spelling {
        Spelling::Usual | Spelling::Large => serde_json::to_vec(&payload).ok()?,
        Spelling::Lines => serde_json::to_vec_pretty(&payload).ok()?,
    };
    TestDelivery::of(body, secret, rule)
}

/// Sends one, with another `Host` if one is named.
pub async fn send(delivery: &TestDelivery, url: &Url, host: Option<&str>) -> Answer {
    let begun = Instant::now();
    let silent = |text: String| Answer { text, milliseconds: begun.elapsed().as_millis(), ..Answer::default() };
    let request = match delivery.request(url) {
        Ok(request) => request,
        Err(why) => return silent(why),
    };
    let request = match host {
        Some(host) => request.header(HOST, host),
        None => request,
    };
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return silent(http::explain(&error, url.host_str().unwrap_or_default())),
    };
    let text_of = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
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
