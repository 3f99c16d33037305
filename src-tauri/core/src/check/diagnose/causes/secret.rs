//! What is wrong with the secret, the key and the signature.

use std::time::{Duration, SystemTime};

use base64::{Engine, engine::general_purpose::STANDARD};
use time::{OffsetDateTime, macros::datetime};
use url::Url;

use super::{
    super::{Answer, Guess, HandlerSeen, Mend, seen::SecretPlace},
    Known, Named, Seen,
    polar::endpoint,
};
use crate::{
    polar::{
        delivery::Attempt,
        endpoint::{Endpoint, OWN_NAME},
        http::is_loopback,
    },
    webhook::{
        secret,
        signature::{KeyRule, TOLERANCE_SECONDS},
    },
};

/// A start and a change of a file that are closer to each other are told apart by nobody.
const START_IS_KNOWN_TO: Duration = Duration::from_millis(50);
/// Since then the secrets that Polar makes become keys by the Standard Webhooks rule (polarsource/polar PRs 14102, 14117, 14400).
const STANDARD_SINCE: OffsetDateTime = datetime!(2026-09-08 0:00 UTC);

/// The file first, then what the app makes of it.
pub const KNOWN: &[Known] = &[
    Known::blocking("clock_off", clock),
    Known::blocking("variable_name", variable_name),
    Known::blocking("secret_missing", missing),
    Known::blocking("secret_not_read", not_read),
    Known::blocking("env_file_shadowed", shadowed),
    Known::blocking("secret_eaten", eaten),
    Known::blocking("secret_quoted", quoted),
    Known::blocking("secret_encoded_twice", encoded_twice),
    Known::blocking("secret_of_other_endpoint", other_endpoint),
    Known::blocking("secret_old", old),
    Known::blocking("secret_wrong", wrong),
    Known::blocking("body_reparsed", reparsed),
    Known::in_handler("header_case", header_case),
    Known::in_handler("not_restarted", not_restarted),
    Known::in_handler("key_rule", key_rule),
    Known::in_handler("altered_on_the_way", altered),
];

fn place(seen: &Seen) -> Option<&SecretPlace> {
    seen.env.secrets.first()
}

fn at(place: &SecretPlace) -> String {
    place.line.map_or_else(|| place.file.clone(), |line| format!("{}:{line}", place.file))
}

/// The secret written anew where it stands, spelled so that every reader gets it right.
fn rewriting(place: &SecretPlace) -> Mend {
    Mend::WriteSecret(place.file.clone())
}

/// The file's secret and the endpoint's on Polar, where they differ.
fn differing(seen: &Seen) -> Option<(&SecretPlace, &str)> {
    let place = place(seen).filter(|place| !place.value.expose().is_empty())?;
    let polars = endpoint(seen)?.secret.as_ref()?.expose();
    // An app that has the right one from elsewhere does not care what the file says.
    let has_it_anyway = handler(seen).is_some_and(HandlerSeen::verifies_with_polars);
    (place.value.expose() != polars && !has_it_anyway).then_some((place, polars))
}

fn guess(seen: &Seen) -> Option<&Guess> {
    handler(seen)?.verifies_with.as_ref()
}

/// Whether what is known of the secret or the body says why the handler fails with an error of its own.
pub(super) fn explains_an_error(seen: &Seen) -> bool {
    [variable_name, missing, not_read, reparsed, header_case].iter().any(|judge| judge(seen).is_some())
}

fn side(ahead: i64) -> String {
    format!("{} s {}", ahead.abs(), if ahead > 0 { "ahead of" } else { "behind" })
}

