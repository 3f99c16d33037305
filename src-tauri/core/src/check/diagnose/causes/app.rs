//! What is wrong with the app: whether it runs, where its handler is, what stands before it.

use super::{
    super::seen::{Answer, HandlerSeen},
    Known, Named, Seen,
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
    Known::blocking("route_missing", missing),
    Known::blocking("method_not_allowed", method),
    Known::blocking("csrf", csrf),
    Known::blocking("host_check", host_check),
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
        .proved(format!("A program that works in the project's folder listens on {other}.")),
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
    let stranger = matches!(answer.status, None | Some(404)) && handler(seen)?.near.is_empty();
    stranger.then(|| {
        Named::new(
            format!("On port {} is {program}, which does not belong to this project.", app.port),
            format!("End {program}, or start your app on another port and name that."),
        )
        .proved(format!("{program} listens there, and works in the folder of another project."))
        .proved(format!("{} {}.", seen.route, answer.told()))
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
    let answer = first(seen).filter(|answer| answer.status == Some(404))?;
    let (near, said) = handler(seen)?.near.iter().find(|(_, answer)| answer.is_success() || answer.is_refusal())?;
    Some(
        Named::new(
            format!("There is nothing at {}; your handler is at {near}.", seen.route),
            format!("Set the route to {near} in the window's Project step, or change the endpoint's address on Polar."),
        )
        .proved(format!("{} {}.", seen.route, answer.told()))
        .proved(format!("{near} {}.", said.told())),
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
    let answer = first(seen).filter(|answer| answer.status == Some(405))?;
    Some(
        Named::new(
            format!("{} is there, but takes no POST.", seen.route),
            "Answer POST there: export a function named POST, or register the route with post.",
        )
        .proved(format!("A POST to it {}.", answer.told())),
    )
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
    let seen_by_host = handler(seen)?.public_host.as_ref();
    let through = seen.public.as_ref().map(|public| &public.answer);
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

fn catch_all(seen: &Seen) -> Option<Named> {
    let forged = handler(seen)?.forged.as_ref().filter(|answer| answer.is_success())?;
    let page = has(forged, &["<!doctype", "<html"]);
    page.then(|| {
        Named::new(
            format!("What answers at {} is a page, not your handler: a catch-all route takes every path.", seen.route),
            "Add the handler, or register it before the route that takes everything.",
        )
        .proved(format!("A forged delivery {}, with a page of HTML.", forged.told()))
    })
}

fn throws(seen: &Seen) -> Option<Named> {
    let answer = first(seen).filter(|answer| matches!(answer.status, Some(500..=599)))?;
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
    let large = handler(seen)?.large.as_ref().filter(|answer| answer.status == Some(413))?;
    Some(
        Named::new(
            "Your app refuses larger deliveries: its limit for a body is too low.",
            "Raise the limit for this route to 1 MB (Express: express.raw({ limit: \"1mb\" })).",
        )
        .proved(format!("A signed delivery of 64 kB {}.", large.told()))
        .ruling_out("A small one was accepted."),
    )
}
