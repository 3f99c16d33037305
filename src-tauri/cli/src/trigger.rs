//! `trigger`: sends a signed sample of an event to the app, and tells how it answered. Needs no Polar.

use std::{path::Path, process::ExitCode};

use polar_setup_core::{
    SecretText,
    check::{Check, delivery::explain_status},
    deliveries::{
        sample::{SampleError, sample},
        send::{Answer, send},
    },
    env_file::{self, Document},
    polar::event::catalogue,
    setup::memory::{Memory, Remembered},
};
use serde_json::json;
use time::OffsetDateTime;
use url::Url;

use crate::{
    args::TriggerArgs,
    output::Printer,
    run::{self, Interrupt, Stop},
    wishes,
};

/// The name of its check.
const NAME: &str = "trigger";

/// Does it and gives the exit code.
pub async fn run(arguments: &TriggerArgs, interrupt: &Interrupt) -> ExitCode {
    let printer = Printer::new(arguments.json);
    let (Some(event), Some(folder)) = (&arguments.event, &arguments.project) else {
        list(&printer, arguments.json);
        return ExitCode::SUCCESS;
    };
    let triggered = tokio::select! {
        triggered = trigger(event, folder, arguments, &printer) => triggered,
        () = interrupt.wait() => Err(Stop::Failed),
    };
    match triggered {
        Ok(accepted) => run::code(accepted),
        Err(Stop::Usage(text)) => run::usage(&text),
        Err(Stop::Failed) => ExitCode::FAILURE,
    }
}

/// Every event type with what it is about.
fn list(printer: &Printer, as_json: bool) {
    for group in &catalogue().groups {
        for event in &group.events {
            printer.line(&if as_json {
                json!({ "event": event.event_type, "group": group.name, "description": event.description }).to_string()
            } else {
                format!("{:<32} {}", event.event_type, event.description)
            });
        }
    }
}

/// Sends it; whether the app accepted it.
async fn trigger(event: &str, folder: &Path, arguments: &TriggerArgs, printer: &Printer) -> Result<bool, Stop> {
    let project = wishes::project(folder)?;
    let memory = Memory::folder().and_then(|folder| Memory::open(&folder)).ok();
    let last = memory.and_then(|memory| memory.last(&project.folder).ok().flatten());
    let known = last.map(|(_, known)| known).unwrap_or_default();
    let route = wishes::route(None, &known, &project);
    let url = address(arguments.forward_to.as_deref(), known.port.unwrap_or(project.port), &route)?;
    // Whether there is such an event is known without the secret.
    if !catalogue().types().any(|known| known == event) {
        let near = polar_setup_core::deliveries::sample::near(event);
        let unknown = SampleError::UnknownEvent { event: event.to_owned(), near };
        return Err(Stop::Usage(format!("{unknown} \"trigger --list\" shows all.")));
    }
    let names = known.names.or(project.variable_names());
    let secret = secret(arguments, &known, &project, &names.secret, printer)?;
    let rule = arguments.key_rule.into();
    let sample = sample(event, arguments.format.into(), &secret, rule, OffsetDateTime::now_utc())
        .map_err(|error| Stop::Usage(error.to_string()))?;
    let answered = send(&sample, &url).await;
    let accepted = answered.as_ref().is_ok_and(Answer::accepted);
    if arguments.json {
        let (answer, problem) = (answered.as_ref().ok(), answered.as_ref().err());
        let told = json!({
            "event": event,
            "webhook_id": sample.header("webhook-id"),
            "url": url.as_str(),
            "key_rule": rule,
            "accepted": accepted,
            "status": answer.map(|answer| answer.status),
            "milliseconds": answer.map(|answer| answer.milliseconds),
            "answer": answer.map(|answer| &answer.body),
            "problem": problem,
        });
        printer.line(&json!({ "trigger": told }).to_string());
    } else {
        printer.check(&told(event, &url, &route, &answered));
    }
    Ok(accepted)
}

/// The webhook secret that the project's env file says.
fn secret(
    arguments: &TriggerArgs,
    known: &Remembered,
    project: &polar_setup_core::project::Project,
    name: &str,
    printer: &Printer,
) -> Result<SecretText, Stop> {
    let (file, path) = wishes::env_file(arguments.env_file.as_deref(), known, project)?;
    let failed = |seen: String| {
        printer.check(
            &Check::failed(NAME, "The webhook secret is known", seen)
                .fix("Run \"polar-setup-cli setup\", or write the secret into the file."),
        );
        Stop::Failed
    };
    let document = match env_file::read(&path) {
        Ok(Some(bytes)) => Document::parse(&bytes),
        Ok(None) => return Err(failed(format!("{file} does not exist."))),
        Err(error) => return Err(failed(error.to_string())),
    };
    let secret = document.get(name).filter(|secret| !secret.is_empty()).map(SecretText::new);
    let secret = secret.ok_or_else(|| failed(format!("{file} has no {name}.")))?;
    printer.hide(&secret);
    Ok(secret)
}

/// Where the sample goes.
pub fn address(flag: Option<&str>, port: u16, route: &str) -> Result<Url, Stop> {
    let wrong =
        |why: &str| Stop::Usage(format!("--forward-to: {why} Write it like http://localhost:3000/api/webhooks."));
    let Some(text) = flag else {
        return Url::parse(&format!("http://localhost:{port}{route}"))
            .map_err(|error| Stop::Usage(format!("the project's route {route} makes no address: {error}.")));
    };
    let mut url = Url::parse(text).map_err(|_| wrong("this is not a web address."))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong("it must begin with http:// or https://."));
    }
    if !text.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#'])) {
        url.set_path(route);
    }
    Ok(url)
}

/// The answer for people.
fn told(event: &str, url: &Url, route: &str, answered: &Result<Answer, String>) -> Check {
    let title = format!("{event} to {url}");
    match answered {
        Ok(answer) if answer.accepted() => Check::passed(NAME, &title, status(answer)),
        Ok(answer) => {
            let path = if url.path().is_empty() { route } else { url.path() };
            let (cause, fix) = explain_status(answer.status, answer.location.as_deref(), path);
            Check::failed(NAME, &title, status(answer)).cause(cause).fix(fix)
        }
        Err(problem) => Check::failed(NAME, &title, problem.clone()).fix("Start your app, and look at its port."),
    }
}

fn status(answer: &Answer) -> String {
    let mut text = format!("your app answered {} in {} ms", answer.status, answer.milliseconds);
    let body = answer.body.trim();
    if !body.is_empty() {
        text.push_str(": ");
        text.extend(body.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }));
    }
    text
}
