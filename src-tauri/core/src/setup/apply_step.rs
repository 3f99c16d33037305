//! "Write and verify" in the window: runs [`apply`](super::apply::apply) and publishes each check as it happens.

use tokio::sync::watch;

use super::{
    IntentError, Setup,
    apply::{self, Applied, Base, Ending, Listener, Milestone, Order, Outcome, STOP},
    differences, own_url,
    relay_step::is_relay,
    texts,
    view::{ApplyKind, ApplyState, EnvAction, EnvChange, OrganizationView, PublicWay, ReportView, StepName},
};
use crate::{
    check::{self, Check, CheckState, relay::RELAY, token_check, tunnel::TUNNEL, verify},
    polar::{Client, account, endpoint::Endpoint},
    tunnel::Tunnel,
};

const TOKEN: (&str, &str) = ("token", "Polar accepts the token");

impl Setup {
    /// Begins "Write and verify".
    ///
    /// # Errors
    /// Something is missing; the sentence says what.
    pub fn apply(&self) -> Result<(), IntentError> {
        self.as_previewed()?;
        self.begin(ApplyKind::Apply, None)?;
        self.change(|state| state.step = StepName::Verify);
        Ok(())
    }

    /// Replaces the webhook secret without a gap: see [`apply`](super::apply).
    ///
    /// # Errors
    /// There is no endpoint yet, an earlier replacing did not end, or something is missing.
    pub fn rotate_secret(&self) -> Result<(), IntentError> {
        self.must_have_endpoint()?;
        let remembered = self.lock().remembered.clone();
        if remembered.endpoint_id.is_none() {
            return Err(IntentError::NotYet("There is no endpoint yet: \"Write and verify\" makes one.".into()));
        }
        if remembered.replaces.is_some() {
            return Err(IntentError::NotYet(
                "The last replacing of the secret has not ended. Write and verify, or go back to the old secret."
                    .into(),
            ));
        }
        self.begin(ApplyKind::Rotate, None)?;
        self.change(|state| state.step = StepName::Verify);
        Ok(())
    }

    /// Goes back to the secret before a replacing that did not end.
    ///
    /// # Errors
    /// There is nothing to go back to, or something is missing.
    pub fn undo_rotation(&self) -> Result<(), IntentError> {
        self.must_have_endpoint()?;
        if self.lock().remembered.replaces.is_none() {
            return Err(IntentError::NotYet("There is no old endpoint to go back to.".into()));
        }
        self.begin(ApplyKind::UndoRotation, None)?;
        self.change(|state| state.step = StepName::Verify);
        Ok(())
    }

    /// Answers the question that "Write and verify" waits for, and goes on.
    ///
    /// # Errors
    /// Nothing was asked, or the answer is none of the options.
    pub fn answer(&self, option: &str) -> Result<(), IntentError> {
        {
            let state = self.lock();
            let Some(question) = &state.apply.question else {
                return Err(IntentError::NotYet("Nothing is asked at the moment.".into()));
            };
            if question.options.iter().all(|known| known.id != option) {
                return Err(IntentError::Invalid("This is none of the answers.".into()));
            }
        }
        if option == STOP {
            self.change(|state| {
                state.apply.question = None;
                state.apply.state = ApplyState::Idle;
                state.apply.checks.clear();
            });
            return Ok(());
        }
        let kind = self.lock().apply.kind;
        self.begin(kind, Some(option.to_owned()))
    }

    /// Cancels it: before the file is written, a new endpoint is taken back.
    pub fn cancel_apply(&self) {
        self.change(|state| {
            if let Some(cancel) = &state.apply.cancel {
                cancel.send_replace(true);
            }
            if state.apply.state == ApplyState::Asking {
                state.apply.question = None;
                state.apply.state = ApplyState::Idle;
                state.apply.checks.clear();
            }
        });
    }

