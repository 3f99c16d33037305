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
    record::{Outcome, Record},
    server::Phase,
    state::State,
};
use crate::{
    SecretText,
    moment::milliseconds,
    setup::view::DeliveryView,
    webhook::signature::{KeyRule, SignatureHeaders, verify},
};

/// How much of a body is kept, in bytes.
const BODY_KEPT: usize = 64 * 1024;
/// How much of a `webhook-id` is kept, in characters.
const ID_KEPT: usize = 200;

/// Verifies and records a delivery, passes it on to the app whether verified or not (the app must refuse a forged one
/// itself), and gives the app's answer.
pub(super) async fn deliver(state: Arc<State>, parts: Parts, body: Bytes, deadline: Instant) -> Answer {
    let view = arrived(&state, &parts, &body);
    let proves_the_way = view.test && view.verified.is_some();
    let method = parts.method.clone();
    let mut open = Open { record: &state.record, number: state.record.add(view), since: Instant::now(), outcome: None };
    let answered = pass_on(&state, parts, body, deadline).await;
    open.outcome = Some(answered.as_ref().map(|answer| answer.status().as_u16()).map_err(ToString::to_string));
    drop(open);
    match answered {
        Ok(answer) => handed_back(&method, answer),
        // That the delivery came through the tunnel unchanged is proved without an app.
        Err(problem @ ForwardError::NotRunning(_)) if proves_the_way => {
            plain(StatusCode::ACCEPTED, problem.to_string())
        }
        Err(problem) => plain(problem.status(), problem.to_string()),
    }
}

/// A recorded delivery whose outcome is due; it is noted on dropping, so that none stays open for ever.
struct Open<'a> {
    record: &'a Record,
    number: u32,
    since: Instant,
    outcome: Option<Result<u16, String>>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let answer = self.outcome.take().unwrap_or_else(|| Err(ForwardError::Broken.to_string()));
        let milliseconds = u32::try_from(self.since.elapsed().as_millis()).unwrap_or(u32::MAX);
        self.record.finish(self.number, Outcome { answer, milliseconds });
    }
}

fn arrived(state: &State, parts: &Parts, body: &[u8]) -> DeliveryView {
    let secret = state.secret();
    let now = state.now();
    let (verified, problem) = match verified(secret.as_ref(), &parts.headers, body, now.unix_timestamp()) {
        Ok(rule) => (Some(rule), None),
        Err(problem) => (None, Some(problem)),
    };
    // Masked before anything is cut, so that no half of the secret is left.
    let id = masked(headers::text(&parts.headers, "webhook-id"), secret.as_ref());
    let id: String = id.chars().take(ID_KEPT).collect();
    let text = masked(String::from_utf8_lossy(body).into_owned(), secret.as_ref());
    DeliveryView {
        number: 0,
        received_at: milliseconds(now),
        event_type: event::name(&parts.method, text.as_bytes()),
        test: id.starts_with(TEST_ID_PREFIX),
        webhook_id: Some(id).filter(|id| !id.is_empty()),
        verified,
        problem,
        app_status: None,
        app_ms: None,
        app_problem: None,
        body: cut(text),
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

fn cut(mut text: String) -> String {
    let mut end = text.len().min(BODY_KEPT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
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
