//! The project: opening a folder, and overruling what was found in it.

use std::{path::Path, time::Duration};

use super::{
    IntentError, Setup,
    by_itself::Failures,
    memory::Remembered,
    state::State,
    view::{ApplyState, EnvironmentName, Hold, PublicWay},
};
use crate::{
    polar::Environment,
    project::{self, Project},
    receiver::{Receiver, app_is_running},
};

/// How often it is looked whether the user's app runs.
const APP_LOOK: Duration = Duration::from_secs(2);
/// How often the window is told of deliveries, at most.
const BETWEEN_SNAPSHOTS: Duration = Duration::from_millis(50);

impl Setup {
    /// Opens a folder: looks into it, recalls what was chosen there before, and starts the receiver.
    ///
    /// # Errors
    /// "Write and verify" is under way, or the folder cannot be used.
    pub async fn open_project(&self, folder: &Path) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let (path, memory) = (folder.to_path_buf(), self.0.memory.clone());
        let (found, last) = tokio::task::spawn_blocking(move || {
            let path = std::fs::canonicalize(&path).unwrap_or(path);
            let last = memory.and_then(|memory| memory.last(&path).ok().flatten());
            let framework = last.as_ref().and_then(|(_, remembered)| remembered.framework.as_deref());
            (project::inspect_as(&path, framework), last)
        })
        .await
        .map_err(|_| IntentError::Invalid("The folder could not be looked into.".into()))?;
        if let Some(problem) = &found.problem {
            let problem = problem.clone();
            self.change(|state| state.project.problem = Some(problem.clone()));
            return Err(IntentError::Invalid(problem));
        }
        let recent = self.0.memory.as_ref().map(|memory| {
            if let Err(error) = memory.visited(&found.folder, &found.name) {
                tracing::warn!(%error, "the project could not be remembered");
            }
            memory.recent().unwrap_or_default()
        });
        let (tunnel, receiver, kept) = self.change(|state| {
            state.public.relay = None;
            let old = (state.public.tunnel.take(), state.public.receiver.take(), state.kept.take());
            start_over(state, found);
            if let Some(recent) = recent {
                state.project.recent = recent;
            }
            if let Some((key, remembered)) = last {
                recall_environment(state, &key, &remembered);
                recall(state, remembered);
            }
            old
        });
        if let Some(tunnel) = tunnel {
            tunnel.stop().await;
        }
        if let Some(receiver) = receiver {
            receiver.stop().await;
        }
        if let Some(kept) = kept {
            kept.close().await;
        }
        self.start_receiver();
        self.resume_keeping().await;
        self.refresh_plan().await;
        self.scan_leaks()?;
        self.watch_app();
        self.look_at_account();
        Ok(())
    }

    /// Overrules what was found; `None` leaves a value as it is, an empty one goes back to what was found.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn set_project_details(
        &self,
        route: Option<&str>,
        port: Option<u16>,
        env_file: Option<&str>,
    ) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let route = route.map(read_route).transpose()?;
        let env_file = env_file.map(read_env_file).transpose()?;
        if port == Some(0) {
            return Err(IntentError::Invalid("A port is a number from 1 to 65535.".into()));
        }
        self.change(|state| {
            if let Some(route) = &route {
                state.project.route.clone_from(route);
            }
            if port.is_some() {
                state.project.port = port;
                state.app_running = None;
            }
            if let Some(env_file) = &env_file {
                state.project.env_file.clone_from(env_file);
            }
            if let Some(receiver) = &state.public.receiver {
                receiver.set_app_port(state.port());
            }
        });
        let (route, port, env_file) = {
            let state = self.lock();
            (state.project.route.clone(), state.project.port, state.project.env_file.clone())
        };
        self.remember(|remembered| {
            remembered.route = route;
            remembered.port = port;
            remembered.env_file = env_file;
        });
        drop(self.refresh_plan());
        Ok(())
    }

    /// Overrules the framework, by one of the known names; empty goes back to what was found. Everything that follows
    /// from it is looked at anew.
    ///
    /// # Errors
    /// It is not known, or "Write and verify" is under way.
    pub async fn set_framework(&self, name: &str) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let chosen = (!name.is_empty()).then(|| name.to_owned());
        if chosen.as_deref().is_some_and(|name| !project::framework_titles().contains(&name)) {
            return Err(IntentError::Invalid(format!("{name} is not a framework that is known here.")));
        }
        self.inspect_anew(chosen.clone()).await?;
        self.remember(|remembered| remembered.framework = chosen);
        self.refresh_plan().await;
        Ok(())
    }

    /// Starts the receiver, unless it runs.
    pub(super) fn start_receiver(&self) {
        let Some(folder) = self.folder() else { return };
        if self.lock().public.receiver.is_some() {
            return;
        }
        let port = self.lock().port();
        let receiver = match Receiver::start_for(&folder, port) {
            Ok(receiver) => receiver,
            Err(error) => {
                tracing::error!(%error, "the receiver could not be started");
                return;
            }
        };
        receiver.set_keeps_host(self.lock().public.keeps_host);
        let mut changes = receiver.subscribe();
        self.change(|state| state.public.receiver = Some(receiver));
        let inner = std::sync::Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut failures = Failures::default();
            while changes.changed().await.is_ok() {
                let Some(setup) = inner.upgrade().map(Self) else { return };
                setup.change(|_| ());
                failures.see(&setup, setup.view().live.failing);
                drop(setup);
                // A thousand a second are as many as a person can see of them.
                tokio::time::sleep(BETWEEN_SNAPSHOTS).await;
            }
        });
    }

    /// Looks every now and then whether the app runs and the env file was changed, as long as this project is open.
    fn watch_app(&self) {
        let Some(folder) = self.folder() else { return };
        let inner = std::sync::Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut clock = tokio::time::interval(APP_LOOK);
            let mut file_before = None;
            loop {
                clock.tick().await;
                let Some(setup) = inner.upgrade().map(Self) else { return };
                if setup.folder().as_ref() != Some(&folder) {
                    return;
                }
                let file = folder.join(setup.lock().env_file());
                let found = tokio::fs::metadata(&file).await.ok();
                let stamp = Some((file, found.and_then(|found| Some((found.modified().ok()?, found.len())))));
                if stamp != file_before && std::mem::replace(&mut file_before, stamp).is_some() {
                    setup.refresh_plan().await;
                }
                let port = setup.lock().port();
                let running = app_is_running(port).await;
                if setup.lock().app_running != Some(running) {
                    setup.change(|state| state.app_running = Some(running));
                }
                let receiver = setup.lock().public.receiver.clone();
                if let Some(receiver) = receiver
                    && running
                    && receiver.hold() != Hold::On
                    && receiver.counts().held > 0
                {
                    setup.let_go_soon(receiver);
                }
            }
        });
    }
}

