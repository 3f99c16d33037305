//! What is wrong with the secret, the key and the signature.

mod body;
mod clock;
pub(super) mod key;
mod value;
mod variable;

use std::time::{Duration, SystemTime};

use super::{Known, polar::endpoint};
use crate::check::diagnose::{Answer, Guess, HandlerSeen, Mend, Seen, seen::SecretPlace};

/// The file first, then what the app makes of it.
pub const KNOWN: &[Known] = &[
    Known::blocking("clock_off", clock::clock),
    Known::blocking("variable_name", variable::variable_name),
    Known::blocking("secret_missing", variable::missing),
    Known::blocking("secret_not_read", variable::not_read),
    Known::blocking("env_file_shadowed", variable::shadowed),
    Known::blocking("secret_eaten", value::eaten),
    Known::blocking("secret_quoted", value::quoted),
    Known::blocking("secret_encoded_twice", value::encoded_twice),
    Known::blocking("secret_cut_off", value::cut_off),
    Known::blocking("secret_of_other_endpoint", value::other_endpoint),
    Known::blocking("secret_old", value::old),
    Known::blocking("secret_wrong", value::wrong),
    Known::blocking("body_reparsed", body::reparsed),
    Known::in_handler("header_case", body::header_case),
    Known::in_handler("not_restarted", key::not_restarted),
    Known::in_handler("key_rule", key::key_rule),
    Known::in_handler("altered_on_the_way", body::altered),
];

/// Whether what is known of the secret or the body says why the handler fails with an error of its own.
pub(super) fn explains_an_error(seen: &Seen) -> bool {
    [variable::variable_name, variable::missing, variable::not_read, body::reparsed, body::header_case, key::key_rule]
        .iter()
        .any(|judge| judge(seen).is_some())
}

/// Whether the app surely lacks the secret, by its file alone.
pub(super) fn lacks_it(seen: &Seen) -> bool {
    variable::has_mark(seen)
}

fn place(seen: &Seen) -> Option<&SecretPlace> {
    seen.env.secrets.first()
}

fn at(place: &SecretPlace) -> String {
    place.line.map_or_else(|| place.file.clone(), |line| format!("{}:{line}", place.file))
}

/// The secret written anew where it stands, spelled so that every reader gets it right; a file that holds nothing else is
/// no env file.
fn rewriting(place: &SecretPlace) -> Option<Mend> {
    place.line.map(|_| Mend::WriteSecret(place.file.clone()))
}

/// The file's secret and the endpoint's on Polar, where they differ.
fn differing(seen: &Seen) -> Option<(&SecretPlace, &str)> {
    let place = place(seen).filter(|place| !place.value.expose().is_empty())?;
    let polars = endpoint(seen)?.secret.as_ref()?.expose();
    // An app that has the right one from elsewhere does not care what the file says.
    let has_it_anyway = handler(seen).is_some_and(HandlerSeen::verifies_with_polars);
    // Readers that expand variables take a backslash before the $ away.
    let is_escaped = place.value.expose().replace("\\$", "$") == polars;
    (place.value.expose() != polars && !is_escaped && !has_it_anyway).then_some((place, polars))
}

/// Whether the app refuses what Polar signs, as the file's secret is another one: what it does after it found a signature
/// right Polar never comes to.
pub(super) fn is_deaf_to_polar(seen: &Seen) -> bool {
    let is_refused = |handler: &HandlerSeen| {
        handler.refuses_polars() && handler.first().is_some_and(|first| !handler.is_as_forged(first))
    };
    differing(seen).is_some() && handler(seen).is_some_and(is_refused) || key::refuses_polars_rule(seen)
}

/// What the app verifies with in place of the file's secret; an app that has the endpoint's is right, whatever the file says.
fn guess(seen: &Seen) -> Option<&Guess> {
    handler(seen).filter(|handler| !handler.verifies_with_polars())?.verifies_with.as_ref()
}

/// A start and a change of a file that are closer to each other are told apart by nobody.
const START_IS_KNOWN_TO: Duration = Duration::from_millis(50);

fn is_before(start: SystemTime, change: SystemTime) -> bool {
    start + START_IS_KNOWN_TO < change
}

/// Whether what put the secret into the app's environment began before the env file was last changed.
fn loaded_before(seen: &Seen) -> bool {
    matches!((seen.app.loaded, seen.env.changed), (Some(loaded), Some(changed)) if is_before(loaded, changed))
}

/// Whether the code reads the variable, as far as a handler was seen in the folder at all.
fn reads_the_name(seen: &Seen) -> bool {
    seen.env.name_is_read || seen.code.extension.is_empty()
}

/// Whether the app has another secret in its environment than the file's, and was started before the file was last changed:
/// who put it there, and by which file, nobody can tell then.
pub(super) fn may_be_loaded(seen: &Seen) -> bool {
    let was_before =
        matches!((seen.app.began, seen.env.changed), (Some(began), Some(changed)) if is_before(began, changed));
    was_before && seen.app.loaded.is_none() && guess(seen) == Some(&Guess::Environment)
}

fn first_answer(seen: &Seen) -> Option<&Answer> {
    handler(seen).and_then(HandlerSeen::first)
}

fn handler(seen: &Seen) -> Option<&HandlerSeen> {
    seen.handler.as_ref()
}

fn line(line: Option<u32>) -> String {
    line.map(|line| format!(":{line}")).unwrap_or_default()
}
