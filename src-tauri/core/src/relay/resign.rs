//! Makes of a relayed event the delivery that an endpoint would have got: signed with the project's own secret.

use bytes::Bytes;
use time::OffsetDateTime;

use super::WebhookEvent;
use crate::{
    SecretText,
    deliveries::{Captured, resign::resigned},
    webhook::signature::{KeyRule, SignatureHeaders, VerificationError, verify},
};

/// What Polar sends along with every delivery.
const USUAL: [(&str, &str); 2] = [("user-agent", "polar.sh webhooks"), ("content-type", "application/json")];

/// Whether Polar signed the event with this secret. How old it is makes no difference: it is signed anew anyway.
///
/// # Errors
/// Why it did not.
pub fn signed_by_polar(event: &WebhookEvent, secret: &SecretText) -> Result<(), VerificationError> {
    let signed = SignatureHeaders {
        id: event.header("webhook-id").to_owned(),
        timestamp: event.header("webhook-timestamp").to_owned(),
        signature: event.header("webhook-signature").to_owned(),
    };
    let then = signed.timestamp.parse().unwrap_or_default();
    verify(secret, &signed, event.payload.as_bytes(), then).map(|_| ())
}

/// The delivery to `target` (path and query): Polar's headers and `webhook-id`, the time of now, and a signature by
/// `rule` with `secret`. [`KeyRule::PolarOwn`] is what every SDK accepts. `None`: the rule cannot use this secret.
#[must_use]
pub fn delivery(
    event: &WebhookEvent,
    target: &str,
    secret: &SecretText,
    rule: KeyRule,
    now: OffsetDateTime,
) -> Option<Captured> {
    let mut headers: Vec<(String, Bytes)> =
        event.headers.iter().map(|(name, value)| (name.clone(), Bytes::from(value.clone()))).collect();
    for (name, value) in USUAL.into_iter().chain([("webhook-id", event.id.as_str())]) {
        if event.header(name).is_empty() {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.to_owned(), Bytes::copy_from_slice(value.as_bytes())));
        }
    }
    let unsigned = Captured {
        received_at: now,
        method: "POST".into(),
        target: target.into(),
        headers,
        body: Bytes::from(event.payload.clone()),
    };
    resigned(&unsigned, secret, rule, now)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::webhook::{secret, signature::sign};

    const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

    fn event(signed_with: &SecretText) -> WebhookEvent {
        let payload = r#"{"type":"order.paid","data":{"name":"Müsli \u0041"}}"#.to_owned();
        let signature = sign(signed_with, KeyRule::PolarOwn, "id-1", 1000, payload.as_bytes()).unwrap();
        let headers = [
            ("user-agent", "polar.sh webhooks"),
            ("content-type", "application/json"),
            ("webhook-id", "id-1"),
            ("webhook-timestamp", "1000"),
            ("webhook-signature", &signature),
            ("webhook-api-version", "2026-04"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        WebhookEvent { id: "id-1".into(), payload, headers }
    }

    fn verified(captured: &Captured, secret: &SecretText) -> Result<KeyRule, VerificationError> {
        let signed = SignatureHeaders {
            id: captured.header("webhook-id"),
            timestamp: captured.header("webhook-timestamp"),
            signature: captured.header("webhook-signature"),
        };
        verify(secret, &signed, &captured.body, NOW.unix_timestamp())
    }

    #[test]
    fn polars_own_signature_is_checked() {
        let polars = SecretText::new("c8aaa877a7af4105a1206773c0213720");
        let mut event = event(&polars);
        assert_eq!(signed_by_polar(&event, &polars), Ok(()));
        assert_eq!(signed_by_polar(&event, &secret::generate()), Err(VerificationError::NoMatch));
        event.headers.clear();
        assert!(matches!(signed_by_polar(&event, &polars), Err(VerificationError::MissingHeader(_))));
    }

    #[test]
    fn it_becomes_the_delivery_of_an_endpoint() {
        let own = secret::generate();
        let event = event(&secret::generate());
        for rule in KeyRule::ALL {
            let captured = delivery(&event, "/hook?a=1", &own, rule, NOW).unwrap();
            assert_eq!(verified(&captured, &own), Ok(rule));
            assert_eq!((captured.method.as_str(), captured.target.as_str()), ("POST", "/hook?a=1"));
            assert_eq!(captured.body, event.payload.as_bytes());
            assert_eq!(captured.header("webhook-id"), "id-1");
            assert_eq!(captured.header("webhook-api-version"), "2026-04");
            assert_eq!(captured.headers.len(), event.headers.len());
        }
    }

    #[test]
    fn one_without_headers_gets_the_usual_ones() {
        let own = secret::generate();
        let bare = WebhookEvent { headers: Vec::new(), ..event(&own) };
        let captured = delivery(&bare, "/", &own, KeyRule::PolarOwn, NOW).unwrap();
        assert_eq!(verified(&captured, &own), Ok(KeyRule::PolarOwn));
        assert_eq!(captured.header("webhook-id"), "id-1");
        assert_eq!(captured.header("content-type"), "application/json");
        assert_eq!(captured.header("user-agent"), "polar.sh webhooks");
        let odd = SecretText::new("no base64 at all, but long enough");
        assert_eq!(delivery(&bare, "/", &odd, KeyRule::StandardWebhooks, NOW), None);
    }
}
