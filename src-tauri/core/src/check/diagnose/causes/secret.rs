//! What is wrong with the secret, the key and the signature.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    super::seen::{HandlerSeen, SecretPlace},
    Known, Named, Seen,
    polar::endpoint,
};
use crate::webhook::signature::{KeyRule, TOLERANCE_SECONDS};

/// The file first, then what the app makes of it.
pub const KNOWN: &[Known] = &[
    Known::blocking("clock_off", clock),
    Known::blocking("variable_name", variable_name),
    Known::blocking("secret_missing", missing),
    Known::blocking("env_file_shadowed", shadowed),
    Known::blocking("secret_eaten", eaten),
    Known::blocking("secret_quoted", quoted),
    Known::blocking("secret_encoded_twice", encoded_twice),
    Known::blocking("secret_of_other_endpoint", other_endpoint),
    Known::blocking("secret_old", old),
    Known::blocking("secret_wrong", wrong),
    Known::blocking("not_restarted", not_restarted),
    Known::blocking("key_rule", key_rule),
    Known::blocking("body_reparsed", reparsed),
];

fn place(seen: &Seen) -> Option<&SecretPlace> {
    seen.env.secrets.first()
}

fn at(place: &SecretPlace) -> String {
    place.line.map_or_else(|| place.file.clone(), |line| format!("{}:{line}", place.file))
}

/// The file's secret and the endpoint's on Polar, where they differ.
fn differing(seen: &Seen) -> Option<(&SecretPlace, &str)> {
    let place = place(seen).filter(|place| !place.value.expose().is_empty())?;
    let polars = endpoint(seen)?.secret.as_ref()?.expose();
    (place.value.expose() != polars).then_some((place, polars))
}

fn clock(seen: &Seen) -> Option<Named> {
    let ahead = seen.polar.clock_ahead.filter(|ahead| ahead.abs() > TOLERANCE_SECONDS)?;
    Some(
        Named::new(
            format!("This machine's clock is {} s {} Polar's: a delivery's time is then more than five minutes off, and every handler refuses it.", ahead.abs(), if ahead > 0 { "ahead of" } else { "behind" }),
            "Set this machine's clock by the network's time (timedatectl set-ntp true; on macOS and Windows in the settings).",
        )
        .proved("Polar's answers carry their time; it was compared with this machine's."),
    )
}

fn variable_name(seen: &Seen) -> Option<Named> {
    let (name, file) = seen.env.other_name.as_ref().filter(|_| seen.env.secrets.is_empty())?;
    Some(
        Named::new(
            format!("Your code reads {}, but {file} calls it {name}.", seen.env.secret_name),
            format!("Rename it to {} in {file}, then restart your app.", seen.env.secret_name),
        )
        .proved(format!("{} stands in no env file.", seen.env.secret_name))
        .proved(format!("{file} has {name}."))
        .ruling_out(if seen.env.name_is_read {
            "The code was seen to read that name."
        } else {
            "It is the name that Polar's documentation uses."
        }),
    )
}

fn missing(seen: &Seen) -> Option<Named> {
    if seen.env.secret().is_some() || seen.env.other_name.is_some() {
        return None;
    }
    // Elsewhere, as in a shell or a container, it may be set: only an app that refuses what Polar signs proves that it is not.
    let refuses = seen
        .handler
        .as_ref()
        .and_then(|handler| handler.polars_secret.as_ref())
        .is_some_and(|answer| !answer.is_success());
    (seen.env.exists && refuses).then(|| {
        Named::new(
            format!("{} has no {}, so your app cannot verify what Polar sends.", seen.env.file, seen.env.secret_name),
            "Write it: \"Write and verify\" in the window, or polar-setup-cli setup.",
        )
        .proved(format!("None of the env files has a value for {}.", seen.env.secret_name))
        .proved("Your app refuses a delivery that is signed as Polar signs it.")
    })
}

