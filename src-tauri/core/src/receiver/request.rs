//! Answers one request: refuses pages, answers probes, and lets everything else through as a delivery.

use std::sync::Arc;

use hyper::{
    Method, Request, StatusCode,
    body::Incoming,
    header::{EXPECT, ORIGIN},
};
use tokio::time::{Instant, timeout_at};

use super::{
    answer::{Answer, plain},
    body, delivery,
    forward::ForwardError,
    state::State,
};

/// The answer to one request, marked as ours.
pub(super) async fn answer(state: Arc<State>, request: Request<Incoming>) -> Answer {
    let deadline = Instant::now() + state.answer_within;
    // Polar sends no Origin; a page in a browser always does where it could read the answer or send a body.
    if request.headers().contains_key(ORIGIN) {
        return plain(StatusCode::FORBIDDEN, "Requests from web pages are refused here.");
    }
    if let Some(answer) = state.probes.answer(request.method(), request.uri().path()) {
        return answer;
    }
    if request.method() == Method::CONNECT {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "This is not a proxy.");
    }
    let Ok(Ok(_turn)) = timeout_at(deadline, state.turns.acquire()).await else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "Too many deliveries at a time.");
    };
    let (parts, incoming) = request.into_parts();
    let waits = parts.headers.contains_key(EXPECT);
    let body = match timeout_at(deadline, body::read(incoming, waits)).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => return error.answer(),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time."),
    };
    // In a task of its own: a sender that goes away must not undo what is half done.
    match tokio::spawn(delivery::deliver(Arc::clone(&state), parts, body, deadline)).await {
        Ok(answer) => answer,
        Err(_) => plain(ForwardError::Broken.status(), ForwardError::Broken.to_string()),
    }
}
