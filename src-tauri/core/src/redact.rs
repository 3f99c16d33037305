//! Takes out of a text what is a secret, or looks like one, before anybody sees it.

use std::sync::LazyLock;

use regex::Regex;

use crate::SecretText;

/// What stands in its place.
const DOTS: &str = "••••";
/// A known secret shorter than this many bytes would take ordinary words out.
const SHORTEST: usize = 8;

/// Texts of the shape of secrets: what follows "authtoken", ngrok's and Polar's tokens, Polar's webhook secrets.
static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
        (?P<before>(?i:auth-?token["':=\s]+))[A-Za-z0-9_-]{8,}
        | \b[A-Za-z0-9]{20,}_[A-Za-z0-9]{15,}\b
        | \bpolar_[a-z]+_[A-Za-z0-9_-]{8,}
        | \bwhsec_[A-Za-z0-9+/=_-]{8,}"#,
    )
    .ok()
});

/// The text without these secrets, and without what has the shape of one.
#[must_use]
pub fn redacted(text: &str, known: &[SecretText]) -> String {
    let mut text = text.to_owned();
    for secret in known.iter().filter(|secret| secret.expose().len() >= SHORTEST) {
        text = text.replace(secret.expose(), DOTS);
    }
    SHAPES
        .as_ref()
        .map_or_else(String::new, |shapes| shapes.replace_all(&text, format!("${{before}}{DOTS}")).into_owned())
}