fn shadowed(seen: &Seen) -> Option<Named> {
    let polars = endpoint(seen)?.secret.as_ref()?.expose();
    let strongest = place(seen).filter(|place| place.value.expose() != polars)?;
    let right = seen.env.secrets.iter().skip(1).find(|place| place.value.expose() == polars)?;
    Some(
        Named::new(
            format!(
                "{} in {} is right, but {} has another one and is stronger.",
                seen.env.secret_name, right.file, strongest.file
            ),
            format!("Remove the line from {}, or write the right value there; then restart your app.", at(strongest)),
        )
        .proved(format!("{} holds the endpoint's secret.", at(right)))
        .proved(format!("{} holds another one, and is read in its place.", at(strongest))),
    )
}

fn eaten(seen: &Seen) -> Option<Named> {
    let place = place(seen)?;
    let polars = endpoint(seen)?.secret.as_ref()?.expose();
    let sign = ['$', '#'].into_iter().find(|sign| polars.contains(*sign))?;
    let refused = handler(seen).is_some_and(|handler| !handler.accepts());
    let read_otherwise = place.value.expose() != polars || (!place.certain && refused);
    (read_otherwise && place.written.expose().contains(polars)).then(|| {
        Named::new(
            format!(
                "The {sign} in the secret is eaten: {} stands whole in {}, but your app reads something else.",
                seen.env.secret_name, place.file
            ),
            "Put it into single quotes, or let \"Write and verify\" spell it so that every reader gets it right.",
        )
        .proved(format!("What is written at {} holds the endpoint's whole secret.", at(place)))
        .proved(if place.certain {
            let (read, right) = (place.value.expose().chars().count(), polars.chars().count());
            format!("The project's reader makes {read} characters of it, not {right}.")
        } else {
            "The project's reader takes what follows the $ for the name of a variable, and your app refuses a delivery \
             signed with the secret."
                .to_owned()
        })
    })
}

fn quoted(seen: &Seen) -> Option<Named> {
    let (place, polars) = differing(seen)?;
    let value = place.value.expose();
    let bare = value.trim().trim_matches(['"', '\'', '`']).trim();
    let unescaped = bare.replace("\\n", "").replace(['\n', '\r'], "");
    (bare == polars || unescaped.trim() == polars).then(|| {
        Named::new(
            format!(
                "The value of {} has quotes, blanks or a line break that do not belong to it.",
                seen.env.secret_name
            ),
            format!("Write the bare secret at {}, then restart your app.", at(place)),
        )
        .proved(format!(
            "Without them it is the endpoint's secret; with them it has {} characters instead of {}.",
            value.chars().count(),
            polars.chars().count()
        ))
    })
}

fn encoded_twice(seen: &Seen) -> Option<Named> {
    let (place, polars) = differing(seen)?;
    let value = place.value.expose();
    let encoded = |text: &str| STANDARD.encode(text.as_bytes());
    let bare = polars.strip_prefix("whsec_").unwrap_or(polars);
    let shapes =
        [encoded(polars), format!("whsec_{}", encoded(polars)), encoded(bare), format!("whsec_{}", encoded(bare))];
    shapes.iter().any(|shape| shape.trim_end_matches('=') == value.trim_end_matches('=')).then(|| {
        Named::new(
            format!("The secret at {} is base64 of the endpoint's secret: it was encoded once too often.", at(place)),
            "Write the secret as Polar shows it; the SDK encodes it by itself.",
        )
        .proved("Decoded, the value is the endpoint's secret.")
    })
}

fn other_endpoint(seen: &Seen) -> Option<Named> {
    let (place, _) = differing(seen)?;
    let endpoint = endpoint(seen)?;
    let other = seen.polar.endpoints.as_ref()?.iter().find(|other| {
        other.id != endpoint.id && other.secret.as_ref().is_some_and(|secret| secret.expose() == place.value.expose())
    })?;
    Some(
        Named::new(
            format!("{} at {} is the secret of another endpoint: {}.", seen.env.secret_name, at(place), other.url),
            format!("Write the secret of {}: \"Write Polar's\" in the window, or polar-setup-cli setup.", endpoint.url),
        )
        .proved(format!("It equals the secret of the endpoint {}.", other.url))
        .ruling_out(format!("It is not the secret of {}.", endpoint.url)),
    )
}

/// Whether deliveries were accepted once, and the newest were refused.
fn came_to_be_refused(seen: &Seen) -> bool {
    let attempts = &seen.polar.attempts;
    let refused = attempts.first().is_some_and(|newest| matches!(newest.http_code, Some(400 | 401 | 403 | 422)));
    refused && attempts.iter().any(|attempt| attempt.succeeded)
}

