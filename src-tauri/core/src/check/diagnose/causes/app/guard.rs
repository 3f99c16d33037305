//! What stands before the handler and answers in its place.

use std::sync::LazyLock;

use regex::Regex;

use super::{first, handler, has, port::another_answers};
use crate::check::diagnose::{
    Answer, Seen,
    causes::{Named, tunnel},
    port_here,
};

/// What a right signature and a forged one are answered alike, by an app that was not seen to verify anything.
fn at_everything(seen: &Seen) -> Option<&Answer> {
    let handler = handler(seen).filter(|handler| handler.finds_none_right())?;
    let answer = first(seen)?;
    handler.forged.as_ref().is_none_or(|forged| forged.status == answer.status).then_some(answer)
}

/// Whether the words that a person would read say so: what stands in tags and scripts of a page says nothing.
fn says(answer: &Answer, words: &[&str]) -> bool {
    static UNREAD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?is)<(?:script|style|head|nav|footer)\b.*?</(?:script|style|head|nav|footer)>|<a\b.*?</a>|<[^>]*>",
        )
        .expect("the pattern is constant")
    });
    let title = answer.text.to_lowercase();
    let title =
        title.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map_or("", |(text, _)| text);
    let text = UNREAD.replace_all(&answer.text, " ").to_lowercase();
    words.iter().any(|word| text.contains(word) || title.contains(word))
}

pub(super) fn csrf(seen: &Seen) -> Option<Named> {
    // A page that shows all settings names CSRF's as well.
    let answer = at_everything(seen).filter(|answer| !has(answer, &["requestdatatoobig"]))?;
    let is_csrf = answer.status == Some(419)
        || (matches!(answer.status, Some(400 | 403 | 422))
            && says(
                answer,
                &[
                    "csrf",
                    "cross-site post",
                    "cross-site form",
                    "cross-site request forgery",
                    "cross site request",
                    "authenticity token",
                    "invalidauthenticitytoken",
                    "page expired",
                    "missing_or_null_origin",
                    "invalid origin",
                ],
            ));
    is_csrf.then(|| {
        Named::new(
            format!("A protection against cross-site requests refuses what is sent to {}.", seen.route),
            format!("Except {} from it: webhooks bring a signature instead of a token of the page.", seen.route),
        )
        .proved(format!(
            "{} {}{}.",
            seen.route,
            answer.told(),
            if answer.status == Some(419) {
                ", which frameworks use for a missing CSRF token"
            } else {
                " and names CSRF"
            }
        ))
    })
}

/// Words of development servers and frameworks that refuse a name.
const OF_HOSTS: [&str; 8] = [
    "blocked request",
    "invalid host header",
    "allowedhosts",
    "allowed_hosts",
    "disallowedhost",
    "blocked hosts",
    "host not permitted",
    "<h1>bad request (400)</h1>",
];

pub(super) fn host_check(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let local = first(seen)?;
    if !handler.verifies() && handler.is_nobodys(local) {
        let other = handler.public_host.as_ref().filter(|other| !other.is_like(local));
        if has(local, &OF_HOSTS) || (other.is_some() && matches!(local.status, Some(400 | 403 | 421))) {
            return Some(
                Named::new("Your app refuses the name localhost, by which it is asked on this machine.", ALLOW)
                    .proved(format!("As localhost it {}, at any path.", local.told()))
                    .proved(other.map_or_else(String::new, |other| {
                        format!("With the public name as Host it {}.", other.told())
                    })),
            );
        }
    }
    let through = seen.public.as_ref().map(|public| &public.answer);
    // The receiver sends localhost as Host: what comes through it meets no such check.
    let is_spared = through.is_some_and(|answer| answer.is_success() || answer.through_receiver);
    let seen_by_host = handler.public_host.as_ref().filter(|_| !is_spared);
    let blocked =
        [seen_by_host, through].into_iter().flatten().find(|answer| !answer.is_success() && has(answer, &OF_HOSTS))?;
    Some(
        Named::new("Your development server refuses the public address's name.", ALLOW)
            .proved(format!("With the public name as Host it {}.", blocked.told()))
            .ruling_out(format!("With localhost it {}.", local.told())),
    )
}

const ALLOW: &str = "Allow that host (Vite: server.allowedHosts; Django: ALLOWED_HOSTS; Rails: config.hosts; Starlette: TrustedHostMiddleware), or let the receiver send localhost as Host, as it does unless told otherwise.";

