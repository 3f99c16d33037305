//! Sends events to the endpoints that want them: signed, retried, and with the endpoint switched off after too many
//! failures.

use std::sync::Arc;

use polar_setup_core::{
    SecretText,
    polar::http::explain,
    setup::view::DeliveryFormat,
    webhook::signature::{self, KeyRule},
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use crate::{
    relay::Relayed,
    sample::chat_message,
    stamp,
    state::{Shared, State, until_stopped},
};

/// Events in a row that may fail for good before the endpoint is switched off.
const PATIENCE: u32 = 10;
/// How much of a receiver's answer is kept, in characters.
const LONGEST_RESPONSE: usize = 2048;
/// How many events and deliveries are remembered.
const MEMORY: usize = 2000;
const USER_AGENT: &str = "polar.sh webhooks";

/// One event for one endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub id: Uuid,
    pub endpoint: Uuid,
    pub organization: Uuid,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
    pub kind: String,
    pub payload: String,
    pub last_http_code: Option<u16>,
    pub succeeded: Option<bool>,
}

/// One attempt to deliver an event.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub id: Uuid,
    pub event: Uuid,
    pub created_at: OffsetDateTime,
    pub http_code: Option<u16>,
    pub response: Option<String>,
    pub succeeded: bool,
}

/// What one attempt needs to know.
struct Attempt {
    url: Url,
    secret: SecretText,
    rule: KeyRule,
    payload: String,
}

/// What came of an attempt.
struct Outcome {
    http_code: Option<u16>,
    response: Option<String>,
    succeeded: bool,
}

/// Tells everybody who wants to know that `data` happened.
pub(crate) fn publish(shared: &Arc<Shared>, state: &mut State, organization: Uuid, event_type: &str, data: &Value) {
    let payload = json!({ "type": event_type, "timestamp": stamp(shared.now()), "data": data });
    publish_payload(shared, state, organization, event_type, &payload);
}

/// The same, with the whole payload given.
pub(crate) fn publish_payload(
    shared: &Arc<Shared>,
    state: &mut State,
    organization: Uuid,
    event_type: &str,
    payload: &Value,
) {
    // Nobody listening is no error.
    let _ = shared.relay.send(Relayed::new(organization, payload.to_string()));
    let now = shared.now();
    let wanting = state.endpoints.iter().filter(|endpoint| endpoint.organization == organization);
    let events: Vec<Event> = wanting
        .filter(|endpoint| endpoint.wants(event_type))
        .map(|endpoint| Event {
            id: Uuid::new_v4(),
            endpoint: endpoint.id,
            organization,
            created_at: now,
            modified_at: None,
            kind: event_type.to_owned(),
            payload: match endpoint.format.as_str() {
                "discord" => chat_message(DeliveryFormat::Discord, payload).to_string(),
                "slack" => chat_message(DeliveryFormat::Slack, payload).to_string(),
                _ => payload.to_string(),
            },
            last_http_code: None,
            succeeded: None,
        })
        .collect();
    for event in events {
        start(shared, event.id);
        state.events.push(event);
    }
    forget_oldest(&mut state.events);
}

/// Delivers an event in the background, again if it was before.
pub(crate) fn start(shared: &Arc<Shared>, event: Uuid) {
    let shared = Arc::clone(shared);
    let runtime = shared.runtime.clone();
    runtime.spawn(async move {
        let mut stopped = shared.stopped.subscribe();
        tokio::select! {
            () = deliver(&shared, event) => {}
            () = until_stopped(&mut stopped) => {}
        }
    });
}

async fn deliver(shared: &Shared, event: Uuid) {
    let gaps = &shared.options.timings.retry_gaps;
    for gap in gaps.iter().map(Some).chain([None]) {
        // The endpoint may have been changed, switched off or deleted since the last attempt.
        let Some(attempt) = prepare(&shared.state(), event) else { return };
        let outcome = send(shared, event, &attempt).await;
        let done = outcome.succeeded || gap.is_none();
        record(shared, event, outcome, done);
        match gap {
            Some(gap) if !done => tokio::time::sleep(*gap).await,
            _ => return,
        }
    }
}

