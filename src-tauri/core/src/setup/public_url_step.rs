//! How Polar reaches this machine: a tunnel, an address of one's own, or directly.

use std::sync::Arc;

use time::OffsetDateTime;
use url::Url;

use super::{
    IntentError, Setup,
    authtoken::own_domain,
    follow::Absence,
    own_url,
    view::{DeliveryFormat, PublicWay, TunnelPhase, TunnelView},
};
use crate::{
    check::{
        Check,
        address::{ADDRESS, Address, Look},
    },
    tunnel::{self, Provider, Tunnel, TunnelOptions},
};

impl Setup {
    /// Chooses the way; `program` is a tunnel program's name.
    ///
    /// # Errors
    /// The way is not possible here, or "Write and verify" is under way.
    pub async fn set_public_way(&self, way: PublicWay, program: Option<&str>) -> Result<(), IntentError> {
        self.must_be_idle()?;
        if way == PublicWay::Direct && !self.lock().direct_possible() {
            return Err(IntentError::Invalid("Only a practice Polar on this machine delivers directly.".into()));
        }
        if let Some(name) = program
            && Provider::from_name(name).is_none()
        {
            return Err(IntentError::Invalid(format!("There is no tunnel program {name} that this assistant knows.")));
        }
        let abandoned = self.change(|state| {
            let other = way != PublicWay::Tunnel
                || state.public.tunnel_view.as_ref().is_some_and(|view| Some(view.program.as_str()) != program);
            state.public.way = way;
            state.public.relay = state.public.relay.take().filter(|_| way == PublicWay::Relay);
            if let Some(program) = program {
                state.public.program = Some(program.to_owned());
            }
            if other {
                state.public.tunnel_view = None;
                state.public.tunnel.take()
            } else {
                None
            }
        });
        if let Some(tunnel) = abandoned {
            tunnel.stop().await;
        }
        if let Some(provider) = program.and_then(Provider::from_name) {
            self.authtoken(provider).await;
        }
        self.remember(|remembered| {
            remembered.way = Some(way);
            remembered.program = program.map(str::to_owned).or_else(|| remembered.program.take());
        });
        Ok(())
    }

    /// Takes the user's own address; a Discord or Slack address chooses its format too.
    ///
    /// # Errors
    /// "Write and verify" is under way. An address that cannot be used is no error: the view tells.
    pub fn set_own_url(&self, typed: &str) -> Result<(), IntentError> {
        self.must_be_idle()?;
        self.change(|state| {
            typed.clone_into(&mut state.public.own_url);
            state.public.own_url_look = None;
            let read = own_url::read(typed, &state.route(), state.direct_possible());
            let webhook = &mut state.webhook;
            match (read.ok().and_then(|own| own.format), webhook.format_before_address) {
                (Some(format), None) if format != webhook.format => {
                    webhook.format_before_address = Some(std::mem::replace(&mut webhook.format, format));
                }
                (Some(format), _) => webhook.format = format,
                // The address that had brought the format is gone, and takes it along.
                (None, Some(before)) => {
                    webhook.format = before;
                    webhook.format_before_address = None;
                }
                (None, None) => {}
            }
        });
        self.remember(|remembered| remembered.own_url = Some(typed.to_owned()));
        Ok(())
    }

    /// Tries the user's own address as Polar would, with a signed test delivery.
    ///
    /// # Errors
    /// There is no address that could be tried.
    pub async fn try_own_url(&self) -> Result<(), IntentError> {
        let (typed, format, known, private_allowed, endpoint) = {
            let state = self.lock();
            let private_allowed = state.direct_possible();
            let own = own_url::read(&state.public.own_url, &state.route(), private_allowed);
            let own = own.map_err(|error| IntentError::Invalid(error.to_string()))?;
            let known = state.webhook.secret.clone();
            (state.public.own_url.clone(), state.webhook.format, known, private_allowed, own.endpoint)
        };
        if format != DeliveryFormat::Raw {
            return Err(IntentError::Invalid("A try would post into the channel: the last step does so once.".into()));
        }
        let url = Url::parse(&endpoint).map_err(|_| IntentError::Invalid("This is not a web address.".into()))?;
        let secret = match known {
            Some(secret) => Some(secret),
            None => self.secret_in_file().await,
        };
        let running = Look { check: Check::running(ADDRESS.0, ADDRESS.1), suggestion: None };
        self.change(|state| state.public.own_url_look = Some(running));
        let look = Address { url, secret, format, private_allowed }.look().await;
        self.change(|state| {
            // Another one may have been typed meanwhile.
            if state.public.own_url == typed {
                state.public.own_url_look = Some(look);
            }
        });
        Ok(())
    }

