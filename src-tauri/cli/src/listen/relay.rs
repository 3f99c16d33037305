//! The relay: Polar's stream, each event signed with the project's secret and handed to the receiver.

use std::sync::Mutex;

use polar_setup_core::{
    deliveries::send::send,
    polar::Client,
    receiver::Receiver,
    relay::{Gap, Listening, MAY_CHANGE, News, Relay, RelayState, Relayed, Way, resign},
};
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::sync::{mpsc, watch};
use url::Url;

use super::{
    Prepared,
    show::{self, Shown},
};
use crate::{output::Printer, run::Stop};

/// How much of a message that nobody knows is shown to people, in characters.
const GLIMPSE: usize = 200;
/// How many events may wait for a slow app before the stream is left unread for a while.
const WAITING: usize = 1024;

/// Listens until it cannot be gone on with.
pub async fn listen(
    prepared: &Prepared,
    client: Client,
    organization: String,
    receiver: &Receiver,
    printer: &Printer,
    shown: &mut Shown,
) -> Result<(), Stop> {
    printer.note(MAY_CHANGE);
    printer.note(format!("Events go to {}. Ctrl-C ends it.", prepared.app));
    let mut relay = Relay::listen(Listening::new(client, organization));
    let state = relay.subscribe();
    let (in_order, waiting) = mpsc::channel(WAITING);
    let shown = Mutex::new(shown);
    let taking = async {
        while let Some(news) = relay.next().await {
            match news {
                News::Event(relayed) => {
                    let wanted = shown.lock().is_ok_and(|mut shown| {
                        if relayed.way == Way::CaughtUp {
                            shown.caught_up.insert(relayed.event.id.clone());
                        }
                        shown.wants(&relayed.event.event_type())
                    });
                    if wanted && in_order.send(relayed).await.is_err() {
                        break;
                    }
                }
                other => tell(&other, printer),
            }
        }
        drop(in_order);
    };
    tokio::select! {
        // When the stream has ended for good, what came before still reaches the app.
        _ = async { tokio::join!(taking, carry(prepared, receiver, waiting, printer)) } => {}
        () = tell_state(state.clone(), printer) => {}
        () = show::follow(receiver, &shown, printer) => {}
        () = show::let_go(receiver, &prepared.app, printer) => {}
    }
    if let RelayState::Failed { problem, fix } = &*state.borrow() {
        printer.check(&polar_setup_core::check::relay::failed(problem, fix));
    }
    Err(Stop::Failed)
}

/// Hands the events to the receiver one after the other, so that the app sees them in order.
async fn carry(prepared: &Prepared, receiver: &Receiver, mut waiting: mpsc::Receiver<Box<Relayed>>, printer: &Printer) {
    let target = match prepared.app.query() {
        Some(query) => format!("{}?{query}", prepared.app.path()),
        None => prepared.app.path().to_owned(),
    };
    while let Some(relayed) = waiting.recv().await {
        if let Some(problem) = &relayed.problem {
            printer.note(format!("{}: {problem}", relayed.event.event_type()));
        }
        let now = OffsetDateTime::now_utc();
        let signed = resign::delivery(&relayed.event, &target, &prepared.secret, prepared.rule, now);
        let Some(signed) = signed else {
            printer.note("The standard key rule cannot use this secret: it is not base64. Use --key-rule polar.");
            continue;
        };
        let Ok(url) = Url::parse(&format!("{}{target}", receiver.url())) else { continue };
        // The receiver records the app's answer; an error here is its own.
        if let Err(problem) = send(&signed, &url).await {
            printer.note(format!("{} could not be handed over: {problem}", relayed.event.event_type()));
        }
    }
}

async fn tell_state(mut state: watch::Receiver<RelayState>, printer: &Printer) {
    loop {
        let now = state.borrow_and_update().clone();
        match now {
            RelayState::Connecting | RelayState::Failed { .. } => {}
            RelayState::Connected if printer.is_json() => printer.line(&json!({ "relay": "connected" }).to_string()),
            RelayState::Connected => printer.note("Listening to Polar."),
            RelayState::Reconnecting { reason, wait } if printer.is_json() => {
                let told = json!({ "relay": "reconnecting", "reason": reason, "milliseconds": wait.as_millis() });
                printer.line(&told.to_string());
            }
            RelayState::Reconnecting { reason, wait } => {
                printer.note(format!("The stream is away; once more in {:.0} s. {reason}", wait.as_secs_f64().ceil()));
            }
        }
        if state.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

fn tell(news: &News, printer: &Printer) {
    match news {
        News::Event(_) => {}
        News::Gap(gap) => tell_gap(gap, printer),
        News::Broken(why) => printer.note(why),
        News::Unknown(text) if printer.is_json() => printer.line(&json!({ "unknown": text }).to_string()),
        News::Unknown(text) => {
            let glimpse: String = text.chars().take(GLIMPSE).map(|c| if c.is_control() { ' ' } else { c }).collect();
            printer.note(format!("Polar said something that this program does not know: {glimpse}"));
        }
    }
}

fn tell_gap(gap: &Gap, printer: &Printer) {
    let since = gap.since.format(&Rfc3339).unwrap_or_default();
    if printer.is_json() {
        let missed = gap.missed.as_ref();
        let told = json!({
            "since": since,
            "caught_up": missed.and_then(|missed| missed.as_ref().ok()),
            "problem": missed.and_then(|missed| missed.as_ref().err()),
        });
        printer.line(&json!({ "gap": told }).to_string());
        return;
    }
    let said = match &gap.missed {
        None => "There is no endpoint, so Polar has no list of what came meanwhile.".to_owned(),
        Some(Ok(0)) => "By Polar's deliveries list nothing came meanwhile.".to_owned(),
        Some(Ok(count)) => format!("From Polar's deliveries list {count} were caught up with."),
        Some(Err(why)) => format!("Whether something came meanwhile could not be seen: {why}"),
    };
    printer.note(format!("There was no stream since {since}. {said}"));
}
