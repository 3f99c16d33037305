//! The variable: missing, called otherwise, set elsewhere, not read.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    at, body::fails_at_all, differing, endpoint, guess, handler, line, loaded_before, may_be_loaded, place,
    reads_the_name, rewriting, value,
};
use crate::{
    check::diagnose::{Answer, Guess, HandlerSeen, Mend, SecretPlace, Seen, causes::Named},
    setup::view::Place,
};

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
    if let Some(named) = under_another(seen) {
        return Some(named);
    }
    if !seen.env.secrets.is_empty() || handler(seen).is_some_and(HandlerSeen::verifies_with_polars) {
        return None;
    }
    // By which name the code really reads it is only known where that was seen, or what Polar signs is refused.
    if !seen.env.name_is_read && !handler(seen).is_some_and(HandlerSeen::refuses_polars) {
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

/// The code reads one variable, and the endpoint's secret stands under another one.
fn under_another(seen: &Seen) -> Option<Named> {
    let (place, polars) = differing(seen)?;
    let (name, file, _) = seen.env.others.iter().find(|(_, _, value)| value.expose() == polars)?;
    let own = &seen.env.secret_name;
    Some(
        Named::new(
            format!("Your code reads {own}, but the endpoint's secret stands under {name} in {file}."),
            format!("Read {name} in the code, or write the secret as {own}; then restart your app."),
        )
        .proved(format!("{name} in {file} is the endpoint's secret on Polar."))
        .proved(format!("{own} at {} is another one.", at(place)))
        .mended_by(Mend::WriteSecret(place.file.clone())),
    )
}

pub(super) fn missing(seen: &Seen) -> Option<Named> {
    let has_another = guess(seen).is_some_and(|guess| *guess != Guess::Nothing)
        || seen.app.given_secret.as_ref().is_some_and(|given| !given.expose().is_empty());
    if seen.env.secret().is_some() || seen.env.other_name.is_some() || has_another {
        return None;
    }
    // Elsewhere, as in a shell or a container, it may be set: only an app that refuses what Polar signs proves that it is not.
    let refuses = seen.handler.as_ref().is_some_and(HandlerSeen::refuses_polars);
    (seen.env.exists && reads_the_name(seen) && refuses).then(|| {
        Named::new(
            format!("{} has no {}, so your app cannot verify what Polar sends.", seen.env.file, seen.env.secret_name),
            "Write it: \"Write and verify\", or polar-setup-cli setup in a terminal.",
        )
        .proved(format!("None of the env files has a value for {}.", seen.env.secret_name))
        .proved("Your app refuses a delivery that is signed as Polar signs it.")
        .mended_by(Mend::WriteSecret(seen.env.file.clone()))
    })
}

/// The app verifies with nothing, although the file has something.
pub(super) fn not_read(seen: &Seen) -> Option<Named> {
    let in_code = match guess(seen) {
        Some(Guess::Code(code)) if !is_cache(code) => Some(code),
        _ => None,
    };
    if let (Some(code), Some(place)) = (in_code, place(seen)) {
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
    let place = place(seen)?;
    let gets_none = || {
        Named::new(
            format!("Your app does not get {}, although {} has it.", seen.env.secret_name, place.file),
            how_to_load(seen),
        )
    };
    if guess(seen) == Some(&Guess::Nothing) {
        return Some(
            gets_none()
                .proved("It accepts a delivery that is signed with an empty secret.")
                .proved(format!("{} has one.", at(place))),
        );
    }
    let fails = handler(seen).and_then(|handler| fails_at_all(seen, handler));
    let ended = handler(seen).filter(|handler| handler.ended).and_then(HandlerSeen::first);
    if let Some(answer) = fails.or(ended).filter(|_| has_mark(seen)) {
        return Some(
            Named::new(
                format!("Your app does not get {}: {} begins with a byte order mark, which Node.js takes for the beginning of that name.", seen.env.secret_name, place.file),
                format!("Save {} as UTF-8 without a byte order mark (BOM), or begin it with an empty line; then restart your app.", place.file),
            )
            .proved(format!("The first bytes of {} are EF BB BF, and {} stands on its first line.", place.file, seen.env.secret_name))
            .proved("The app was started with --env-file.")
            .proved(if handler(seen).is_some_and(|handler| handler.ended) {
                format!("A delivery {}, and nothing listens since.", answer.told())
            } else {
                format!("Every delivery {}, whatever its signature.", answer.told())
            })
            .mended_by(rewriting(place)),
        );
    }
    let fails = fails?;
    if says_that_it_lacks_a_secret(fails) {
        return Some(
            gets_none()
                .proved(format!(
                    "It says so itself: every delivery {}, with words about a secret that is missing.",
                    fails.told()
                ))
                .proved(format!("{} has one.", at(place))),
        );
    }
    if let (Some(code), Some("node" | "MainThread")) = (&seen.code.workers_env, seen.app.program.as_deref()) {
        return Some(
            gets_none()
                .proved(format!("{}{} reads it from Workers' environment, and what listens is Node.js, which has none: there it is process.env.", code.file, line(code.line)))
                .proved(format!("Every delivery {}, whatever its signature.", fails.told())),
        );
    }
    let is_ours = seen.app.is_this_project == Some(true) && !seen.code.extension.is_empty();
    (is_ours && seen.app.has_no_secret && !seen.code.loads_env).then(|| {
        gets_none()
            .proved(format!(
                "The process that listens was started without {} in its environment.",
                seen.env.secret_name
            ))
            .proved("Neither its command line nor the project's code and manifests load an env file.")
            .proved(format!("Every delivery {}, whatever its signature.", fails.told()))
    })
}

/// Whether a byte order mark keeps Node.js from the secret's name.
pub(super) fn has_mark(seen: &Seen) -> bool {
    seen.env.has_mark && seen.app.by_env_file
}

/// What libraries and adapters say when they are handed no secret.
fn says_that_it_lacks_a_secret(answer: &Answer) -> bool {
    static SAYS: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r"(?i)secret[^.<{}]{0,40}(?:not[ _]?found|not set|missing|is required|undefined|can'?t be empty|cannot be empty|must be provided|not configured|not defined)|(?:missing|no)\s+(?:webhook |polar_webhook_)?secret";
        Regex::new(pattern).expect("the pattern is constant")
    });
    // "Bad signature or missing secret" may be about either.
    let is_other =
        |words: &str| [" or ", "mismatch", "invalid", "bad ", "wrong"].iter().any(|word| words.contains(word));
    SAYS.find(&answer.text).is_some_and(|hit| {
        let line = answer.text[..hit.start()].rfind(['\n', '>', '"']).map_or(0, |at| at + 1);
        let end = answer.text[hit.end()..].find(['\n', '<', '"']).map_or(answer.text.len(), |at| hit.end() + at);
        !is_other(&answer.text[line..end].to_lowercase())
    })
}

