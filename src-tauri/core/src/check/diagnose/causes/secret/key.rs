//! The key that the app makes of the secret, and whether it has the present secret at all.

use std::time::SystemTime;

use time::{OffsetDateTime, macros::datetime};

use super::{
    body::fails_at_all, differing, endpoint, guess, handler, is_before, line, loaded_before, place, reads_the_name,
};
use crate::{
    check::diagnose::{
        Answer, Guess, HandlerSeen, Seen,
        causes::{Named, polar::is_made_here},
    },
    polar::{Environment, delivery::Attempt},
    webhook::{secret, signature::KeyRule},
};

/// Since then the secrets that Polar makes become keys by the Standard Webhooks rule (polarsource/polar PRs 14102, 14117, 14400).
const STANDARD_SINCE: OffsetDateTime = datetime!(2026-09-08 0:00 UTC);

/// The handler refuses what is signed with the file's secret, by either rule.
fn refuses_all(handler: &HandlerSeen) -> bool {
    [&handler.own_rule, &handler.standard_rule].into_iter().flatten().all(Answer::refuses_signature)
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
    let has_older = guess(seen) == Some(&Guess::Environment) && loaded_before(seen);
    let began = if has_older { seen.app.loaded? } else { began };
    // It must be the signature that it refuses, and neither the code nor the answers say another reason.
    let handler = handler(seen).filter(|handler| refuses_all(handler) && refuses_as_forged(handler))?;
    let is_otherwise = seen.code.parses.is_some() || seen.code.headers.is_some() || handler.verifies_with.is_some();
    if is_otherwise && !has_older {
        return None;
    }
    // It has the present one already.
    let has_it = seen.app.given_secret.is_some() && seen.app.given_secret.as_ref() == seen.env.secret();
    if has_it || (seen.app.reloads || !reads_the_name(seen)) && !has_older {
        return None;
    }
    let was_before = is_before(began, changed);
    (was_before && seen.app.is_this_project == Some(true)).then(|| {
        let since = changed.duration_since(began).map_or(0, |gap| gap.as_secs());
        Named::new(
            format!(
                "Your app was started before {} was last changed, and still verifies with what stood there before.",
                place(seen).map_or("the env file", |place| &place.file)
            ),
            seen.start.as_ref().map_or_else(
                || "Restart your app.".to_owned(),
                |start| format!("End your app and start it anew: {start}"),
            ),
        )
        .proved(match since {
            0 => "The app was started just before the file's last change.".to_owned(),
            since => format!("The app was started {since} s before the file's last change."),
        })
        .proved(format!(
            "It {} to a delivery signed with what the file says now.",
            handler.first().map(Answer::told).unwrap_or_default()
        ))
        .proved(if has_older {
            "It accepts one that is signed with the secret in its environment, which was read then."
        } else {
            ""
        })
        .ruling_out("The file's secret is the endpoint's, as far as Polar was asked.")
    })
}

/// The one key rule that the app takes, where it takes only one: asked here, or else at the endpoint's address.
fn only_rule(seen: &Seen) -> Option<KeyRule> {
    // It has Polar's secret, in another form than the file has: what it makes of the file's tells of no rule.
    if handler(seen).is_some_and(HandlerSeen::verifies_with_polars) {
        return None;
    }
    let verifies = |handler: &&HandlerSeen| handler.verifies() || handler.first().is_some_and(Answer::is_timeout);
    let Some(handler) = handler(seen).filter(verifies) else {
        return seen.public.as_ref()?.only_rule;
    };
    let (own, standard) = (handler.own_rule.as_ref()?, handler.standard_rule.as_ref()?);
    // What takes long, where a forged one is refused at once, is what comes after the signature.
    let hangs = |answer: &Answer| answer.is_timeout() && handler.forged.as_ref().is_some_and(Answer::is_refusal);
    match (handler.finds_right(own) || hangs(own), handler.finds_right(standard) || hangs(standard)) {
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
    // A server of somebody's own may be older than the endpoint.
    let is_known =
        seen.polar.is_production || seen.polar.is_practice || seen.polar.server == Environment::sandbox().title();
    (is_new && is_known && !is_made_here(seen)).then_some((
        KeyRule::StandardWebhooks,
        "The endpoint's secret has the form and the checksum of those that Polar makes, and the endpoint is younger than September 8th 2026.",
    ))
}

/// The one rule that the app takes, where nothing tells by which one Polar signs.
pub(in crate::check::diagnose::causes) fn undecided(seen: &Seen) -> Option<KeyRule> {
    let only = only_rule(seen).filter(|_| differing(seen).is_none() && polars_rule(seen).is_none())?;
    let is_tried = seen.polar.attempts.iter().any(|attempt| is_at_present_app(seen, attempt));
    (endpoint(seen).is_some_and(|endpoint| endpoint.secret.is_some()) && !is_made_here(seen) && !is_tried)
        .then_some(only)
}

/// Whether an attempt was made at the app as it runs now, with the secret that stands in the file now.
pub(in crate::check::diagnose::causes) fn is_at_present_app(seen: &Seen, attempt: &Attempt) -> bool {
    let at = SystemTime::from(attempt.created_at);
    [seen.app.began, seen.env.changed, seen.code.changed].into_iter().flatten().all(|changed| at > changed)
}

/// Whether an attempt was answered as the app answers a forged delivery, or as handlers answer one.
fn is_refused(seen: &Seen, attempt: &Attempt) -> bool {
    let as_forged = || {
        let forged = handler(seen)?.forged.as_ref().filter(|forged| !forged.is_success())?;
        Some(attempt.http_code == forged.status)
    };
    matches!(attempt.http_code, Some(400 | 401 | 403 | 422)) || as_forged() == Some(true)
}

pub(super) fn key_rule(seen: &Seen) -> Option<Named> {
    no_key(seen).or_else(|| by_answers(seen)).or_else(|| by_sdk(seen))
}

fn fix_for(seen: &Seen, only: KeyRule) -> &'static str {
    match (only, seen.code.extension.as_str()) {
        (KeyRule::PolarOwn, "php" | "rb" | "go") => {
            "Use as key what base64-decoding makes of the secret behind whsec_, or give the endpoint a secret of your own: \"Make one here\" under Webhook."
        }
        (KeyRule::PolarOwn, "py") => {
            "Use polar-sdk 1.0 or newer, or give the endpoint a secret of your own: \"Make one here\" under Webhook."
        }
        (KeyRule::PolarOwn, _) => {
            "Use @polar-sh/sdk 1.0 or newer, or give the endpoint a secret of your own: \"Make one here\" under Webhook."
        }
        (KeyRule::StandardWebhooks, "php" | "rb" | "go") => {
            "Use the bytes of the whole secret as key, as it is, or hand the library base64 of the whole secret."
        }
        (KeyRule::StandardWebhooks, _) => "Verify with Polar's SDK, or hand the library base64 of the whole secret.",
    }
}

