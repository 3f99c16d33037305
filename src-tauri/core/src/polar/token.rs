//! Access tokens as Polar makes them: their kinds, their shape, and the checksum that tells a mistyped one offline.

use crate::{SecretText, webhook::secret::random_alphanumeric};

/// What an organization access token begins with.
pub const PREFIX: &str = "polar_oat_";
/// Letters, digits and checksum after the prefix.
pub const BODY_LENGTH: usize = RANDOM_LENGTH + CHECKSUM_LENGTH;

const RANDOM_LENGTH: usize = 37;
const CHECKSUM_LENGTH: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Other texts that people paste instead, by prefix, the longest first.
const OTHER_KINDS: [(&str, &str); 13] = [
    ("polar_pat_", "a personal access token"),
    ("polar_at_o_", "an OAuth access token of an organization"),
    ("polar_at_u_", "an OAuth access token of a user"),
    ("polar_rt_o_", "an OAuth refresh token"),
    ("polar_rt_u_", "an OAuth refresh token"),
    ("polar_ac_", "an OAuth authorization code"),
    ("polar_ci_", "an OAuth client id"),
    ("polar_cs_", "an OAuth client secret"),
    ("polar_crt_", "a client registration token"),
    ("polar_cst_", "a customer session token"),
    ("polar_mst_", "a member session token"),
    ("polar_us_", "a user session"),
    ("whsec_", "a webhook secret"),
];

/// An organization access token whose shape and checksum are right. Whether Polar accepts it is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken(SecretText);

/// Why a pasted text is not an organization access token. No message repeats the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing was pasted.
    #[error("Nothing was pasted. An organization access token begins with polar_oat_.")]
    Empty,
    /// A blank or line break inside.
    #[error("There is a blank or a line break inside this token. Copy it again in one piece.")]
    Blank,
    /// Another of Polar's credentials.
    #[error("This is {0}, not an organization access token. The one needed here begins with polar_oat_.")]
    OtherKind(&'static str),
    /// Nothing that Polar makes.
    #[error("This is not an organization access token: those begin with polar_oat_.")]
    UnknownPrefix,
    /// Too short.
    #[error("This token is cut off: it has 53 characters when whole, and lacks {missing} at the end.")]
    CutOff {
        /// How many characters are missing.
        missing: usize,
    },
    /// Too long.
    #[error("This token is {extra} characters too long: something else was copied with it.")]
    TooLong {
        /// How many characters are too many.
        extra: usize,
    },
    /// The right length, and a wrong checksum or a character that no token has.
    #[error("This token has a wrong character: its checksum does not fit. Copy it again instead of typing it.")]
    Mistyped,
}

impl TokenError {
    /// What to do about it.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::OtherKind(_) | Self::UnknownPrefix => {
                "Make an organization access token on Polar's page: in the organization's settings, not those of your account."
            }
            Self::Empty | Self::Blank | Self::CutOff { .. } | Self::TooLong { .. } | Self::Mistyped => {
                "Copy the whole token from Polar's page: it is shown once, when it is made. Else make a new one."
            }
        }
    }
}

impl AccessToken {
    /// Reads a pasted token. Blanks and line breaks around it are forgiven; quotes and a leading
    /// `POLAR_ACCESS_TOKEN=` or `Bearer ` too, because that is how tokens get copied.
    ///
    /// # Errors
    /// What is wrong with it, known without asking Polar.
    pub fn parse(pasted: &str) -> Result<Self, TokenError> {
        let mut text = pasted.trim();
        for wrapping in ["export ", "POLAR_ACCESS_TOKEN=", "Bearer "] {
            text = text.strip_prefix(wrapping).unwrap_or(text);
        }
        Self::parse_exact(text.trim_matches(['"', '\'', '`']).trim())
    }

