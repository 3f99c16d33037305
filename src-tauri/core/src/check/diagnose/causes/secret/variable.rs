//! The variable: missing, called otherwise, set elsewhere, not read.

use super::{at, endpoint, guess, handler, line, place, rewriting};
use crate::check::diagnose::{Guess, HandlerSeen, Mend, Seen, causes::Named};

pub(super) fn variable_name(seen: &Seen) -> Option<Named> {
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

pub(super) fn missing(seen: &Seen) -> Option<Named> {
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
pub(super) fn not_read(seen: &Seen) -> Option<Named> {
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

pub(super) fn shadowed(seen: &Seen) -> Option<Named> {
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
