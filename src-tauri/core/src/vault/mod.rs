//! Secrets between runs: in the operating system's keyring, or, where there is none, in memory until the program ends.

mod key;
mod keyring;

use std::{
    collections::HashMap,
    env,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

pub use key::VaultKey;

use self::keyring::{Keyring, SystemKeyring};
use crate::{SecretText, setup::view::Kept};

/// `off` keeps everything in memory.
pub const SWITCH: &str = "POLAR_SETUP_KEYRING";

/// How the vault works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VaultOptions {
    /// Whether the keyring is used.
    pub keyring: bool,
    /// How long a locked keyring may take to be unlocked by its user.
    pub patience: Duration,
}

impl Default for VaultOptions {
    fn default() -> Self {
        Self { keyring: true, patience: Duration::from_secs(30) }
    }
}

impl VaultOptions {
    /// The default, unless the variable `POLAR_SETUP_KEYRING` says `off`.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_switch(env::var(SWITCH).ok().as_deref())
    }

    fn from_switch(switch: Option<&str>) -> Self {
        let off = switch.is_some_and(|text| ["off", "0", "no", "false"].contains(&text.trim().to_lowercase().as_str()));
        Self { keyring: !off, ..Self::default() }
    }
}

/// Where a secret went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeping {
    /// Where.
    pub kept: Kept,
    /// Why not in the keyring, in a sentence.
    pub reason: Option<String>,
}

/// A secret of before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The secret.
    pub secret: SecretText,
    /// Where it is kept, and why.
    pub keeping: Keeping,
}

/// Why a secret is still in the keyring.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} If it is in the keyring, it still is; remove \"{name}\" there.")]
pub struct ForgetError {
    /// What the keyring's problem is.
    pub reason: String,
    /// The entry's name.
    pub name: String,
}

/// Keeps secrets. Cheap to clone; all clones are the same vault.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    keyring: Option<Arc<dyn Keyring>>,
    patience: Duration,
    session: Mutex<HashMap<VaultKey, SecretText>>,
    /// Why the keyring is not asked again in this run.
    given_up: Mutex<Option<String>>,
    /// One call at a time: keyrings answer parallel calls in any order.
    turn: tokio::sync::Mutex<()>,
}

impl Vault {
    /// A vault. Touches the keyring only when something is kept or asked for.
    #[must_use]
    pub fn open(options: VaultOptions) -> Self {
        let keyring: Option<Arc<dyn Keyring>> = if options.keyring { Some(Arc::new(SystemKeyring)) } else { None };
        Self::with(keyring, options.patience)
    }

    fn with(keyring: Option<Arc<dyn Keyring>>, patience: Duration) -> Self {
        let given_up = keyring.is_none().then(|| format!("The keyring is switched off ({SWITCH})."));
        Self(Arc::new(Inner {
            keyring,
            patience,
            session: Mutex::default(),
            given_up: Mutex::new(given_up),
            turn: tokio::sync::Mutex::default(),
        }))
    }

    /// Keeps a secret in the keyring, or, failing that, in memory.
    pub async fn keep(&self, key: &VaultKey, secret: &SecretText) -> Keeping {
        let copy = secret.clone();
        let done = self.ask(key, move |keyring, name| keyring.set(name, &copy)).await;
        let mut session = lock(&self.0.session);
        match done {
            Ok(()) => {
                session.remove(key);
                Keeping { kept: Kept::Keyring, reason: None }
            }
            Err(reason) => {
                session.insert(key.clone(), secret.clone());
                Keeping { kept: Kept::Session, reason: Some(reason) }
            }
        }
    }

    /// A secret kept before, in this run or an earlier one.
    pub async fn get(&self, key: &VaultKey) -> Option<Found> {
        let in_session = lock(&self.0.session).get(key).cloned();
        if let Some(secret) = in_session {
            return Some(Found { secret, keeping: Keeping { kept: Kept::Session, reason: self.problem() } });
        }
        let secret = self.ask(key, |keyring, name| keyring.get(name)).await.ok()??;
        Some(Found { secret, keeping: Keeping { kept: Kept::Keyring, reason: None } })
    }

    /// Forgets a secret.
    ///
    /// # Errors
    /// The keyring could not be asked to remove it. With the keyring switched off that is no error.
    pub async fn forget(&self, key: &VaultKey) -> Result<(), ForgetError> {
        lock(&self.0.session).remove(key);
        if self.0.keyring.is_none() {
            return Ok(());
        }
        let gone = self.ask(key, |keyring, name| keyring.delete(name)).await;
        gone.map_err(|reason| ForgetError { reason, name: key.as_str().to_owned() })
    }

    /// Why the keyring is not used, if it is not; known once something was kept or asked for.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        lock(&self.0.given_up).clone()
    }

    /// Asks the keyring, on a thread of its own: a runtime would wait at its end for a blocking task that still
    /// waits for a password. A keyring that failed once is left in peace, or each call would ask the user again.
    async fn ask<T: Send + 'static>(
        &self,
        key: &VaultKey,
        question: impl FnOnce(&dyn Keyring, &str) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let _turn = self.0.turn.lock().await;
        if let Some(reason) = self.problem() {
            return Err(reason);
        }
        let Some(keyring) = self.0.keyring.clone() else { unreachable!("without a keyring there is a problem") };
        let (answer, wait) = oneshot::channel();
        let name = key.as_str().to_owned();
        let begun = thread::Builder::new().name("keyring".into()).spawn(move || {
            let _ = answer.send(question(keyring.as_ref(), &name));
        });
        let answer = match begun {
            Ok(_) => tokio::time::timeout(self.0.patience, wait).await,
            Err(error) => Ok(Ok(Err(format!("The keyring cannot be asked: {error}.")))),
        };
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err("The keyring broke off.".to_owned()),
            Err(_) => {
                let seconds = self.0.patience.as_secs();
                Err(format!("The keyring did not answer within {seconds} seconds; it may be waiting to be unlocked."))
            }
        };
        if let Err(reason) = &answer {
            *lock(&self.0.given_up) = Some(reason.clone());
        }
        answer
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