    /// By the relay nothing reaches an endpoint, so nothing could be proved of it.
    fn must_have_endpoint(&self) -> Result<(), IntentError> {
        if is_relay(self.lock().public.way) {
            let text = "The relay goes without the endpoint. Choose the way by which Polar reaches it first.";
            return Err(IntentError::NotYet(text.into()));
        }
        Ok(())
    }

    /// The user has seen what will change; if the file is another one by now, he sees that first.
    fn as_previewed(&self) -> Result<(), IntentError> {
        let Some(path) = self.env_path() else { return Ok(()) };
        // A file that cannot be read has a check of its own.
        let Ok(now) = crate::env_file::read(&path) else { return Ok(()) };
        let state = self.lock();
        if state.project.env.path.as_ref() != Some(&path) || now == state.project.env.bytes {
            return Ok(());
        }
        drop(state);
        drop(self.refresh_plan());
        Err(IntentError::NotYet(format!(
            "{} was changed by another program since this preview was made. Look at the new one, then write again.",
            path.display()
        )))
    }

    /// Begins, and leaves the window where it is.
    pub(super) fn begin(&self, kind: ApplyKind, answer: Option<String>) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let missing = texts::first_missing(&self.lock());
        if let Some(missing) = missing {
            return Err(IntentError::NotYet(missing));
        }
        let folder = self.folder().ok_or_else(|| IntentError::NotYet("Choose a project folder first.".into()))?;
        let lock = match self.0.memory.as_ref().map(|memory| memory.lock_project(&folder)).transpose() {
            Ok(lock) => lock,
            Err(error) => return Err(IntentError::Invalid(error.to_string())),
        };
        self.start_receiver();
        let (cancel, cancelled) = watch::channel(false);
        self.change(|state| {
            state.apply.kind = kind;
            state.apply.state = ApplyState::Running;
            state.apply.question = None;
            state.apply.report = None;
            state.apply.cancel = Some(cancel);
            state.apply.lock = lock;
            let way = match state.public.way {
                PublicWay::Tunnel => Some(TUNNEL),
                PublicWay::Relay => Some(RELAY),
                PublicWay::OwnUrl | PublicWay::Direct => None,
            };
            let is_relayed = is_relay(state.public.way);
            let of_endpoint =
                |check: &(&str, &str)| !(is_relayed && ["endpoint", "endpoint_matches"].contains(&check.0));
            let two = kind != ApplyKind::Apply || state.remembered.replaces.is_some();
            let old = two.then_some(apply::OLD_ENDPOINT);
            let names = [TOKEN].into_iter().chain(way).chain(apply::CHECKS).chain(verify::CHECKS).chain(old);
            state.apply.checks = names.filter(of_endpoint).map(|(name, title)| Check::waiting(name, title)).collect();
        });
        let setup = self.clone();
        tokio::spawn(async move { setup.run(answer, cancelled).await });
        Ok(())
    }

    async fn run(&self, answer: Option<String>, mut cancelled: watch::Receiver<bool>) {
        let mut cancelled_before = cancelled.clone();
        let order = tokio::select! {
            order = self.prepare(answer) => order,
            _ = cancelled_before.wait_for(|cancelled| *cancelled) => None,
        };
        let outcome = match &order {
            None => Outcome::Stopped { endpoint: None, created: false },
            Some(order) => {
                let progress = |check: Check| self.show(check);
                let remember = |milestone: Milestone<'_>| {
                    self.remember(|remembered| order.remember(milestone, remembered));
                };
                let listener = Listener { progress: &progress, remember: &remember };
                apply::apply(order, &listener, async move {
                    if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
                        std::future::pending::<()>().await;
                    }
                })
                .await
            }
        };
        self.refresh_plan().await;
        self.finish(outcome, order.as_ref());
        let setup = self.clone();
        let _ = tokio::task::spawn_blocking(move || differences::keep_example(&setup)).await;
        self.refresh_plan().await;
        self.look_at_endpoint().await;
    }

    /// What must hold before anything is changed: the token, and the tunnel.
    async fn prepare(&self, answer: Option<String>) -> Option<Order> {
        self.show(Check::running(TOKEN.0, TOKEN.1));
        let (server, token, direct) = {
            let state = self.lock();
            (state.account.server.clone()?, state.account.token.clone()?, state.public.way == PublicWay::Direct)
        };
        let client = Client::new(server.clone(), token).map(|client| client.deliver_directly(direct));
        let asked = match client {
            Ok(client) => account::inspect(&client).await.map(|found| (client, found)),
            Err(error) => Err(error.into()),
        };
        let client = match asked {
            Ok((client, found)) => {
                let (passed, checks) = texts::account_checks(&server, &found);
                checks.into_iter().filter(|check| check.check == TOKEN.0).for_each(|check| self.show(check));
                self.change(|state| state.account.account = Some(found));
                if !passed {
                    return None;
                }
                client
            }
            Err(error) => {
                self.show(token_check(TOKEN.0, TOKEN.1, &error));
                return None;
            }
        };
        let way = self.lock().public.way;
        match way {
            PublicWay::Tunnel => self.tunnel_ready().await?,
            PublicWay::Relay => self.relay_ready().await?,
            PublicWay::OwnUrl | PublicWay::Direct => {}
        }
        let state = self.lock();
        texts::order(&state, client, answer)
    }

    async fn tunnel_ready(&self) -> Option<()> {
        self.show(Check::running(TUNNEL.0, TUNNEL.1));
        if let Err(error) = self.start_tunnel().await {
            self.show(
                Check::failed(TUNNEL.0, TUNNEL.1, "It does not run.")
                    .cause(error.to_string())
                    .fix("Mend it in the step before."),
            );
            return None;
        }
        let tunnel: Tunnel = self.lock().public.tunnel.clone()?;
        let ready = tunnel.ready().await;
        let check = match &ready {
            Ok(url) => {
                // The view's own copy comes from a task that may not have run yet.
                let view = tunnel.status();
                self.change(|state| {
                    if state.public.tunnel.is_some() {
                        state.public.tunnel_view = Some(view.clone());
                    }
                });
                check::tunnel::ready(url.as_str().trim_end_matches('/'), view)
            }
            Err(view) => check::tunnel::failed(view.clone(), "Start it again, or choose another way."),
        };
        self.show(check);
        ready.ok().map(|_| ())
    }

    pub(super) fn show(&self, check: Check) {
        self.change(|state| {
            let checks = &mut state.apply.checks;
            match checks.iter_mut().find(|known| known.check == check.check) {
                Some(known) => *known = check,
                None => checks.push(check),
            }
        });
    }

    fn finish(&self, outcome: Outcome, order: Option<&Order>) {
        let done_without = |endpoint: Option<Endpoint>, created| (endpoint, created, false, None);
        let (endpoint, created, verified, secret) = match outcome {
            Outcome::Ask(question) => {
                self.change(|state| {
                    state.apply.state = ApplyState::Asking;
                    state.apply.question = Some(question);
                    state.apply.cancel = None;
                    state.apply.lock = None;
                });
                return;
            }
            Outcome::Done(applied) => {
                let Applied { endpoint, created, verified, secret } = *applied;
                (endpoint, created, verified.ok, Some(secret))
            }
            Outcome::Stopped { endpoint, created } => done_without(endpoint.map(|endpoint| *endpoint), created),
        };
        self.change(|state| {
            let cancelled = state.apply.cancel.take().is_some_and(|cancel| *cancel.borrow());
            state.apply.lock = None;
            for check in &mut state.apply.checks {
                if matches!(check.state, CheckState::Running | CheckState::Waiting) {
                    check.state = CheckState::Waiting;
                    check.seen = String::from(if cancelled { "Cancelled." } else { "Not tried." });
                }
            }
            if let Some(secret) = &secret {
                state.webhook.secret = Some(secret.clone());
            }
            if cancelled && secret.is_none() {
                state.apply.state = ApplyState::Idle;
                state.apply.report = None;
                return;
            }
            let failed = state.apply.checks.iter().any(|check| check.state == CheckState::Failed);
            let verified = verified && !failed && !cancelled;
            let ending = match secret {
                _ if verified => Ending::Verified { app_silent: state.apply.checks.iter().any(apply::app_silent) },
                Some(_) => Ending::Written { cancelled },
                None => Ending::NotWritten,
            };
            state.apply.state = ApplyState::Done;
            if secret.is_some() {
                state.public.set_up_with_tunnel = state.public.way == PublicWay::Tunnel;
            }
            let server = state.account.server.clone();
            let organization =
                state.account.account.as_ref().map(|account| OrganizationView::from(&account.organization));
            let slug = organization.as_ref().and_then(|organization| organization.slug.clone());
            state.apply.report = Some(ReportView {
                verified,
                summary: summary(state, ending),
                endpoint_page: endpoint
                    .as_ref()
                    .and_then(|made| server.as_ref()?.endpoint_page(slug.as_deref(), &made.id)),
                endpoint_id: endpoint.as_ref().map(|made| made.id.clone()),
                endpoint_url: endpoint.as_ref().map(|made| made.url.clone()),
                endpoint_created: created,
                env_file: secret.as_ref().and(order).map(|order| order.path.display().to_string()),
                variables: secret.as_ref().zip(order).map(|(secret, order)| written(order, secret)).unwrap_or_default(),
                organization,
                environment: state.account.environment,
            });
        });
    }
}

