//! What was seen of the places that a delivery passes before one: why a cause there is none of theirs.

use super::{Seen, polar};

/// Nothing lies before the token.
pub const fn nothing(_: &Seen) -> Option<String> {
    None
}

/// The token is accepted.
pub fn token(seen: &Seen) -> Option<String> {
    seen.polar
        .endpoints
        .as_ref()
        .map(|_| format!("{} accepts the token, and told of the endpoint itself.", seen.polar.server))
}

/// The endpoint is as it must be.
pub fn endpoint(seen: &Seen) -> Option<String> {
    let endpoint = polar::endpoint(seen).filter(|endpoint| endpoint.enabled && endpoint.format == "raw")?;
    (!endpoint.events.is_empty()).then(|| "On Polar the endpoint is enabled, raw, and has events.".to_owned())
}

/// Something listens.
pub fn process(seen: &Seen) -> Option<String> {
    let app = &seen.app;
    let program = app.program.as_deref().unwrap_or("Something");
    let whose = if app.is_this_project == Some(true) { ", in this project's folder: your app runs" } else { "" };
    app.listens.then(|| format!("{program} listens on port {}{whose}.", app.port))
}

/// Something answers at the route otherwise than at a path that nobody has.
pub fn route(seen: &Seen) -> Option<String> {
    let handler = seen.handler.as_ref()?;
    let answer = handler.first()?;
    (answer.status.is_some() && !handler.is_nobodys(answer))
        .then(|| format!("Your app runs, and {} is not answered as a path that nobody has.", seen.route))
}

/// The whole way is right.
pub fn way(seen: &Seen) -> Option<String> {
    if seen.is_proved() {
        return Some("At the endpoint's address a signed delivery is accepted, and a forged one is not.".to_owned());
    }
    let accepts = seen.handler.as_ref().is_some_and(super::super::HandlerSeen::accepts);
    accepts.then(|| "On this machine your app accepts a signed delivery.".to_owned())
}
