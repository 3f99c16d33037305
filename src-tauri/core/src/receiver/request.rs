//! Answers one request: refuses pages, answers probes, and lets everything else through as a delivery.

use std::sync::{Arc, PoisonError};

use hyper::{
    Method, Request, StatusCode,
    body::Incoming,
    header::{EXPECT, HOST, ORIGIN},
    http::request::Parts,
};
use tokio::time::{Instant, timeout_at};

use super::{
    answer::{Answer, plain},
    body, delivery,
    forward::ForwardError,
    headers,
    state::State,
};

/// The answer to one request, marked as ours.
pub(super) async fn answer(state: Arc<State>, request: Request<Incoming>) -> Answer {
    let deadline = Instant::now() + state.answer_within;
    let (parts, incoming) = request.into_parts();
    let refuse = |status, why: &str| {
        delivery::turn_away(&state, &parts, why);
        plain(status, why)
    };
    // Polar sends no Origin; a page in a browser always does where it could read the answer or send a body.
    if parts.headers.contains_key(ORIGIN) {
        return refuse(StatusCode::FORBIDDEN, "Requests from web pages are refused here.");
    }
    if let Some(answer) = state.probes.answer(&parts.method, parts.uri.path()) {
        return answer;
    }
    if parts.method == Method::CONNECT {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "This is not a proxy.");
    }
    if parts.method != Method::POST && !is_ours(&state, &parts) {
        return refuse(StatusCode::FORBIDDEN, "Only deliveries are taken under this host name.");
    }
    let Ok(Ok(_turn)) = timeout_at(deadline, state.turns.acquire()).await else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "Too many deliveries at a time.");
    };
    let waits = parts.headers.contains_key(EXPECT);
    let body = match timeout_at(deadline, body::read(incoming, waits)).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => {
            delivery::turn_away(&state, &parts, error.to_string());
            return error.answer();
        }
        Err(_) => return refuse(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time."),
    };
    // In a task of its own: a sender that goes away must not undo what is half done.
    match tokio::spawn(delivery::deliver(Arc::clone(&state), parts, body, deadline)).await {
        Ok(answer) => answer,
        Err(_) => plain(ForwardError::Broken.status(), ForwardError::Broken.to_string()),
    }
}

/// Whether the host is this machine's own, or one of its public addresses; while none of those is known, any may be.
fn is_ours(state: &State, parts: &Parts) -> bool {
    let host = headers::text(&parts.headers, HOST.as_str());
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { &host }
    });
    let hosts = state.hosts.read().unwrap_or_else(PoisonError::into_inner);
    hosts.is_empty()
        || ["localhost", "127.0.0.1", "[::1]"].contains(&name)
        || hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
}
