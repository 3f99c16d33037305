//! What is printed: one line per check, for people or as JSON, and never a secret.

use std::{
    fmt::{Display, Write as _},
    io::{self, IsTerminal, Write},
    sync::{Mutex, PoisonError},
};

use polar_setup_core::{
    SecretText,
    check::{Check, CheckState},
    polar::Environment,
    setup::view::{DeliveryView, EnvironmentName, OrganizationView},
};
use serde::Serialize;
use serde_json::json;

/// Prints to standard output (checks, report, deliveries) and standard error (all else).
#[derive(Debug)]
pub struct Printer {
    json: bool,
    colours: bool,
    hidden: Mutex<Vec<SecretText>>,
}

/// What came of it all.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub verified: bool,
    pub summary: String,
    pub endpoint_id: Option<String>,
    pub endpoint_url: Option<String>,
    pub endpoint_created: bool,
    pub endpoint_page: Option<String>,
    pub env_file: Option<String>,
    pub variables: Vec<Variable>,
    pub organization: Option<OrganizationView>,
    pub environment: Option<EnvironmentName>,
    pub api_url: Option<String>,
}

/// A variable in the env file; a secret value is masked.
#[derive(Debug, Serialize)]
pub struct Variable {
    pub name: String,
    pub value: String,
}

impl Report {
    /// Which Polar it is about.
    pub fn about(&mut self, environment: &Environment) {
        self.environment = Some(environment.name);
        self.api_url = Some(environment.key());
    }
}

impl Printer {
    pub fn new(json: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let able = io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self { json, colours: !json && wanted && able, hidden: Mutex::default() }
    }

    /// Whether lines are JSON objects.
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// From now on this text is masked wherever it would appear: a server's answer may repeat what was sent.
    pub fn hide(&self, secret: &SecretText) {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner).push(secret.clone());
    }

    /// A check that has come to its end; others are not printed.
    pub fn check(&self, check: &Check) {
        let (sign, colour) = match check.state {
            CheckState::Waiting | CheckState::Running => return,
            CheckState::Passed => ("✓", "32"),
            CheckState::Warning => ("!", "33"),
            CheckState::Failed => ("✗", "31"),
        };
        if self.json {
            self.line(&json!(check).to_string());
            return;
        }
        let sign = if self.colours { format!("\u{1b}[{colour}m{sign}\u{1b}[0m") } else { sign.to_owned() };
        let mut text = format!("{sign} {}", check.title);
        if !check.seen.is_empty() {
            text.push_str(": ");
            text.push_str(&check.seen);
        }
        if let Some(cause) = &check.cause {
            text.push_str("\n    ");
            text.push_str(cause);
        }
        if let Some(fix) = &check.fix {
            text.push_str("\n    → ");
            text.push_str(&fix.replace('\n', "\n      "));
        }
        self.line(&text);
    }

    /// The last word.
    pub fn report(&self, report: &Report) {
        if self.json {
            self.line(&json!({ "report": report }).to_string());
            return;
        }
        let word = if report.verified { "Verified." } else { "Not verified." };
        let word = if self.colours { format!("\u{1b}[1m{word}\u{1b}[0m") } else { word.to_owned() };
        let mut text = format!("\n{word} {}", report.summary);
        let mut row = |name: &str, value: &dyn Display| {
            let _ = write!(text, "\n  {name:<10} {value}");
        };
        if let (Some(id), Some(url)) = (&report.endpoint_id, &report.endpoint_url) {
            row("endpoint", &format!("{url} (id {id}{})", if report.endpoint_created { ", new" } else { "" }));
        }
        if let Some(page) = &report.endpoint_page {
            row("page", page);
        }
        if let Some(file) = &report.env_file {
            row("file", file);
        }
        for variable in &report.variables {
            row("", &format!("{}={}", variable.name, variable.value));
        }
        self.line(&text);
    }

    /// A delivery that has arrived and been answered.
    pub fn delivery(&self, delivery: &DeliveryView) {
        if self.json {
            let mut value = json!(delivery);
            if let Some(fields) = value.as_object_mut() {
                fields.remove("body");
            }
            self.line(&json!({ "delivery": value }).to_string());
            return;
        }
        let signed = match (delivery.verified, &delivery.problem) {
            (Some(rule), _) => format!("verified by {}", rule.name()),
            (None, problem) => format!("not verified: {}", problem.as_deref().unwrap_or("no signature")),
        };
        let app = match (delivery.app_status, &delivery.app_problem) {
            (Some(status), _) => format!("app answered {status} in {} ms", delivery.app_ms.unwrap_or_default()),
            (None, problem) => problem.clone().unwrap_or_else(|| "app did not answer".to_owned()),
        };
        self.line(&format!("{} · {signed} · {app}", delivery.event_type));
    }

    /// Something to know that is no check.
    pub fn note(&self, text: impl Display) {
        let _ = writeln!(io::stderr(), "{}", self.masked(&text.to_string()));
    }

    /// A line on standard output, whole and at once. Who closed it does not want to hear more.
    pub fn line(&self, text: &str) {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{}", self.masked(text));
        let _ = out.flush();
    }

    fn masked(&self, text: &str) -> String {
        let hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = text.to_owned();
        for secret in hidden.iter().filter(|secret| !secret.expose().is_empty()) {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), &secret.masked());
            }
        }
        text
    }
}
