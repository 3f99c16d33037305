//! Under which name a secret is kept.

use std::path::Path;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Windows takes no longer names.
const LIMIT: usize = 400;

/// The name of one secret: what it is, and whose.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VaultKey(String);

impl VaultKey {
    /// The access token of a project on one Polar. `api_url`: [`Environment::key`](crate::polar::Environment::key).
    #[must_use]
    pub fn token(api_url: &str, project_folder: &Path) -> Self {
        Self::new("access token", &format!("{} for {}", api_url.trim_end_matches('/'), project_folder.display()))
    }

    /// The authtoken of a tunnel program: one for this user.
    #[must_use]
    pub fn authtoken(program: &str) -> Self {
        Self::new(&format!("{program} authtoken"), "this computer")
    }

    /// The name, as the keyring shows it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn new(kind: &str, owner: &str) -> Self {
        if owner.len() <= LIMIT {
            return Self(format!("{kind} of {owner}"));
        }
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(owner.as_bytes()));
        Self(format!("{kind} of {digest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_polar_and_project_has_its_own_token() {
        let key = |api: &str, folder: &str| VaultKey::token(api, Path::new(folder));
        assert_eq!(key("https://api.polar.sh/", "/home/me/shop"), key("https://api.polar.sh", "/home/me/shop"));
        assert_ne!(key("https://api.polar.sh", "/home/me/shop"), key("https://sandbox-api.polar.sh", "/home/me/shop"));
        assert_ne!(key("https://api.polar.sh", "/home/me/shop"), key("https://api.polar.sh", "/home/me/blog"));
        assert_eq!(key("https://api.polar.sh", "/shop").as_str(), "access token of https://api.polar.sh for /shop");
    }

    #[test]
    fn long_folders_are_shortened_and_stay_apart() {
        let key =
            |last: &str| VaultKey::token("https://api.polar.sh", Path::new(&format!("/{}/{last}", "x".repeat(900))));
        assert!(key("a").as_str().len() < LIMIT);
        assert_ne!(key("a"), key("b"));
    }
}
