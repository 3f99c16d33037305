//! The project's folder, read again: what its code says, and what the preview compares with.

use super::{IntentError, Setup, env_step, plan::EnvBefore};
use crate::{
    env_file,
    project::{
        self,
        git::{self, Exposure},
    },
};

impl Setup {
    /// Looks into the folder again: whether that says something else than before.
    pub(super) async fn inspect_anew(&self, framework: Option<String>) -> Result<bool, IntentError> {
        let folder = self.folder().ok_or_else(|| IntentError::NotYet("Choose a project folder first.".into()))?;
        let found = tokio::task::spawn_blocking(move || project::inspect_as(&folder, framework.as_deref())).await;
        let found = found.map_err(|_| IntentError::Invalid("The folder could not be looked into.".into()))?;
        let mut is_changed = false;
        self.change(|state| {
            let before = state.project.found.as_ref().filter(|project| project.folder == found.folder);
            if before.is_some_and(|before| *before != found) {
                is_changed = true;
                state.project.found = Some(found);
                if let Some(receiver) = &state.public.receiver {
                    receiver.set_app_port(state.port());
                }
            }
        });
        Ok(is_changed)
    }

    /// Reads again what the preview compares with. Goes on by itself; who needs the result awaits it.
    pub(super) fn refresh_plan(&self) -> impl Future<Output = ()> + use<> {
        let (setup, found, backups, wanted, reading_number) = {
            let mut state = self.lock();
            state.project.readings += 1;
            let number = state.project.readings;
            (self.clone(), state.project.found.clone(), state.backups.clone(), state.wanted_names(), number)
        };
        let (name, route, names) = {
            let state = self.lock();
            (state.env_file(), state.route(), state.names())
        };
        let reading = found.map(|mut project| {
            // The handler reads the variables by the names that were chosen.
            project.names.token.name.clone_from(&names.token);
            project.names.secret.name.clone_from(&names.secret);
            tokio::task::spawn_blocking(move || {
                let (folder, reader) = (project.folder.clone(), project.reader);
                let path = folder.join(&name);
                let before = env_file::read(&path);
                let warnings = project.env_file_warnings(&name);
                let gitignore = (git::exposure(&folder, &name) == Exposure::WouldBeTaken)
                    .then(|| git::gitignore::line(&folder, &name))
                    .flatten();
                let overruled = project.overruled_by(&name);
                let handler = project.handler_at(&route);
                let (backups, example) = env_step::beside(&folder, &name, backups.as_ref(), &wanted);
                setup.change(|state| {
                    if state.project.found.as_ref().is_none_or(|project| project.folder != folder) {
                        return;
                    }
                    // One that began later has read what is newer.
                    if state.project.newest_reading > reading_number {
                        return;
                    }
                    state.project.newest_reading = reading_number;
                    state.project.warnings = warnings;
                    state.project.gitignore = gitignore;
                    state.project.overruled = overruled;
                    state.project.handler = handler;
                    state.project.backups = backups;
                    state.project.example = example;
                    match before {
                        Ok(before) => state.project.env = EnvBefore::new(path, before, Some(reader)),
                        Err(error) => state.project.warnings.push(error.to_string()),
                    }
                });
            })
        });
        async move {
            if let Some(reading) = reading {
                // It fails only when the program ends.
                let _ = reading.await;
            }
        }
    }
}
