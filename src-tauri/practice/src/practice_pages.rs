//! What only a practice Polar has: a description of itself, and firing an event by request.

use std::sync::Arc;

use hyper::{Method, StatusCode, header, http::request};
use serde_json::json;

use crate::{
    answer::{self, Answer},
    delivery,
    endpoint::event_types,
    sample::sample,
    state::Shared,
};

/// Answers a request under `/practice`.
pub(crate) fn respond(shared: &Arc<Shared>, parts: &request::Parts) -> Answer {
    // Programs on this machine may; web pages in a browser may not.
    if parts.headers.contains_key(header::ORIGIN) {
        return Answer::json(StatusCode::FORBIDDEN, &json!({ "detail": "Not for web pages." }));
    }
    match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/practice" | "/practice/") => describe(shared),
        (&Method::POST, path) => match path.strip_prefix("/practice/fire/") {
            Some(event_type) if fire(shared, event_type) => {
                Answer::json(StatusCode::ACCEPTED, &json!({ "fired": event_type }))
            }
            Some(_) => {
                let detail = json!({ "detail": "There is no such event type.", "known": event_types() });
                Answer::json(StatusCode::NOT_FOUND, &detail)
            }
            None => answer::no_route(),
        },
        _ => answer::no_route(),
    }
}

/// Lets a sample event of this type happen in the first organization. `false`: the type is not known.
pub(crate) fn fire(shared: &Arc<Shared>, event_type: &str) -> bool {
    let mut state = shared.state();
    let Some(organization) = state.accounts.organizations.first().map(|member| member.organization.id) else {
        return false;
    };
    let Some(payload) = sample(event_type, &organization.to_string(), shared.now()) else { return false };
    delivery::publish_payload(shared, &mut state, organization, event_type, &payload);
    true
}

fn describe(shared: &Shared) -> Answer {
    let state = shared.state();
    let organization = state.accounts.organizations.first().map(|member| {
        json!({ "id": member.organization.id, "name": member.organization.name, "slug": member.organization.slug })
    });
    Answer::ok(&json!({
        "practice": true,
        "description": "A Polar for practice on this machine. Nothing here is real; nothing here costs money.",
        "organization": organization,
        "endpoints": state.endpoints.len(),
        "fire": "POST /practice/fire/{event type}",
        "direct_deliveries": shared.options.allow_direct,
    }))
}
