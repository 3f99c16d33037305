//! A delivery of any event type, signed as Polar signs: for trying a handler without waiting for the event.

use bytes::Bytes;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Captured;
use crate::{
    SecretText,
    polar::{event::catalogue, sample as payload},
    setup::view::DeliveryFormat,
    webhook::signature::{KeyRule, sign},
};

/// How alike two names must be for one to be offered for the other, from 0 to 1.
const NEAR: f64 = 0.75;
/// How many names are offered.
const OFFERED: usize = 3;

/// Why there is no such delivery.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// The catalogue has no such type.
    #[error("There is no event type {event:?}.{}", offer(.near))]
    UnknownEvent {
        /// What was asked for.
        event: String,
        /// The types that it may be a misspelling of, the nearest first.
        near: Vec<String>,
    },
    /// Polar skips it.
    #[error("Polar sends no {0} to Discord and Slack. Choose the raw format.")]
    NotInChat(String),
    /// The secret is not base64.
    #[error("This secret cannot be used by the Standard Webhooks key rule: what follows whsec_ is not base64.")]
    Unusable,
}

fn offer(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!(" Did you mean {}?", near.join(" or ")) }
}

/// The event as Polar would deliver it now: payload, headers and signature. Its ids are new each time, `webhook-id`
/// among them; the target is `/`, as only the receiver of it has a path.
///
/// # Errors
/// The type is unknown or not sent in this format, or the rule cannot use the secret.
pub fn sample(
    event: &str,
    format: DeliveryFormat,
    secret: &SecretText,
    rule: KeyRule,
    now: OffsetDateTime,
) -> Result<Captured, SampleError> {
    let organization = Uuid::new_v4().to_string();
    let payload = payload::sample(event, &organization, now)
        .ok_or_else(|| SampleError::UnknownEvent { event: event.to_owned(), near: near(event) })?;
    let payload = match format {
        DeliveryFormat::Raw => payload,
        _ if catalogue().not_in_chat.iter().any(|skipped| skipped == event) => {
            return Err(SampleError::NotInChat(event.to_owned()));
        }
        chat => payload::chat_message(chat, &payload),
    };
    let body = payload.to_string().into_bytes();
    let (id, timestamp) = (Uuid::new_v4().to_string(), now.unix_timestamp());
    let signature = sign(secret, rule, &id, timestamp, &body).ok_or(SampleError::Unusable)?;
    let headers = [
        ("user-agent", "polar.sh webhooks".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signature),
        ("content-length", body.len().to_string()),
    ];
    Ok(Captured {
        received_at: now,
        method: "POST".into(),
        target: "/".into(),
        headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
        body: Bytes::from(body),
    })
}

/// The types of the catalogue that are spelled almost so, the nearest first.
#[must_use]
pub fn near(event: &str) -> Vec<String> {
    let asked = event.to_lowercase().replace(['_', '-', ' ', ':'], ".");
    let mut near: Vec<(f64, &str)> = catalogue()
        .types()
        .map(|known| (strsim::jaro_winkler(&asked, &known.replace('_', ".")), known))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    near.into_iter().take(OFFERED).map(|(_, known)| known.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use time::macros::datetime;

    use super::*;
    use crate::webhook::{
        secret,
        signature::{SignatureHeaders, verify},
    };

    const NOW: OffsetDateTime = datetime!(2026-11-23 12:00:00.5 UTC);

    #[test]
    fn every_type_is_signed_in_every_format_by_both_rules() {
        let secret = secret::generate();
        for event in catalogue().types() {
            for format in [DeliveryFormat::Raw, DeliveryFormat::Discord, DeliveryFormat::Slack] {
                for rule in KeyRule::ALL {
                    let sampled = sample(event, format, &secret, rule, NOW);
                    if format != DeliveryFormat::Raw && catalogue().not_in_chat.iter().any(|skipped| skipped == event) {
                        assert_eq!(sampled, Err(SampleError::NotInChat(event.to_owned())));
                        continue;
                    }
                    let sampled = sampled.unwrap();
                    let headers = SignatureHeaders {
                        id: sampled.header("webhook-id"),
                        timestamp: sampled.header("webhook-timestamp"),
                        signature: sampled.header("webhook-signature"),
                    };
                    assert_eq!(verify(&secret, &headers, &sampled.body, NOW.unix_timestamp()), Ok(rule), "{event}");
                    assert_eq!(sampled.header("content-length"), sampled.body.len().to_string());
                    let body: Value = serde_json::from_slice(&sampled.body).unwrap();
                    if format == DeliveryFormat::Raw {
                        assert_eq!(body["type"], event);
                    }
                }
            }
        }
    }

    #[test]
    fn a_misspelled_type_is_answered_with_near_names() {
        for (asked, offered) in [
            ("order.payed", "order.paid"),
            ("order_paid", "order.paid"),
            ("Order.Paid", "order.paid"),
            ("subscription.cancelled", "subscription.canceled"),
            ("customer_seat_claimed", "customer_seat.claimed"),
            ("checkout.create", "checkout.created"),
        ] {
            let error = sample(asked, DeliveryFormat::Raw, &secret::generate(), KeyRule::PolarOwn, NOW).unwrap_err();
            let SampleError::UnknownEvent { near, .. } = &error else { panic!("{error}") };
            assert_eq!(near[0], offered, "{asked}");
            assert!(error.to_string().contains(offered));
        }
        assert!(near("zzz").is_empty());
    }

    #[test]
    fn a_secret_that_is_not_base64_has_no_standard_signature() {
        let secret = SecretText::new("not base64, but long enough for Polar");
        let sampled = sample("order.paid", DeliveryFormat::Raw, &secret, KeyRule::StandardWebhooks, NOW);
        assert_eq!(sampled, Err(SampleError::Unusable));
    }
}
