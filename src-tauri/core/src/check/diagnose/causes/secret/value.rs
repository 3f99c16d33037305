//! The secret that stands in the file: another one, or the right one miswritten.

use std::time::SystemTime;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{at, differing, endpoint, guess, handler, place, rewriting};
use crate::{
    check::diagnose::{Guess, HandlerSeen, Seen, causes::Named},
    polar::delivery::Attempt,
};

pub(super) fn eaten(seen: &Seen) -> Option<Named> {
    let place = place(seen)?;
    if let Some(Guess::Eaten(sign)) = guess(seen) {
        return Some(
            Named::new(
                format!(
                    "The {sign} in the secret is eaten: {} stands whole in {}, but your app reads less of it.",
                    seen.env.secret_name, place.file
                ),
                "Put it into single quotes, or let \"Write and verify\" spell it so that every reader gets it right.",
            )
            .proved(format!(
                "Your app accepts a delivery that is signed with the value at {} without what follows the {sign}.",
                at(place)
            ))
            .mended_by(rewriting(place)),
        );
    }
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
        .mended_by(rewriting(place))
    })
}

/// What the environment's value has around that of the file, where the app verifies with the environment's.
pub(super) fn kept_with_it(seen: &Seen) -> Option<&'static str> {
    let given = seen.app.given_secret.as_ref().filter(|_| guess(seen) == Some(&Guess::Environment))?.expose();
    let value = place(seen)?.value.expose();
    let bare = given.trim();
    if given == value {
        return None;
    }
    if bare == value {
        return Some(if given.ends_with('\r') { "a line break (CR)" } else { "blanks or a line break" });
    }
    (bare.trim_matches(['"', '\'', '`']) == value).then_some("quotes")
}

/// Who starts the app hands on the line as it is written.
fn handed_on_whole(seen: &Seen) -> Option<Named> {
    let kept = kept_with_it(seen)?;
    let place = place(seen)?;
    let name = &seen.env.secret_name;
    Some(
        Named::new(
            format!("Your app was started with {kept} around the value of {name}, which do not belong to it."),
            if kept == "quotes" {
                format!("Write the bare secret at {}, without quotes: docker --env-file and the like take them for a part of the value. Then start the app anew.", at(place))
            } else {
                format!("Save {} with Unix line ends (LF) and without blanks around the value, then start the app anew.", place.file)
            },
        )
        .proved("It accepts a delivery that is signed with the value in its environment, sign by sign.")
        .proved(format!("Without {kept}, that is the value at {}.", at(place)))
        .ruling_out("It refuses one that is signed with the bare value."),
    )
}

pub(super) fn quoted(seen: &Seen) -> Option<Named> {
    if let Some(named) = handed_on_whole(seen) {
        return Some(named);
    }
    if guess(seen) == Some(&Guess::AsWritten) {
        let place = place(seen)?;
        return Some(
            Named::new(
                format!(
                    "Your app takes the quotes, blanks or line break around the value of {} for a part of it.",
                    seen.env.secret_name
                ),
                format!("Write the bare secret at {}, without quotes, then restart your app.", at(place)),
            )
            .proved(format!(
                "It accepts a delivery that is signed with what is written at {}, sign by sign.",
                at(place)
            ))
            .ruling_out("It refuses one that is signed with the bare value.")
            .mended_by(rewriting(place)),
        );
    }
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
        .mended_by(rewriting(place))
    })
}

pub(super) fn encoded_twice(seen: &Seen) -> Option<Named> {
    if guess(seen) == Some(&Guess::Encoded) {
        return Some(
            Named::new(
                "Your app takes base64 of the secret for the secret: it is encoded once too often.",
                "Use the secret as it is; Polar's SDK encodes it by itself.",
            )
            .proved("It accepts a delivery that is signed with base64 of the secret.")
            .ruling_out("It refuses one that is signed with the secret itself."),
        );
    }
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
        .mended_by(rewriting(place))
    })
}

/// Only a part of the endpoint's secret.
pub(super) fn cut_off(seen: &Seen) -> Option<Named> {
    /// What is shorter may stand in it by chance.
    const SHORTEST: usize = 8;
    if guess(seen) == Some(&Guess::WithoutPrefix) {
        let place = place(seen)?;
        return Some(
            Named::new(
                "Your app cuts whsec_ off the secret before it makes a key of it, but the key is the whole secret.",
                "Use the whole secret, whsec_ included, or verify with Polar's SDK.",
            )
            .proved(format!("It accepts a delivery that is signed with the value at {} without whsec_.", at(place)))
            .ruling_out("It refuses one that is signed with the whole value."),
        );
    }
    let (place, polars) = differing(seen)?;
    let value = place.value.expose().trim();
    (value.len() >= SHORTEST && polars.contains(value)).then(|| {
        Named::new(
            format!("{} at {} is only a part of the endpoint's secret.", seen.env.secret_name, at(place)),
            "Write the whole secret as Polar has it, whsec_ included; then restart your app.",
        )
        .proved(format!(
            "The endpoint's secret has {} characters; {} of them stand there{}.",
            polars.chars().count(),
            value.chars().count(),
            if polars.starts_with(value) { ", from its beginning" } else { "" }
        ))
        .mended_by(rewriting(place))
    })
}

