//! `practice`: a practice Polar that runs until Ctrl-C.

use std::process::ExitCode;

use polar_setup_practice::{Accounts, Practice, PracticeEnvironment, PracticeOptions};
use serde_json::json;

use crate::{
    args::PracticeArgs,
    output::Printer,
    run::{self, Interrupt},
};

/// Runs it. The first line tells its address, organization and a good token: that is what it is for.
pub async fn run(arguments: &PracticeArgs, interrupt: &Interrupt) -> ExitCode {
    let accounts = match &arguments.tokens {
        None => Accounts::practice(),
        Some(file) => {
            let text = match std::fs::read_to_string(file) {
                Ok(text) => text,
                Err(error) => return run::usage(&format!("--tokens: {} cannot be read: {error}.", file.display())),
            };
            match Accounts::from_tokens_json(&text) {
                Ok(accounts) => accounts,
                Err(error) => return run::usage(&format!("--tokens: {error}")),
            }
        }
    };
    let options = if arguments.sandbox {
        PracticeOptions { allow_direct: true, ..PracticeOptions::new(accounts, PracticeEnvironment::Sandbox) }
    } else {
        PracticeOptions { accounts, ..PracticeOptions::default() }
    };
    let options = PracticeOptions { port: arguments.port, ..options };
    let practice = match Practice::start(options).await {
        Ok(practice) => practice,
        Err(error) => {
            let port = arguments.port.map_or_else(|| "a port".to_owned(), |port| format!("port {port}"));
            eprintln!("error: the practice Polar cannot listen on {port} of 127.0.0.1: {error}.");
            return ExitCode::FAILURE;
        }
    };
    let printer = Printer::new(arguments.json);
    let (organization, token) = (practice.organization(), practice.token());
    let url = practice.url();
    let url = url.as_str().trim_end_matches('/');
    printer.line(&if arguments.json {
        json!({
            "url": url,
            "organization": { "id": organization.id, "name": organization.name, "slug": organization.slug },
            "token": token.secret().expose(),
        })
        .to_string()
    } else {
        let about = format!("{} (slug {}, id {})", organization.name, organization.slug, organization.id);
        format!("Practice Polar at {url} · organization {about} · token {}", token.secret().expose())
    });
    printer.note("It forgets everything when it ends. Ctrl-C ends it.");
    interrupt.wait().await;
    practice.stop().await;
    ExitCode::SUCCESS
}
