//! One delivery: verified, recorded, passed on, and its answer handed back.

use std::sync::{Arc, atomic::Ordering};

use hyper::StatusCode;
use tokio::time::Instant;

use super::{
    answer::{Plain, Sender},
    forward::{Answered, ForwardError, forward},
    headers,
    keeper::{self, News},
    record::{AppAnswer, ID_KEPT, Outcome, Record, Recorded},
    server::Phase,
    state::State,
};
use crate::{
    SecretText,
    deliveries::Captured,
    setup::view::Hold,
    webhook::signature::{KeyRule, SignatureHeaders, verify},
};

const HELD: &str = "Held: it is kept here and goes to the app later.";
const NO_ROOM: &str = "No more deliveries can be held: let go of those that are.";

/// Verifies and records a delivery, passes it on to the app whether verified or not (the app must refuse a forged one
/// itself), and gives the app's answer. While deliveries are held, it is kept instead.
pub(super) async fn deliver(state: &State, captured: Captured, deadline: Instant, sender: &mut Sender<'_>) {
    let mut recorded = arrived(state, captured);
    let proves_the_way = recorded.view.test && recorded.view.verified.is_some();
    // What is checked is checked now; and that somebody asked for a test is no reason to keep it.
    let held = !recorded.view.test && state.holding.comes_after(state);
    recorded.view.held = held;
    let Some(captured) = recorded.captured.clone() else { return };
    let Some(number) = state.record.add(recorded) else {
        turn_away(state, Captured::clone(&captured), NO_ROOM);
        return sender.plain(&Plain::new(StatusCode::SERVICE_UNAVAILABLE, NO_ROOM)).await;
    };
    keeper::tell(state, number, News::Arrived).await;
    if held {
        return sender.plain(&Plain::new(StatusCode::ACCEPTED, HELD)).await;
    }
    match send_or_hold(state, number, &captured, deadline, !proves_the_way, Some(sender)).await {
        Ok(Sent::Answered) => {}
        Ok(Sent::Held) => sender.plain(&Plain::new(StatusCode::ACCEPTED, HELD)).await,
        // That the delivery came through the tunnel unchanged is proved without an app.
        Err(problem @ ForwardError::NotRunning(_)) if proves_the_way => {
            sender.plain(&Plain::new(StatusCode::ACCEPTED, problem.to_string())).await;
        }
        Err(problem) => sender.plain(&Plain::new(problem.status(), problem.to_string())).await,
    }
}

/// What became of passing it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// The app answered, and its answer was handed back as far as it came.
    Answered,
    /// There is no app, and it is held for that.
    Held,
}

/// Passes it on, or holds it where there is no app.
pub(super) async fn send_or_hold(
    state: &State,
    number: u32,
    captured: &Captured,
    deadline: Instant,
    may_hold: bool,
    sender: Option<&mut Sender<'_>>,
) -> Result<Sent, ForwardError> {
    let may_hold = may_hold && state.holding.hold() == Hold::WhenDown;
    match send(state, number, captured, deadline, may_hold, sender).await {
        Err(ForwardError::NotRunning(_)) if may_hold => {
            state.record.set_held(number, true);
            keeper::tell(state, number, News::Finished).await;
            Ok(Sent::Held)
        }
        sent => sent.map(|()| Sent::Answered),
    }
}

