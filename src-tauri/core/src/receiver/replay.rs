//! Sending a delivery to the app again, signed anew; and deliveries that did not come over HTTP.

use std::sync::Arc;

use bytes::Bytes;
use hyper::{
    Method, Request,
    header::{CONTENT_LENGTH, HeaderName, HeaderValue},
    http::request::Parts,
};
use rand::distr::{Alphanumeric, SampleString};
use tokio::time::Instant;

use super::{
    Receiver, TEST_ID_PREFIX, delivery,
    keeper::{self, News},
    state::State,
};
use crate::{
    deliveries::Captured,
    webhook::signature::{KeyRule, sign},
};

/// Why a delivery cannot be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It was dropped or cleared.
    #[error("This delivery is no longer kept.")]
    Gone,
    /// There is nothing to sign with.
    #[error("No webhook secret is known yet, so nothing can be signed. \"Write and verify\" makes one.")]
    NoSecret,
    /// Its method, path or headers are not HTTP.
    #[error("This delivery cannot be sent: it is not HTTP.")]
    NotHttp,
}

impl Receiver {
    /// Sends a delivery to the app again, with a fresh timestamp and signature; edited, it has an id of its own, or the
    /// app would take it for the one it knows. Gives the number of its line; the app's answer comes later.
    ///
    /// # Errors
    /// It is not kept any more, or nothing can be signed.
    pub fn replay(&self, number: u32, edited: Option<Bytes>) -> Result<u32, ReplayError> {
        let state = &self.owner.state;
        let recorded = state.record.get(number).ok_or(ReplayError::Gone)?;
        let captured = recorded.captured.as_deref().ok_or(ReplayError::Gone)?;
        let rule = recorded.view.verified.unwrap_or(KeyRule::PolarOwn);
        let id = match (&edited, captured.header("webhook-id")) {
            (None, id) if !id.is_empty() => id,
            _ => fresh_id(),
        };
        let body = edited.unwrap_or_else(|| captured.body.clone());
        if state.secret().is_none() {
            return Err(ReplayError::NoSecret);
        }
        let mut parts = signed_anew(state, captured, id, &body, rule).ok_or(ReplayError::NotHttp)?;
        parts.extensions = recorded.extensions;
        Ok(self.dispatch(parts, body, Some(number)))
    }

    /// Records and passes on a delivery that came another way than over HTTP. Gives the number of its line.
    ///
    /// # Errors
    /// It is not HTTP.
    pub fn send(&self, captured: &Captured) -> Result<u32, ReplayError> {
        let parts = parts(captured).ok_or(ReplayError::NotHttp)?;
        Ok(self.dispatch(parts, captured.body.clone(), None))
    }

    fn dispatch(&self, parts: Parts, body: Bytes, replay_of: Option<u32>) -> u32 {
        let state = Arc::clone(&self.owner.state);
        let deadline = Instant::now() + state.answer_within;
        let mut recorded = delivery::arrived(&state, &parts, &body);
        recorded.view.replay_of = replay_of;
        // Relayed ones are held like those that arrive; a replay was asked for now.
        let held = replay_of.is_none() && state.holding.comes_after(&state);
        recorded.view.held = held;
        let number = state.record.add(recorded).unwrap_or_default();
        if held {
            tokio::spawn(async move { keeper::tell(&state, number, News::Arrived).await });
        } else if number > 0 {
            tokio::spawn(async move {
                keeper::tell(&state, number, News::Arrived).await;
                let _ = delivery::send_or_hold(&state, number, parts, body, deadline, replay_of.is_none()).await;
            });
        }
        number
    }
}

/// The request that was captured.
pub(super) fn parts(captured: &Captured) -> Option<Parts> {
    let mut request = Request::builder().method(Method::from_bytes(captured.method.as_bytes()).ok()?);
    request = request.uri(&captured.target);
    for (name, value) in &captured.headers {
        request = request.header(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(request.body(()).ok()?.into_parts().0)
}

/// The same with this id and body, stamped now and signed with the secret of the moment.
pub(super) fn signed_anew(
    state: &State,
    captured: &Captured,
    id: String,
    body: &Bytes,
    rule: KeyRule,
) -> Option<Parts> {
    let secret = state.secret()?;
    let now = state.now().unix_timestamp();
    let signature = sign(&secret, rule, &id, now, body).or_else(|| sign(&secret, KeyRule::PolarOwn, &id, now, body))?;
    let mut parts = parts(captured)?;
    let headers = &mut parts.headers;
    let mut put = |name: &'static str, value: String| {
        // `insert` keeps the header in its place.
        headers.insert(HeaderName::from_static(name), HeaderValue::try_from(value).ok()?);
        Some(())
    };
    put("webhook-id", id)?;
    put("webhook-timestamp", now.to_string())?;
    put("webhook-signature", signature)?;
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    Some(parts)
}

fn fresh_id() -> String {
    format!("{TEST_ID_PREFIX}{}", Alphanumeric.sample_string(&mut rand::rng(), 24))
}
