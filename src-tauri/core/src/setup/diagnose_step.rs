//! "Why don't my webhooks arrive?", asked of this project as it is set up.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{
    IntentError, Setup,
    by_itself::Failure,
    relay_step::is_relay,
    state::State,
    view::{DeliveryFormat, EnvironmentName, TunnelPhase},
};
use crate::check::diagnose::{self, Diagnosis, Likely, Subject, Verdict};

impl Setup {
    /// Looks at everything that a delivery passes, and names what is wrong. A newer question ends an older one.
    ///
    /// # Errors
    /// No project is open, or somebody cancelled it.
    pub async fn diagnose(&self) -> Result<Diagnosis, IntentError> {
        self.look_into(true).await
    }

    /// The same after a delivery that arrived here and failed: that the public address leads here is known by then, and
    /// what is not sent through it does not stand among the deliveries.
    pub(super) async fn diagnose_failure(&self) -> Result<Diagnosis, IntentError> {
        self.look_into(false).await
    }

    async fn look_into(&self, is_asked: bool) -> Result<Diagnosis, IntentError> {
        // The code may have been changed since the folder was opened, and the answer is about how it is now.
        let framework = self.lock().remembered.framework.clone();
        if self.must_be_idle().is_ok() && self.inspect_anew(framework).await? {
            self.refresh_plan().await;
        }
        let ended = Arc::new(Notify::new());
        let subject = {
            let mut state = self.lock();
            let subject = subject(&state, is_asked)?;
            if !is_asked && state.diagnosing.is_some() {
                return Err(IntentError::NotYet("Somebody is looking already.".into()));
            }
            if let Some(before) = state.diagnosing.replace(Arc::clone(&ended)) {
                before.notify_one();
            }
            subject
        };
        tokio::select! {
            diagnosis = diagnose::diagnose(&subject) => {
                let mut state = self.lock();
                if state.diagnosing.as_ref().is_some_and(|running| Arc::ptr_eq(running, &ended)) {
                    state.diagnosing = None;
                }
                state.diagnosed = Some(diagnosis.clone());
                drop(state);
                if is_asked {
                    self.take_in(&diagnosis);
                }
                Ok(diagnosis)
            }
            () = ended.notified() => Err(IntentError::NotYet("The search for the cause was cancelled.".into())),
        }
    }

    /// What stands elsewhere in the window follows what was found: of a failure that was looked into before, and of the
    /// endpoint on Polar.
    fn take_in(&self, diagnosis: &Diagnosis) {
        self.change(|state| {
            if state.failure.is_some() {
                let found = (diagnosis.verdict != Verdict::Healthy).then(|| diagnosis.clone());
                state.failure = found.map(|found| Failure { found: Some(found) });
            }
        });
        let setup = self.clone();
        tokio::spawn(async move { setup.look_at_endpoint().await });
    }

    /// Ends the search.
    pub fn cancel_diagnosis(&self) {
        if let Some(running) = self.lock().diagnosing.take() {
            running.notify_one();
        }
    }
}

/// What a tunnel that did not come up said of it.
fn tunnel_problem(state: &State) -> Option<(String, String)> {
    let view = state.public.tunnel_view.as_ref().filter(|view| view.phase == TunnelPhase::Failed)?;
    let fix = view.fix.as_deref().map(|fix| format!(" {fix}")).unwrap_or_default();
    Some((view.program.clone(), format!("{}{fix}", view.problem.as_deref()?)))
}

fn subject(state: &State, asks_public: bool) -> Result<Subject, IntentError> {
    let project = state.project.found.clone();
    let project = project.ok_or_else(|| IntentError::NotYet("Choose a project folder first.".into()))?;
    // A practice Polar that does not run yet has nothing to tell.
    let practice_is_away = state.account.environment == EnvironmentName::Practice && state.account.server.is_none();
    Ok(Subject {
        names: state.names(),
        route: Likely::new(state.route(), project.route_at.is_some() || state.route() != project.route),
        // The receiver leads to this one, whoever named it.
        app_port: Likely::new(state.port(), true),
        environment: state.account.server.clone(),
        asks_polar: !practice_is_away,
        asks_public,
        is_relayed: is_relay(state.public.way),
        token: state.account.token.as_ref().map(|token| token.secret().clone()),
        token_ends: state.remembered.token_expires.clone(),
        endpoint_id: state.remembered.endpoint_id.clone(),
        events: if state.webhook.format == DeliveryFormat::Raw { state.webhook.events.clone() } else { Vec::new() },
        tunnel_problem: tunnel_problem(state),
        project,
        // The window asks which app is meant when a folder is opened.
        outer: None,
    })
}
