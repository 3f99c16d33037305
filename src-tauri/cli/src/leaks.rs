//! `leaks`: searches the project's files and history for access tokens and the project's own secrets.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use polar_setup_core::{
    SecretText,
    env_file::{self, Document},
    project::git::leaks::LeakScan,
    setup::{
        memory::{Memory, Remembered},
        view::{LeakView, LeaksPhase, LeaksView},
    },
};
use serde_json::json;

use crate::{
    output::Printer,
    run::{self, Interrupt, Stop},
    wishes,
};

/// `leaks`.
#[derive(Debug, Args)]
#[command(after_help = "Exit code: 0 nothing found, 1 something found, 2 wrong usage, 3 not everything was looked at.")]
pub struct LeaksArgs {
    /// The project's folder
    #[arg(long, value_name = "DIR")]
    pub project: PathBuf,
    /// The env file, relative to the project's folder
    #[arg(long, value_name = "NAME")]
    pub env_file: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// The exit code of a search that did not look at everything and found nothing.
const INCOMPLETE: u8 = 3;

/// Does it and gives the exit code.
pub async fn run(arguments: &LeaksArgs, interrupt: &Interrupt) -> ExitCode {
    let scan = match start(arguments) {
        Ok(scan) => scan,
        Err(Stop::Usage(text)) => return run::usage(&text),
        Err(Stop::Failed) => return ExitCode::FAILURE,
    };
    let view = finished(&scan, interrupt).await;
    let printer = Printer::new(arguments.json);
    printer.line(&if arguments.json { json!(view).to_string() } else { described(&view) });
    match view.phase {
        _ if !view.leaks.is_empty() => ExitCode::FAILURE,
        LeaksPhase::Done | LeaksPhase::NoRepository => ExitCode::SUCCESS,
        _ => ExitCode::from(INCOMPLETE),
    }
}

fn start(arguments: &LeaksArgs) -> Result<LeakScan, Stop> {
    let project = wishes::project(&arguments.project)?;
    let known: Remembered = Memory::folder()
        .and_then(|folder| Memory::open(&folder))
        .and_then(|memory| memory.last(&project.folder))
        .ok()
        .flatten()
        .map(|(_, known)| known)
        .unwrap_or_default();
    let (name, path) = wishes::env_file(arguments.env_file.as_deref(), &known, &project)?;
    let names = known.names.or(project.variable_names());
    let document =
        env_file::read(&path).ok().flatten().map(|bytes| Document::parse(&bytes).read_by(Some(project.reader)));
    let value = |name: &str| document.as_ref()?.get(name).filter(|text| !text.is_empty());
    let secrets: Vec<_> = [&names.token, &names.secret].into_iter().filter_map(|name| value(name)).collect();
    let secrets: Vec<_> = secrets.into_iter().map(SecretText::new).collect();
    Ok(LeakScan::start(&project.folder, &name, &secrets))
}

/// The search's end; meanwhile a person sees how far it is.
async fn finished(scan: &LeakScan, interrupt: &Interrupt) -> LeaksView {
    let mut views = scan.subscribe();
    let shown = io::stderr().is_terminal();
    loop {
        let view = views.borrow_and_update().clone();
        if view.phase != LeaksPhase::Running {
            if shown {
                eprint!("\r\u{1b}[K");
            }
            return view;
        }
        if shown {
            eprint!("\r\u{1b}[K{} of {} looked at: {}", view.done, view.total, view.looked_at);
        }
        tokio::select! {
            changed = views.changed() => if changed.is_err() { return view },
            () = interrupt.wait(), if !interrupt.happened() => scan.cancel(),
        }
    }
}

fn described(view: &LeaksView) -> String {
    let mut text = match (view.leaks.len(), view.phase) {
        (0, LeaksPhase::Done | LeaksPhase::NoRepository) => {
            format!("No access token and no webhook secret was found: {}.", view.looked_at)
        }
        (0, LeaksPhase::Cancelled) => "Cancelled before everything was looked at. Nothing was found so far.".to_owned(),
        (0, _) => "Not everything could be looked at. Nothing was found so far.".to_owned(),
        (count, _) => format!("{count} found where others may see it: {}.", view.looked_at),
    };
    for leak in &view.leaks {
        describe(&mut text, leak);
    }
    for note in &view.notes {
        let _ = write!(text, "\n! {note}");
    }
    text
}

fn describe(text: &mut String, leak: &LeakView) {
    let _ = write!(text, "\n\n{}\n  {}", leak.masked, leak.meaning);
    for file in &leak.files {
        let tracked = if file.tracked { "" } else { " (not tracked yet)" };
        let _ = write!(text, "\n  {}:{}{tracked}", file.path, file.line);
    }
    if leak.more_files > 0 {
        let _ = write!(text, "\n  and {} more files", leak.more_files);
    }
    if let Some(history) = leak.history.as_ref().filter(|history| !history.commit.is_empty()) {
        let _ = write!(text, "\n  commit {} of {}, \"{}\"", history.commit, history.date, history.subject);
        if let Some(path) = &history.path {
            let _ = write!(text, ": {path}:{}", history.line);
        }
    }
    for (number, step) in leak.steps.iter().enumerate() {
        let _ = write!(text, "\n  {}. {step}", number + 1);
    }
}
