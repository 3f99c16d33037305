//! The report for whoever helps with a problem: how the setup stands and what was logged, without secrets, addresses,
//! names of people and organizations, or the home folder.

use std::path::Path;

use super::{Setup, view::SetupView};
use crate::{SecretText, check::Check, redact::redacted};

/// How many of the log's last lines are in it.
const LOG_LINES: usize = 200;

/// What the report says besides the setup itself.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The program and its version.
    pub program: String,
    /// The operating system and its version.
    pub system: String,
    /// Other facts, as name and value: the web view, the desktop.
    pub more: Vec<(String, String)>,
    /// The whole log.
    pub log: String,
}

/// The operating system and its version, as it names itself.
#[must_use]
pub fn system() -> String {
    let name = sysinfo::System::long_os_version().unwrap_or_else(|| std::env::consts::OS.to_owned());
    format!("{name} ({})", std::env::consts::ARCH)
}

impl Setup {
    /// The report, as text in Markdown.
    #[must_use]
    pub fn support_report(&self, surroundings: &Surroundings, home: Option<&Path>) -> String {
        report(&self.view(), surroundings, &self.secrets(), home)
    }
}

fn report(view: &SetupView, surroundings: &Surroundings, secrets: &[SecretText], home: Option<&Path>) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    line(&format!("# {}", surroundings.program));
    line("");
    line(&format!("- System: {}", surroundings.system));
    for (name, value) in &surroundings.more {
        line(&format!("- {name}: {value}"));
    }
    for (name, value) in facts(view) {
        line(&format!("- {name}: {value}"));
    }
    line("");
    line("## Steps");
    for step in &view.steps {
        line(&format!("- {}: {}", named(step.name), named(step.state)));
    }
    let checks = view.account.token.checks.iter().chain(&view.apply.checks).collect::<Vec<_>>();
    if !checks.is_empty() {
        line("");
        line("## Checks");
        for Check { check, state, .. } in checks {
            line(&format!("- {check}: {}", named(*state)));
        }
    }
    line("");
    line("## Log");
    line("```");
    let log = surroundings.log.lines().collect::<Vec<_>>();
    for logged in &log[log.len().saturating_sub(LOG_LINES)..] {
        line(logged);
    }
    line("```");
    cleaned(&text, view, secrets, home)
}

fn facts(view: &SetupView) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Environment", named(view.account.environment)),
        ("Framework", view.project.framework.as_ref().map_or_else(|| "none".to_owned(), |found| found.value.clone())),
        ("Token", named(view.account.token.state)),
        ("Token kept", view.account.token.kept.map_or_else(|| "no".to_owned(), named)),
        ("Format", named(view.webhook.format)),
        ("Events", view.webhook.events.len().to_string()),
        ("Way", named(view.public_url.way)),
    ];
    if let Some(tunnel) = &view.public_url.tunnel {
        facts.push(("Tunnel", format!("{}, {}, {} restarts", tunnel.program, named(tunnel.phase), tunnel.restarts)));
    }
    if let Some(relay) = &view.public_url.relay {
        facts.push(("Relay", named(relay.phase)));
    }
    for program in &view.public_url.programs {
        let version = program.version.clone().unwrap_or_else(|| "not here".to_owned());
        facts.push(("Program", format!("{}: {version}", program.name)));
    }
    let live = &view.live;
    facts.push((
        "Deliveries",
        format!("{} arrived, {} held, {} failing in a row, kept: {}", live.total, live.held, live.failing, live.kept),
    ));
    facts
}

/// A value by the name that it has on the wire.
fn named(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(_) => "unknown".to_owned(),
    }
}

/// Without what is secret, and without what says whose setup it is.
fn cleaned(text: &str, view: &SetupView, secrets: &[SecretText], home: Option<&Path>) -> String {
    let mut text = redacted(text, secrets);
    if let Some(folder) = &view.project.folder {
        text = text.replace(folder.as_str(), "(the project)");
    }
    if let Some(home) = home.and_then(Path::to_str).filter(|home| home.len() > 1) {
        text = text.replace(home, "~");
    }
    let tunnel = view.public_url.tunnel.as_ref().and_then(|tunnel| tunnel.url.as_ref());
    let addresses =
        [tunnel, view.public_url.endpoint_url.as_ref()].into_iter().flatten().chain([&view.public_url.own_url]);
    for address in addresses.filter(|address| address.len() > 8) {
        text = text.replace(address.as_str(), "(the address)");
    }
    let organization = view.account.organization.as_ref();
    let names = organization.into_iter().flat_map(|found| [&found.name, &found.slug]).flatten();
    for name in names.filter(|name| name.chars().count() > 3) {
        text = text.replace(name.as_str(), "(the organization)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::{present, state::State, view::OrganizationView};

    fn written(log: &str) -> String {
        let mut view = present::present(&State::new());
        view.project.folder = Some("/home/mira/shop".into());
        view.public_url.endpoint_url = Some("https://random-words.trycloudflare.com/api/webhook/polar".into());
        view.account.organization =
            Some(OrganizationView { id: None, name: Some("Acme Inc".into()), slug: Some("acme-inc".into()) });
        let surroundings = Surroundings {
            program: "Polar Setup 0.1.0".into(),
            system: "Debian 12".into(),
            more: vec![("Web view".into(), "2.48".into())],
            log: log.into(),
        };
        report(&view, &surroundings, &[SecretText::new("my-own-webhook-secret")], Some(Path::new("/home/mira")))
    }

    #[test]
    fn it_says_how_the_setup_stands() {
        let report = written("a line");
        for part in [
            "# Polar Setup 0.1.0",
            "Debian 12",
            "Web view: 2.48",
            "- Environment: sandbox",
            "- project: open",
            "a line",
        ] {
            assert!(report.contains(part), "{part} in {report}");
        }
    }

    #[test]
    fn it_names_neither_secrets_nor_people() {
        let report = written(
            "opened /home/mira/shop in /home/mira\nmy-own-webhook-secret\npolar_oat_abcdefghijklmnopqrstuvwxyz\n\
             whsec_dGhpcyBpcyBhIHRlc3Q=\nhttps://random-words.trycloudflare.com/api/webhook/polar\nAcme Inc, acme-inc",
        );
        for part in ["mira", "my-own", "abcdefghijkl", "dGhpcyBp", "trycloudflare", "Acme", "acme-inc"] {
            assert!(!report.contains(part), "{part} in {report}");
        }
        assert!(report.contains("opened (the project) in ~"), "{report}");
    }

    #[test]
    fn of_a_long_log_only_the_end_is_in_it() {
        let log = (1..=1000).map(|number| format!("line {number}.")).collect::<Vec<_>>().join("\n");
        let report = written(&log);
        assert!(report.contains("line 1000.") && report.contains("line 801.") && !report.contains("line 800."));
    }
}