/// The variables as they stand in the file now, masked.
fn written(order: &Order, secret: &crate::SecretText) -> Vec<EnvChange> {
    let base = order.base_url.as_deref().map_or(Base::None, Base::Known);
    let token = order.client.token().secret();
    let environment = order.client.environment().name;
    let wanted = apply::wanted(&order.names, token, order.secret_source, Some(secret.clone()), base, environment);
    wanted
        .into_iter()
        .map(|wanted| {
            let text = match wanted.value {
                crate::env_file::diff::WantedValue::Known(value) if wanted.variable.is_secret() => value.masked(),
                crate::env_file::diff::WantedValue::Known(value) => value.expose().to_owned(),
                crate::env_file::diff::WantedValue::Later(text) => text,
            };
            EnvChange { variable: wanted.variable, name: wanted.name, action: EnvAction::Keep, old: None, new: text }
        })
        .collect()
}

/// The endpoint's address and, for the file, the base: as the chosen way gives them; `None`: not known yet.
pub(super) fn addresses(state: &super::state::State) -> Option<(String, Option<String>)> {
    let route = state.route();
    match state.public.way {
        PublicWay::OwnUrl => {
            own_url::read(&state.public.own_url, &route, state.direct_possible()).ok().map(|own| (own.endpoint, None))
        }
        // What the app is asked at; Polar does not know it, so it does not go into the file.
        PublicWay::Relay => Some((verify::join(&state.public.receiver.as_ref()?.url(), &route), None)),
        PublicWay::Direct => {
            let base = state.public.receiver.as_ref()?.url();
            Some((verify::join(&base, &route), Some(base)))
        }
        PublicWay::Tunnel => {
            let base = state.public.tunnel_view.as_ref()?.url.clone()?;
            Some((verify::join(&base, &route), Some(base)))
        }
    }
}

/// The outcome in a sentence; by the relay also what was left alone.
fn summary(state: &super::state::State, ending: Ending) -> String {
    if !is_relay(state.public.way) {
        return ending.sentence().to_owned();
    }
    let left = match &state.remembered.endpoint_id {
        Some(_) => " The endpoint made earlier stays on Polar as it is, and goes on delivering to its address.",
        None => "",
    };
    format!("{}{left}", ending.relayed())
}