    /// Reads a token that stands by itself, such as the value in an env file: nothing around it is forgiven.
    ///
    /// # Errors
    /// What is wrong with it, known without asking Polar.
    pub fn parse_exact(text: &str) -> Result<Self, TokenError> {
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(TokenError::Blank);
        }
        let Some(body) = text.strip_prefix(PREFIX) else {
            let kind = OTHER_KINDS.iter().find(|(prefix, _)| text.starts_with(prefix));
            return Err(kind.map_or(TokenError::UnknownPrefix, |(_, name)| TokenError::OtherKind(name)));
        };
        let length = body.chars().count();
        if length < BODY_LENGTH {
            return Err(TokenError::CutOff { missing: BODY_LENGTH - length });
        }
        if length > BODY_LENGTH {
            return Err(TokenError::TooLong { extra: length - BODY_LENGTH });
        }
        if !checksum_fits(body) {
            return Err(TokenError::Mistyped);
        }
        Ok(Self(SecretText::new(text)))
    }

    /// A new token as Polar would issue it, for the practice Polar.
    #[must_use]
    pub fn issue() -> Self {
        Self(SecretText::new(issue(PREFIX)))
    }

    /// The token itself, for the `Authorization` header, the vault and the `.env`.
    #[must_use]
    pub const fn secret(&self) -> &SecretText {
        &self.0
    }
}

/// `prefix`, 37 random letters and digits, and their checksum: the way Polar makes tokens and webhook secrets.
#[must_use]
pub fn issue(prefix: &str) -> String {
    let random = random_alphanumeric(RANDOM_LENGTH);
    let checksum = checksum(&random);
    format!("{prefix}{random}{checksum}")
}

/// Whether the last six of these 43 characters are the checksum of the others.
#[must_use]
pub fn checksum_fits(body: &str) -> bool {
    body.is_ascii()
        && body.len() == BODY_LENGTH
        && body.bytes().all(|b| b.is_ascii_alphanumeric())
        && body[RANDOM_LENGTH..] == checksum(&body[..RANDOM_LENGTH])
}

/// CRC-32 as base 62, left-padded with `0` to six digits.
fn checksum(random: &str) -> String {
    let mut rest = crc32fast::hash(random.as_bytes()) as usize;
    let mut digits = [b'0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[rest % 62];
        rest /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "polar_oat_LfqNVkXkQc7VrDBWfyiWNcCTMGuXz8Ktg6XuF3iIzEh";

    fn error(text: &str) -> TokenError {
        AccessToken::parse(text).unwrap_err()
    }

    #[test]
    fn accepts_tokens_of_the_real_server_and_its_own() {
        assert!(AccessToken::parse(GOOD).is_ok());
        assert!(AccessToken::parse("polar_oat_4KLfD8GdLgHgzUnBcwGErzMmWzxoSv5wi4IXb1ZzE3s").is_ok());
        assert!(AccessToken::parse(AccessToken::issue().secret().expose()).is_ok());
    }

    #[test]
    fn forgives_what_copying_adds() {
        for text in [format!("  {GOOD}\n"), format!("POLAR_ACCESS_TOKEN=\"{GOOD}\""), format!("Bearer {GOOD}")] {
            assert!(AccessToken::parse(&text).is_ok());
        }
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(error(" "), TokenError::Empty);
        assert_eq!(error("polar_oat_Lfq NVk"), TokenError::Blank);
        assert_eq!(error("polar_pat_abc"), TokenError::OtherKind("a personal access token"));
        assert_eq!(error("hello"), TokenError::UnknownPrefix);
        assert_eq!(error(&GOOD[..50]), TokenError::CutOff { missing: 3 });
        assert_eq!(error(&format!("{GOOD}ab")), TokenError::TooLong { extra: 2 });
        assert_eq!(error(&GOOD.replace("Lfq", "Lfr")), TokenError::Mistyped);
        assert_eq!(error(&GOOD.replace("Lfq", "Lf-")), TokenError::Mistyped);
    }

    #[test]
    fn no_message_repeats_the_token() {
        for text in [&GOOD[..50], &GOOD.replace("Lfq", "Lfr"), "polar_pat_secretsecret"] {
            assert!(!error(text).to_string().contains(&text[10..14]));
        }
    }
}
