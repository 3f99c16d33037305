//! The check of a tunnel that was waited for, the same in the window and in the terminal.

use super::Check;
use crate::setup::view::TunnelView;

/// Its name and claim.
pub const TUNNEL: (&str, &str) = ("tunnel", "The tunnel carries requests to this machine");

/// It is of use at this address, without a route; `view` says whether a request came back through it.
#[must_use]
pub fn ready(url: &str, view: TunnelView) -> Check {
    let Some(problem) = view.problem else {
        return Check::passed(TUNNEL.0, TUNNEL.1, format!("A request through {url} came back."));
    };
    Check::warning(TUNNEL.0, TUNNEL.1, format!("{url} is connected, but not seen from here."))
        .cause(problem)
        .fix(view.fix.unwrap_or_else(|| "Go on: Polar may reach it all the same.".into()))
}

/// It did not come up; `otherwise` is what to do where the view does not say.
#[must_use]
pub fn failed(view: TunnelView, otherwise: &str) -> Check {
    Check::failed(TUNNEL.0, TUNNEL.1, format!("{} did not come up.", view.program))
        .cause(view.problem.unwrap_or_else(|| "It was stopped.".into()))
        .fix(view.fix.unwrap_or_else(|| otherwise.to_owned()))
}
