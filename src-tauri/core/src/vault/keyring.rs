//! The operating system's keyring: Keychain, Credential Manager, or the Secret Service.
//!
//! The `v1` feature of the crate `keyring` brings exactly these. In particular it is never the Linux kernel's
//! keyutils, which forgets everything at the next start.

use keyring::Error;

use crate::SecretText;

/// What the entries belong to.
pub(super) const SERVICE: &str = "polar-setup";

/// A place that keeps secrets beyond this run. Its calls may block for long: a locked keyring asks the user.
pub(super) trait Keyring: Send + Sync {
    /// Keeps it.
    fn set(&self, name: &str, secret: &SecretText) -> Result<(), String>;
    /// Looks it up.
    fn get(&self, name: &str) -> Result<Option<SecretText>, String>;
    /// Removes it, if it is there.
    fn delete(&self, name: &str) -> Result<(), String>;
}

/// The keyring of this operating system.
pub(super) struct SystemKeyring;

impl Keyring for SystemKeyring {
    fn set(&self, name: &str, secret: &SecretText) -> Result<(), String> {
        entry(name)?.set_password(secret.expose()).map_err(|error| explain(&error))
    }

    fn get(&self, name: &str) -> Result<Option<SecretText>, String> {
        match entry(name)?.get_password() {
            Ok(text) => Ok(Some(SecretText::new(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(explain(&error)),
        }
    }

    fn delete(&self, name: &str) -> Result<(), String> {
        match entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(explain(&error)),
        }
    }
}

fn entry(name: &str) -> Result<keyring::Entry, String> {
    if keyring::Entry::store_status().is_err() {
        return Err(NONE.to_owned());
    }
    keyring::Entry::new(SERVICE, name).map_err(|error| explain(&error))
}

const NONE: &str = if cfg!(target_os = "macos") {
    "The Keychain cannot be reached from here."
} else if cfg!(windows) {
    "The Credential Manager cannot be reached from here."
} else {
    "There is no keyring here: no Secret Service (GNOME Keyring, KWallet) answers on the session bus."
};

/// The error in a sentence. The crate's errors can carry what is in the keyring, but do not print it.
fn explain(error: &Error) -> String {
    match error {
        Error::NoDefaultStore => NONE.to_owned(),
        Error::NoStorageAccess(_) => "The keyring is locked and was not unlocked.".to_owned(),
        Error::PlatformFailure(source) => format!("The keyring failed: {source}."),
        Error::Ambiguous(_) => "The keyring has several entries of the same name; remove them there.".to_owned(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            "What the keyring has under this name is not a text of ours.".to_owned()
        }
        other => format!("The keyring refused: {other}."),
    }
}
