//! The account at a tunnel's service: its authtoken, which goes to the keyring and to the program, and its own address.

use super::{
    IntentError, Setup,
    view::{AuthtokenView, PublicWay},
};
use crate::{
    SecretText,
    tunnel::Provider,
    vault::{Keeping, VaultKey},
};

/// No authtoken is shorter, in characters.
const SHORTEST: usize = 20;

/// What is known of the authtoken.
#[derive(Debug, Default)]
pub(super) struct Authtoken {
    secret: Option<SecretText>,
    keeping: Option<Keeping>,
    problem: Option<String>,
    /// Whether the vault was asked for one of an earlier run.
    looked: bool,
}

impl Authtoken {
    pub fn view(&self) -> AuthtokenView {
        let reason = self.keeping.as_ref().and_then(|keeping| keeping.reason.clone());
        AuthtokenView {
            masked: self.secret.as_ref().map(SecretText::masked),
            kept: self.keeping.as_ref().map(|keeping| keeping.kept),
            problem: self.problem.clone().or(reason),
        }
    }
}

impl Setup {
    /// Takes an authtoken and keeps it. One that cannot be one is no error: the view tells.
    ///
    /// # Errors
    /// No program that takes one is chosen.
    pub async fn set_authtoken(&self, typed: &SecretText) -> Result<(), IntentError> {
        let provider = self.provider_with_authtoken()?;
        match read(typed) {
            Err(problem) => self.change(|state| state.public.authtoken.problem = Some(problem)),
            Ok(secret) => {
                let keeping = self.0.vault.keep(&VaultKey::authtoken(provider.name()), &secret).await;
                self.change(|state| {
                    state.public.authtoken =
                        Authtoken { secret: Some(secret), keeping: Some(keeping), problem: None, looked: true };
                });
            }
        }
        Ok(())
    }

    /// Forgets the authtoken.
    ///
    /// # Errors
    /// No program that takes one is chosen, or the keyring does not let it go.
    pub async fn forget_authtoken(&self) -> Result<(), IntentError> {
        let provider = self.provider_with_authtoken()?;
        let gone = self.0.vault.forget(&VaultKey::authtoken(provider.name())).await;
        gone.map_err(|error| IntentError::Invalid(error.to_string()))?;
        self.change(|state| state.public.authtoken = Authtoken { looked: true, ..Authtoken::default() });
        Ok(())
    }

    /// The authtoken for this program, if one was entered in this run or an earlier one.
    pub(super) async fn authtoken(&self, provider: Provider) -> Option<SecretText> {
        provider.authtoken_variable()?;
        if !self.lock().public.authtoken.looked {
            let found = self.0.vault.get(&VaultKey::authtoken(provider.name())).await;
            self.change(|state| {
                let known = &mut state.public.authtoken;
                known.looked = true;
                if let (None, Some(found)) = (&known.secret, found) {
                    known.secret = Some(found.secret);
                    known.keeping = Some(found.keeping);
                }
            });
        }
        self.lock().public.authtoken.secret.clone()
    }

    fn provider_with_authtoken(&self) -> Result<Provider, IntentError> {
        let state = self.lock();
        let chosen = state.public.program.as_deref().filter(|_| state.public.way == PublicWay::Tunnel);
        let provider = chosen.and_then(Provider::from_name).filter(|provider| provider.authtoken_variable().is_some());
        provider.ok_or_else(|| IntentError::NotYet("Choose a tunnel program that takes an authtoken first.".into()))
    }
}

/// An authtoken as it was pasted, perhaps within the command that its page shows.
fn read(typed: &SecretText) -> Result<SecretText, String> {
    let text = typed.expose().trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    let [token] = words[..] else {
        return match (words.first(), words.last()) {
            (Some(&"ngrok"), Some(token)) if words.len() > 2 => read(&SecretText::new(*token)),
            _ => Err("An authtoken is one word without blanks. Copy the whole of it, and nothing else.".into()),
        };
    };
    if token.starts_with("polar_") {
        return Err("This is a token of Polar. The authtoken is on the tunnel service's own page.".into());
    }
    if token.len() < SHORTEST || !token.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err("This is no whole authtoken: letters, digits and an underscore, 20 or more. Copy it again.".into());
    }
    Ok(SecretText::new(token))
}

/// The host of an account's own address; `None`: nothing was typed.
///
/// # Errors
/// It is no host, in a sentence.
pub fn own_domain(typed: &str) -> Result<Option<String>, String> {
    let text = typed.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let host = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/');
    let plain = host.contains('.') && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    match url::Url::parse(&format!("https://{host}")) {
        Ok(_) if plain => Ok(Some(host.to_lowercase())),
        _ => Err("This is no address like your-name.ngrok-free.dev. Leave it empty to let the service choose.".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authtoken_is_taken_from_the_command_around_it() {
        let token = "2abcDEFghiJKLmnoPQRstu_3vwxYZabc";
        let parsed = |text: String| read(&SecretText::new(text)).map(|token| token.expose().to_owned());
        assert_eq!(parsed(format!(" {token}\n")).unwrap(), token);
        assert_eq!(parsed(format!("ngrok config add-authtoken {token}")).unwrap(), token);
        assert!(parsed("two words".into()).unwrap_err().contains("without blanks"));
        assert!(parsed("short".into()).unwrap_err().contains("no whole authtoken"));
        assert!(parsed("polar_oat_LfqNVkXkQc7VrDBWfyiWNcCTMGuXz8Ktg6XuF3iIzEh".into()).unwrap_err().contains("Polar"));
        assert!(parsed(String::new()).is_err());
    }

    #[test]
    fn an_own_domain_is_a_host() {
        assert_eq!(own_domain("  ").unwrap(), None);
        assert_eq!(own_domain("https://Cat.ngrok-free.dev/").unwrap().as_deref(), Some("cat.ngrok-free.dev"));
        for wrong in ["cat", "http://a.b", "a.b/path", "a b.c", "--log=x.y/"] {
            assert!(own_domain(wrong).is_err(), "{wrong}");
        }
    }
}
