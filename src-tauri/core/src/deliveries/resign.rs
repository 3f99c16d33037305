//! Signs a delivery anew, as an app refuses one that is older than five minutes or was edited.

use bytes::Bytes;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Captured;
use crate::{
    SecretText,
    webhook::signature::{KeyRule, sign},
};

/// The same delivery with the time of now and a signature that fits it and its body. Its id stays; it gets one if it
/// has none. All other headers stay as and where they are. `None`: the rule cannot use the secret.
#[must_use]
pub fn resigned(captured: &Captured, secret: &SecretText, rule: KeyRule, now: OffsetDateTime) -> Option<Captured> {
    let known = captured.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("webhook-id"));
    let id = known.map(|(_, value)| String::from_utf8_lossy(value).trim().to_owned()).filter(|id| !id.is_empty());
    let id = id.unwrap_or_else(|| Uuid::new_v4().to_string());
    let timestamp = now.unix_timestamp();
    let signature = sign(secret, rule, &id, timestamp, &captured.body)?;
    let mut signed = Captured { received_at: now, ..captured.clone() };
    for (name, value) in
        [("webhook-id", id), ("webhook-timestamp", timestamp.to_string()), ("webhook-signature", signature)]
    {
        set(&mut signed.headers, name, value.into(), true);
    }
    set(&mut signed.headers, "content-length", captured.body.len().to_string().into(), false);
    Some(signed)
}

/// The same event under another id, which no longer fits its signature.
#[must_use]
pub fn with_id(mut captured: Captured, id: String) -> Captured {
    set(&mut captured.headers, "webhook-id", id.into(), true);
    captured
}

/// Sets a header where it stands, and takes away what repeats it; one that is not there is added if it `must` be.
fn set(headers: &mut Vec<(String, Bytes)>, name: &str, value: Bytes, must: bool) {
    let at = headers.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
    match at {
        Some(at) => {
            headers[at].1 = value;
            let mut place = 0;
            headers.retain(|(known, _)| {
                place += 1;
                place - 1 <= at || !known.eq_ignore_ascii_case(name)
            });
        }
        None if must => headers.push((name.to_owned(), value)),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::{
        deliveries::{
            explain::{Known, KnownSecret, explain},
            sample::sample,
        },
        setup::view::{DeliveryFormat, SignatureVerdict},
        webhook::secret,
    };

    const NOW: OffsetDateTime = datetime!(2026-11-23 12:00:00 UTC);

    #[test]
    fn an_old_edited_delivery_verifies_again() {
        let (right, other) = (secret::generate(), secret::generate());
        let secrets = [KnownSecret { title: ".env".into(), secret: right.clone() }];
        let verdict = |captured: &Captured| explain(captured, &Known { secrets: &secrets, ..Known::default() }).verdict;
        let old = sample("order.paid", DeliveryFormat::Raw, &other, KeyRule::PolarOwn, NOW).unwrap();
        for rule in KeyRule::ALL {
            let edited = Captured { body: "edited".into(), ..old.clone() };
            let again = resigned(&edited, &right, rule, NOW + Duration::days(1)).unwrap();
            assert_eq!(verdict(&again), SignatureVerdict::Verified);
            let names = |captured: &Captured| captured.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            assert_eq!(names(&again), names(&old));
            assert_eq!(again.header("webhook-id"), old.header("webhook-id"));
            assert_eq!(again.header("content-length"), "6");
        }
        let mut odd = old.clone();
        odd.headers.retain(|(name, _)| name != "webhook-timestamp");
        odd.headers.insert(0, ("Webhook-Signature".into(), "v1,x".into()));
        odd.headers.push(("X".into(), "last".into()));
        let again = resigned(&odd, &right, KeyRule::PolarOwn, NOW).unwrap();
        assert_eq!(verdict(&again), SignatureVerdict::Verified);
        assert_eq!(again.headers[0].0, "Webhook-Signature");
        assert_eq!(again.header("webhook-signature").matches("v1,").count(), 1);
        let bare = Captured { headers: Vec::new(), ..old };
        let again = resigned(&bare, &right, KeyRule::PolarOwn, NOW).unwrap();
        assert_eq!((verdict(&again), again.headers.len()), (SignatureVerdict::Verified, 3));
        let text = SecretText::new("not base64, but long enough for Polar");
        assert_eq!(resigned(&bare, &text, KeyRule::StandardWebhooks, NOW), None);
    }
}