fn clock(seen: &Seen) -> Option<Named> {
    let is_off = |ahead: i64| ahead.abs() > TOLERANCE_SECONDS;
    let this = seen.polar.clock_ahead;
    let apps = first_answer(seen).and_then(|answer| answer.clock_ahead);
    // The app's clock against Polar's, which is what a delivery's time is compared with.
    let of_app = apps.map(|apps| apps + this.unwrap_or(0));
    if let (Some(apps), Some(off)) = (apps, of_app.filter(|off| is_off(*off)))
        && apps.abs() > TOLERANCE_SECONDS / 2
    {
        return Some(
            Named::new(
                format!("The clock that your app goes by is {} Polar's: it takes every delivery for more than five minutes off, and refuses it.", side(off)),
                "Set the clock where the app runs: a container or a virtual machine that slept is restarted; in a test, the clock that was set is let go.",
            )
            .proved(format!("The Date of your app's answers is {} this machine's clock.", side(apps)))
            .ruling_out(match this {
                Some(this) if !is_off(this) => "This machine's clock agrees with Polar's.",
                _ => "",
            }),
        );
    }
    let ahead = this.filter(|ahead| is_off(*ahead))?;
    // A third clock, far from here, tells which of the two is wrong.
    let third = seen.public.as_ref().and_then(|public| public.answer.clock_ahead).filter(|_| !is_local_answer(seen));
    let polars_is_wrong = third.is_some_and(|third| !is_off(third));
    Some(
        Named::new(
            format!("{}: a delivery's time is then more than five minutes off, and every handler refuses it.", if polars_is_wrong {
                format!("Polar's clock is {} this machine's", side(-ahead))
            } else {
                format!("This machine's clock is {} Polar's", side(ahead))
            }),
            if polars_is_wrong {
                "Look at the clock of the server that is asked: this machine's agrees with others."
            } else {
                "Set this machine's clock by the network's time (timedatectl set-ntp true; on macOS and Windows in the settings)."
            },
        )
        .proved("Polar's answers carry their time; it was compared with this machine's.")
        .ruling_out(if polars_is_wrong { "What answers at the public address goes by the same time as this machine." } else { "" }),
    )
}

/// Whether what answers at the endpoint's address goes by this machine's clock, or may.
fn is_local_answer(seen: &Seen) -> bool {
    seen.public.as_ref().is_none_or(|public| {
        public.answer.through_receiver || Url::parse(&public.url).is_ok_and(|url| is_loopback(&url))
    }) || handler(seen).is_some_and(HandlerSeen::accepts)
}

fn first_answer(seen: &Seen) -> Option<&Answer> {
    handler(seen).and_then(HandlerSeen::first)
}

fn variable_name(seen: &Seen) -> Option<Named> {
    if let (Some(Guess::Variable(name, file)), Some(place)) = (guess(seen), place(seen)) {
        return Some(
            Named::new(
                format!("Your app verifies with {name} from {file}, not with {}.", seen.env.secret_name),
                format!(
                    "Read {} in the code, or write the right value as {name}; then restart your app.",
                    seen.env.secret_name
                ),
            )
            .proved(format!("It accepts a delivery that is signed with the value of {name}."))
            .proved(format!("It refuses one that is signed with that at {}.", at(place))),
        );
    }
    if !seen.env.secrets.is_empty() || handler(seen).is_some_and(HandlerSeen::verifies_with_polars) {
        return None;
    }
    let polars = endpoint(seen).and_then(|endpoint| endpoint.secret.as_ref());
    let same = seen.env.others.iter().find(|(_, _, value)| Some(value) == polars).map(|(name, file, _)| (name, file));
    let is_same = same.is_some();
    let (name, file) = same.or(seen.env.other_name.as_ref().map(|(name, file)| (name, file)))?;
    Some(
        Named::new(
            format!("Your code reads {}, but {file} calls it {name}.", seen.env.secret_name),
            format!("Rename it to {} in {file}, then restart your app.", seen.env.secret_name),
        )
        .proved(format!("{} stands in no env file.", seen.env.secret_name))
        .mended_by(polars.map(|_| Mend::WriteSecret(file.clone())))
        .proved(format!("{file} has {name}{}.", if is_same { ", with the endpoint's secret on Polar" } else { "" }))
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
        .mended_by(Mend::WriteSecret(seen.env.file.clone()))
    })
}

