//! Believable payloads for every event type of the catalogue: data (`events.json`, made of `blocks.json`), not code.
//! Shapes as a real Polar sends them; people, products and amounts are made up.

mod chat;
mod template;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

pub use chat::chat_message;
use template::Filling;

static EVENTS: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("events.json")).expect("events.json is checked by a test"));

/// An event of this type as Polar would send it at this time: `type`, `timestamp` and `data`; its ids are new each
/// time. `None`: the type is not in the catalogue.
#[must_use]
pub fn sample(event_type: &str, organization_id: &str, at: OffsetDateTime) -> Option<Value> {
    let data = Filling::new(organization_id, at).fill(EVENTS.get(event_type)?);
    Some(json!({ "type": event_type, "timestamp": template::stamp(at), "data": data }))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{
        SecretText,
        polar::event::catalogue,
        webhook::{
            secret,
            signature::{KeyRule, SignatureHeaders, VerificationError, sign, verify},
        },
    };

    const ORGANIZATION: &str = "c8aaa877-a7af-4105-a120-6773c0213720";
    const AT: OffsetDateTime = datetime!(2026-11-23 12:00:00.5 UTC);

    fn at_noon(event_type: &str) -> Value {
        sample(event_type, ORGANIZATION, AT).unwrap()
    }

    /// Every text in it, object keys included.
    fn texts(value: &Value) -> Vec<&str> {
        match value {
            Value::String(text) => vec![text],
            Value::Array(items) => items.iter().flat_map(texts).collect(),
            Value::Object(fields) => {
                fields.iter().flat_map(|(key, value)| std::iter::once(key.as_str()).chain(texts(value))).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn there_is_one_for_every_type_of_the_catalogue_and_for_no_other() {
        for event_type in catalogue().types() {
            let payload = at_noon(event_type);
            assert_eq!(payload["type"], event_type);
            assert_eq!(payload["timestamp"], "2026-11-23T12:00:00.500000Z");
            assert!(payload["data"]["id"].is_string(), "{event_type} has no id");
        }
        assert_eq!(EVENTS.len(), catalogue().types().count());
        assert_eq!(sample("order.unheard_of", ORGANIZATION, AT), None);
    }

    #[test]
    fn nothing_of_the_template_is_left() {
        for event_type in catalogue().types() {
            let payload = at_noon(event_type);
            let left: Vec<_> = texts(&payload).into_iter().filter(|text| text.contains('$')).collect();
            assert!(left.is_empty(), "{event_type}: {left:?}");
        }
    }

    #[test]
    fn the_organization_is_in_it_wherever_polar_names_one() {
        // These alone have no organization in Polar's own payloads.
        let without = ["customer_seat.", "member."];
        for event_type in catalogue().types().filter(|name| !without.iter().any(|prefix| name.starts_with(prefix))) {
            let payload = at_noon(event_type);
            assert!(texts(&payload).contains(&ORGANIZATION), "{event_type}");
            assert!(!texts(&sample(event_type, "other", AT).unwrap()).contains(&ORGANIZATION), "{event_type}");
        }
        assert_eq!(at_noon("organization.updated")["data"]["id"], ORGANIZATION);
    }

    #[test]
    fn its_parts_name_each_other_and_are_new_each_time() {
        let order = at_noon("order.paid");
        let data = &order["data"];
        assert_eq!(data["customer_id"], data["customer"]["id"]);
        assert_eq!(data["subscription_id"], data["subscription"]["id"]);
        assert_eq!(data["product_id"], data["subscription"]["product_id"]);
        assert_ne!(data["id"], data["customer_id"]);
        assert_ne!(data["id"], at_noon("order.paid")["data"]["id"]);

        let checkout = at_noon("checkout.created");
        let product = checkout["data"]["product_id"].as_str().unwrap();
        assert_eq!(checkout["data"]["prices"][product][0]["product_id"], product);
    }

    #[test]
    fn says_what_its_type_says() {
        let state = |event_type: &str| at_noon(event_type)["data"]["status"].clone();
        assert_eq!(state("order.created"), "pending");
        assert_eq!(state("order.paid"), "paid");
        assert_eq!(state("order.refunded"), "refunded");
        assert_eq!(state("checkout.expired"), "expired");
        assert_eq!(state("subscription.revoked"), "canceled");
        assert_eq!(state("subscription.past_due"), "past_due");
        assert_eq!(state("customer_seat.claimed"), "claimed");
        let canceled = at_noon("subscription.canceled");
        assert_eq!(canceled["data"]["cancel_at_period_end"], true);
        assert_eq!(canceled["data"]["ends_at"], canceled["data"]["current_period_end"]);
        assert_eq!(at_noon("benefit_grant.revoked")["data"]["is_revoked"], true);
    }

    #[test]
    fn signed_it_verifies_and_changed_it_does_not() {
        let secret = secret::generate();
        for event_type in catalogue().types() {
            let body = at_noon(event_type).to_string().into_bytes();
            for rule in KeyRule::ALL {
                let signature = sign(&secret, rule, "msg_1", AT.unix_timestamp(), &body).unwrap();
                let headers =
                    SignatureHeaders { id: "msg_1".into(), timestamp: AT.unix_timestamp().to_string(), signature };
                let check = |secret: &SecretText, body: &[u8]| verify(secret, &headers, body, AT.unix_timestamp());
                assert_eq!(check(&secret, &body), Ok(rule), "{event_type}");
                let changed = [&body[..], b" "].concat();
                assert_eq!(check(&secret, &changed), Err(VerificationError::NoMatch), "{event_type}");
                assert_eq!(check(&secret::generate(), &body), Err(VerificationError::NoMatch), "{event_type}");
            }
        }
    }
}
