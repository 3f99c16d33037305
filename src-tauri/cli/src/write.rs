//! Writes and verifies, and reports what came of it.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use polar_setup_core::{
    SecretText,
    check::{Check, CheckState},
    polar::endpoint::Endpoint,
    setup::{
        apply::{self, Applied, Ending, Listener, Milestone, Order, Outcome, WITHOUT_UNKNOWN_EVENTS},
        memory::{Memory, Remembered},
        view::Question,
    },
};

use crate::{
    output::{Printer, Report, Variable},
    run::Interrupt,
};

/// All that must hold before anything is changed.
pub struct Prepared {
    pub order: Order,
    pub memory: Option<Memory>,
    pub folder: PathBuf,
}

impl Prepared {
    /// A memory that cannot be written is no reason to stop.
    pub fn remember(&self, change: impl FnOnce(&mut Remembered)) {
        let key = self.order.client.environment().memory_key();
        if let Some(memory) = &self.memory {
            let _ = memory.remember(&self.folder, &key, change);
        }
    }
}

/// Does it. `false`: the file was not written.
pub async fn write_and_verify(
    prepared: &Prepared,
    printer: &Printer,
    report: &mut Report,
    interrupt: &Interrupt,
) -> bool {
    let order = &prepared.order;
    let locked = prepared.memory.as_ref().map(|memory| memory.lock_project(&prepared.folder)).transpose();
    let _lock = match locked {
        Ok(lock) => lock,
        Err(error) => {
            printer.check(&Check::failed("project", "Nobody else changes this project", error.to_string()));
            return false;
        }
    };
    let (failed, app_silent) = (AtomicBool::new(false), AtomicBool::new(false));
    let progress = |check: Check| {
        failed.fetch_or(check.state == CheckState::Failed, Ordering::Relaxed);
        app_silent.fetch_or(apply::app_silent(&check), Ordering::Relaxed);
        printer.check(&check);
    };
    let remember = |milestone: Milestone<'_>| {
        if let Milestone::Endpoint(Endpoint { secret: Some(secret), .. }) = milestone {
            printer.hide(secret);
        }
        prepared.remember(|known| order.remember(milestone, known));
    };
    let listener = Listener { progress: &progress, remember: &remember };
    let outcome = apply::apply(order, &listener, interrupt.wait()).await;
    let cancelled = interrupt.happened();
    match outcome {
        Outcome::Ask(question) => {
            printer.check(&asked(&question));
            false
        }
        Outcome::Stopped { endpoint, created } => {
            if let Some(endpoint) = endpoint {
                about(report, order, &endpoint, created);
                "The endpoint is on Polar, but the file was not written.".clone_into(&mut report.summary);
            }
            false
        }
        Outcome::Done(applied) => {
            let Applied { endpoint, created, verified, secret } = *applied;
            if let Some(endpoint) = &endpoint {
                about(report, order, endpoint, created);
            }
            report.verified = verified.ok && !failed.load(Ordering::Relaxed) && !cancelled;
            report.env_file = Some(order.path.display().to_string());
            report.variables = variables(order, &secret);
            let ending = if report.verified {
                Ending::Verified { app_silent: app_silent.load(Ordering::Relaxed) }
            } else {
                Ending::Written { cancelled }
            };
            if order.is_relayed() { ending.relayed() } else { ending.sentence() }.clone_into(&mut report.summary);
            true
        }
    }
}

fn about(report: &mut Report, order: &Order, endpoint: &Endpoint, created: bool) {
    let slug = report.organization.as_ref().and_then(|organization| organization.slug.clone());
    report.endpoint_page = order.client.environment().endpoint_page(slug.as_deref(), &endpoint.id);
    report.endpoint_id = Some(endpoint.id.clone());
    report.endpoint_url = Some(endpoint.url.clone());
    report.endpoint_created = created;
    if let Some(organization) = &mut report.organization {
        organization.id = organization.id.take().or_else(|| endpoint.organization_id.clone());
    }
}

/// The variables as they stand in the file now, secrets masked.
fn variables(order: &Order, secret: &SecretText) -> Vec<Variable> {
    let names = &order.names;
    let mut variables = vec![
        Variable { name: names.token.clone(), value: order.client.token().secret().masked() },
        Variable { name: names.secret.clone(), value: secret.masked() },
    ];
    variables.extend(order.base_url.iter().map(|base| Variable { name: names.url.clone(), value: base.clone() }));
    variables
}

/// A question as a check: here it is answered by calling again with a flag.
fn asked(question: &Question) -> Check {
    let (name, title) = apply::CHECKS[0];
    let about_events = question.options.iter().any(|option| option.id == WITHOUT_UNKNOWN_EVENTS);
    let fix = if about_events {
        "Leave those out of --events, or use --preset.".to_owned()
    } else {
        let answers = question
            .options
            .iter()
            .map(|option| format!("--endpoint {}  {}: {}", option.id, option.label, option.detail));
        format!("Call again with one of:\n{}", answers.collect::<Vec<_>>().join("\n"))
    };
    Check::failed(name, title, question.text.clone()).cause("Only you can decide this; nothing was changed.").fix(fix)
}