/// Where a framework keeps what it once read from the env files.
fn is_cache(code: &Place) -> bool {
    code.file.ends_with("bootstrap/cache/config.php")
}

fn how_to_load(seen: &Seen) -> String {
    let (name, file) = (&seen.env.secret_name, &seen.env.file);
    match seen.code.extension.as_str() {
        "py" => format!(
            "Load {file} where the app starts (load_dotenv() of python-dotenv, or uvicorn --env-file {file}), and read {name} after that."
        ),
        "php" => format!(
            "Load {file} where the app starts (Dotenv\\Dotenv::createImmutable(__DIR__)->load()), and read $_ENV[\"{name}\"]: getenv() sees it only after createUnsafeImmutable."
        ),
        "go" => {
            format!("Load {file} where the app starts (godotenv.Load()), and read os.Getenv(\"{name}\") after that.")
        }
        "rb" => format!("Load {file} where the app starts (the gem dotenv), and read ENV[\"{name}\"] after that."),
        _ => format!(
            "Load {file} where the app starts (node --env-file={file}, import \"dotenv/config\", or your framework's way), and read the variable under the name that it has there."
        ),
    }
}

pub(super) fn shadowed(seen: &Seen) -> Option<Named> {
    if let Some(named) = shadowed_by_environment(seen) {
        return Some(named);
    }
    if let (Some(Guess::Code(code)), Some(place)) = (guess(seen), place(seen))
        && is_cache(code)
    {
        return Some(
            Named::new(
                format!(
                    "Your app takes {} from its cached configuration, not from {}.",
                    seen.env.secret_name, place.file
                ),
                "Clear the cache: php artisan config:clear",
            )
            .proved(format!("It accepts a delivery that is signed with the text at {}{}.", code.file, line(code.line)))
            .proved(format!("It refuses one that is signed with that at {}.", at(place))),
        );
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
    let Some(right) = seen.env.secrets.iter().skip(1).find(|place| place.value.expose() == polars) else {
        return not_the_one_read(seen, strongest, polars);
    };
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

/// The right one stands in an env file that the app does not read.
fn not_the_one_read(seen: &Seen, read: &SecretPlace, polars: &str) -> Option<Named> {
    differing(seen)?;
    let (file, _) = seen.env.strays.iter().find(|(_, value)| value.expose() == polars)?;
    let name = &seen.env.secret_name;
    Some(
        Named::new(
            format!("{name} in {file} is right, but your app reads {}, which has another one.", read.file),
            format!("Write the right value at {}, or let the app read {file}; then restart it.", at(read)),
        )
        .proved(format!("{file} holds the endpoint's secret."))
        .proved(format!("{} holds another one, and the code or the framework reads that file.", at(read)))
        .mended_by(rewriting(read)),
    )
}

fn shadowed_by_environment(seen: &Seen) -> Option<Named> {
    guess(seen).filter(|guess| **guess == Guess::Environment)?;
    // It is the file's, with what its reader took for a part of it.
    if value::kept_with_it(seen).is_some() {
        return None;
    }
    // What a reloader or a starter read from the file before it was changed is an older file's, and no other place's.
    if loaded_before(seen) || may_be_loaded(seen) {
        return None;
    }
    let place = place(seen)?;
    let is_empty = seen.app.given_secret.as_ref().is_some_and(|given| given.expose().is_empty());
    Some(
        Named::new(
            format!(
                "{} was set {} when your app was started, which is stronger than {}.",
                seen.env.secret_name,
                if is_empty { "to nothing in the environment" } else { "in the environment" },
                place.file
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