    /// Takes the address that the user's account has at the tunnel's service; an empty one: whichever it gives.
    ///
    /// # Errors
    /// "Write and verify" is under way. An address that cannot be used is no error: the view tells.
    pub fn set_domain(&self, typed: &str) -> Result<(), IntentError> {
        self.must_be_idle()?;
        self.change(|state| typed.clone_into(&mut state.public.domain));
        self.remember(|remembered| remembered.domain = Some(typed.to_owned()));
        Ok(())
    }

    /// Looks which tunnel programs are on this machine.
    pub async fn look_for_programs(&self) {
        let programs = tunnel::find_programs().await;
        self.change(|state| {
            if state.public.program.is_none() {
                let first = programs.iter().find(|program| program.path.is_some()).or_else(|| programs.first());
                state.public.program = first.map(|program| program.name.clone());
            }
            state.public.programs = programs;
        });
    }

    /// Starts the chosen tunnel program towards the receiver.
    ///
    /// # Errors
    /// No project is open, no program is chosen, or it is not installed.
    pub async fn start_tunnel(&self) -> Result<(), IntentError> {
        if self.folder().is_none() {
            return Err(IntentError::NotYet("Choose a project folder first.".into()));
        }
        if self.lock().public.programs.is_empty() {
            self.look_for_programs().await;
        }
        self.start_receiver();
        let (program, receiver, running) = {
            let state = self.lock();
            let name = state.public.program.clone();
            let program = state.public.programs.iter().find(|program| Some(&program.name) == name.as_ref()).cloned();
            let running = state
                .public
                .tunnel_view
                .as_ref()
                .is_some_and(|view| !matches!(view.phase, TunnelPhase::Failed | TunnelPhase::Stopped));
            (program, state.public.receiver.clone(), running && state.public.tunnel.is_some())
        };
        if running {
            return Ok(());
        }
        let Some(program) = program else { return Err(IntentError::NotYet("Choose a tunnel program first.".into())) };
        let Some(receiver) = receiver else {
            return Err(IntentError::Invalid(
                "The receiver could not be started: no port is free on this machine.".into(),
            ));
        };
        let (Some(provider), Some(path)) = (Provider::from_name(&program.name), &program.path) else {
            let text = format!("{} is not installed. Install it with: {}", program.name, program.install);
            return Err(IntentError::NotYet(text));
        };
        let authtoken = self.authtoken(provider).await;
        let domain = if provider.takes_domain() {
            own_domain(&self.lock().public.domain).map_err(IntentError::Invalid)?
        } else {
            None
        };
        let tunnel = Tunnel::start(TunnelOptions {
            provider,
            program: path.into(),
            authtoken,
            domain,
            data: self.0.memory.as_ref().map(|memory| memory.path().to_path_buf()),
            receiver: receiver.address(),
            deadline: tunnel::DEADLINE,
            probe: tunnel::probe(receiver),
        });
        let mut changes = tunnel.subscribe();
        let first: TunnelView = tunnel.status();
        let old = self.change(|state| {
            state.public.happened.clear();
            state.public.tunnel_view = Some(first);
            state.public.tunnel.replace(tunnel)
        });
        if let Some(old) = old {
            old.stop().await;
        }
        let inner = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut absence = Absence::default();
            while changes.changed().await.is_ok() {
                let view = changes.borrow_and_update().clone();
                let Some(setup) = inner.upgrade().map(Self) else { return };
                let news = absence.see(&view, OffsetDateTime::now_utc());
                setup.change(|state| {
                    if state.public.tunnel.is_some() {
                        let host = view.url.as_ref().and_then(|url| Some(Url::parse(url).ok()?.host_str()?.to_owned()));
                        if let Some(receiver) = &state.public.receiver {
                            receiver.set_hosts(host.into_iter().collect());
                        }
                        state.public.tunnel_view = Some(view);
                    }
                });
                if let Some(news) = news {
                    // On its own: what the tunnel does meanwhile must still be seen.
                    tokio::spawn(async move { setup.follow(news).await });
                }
            }
        });
        Ok(())
    }

    /// Stops the tunnel.
    ///
    /// # Errors
    /// "Write and verify" is under way.
    pub async fn stop_tunnel(&self) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let tunnel = self.change(|state| {
            state.public.tunnel_view = None;
            state.public.tunnel.take()
        });
        if let Some(tunnel) = tunnel {
            tunnel.stop().await;
        }
        Ok(())
    }
}
