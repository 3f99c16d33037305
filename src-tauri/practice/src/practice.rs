//! The handle to a running practice Polar.

use std::{io, net::Ipv4Addr, sync::Arc};

use polar_setup_core::{SecretText, polar::token::AccessToken, webhook::signature::KeyRule};
use serde::Deserialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::net::TcpListener;
use url::Url;
use uuid::Uuid;

use crate::{
    PracticeOptions, PracticeOrganization, accounts::IssuedToken, deliveries, endpoint::Endpoint, practice_pages,
    server, state::Shared,
};

/// A practice Polar that runs. Copies of the handle are handles to the same one; it runs until [`Practice::stop`].
#[derive(Clone)]
pub struct Practice {
    shared: Arc<Shared>,
    url: Url,
}

/// Why an endpoint could not be put back.
#[derive(Debug, thiserror::Error)]
#[error("This is not a webhook endpoint as Polar describes one: {0}.")]
pub struct RestoreError(#[from] serde_json::Error);

#[derive(Deserialize)]
struct Described {
    id: Uuid,
    organization_id: Uuid,
    created_at: String,
    modified_at: Option<String>,
    url: String,
    name: Option<String>,
    format: String,
    secret: String,
    events: Vec<String>,
    enabled: bool,
}

impl Practice {
    /// Starts one on 127.0.0.1.
    ///
    /// # Errors
    /// The port is taken or may not be used.
    pub async fn start(options: PracticeOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port.unwrap_or(0))).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::new(options, port));
        let url = Url::parse(&shared.address()).map_err(io::Error::other)?;
        tokio::spawn(server::serve(listener, Arc::clone(&shared)));
        Ok(Self { shared, url })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> Url {
        self.url.clone()
    }

    /// Its first organization: the one that events are fired for.
    ///
    /// # Panics
    /// Never: accounts hold at least one organization.
    #[must_use]
    pub fn organization(&self) -> PracticeOrganization {
        self.shared.state().accounts.organizations.first().expect("accounts are never empty").organization.clone()
    }

    /// A good token of the first organization: the one that may do most, or a new one that may do everything.
    #[must_use]
    pub fn token(&self) -> AccessToken {
        let organization = self.organization().id;
        let now = self.shared.now();
        let mut state = self.shared.state();
        let accounts = &state.accounts;
        let own = accounts.tokens.iter().filter(|token| token.organization == organization);
        let good = own.filter(|token| accounts.good_token(token.secret.expose(), now).is_some());
        let best = good.max_by_key(|token| token.scopes.len());
        if let Some(token) = best.and_then(|token| AccessToken::parse(token.secret.expose()).ok()) {
            return token;
        }
        let token = AccessToken::issue();
        state.accounts.tokens.push(IssuedToken::full(token.secret().clone(), organization));
        token
    }

    /// Lets a sample event of this type happen, and delivers it to every endpoint that wants it and to every relay.
    /// `false`: the type is not known.
    #[must_use]
    pub fn fire(&self, event_type: &str) -> bool {
        practice_pages::fire(&self.shared, event_type)
    }

    /// All endpoints as the API tells them, the newest first.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Value> {
        self.shared.state().endpoints.iter().rev().map(Endpoint::to_json).collect()
    }

    /// All attempts at deliveries as the API tells them, the newest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Value> {
        let state = self.shared.state();
        let event_of = |id: Uuid| state.events.iter().find(|event| event.id == id);
        let known = state.deliveries.iter().rev();
        known.filter_map(|delivery| Some(deliveries::json(delivery, event_of(delivery.event)?))).collect()
    }

    /// Waits until at least `count` attempts at deliveries were made.
    pub async fn delivered(&self, count: usize) {
        let mut made = self.shared.delivered.subscribe();
        // The sender lives as long as this handle.
        let _ = made.wait_for(|made| *made >= count).await;
    }

    /// Puts an endpoint there as it is, unchecked: also one whose address Polar would not take any more.
    ///
    /// # Errors
    /// It is not described as the API describes endpoints.
    pub fn restore_endpoint(&self, described: &Value) -> Result<(), RestoreError> {
        let described: Described = serde_json::from_value(described.clone())?;
        let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).unwrap_or_else(|_| self.shared.now());
        let endpoint = Endpoint {
            id: described.id,
            organization: described.organization_id,
            created_at: moment(&described.created_at),
            modified_at: described.modified_at.as_deref().map(moment),
            url: described.url,
            name: described.name,
            format: described.format,
            secret: SecretText::new(described.secret),
            rule: KeyRule::PolarOwn,
            events: described.events,
            enabled: described.enabled,
            failures: 0,
        };
        let mut state = self.shared.state();
        state.endpoints.retain(|known| known.id != endpoint.id);
        state.endpoints.push(endpoint);
        Ok(())
    }

    /// Revokes a token, or takes that back.
    pub fn set_revoked(&self, token: &SecretText, revoked: bool) {
        for known in &mut self.shared.state().accounts.tokens {
            if known.secret == *token {
                known.revoked = revoked;
            }
        }
    }

    /// Gives an organization access to the API, or takes it away.
    pub fn set_api_access(&self, organization: Uuid, access: bool) {
        for member in &mut self.shared.state().accounts.organizations {
            if member.organization.id == organization {
                member.api_access = access;
            }
        }
    }

    /// Stops it: no new connections, and the open ones end, relays and deliveries included.
    pub async fn stop(&self) {
        self.shared.stopped.send_replace(true);
        // Whoever held a connection lets go of it in the next turn.
        tokio::task::yield_now().await;
    }
}

impl std::fmt::Debug for Practice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Practice").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}
