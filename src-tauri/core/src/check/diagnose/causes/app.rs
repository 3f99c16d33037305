//! What is wrong with the app: whether it runs, where its handler is, what stands before it.

use super::{
    super::{Answer, HandlerSeen, Mend},
    Known, Named, Seen,
    polar::{at_path, endpoint},
};

/// In the order in which a request meets them.
pub const KNOWN: &[Known] = &[
    Known::blocking("wrong_port", wrong_port),
    Known::blocking("app_not_running", not_running),
    Known::blocking("other_program", other_program),
    Known::blocking("slow_app", slow),
    Known::blocking("login_redirect", login_redirect),
    Known::blocking("route_redirects", redirects),
    Known::blocking("route_near_miss", near_miss),
    Known::blocking("method_not_allowed", method),
    Known::blocking("route_missing", missing),
    Known::blocking("csrf", csrf),
    Known::blocking("host_check", host_check),
    Known::blocking("auth_middleware", auth_middleware),
    Known::blocking("catch_all", catch_all),
    Known::blocking("handler_throws", throws),
    Known::blocking("body_limit", body_limit),
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

fn wrong_port(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    let other = app.other_ports.first().filter(|_| !app.listens)?;
    Some(
        Named::new(
            format!("Your app listens on port {other}, not on {}.", app.port),
            format!("Set the port to {other} in the window's Project step (--port {other} in the terminal), or start the app on {}.", app.port),
        )
        .proved(format!("Nothing listens on port {}.", app.port))
        .proved(format!("A program that works in the project's folder listens on {other}."))
        .mended_by(Mend::UsePort(*other)),
    )
}

fn not_running(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    (!app.listens && app.other_ports.is_empty()).then(|| {
        Named::new("Your app is not running.", "Start it.")
            .proved(format!("Nothing listens on port {}.", app.port))
            .ruling_out("No program that works in the project's folder listens on another port.")
    })
}

fn other_program(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    let program = app.program.as_ref().filter(|_| app.is_this_project == Some(false))?;
    let answer = first(seen)?;
    // What answers as a handler does may be the app after all.
    let silent = answer.status.is_none() && !answer.text.contains("in time");
    let stranger = (silent || matches!(answer.status, Some(404 | 405 | 501))) && handler(seen)?.near.is_empty();
    stranger.then(|| {
        Named::new(
            format!("On port {} is {program}, which does not belong to this project.", app.port),
            format!("End {program}, or start your app on another port and name that."),
        )
        .proved(format!(
            "{program} listens there, and works in the folder of another project, or runs another language."
        ))
        .proved(format!("{} {}.", seen.route, answer.told()))
        .ruling_out(app.other_ports.first().map_or_else(
            || "No program that works in the project's folder listens.".to_owned(),
            |other| format!("Your app listens on port {other}."),
        ))
    })
}

fn slow(seen: &Seen) -> Option<Named> {
    let answer = first(seen).filter(|answer| answer.status.is_none() && answer.text.contains("in time"))?;
    Some(
        Named::new(
            "Your app takes longer than ten seconds to answer; Polar waits no longer and counts that as failed.",
            "Answer first and work afterwards: put the event into a queue, or a background task.",
        )
        .proved(format!("After {} s there was no answer.", answer.milliseconds / 1000))
        .ruling_out(format!("The connection to port {} was accepted.", seen.app.port)),
    )
}

fn is_redirect(answer: &Answer) -> bool {
    matches!(answer.status, Some(301 | 302 | 303 | 307 | 308))
}

fn login_redirect(seen: &Seen) -> Option<Named> {
    let answer = first(seen).filter(|answer| is_redirect(answer))?;
    let to = answer.location.clone()?;
    let path = to.to_lowercase();
    ["login", "signin", "sign-in", "auth", "session"]
        .iter()
        .any(|word| path.contains(word) && !seen.route.contains(word))
        .then(|| {
            Named::new(
                format!("A login stands before {}: it sends whoever is not signed in to {to}.", seen.route),
                format!("Let {} through without a login, in your middleware's list of public paths.", seen.route),
            )
            .proved(format!("{} {}.", seen.route, answer.told()))
        })
}

fn redirects(seen: &Seen) -> Option<Named> {
    let answer = first(seen).filter(|answer| is_redirect(answer))?;
    let to = answer.location.clone().unwrap_or_default();
    Some(
        Named::new(
            format!("{} redirects to {to}; Polar follows no redirect.", seen.route),
            format!("Give Polar the address where it ends, {to}, or let the route answer itself."),
        )
        .proved(format!("{} {}.", seen.route, answer.told())),
    )
}

fn near_miss(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let answer = first(seen)?;
    if answer.status != Some(404) {
        // The handler is where the code has it; the endpoint may have another path.
        let (path, said) = handler.at_endpoints_path.as_ref()?;
        let there = matches!(answer.status, Some(status) if status != 404);
        let nothing = matches!(said.status, Some(404 | 405 | 301 | 302 | 307 | 308))
            || handler.beside.as_ref().is_some_and(|beside| beside.is_like(said));
        // An address that only lacks the route's end is told as such.
        let bare = |path: &str| path.trim_end_matches('/').to_owned();
        let is_beginning = seen.route.starts_with(&bare(path)) && bare(path) != bare(&seen.route);
        return (there && nothing && !is_beginning).then(|| {
            Named::new(
                format!("Polar delivers to {path}, where there is nothing; your handler is at {}.", seen.route),
                format!("Change the endpoint's address on Polar so that it ends with {}.", seen.route),
            )
            .proved(format!("{path} {}.", said.told()))
            .proved(format!("{} {}.", seen.route, answer.told()))
            .mended_by(endpoint(seen).and_then(|endpoint| at_path(&endpoint.url, &seen.route)).map(Mend::Repoint))
        });
    }
    let (near, said) = handler.near.iter().find(|(_, answer)| answer.is_success() || answer.is_refusal())?;
    Some(
        Named::new(
            format!("There is nothing at {}; your handler is at {near}.", seen.route),
            format!("Set the route to {near} in the window's Project step, or change the endpoint's address on Polar."),
        )
        .proved(format!("{} {}.", seen.route, answer.told()))
        .proved(format!("{near} {}.", said.told()))
        .mended_by(endpoint(seen).and_then(|endpoint| at_path(&endpoint.url, near)).map(Mend::Repoint)),
    )
}

fn missing(seen: &Seen) -> Option<Named> {
    let answer = first(seen).filter(|answer| answer.status == Some(404))?;
    let tried = handler(seen)?.near.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>().join(", ");
    Some(
        Named::new(
            format!("There is nothing at {} in your app.", seen.route),
            "Add the handler there (polar-setup-cli handler prints one), or name the route where it is.",
        )
        .proved(format!("{} {}.", seen.route, answer.told()))
        .ruling_out(if tried.is_empty() {
            "Your app answers, so it runs.".to_owned()
        } else {
            format!("Nothing is at {tried} either.")
        }),
    )
}

fn method(seen: &Seen) -> Option<Named> {
    let answer = first(seen)?;
    let by_get = handler(seen)?.by_get.as_ref().filter(|(there, nobody)| {
        answer.status == Some(404) && !matches!(there.status, None | Some(404 | 405)) && !there.is_like(nobody)
    });
    let takes_get = by_get.map(|(there, _)| format!("A GET {}.", there.told()));
    (answer.status == Some(405) || takes_get.is_some()).then(|| {
        Named::new(
            format!("{} is there, but takes no POST.", seen.route),
            "Answer POST there: export a function named POST, or register the route with post.",
        )
        .proved(format!("A POST to it {}.", answer.told()))
        .proved(takes_get.unwrap_or_default())
    })
}

fn csrf(seen: &Seen) -> Option<Named> {
    let answer = first(seen)?;
    let is_csrf = answer.status == Some(419)
        || (matches!(answer.status, Some(400 | 403))
            && has(answer, &["csrf", "cross-site", "authenticity token", "page expired"]));
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

fn host_check(seen: &Seen) -> Option<Named> {
    let through = seen.public.as_ref().map(|public| &public.answer);
    // The receiver sends localhost as Host: what comes through it meets no such check.
    let is_spared = through.is_some_and(|answer| answer.is_success() || answer.through_receiver);
    let seen_by_host = handler(seen)?.public_host.as_ref().filter(|_| !is_spared);
    let blocked = [seen_by_host, through].into_iter().flatten().find(|answer| {
        !answer.is_success()
            && has(
                answer,
                &[
                    "blocked request",
                    "invalid host header",
                    "allowedhosts",
                    "allowed_hosts",
                    "disallowedhost",
                    "blocked hosts",
                    "host not permitted",
                ],
            )
    })?;
    Some(
        Named::new(
            "Your development server refuses the public address's name.",
            "Allow that host (Vite: server.allowedHosts; Django: ALLOWED_HOSTS; Rails: config.hosts), or let the receiver send localhost as Host, as it does unless told otherwise.",
        )
        .proved(format!("With the public name as Host it {}.", blocked.told()))
        .ruling_out(format!("With localhost it {}.", first(seen).map(Answer::told).unwrap_or_default())),
    )
}

/// Who answers 401 or 403 to all without having looked at the signature.
fn auth_middleware(seen: &Seen) -> Option<Named> {
    let handler = handler(seen).filter(|handler| !handler.accepts())?;
    let answer = first(seen).filter(|answer| matches!(answer.status, Some(401 | 403)))?;
    if handler.forged.as_ref().is_some_and(|forged| !forged.is_like(answer)) {
        return None;
    }
    let beside = handler.beside.as_ref().filter(|beside| beside.is_like(answer));
    let moved = handler.with_credentials.as_ref().filter(|bearing| !bearing.is_like(answer));
    let words = [
        "log in",
        "login",
        "sign in",
        "not authenticated",
        "authentication required",
        "bearer",
        "session",
        "missing token",
        "no token",
        "api key",
        "authorization header",
        "credentials",
        "jwt",
    ];
    let says = has(answer, &words) && !has(answer, &["signature"]);
    if beside.is_none() && moved.is_none() && !answer.wants_credentials && !says {
        return None;
    }
    Some(
        Named::new(
            format!("An authentication stands before {}: it refuses who brings no login, as Polar.", seen.route),
            format!(
                "Except {} from it (in the middleware's list of public paths, or register the route before it): \
                 webhooks bring a signature instead of a login.",
                seen.route
            ),
        )
        .proved(format!("{} {}, whether the signature is right or forged.", seen.route, answer.told()))
        .proved(
            beside.map_or_else(String::new, |_| {
                "A path that nobody has is answered the same: it is not the handler.".into()
            }),
        )
        .proved(moved.map_or_else(String::new, |moved| {
            format!("With an Authorization header it {}: it looks at that.", moved.told())
        }))
        .proved(if answer.wants_credentials { "The answer asks for credentials (WWW-Authenticate)." } else { "" })
        .proved(if says { "The answer's words are about a login." } else { "" }),
    )
}

fn catch_all(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let forged = handler.forged.as_ref().filter(|answer| answer.is_success())?;
    let page = has(forged, &["<!doctype", "<html"]);
    let everywhere = handler.beside.as_ref().is_some_and(|beside| beside.is_like(forged));
    (page || everywhere).then(|| {
        Named::new(
            format!("What answers at {} is not your handler: a catch-all route takes every path.", seen.route),
            "Add the handler, or register it before the route that takes everything.",
        )
        .proved(format!("A forged delivery {}{}.", forged.told(), if page { ", with a page of HTML" } else { "" }))
        .proved(if everywhere { "A path that nobody has is answered the same." } else { "" })
    })
}

fn throws(seen: &Seen) -> Option<Named> {
    let answer = first(seen).filter(|answer| matches!(answer.status, Some(500..=599)))?;
    // What the files or the answers say of the secret or the body explains it better.
    if super::secret::explains_an_error(seen) {
        return None;
    }
    let forged = handler(seen)?.forged.as_ref();
    let named = Named::new(
        "Your handler fails with an error of its own.",
        "Look at your app's log for the error; often the webhook secret's variable is missing where the handler reads it.",
    )
    .proved(format!("A signed delivery {}.", answer.told()));
    Some(match forged {
        Some(forged) if forged.is_refusal() => {
            named.ruling_out(format!("A forged one {}, so signatures are verified.", forged.told()))
        }
        _ => named,
    })
}

fn body_limit(seen: &Seen) -> Option<Named> {
    let too_large = |answer: &&Answer| answer.status == Some(413);
    let small = first(seen).filter(too_large);
    let large = handler(seen)?.large.as_ref().filter(too_large);
    let refused = small.or(large)?;
    Some(
        Named::new(
            "Your app refuses larger deliveries: its limit for a body is too low.",
            "Raise the limit for this route to 1 MB (Express: express.raw({ limit: \"1mb\" })).",
        )
        .proved(if small.is_some() {
            format!("A usual delivery, of a few kB, {}.", refused.told())
        } else {
            format!("A signed delivery of 64 kB {}.", refused.told())
        })
        .ruling_out(if small.is_none() { "A small one was accepted." } else { "" }),
    )
}
