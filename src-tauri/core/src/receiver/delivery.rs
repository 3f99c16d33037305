//! One delivery: verified, recorded, passed on, and its answer handed back.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, Uri, Version,
    header::{CONTENT_LENGTH, HeaderMap},
    http::request::Parts,
};
use tokio::time::Instant;

use super::{
    TEST_ID_PREFIX,
    answer::{Answer, mark, plain},
    event,
    forward::{ForwardError, forward},
    headers,
    keeper::{self, News},
    record::{AppAnswer, ID_KEPT, Outcome, Record, Recorded},
    server::Phase,
    state::State,
};
use crate::{
    SecretText,
    deliveries::Captured,
    moment::milliseconds,
    setup::view::{DeliveryView, Hold},
    webhook::signature::{KeyRule, SignatureHeaders, verify},
};

/// How much of an app's answer is kept, in bytes.
const ANSWER_KEPT: usize = 64 * 1024;
const HELD: &str = "Held: it is kept here and goes to the app later.";
const NO_ROOM: &str = "No more deliveries can be held: let go of those that are.";

/// Verifies and records a delivery, passes it on to the app whether verified or not (the app must refuse a forged one
/// itself), and gives the app's answer. While deliveries are held, it is kept instead.
pub(super) async fn deliver(state: Arc<State>, parts: Parts, body: Bytes, deadline: Instant) -> Answer {
    let mut recorded = arrived(&state, &parts, &body);
    let proves_the_way = recorded.view.test && recorded.view.verified.is_some();
    // What is checked is checked now; and that somebody asked for a test is no reason to keep it.
    let held = !recorded.view.test && state.holding.comes_after(&state);
    recorded.view.held = held;
    let method = parts.method.clone();
    let Some(number) = state.record.add(recorded) else {
        turn_away(&state, &parts, NO_ROOM);
        return plain(StatusCode::SERVICE_UNAVAILABLE, NO_ROOM);
    };
    keeper::tell(&state, number, News::Arrived).await;
    if held {
        return plain(StatusCode::ACCEPTED, HELD);
    }
    match send_or_hold(&state, number, parts, body, deadline, !proves_the_way).await {
        Ok(Some(answer)) => handed_back(&method, answer),
        Ok(None) => plain(StatusCode::ACCEPTED, HELD),
        // That the delivery came through the tunnel unchanged is proved without an app.
        Err(problem @ ForwardError::NotRunning(_)) if proves_the_way => {
            plain(StatusCode::ACCEPTED, problem.to_string())
        }
        Err(problem) => plain(problem.status(), problem.to_string()),
    }
}

/// Passes it on; `None`: there is no app, and it is held for that.
pub(super) async fn send_or_hold(
    state: &State,
    number: u32,
    parts: Parts,
    body: Bytes,
    deadline: Instant,
    may_hold: bool,
) -> Result<Option<Response<Bytes>>, ForwardError> {
    let may_hold = may_hold && state.holding.hold() == Hold::WhenDown;
    match send(state, number, parts, body, deadline, may_hold).await {
        Err(ForwardError::NotRunning(_)) if may_hold => {
            state.record.set_held(number, true);
            keeper::tell(state, number, News::Finished).await;
            Ok(None)
        }
        sent => sent.map(Some),
    }
}

/// Passes a recorded delivery on to the app, and notes what became of it; that there is no app only if nobody will try
/// again.
pub(super) async fn send(
    state: &State,
    number: u32,
    parts: Parts,
    body: Bytes,
    deadline: Instant,
    is_tried_again: bool,
) -> Result<Response<Bytes>, ForwardError> {
    let mut open = Open { record: &state.record, number, since: Instant::now(), outcome: None, is_left: false };
    let answered = pass_on(state, parts, body, deadline).await;
    open.is_left = is_tried_again && matches!(answered, Err(ForwardError::NotRunning(_)));
    open.outcome = Some(answered.as_ref().map(kept).map_err(ToString::to_string));
    let is_left = open.is_left;
    drop(open);
    if !is_left {
        keeper::tell(state, number, News::Finished).await;
    }
    answered
}

/// What is kept of an answer.
fn kept(answer: &Response<Bytes>) -> Arc<AppAnswer> {
    let body = answer.body();
    Arc::new(AppAnswer {
        status: answer.status().as_u16(),
        headers: all(answer.headers()),
        // A copy, or the whole answer would be kept for its beginning.
        body: Bytes::copy_from_slice(&body[..body.len().min(ANSWER_KEPT)]),
        size: body.len() as u64,
    })
}