fn old(seen: &Seen) -> Option<Named> {
    let (place, _) = differing(seen)?;
    came_to_be_refused(seen).then(|| {
        Named::new(
            format!("{} at {} is an old secret: it was replaced on Polar since.", seen.env.secret_name, at(place)),
            "Write the present one: \"Write Polar's\" in the window, or polar-setup-cli setup; then restart your app.",
        )
        .proved("It is not the endpoint's secret on Polar.")
        .proved("Your app accepted deliveries of this endpoint before, and refuses the newest.")
    })
}

fn wrong(seen: &Seen) -> Option<Named> {
    let (place, polars) = differing(seen)?;
    Some(
        Named::new(
            format!("{} at {} is not the endpoint's secret on Polar.", seen.env.secret_name, at(place)),
            "Write the endpoint's: \"Write Polar's\" in the window, or polar-setup-cli setup; then restart your app.",
        )
        .proved(format!(
            "The file has {} characters, ending in …{}; Polar {}, ending in …{}.",
            place.value.expose().chars().count(),
            tail(place.value.expose()),
            polars.chars().count(),
            tail(polars)
        ))
        .ruling_out("It is no other endpoint's secret, and no other spelling of the right one."),
    )
}

/// The last two characters: enough to tell two apart, too few to tell either.
fn tail(secret: &str) -> String {
    let count = secret.chars().count();
    secret.chars().skip(count.saturating_sub(2)).collect()
}

fn handler(seen: &Seen) -> Option<&HandlerSeen> {
    seen.handler.as_ref()
}

/// The handler refuses what is signed with the file's secret, by either rule.
fn refuses_all(handler: &HandlerSeen) -> bool {
    [&handler.own_rule, &handler.standard_rule].into_iter().flatten().all(super::super::Answer::is_refusal)
        && handler.own_rule.is_some()
}

fn not_restarted(seen: &Seen) -> Option<Named> {
    let (began, changed) = (seen.app.began?, seen.env.changed?);
    let handler = handler(seen).filter(|handler| refuses_all(handler))?;
    (began < changed && seen.app.is_this_project == Some(true)).then(|| {
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
            handler.first().map(super::super::Answer::told).unwrap_or_default()
        ))
        .ruling_out("The file's secret is the endpoint's, as far as Polar was asked.")
    })
}

fn key_rule(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let (own, standard) = (handler.own_rule.as_ref()?, handler.standard_rule.as_ref()?);
    let only = match (own.is_success(), standard.is_success()) {
        (true, false) => KeyRule::PolarOwn,
        (false, true) => KeyRule::StandardWebhooks,
        _ => return None,
    };
    // One rule is enough, if it is the one that Polar signs by: its own attempts show whether it is.
    let newest = seen.polar.attempts.first()?;
    let refused = matches!(newest.http_code, Some(400 | 401 | 403 | 422));
    let never = !seen.polar.attempts.iter().any(|attempt| attempt.succeeded);
    if !(refused && never) || differing(seen).is_some() || came_to_be_refused(seen) {
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
        .proved(format!("Polar's newest attempt was answered {}, and none has succeeded.", newest.http_code.unwrap_or_default()))
        .ruling_out("The secret in the file is the endpoint's.")
        .link("https://polar.sh/docs/integrate/webhooks/delivery"),
    )
}

fn reparsed(seen: &Seen) -> Option<Named> {
    let handler = handler(seen).filter(|handler| handler.accepts())?;
    let respelled = handler.respelled.as_ref().filter(|answer| answer.is_refusal())?;
    Some(
        Named::new(
            "Your handler verifies the body after it was parsed and written anew, not the bytes that arrived.",
            "Verify the raw body: express.raw({ type: \"application/json\" }), await request.text(), or your framework's raw body; parse it afterwards.",
        )
        .proved(format!("A delivery whose JSON is spelled otherwise, correctly signed, {}.", respelled.told()))
        .ruling_out("The same event in the usual spelling is accepted: secret and clock are right.")
        .link("https://polar.sh/docs/integrate/webhooks/delivery"),
    )
}
