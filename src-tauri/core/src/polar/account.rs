//! What a token is good for: Polar does not say, so it is found out by asking, without changing anything.

use serde::Deserialize;
use uuid::Uuid;

use super::{ApiError, Client, Environment};

/// The scopes that matter here.
pub const SCOPES: [ScopeNeed; 3] = [
    ScopeNeed { scope: "webhooks:write", why: "creates and updates the webhook endpoint", required: true },
    ScopeNeed { scope: "webhooks:read", why: "reads the endpoint back and lists its deliveries", required: false },
    ScopeNeed { scope: "organizations:read", why: "shows your organization's name", required: false },
];

/// A scope and what it is for.
#[derive(Debug, Clone, Copy)]
pub struct ScopeNeed {
    /// Polar's name.
    pub scope: &'static str,
    /// What it does here.
    pub why: &'static str,
    /// Whether there is no way without it.
    pub required: bool,
}

/// What asking found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The organization, as far as the token may know it.
    pub organization: Organization,
    /// Whether the token has each of [`SCOPES`], in their order. `webhooks:write` reads too, so that with it
    /// `webhooks:read` counts as had.
    pub granted: [bool; 3],
    /// Whether the server is a practice Polar.
    pub practice: bool,
    /// Whether it said that it is a sandbox.
    pub sandbox: bool,
}

/// A Polar organization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Organization {
    /// Polar's id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its slug.
    pub slug: Option<String>,
}

/// Why a token cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccountError {
    /// It belongs to the other environment.
    #[error("This token belongs to {}, not to {}.", .found.title(), .asked.title())]
    OtherEnvironment {
        /// Where it was tried.
        asked: Box<Environment>,
        /// Where it works.
        found: Box<Environment>,
    },
    /// Something else.
    #[error(transparent)]
    Api(#[from] ApiError),
}

#[derive(Deserialize)]
struct Items<T> {
    #[serde(default = "Vec::new")]
    items: Vec<T>,
}

#[derive(Deserialize)]
struct OfOrganization {
    organization_id: Option<String>,
}

impl Account {
    /// Whether the token may do what the setup needs.
    #[must_use]
    pub fn sufficient(&self) -> bool {
        self.missing().is_empty()
    }

    /// The required scopes that the token lacks.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        SCOPES
            .iter()
            .zip(self.granted)
            .filter(|(need, granted)| need.required && !granted)
            .map(|(need, _)| need.scope)
            .collect()
    }
}

/// Asks the server what the token is good for. On a refused token the other environment (sandbox, production) is asked
/// as well.
///
/// # Errors
/// The token is refused, or belongs elsewhere, or the server does not answer as Polar does.
pub async fn inspect(client: &Client) -> Result<Account, AccountError> {
    match ask(client).await {
        Err(ApiError::InvalidToken) => {
            if let Some(found) = client.environment().other()
                && let Ok(other) = client.elsewhere(found.clone())
                && ask(&other).await.is_ok()
            {
                return Err(AccountError::OtherEnvironment {
                    asked: Box::new(client.environment().clone()),
                    found: Box::new(found),
                });
            }
            Err(ApiError::InvalidToken.into())
        }
        result => Ok(result?),
    }
}

async fn ask(client: &Client) -> Result<Account, ApiError> {
    let (reads, mut organization, practice, sandbox) = match client.get("/v1/webhooks/endpoints?limit=1").await {
        Ok(answer) => {
            let page: Items<OfOrganization> = answer.json()?;
            let id = page.items.into_iter().find_map(|item| item.organization_id);
            (true, Organization { id, ..Organization::default() }, answer.practice, answer.sandbox)
        }
        Err(ApiError::InsufficientScope { .. }) => (false, Organization::default(), false, false),
        Err(error) => return Err(error),
    };
    // An endpoint that cannot exist: 404 says "you may, but there is none", 403 "you may not".
    let nowhere = format!("/v1/webhooks/endpoints/{}", Uuid::new_v4());
    let writes = match client.patch(&nowhere, Some(&serde_json::json!({}))).await {
        Ok(_) | Err(ApiError::NotFound) => true,
        Err(ApiError::InsufficientScope { .. }) => false,
        Err(error) => return Err(error),
    };
    let knows_organization = match client.get("/v1/organizations/").await {
        Ok(answer) => {
            if let Some(found) = answer.json::<Items<Organization>>()?.items.into_iter().next() {
                organization = found;
            }
            true
        }
        // 401 of the other shape would mean a route for people only: not a bad token, just nothing learnt.
        Err(ApiError::InsufficientScope { .. } | ApiError::Unauthorized) => false,
        Err(error) => return Err(error),
    };
    Ok(Account { organization, granted: [writes, reads, knows_organization], practice, sandbox })
}
