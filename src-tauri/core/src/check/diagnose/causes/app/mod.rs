//! What is wrong with the app: whether it runs, where, and what stands before the handler.

mod guard;
mod handler;
mod port;
mod process;
mod route;

pub(super) use self::{process::is_there_to_be, route::is_login};
use super::{Known, polar};
use crate::check::diagnose::{Answer, HandlerSeen, Seen};

/// In the order in which a request meets them.
pub const KNOWN: &[Known] = &[
    Known::blocking("wrong_port", port::wrong_port),
    Known::blocking("app_not_running", process::not_running),
    Known::blocking("other_program", port::other_program),
    Known::blocking("slow_app", process::slow),
    Known::blocking("login_redirect", route::login_redirect),
    Known::blocking("route_redirects", route::redirects),
    Known::blocking("route_near_miss", route::near_miss),
    Known::blocking("method_not_allowed", route::method),
    Known::blocking("route_missing", route::missing),
    Known::blocking("csrf", guard::csrf),
    Known::blocking("host_check", guard::host_check),
    Known::blocking("auth_middleware", guard::auth_middleware),
    Known::blocking("catch_all", guard::catch_all),
    Known::blocking("handler_throws", handler::throws),
    Known::blocking("body_limit", handler::body_limit),
];

fn handler(seen: &Seen) -> Option<&HandlerSeen> {
    seen.handler.as_ref()
}

fn first(seen: &Seen) -> Option<&Answer> {
    handler(seen).and_then(HandlerSeen::first)
}

fn has(answer: &Answer, needles: &[&str]) -> bool {
    let text = answer.text.to_lowercase();
    needles.iter().any(|needle| text.contains(needle))
}
