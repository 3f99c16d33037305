//! Why Polar cannot be asked: the token, the network, Polar itself.

use super::{Known, Named, Seen, polar::TOKENS};
use crate::polar::{ApiError, token::TokenError};

/// Why Polar cannot be asked.
pub const KNOWN: &[Known] = &[
    Known::blocking("token_of_other_kind", token_of_other_kind),
    Known::blocking("token_cut_off", token_cut_off),
    Known::blocking("token_of_other_environment", token_elsewhere),
    Known::blocking("token_refused", token_refused),
    Known::blocking("proxy_unreachable", proxy_unreachable),
    Known::blocking("tls_intercepted", tls_intercepted),
    Known::blocking("not_polar", not_polar),
    Known::blocking("polar_unreachable", unreachable),
];

/// What keeps this program from asking, and no delivery from arriving: told after what does.
pub const BESIDE: &[Known] =
    &[Known::blocking("token_lacks_scope", token_scope), Known::blocking("rate_limited", rate_limited)];

fn token_of_other_kind(seen: &Seen) -> Option<Named> {
    let problem = seen.polar.token_problem.as_ref().filter(|problem| is_of_other_kind(problem))?;
    Some(
        Named::new(
            "What stands in the env file as access token is no organization access token.",
            "Make an organization access token on Polar's page, and put that into the env file.",
        )
        .proved(problem.to_string())
        .link(TOKENS),
    )
}

fn is_of_other_kind(problem: &TokenError) -> bool {
    matches!(problem, TokenError::OtherKind(_) | TokenError::UnknownPrefix)
}

fn token_cut_off(seen: &Seen) -> Option<Named> {
    let problem = seen.polar.token_problem.as_ref().filter(|problem| !is_of_other_kind(problem))?.to_string();
    Some(
        Named::new(
            "The access token in the env file is not whole, or not as Polar made it.",
            "Copy the token from Polar once more, or make a new one, and put it into the env file whole.",
        )
        .proved(problem)
        .link(TOKENS),
    )
}

fn token_elsewhere(seen: &Seen) -> Option<Named> {
    let found = seen.polar.elsewhere.as_ref()?;
    Some(
        Named::new(
            format!("The token belongs to {found}, but {} is asked.", seen.polar.server),
            format!(
                "Use {found}, or make a token on {}: each environment has tokens, endpoints and events of its own.",
                seen.polar.server
            ),
        )
        .proved(format!("{} refused it with 401.", seen.polar.server))
        .proved(format!("{found} accepted it."))
        .link("https://polar.sh/docs/integrate/sandbox"),
    )
}

fn token_refused(seen: &Seen) -> Option<Named> {
    if seen.polar.elsewhere.is_some()
        || !matches!(seen.polar.error, Some(ApiError::InvalidToken | ApiError::Unauthorized))
    {
        return None;
    }
    Some(
        Named::new(
            "Polar does not accept the access token: it has expired, was revoked or never issued there, or its organization has no access to the API.",
            "Make a new organization access token on Polar's page and put it into the env file.",
        )
        .proved(format!("{} answered 401 invalid_token, which is its one answer to all of these.", seen.polar.server))
        .ruling_out("Its shape and checksum are right, so it is not cut off.")
        .link(TOKENS),
    )
}

fn token_scope(seen: &Seen) -> Option<Named> {
    let Some(ApiError::InsufficientScope { any_of }) = &seen.polar.error else { return None };
    Some(
        Named::new(
            format!("The token may not read the webhook endpoints: it lacks {}.", any_of.join(" or ")),
            "Make a new token with webhooks:write and webhooks:read: a token's scopes are chosen when it is made.",
        )
        .proved("Polar answered 403 insufficient_scope.")
        .ruling_out("Polar knows the token: one that has expired gets 401.")
        .link(TOKENS),
    )
}

fn rate_limited(seen: &Seen) -> Option<Named> {
    let Some(ApiError::RateLimited(wait)) = &seen.polar.error else { return None };
    Some(
        Named::new("Polar's rate limit is reached.", format!("Wait {} s and try again.", wait.as_secs()))
            .proved("Polar answered 429."),
    )
}

fn proxy_unreachable(seen: &Seen) -> Option<Named> {
    let Some(error @ ApiError::NoAnswer(_)) = &seen.polar.error else { return None };
    let proxy = seen.polar.proxy.as_ref().filter(|proxy| !proxy.reached)?;
    Some(
        Named::new(
            format!(
                "The proxy {}, which {} names, does not answer, so nothing leaves this machine.",
                proxy.address, proxy.variable
            ),
            format!("Correct {}, or unset it where no proxy is needed.", proxy.variable),
        )
        .proved(format!("No connection to {} came about.", proxy.address))
        .proved(error.to_string()),
    )
}

fn tls_intercepted(seen: &Seen) -> Option<Named> {
    let Some(ApiError::NoAnswer(why)) = &seen.polar.error else { return None };
    why.contains("certificate").then(|| {
        Named::new(
            format!("Something between this machine and {} answers in its place: its certificate is not trusted.", seen.polar.server),
            "Trust your company's certificate authority on this machine, or leave the proxy or VPN that inspects traffic.",
        )
        .proved(why.clone())
    })
}

fn not_polar(seen: &Seen) -> Option<Named> {
    let Some(ApiError::NotPolar { .. } | ApiError::Redirect(_)) = &seen.polar.error else { return None };
    Some(
        Named::new(
            format!(
                "What answers at {} is not Polar: a proxy's or a Wi-Fi's sign-in page, or another server.",
                seen.polar.server
            ),
            "Sign in to the network, or look at the server's address and the proxy settings.",
        )
        .proved(seen.polar.error.as_ref().map(ToString::to_string).unwrap_or_default()),
    )
}

fn unreachable(seen: &Seen) -> Option<Named> {
    match &seen.polar.error {
        Some(error @ ApiError::NoAnswer(_)) => Some(
            Named::new(format!("{} cannot be reached from here.", seen.polar.server), error.fix())
                .proved(error.to_string()),
        ),
        Some(error @ ApiError::Server(_)) => Some(
            Named::new(format!("{} answers with an error of its own.", seen.polar.server), error.fix())
                .proved(error.to_string())
                .ruling_out("It answered, so this machine is online."),
        ),
        _ => None,
    }
}
