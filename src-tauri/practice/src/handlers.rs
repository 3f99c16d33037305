//! What each route does once the caller may use it.

use hyper::StatusCode;
use serde_json::json;

use crate::{
    answer::{self, Answer},
    deliveries, endpoints, organizations, relay, resources,
    respond::Call,
    routes::Route,
};

/// Carries the request out.
pub(crate) fn handle(route: &Route, call: &mut Call<'_>) -> Answer {
    match (route.method, route.pattern) {
        ("GET", "/healthz") => Answer::ok(&json!({ "status": "ok" })),
        ("GET", "/.well-known/openid-configuration") => organizations::openid(call),
        ("GET", "/v1/organizations/") => organizations::list(call),
        ("GET", "/v1/organizations/{id}") => organizations::get(call),
        ("PATCH", "/v1/organizations/{id}") => organizations::update(call),
        ("GET", "/v1/webhooks/endpoints") => endpoints::list(call),
        ("POST", "/v1/webhooks/endpoints") => endpoints::create(call),
        ("GET", "/v1/webhooks/endpoints/{id}") => endpoints::get(call),
        ("PATCH", "/v1/webhooks/endpoints/{id}") => endpoints::update(call),
        ("DELETE", "/v1/webhooks/endpoints/{id}") => endpoints::delete(call),
        ("PATCH", "/v1/webhooks/endpoints/{id}/secret") => endpoints::reset_secret(call),
        ("GET", "/v1/webhooks/deliveries") => deliveries::list(call),
        ("POST", "/v1/webhooks/events/{id}/redeliver") => deliveries::redeliver(call),
        ("GET", "/v1/cli/listen/{id}") => relay::listen(call),
        // The recorded server failed here; kept because a client has to survive it.
        ("GET", "/v1/events/") | ("POST", "/v1/oauth2/register") => answer::server_error(),
        ("POST", "/v1/oauth2/revoke" | "/v1/oauth2/introspect") => answer::invalid_client(),
        ("GET", "/v1/oauth2/userinfo") => answer::invalid_token(),
        (method, pattern) => resources::handle(method, pattern, call).unwrap_or_else(|| elsewhere(method)),
    }
}

/// A route of Polar's that is not practised here. Reading finds nothing, which is true; writing says so.
fn elsewhere(method: &str) -> Answer {
    if method == "GET" {
        return answer::not_found();
    }
    let body =
        json!({ "error": "NotPractised", "detail": "The practice Polar does not do this. Use Polar's sandbox." });
    Answer::json(StatusCode::NOT_IMPLEMENTED, &body)
}