fn named(seen: &Seen, only: KeyRule) -> Named {
    // An SDK that knows both is not what verifies here.
    let sdk = seen.sdk.as_ref().filter(|(_, accepts)| accepts.as_slice() == [KeyRule::PolarOwn]);
    let who = sdk.filter(|_| only == KeyRule::PolarOwn).map_or("Your app", |(package, _)| package.as_str());
    let sentence = match only {
        KeyRule::PolarOwn => format!(
            "{who} verifies by Polar's own key rule only, but Polar signs with this endpoint's secret by the Standard Webhooks rule, as with every secret that Polar made since September 2026."
        ),
        KeyRule::StandardWebhooks => format!(
            "{who} verifies by the Standard Webhooks key rule only, but Polar signs with this endpoint's secret by its own rule, as with every secret that was given to it."
        ),
    };
    let fix = match (&seen.sdk, sdk, only) {
        (Some(_), None, KeyRule::PolarOwn) => {
            "Verify with Polar's SDK, which is there and knows both rules, or make the key of what base64-decoding makes of the secret behind whsec_."
        }
        _ => fix_for(seen, only),
    };
    Named::new(sentence, fix).link("https://polar.sh/docs/integrate/webhooks/delivery")
}

/// A library for Standard Webhooks, and a secret that it can make no key of.
fn no_key(seen: &Seen) -> Option<Named> {
    let library = seen.code.generic_library.as_ref()?;
    let fails = handler(seen).and_then(|handler| fails_at_all(seen, handler))?;
    let secret = seen.env.secret().filter(|_| differing(seen).is_none())?;
    KeyRule::StandardWebhooks.key(secret).is_none().then(|| {
        named(seen, KeyRule::StandardWebhooks)
            .proved(format!(
                "{}{} verifies with a library for Standard Webhooks, which decodes the secret from base64.",
                library.file,
                line(library.line)
            ))
            .proved("The secret is no base64, so that library can make no key of it.")
            .proved(format!("Every delivery {}, whatever its signature.", fails.told()))
    })
}

/// Whether the app is known to refuse the rule by which Polar signs.
pub(super) fn refuses_polars_rule(seen: &Seen) -> bool {
    by_answers(seen).is_some()
}

/// The app accepts by one rule, and Polar signs by the other.
fn by_answers(seen: &Seen) -> Option<Named> {
    let only = only_rule(seen).filter(|_| differing(seen).is_none())?;
    let attempts = &seen.polar.attempts;
    // On other systems than Linux nobody knows when the app was started: then none may ever have succeeded.
    let since = attempts.iter().filter(|attempt| is_at_present_app(seen, attempt)).collect::<Vec<_>>();
    let counts_all = seen.app.began.is_none();
    // A handler that says 200 to what it refuses leaves no trace in Polar's list.
    let tells = !handler(seen).and_then(|it| it.forged.as_ref()).is_some_and(Answer::is_success);
    let succeeded =
        since.iter().any(|attempt| attempt.succeeded) || counts_all && attempts.iter().any(|attempt| attempt.succeeded);
    if succeeded && tells {
        return None;
    }
    let refused = since.first().filter(|newest| is_refused(seen, newest));
    let told = polars_rule(seen);
    if told.is_some_and(|(rule, _)| rule == only) || told.is_none() && refused.is_none() {
        return None;
    }
    Some(
        named(seen, only)
            .proved(format!("Signed by {}, a delivery is found right; by the other rule it is refused.", only.name()))
            .proved(told.map_or("", |(_, how)| how))
            .proved(refused.map_or_else(String::new, |newest| {
                format!("Polar's newest attempt was answered {}.", newest.http_code.unwrap_or_default())
            }))
            .ruling_out("The secret in the file is the endpoint's."),
    )
}

/// The app answers the same to everything: what its SDK can is known all the same.
fn by_sdk(seen: &Seen) -> Option<Named> {
    let takes_all = handler(seen).is_some_and(|handler| handler.accepts() && handler.takes_forged());
    let (package, accepts) = seen.sdk.as_ref().filter(|_| takes_all && differing(seen).is_none())?;
    let (rule, how) = polars_rule(seen).filter(|(rule, _)| !accepts.is_empty() && !accepts.contains(rule))?;
    let only = if rule == KeyRule::PolarOwn { KeyRule::StandardWebhooks } else { KeyRule::PolarOwn };
    Some(named(seen, only).proved(format!("{package} knows {} only.", only.name())).proved(how).proved(
        "Your app answers success to a forged delivery too, so Polar does not hear that it refuses what it gets.",
    ))
}
