//! The key that the app makes of the secret, and whether it has the present secret at all.

use std::time::{Duration, SystemTime};

use time::{OffsetDateTime, macros::datetime};

use super::{differing, endpoint, handler, place};
use crate::{
    check::diagnose::{Answer, HandlerSeen, Seen, causes::Named},
    polar::{
        delivery::Attempt,
        endpoint::{Endpoint, OWN_NAME},
    },
    webhook::{secret, signature::KeyRule},
};

/// A start and a change of a file that are closer to each other are told apart by nobody.
const START_IS_KNOWN_TO: Duration = Duration::from_millis(50);
/// Since then the secrets that Polar makes become keys by the Standard Webhooks rule (polarsource/polar PRs 14102, 14117, 14400).
const STANDARD_SINCE: OffsetDateTime = datetime!(2026-09-08 0:00 UTC);

/// The handler refuses what is signed with the file's secret, by either rule.
fn refuses_all(handler: &HandlerSeen) -> bool {
    [&handler.own_rule, &handler.standard_rule].into_iter().flatten().all(Answer::is_refusal)
        && handler.own_rule.is_some()
}

/// A right signature is answered as a forged one, and not as what stands at no path of the app's.
fn refuses_as_forged(handler: &HandlerSeen) -> bool {
    let is_like = |one: &Option<Answer>, other: &Answer| one.as_ref().is_some_and(|one| one.is_like(other));
    handler.own_rule.as_ref().is_some_and(|answer| {
        is_like(&handler.forged, answer)
            && !is_like(&handler.beside, answer)
            && handler.with_credentials.as_ref().is_none_or(|bearing| bearing.is_like(answer))
    })
}

pub(super) fn not_restarted(seen: &Seen) -> Option<Named> {
    let (began, changed) = (seen.app.began?, seen.env.changed?);
    // It must be the signature that it refuses, and neither the code nor the answers say another reason.
    let handler = handler(seen).filter(|handler| refuses_all(handler) && refuses_as_forged(handler))?;
    if seen.code.parses.is_some() || seen.code.capital_header.is_some() || handler.verifies_with.is_some() {
        return None;
    }
    let was_before = began + START_IS_KNOWN_TO < changed;
    (was_before && seen.app.is_this_project == Some(true)).then(|| {
        let since = changed.duration_since(began).map_or(0, |gap| gap.as_secs());
        Named::new(
            format!(
                "Your app was started before {} was last changed, and still verifies with what stood there before.",
                place(seen).map_or("the env file", |place| &place.file)
            ),
            "Restart your app.",
        )
        .proved(format!("The app was started {since} s before the file's last change."))
        .proved(format!(
            "It {} to a delivery signed with what the file says now.",
            handler.first().map(Answer::told).unwrap_or_default()
        ))
        .ruling_out("The file's secret is the endpoint's, as far as Polar was asked.")
    })
}

/// The one key rule that the handler takes, where it takes only one.
fn only_rule(seen: &Seen) -> Option<KeyRule> {
    let handler = handler(seen)?;
    let (own, standard) = (handler.own_rule.as_ref()?, handler.standard_rule.as_ref()?);
    match (own.is_success(), standard.is_success()) {
        (true, false) => Some(KeyRule::PolarOwn),
        (false, true) => Some(KeyRule::StandardWebhooks),
        _ => None,
    }
}

/// The rule that Polar signs with for this endpoint, as far as its secret tells, and how it was told.
fn polars_rule(seen: &Seen) -> Option<(KeyRule, &'static str)> {
    let endpoint = endpoint(seen)?;
    if !secret::is_of_polars_form(endpoint.secret.as_ref()?.expose()) {
        return Some((
            KeyRule::PolarOwn,
            "The endpoint's secret has not the form of those that Polar makes: it was given to it.",
        ));
    }
    // Secrets that this program makes have that form too, and were given to Polar.
    let is_new = endpoint.created_at.is_some_and(|made| made >= STANDARD_SINCE);
    (is_new && !is_made_here(seen)).then_some((
        KeyRule::StandardWebhooks,
        "The endpoint's secret has the form and the checksum of those that Polar makes, and the endpoint is younger than September 8th 2026.",
    ))
}

fn is_made_here(seen: &Seen) -> bool {
    let is_named_so = |endpoint: &Endpoint| endpoint.name.as_deref().is_some_and(|name| name.starts_with(OWN_NAME));
    seen.polar.is_made_here || endpoint(seen).is_some_and(is_named_so)
}

/// Whether an attempt was made at the app as it runs now, with the secret that stands in the file now.
fn is_at_present_app(seen: &Seen, attempt: &Attempt) -> bool {
    let at = SystemTime::from(attempt.created_at);
    [seen.app.began, seen.env.changed].into_iter().flatten().all(|changed| at > changed)
}

pub(super) fn key_rule(seen: &Seen) -> Option<Named> {
    let only = only_rule(seen).filter(|_| differing(seen).is_none())?;
    let attempts = &seen.polar.attempts;
    // On other systems than Linux nobody knows when the app was started: then none may ever have succeeded.
    let since = attempts.iter().filter(|attempt| is_at_present_app(seen, attempt)).collect::<Vec<_>>();
    let counts_all = seen.app.began.is_none();
    if since.iter().any(|attempt| attempt.succeeded) || counts_all && attempts.iter().any(|attempt| attempt.succeeded) {
        return None;
    }
    let refused = since.first().filter(|newest| matches!(newest.http_code, Some(400 | 401 | 403 | 422)));
    let told = polars_rule(seen);
    if told.is_some_and(|(rule, _)| rule == only) || told.is_none() && refused.is_none() {
        return None;
    }
    let sdk = seen.sdk.as_ref().map_or("Your app", |(package, _)| package.as_str());
    Some(
        match only {
            KeyRule::PolarOwn => Named::new(
                format!("{sdk} verifies by Polar's own key rule only, but Polar signs with this endpoint's secret by the Standard Webhooks rule, as with every secret that Polar made since September 2026."),
                "Use @polar-sh/sdk 1.0 or newer, or give the endpoint a secret of your own: \"Make one here\" in the window's Webhook step.",
            ),
            KeyRule::StandardWebhooks => Named::new(
                format!("{sdk} verifies by the Standard Webhooks key rule only, but Polar signs with this endpoint's secret by its own rule, as with every secret that was given to it."),
                "Verify with Polar's SDK, or hand the library base64 of the whole secret.",
            ),
        }
        .proved(format!("Signed by {}, a delivery is accepted; by the other rule it is refused.", only.name()))
        .proved(told.map_or("", |(_, how)| how))
        .proved(refused.map_or_else(String::new, |newest| {
            format!("Polar's newest attempt was answered {}.", newest.http_code.unwrap_or_default())
        }))
        .ruling_out("The secret in the file is the endpoint's.")
        .link("https://polar.sh/docs/integrate/webhooks/delivery"),
    )
}
