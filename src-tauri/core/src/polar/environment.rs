//! Which Polar: production, sandbox, the practice Polar inside this program, or a server of one's own.

use url::Url;

use super::http::is_loopback;
use crate::setup::view::EnvironmentName;

/// What every practice Polar is remembered by.
pub const PRACTICE_KEY: &str = "practice";

/// One Polar, with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Which one.
    pub name: EnvironmentName,
    /// The API's address.
    pub api: Url,
}

/// Why an address cannot be a Polar server's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerUrlError {
    /// Not a URL.
    #[error("This is not a web address. It looks like https://api.example.com.")]
    NotUrl,
    /// `http:` to another machine would send the token in the clear.
    #[error("Plain http is only for a server on this machine: your token would travel unencrypted. Use https.")]
    Plain,
    /// A user name or password inside.
    #[error("Leave the user name and password out of the address.")]
    Credentials,
}

impl Environment {
    /// `https://api.polar.sh`.
    #[must_use]
    pub fn production() -> Self {
        Self::known(EnvironmentName::Production, "https://api.polar.sh")
    }

    /// `https://sandbox-api.polar.sh`.
    #[must_use]
    pub fn sandbox() -> Self {
        Self::known(EnvironmentName::Sandbox, "https://sandbox-api.polar.sh")
    }

    /// The practice Polar that listens at `api`.
    #[must_use]
    pub const fn practice(api: Url) -> Self {
        Self { name: EnvironmentName::Practice, api }
    }

    /// A server of one's own. The addresses of Polar's own servers become the environment they are.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn custom(address: &str) -> Result<Self, ServerUrlError> {
        let mut api = Url::parse(address.trim()).map_err(|_| ServerUrlError::NotUrl)?;
        if api.host().is_none() || !matches!(api.scheme(), "http" | "https") {
            return Err(ServerUrlError::NotUrl);
        }
        if !api.username().is_empty() || api.password().is_some() {
            return Err(ServerUrlError::Credentials);
        }
        if api.scheme() == "http" && !is_loopback(&api) {
            return Err(ServerUrlError::Plain);
        }
        api.set_query(None);
        api.set_fragment(None);
        let path = api.path().trim_end_matches('/').trim_end_matches("/v1").to_owned();
        api.set_path(&path);
        let known = [Self::production(), Self::sandbox()].into_iter().find(|known| known.api == api);
        Ok(known.unwrap_or(Self { name: EnvironmentName::Custom, api }))
    }

    /// The environment whose tokens are easily mistaken for this one's.
    #[must_use]
    pub fn other(&self) -> Option<Self> {
        match self.name {
            EnvironmentName::Production => Some(Self::sandbox()),
            EnvironmentName::Sandbox => Some(Self::production()),
            EnvironmentName::Practice | EnvironmentName::Custom => None,
        }
    }

    /// What the API's address is remembered by, without a slash at its end.
    #[must_use]
    pub fn key(&self) -> String {
        self.api.as_str().trim_end_matches('/').to_owned()
    }

    /// What it is remembered by: a practice Polar's port changes.
    #[must_use]
    pub fn memory_key(&self) -> String {
        match self.name {
            EnvironmentName::Practice => PRACTICE_KEY.to_owned(),
            _ => self.key(),
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(&self) -> String {
        match self.name {
            EnvironmentName::Practice => "the practice Polar".to_owned(),
            EnvironmentName::Sandbox => "Polar's sandbox".to_owned(),
            EnvironmentName::Production => "Polar (production)".to_owned(),
            EnvironmentName::Custom => self.key(),
        }
    }

    /// Polar's page on which an organization makes tokens ("Developers", further down).
    #[must_use]
    pub fn token_page(&self) -> Option<String> {
        dashboard(self.name).map(|host| format!("{host}/to/dashboard/settings"))
    }

    /// Polar's page of webhook endpoints.
    #[must_use]
    pub fn webhooks_page(&self) -> Option<String> {
        dashboard(self.name).map(|host| format!("{host}/to/dashboard/settings/webhooks"))
    }

    /// The page of one endpoint, if the organization's slug is known; else the page of all.
    #[must_use]
    pub fn endpoint_page(&self, slug: Option<&str>, id: &str) -> Option<String> {
        match slug {
            Some(slug) => {
                dashboard(self.name).map(|host| format!("{host}/dashboard/{slug}/settings/webhooks/endpoints/{id}"))
            }
            None => self.webhooks_page(),
        }
    }

    fn known(name: EnvironmentName, api: &str) -> Self {
        Self { name, api: Url::parse(api).expect("Polar's own addresses are URLs") }
    }
}

/// The dashboard's address; a practice or custom server has none that we know.
#[must_use]
pub const fn dashboard(name: EnvironmentName) -> Option<&'static str> {
    match name {
        EnvironmentName::Sandbox => Some("https://sandbox.polar.sh"),
        EnvironmentName::Production => Some("https://polar.sh"),
        EnvironmentName::Practice | EnvironmentName::Custom => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_addresses_are_checked() {
        assert_eq!(Environment::custom("polar").unwrap_err(), ServerUrlError::NotUrl);
        assert_eq!(Environment::custom("http://api.example.com").unwrap_err(), ServerUrlError::Plain);
        assert_eq!(Environment::custom("https://me:pw@api.example.com").unwrap_err(), ServerUrlError::Credentials);
        assert_eq!(Environment::custom(" http://127.0.0.1:8000/v1/ ").unwrap().key(), "http://127.0.0.1:8000");
        assert_eq!(Environment::custom("https://api.polar.sh/").unwrap(), Environment::production());
    }
}