fn all(headers: &HeaderMap) -> Vec<(String, Bytes)> {
    headers.iter().map(|(name, value)| (name.to_string(), Bytes::copy_from_slice(value.as_bytes()))).collect()
}

/// Leaves a line about a request that was refused here.
pub(super) fn turn_away(state: &State, parts: &Parts, why: impl Into<String>) {
    let mut recorded = arrived(state, parts, &Bytes::new());
    recorded.view.event_type =
        format!("{} {}", parts.method, parts.uri.path().chars().take(ID_KEPT).collect::<String>());
    recorded.view.turned_away = Some(why.into());
    recorded.view.problem = None;
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
pub(super) fn arrived(state: &State, parts: &Parts, body: &Bytes) -> Recorded {
    let secret = state.secret();
    let now = state.now();
    let (verified, problem) = match verified(secret.as_ref(), &parts.headers, body, now.unix_timestamp()) {
        Ok(rule) => (Some(rule), None),
        Err(problem) => (None, Some(problem)),
    };
    // Masked before anything is cut, so that no half of the secret is left.
    let id = masked(headers::text(&parts.headers, "webhook-id"), secret.as_ref());
    let id: String = id.chars().take(ID_KEPT).collect();
    let view = DeliveryView {
        number: 0,
        received_at: milliseconds(now),
        event_type: masked(event::name(&parts.method, body), secret.as_ref()),
        test: id.starts_with(TEST_ID_PREFIX),
        webhook_id: Some(id).filter(|id| !id.is_empty()),
        verified,
        problem,
        app_status: None,
        app_ms: None,
        app_problem: None,
        attempt: 1,
        held: false,
        replay_of: None,
        turned_away: None,
    };
    let captured = Captured {
        received_at: now,
        method: parts.method.to_string(),
        target: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        headers: all(&parts.headers),
        body: body.clone(),
    };
    Recorded {
        view,
        captured: Some(Arc::new(captured)),
        answer: None,
        is_older: false,
        extensions: parts.extensions.clone(),
    }
}

fn verified(secret: Option<&SecretText>, headers: &HeaderMap, body: &[u8], now: i64) -> Result<KeyRule, String> {
    let secret = secret.ok_or("No webhook secret is known yet, so the signature was not checked.")?;
    let signed = SignatureHeaders {
        id: headers::text(headers, "webhook-id"),
        timestamp: headers::text(headers, "webhook-timestamp"),
        signature: headers::text(headers, "webhook-signature"),
    };
    verify(secret, &signed, body, now).map_err(|problem| problem.to_string())
}

/// The text without the secret, should it stand in it: what is recorded is shown.
fn masked(mut text: String, secret: Option<&SecretText>) -> String {
    if let Some(secret) = secret
        && !secret.expose().is_empty()
        && text.contains(secret.expose())
    {
        text = text.replace(secret.expose(), "****");
    }
    text
}

async fn pass_on(state: &State, parts: Parts, body: Bytes, deadline: Instant) -> Result<Response<Bytes>, ForwardError> {
    let port = state.app_port.load(Ordering::Relaxed);
    if port == state.own_port {
        return Err(ForwardError::OwnPort(port));
    }
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = parts.method;
    *request.uri_mut() = parts.uri.into_parts().path_and_query.map_or_else(|| Uri::from_static("/"), Uri::from);
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = headers::to_app(&parts.headers, port);
    // Among the extensions is how the headers' names were written.
    *request.extensions_mut() = parts.extensions;
    let mut phase = state.phase.clone();
    tokio::select! {
        answer = forward(request, port, deadline, state.answer_within) => answer,
        _ = phase.wait_for(|phase| *phase >= Phase::Ended) => Err(ForwardError::Stopped),
    }
}

fn handed_back(method: &Method, answer: Response<Bytes>) -> Answer {
    let (mut parts, body) = answer.into_parts();
    parts.headers = headers::passed_on(&parts.headers);
    // An answer without a body may announce the length it would have had; only to HEAD can that be repeated.
    if body.is_empty() && method != Method::HEAD {
        parts.headers.remove(CONTENT_LENGTH);
    }
    mark(&mut parts.headers);
    Response::from_parts(parts, Full::new(body))
}
