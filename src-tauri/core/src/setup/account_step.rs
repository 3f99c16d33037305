//! The environment and the access token.

use super::{
    IntentError, Setup,
    differences::OnPolar,
    practice::PracticeAccount,
    view::{ApplyState, EnvironmentName, PublicWay, TokenState},
};
use crate::{
    SecretText,
    check::{Check, token_check},
    polar::{Client, Environment, account, token::AccessToken},
    vault::{Keeping, VaultKey},
};

const CHECK: (&str, &str) = ("token", "Polar accepts the token");

impl Setup {
    /// Chooses the Polar. A custom server needs its address; until it is a good one, the environment has none.
    ///
    /// # Errors
    /// "Write and verify" is under way.
    pub fn set_environment(&self, name: EnvironmentName, api_url: Option<&str>) -> Result<(), IntentError> {
        self.must_be_idle()?;
        self.change(|state| {
            if let Some(address) = api_url
                && name == EnvironmentName::Custom
            {
                address.clone_into(&mut state.account.custom);
            }
            let (server, problem) = match name {
                EnvironmentName::Practice => (None, None),
                EnvironmentName::Sandbox => (Some(Environment::sandbox()), None),
                EnvironmentName::Production => (Some(Environment::production()), None),
                EnvironmentName::Custom if state.account.custom.trim().is_empty() => (None, None),
                EnvironmentName::Custom => match Environment::custom(&state.account.custom) {
                    Ok(server) => (Some(server), None),
                    Err(error) => (None, Some(error.to_string())),
                },
            };
            let account = &mut state.account;
            if account.environment == name && account.server == server && name != EnvironmentName::Practice {
                account.custom_problem = problem;
                return;
            }
            account.environment = name;
            account.server = server;
            account.custom_problem = problem;
            forget(account);
            state.public.relay = None;
            state.on_polar = OnPolar::Unknown;
            state.apply.state = ApplyState::Idle;
            state.apply.checks.clear();
            state.apply.report = None;
            state.webhook.secret = None;
            let is_unchosen = state.public.tunnel.is_none()
                && state.public.own_url.is_empty()
                && state.public.way != PublicWay::Relay;
            if name == EnvironmentName::Practice && is_unchosen {
                state.public.way = PublicWay::Direct;
            } else if name != EnvironmentName::Custom
                && name != EnvironmentName::Practice
                && state.public.way == PublicWay::Direct
            {
                state.public.way = PublicWay::Tunnel;
            }
        });
        let place = {
            let state = self.lock();
            state.project.found.as_ref().map(|project| project.folder.clone()).zip(state.api_key())
        };
        if let (Some(memory), Some((folder, key))) = (&self.0.memory, place) {
            // Choices made just now count more than those of an earlier run on that Polar: only its endpoint is recalled.
            let before = memory.recall(&folder, &key).unwrap_or_default();
            let now = {
                let mut state = self.lock();
                state.remembered = before;
                super::project_step::choices(&state)
            };
            self.remember(|remembered| *remembered = now);
        }
        self.look_at_account();
        Ok(())
    }

    /// Finds a token without asking the user: the practice Polar's, this session's, the keyring's.
    pub(super) fn look_at_account(&self) {
        let (environment, key, generation, folder) = {
            let state = self.lock();
            if state.account.token.is_some() {
                return;
            }
            let folder = state.project.found.as_ref().map(|project| project.folder.clone());
            (state.account.environment, state.api_key(), state.account.generation, folder)
        };
        let setup = self.clone();
        tokio::spawn(async move {
            if environment == EnvironmentName::Practice {
                setup.use_practice(generation).await;
                return;
            }
            let (Some(key), Some(folder)) = (key, folder) else { return };
            let session = setup.lock().session_tokens.get(&key).cloned();
            let (token, keeping) = match session {
                Some(token) => (Some(token), None),
                None => match setup.0.vault.get(&VaultKey::token(&key, &folder)).await {
                    Some(found) => (AccessToken::parse_exact(found.secret.expose()).ok(), Some(found.keeping)),
                    None => (None, None),
                },
            };
            if let Some(token) = token {
                setup.check_token(token, generation, keeping).await;
            }
        });
    }

