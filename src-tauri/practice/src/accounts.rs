//! Who may use the practice Polar: organizations, their tokens, and what each token may do.

use std::collections::{BTreeMap, HashSet};

use polar_setup_core::{SecretText, polar::token::AccessToken};
use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// The scopes that Polar knows.
const ALL_SCOPES: &str = include_str!("scopes.txt");

/// An organization of the practice Polar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeOrganization {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
}

/// Organizations and their tokens. The first organization is the one that events are fired for.
#[derive(Debug, Clone)]
pub struct Accounts {
    pub(crate) organizations: Vec<Member>,
    pub(crate) tokens: Vec<IssuedToken>,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub organization: PracticeOrganization,
    pub api_access: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct IssuedToken {
    pub secret: SecretText,
    pub organization: Uuid,
    pub scopes: HashSet<String>,
    pub expires_at: Option<OffsetDateTime>,
    pub revoked: bool,
}

/// Why a description of accounts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// Not of the expected form.
    #[error("The accounts are not of the expected form: {0}.")]
    Form(#[from] serde_json::Error),
    /// A token of an organization that is not described.
    #[error("A token belongs to the organization \"{0}\", which is not described.")]
    UnknownOrganization(String),
    /// No organization.
    #[error("The accounts hold no organization.")]
    Empty,
    /// An expiry that is not a time.
    #[error("A token expires at \"{0}\", which is not a time.")]
    Expiry(String),
}

#[derive(Deserialize)]
struct Described {
    organizations: BTreeMap<String, DescribedOrganization>,
    tokens: BTreeMap<String, DescribedToken>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum DescribedOrganization {
    Id(Uuid),
    Full {
        id: Uuid,
        name: Option<String>,
        #[serde(default = "yes")]
        api_access: bool,
    },
}

#[derive(Deserialize)]
struct DescribedToken {
    token: String,
    organization: Option<String>,
    scopes: Option<Vec<String>>,
    expires_at: Option<String>,
    #[serde(default)]
    revoked: bool,
}

const fn yes() -> bool {
    true
}

impl Accounts {
    /// One organization with one token that may do everything.
    #[must_use]
    pub fn practice() -> Self {
        let organization =
            PracticeOrganization { id: Uuid::new_v4(), name: "Practice Shop".into(), slug: "practice-shop".into() };
        let token = IssuedToken::full(AccessToken::issue().secret().clone(), organization.id);
        Self { organizations: vec![Member { organization, api_access: true }], tokens: vec![token] }
    }

    /// Accounts from JSON: `organizations` maps slugs to ids (or to `{id, name, api_access}`), `tokens` maps names to
    /// `{token, organization, scopes, expires_at, revoked}`. A token without an organization was never issued.
    ///
    /// # Errors
    /// What is wrong with the description.
    pub fn from_tokens_json(text: &str) -> Result<Self, AccountsError> {
        let described: Described = serde_json::from_str(text)?;
        let mut organizations = Vec::new();
        for (slug, value) in described.organizations {
            let (id, name, api_access) = match value {
                DescribedOrganization::Id(id) => (id, None, true),
                DescribedOrganization::Full { id, name, api_access } => (id, name, api_access),
            };
            let name = name.unwrap_or_else(|| capitalised(&slug));
            organizations.push(Member { organization: PracticeOrganization { id, name, slug }, api_access });
        }
        if organizations.is_empty() {
            return Err(AccountsError::Empty);
        }
        let mut tokens = Vec::new();
        for value in described.tokens.into_values() {
            let Some(slug) = value.organization else { continue };
            let owner = organizations.iter().find(|member| member.organization.slug == slug);
            let organization = owner.ok_or_else(|| AccountsError::UnknownOrganization(slug.clone()))?.organization.id;
            let expires_at = match value.expires_at {
                Some(text) => Some(OffsetDateTime::parse(&text, &Rfc3339).map_err(|_| AccountsError::Expiry(text))?),
                None => None,
            };
            tokens.push(IssuedToken {
                secret: SecretText::new(value.token),
                organization,
                scopes: value.scopes.unwrap_or_default().into_iter().collect(),
                expires_at,
                revoked: value.revoked,
            });
        }
        Ok(Self { organizations, tokens })
    }

    pub(crate) fn member(&self, id: Uuid) -> Option<&Member> {
        self.organizations.iter().find(|member| member.organization.id == id)
    }

    /// The token with this text, if it is good now.
    pub(crate) fn good_token(&self, text: &str, now: OffsetDateTime) -> Option<&IssuedToken> {
        self.tokens.iter().find(|token| {
            token.secret.expose() == text
                && !token.revoked
                && token.expires_at.is_none_or(|expiry| expiry > now)
                && self.member(token.organization).is_some_and(|member| member.api_access)
        })
    }
}

impl IssuedToken {
    /// A token that may do everything and does not expire.
    pub fn full(secret: SecretText, organization: Uuid) -> Self {
        let scopes = ALL_SCOPES.split_whitespace().map(str::to_owned).collect();
        Self { secret, organization, scopes, expires_at: None, revoked: false }
    }
}

fn capitalised(slug: &str) -> String {
    let mut letters = slug.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
