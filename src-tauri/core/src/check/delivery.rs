//! A signed test delivery, sent the way Polar sends one, and what its answer means.

use std::time::{Duration, Instant};

use reqwest::{
    RequestBuilder,
    header::{HeaderMap, LOCATION},
};
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use crate::{
    SecretText,
    polar::{http, sample},
    receiver::{RECEIVER_HEADER, TEST_ID_PREFIX},
    setup::view::DeliveryFormat,
    webhook::signature::{KeyRule, sign, sign_with_key},
};

/// The event a test delivery carries: one that no app grants or takes away anything for.
pub const TEST_EVENT: &str = "organization.updated";
/// Polar gives up after ten seconds.
const POLAR_TIMEOUT: Duration = Duration::from_secs(10);

/// One test delivery.
#[derive(Debug, Clone)]
pub struct TestDelivery {
    /// Its `webhook-id`.
    pub id: String,
    pub(super) body: Vec<u8>,
    pub(super) headers: HeaderMap,
}

/// How it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Where a redirect points to.
    pub location: Option<String>,
    /// Whether the answer passed through our receiver.
    pub through_receiver: bool,
    /// How long it took, in milliseconds.
    pub milliseconds: u128,
}

impl TestDelivery {
    /// A delivery signed now with this secret by this rule; `None`: the rule cannot use the secret.
    #[must_use]
    pub fn signed(
        secret: &SecretText,
        rule: KeyRule,
        format: DeliveryFormat,
        event: &str,
        organization: &str,
    ) -> Option<Self> {
        let now = OffsetDateTime::now_utc();
        let payload = sample::sample(event, organization, now)?;
        let payload: Value = match format {
            DeliveryFormat::Raw => payload,
            chat => sample::chat_message(chat, &payload),
        };
        Self::of(serde_json::to_vec(&payload).ok()?, secret, rule)
    }

    /// These bytes, signed now with this secret by this rule; `None`: the rule cannot use the secret.
    #[must_use]
    pub fn of(body: Vec<u8>, secret: &SecretText, rule: KeyRule) -> Option<Self> {
        Self::signed_by(body, |id, timestamp, body| sign(secret, rule, id, timestamp, body))
    }

    /// The same, signed with the bytes of a key.
    pub(super) fn with_key(body: Vec<u8>, key: &[u8]) -> Option<Self> {
        Self::signed_by(body, |id, timestamp, body| Some(sign_with_key(key, id, timestamp, body)))
    }

    fn signed_by(body: Vec<u8>, sign: impl FnOnce(&str, i64, &[u8]) -> Option<String>) -> Option<Self> {
        let id = format!("{TEST_ID_PREFIX}{}", Uuid::new_v4().simple());
        let timestamp = OffsetDateTime::now_utc().unix_timestamp();
        let signature = sign(&id, timestamp, &body)?;
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
        Some(Self { id, body, headers })
    }

    /// The request to `url` as Polar would make it, not sent yet: no redirect followed, ten seconds at most.
    ///
    /// # Errors
    /// There can be no request, in a sentence.
    pub fn request(&self, url: &Url) -> Result<RequestBuilder, String> {
        let client = http::client_for(url, POLAR_TIMEOUT)
            .map_err(|_| "This system's certificates cannot be read.".to_owned())?;
        Ok(client.post(url.clone()).headers(self.headers.clone()).body(self.body.clone()))
    }

    /// Sends it to `url` as Polar would: no redirect followed, ten seconds at most.
    ///
    /// # Errors
    /// Why there was no answer, in a sentence.
    pub async fn send(&self, url: &Url) -> Result<Answer, String> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let host = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let request = self.request(url)?;
        let begun = Instant::now();
        let response = request.send().await.map_err(|error| http::explain(&error, &host))?;
        Ok(Answer {
            status: response.status().as_u16(),
            location: response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned),
            through_receiver: response.headers().contains_key(RECEIVER_HEADER),
            milliseconds: begun.elapsed().as_millis(),
        })
    }
}

/// What an answer other than 2xx means, and what to do: (cause, fix). `route` is where the handler should be.
#[must_use]
pub fn explain_status(status: u16, location: Option<&str>, route: &str) -> (String, String) {
    match status {
        300..=399 => (
            format!("It redirects{}; Polar follows no redirect.", location.map(|to| format!(" to {to}")).unwrap_or_default()),
            "Use the final address (with or without www, with or without a slash at the end).".into(),
        ),
        401 | 403 => (
            "The handler does not accept the signature, or a login or CSRF protection stands before it.".into(),
            format!("If your app read its environment before this file was written, restart it. Otherwise let {route} through without a login."),
        ),
        404 => (
            format!("There is nothing at {route}."),
            "Set the route to where your handler is, or add the handler.".into(),
        ),
        405 => (format!("{route} is there but takes no POST."), "Export a POST handler there.".into()),
        400 | 422 => (
            "The handler refuses the delivery: usually it verifies a parsed body instead of the raw one, or has another secret.".into(),
            "Verify the raw bytes of the body, and restart your app so that it reads the new secret.".into(),
        ),
        413 => ("The body is too large for the app.".into(), "Raise its body limit.".into()),
        502 => ("Nothing answers behind the address.".into(), "Start your app and look at its port.".into()),
        504 => ("The app did not answer within ten seconds, as long as Polar waits.".into(), "Answer first, work afterwards.".into()),
        500..=599 => (
            "The handler failed; often the webhook secret is missing in its environment.".into(),
            "Restart your app so that it reads the new file, and look at its log.".into(),
        ),
        _ => ("Polar takes only a 2xx as success.".into(), "Answer 200 or 204 once the delivery is verified.".into()),
    }
}
