//! What the window draws of the Polar and the access token.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{check::Check, polar::account::Organization};

/// Which Polar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EnvironmentName {
    /// A Polar that runs inside this program: no account, no network.
    Practice,
    /// `sandbox-api.polar.sh`.
    Sandbox,
    /// `api.polar.sh`: real money.
    Production,
    /// A server of one's own.
    Custom,
}

/// Environment, token and organization.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct AccountView {
    /// Which Polar.
    pub environment: EnvironmentName,
    /// The API's address; empty for a practice Polar that is not running yet.
    pub api_url: String,
    /// What is wrong with the custom address, in a sentence.
    pub api_url_problem: Option<String>,
    /// Polar's page for new tokens; `None` where there is no dashboard.
    pub token_page: Option<String>,
    /// What to enter on it as the token's name.
    pub token_name: String,
    /// What to enter as expiration.
    pub token_expiration: String,
    /// The scopes to tick.
    pub scopes: Vec<ScopeView>,
    /// The token.
    pub token: TokenView,
    /// The organization it belongs to.
    pub organization: Option<OrganizationView>,
}

/// One scope.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct ScopeView {
    /// Polar's name: `webhooks:write`.
    pub scope: String,
    /// What it is needed for.
    pub why: String,
    /// Whether the setup cannot go on without it.
    pub required: bool,
    /// Whether the token has it; `None`: not asked yet.
    pub granted: Option<bool>,
}

/// How the token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TokenState {
    /// None yet.
    Missing,
    /// Polar is being asked.
    Checking,
    /// Polar accepts it, and it has what is needed.
    Accepted,
    /// It cannot be used; `problem` says why.
    Refused,
}

/// Where a secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Kept {
    /// In the operating system's keyring.
    Keyring,
    /// In memory, until the program ends: there is no keyring here.
    Session,
}

/// The token, masked.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct TokenView {
    /// How it stands.
    pub state: TokenState,
    /// `polar_oat_••••••••wxyz`.
    pub masked: Option<String>,
    /// Where it is kept.
    pub kept: Option<Kept>,
    /// Why it is not in the keyring.
    pub kept_reason: Option<String>,
    /// When it ends, if the user noted it.
    pub expires: Option<ExpiryView>,
    /// What was seen of it: accepted by whom, or refused.
    pub checks: Vec<Check>,
}

/// When a token ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ExpiryView {
    /// The day, in the form 2026-12-31.
    pub date: String,
    /// Whether it is time to make a new one.
    pub soon: bool,
    /// All that in a sentence.
    pub sentence: String,
}

/// A Polar organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct OrganizationView {
    /// Polar's id.
    pub id: Option<String>,
    /// Its name; `None` where the token may not read it.
    pub name: Option<String>,
    /// Its slug.
    pub slug: Option<String>,
}

impl From<&Organization> for OrganizationView {
    fn from(organization: &Organization) -> Self {
        let Organization { id, name, slug } = organization.clone();
        Self { id, name, slug }
    }
}