fn start_over(state: &mut State, found: Project) {
    let fresh = State::new();
    let (is_first, way) = (state.project.found.is_none(), state.public.way);
    state.project = super::state::ProjectData {
        found: Some(found),
        recent: std::mem::take(&mut state.project.recent),
        readings: state.project.readings,
        newest_reading: state.project.newest_reading,
        ..Default::default()
    };
    state.webhook = fresh.webhook;
    state.public = super::state::PublicData {
        programs: std::mem::take(&mut state.public.programs),
        authtoken: std::mem::take(&mut state.public.authtoken),
        ..fresh.public
    };
    state.apply = fresh.apply;
    state.remembered = Remembered::default();
    state.app_running = None;
    state.on_polar = super::differences::OnPolar::Unknown;
    let generation = state.account.generation + 1;
    let account = super::state::AccountData { generation, ..fresh.account };
    // What was chosen before the first folder was chosen for it.
    let chosen = std::mem::replace(&mut state.account, account);
    if is_first {
        state.account.environment = chosen.environment;
        state.account.server = chosen.server;
        state.account.custom = chosen.custom;
        state.public.way = way;
    }
}

fn recall_environment(state: &mut State, key: &str, remembered: &Remembered) {
    let environment = remembered.environment.unwrap_or(EnvironmentName::Sandbox);
    state.account.environment = environment;
    state.account.server = match environment {
        EnvironmentName::Practice => None,
        EnvironmentName::Sandbox => Some(Environment::sandbox()),
        EnvironmentName::Production => Some(Environment::production()),
        EnvironmentName::Custom => {
            key.clone_into(&mut state.account.custom);
            Environment::custom(key).ok()
        }
    };
}

/// What is remembered, with the present choices.
pub(super) fn choices(state: &State) -> Remembered {
    Remembered {
        secret_source: Some(state.webhook.source),
        name: state.webhook.name.clone(),
        format: Some(state.webhook.format),
        events: Some(state.webhook.events.clone()),
        way: Some(state.public.way),
        program: state.public.program.clone(),
        own_url: Some(state.public.own_url.clone()),
        domain: Some(state.public.domain.clone()),
        keeps_host: state.public.keeps_host,
        route: state.project.route.clone(),
        port: state.project.port,
        env_file: state.project.env_file.clone(),
        names: state.project.names.clone(),
        ..state.remembered.clone()
    }
}

/// What was chosen before on this Polar.
pub(super) fn recall(state: &mut State, remembered: Remembered) {
    let Remembered {
        secret_source,
        name,
        format,
        events,
        way,
        program,
        own_url,
        domain,
        route,
        port,
        env_file,
        names,
        ..
    } = remembered.clone();
    state.webhook.source =
        secret_source.filter(|source| *source != super::view::SecretSource::Own).unwrap_or(state.webhook.source);
    state.webhook.name = name.or_else(|| state.webhook.name.take());
    state.webhook.format = format.unwrap_or(state.webhook.format);
    if let Some(events) = events {
        state.webhook.events = events;
    }
    state.public.way = way.unwrap_or(state.public.way);
    state.public.program = program.or_else(|| state.public.program.take());
    if let Some(domain) = domain {
        state.public.domain = domain;
    }
    if let Some(own_url) = own_url {
        state.public.own_url = own_url;
    }
    state.project.route = route.or_else(|| state.project.route.take());
    state.project.port = port.or(state.project.port);
    state.project.env_file = env_file.or_else(|| state.project.env_file.take());
    state.project.names = names;
    state.public.keeps_host = remembered.keeps_host;
    if state.public.way == PublicWay::Direct && state.account.environment == EnvironmentName::Production {
        state.public.way = PublicWay::Tunnel;
    }
    state.remembered = remembered;
    state.apply.state = ApplyState::Idle;
}

fn read_route(typed: &str) -> Result<Option<String>, IntentError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    if typed.contains("://") || typed.contains(char::is_whitespace) || typed.contains(['?', '#']) {
        return Err(IntentError::Invalid("A route is only the path, like /api/auth/polar/webhooks.".into()));
    }
    Ok(Some(format!("/{}", typed.trim_start_matches('/'))))
}

fn read_env_file(typed: &str) -> Result<Option<String>, IntentError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let path = Path::new(typed);
    let inside =
        path.components().all(|part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir));
    if !inside {
        return Err(IntentError::Invalid(
            "The env file must be inside the project's folder: give its name, like .env.".into(),
        ));
    }
    Ok(Some(typed.to_owned()))
}
