//! Secrets that an app may verify with in place of the one in its env file: what it accepts tells which one it has.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use regex::Regex;

use super::super::{AppSeen, EnvSeen, Guess, PolarSeen, SecretPlace};
use crate::{SecretText, project::HandlerCode};

/// How many are tried at most.
const MOST: usize = 40;

/// How many texts of the code, and other variables, at most.
const MOST_TEXTS: usize = 6;

/// A secret, and whose it is.
pub struct Guessed {
    pub guess: Guess,
    pub secret: SecretText,
    /// By the other rule it would be another secret's key.
    pub by_own_rule_only: bool,
}

/// Without the file's own and the endpoint's, which are tried anyway.
pub fn all(env: &EnvSeen, app: &AppSeen, polar: &PolarSeen, code: &HandlerCode) -> Vec<Guessed> {
    let own = env.secret().map(SecretText::expose).unwrap_or_default();
    let mut guesses: Vec<Guessed> = Vec::new();
    let mut push = |guess: Guess, secret: &str| {
        let is_nothing = secret.is_empty() && guess != Guess::Nothing && guess != Guess::Environment;
        let known = is_nothing || secret == own || guesses.iter().any(|known| known.secret.expose() == secret);
        if !known && guesses.len() < MOST {
            let by_own_rule_only = matches!(guess, Guess::Encoded | Guess::WithoutPrefix);
            guesses.push(Guessed { guess, secret: SecretText::new(secret), by_own_rule_only });
        }
    };
    let given = app.given_secret.as_ref().map(SecretText::expose);
    // What a line break makes of the file's is told by the environment itself; else what can be the file's line is that.
    if let Some(given) = given.filter(|given| given.trim() == own) {
        push(Guess::Environment, given);
    }
    if let Some(place) = env.secrets.first() {
        as_read(place, env, &mut push);
    }
    if let Some(given) = given {
        push(Guess::Environment, given);
    }
    for place in env.secrets.iter().skip(1) {
        push(Guess::Place(place.file.clone()), place.value.expose());
    }
    for (file, value) in &env.strays {
        push(Guess::Place(file.clone()), value.expose());
    }
    for (name, file, value) in env.others.iter().filter(|(name, ..)| may_be_secret(name)).take(MOST_TEXTS) {
        push(Guess::Variable(name.clone(), file.clone()), value.expose());
    }
    for (text, place) in code.texts.iter().take(MOST_TEXTS) {
        push(Guess::Code(place.clone()), text.expose());
    }
    for endpoint in polar.endpoints.iter().flatten() {
        if let Some(secret) = &endpoint.secret
            && polar.endpoint.as_ref().is_none_or(|(own, _)| own.id != endpoint.id)
        {
            push(Guess::OtherEndpoint(endpoint.url.clone()), secret.expose());
        }
    }
    if !own.is_empty() {
        push(Guess::AsWritten, &format!("{own}\n"));
        push(Guess::AsWritten, &format!("{own}\r"));
        let body = own.strip_prefix("whsec_").unwrap_or(own);
        push(Guess::WithoutPrefix, body);
        for text in [own, body] {
            let encoded = STANDARD.encode(text);
            push(Guess::Encoded, &encoded);
            push(Guess::Encoded, &format!("whsec_{encoded}"));
        }
    }
    push(Guess::Nothing, "");
    push(Guess::Nothing, "undefined");
    push(Guess::Nothing, "None");
    guesses
}

/// What readers that know no quotes, comments or variables, or too much of them, make of the line.
fn as_read(place: &SecretPlace, env: &EnvSeen, push: &mut impl FnMut(Guess, &str)) {
    static VARIABLE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\$(?:\{[^}]*\}|\w+)").expect("the pattern is constant"));
    let written = place.written.expose().trim_end_matches(['\r', '\n']);
    for spelled in [written, written.trim()] {
        push(Guess::AsWritten, spelled);
    }
    let bare = written.trim().trim_matches(['"', '\'', '`']);
    if bare.contains('$') {
        push(Guess::Eaten('$'), &VARIABLE.replace_all(bare, ""));
    }
    if let Some((before, _)) = bare.split_once('#') {
        push(Guess::Eaten('#'), before.trim_end());
        push(Guess::AsWritten, bare);
    }
    if bare.contains("${") || bare.contains('$') {
        let value =
            |name: &str| env.others.iter().find(|(known, ..)| known == name).map(|(_, _, value)| value.expose());
        let expanded = VARIABLE.replace_all(bare, |hit: &regex::Captures<'_>| {
            let name = hit[0].trim_matches(['$', '{', '}']).split(':').next().unwrap_or_default().to_owned();
            value(&name).unwrap_or_default().to_owned()
        });
        push(Guess::Eaten('$'), &expanded);
    }
    if let Some((before, _)) = bare.split_once('=') {
        push(Guess::Eaten('='), before);
    }
}

fn may_be_secret(name: &str) -> bool {
    ["SECRET", "KEY", "WEBHOOK"].iter().any(|word| name.to_uppercase().contains(word))
}
