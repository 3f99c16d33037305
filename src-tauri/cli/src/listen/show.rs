//! A line for each delivery, and the summary.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use polar_setup_core::{
    receiver::{Receiver, app_is_running},
    setup::view::DeliveryView,
};
use serde_json::json;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use url::Url;

use crate::output::Printer;

const TIME: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]");
/// How often a port is asked whether the app is back.
const EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// How far a delivery was shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Held,
    Over,
}

/// What was shown, and what came of it.
pub struct Shown {
    /// Only these event types; `None`: all.
    events: Option<Vec<String>>,
    stages: HashMap<u32, Stage>,
    /// The ids of those that did not come by the stream but were caught up with.
    pub caught_up: HashSet<String>,
    accepted: u32,
    refused: u32,
    unanswered: u32,
}

impl Shown {
    pub fn new(events: Option<Vec<String>>) -> Self {
        let (stages, caught_up) = (HashMap::new(), HashSet::new());
        Self { events, stages, caught_up, accepted: 0, refused: 0, unanswered: 0 }
    }

    /// Whether events of this type are wanted.
    pub fn wants(&self, event_type: &str) -> bool {
        self.events.as_ref().is_none_or(|events| events.iter().any(|event| event.trim() == event_type))
    }

    /// Shows what is new.
    pub fn show(&mut self, receiver: &Receiver, printer: &Printer) {
        let (new, oldest) = receiver.read(|all, _| {
            let new = all.iter().map(|recorded| &recorded.view).filter(|view| {
                let stage = stage(view);
                stage.is_some() && self.stages.get(&view.number) != stage.as_ref()
            });
            (new.cloned().collect::<Vec<_>>(), all.front().map_or(0, |oldest| oldest.view.number))
        });
        for view in new {
            let Some(stage) = stage(&view) else { continue };
            self.stages.insert(view.number, stage);
            if stage == Stage::Over {
                match view.app_status {
                    Some(200..=299) => self.accepted += 1,
                    Some(_) => self.refused += 1,
                    None => self.unanswered += 1,
                }
            }
            if self.wants(&view.event_type) {
                self.line(&view, printer);
            }
        }
        // What has left the list will not come back.
        self.stages.retain(|number, _| *number >= oldest);
    }

    fn line(&self, view: &DeliveryView, printer: &Printer) {
        let caught_up = view.webhook_id.as_ref().is_some_and(|id| self.caught_up.contains(id));
        if printer.is_json() {
            printer.line(&json!({ "delivery": view, "caught_up": caught_up }).to_string());
            return;
        }
        let at = OffsetDateTime::from_unix_timestamp(view.received_at.div_euclid(1000)).ok();
        let at = at.and_then(|at| at.format(TIME).ok()).unwrap_or_default();
        let signed = match (view.verified, &view.problem) {
            (Some(_), _) => "verified".to_owned(),
            (None, problem) => format!("not verified: {}", problem.as_deref().unwrap_or("no signature")),
        };
        let app = match (view.app_status, &view.app_problem, &view.turned_away) {
            (_, _, Some(why)) => why.clone(),
            _ if view.held => "held: your app is down".to_owned(),
            (Some(status), ..) => format!("app answered {status} in {} ms", view.app_ms.unwrap_or_default()),
            (None, problem, _) => problem.clone().unwrap_or_else(|| "app did not answer".to_owned()),
        };
        let late = if caught_up { " · caught up after a gap" } else { "" };
        printer.line(&format!("{at} UTC · {} · {signed} · {app}{late}", view.event_type));
    }

    /// What came of it all.
    pub fn summary(&self, receiver: &Receiver, printer: &Printer) {
        let held = receiver.counts().held;
        let Self { accepted, refused, unanswered, .. } = self;
        if printer.is_json() {
            let summary =
                json!({ "accepted": accepted, "refused": refused, "unanswered": unanswered, "still_held": held });
            printer.line(&json!({ "summary": summary }).to_string());
            return;
        }
        let mut text = format!("\nYour app accepted {accepted}, refused {refused}, did not answer {unanswered}.");
        if held > 0 {
            let _ = write!(text, " {held} that were held are gone now: your app was down to the end.");
        }
        printer.line(&text);
    }
}

/// Shows deliveries as they come, for ever.
pub async fn follow(receiver: &Receiver, shown: &std::sync::Mutex<&mut Shown>, printer: &Printer) {
    let mut changes = receiver.subscribe();
    loop {
        changes.borrow_and_update();
        if let Ok(mut shown) = shown.lock() {
            shown.show(receiver, printer);
        }
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Sends what is held once the app is there again, for ever.
pub async fn let_go(receiver: &Receiver, app: &Url, printer: &Printer) {
    let port = app.port_or_known_default().unwrap_or(80);
    loop {
        tokio::time::sleep(EVERY).await;
        if receiver.counts().held == 0 || !app_is_running(port).await {
            continue;
        }
        let done = receiver.let_go().await;
        if done.sent > 0 {
            printer.note(format!("Your app is back: {} held were sent to it, in order.", done.sent));
        }
    }
}

fn stage(view: &DeliveryView) -> Option<Stage> {
    if view.held {
        return Some(Stage::Held);
    }
    let over = view.app_status.is_some() || view.app_problem.is_some() || view.turned_away.is_some();
    over.then_some(Stage::Over)
}