    async fn use_practice(&self, generation: u64) {
        self.change(|state| {
            if state.account.generation == generation {
                state.account.token_state = TokenState::Checking;
            }
        });
        match self.0.practice.start().await {
            Ok(PracticeAccount { api, token }) => {
                let current = self.change(|state| {
                    let current = state.account.generation == generation;
                    if current {
                        state.account.server = Some(Environment::practice(api));
                    }
                    current
                });
                if current {
                    self.check_token(token, generation, None).await;
                }
            }
            Err(error) => self.change(|state| {
                if state.account.generation == generation {
                    state.account.token_state = TokenState::Refused;
                    state.account.checks = vec![
                        Check::failed("practice", "The practice Polar runs", "It could not be started.")
                            .cause(error.to_string())
                            .fix("Choose another environment, or restart the assistant."),
                    ];
                }
            }),
        }
    }

    /// Takes a pasted token: its shape is checked at once, then Polar is asked.
    ///
    /// # Errors
    /// No server is chosen, or "Write and verify" is under way. A refused token is no error: the view tells.
    pub fn submit_token(&self, pasted: &SecretText) -> Result<(), IntentError> {
        self.must_be_idle()?;
        if self.lock().account.server.is_none() {
            return Err(IntentError::NotYet("Enter the server's address first.".into()));
        }
        let parsed = AccessToken::parse(pasted.expose());
        let is_new = parsed.as_ref().is_ok_and(|parsed| self.lock().account.token.as_ref() != Some(parsed));
        if is_new && self.lock().remembered.token_expires.is_some() {
            // The note was on the token before.
            self.remember(|remembered| remembered.token_expires = None);
        }
        let generation = self.change(|state| {
            forget(&mut state.account);
            // It listens with the token before, perhaps to another organization.
            state.public.relay = None;
            if let Err(error) = &parsed {
                state.account.token_state = TokenState::Refused;
                let check =
                    Check::failed("token_shape", "It has the form of an organization access token", error.to_string())
                        .fix(error.fix());
                state.account.checks = vec![check];
            }
            state.account.generation
        });
        if let Ok(token) = parsed {
            let setup = self.clone();
            tokio::spawn(async move { setup.check_token(token, generation, None).await });
        }
        Ok(())
    }

    /// Forgets the token, here and in the keyring.
    ///
    /// # Errors
    /// The keyring does not let it go.
    pub async fn forget_token(&self) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let place = self.change(|state| {
            forget(&mut state.account);
            state.public.relay = None;
            let key = state.api_key();
            if let Some(key) = &key {
                state.session_tokens.remove(key);
            }
            state.project.found.as_ref().map(|project| project.folder.clone()).zip(key)
        });
        if let Some((folder, key)) = place {
            let result = self.0.vault.forget(&VaultKey::token(&key, &folder)).await;
            result.map_err(|error| IntentError::Invalid(error.to_string()))?;
        }
        Ok(())
    }

    async fn check_token(&self, token: AccessToken, generation: u64, keeping: Option<Keeping>) {
        let server = self.change(|state| {
            if state.account.generation != generation {
                return None;
            }
            state.account.token_state = TokenState::Checking;
            state.account.token = Some(token.clone());
            state.account.checks = vec![Check::running(CHECK.0, CHECK.1)];
            state.account.server.clone()
        });
        let Some(server) = server else { return };
        let result = async {
            let client = Client::new(server.clone(), token.clone())?;
            account::inspect(&client).await
        }
        .await;
        let keeping = match (&result, keeping) {
            (Ok(found), None) if found.sufficient() && server.name != EnvironmentName::Practice => {
                self.keep(&server, &token).await
            }
            (_, keeping) => keeping,
        };
        self.change(|state| {
            if state.account.generation != generation {
                return;
            }
            match result {
                Ok(found) => {
                    let (passed, checks) = super::texts::account_checks(&server, &found);
                    state.account.checks = checks;
                    state.account.token_state = if passed { TokenState::Accepted } else { TokenState::Refused };
                    state.account.account = Some(found);
                    state.account.keeping = keeping;
                    if passed && let Some(key) = state.api_key() {
                        state.session_tokens.insert(key, token);
                    }
                }
                Err(error) => {
                    state.account.token_state = TokenState::Refused;
                    state.account.checks = vec![token_check(CHECK.0, CHECK.1, &error)];
                }
            }
        });
        self.look_at_endpoint().await;
    }

    async fn keep(&self, server: &Environment, token: &AccessToken) -> Option<Keeping> {
        let folder = self.folder()?;
        Some(self.0.vault.keep(&VaultKey::token(&server.key(), &folder), token.secret()).await)
    }
}

fn forget(account: &mut super::state::AccountData) {
    account.generation += 1;
    account.token = None;
    account.token_state = TokenState::Missing;
    account.keeping = None;
    account.checks.clear();
    account.account = None;
}