/// Passes a recorded delivery on to the app, notes what became of it, and hands the answer back; that there is no app is
/// noted only if nobody will try again.
pub(super) async fn send(
    state: &State,
    number: u32,
    captured: &Captured,
    deadline: Instant,
    is_tried_again: bool,
    mut sender: Option<&mut Sender<'_>>,
) -> Result<(), ForwardError> {
    let mut open = Open { record: &state.record, number, since: Instant::now(), outcome: None, is_left: false };
    let answered = pass_on(state, captured, deadline, sender.as_deref_mut()).await;
    open.is_left = is_tried_again && matches!(answered, Err(ForwardError::NotRunning(_)));
    let is_left = open.is_left;
    let answered = match answered {
        Ok(Answered { head, framing, body, whole }) => {
            let (body, size) = body.into_parts();
            let headers = if sender.is_some() { head.headers.clone() } else { Vec::new() };
            let kept = AppAnswer { status: head.status, headers: head.headers, body, size };
            open.outcome = Some(Ok(Arc::new(kept)));
            Ok((super::wire::ResponseHead { headers, ..head }, framing, whole))
        }
        Err(error) => {
            open.outcome = Some(Err(error.to_string()));
            Err(error)
        }
    };
    drop(open);
    if !is_left {
        keeper::tell(state, number, News::Finished).await;
    }
    match (answered, sender) {
        (Ok((head, framing, Some(whole))), Some(sender)) => sender.whole(&head, framing, &whole).await,
        (Ok((.., None)), Some(sender)) => sender.end(true).await,
        (Ok(_), None) => {}
        // Some of the answer is with the sender already: that it breaks off is all that can be said.
        (Err(_), Some(sender)) if sender.has_begun() => sender.end(false).await,
        (Err(error), _) => return Err(error),
    }
    Ok(())
}

/// Leaves a line about a request that was refused here.
pub(super) fn turn_away(state: &State, captured: Captured, why: impl Into<String>) {
    let path = captured.target.split('?').next().unwrap_or_default();
    let title = format!("{} {}", captured.method, path.chars().take(ID_KEPT).collect::<String>());
    turn_away_as(state, captured, &title, why);
}

/// The same, under this title.
pub(super) fn turn_away_as(state: &State, captured: Captured, title: &str, why: impl Into<String>) {
    let mut recorded = state.with_secret(|secret| {
        let mut recorded = Recorded::hiding(secret, captured);
        recorded.view.event_type = match secret {
            Some(secret) => secret.struck_from(title.to_owned()),
            None => title.to_owned(),
        };
        recorded
    });
    recorded.view.turned_away = Some(why.into());
    recorded.captured = None;
    state.record.add(recorded);
}

/// A recorded delivery whose outcome is due; it is noted on dropping, so that none stays open for ever.
struct Open<'a> {
    record: &'a Record,
    number: u32,
    since: Instant,
    outcome: Option<Result<Arc<AppAnswer>, String>>,
    /// Its outcome is left to others.
    is_left: bool,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if self.is_left {
            return;
        }
        let answer = self.outcome.take().unwrap_or_else(|| Err(ForwardError::Broken.to_string()));
        let milliseconds = u32::try_from(self.since.elapsed().as_millis()).unwrap_or(u32::MAX);
        self.record.finish(self.number, Outcome { answer, milliseconds });
    }
}

/// What is kept of a delivery that has just arrived.
pub(super) fn arrived(state: &State, captured: Captured) -> Recorded {
    state.with_secret(|secret| {
        let verified = verified(secret, &captured);
        let mut recorded = Recorded::hiding(secret, captured);
        match verified {
            Ok(rule) => recorded.view.verified = Some(rule),
            Err(problem) => recorded.view.problem = Some(problem),
        }
        recorded
    })
}

fn verified(secret: Option<&SecretText>, captured: &Captured) -> Result<KeyRule, String> {
    let secret = secret.ok_or("No webhook secret is known yet, so the signature was not checked.")?;
    let signed = SignatureHeaders {
        id: captured.header("webhook-id"),
        timestamp: captured.header("webhook-timestamp"),
        signature: captured.header("webhook-signature"),
    };
    let now = captured.received_at.unix_timestamp();
    verify(secret, &signed, &captured.body, now).map_err(|problem| problem.to_string())
}

async fn pass_on(
    state: &State,
    captured: &Captured,
    deadline: Instant,
    sender: Option<&mut Sender<'_>>,
) -> Result<Answered, ForwardError> {
    let port = state.app_port.load(Ordering::Relaxed);
    if port == state.own_port {
        return Err(ForwardError::OwnPort(port));
    }
    let request = headers::to_app(captured, port, state.keeps_host.load(Ordering::Relaxed));
    let mut phase = state.phase.clone();
    tokio::select! {
        answer = forward(&request, &captured.method, port, deadline, sender) => {
            answer.map_err(|error| error.unwrap_or(ForwardError::TooSlow(state.answer_within)))
        }
        _ = phase.wait_for(|phase| *phase >= Phase::Ended) => Err(ForwardError::Stopped),
    }
}
