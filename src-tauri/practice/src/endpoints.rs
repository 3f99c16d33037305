//! Webhook endpoints: list, create, get, change, delete, and a new secret.

use hyper::StatusCode;
use polar_setup_core::{
    SecretText,
    webhook::{secret, signature::KeyRule},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    answer::{self, Answer},
    endpoint::{self, Endpoint},
    problem::{Problem, place},
    respond::Call,
    url_rules,
};

pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    call.page(|state, organization| {
        let own = state.endpoints.iter().rev().filter(|endpoint| endpoint.organization == organization);
        own.map(Endpoint::to_json).collect()
    })
}

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let Some(body) = call.object() else { return call.refuse() };
    let wanted = match endpoint::wanted(&body, call.direct) {
        Ok(wanted) => wanted,
        Err(problems) => return answer::invalid_request(&problems),
    };
    if let Some(id) = wanted.organization {
        return answer::refused_request(organization_set(id));
    }
    let (secret, rule) = match wanted.secret {
        Some(secret) => (SecretText::new(secret), KeyRule::PolarOwn),
        None => (secret::generate(), call.shared.options.generated_secrets),
    };
    let endpoint = Endpoint {
        id: Uuid::new_v4(),
        organization: call.organization,
        created_at: call.now,
        modified_at: None,
        url: wanted.url,
        name: wanted.name,
        format: wanted.format,
        secret,
        rule,
        events: wanted.events,
        enabled: true,
        failures: 0,
    };
    let answer = Answer::json(StatusCode::CREATED, &endpoint.to_json());
    call.state.endpoints.push(endpoint);
    answer
}

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let Some(id) = call.id(0, "id") else { return call.refuse() };
    match call.state.endpoint(id, call.organization) {
        Some(endpoint) => Answer::ok(&endpoint.to_json()),
        None => answer::not_found(),
    }
}

pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "id");
    let change = match call.object().map(|body| endpoint::change(&body, call.direct)) {
        Some(Ok(change)) => Some(change),
        Some(Err(problems)) => {
            call.problems.extend(problems);
            None
        }
        None => None,
    };
    let (Some(id), Some(change)) = (id, change) else { return call.refuse() };
    let direct = call.direct;
    let Some(endpoint) = call.state.endpoint(id, call.organization) else { return answer::not_found() };
    // The stored address counts, even if the same request mends it.
    if change.enabled == Some(true) && !endpoint.enabled && !url_rules::acceptable(&endpoint.url, direct) {
        let message = "Cannot enable a webhook endpoint with an invalid URL. Please update the URL first.";
        return answer::refused_request(Problem::new(
            "value_error",
            &place(&["body", "enabled"]),
            message,
            &json!(true),
        ));
    }
    endpoint.apply(change, call.now);
    Answer::ok(&endpoint.to_json())
}

pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let Some(id) = call.id(0, "id") else { return call.refuse() };
    if call.state.endpoint(id, call.organization).is_none() {
        return answer::not_found();
    }
    call.state.endpoints.retain(|endpoint| endpoint.id != id);
    Answer::no_content()
}

pub(crate) fn reset_secret(call: &mut Call<'_>) -> Answer {
    let Some(id) = call.id(0, "id") else { return call.refuse() };
    let Some(endpoint) = call.state.endpoint(id, call.organization) else { return answer::not_found() };
    endpoint.secret = secret::generate();
    endpoint.rule = call.shared.options.generated_secrets;
    endpoint.modified_at = Some(call.now);
    Answer::ok(&endpoint.to_json())
}

/// An organization token may not name an organization, not even its own.
pub(crate) fn organization_set(id: Uuid) -> Problem {
    let message = "Setting organization_id is disallowed when using an organization token.";
    Problem::new("organization_token", &place(&["body", "organization_id"]), message, &json!(id))
}