/// Who answers 401 or 403 to all without having looked at the signature.
pub(super) fn auth_middleware(seen: &Seen) -> Option<Named> {
    if let Some(named) = before_the_address(seen) {
        return Some(named);
    }
    at_everything(seen)?;
    let handler = handler(seen)?;
    let is_hidden = |answer: &Answer| answer.status == Some(404) && answer.wants_credentials;
    let answer = first(seen).filter(|answer| matches!(answer.status, Some(401 | 403)) || is_hidden(answer))?;
    if handler.forged.as_ref().is_some_and(|forged| !forged.is_like(answer)) {
        return None;
    }
    let is_nobodys = handler.is_nobodys(answer);
    let moved = handler.with_credentials.as_ref().filter(|bearing| !bearing.is_like(answer));
    let words = [
        "please log in",
        "please sign in",
        "must be logged in",
        "must log in",
        "must be signed in",
        "must sign in",
        "log in to",
        "sign in to",
        "not logged in",
        "login required",
        "login_required",
        "authentication required",
        "authentication credentials",
        "no session",
        "session required",
        "missing token",
        "authorization token",
        // Laravel's own words.
        "unauthenticated.",
        "no token",
        "api key",
        "api_key",
        "authorization header",
        "x-api-key",
    ];
    let says = says(answer, &words) && !has(answer, &["signature", "webhook"]);
    if !is_nobodys && moved.is_none() && !answer.wants_credentials && !says {
        return None;
    }
    // An answer of 403 to all alone says nothing of a login.
    let is_login = answer.status != Some(403) || moved.is_some() || answer.wants_credentials || says;
    let (sentence, fix) = if is_login {
        (
            format!("An authentication stands before {}: it refuses who brings no login, as Polar.", seen.route),
            format!(
                "Except {} from it (in the middleware's list of public paths, or register the route before it): \
                 webhooks bring a signature instead of a login.",
                seen.route
            ),
        )
    } else {
        (
            format!(
                "Something before {} refuses every request: a guard, a filter of addresses, or a switch.",
                seen.route
            ),
            format!(
                "Let {} through there: Polar brings neither a login nor an address that is known before.",
                seen.route
            ),
        )
    };
    Some(
        Named::new(sentence, fix)
            .proved(format!("{} {}, whether the signature is right or forged.", seen.route, answer.told()))
            .proved(if is_nobodys { "A path that nobody has is answered the same: it is not the handler." } else { "" })
            .proved(moved.map_or_else(String::new, |moved| {
                format!("With an Authorization header it {}: it looks at that.", moved.told())
            }))
            .proved(if answer.wants_credentials { "The answer asks for credentials (WWW-Authenticate)." } else { "" })
            .proved(if says { "The answer's words are about a login." } else { "" }),
    )
}

/// A proxy before the app asks for a login.
fn before_the_address(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref().filter(|public| matches!(public.answer.status, Some(401 | 403)))?;
    // That may be the app itself, which finds the signature wrong.
    let local = handler(seen).filter(|handler| handler.accepts() && !handler.is_unsteady())?;
    // What the app says at its own port is its own answer.
    let is_apps = port_here(&public.url) == Some(seen.app.port);
    if !is_apps
        && !public.is_unsteady
        && public.is_nobodys()
        && !local.is_nobodys(&public.answer)
        && public.reaches_app != Some(true)
    {
        let status = public.answer.status.unwrap_or_default();
        return Some(
            Named::new(
                format!(
                    "Something in front of your app refuses what Polar sends to {}: a login, a filter of addresses or a firewall.",
                    public.url
                ),
                format!("Let {} through there: Polar brings a signature, and neither a login nor an address that is known before.", seen.route),
            )
            .proved(format!("A delivery to it {}, and so is one to a path that nobody has.", public.answer.told()))
            .ruling_out(local.beside.as_ref().map_or_else(String::new, |beside| {
                format!("On this machine your app {} to that path, so it is not your app that says {status}.", beside.told())
            }))
            .ruling_out("On this machine your app accepts a signed delivery."),
        );
    }
    let accepts = !local.is_as_forged(&public.answer);
    (accepts && public.answer.wants_credentials).then(|| {
        Named::new(
            format!("An authentication stands before {}: it refuses who brings no login, as Polar.", public.url),
            format!("Let {} through without a login where your proxy or host is set up.", seen.route),
        )
        .proved(format!("A delivery to it {}, and is asked for credentials (WWW-Authenticate).", public.answer.told()))
        .ruling_out("On this machine your app accepts a signed delivery.")
    })
}

pub(super) fn catch_all(seen: &Seen) -> Option<Named> {
    // A tunnel that leads elsewhere says it better.
    if let Some(public) = another_answers(seen).filter(|_| tunnel::wrong_port(seen).is_none()) {
        return Some(
            Named::new(
                format!("What answers at {} is not your handler: it takes whatever comes.", public.url),
                "Lead the address to your app: look at the proxy, the tunnel's port, or the route that takes everything.",
            )
            .proved(format!("A forged delivery to it is a success too ({}).", public.answer.told()))
            .ruling_out("On this machine your app refuses a forged delivery."),
        );
    }
    let handler = handler(seen).filter(|handler| handler.takes_forged())?;
    let forged = handler.forged.as_ref().filter(|answer| answer.is_success())?;
    let page = has(forged, &["<!doctype", "<html"]);
    let everywhere = handler.is_nobodys(forged);
    (page || everywhere).then(|| {
        Named::new(
            format!("What answers at {} is not your handler: a catch-all route takes every path.", seen.route),
            "Add the handler, or register it before the route that takes everything.",
        )
        .proved(format!("A forged delivery {}{}.", forged.told(), if page { ", with a page of HTML" } else { "" }))
        .proved(if everywhere { "A path that nobody has is answered the same." } else { "" })
    })
}
