//! The search for leaked secrets, beside everything else; and what keeps git from taking the env file.

use super::{IntentError, Setup, env_step};
use crate::{
    env_file::Variable,
    project::git::{
        gitignore::{self, GitignoreLine},
        leaks::LeakScan,
    },
};

impl Setup {
    /// Searches the project's files and history, in the background. A search that runs is begun anew.
    ///
    /// # Errors
    /// No project is open.
    pub fn scan_leaks(&self) -> Result<(), IntentError> {
        let folder = self.folder().ok_or_else(|| IntentError::NotYet("Choose a project folder first.".into()))?;
        let (env_file, secrets): (_, Vec<_>) = {
            let state = self.lock();
            let in_file = [Variable::Token, Variable::Secret].map(|variable| state.value_in_file(variable));
            let here = [state.account.token.as_ref().map(|token| token.secret().clone()), state.webhook.secret.clone()];
            (state.env_file(), in_file.into_iter().chain(here).flatten().collect())
        };
        let scan = LeakScan::start(&folder, &env_file, &secrets);
        let mut progress = scan.subscribe();
        self.change(|state| {
            state.project.leaks = progress.borrow_and_update().clone();
            // The one before is cancelled by being dropped.
            state.project.scan = Some(scan);
        });
        let inner = std::sync::Arc::downgrade(&self.0);
        tokio::spawn(async move {
            while progress.changed().await.is_ok() {
                let Some(setup) = inner.upgrade().map(Self) else { return };
                if setup.folder().as_ref() != Some(&folder) {
                    return;
                }
                let leaks = progress.borrow_and_update().clone();
                setup.change(|state| state.project.leaks = leaks);
            }
        });
        Ok(())
    }

    /// Ends the search; what it has found stays.
    pub fn cancel_scan(&self) {
        if let Some(scan) = &self.lock().project.scan {
            scan.cancel();
        }
    }

    /// Writes the line that keeps git from taking the env file.
    ///
    /// # Errors
    /// There is no repository, or the file cannot be written.
    pub async fn ignore_env_file(&self) -> Result<(), IntentError> {
        let folder = self.folder().ok_or_else(|| IntentError::NotYet("Choose a project folder first.".into()))?;
        let file = self.lock().env_file();
        env_step::blocking(move || {
            let Some(line) = gitignore::line(&folder, &file) else { return Ok(()) };
            gitignore::append(&line).map_err(|error| env_file_error(&line, error))
        })
        .await?;
        self.refresh_plan().await;
        Ok(())
    }
}

fn env_file_error(line: &GitignoreLine, source: std::io::Error) -> crate::env_file::EnvFileError {
    crate::env_file::EnvFileError::Io { path: line.file.clone(), source }
}
