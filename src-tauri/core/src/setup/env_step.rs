//! The env file besides "Write and verify": its variables' names, its earlier versions, its example, its other forms.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::{
    Copied, IntentError, Setup,
    state::State,
    view::{BackupView, ExampleView},
};
use crate::{
    SecretText,
    env_file::{self, Document, EnvFileError, Variable, export, names},
    moment::milliseconds,
};

/// What a project may call its example; the first is made where there is none.
const EXAMPLES: [&str; 5] = [".env.example", ".env.sample", ".env.template", ".env.dist", "example.env"];

impl Setup {
    /// Gives a variable another name; empty goes back to what was found. The switch is left out by `-`.
    ///
    /// # Errors
    /// Not every program can read such a name, another variable has it, or a secret would be shipped to browsers.
    pub fn set_variable_name(&self, variable: Variable, name: &str) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let name = name.trim();
        let chosen = match name {
            "" => None,
            "-" if variable == Variable::Switch => Some(String::new()),
            name => {
                names::check(name, variable.is_secret()).map_err(|error| invalid(&error))?;
                let taken = self.lock().names().all().any(|(other, taken)| other != variable && taken == name);
                if taken {
                    return Err(IntentError::Invalid(format!("{name} is another variable's name here already.")));
                }
                Some(name.to_owned())
            }
        };
        self.change(|state| state.project.names.set(variable, chosen));
        let names = self.lock().project.names.clone();
        self.remember(|remembered| remembered.names = names);
        drop(self.refresh_plan());
        Ok(())
    }

    /// Puts an earlier version of the env file back; the present one becomes the newest backup.
    ///
    /// # Errors
    /// There is no such version, or the file cannot be written.
    pub async fn restore_backup(&self, id: &str) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let path = self.env_path().ok_or_else(no_folder)?;
        let Some(backups) = self.lock().backups.clone() else {
            return Err(IntentError::NotYet("No earlier version is kept.".into()));
        };
        let id = id.to_owned();
        blocking(move || backups.restore(&path, &id, OffsetDateTime::now_utc())).await?;
        self.refresh_plan().await;
        Ok(())
    }

    /// Writes the names that are missing into the project's example, with a comment each and no value. From now on it
    /// is kept in step.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn write_example(&self) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let folder = self.folder().ok_or_else(no_folder)?;
        let wanted = self.lock().wanted_names();
        blocking(move || write_example(&folder, &wanted)).await?;
        self.remember(|remembered| remembered.keeps_example = true);
        self.refresh_plan().await;
        Ok(())
    }

    /// The variables in another form, as they stand in the file, for the clipboard.
    ///
    /// # Errors
    /// The file holds none of them yet, or the form cannot hold a value.
    pub fn exported(&self, form: export::Form) -> Result<Copied, IntentError> {
        let state = self.lock();
        let value = |name: &str| state.project.env.value(name).map(SecretText::new);
        let names = state.names();
        let variables: Vec<_> = names.all().filter_map(|(_, name)| Some((name.to_owned(), value(name)?))).collect();
        if variables.is_empty() {
            return Err(IntentError::NotYet("The env file has none of these variables yet.".into()));
        }
        let text = export::export(form, &variables).map_err(|error| invalid(&error))?;
        Ok(Copied { text, secret: true })
    }

    /// The env file, absolute.
    pub(super) fn env_path(&self) -> Option<PathBuf> {
        Some(self.folder()?.join(self.lock().env_file()))
    }

    /// Sets variables in the file and nothing else, after keeping the version before.
    pub(super) async fn set_variables(&self, values: Vec<(String, SecretText)>) -> Result<(), IntentError> {
        let path = self.env_path().ok_or_else(no_folder)?;
        self.set_variables_in(path, values).await
    }

    /// The same in another one of the project's env files.
    pub(super) async fn set_variables_in(
        &self,
        path: PathBuf,
        values: Vec<(String, SecretText)>,
    ) -> Result<(), IntentError> {
        let (backups, reader) = {
            let state = self.lock();
            (state.backups.clone(), state.reader())
        };
        blocking(move || {
            let before = env_file::read(&path)?;
            let mut document = Document::parse(before.as_deref().unwrap_or_default());
            for (name, value) in &values {
                document.set(name, value.expose(), reader)?;
            }
            env_file::replace(&path, &document.to_bytes(), before.as_deref(), backups.as_ref())
        })
        .await?;
        self.refresh_plan().await;
        Ok(())
    }
}

impl State {
    /// The variables that this setup writes, by their names.
    pub fn wanted_names(&self) -> Vec<(Variable, String)> {
        self.names().all().map(|(variable, name)| (variable, name.to_owned())).collect()
    }
}

/// What is beside the env file, for the snapshot. Blocks.
pub(super) fn beside(
    folder: &Path,
    env_file: &str,
    backups: Option<&env_file::Backups>,
    wanted: &[(Variable, String)],
) -> (Vec<BackupView>, ExampleView) {
    let backups = backups.map(|backups| backups.of(&folder.join(env_file))).unwrap_or_default();
    let backups = backups
        .into_iter()
        .map(|backup| BackupView { replaced_at: milliseconds(backup.replaced_at), id: backup.id, size: backup.size })
        .collect();
    let file = example_file(folder);
    let present = env_file::read(&folder.join(file)).ok().flatten();
    let document = Document::parse(present.as_deref().unwrap_or_default());
    let missing = wanted.iter().filter(|(_, name)| document.get(name).is_none()).map(|(_, name)| name.clone());
    (backups, ExampleView { file: file.to_owned(), exists: present.is_some(), missing: missing.collect() })
}

/// Writes the missing names into the example. Blocks.
pub(super) fn write_example(folder: &Path, wanted: &[(Variable, String)]) -> Result<(), EnvFileError> {
    let path = folder.join(example_file(folder));
    let present = env_file::read(&path)?;
    match export::example(present.as_deref().unwrap_or_default(), wanted) {
        Some(bytes) => env_file::write_public(&path, &bytes, present.as_deref()),
        None => Ok(()),
    }
}

fn example_file(folder: &Path) -> &'static str {
    EXAMPLES.into_iter().find(|name| folder.join(name).is_file()).unwrap_or(EXAMPLES[0])
}

pub(super) fn invalid(error: &EnvFileError) -> IntentError {
    IntentError::Invalid(format!("{error} {}", error.fix()))
}

fn no_folder() -> IntentError {
    IntentError::NotYet("Choose a project folder first.".into())
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EnvFileError> + Send + 'static,
) -> Result<T, IntentError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| invalid(&error)),
        Err(_) => Err(IntentError::Invalid("The work on the file was broken off.".into())),
    }
}
