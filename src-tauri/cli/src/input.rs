//! What comes by standard input: the access token and the webhook secret, a line each.

use std::io::{self, BufRead, Read};

use polar_setup_core::SecretText;

use crate::run::Stop;

/// No token or secret is longer.
const LONGEST_LINE: u64 = 64 << 10;

/// What was piped in.
#[derive(Debug, Default)]
pub struct Piped {
    /// The access token.
    pub token: Option<SecretText>,
    /// The webhook secret.
    pub secret: Option<SecretText>,
}

/// Reads the lines that the flags announce.
pub async fn read(token: bool, secret: bool) -> Result<Piped, Stop> {
    if !token && !secret {
        return Ok(Piped::default());
    }
    let read = tokio::task::spawn_blocking(move || lines(&mut io::stdin().lock(), token, secret)).await;
    match read {
        Ok(Ok(piped)) => Ok(piped),
        Ok(Err(error)) => Err(Stop::Usage(format!("standard input cannot be read: {error}."))),
        Err(_) => Err(Stop::Failed),
    }
    .and_then(|piped| {
        if token && piped.token.is_none() {
            return Err(Stop::Usage("--token-stdin, but standard input holds no token.".into()));
        }
        if secret && piped.secret.is_none() {
            let line = if token { " in its second line" } else { "" };
            return Err(Stop::Usage(format!("--secret-stdin, but standard input holds no secret{line}.")));
        }
        Ok(piped)
    })
}

fn lines(input: &mut impl BufRead, token: bool, secret: bool) -> io::Result<Piped> {
    let token = if token { line(input)? } else { None };
    let secret = if secret { line(input)? } else { None };
    Ok(Piped { token, secret })
}

fn line(input: &mut impl BufRead) -> io::Result<Option<SecretText>> {
    let mut bytes = Vec::new();
    input.take(LONGEST_LINE).read_until(b'\n', &mut bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| io::Error::other("it is not text in UTF-8"))?;
    let text = text.trim_end_matches(['\n', '\r']);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Ok((!text.is_empty()).then(|| SecretText::new(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &str, token: bool, secret: bool) -> (Option<String>, Option<String>) {
        let piped = lines(&mut input.as_bytes(), token, secret).unwrap();
        let text = |secret: Option<SecretText>| secret.map(|secret| secret.expose().to_owned());
        (text(piped.token), text(piped.secret))
    }

    #[test]
    fn takes_a_line_each_in_their_order() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("one\r\ntwo\nthree", true, true), (some("one"), some("two")));
        assert_eq!(read("one\n", true, true), (some("one"), None));
        assert_eq!(read("one", false, true), (None, some("one")));
        assert_eq!(read("", true, false), (None, None));
    }
}
