//! Finding tokens and known secrets in bytes.

use memchr::memmem::Finder;

use crate::{
    SecretText,
    polar::token::{BODY_LENGTH, PREFIX, checksum_fits},
    setup::view::LeakKind,
};

/// A text this short is no secret, and would be found everywhere.
const SHORTEST: usize = 8;

/// What is looked for.
pub(super) struct Needles {
    token: Finder<'static>,
    given: Vec<(SecretText, Finder<'static>)>,
}

/// One secret in some bytes.
pub(super) struct Found {
    pub(super) kind: LeakKind,
    pub(super) secret: SecretText,
    /// Where it begins.
    pub(super) at: usize,
}

impl Needles {
    pub(super) fn new(secrets: &[SecretText]) -> Self {
        let given = secrets
            .iter()
            .filter(|secret| secret.expose().len() >= SHORTEST)
            .map(|secret| (secret.clone(), Finder::new(secret.expose().as_bytes()).into_owned()))
            .collect();
        Self { token: Finder::new(PREFIX).into_owned(), given }
    }

    /// Whether this is one of the secrets that were given.
    pub(super) fn is_given(&self, secret: &SecretText) -> bool {
        self.given.iter().any(|(given, _)| given == secret)
    }

    /// Each place of each secret.
    pub(super) fn find(&self, bytes: &[u8], mut found: impl FnMut(Found)) {
        for at in self.token.find_iter(bytes) {
            if let Some(token) = token_at(bytes, at) {
                found(Found { kind: LeakKind::Token, secret: SecretText::new(token), at });
            }
        }
        for (secret, finder) in &self.given {
            // Tokens were found above, where only a whole one counts.
            if !secret.expose().starts_with(PREFIX) {
                for at in finder.find_iter(bytes) {
                    found(Found { kind: LeakKind::WebhookSecret, secret: secret.clone(), at });
                }
            }
        }
    }

    /// The text with every secret in it masked: subjects and paths can hold them too.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        self.find(text.as_bytes(), |found| clean = clean.replace(found.secret.expose(), &found.secret.masked()));
        clean
    }
}

/// The token that begins here, if its length, its checksum and what stands around it are right.
fn token_at(bytes: &[u8], at: usize) -> Option<&str> {
    let end = at + PREFIX.len() + BODY_LENGTH;
    let body = std::str::from_utf8(bytes.get(at + PREFIX.len()..end)?).ok()?;
    let goes_on = bytes.get(end).is_some_and(|&byte| is_word(byte));
    let begins_before = at > 0 && is_word(bytes[at - 1]) && !is_escape(&bytes[..at]);
    (!goes_on && !begins_before && checksum_fits(body)).then(|| std::str::from_utf8(&bytes[at..end]).ok())?
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether these bytes end with `\n`, `\t`, `\r` or `%3D` as strings and addresses write them.
fn is_escape(before: &[u8]) -> bool {
    matches!(before, [.., b'\\', b'n' | b't' | b'r'])
        || matches!(before, [.., b'%', one, two] if one.is_ascii_hexdigit() && two.is_ascii_hexdigit())
}

/// The line, from 1, that this byte is on.
pub(super) fn line_of(bytes: &[u8], at: usize) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', &bytes[..at]).count()).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::polar::token::AccessToken;

    fn count(text: &str) -> usize {
        let mut count = 0;
        Needles::new(&[]).find(text.as_bytes(), |_| count += 1);
        count
    }

    #[test]
    fn only_whole_tokens_count() {
        let token = AccessToken::issue();
        let token = token.secret().expose();
        for around in
            [token.to_owned(), format!("A={token}\n"), format!("\"a\\n{token}\\n\""), format!("?a%3D{token}&")]
        {
            assert_eq!(count(&around), 1);
        }
        let last = if token.ends_with('0') { "1" } else { "0" };
        let wrong = format!("{}{last}", &token[..52]);
        for miss in [wrong, token[..52].to_owned(), format!("{token}a"), format!("{token}_"), format!("x{token}")] {
            assert_eq!(count(&miss), 0);
        }
    }
}
