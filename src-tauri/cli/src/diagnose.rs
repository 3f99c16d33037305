//! `diagnose`: the one true cause why webhooks do not arrive, with what proves it. Changes nothing.

use std::{fmt::Write as _, path::PathBuf, process::ExitCode};

use clap::Args;
use polar_setup_core::{
    SecretText,
    check::diagnose::{self, Diagnosis, Likely, Subject, Verdict},
    polar::{Environment, environment::PRACTICE_KEY},
    setup::{memory::Memory, view::PublicWay},
};
use serde_json::json;

use crate::{
    account,
    args::{EnvironmentChoice, ServerArgs},
    output::Printer,
    run::{self, Interrupt, Stop},
    wishes,
};

/// `diagnose`.
#[derive(Debug, Args)]
#[command(after_help = "Exit code: 0 healthy, 1 a cause was found, 2 wrong usage, 3 it cannot be told.")]
pub struct DiagnoseArgs {
    /// The project's folder
    #[arg(long, value_name = "DIR")]
    pub project: PathBuf,
    #[command(flatten)]
    pub server: ServerArgs,
    /// The app's port, where another one is found than yours
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// The path of the handler, where it is not the one that is found
    #[arg(long, value_name = "PATH")]
    pub route: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// Does it and gives the exit code.
pub async fn run(arguments: &DiagnoseArgs, interrupt: &Interrupt) -> ExitCode {
    let printer = Printer::new(arguments.json);
    let subject = match subject(arguments) {
        Ok(subject) => subject,
        Err(Stop::Usage(text)) => return run::usage(&text),
        Err(Stop::Failed) => return ExitCode::from(3),
    };
    let diagnosis = tokio::select! {
        diagnosis = diagnose::diagnose(&subject) => diagnosis,
        () = interrupt.wait() => {
            eprintln!("Cancelled.");
            return ExitCode::from(3);
        }
    };
    let text = if arguments.json { json!(diagnosis).to_string() } else { described(&diagnosis) };
    printer.line(&text);
    match diagnosis.verdict {
        Verdict::Healthy => ExitCode::SUCCESS,
        Verdict::CauseFound => ExitCode::from(1),
        Verdict::CannotTell => ExitCode::from(3),
    }
}

fn subject(arguments: &DiagnoseArgs) -> Result<Subject, Stop> {
    let given = wishes::project(&arguments.project)?;
    let memory = Memory::folder().and_then(|folder| Memory::open(&folder)).ok();
    // Of a folder with several apps the one that has the secret is meant, unless the folder itself was set up.
    let is_set_up = memory.as_ref().is_some_and(|memory| memory.last(&given.folder).ok().flatten().is_some());
    let (project, outer) = match diagnose::app_within(&given).filter(|_| !is_set_up) {
        Some((place, app)) => (app, Some((given, place))),
        None => (given, None),
    };
    let last = memory.as_ref().and_then(|memory| memory.last(&project.folder).ok().flatten());
    let named = account::server(&arguments.server)?;
    let key = named.as_ref().map(Environment::memory_key).or_else(|| last.as_ref().map(|(key, _)| key.clone()));
    let known = key
        .as_ref()
        .and_then(|key| memory.as_ref().and_then(|memory| memory.recall(&project.folder, key).ok()))
        .unwrap_or_default();
    let is_practice = named.is_none()
        && (arguments.server.environment == Some(EnvironmentChoice::Practice) || key.as_deref() == Some(PRACTICE_KEY));
    let environment = match (named, key) {
        (Some(named), _) => Some(named),
        (None, Some(key)) if !is_practice => Environment::custom(&key).ok(),
        (None, _) => None,
    };
    let token = std::env::var(account::VARIABLE).ok().filter(|text| !text.trim().is_empty()).map(SecretText::new);
    let route = arguments.route.clone().or(known.route);
    let route_is_known = route.is_some() || project.route_at.is_some();
    let port = arguments.port.or(known.port);
    Ok(Subject {
        names: known.names.or(project.variable_names()),
        route: Likely::new(route.unwrap_or_else(|| project.route.clone()), route_is_known),
        app_port: Likely::new(port.unwrap_or(project.port), port.is_some() || project.port_at.is_some()),
        environment,
        asks_polar: !is_practice,
        asks_public: true,
        is_relayed: known.way == Some(PublicWay::Relay),
        token,
        events: known.events.unwrap_or_default(),
        token_ends: known.token_expires,
        endpoint_id: known.endpoint_id,
        tunnel_problem: None,
        project,
        outer,
    })
}

fn described(diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{line}");
    };
    line(match diagnosis.verdict {
        Verdict::Healthy => "Healthy: everything on the way was looked at, and a signed delivery is accepted.",
        Verdict::CauseFound => "Found.",
        Verdict::CannotTell => "Nothing wrong was found, but not everything could be told.",
    });
    for (index, cause) in diagnosis.causes.iter().enumerate() {
        line(&format!("\n✗ {}  [{}]", cause.sentence, cause.id));
        if index > 0 {
            line("    Behind the first one.");
        }
        for proof in cause.proved_by.iter().filter(|text| !text.is_empty()) {
            line(&format!("    · {proof}"));
        }
        for neighbour in cause.ruled_out.iter().filter(|text| !text.is_empty()) {
            line(&format!("    · Not something else: {neighbour}"));
        }
        line(&format!("    → {}", cause.fix));
        if let Some(link) = &cause.link {
            line(&format!("      {link}"));
        }
    }
    for open in &diagnosis.open {
        line(&format!("\n? {open}"));
    }
    for note in &diagnosis.notes {
        line(&format!("\n· {note}"));
    }
    line("\nLooked at:");
    for probe in &diagnosis.probes {
        line(&format!("  {} {}: {}", if probe.looked { "·" } else { "-" }, probe.title, probe.seen));
    }
    text.trim_end().to_owned()
}