pub(super) fn other_endpoint(seen: &Seen) -> Option<Named> {
    if let Some(Guess::OtherEndpoint(url)) = guess(seen) {
        return Some(
            Named::new(
                format!("Your app verifies with the secret of another endpoint: {url}."),
                format!("Let it read {} from {}, and restart it.", seen.env.secret_name, seen.env.file),
            )
            .proved(format!("It accepts a delivery that is signed with the secret of {url}."))
            .ruling_out("It refuses one that is signed with the file's."),
        );
    }
    let (place, _) = differing(seen)?;
    let endpoint = endpoint(seen)?;
    let other = seen.polar.endpoints.as_ref()?.iter().find(|other| {
        other.id != endpoint.id && other.secret.as_ref().is_some_and(|secret| secret.expose() == place.value.expose())
    })?;
    Some(
        Named::new(
            format!("{} at {} is the secret of another endpoint: {}.", seen.env.secret_name, at(place), other.url),
            format!("Write the secret of {}: \"Write Polar's\", or polar-setup-cli setup in a terminal.", endpoint.url),
        )
        .proved(format!("It equals the secret of the endpoint {}.", other.url))
        .ruling_out(format!("It is not the secret of {}.", endpoint.url))
        .mended_by(rewriting(place)),
    )
}

/// Whether deliveries were accepted once, and the newest were refused.
fn came_to_be_refused(seen: &Seen) -> bool {
    let attempts = &seen.polar.attempts;
    let refused = attempts.first().is_some_and(|newest| matches!(newest.http_code, Some(400 | 401 | 403 | 422)));
    refused && attempts.iter().any(|attempt| attempt.succeeded)
}

/// An attempt that succeeded with what the file says to this day: it was the endpoint's secret then.
fn was_right_once(seen: &Seen) -> Option<&Attempt> {
    let (began, changed) = (seen.app.began?, seen.env.changed?);
    let is_since = |attempt: &&Attempt| {
        let at = SystemTime::from(attempt.created_at);
        attempt.succeeded && at > began && at > changed
    };
    seen.polar.attempts.iter().find(is_since).filter(|_| handler(seen).is_some_and(HandlerSeen::accepts))
}

pub(super) fn old(seen: &Seen) -> Option<Named> {
    let (place, _) = differing(seen)?;
    let once = was_right_once(seen);
    (came_to_be_refused(seen) || once.is_some()).then(|| {
        Named::new(
            format!("{} at {} is an old secret: it was replaced on Polar since.", seen.env.secret_name, at(place)),
            "Write the present one: \"Write Polar's\", or polar-setup-cli setup in a terminal; then restart your app.",
        )
        .proved("It is not the endpoint's secret on Polar.")
        .proved(match once {
            Some(attempt) => format!(
                "Your app, as it runs now with what the file says now, accepted {} from Polar: then it was the right one.",
                attempt.webhook_event.event_type
            ),
            None => "Your app accepted deliveries of this endpoint before, and refuses the newest.".to_owned(),
        })
        .mended_by(rewriting(place))
    })
}

/// No env file has it, and what the app has in its place is another one.
fn wrong_from_elsewhere(seen: &Seen) -> Option<Named> {
    endpoint(seen)?.secret.as_ref()?;
    let name = &seen.env.secret_name;
    let from = match guess(seen).filter(|_| seen.env.secret().is_none())? {
        Guess::Environment => format!("{name} from the environment that it was started with"),
        Guess::Variable(name, file) => format!("{name} from {file}"),
        Guess::Place(file) => format!("{name} from {file}"),
        _ => return None,
    };
    Some(
        Named::new(
            format!("Your app verifies with {from}, which is not the endpoint's secret on Polar."),
            "Write the endpoint's there, then restart your app.",
        )
        .proved("It accepts a delivery that is signed with that.")
        .proved("It refuses one that is signed with the endpoint's secret on Polar."),
    )
}

pub(super) fn wrong(seen: &Seen) -> Option<Named> {
    if let Some(named) = wrong_from_elsewhere(seen) {
        return Some(named);
    }
    let (place, polars) = differing(seen)?;
    Some(
        Named::new(
            format!("{} at {} is not the endpoint's secret on Polar.", seen.env.secret_name, at(place)),
            "Write the endpoint's: \"Write Polar's\", or polar-setup-cli setup in a terminal; then restart your app.",
        )
        .proved(format!(
            "The file has {} characters, ending in …{}; Polar {}, ending in …{}.",
            place.value.expose().chars().count(),
            tail(place.value.expose()),
            polars.chars().count(),
            tail(polars)
        ))
        .ruling_out("It is no other endpoint's secret, and no other spelling of the right one.")
        .mended_by(rewriting(place)),
    )
}

/// The last two characters: enough to tell two apart, too few to tell either.
fn tail(secret: &str) -> String {
    let count = secret.chars().count();
    if count < 8 { String::new() } else { secret.chars().skip(count - 2).collect() }
}
