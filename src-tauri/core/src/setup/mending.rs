//! The buttons of a diagnosis: what this program can do about a cause is done here, and nothing else.

use url::Url;

use super::{
    IntentError, Setup,
    state::State,
    view::{ApplyState, DeliveryFormat, PublicWay, SetupView, TunnelPhase, TunnelView},
};
use crate::{
    SecretText,
    check::diagnose::{Cause, Mend},
    polar::{
        ApiError, Client,
        endpoint::{Endpoint, EndpointWish},
    },
};

impl Setup {
    /// Does what the button beside a cause of the last diagnosis says.
    ///
    /// # Errors
    /// There is no such button, it cannot be done, or Polar refuses it.
    pub async fn mend_cause(&self, id: &str) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let mend = {
            let state = self.lock();
            diagnosed_cause(&state, id).and_then(|cause| cause.mend.clone())
        };
        let Some(mend) = mend else {
            return Err(IntentError::Invalid("There is no button for this.".into()));
        };
        match mend {
            Mend::SwitchOn => self.update(EndpointWish { enabled: Some(true), ..EndpointWish::default() }).await,
            Mend::SetRaw => {
                let format = Some(DeliveryFormat::Raw);
                self.update(EndpointWish { format, ..EndpointWish::default() }).await
            }
            Mend::AddEvents(events) => self.add_events(events).await,
            Mend::Repoint(url) => self.repoint(url).await,
            Mend::WriteSecret(file) => self.write_polars_secret(&file).await,
            Mend::UsePort(port) => self.set_project_details(None, Some(port), None),
            Mend::StartTunnel => self.start_and_follow().await,
            Mend::SetUp => self.apply(),
            Mend::Redeliver(event) => self.redeliver_event(&event).await,
        }?;
        self.look_at_endpoint().await;
        Ok(())
    }

    /// Where to read more about a cause of the last diagnosis.
    ///
    /// # Errors
    /// There is nothing to read.
    pub fn cause_link(&self, id: &str) -> Result<String, IntentError> {
        let link = diagnosed_cause(&self.lock(), id).and_then(|cause| cause.link.clone());
        link.ok_or_else(|| IntentError::NotYet("There is nothing to read about this: look again.".into()))
    }

    /// Asks Polar to deliver what the last diagnosis found missed once more; gives how many events that are.
    ///
    /// # Errors
    /// Polar refuses it, or is not reached.
    pub async fn redeliver_missed_events(&self) -> Result<usize, IntentError> {
        let missed = self.lock().diagnosed.as_ref().map(|diagnosed| diagnosed.at.missed.clone()).unwrap_or_default();
        for event in &missed {
            self.redeliver_event(event).await?;
        }
        Ok(missed.len())
    }

    /// Polar, and the endpoint that was looked at: not always the one that is remembered here.
    fn diagnosed_endpoint(&self) -> Result<(Client, String), IntentError> {
        let state = self.lock();
        let id = state.diagnosed.as_ref().and_then(|diagnosed| diagnosed.at.endpoint_id.clone());
        let (Some(client), Some(id)) = (state.client(), id) else {
            return Err(IntentError::NotYet("Enter an access token first, and look again.".into()));
        };
        Ok((client, id))
    }

    /// Whether this project's setup made that endpoint.
    fn is_ours(&self, id: &str) -> bool {
        self.lock().remembered.endpoint_id.as_deref() == Some(id)
    }

    async fn update(&self, wish: EndpointWish) -> Result<(), IntentError> {
        let (client, id) = self.diagnosed_endpoint()?;
        client.update_endpoint(&id, &wish).await.map(drop).map_err(|error| said(&error))
    }

    /// "Write and verify" would take it back, had the project another route.
    async fn repoint(&self, url: String) -> Result<(), IntentError> {
        let path = Url::parse(&url).map(|url| url.path().to_owned()).unwrap_or_default();
        let (_, id) = self.diagnosed_endpoint()?;
        self.update(EndpointWish { url: Some(url), ..EndpointWish::default() }).await?;
        if self.is_ours(&id) && path.len() > 1 && path != self.lock().route() {
            self.set_project_details(Some(&path), None, None)?;
        }
        Ok(())
    }

    /// What the endpoint takes already stays.
    async fn add_events(&self, events: Vec<String>) -> Result<(), IntentError> {
        let (client, id) = self.diagnosed_endpoint()?;
        let mut all = found(&client, &id).await?.events;
        all.extend(events);
        all.sort();
        all.dedup();
        self.update(EndpointWish { events: Some(all.clone()), ..EndpointWish::default() }).await?;
        if self.is_ours(&id) { self.set_events(&all) } else { Ok(()) }
    }

    async fn write_polars_secret(&self, file: &str) -> Result<(), IntentError> {
        let (client, id) = self.diagnosed_endpoint()?;
        let Some(secret) = found(&client, &id).await?.secret else {
            return Err(IntentError::Invalid("Polar does not say the endpoint's secret.".into()));
        };
        let name = self.lock().names().secret;
        let folder = self.folder().ok_or_else(|| IntentError::NotYet("Choose a project folder first.".into()))?;
        if let Some(receiver) = self.lock().public.receiver.clone() {
            receiver.set_secret(Some(SecretText::new(secret.expose())));
        }
        self.set_variables_in(folder.join(file), vec![(name, secret)]).await
    }

    /// Starts the tunnel, waits until it carries, and gives Polar and the env file its address.
    async fn start_and_follow(&self) -> Result<(), IntentError> {
        let way = self.lock().public.way;
        if way != PublicWay::Tunnel {
            return Err(IntentError::NotYet(
                "The project is not set up with a tunnel: choose one under Public URL, or start yours where you started it before.".into(),
            ));
        }
        let mut views = self.subscribe();
        self.start_tunnel().await?;
        // Connected is not yet carrying; but when probes do not get through from here, it may be all there is.
        let is_up = |tunnel: &TunnelView| {
            tunnel.phase == TunnelPhase::Reachable
                || (tunnel.phase == TunnelPhase::Connected && tunnel.problem.is_some())
        };
        let ended = |tunnel: &TunnelView| matches!(tunnel.phase, TunnelPhase::Failed | TunnelPhase::Stopped);
        let stands = |view: &SetupView| view.public_url.tunnel.as_ref().is_none_or(|it| is_up(it) || ended(it));
        let came_up = views.wait_for(stands).await.is_ok_and(|view| view.public_url.tunnel.as_ref().is_some_and(is_up));
        if !came_up {
            return Err(IntentError::Invalid("The tunnel did not come up: Public URL says why.".into()));
        }
        self.apply()?;
        let ended = views.wait_for(|view| view.apply.state != ApplyState::Running).await;
        ended.map(drop).map_err(|_| IntentError::Invalid("It was broken off.".into()))
    }
}

/// A cause of the last diagnosis.
fn diagnosed_cause<'a>(state: &'a State, id: &str) -> Option<&'a Cause> {
    state.diagnosed.as_ref()?.causes.iter().find(|cause| cause.id == id)
}

fn said(error: &ApiError) -> IntentError {
    IntentError::Invalid(format!("{error} {}", error.fix()))
}

async fn found(client: &Client, id: &str) -> Result<Endpoint, IntentError> {
    let endpoint = client.endpoint(id).await.map_err(|error| said(&error))?;
    endpoint.ok_or_else(|| IntentError::NotYet("The endpoint is no longer on Polar: look again.".into()))
}
