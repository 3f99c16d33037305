//! `inspect` and `handler`: what a project's folder shows, each finding with the file and line that says so.

use std::{fmt::Write as _, path::PathBuf, process::ExitCode};

use clap::Args;
use polar_setup_core::{
    project::{self, Project},
    setup::view::{Finding, Place},
};
use serde_json::json;

use crate::{
    output::Printer,
    run::{self, Stop},
};

/// `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The project's folder
    #[arg(long, value_name = "DIR")]
    pub project: PathBuf,
    /// The framework, where another one is found than yours
    #[arg(long, value_name = "NAME")]
    pub framework: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// `handler`.
#[derive(Debug, Args)]
pub struct HandlerArgs {
    #[command(flatten)]
    pub inspect: InspectArgs,
    /// The path of the handler, where it is not the one that is found
    #[arg(long, value_name = "PATH")]
    pub route: Option<String>,
}

/// Prints what is found.
pub fn inspect(arguments: &InspectArgs) -> ExitCode {
    let project = match look(arguments) {
        Ok(project) => project,
        Err(stop) => return failed(stop),
    };
    let printer = Printer::new(arguments.json);
    printer.line(&if arguments.json { json!(project).to_string() } else { described(&project) });
    ExitCode::SUCCESS
}

/// Prints a handler that verifies deliveries; it is written nowhere.
pub fn handler(arguments: &HandlerArgs) -> ExitCode {
    let project = match look(&arguments.inspect) {
        Ok(project) => project,
        Err(stop) => return failed(stop),
    };
    let route = arguments.route.as_deref().unwrap_or(&project.route);
    let Some(handler) = project.handler_at(route) else {
        eprintln!("error: no framework was found here for which a handler is known: name one with --framework.");
        return ExitCode::FAILURE;
    };
    let printer = Printer::new(arguments.inspect.json);
    if arguments.inspect.json {
        printer.line(&json!(handler).to_string());
        return ExitCode::SUCCESS;
    }
    // The code alone goes to standard output, so that it can be piped into the file.
    printer.note(format!("{}, for {}", handler.title, handler.file));
    if let Some(install) = &handler.install {
        printer.note(format!("  {install}"));
    }
    for note in &handler.notes {
        printer.note(format!("  {note}"));
    }
    printer.line(handler.code.trim_end());
    ExitCode::SUCCESS
}

fn look(arguments: &InspectArgs) -> Result<Project, Stop> {
    if let Some(framework) = &arguments.framework
        && !project::framework_titles().contains(&framework.as_str())
    {
        let known = project::framework_titles().join(", ");
        return Err(Stop::Usage(format!("--framework: there is none of this name; known are {known}.")));
    }
    let project = project::inspect_as(&arguments.project, arguments.framework.as_deref());
    match project.problem {
        Some(problem) => Err(Stop::Usage(format!("--project: {problem}"))),
        None => Ok(project),
    }
}

fn failed(stop: Stop) -> ExitCode {
    match stop {
        Stop::Usage(text) => run::usage(&text),
        Stop::Failed => ExitCode::FAILURE,
    }
}

fn described(project: &Project) -> String {
    let mut text = format!("{} · {}", project.name, project.folder.display());
    let mut row = |name: &str, value: &str, reason: &str, at: Option<String>| {
        let _ = write!(text, "\n  {name:<11} {value}");
        for more in [Some(reason.to_owned()).filter(|reason| !reason.is_empty()), at].into_iter().flatten() {
            let _ = write!(text, " · {more}");
        }
    };
    let found = |finding: &Option<Finding>| finding.clone().map(|found| (found.value.clone(), at_finding(&found)));
    let (framework, at) = found(&project.framework).unwrap_or_else(|| ("not recognised".into(), None));
    row("framework", &framework, "", at);
    for (name, finding) in [("with", &project.plugin), ("packages", &project.package_manager)] {
        if let Some((value, at)) = found(finding) {
            row(name, &value, "", at);
        }
    }
    if let Some(sdk) = &project.sdk {
        row("Polar SDK", &format!("{} {}", sdk.package, sdk.version), "", None);
    }
    row("route", &project.route, &project.route_reason, project.route_at.as_ref().map(shown));
    row("port", &project.port.to_string(), &project.port_reason, project.port_at.as_ref().map(shown));
    row("env file", &project.env_file, &project.env_file_reason, project.env_file_at.as_ref().map(shown));
    let order: Vec<_> = project.env_files.iter().map(|file| file.file.as_str()).collect();
    if order.len() > 1 {
        row("read", &order.join(", "), "the strongest first", None);
    }
    row("reader", project.reader.title(), "", None);
    for app in &project.apps {
        row("app", &app.folder, &app.reason, app.framework.clone());
    }
    for warning in &project.warnings {
        let _ = write!(text, "\n! {warning}");
    }
    text
}

fn at_finding(found: &Finding) -> Option<String> {
    (!found.file.is_empty()).then(|| shown(&Place { file: found.file.clone(), line: found.line }))
}

fn shown(place: &Place) -> String {
    match place.line {
        Some(line) => format!("{}:{line}", place.file),
        None => place.file.clone(),
    }
}
