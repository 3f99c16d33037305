//! Webhook secrets in Polar's own format.

use rand::RngExt;

use crate::{SecretText, polar::token};

/// What Polar's own webhook secrets begin with.
pub const PREFIX: &str = "whsec_";
/// The shortest secret that Polar accepts, in characters.
pub const MIN_LENGTH: usize = 32;

/// A new random secret: `whsec_`, 37 letters and digits (220 bits) from the operating system, and their checksum.
#[must_use]
pub fn generate() -> SecretText {
    SecretText::new(token::issue(PREFIX))
}

/// Why a secret that somebody brings along cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Polar wants at least 32 characters.
    #[error("This secret has {length} characters; Polar wants at least {MIN_LENGTH}.")]
    TooShort {
        /// How many characters it has.
        length: usize,
    },
    /// A blank or line break at the start, at the end or inside.
    #[error("There is a blank or a line break in this secret. Copy it again without it.")]
    Blank,
    /// Polar's own format, with a wrong checksum: cut off or mistyped.
    #[error("This looks like a secret made by Polar, but its checksum does not fit: it is cut off or mistyped.")]
    Mistyped,
}

/// Checks a secret that the user brings along. A `whsec_` secret of another make (any Standard Webhooks
/// library's) is fine; one of exactly Polar's length and alphabet must have Polar's checksum.
///
/// # Errors
/// What is wrong with it.
pub fn check_own(text: &str) -> Result<SecretText, SecretError> {
    let length = text.chars().count();
    if length < MIN_LENGTH {
        return Err(SecretError::TooShort { length });
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(SecretError::Blank);
    }
    if let Some(body) = text.strip_prefix(PREFIX)
        && body.len() == token::BODY_LENGTH
        && body.chars().all(|c| c.is_ascii_alphanumeric())
        && !token::checksum_fits(body)
    {
        return Err(SecretError::Mistyped);
    }
    Ok(SecretText::new(text))
}

/// Whether this has the form and the checksum of the secrets that Polar makes, which are also those of [`generate`].
#[must_use]
pub fn is_of_polars_form(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|body| {
        body.len() == token::BODY_LENGTH
            && body.chars().all(|sign| sign.is_ascii_alphanumeric())
            && token::checksum_fits(body)
    })
}

/// `length` random letters and digits from the operating system's generator.
pub(crate) fn random_alphanumeric(length: usize) -> String {
    let mut random = rand::rng();
    (0..length).map(|_| char::from(random.sample(rand::distr::Alphanumeric))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_secret_has_polars_format() {
        let secret = generate();
        assert_eq!(secret.expose().len(), 6 + 43);
        assert!(check_own(secret.expose()).is_ok());
        assert_ne!(secret, generate());
    }

    #[test]
    fn own_secrets_are_checked() {
        assert_eq!(check_own("short"), Err(SecretError::TooShort { length: 5 }));
        assert_eq!(check_own(&format!("{} ", "x".repeat(40))), Err(SecretError::Blank));
        assert!(check_own(&"x".repeat(32)).is_ok());
        assert_eq!(check_own("whsec_fpufi7BDvjUmYnAQuPWquGV6Xwy0HuQhJVwJE2lpPW7"), Err(SecretError::Mistyped));
        assert!(check_own("whsec_fpufi7BDvjUmYnAQuPWquGV6Xwy0HuQhJVwJE2lpPW6").is_ok());
    }
}