/// The app verifies with nothing, although the file has something.
fn not_read(seen: &Seen) -> Option<Named> {
    if let (Some(Guess::Code(code)), Some(place)) = (guess(seen), place(seen)) {
        return Some(
            Named::new(
                format!(
                    "Your code has a secret of its own at {}{}; it does not take the one at {}.",
                    code.file,
                    line(code.line),
                    at(place)
                ),
                format!(
                    "Read {} there, and remove the secret from the code; then restart your app.",
                    seen.env.secret_name
                ),
            )
            .proved(format!("It accepts a delivery that is signed with the text at {}{}.", code.file, line(code.line)))
            .proved(format!("It refuses one that is signed with that at {}.", at(place))),
        );
    }
    guess(seen).filter(|guess| **guess == Guess::Nothing)?;
    Some(
        Named::new(
            format!("Your app gets no {}: it verifies with an empty secret.", seen.env.secret_name),
            format!(
                "Load {} where the app starts (node --env-file={}, import \"dotenv/config\", or your framework's way), \
                 and read the variable under the name that it has there.",
                seen.env.file, seen.env.file
            ),
        )
        .proved("It accepts a delivery that is signed with an empty secret.")
        .proved(place(seen).map_or_else(String::new, |place| format!("{} has one.", at(place)))),
    )
}

fn shadowed(seen: &Seen) -> Option<Named> {
    if let Some(named) = shadowed_by_environment(seen) {
        return Some(named);
    }
    if let (Some(Guess::Place(file)), Some(place)) = (guess(seen), place(seen)) {
        return Some(
            Named::new(
                format!("Your app takes {} from {file}, not from {}.", seen.env.secret_name, place.file),
                format!("Write the right value into {file}, or remove the line there; then restart your app."),
            )
            .proved(format!("It accepts a delivery that is signed with the value in {file}."))
            .proved(format!("It refuses one that is signed with that at {}.", at(place))),
        );
    }
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
        .proved(format!("{} holds another one, and is read in its place.", at(strongest)))
        .mended_by(rewriting(strongest)),
    )
}

fn shadowed_by_environment(seen: &Seen) -> Option<Named> {
    guess(seen).filter(|guess| **guess == Guess::Environment)?;
    let place = place(seen)?;
    Some(
        Named::new(
            format!(
                "{} was set in the environment when your app was started, which is stronger than {}.",
                seen.env.secret_name, place.file
            ),
            format!(
                "Unset it where you start the app (unset {}; in a compose file or a service, its environment), then start it anew.",
                seen.env.secret_name
            ),
        )
        .proved("Your app accepts a delivery that is signed with the environment's value.")
        .proved(format!("It refuses one that is signed with the value at {}.", at(place))),
    )
}

