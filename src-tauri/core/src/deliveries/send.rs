//! Sends a delivery to the app, as Polar would: no redirect followed, ten seconds at most.

use std::time::{Duration, Instant};

use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue, LOCATION},
};
use url::Url;

use super::{Captured, onward};
use crate::polar::http;

/// Polar gives up after ten seconds.
const POLAR_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer's body is kept, in bytes. Polar keeps 2048 characters.
const ANSWER_KEPT: usize = 8 * 1024;

/// How a delivery was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Where a redirect points to.
    pub location: Option<String>,
    /// The beginning of its body, as text.
    pub body: String,
    /// How long the answer took, its body included, in milliseconds.
    pub milliseconds: u64,
}

impl Answer {
    /// Whether Polar would take it as success: only 2xx is.
    #[must_use]
    pub const fn accepted(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// Sends it to `url` as it is: signature and timestamp are those that it has.
///
/// # Errors
/// Why there was no answer, in a sentence.
pub async fn send(captured: &Captured, url: &Url) -> Result<Answer, String> {
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let method = Method::from_bytes(captured.method.as_bytes())
        .map_err(|_| format!("{} is no HTTP method.", captured.method.escape_default()))?;
    let mut headers = HeaderMap::new();
    for (name, value) in onward::headers(captured) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    let client =
        http::client_for(url, POLAR_TIMEOUT).map_err(|_| "This system's certificates cannot be read.".to_owned())?;
    let begun = Instant::now();
    let request = client.request(method, url.clone()).headers(headers).body(captured.body.clone());
    let mut response = request.send().await.map_err(|error| http::explain(&error, &host))?;
    let status = response.status().as_u16();
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while body.len() < ANSWER_KEPT {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Err(http::explain(&error, &host)),
        }
    }
    body.truncate(ANSWER_KEPT);
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Answer { status, location, body: String::from_utf8_lossy(&body).into_owned(), milliseconds })
}
