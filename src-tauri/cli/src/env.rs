//! `env`: the env file by itself: its variables in another form, its earlier versions, its example.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand, ValueEnum};
use polar_setup_core::{
    SecretText,
    env_file::{self, Backups, Document, EnvFileError, Names, Reader, export},
    setup::memory::{Memory, Remembered},
};
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    output::Printer,
    run::{self, Stop},
    wishes,
};

/// `env`.
#[derive(Debug, Args)]
pub struct EnvArgs {
    /// What to do
    #[command(subcommand)]
    pub action: EnvAction,
}

/// What to do with the env file.
#[derive(Debug, Subcommand)]
pub enum EnvAction {
    /// Print Polar's variables in another form, with their values
    Export {
        #[command(flatten)]
        file: FileArgs,
        /// The form
        #[arg(long = "as", value_enum)]
        form: FormChoice,
    },
    /// List the earlier versions that were kept, newest first
    Backups {
        #[command(flatten)]
        file: FileArgs,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Put an earlier version back; the present one becomes the newest backup
    Restore {
        #[command(flatten)]
        file: FileArgs,
        /// Which one, as "backups" lists it; by itself the newest
        id: Option<String>,
    },
}

/// Which file.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The project's folder
    #[arg(long, value_name = "DIR")]
    pub project: PathBuf,
    /// The env file, relative to the project's folder
    #[arg(long, value_name = "NAME")]
    pub env_file: Option<String>,
}

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormChoice {
    /// `export NAME='value'` lines
    Shell,
    /// One JSON object
    Json,
    /// `NAME=value` lines for `docker run --env-file`
    Docker,
}

/// The file, what its variables are called, and its earlier versions.
struct Place {
    path: PathBuf,
    names: Names,
    reader: Reader,
    backups: Option<Backups>,
}

/// Does it and gives the exit code.
pub fn run(arguments: &EnvArgs) -> ExitCode {
    let done = match &arguments.action {
        EnvAction::Export { file, form } => place(file).and_then(|place| exported(&place, *form)),
        EnvAction::Backups { file, json } => place(file).map(|place| listed(&place, *json)),
        EnvAction::Restore { file, id } => place(file).and_then(|place| restored(&place, id.as_deref())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Usage(text)) => run::usage(&text),
        Err(Stop::Failed) => ExitCode::FAILURE,
    }
}

fn place(file: &FileArgs) -> Result<Place, Stop> {
    let project = wishes::project(&file.project)?;
    let data = Memory::folder().ok();
    let memory = data.as_deref().and_then(|data| Memory::open(data).ok());
    let last = memory.and_then(|memory| memory.last(&project.folder).ok().flatten());
    let known: Remembered = last.map(|(_, known)| known).unwrap_or_default();
    let (_, path) = wishes::env_file(file.env_file.as_deref(), &known, &project)?;
    let backups = data.as_deref().map(Backups::in_folder);
    Ok(Place { path, names: known.names.or(project.variable_names()), reader: project.reader, backups })
}

fn exported(place: &Place, form: FormChoice) -> Result<(), Stop> {
    let bytes = env_file::read(&place.path).map_err(|error| failed(&error))?.unwrap_or_default();
    let document = Document::parse(&bytes).read_by(Some(place.reader));
    let value = |name: &str| document.get(name).filter(|text| !text.is_empty()).map(SecretText::new);
    let variables: Vec<_> = place.names.all().filter_map(|(_, name)| Some((name.to_owned(), value(name)?))).collect();
    if variables.is_empty() {
        eprintln!("error: {} has none of Polar's variables.", place.path.display());
        return Err(Stop::Failed);
    }
    let form = match form {
        FormChoice::Shell => export::Form::Shell,
        FormChoice::Json => export::Form::Json,
        FormChoice::Docker => export::Form::Docker,
    };
    let text = export::export(form, &variables).map_err(|error| failed(&error))?;
    // The one place where values are printed: they were asked for by name.
    print!("{}", text.expose());
    Ok(())
}

fn listed(place: &Place, json: bool) {
    let printer = Printer::new(json);
    for backup in place.backups.iter().flat_map(|backups| backups.of(&place.path)) {
        let at = backup.replaced_at.format(&Rfc3339).unwrap_or_default();
        printer.line(&if json {
            json!({ "id": backup.id, "replaced_at": at, "size": backup.size }).to_string()
        } else {
            format!("{}  replaced {at}, {} bytes", backup.id, backup.size)
        });
    }
}

fn restored(place: &Place, id: Option<&str>) -> Result<(), Stop> {
    let newest = || place.backups.as_ref()?.of(&place.path).into_iter().next().map(|backup| backup.id);
    let Some((backups, id)) = place.backups.as_ref().zip(id.map(str::to_owned).or_else(newest)) else {
        eprintln!("error: no earlier version of {} is kept.", place.path.display());
        return Err(Stop::Failed);
    };
    backups.restore(&place.path, &id, OffsetDateTime::now_utc()).map_err(|error| failed(&error))?;
    println!("{} is as it was before. \"env restore\" once more undoes this.", place.path.display());
    Ok(())
}

fn failed(error: &EnvFileError) -> Stop {
    eprintln!("error: {error} {}", error.fix());
    Stop::Failed
}