fn eaten(seen: &Seen) -> Option<Named> {
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

fn quoted(seen: &Seen) -> Option<Named> {
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

fn encoded_twice(seen: &Seen) -> Option<Named> {
    if guess(seen) == Some(&Guess::Encoded) {
        return Some(
            Named::new(
                "Your app encodes the secret in base64 before it hands it to the SDK, which does so itself.",
                "Hand the SDK the secret as it is.",
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

fn other_endpoint(seen: &Seen) -> Option<Named> {
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
            format!("Write the secret of {}: \"Write Polar's\" in the window, or polar-setup-cli setup.", endpoint.url),
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

fn old(seen: &Seen) -> Option<Named> {
    let (place, _) = differing(seen)?;
    came_to_be_refused(seen).then(|| {
        Named::new(
            format!("{} at {} is an old secret: it was replaced on Polar since.", seen.env.secret_name, at(place)),
            "Write the present one: \"Write Polar's\" in the window, or polar-setup-cli setup; then restart your app.",
        )
        .proved("It is not the endpoint's secret on Polar.")
        .proved("Your app accepted deliveries of this endpoint before, and refuses the newest.")
        .mended_by(rewriting(place))
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
        .ruling_out("It is no other endpoint's secret, and no other spelling of the right one.")
        .mended_by(rewriting(place)),
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
            handler.first().map(super::super::Answer::told).unwrap_or_default()
        ))
        .ruling_out("The file's secret is the endpoint's, as far as Polar was asked.")
    })
}

/// The one key rule that the handler takes, where it takes only one.
pub(super) fn only_rule(seen: &Seen) -> Option<KeyRule> {
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

fn key_rule(seen: &Seen) -> Option<Named> {
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

fn reparsed(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let named = Named::new(
        "Your handler verifies the body after it was parsed and written anew, not the bytes that arrived.",
        "Verify the raw body: express.raw({ type: \"application/json\" }) before any express.json(), await request.text(), await request.body() in Python, php://input in PHP; parse it afterwards.",
    )
    .link("https://polar.sh/docs/integrate/webhooks/delivery");
    if let Some(respelled) = handler.respelled.as_ref().filter(|answer| !answer.is_success() && handler.accepts()) {
        return Some(
            named
                .proved(format!("A delivery whose JSON is spelled otherwise, correctly signed, {}.", respelled.told()))
                .ruling_out("The same event in the usual spelling is accepted: secret and clock are right."),
        );
    }
    if let Some(language) = handler.only_spelled {
        return Some(
            named
                .proved(format!("A delivery that is spelled as {language} writes it, and signed as such, is accepted."))
                .proved("The same event as Polar spells it, correctly signed, is refused.")
                .ruling_out("Secret and clock are right."),
        );
    }
    if let Some(object) = &handler.as_object {
        return Some(
            named
                .proved(format!(
                    "Signed as if the body were the text [object Object], a delivery {}: that is what became of it.",
                    object.told()
                ))
                .ruling_out("With a forged signature the answer is another one."),
        );
    }
    let fails = first_answer(seen).filter(|answer| matches!(answer.status, Some(400..=599)) && !handler.accepts())?;
    let text = fails.text.to_lowercase();
    let says = ["expected payload to be of type string or buffer", "received an instance of object", "[object object]"]
        .into_iter()
        .find(|words| text.contains(words));
    if let Some(words) = says {
        return Some(named.proved(format!("Its answer says so: \"{words}\".")));
    }
    // The code alone is no proof; that and a handler that fails at every delivery, whatever its signature, is.
    let fails_at_all = handler.forged.as_ref().is_some_and(|forged| forged.status == fails.status);
    let place =
        seen.code.parses.as_ref().filter(|_| fails_at_all && guess(seen).is_none() && differing(seen).is_none())?;
    Some(
        named
            .proved(format!("{}{} parses the body, and nothing keeps the bytes.", place.file, line(place.line)))
            .proved(format!("Every delivery {}, whatever its signature.", fails.told())),
    )
}

fn line(line: Option<u32>) -> String {
    line.map(|line| format!(":{line}")).unwrap_or_default()
}

fn header_case(seen: &Seen) -> Option<Named> {
    let place = seen.code.capital_header.as_ref()?;
    let handler = handler(seen).filter(|handler| !handler.accepts() && handler.verifies_with.is_none())?;
    let answer = handler.first().filter(|answer| matches!(answer.status, Some(400..=599)))?;
    Some(
        Named::new(
            format!(
                "{}{} looks a header up with capitals; Node.js has all names in small letters, so it gets none.",
                place.file,
                line(place.line)
            ),
            "Look up webhook-id, webhook-timestamp and webhook-signature in small letters.",
        )
        .proved(format!("The code at {}{}.", place.file, line(place.line)))
        .proved(format!("A delivery with all three headers, correctly signed, {}.", answer.told()))
        .link("https://nodejs.org/api/http.html#messageheaders"),
    )
}

/// The app accepts a delivery here and refuses the same one through the public address.
fn altered(seen: &Seen) -> Option<Named> {
    let handler = handler(seen).filter(|handler| handler.accepts() || handler.verifies_with_polars())?;
    let public = seen.public.as_ref().filter(|public| public.answer.is_refusal())?;
    let forged = handler.forged.as_ref().filter(|forged| forged.is_refusal())?;
    // The secret that the address was asked with is the one that the app has.
    if differing(seen).is_some() {
        return None;
    }
    let headerless =
        handler.headerless.as_ref().filter(|answer| answer.is_like(&public.answer) && !answer.is_like(forged));
    if headerless.is_none() && !forged.is_like(&public.answer) {
        return None;
    }
    Some(
        Named::new(
            if headerless.is_some() {
                format!("Something between {} and your app takes the webhook-… headers away.", public.url)
            } else {
                format!("Something between {} and your app changes the body or the webhook-… headers.", public.url)
            },
            "Let the proxy pass webhook-id, webhook-timestamp, webhook-signature and the body on as they come (nginx: proxy_pass_request_headers on; underscores_in_headers; no rewriting of bodies).",
        )
        .proved("On this machine your app accepts a signed delivery.")
        .proved(format!("Through {} the same {}.", public.url, public.answer.told()))
        .proved(if headerless.is_some() {
            "That is what your app says to one without these headers, and not to a forged one."
        } else {
            "That is what your app says to a wrong signature."
        }),
    )
}