fn prepare(state: &State, event: Uuid) -> Option<Attempt> {
    let event = state.events.iter().find(|known| known.id == event)?;
    let endpoint = state.endpoints.iter().find(|endpoint| endpoint.id == event.endpoint && endpoint.enabled)?;
    Some(Attempt {
        url: Url::parse(&endpoint.url).ok()?,
        secret: endpoint.secret.clone(),
        rule: endpoint.rule,
        payload: event.payload.clone(),
    })
}

async fn send(shared: &Shared, event: Uuid, attempt: &Attempt) -> Outcome {
    let timeout = shared.options.timings.delivery_timeout;
    let unreachable = |response: String| Outcome { http_code: None, response: Some(response), succeeded: false };
    let Ok(client) = shared.client(&attempt.url, timeout) else {
        return unreachable("This machine's certificates cannot be read.".into());
    };
    let id = event.to_string();
    let timestamp = shared.now().unix_timestamp();
    let body = attempt.payload.as_bytes();
    // A secret that its rule cannot read is used as it is, so that something is sent at all.
    let signature = signature::sign(&attempt.secret, attempt.rule, &id, timestamp, body)
        .or_else(|| signature::sign(&attempt.secret, KeyRule::PolarOwn, &id, timestamp, body))
        .unwrap_or_default();
    let mut request = client
        .post(attempt.url.clone())
        .header("user-agent", USER_AGENT)
        .header("content-type", "application/json")
        .header("webhook-id", &id)
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-signature", signature)
        .body(attempt.payload.clone());
    if shared.options.send_api_version {
        request = request.header("webhook-api-version", "2026-04");
    }
    match request.send().await {
        Ok(response) => read(response).await,
        // The real server keeps an empty text for a timeout.
        Err(error) if error.is_timeout() => unreachable(String::new()),
        Err(error) => unreachable(explain(&error, attempt.url.host_str().unwrap_or_default())),
    }
}

async fn read(mut response: reqwest::Response) -> Outcome {
    let status = response.status();
    let mut text = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        text.extend_from_slice(&chunk);
        if text.len() > LONGEST_RESPONSE * 4 {
            break;
        }
    }
    let mut kept: String = String::from_utf8_lossy(&text).chars().take(LONGEST_RESPONSE).collect();
    if status.is_redirection() {
        kept = format!("Redirect response '{status}' was not followed.");
    }
    let response = if kept.is_empty() { None } else { Some(kept) };
    Outcome { http_code: Some(status.as_u16()), response, succeeded: status.is_success() }
}

fn record(shared: &Shared, event: Uuid, outcome: Outcome, done: bool) {
    let now = shared.now();
    let mut state = shared.state();
    let state = &mut *state;
    let Some(event) = state.events.iter_mut().find(|known| known.id == event) else { return };
    if event.last_http_code != outcome.http_code || done {
        event.modified_at = Some(now);
    }
    event.last_http_code = outcome.http_code;
    if done {
        event.succeeded = Some(outcome.succeeded);
        if let Some(endpoint) = state.endpoints.iter_mut().find(|endpoint| endpoint.id == event.endpoint) {
            endpoint.failures = if outcome.succeeded { 0 } else { endpoint.failures + 1 };
            if endpoint.failures >= PATIENCE {
                endpoint.enabled = false;
                endpoint.modified_at = Some(now);
            }
        }
    }
    state.deliveries.push(Delivery {
        id: Uuid::new_v4(),
        event: event.id,
        created_at: now,
        http_code: outcome.http_code,
        response: outcome.response,
        succeeded: outcome.succeeded,
    });
    forget_oldest(&mut state.deliveries);
    shared.delivered.send_modify(|count| *count += 1);
}

fn forget_oldest<T>(memory: &mut Vec<T>) {
    if memory.len() > MEMORY {
        memory.drain(..memory.len() - MEMORY);
    }
}
