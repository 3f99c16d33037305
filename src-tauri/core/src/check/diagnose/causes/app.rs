//! What is wrong with the app: whether it runs, where its handler is, what stands before it.

use url::Url;

use super::{
    super::{Answer, HandlerSeen, Mend, PublicSeen},
    Known, Named, Seen,
    polar::{at_path, endpoint},
};
use crate::polar::http::is_loopback;

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

/// Where the app may listen instead; a development server that passes on to the app's own port is not the app.
fn other_port(seen: &Seen) -> Option<u16> {
    let is_front = |port: &u16| seen.code.vite_passes_on && seen.app.fronts.contains(port);
    seen.app.other_ports.iter().copied().find(|port| !is_front(port))
}

fn wrong_port(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    if let Some(named) = endpoints_port(seen) {
        return Some(named);
    }
    let other = other_port(seen).filter(|_| !app.listens)?;
    Some(
        Named::new(
            format!("Your app listens on port {other}, not on {}.", app.port),
            format!("Set the port to {other} in the window's Project step (--port {other} in the terminal), or start the app on {}.", app.port),
        )
        .proved(format!("Nothing listens on port {}.", app.port))
        .proved(format!("A program that works in the project's folder listens on {other}."))
        .mended_by(Mend::UsePort(other)),
    )
}

/// On this machine, the endpoint leads to another program's port, which takes whatever comes.
fn endpoints_port(seen: &Seen) -> Option<Named> {
    let public = another_answers(seen)?;
    let url = Url::parse(&public.url).ok().filter(is_loopback)?;
    let port = url.port().filter(|port| *port != seen.app.port && !seen.app.receivers.contains(port))?;
    let mut there = url.clone();
    there.set_port(Some(seen.app.port)).ok()?;
    Some(
        Named::new(
            format!(
                "The endpoint delivers to port {port}, where another program answers; your app listens on {}.",
                seen.app.port
            ),
            format!("Give Polar the address with port {}.", seen.app.port),
        )
        .proved(format!("{} {}, also to a forged delivery.", public.url, public.answer.told()))
        .proved(format!("On port {} your app accepts a signed delivery and refuses a forged one.", seen.app.port))
        .mended_by(Mend::Repoint(there.into())),
    )
}

/// The endpoint's address takes whatever comes, and the app does not: it is not the app that answers there.
fn another_answers(seen: &Seen) -> Option<&PublicSeen> {
    let local = handler(seen).filter(|handler| handler.verifies() && !handler.takes_forged())?;
    let public = seen.public.as_ref().filter(|public| public.answer.is_success())?;
    let forged = public.forged.as_ref().filter(|forged| forged.is_success() && forged.is_like(&public.answer))?;
    // A handler that says success to what it refuses answers here as it does there.
    let is_same = |answer: &Option<Answer>| answer.as_ref().is_some_and(|answer| answer.is_like(forged));
    (!is_same(&local.forged) && local.first().is_some_and(|first| !first.is_like(forged))).then_some(public)
}

fn not_running(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    (!app.listens && other_port(seen).is_none()).then(|| {
        Named::new("Your app is not running.", "Start it.")
            .proved(format!("Nothing listens on port {}.", app.port))
            .ruling_out(if app.other_ports.is_empty() {
                "No program that works in the project's folder listens on another port."
            } else {
                "Only its development server listens, which passes on to that port."
            })
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
    let answer = first(seen).filter(|answer| answer.is_timeout())?;
    Some(
        Named::new(
            "Your app takes longer than ten seconds to answer; Polar waits no longer and counts that as failed.",
            "Answer first and work afterwards: put the event into a queue, or a background task.",
        )
        .proved(format!(
            "After {} s there was no answer, also when it was asked once more.",
            answer.milliseconds / 1000
        ))
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
    if let Some(named) = appends_slash(seen) {
        return Some(named);
    }
    let at_route = first(seen).filter(|answer| is_redirect(answer)).map(|answer| (seen.route.as_str(), answer));
    let at_endpoints = handler(seen)
        .and_then(|handler| handler.at_endpoints_path.as_ref())
        .filter(|(_, answer)| is_redirect(answer))
        .map(|(path, answer)| (path.as_str(), answer));
    let (path, answer) = at_route.or(at_endpoints)?;
    let to = answer.location.clone().unwrap_or_default();
    let target = endpoint(seen).and_then(|endpoint| Url::parse(&endpoint.url).ok()).and_then(|url| {
        // The app names itself as it was asked for here.
        let path = Url::parse(&to).map_or_else(|_| to.clone(), |to| to.path().to_owned());
        at_path(url.as_str(), &path)
    });
    Some(
        Named::new(
            format!("{path} redirects to {to}; Polar follows no redirect."),
            format!("Give Polar the address where it ends, {to}, or let the route answer itself."),
        )
        .proved(format!("{path} {}.", answer.told()))
        .mended_by(target.filter(|target| Some(target) != endpoint(seen).map(|it| &it.url)).map(Mend::Repoint)),
    )
}

/// Django, while it debugs, answers a POST that it would redirect with an error.
fn appends_slash(seen: &Seen) -> Option<Named> {
    let at_endpoints = handler(seen).and_then(|handler| handler.at_endpoints_path.as_ref()).map(|(_, answer)| answer);
    let answer = [first(seen), at_endpoints].into_iter().flatten().find(|answer| has(answer, &["append_slash"]))?;
    Some(
        Named::new(
            "The address lacks the slash at its end: Django would redirect to it, and Polar follows no redirect.",
            "Give Polar the address with a slash at its end, or declare the path without one.",
        )
        .proved(format!("The app {}, with a page that names APPEND_SLASH.", answer.told()))
        .mended_by(endpoint(seen).map(|endpoint| Mend::Repoint(format!("{}/", endpoint.url.trim_end_matches('/'))))),
    )
}

fn near_miss(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let answer = first(seen)?;
    if answer.status != Some(404) {
        // The handler is where the code has it; the endpoint may have another path.
        let (path, said) = handler.at_endpoints_path.as_ref()?;
        let there = matches!(answer.status, Some(status) if status != 404);
        let takes_all =
            handler.forged_at_endpoints_path.as_ref().is_some_and(Answer::is_success) && !handler.takes_forged();
        let nothing = matches!(said.status, Some(404 | 405))
            || takes_all
            || handler.beside.as_ref().is_some_and(|beside| beside.is_like(said));
        // An address that only lacks the route's end is told as such.
        let bare = path.trim_end_matches('/');
        let is_beginning = seen.route.strip_prefix(bare).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'));
        return (there && nothing && !is_beginning).then(|| {
            Named::new(
                format!("Polar delivers to {path}, where there is nothing; your handler is at {}.", seen.route),
                format!("Change the endpoint's address on Polar so that it ends with {}.", seen.route),
            )
            .proved(format!("{path} {}{}.", said.told(), if takes_all { ", also to a forged delivery" } else { "" }))
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
    let handler = handler(seen).filter(|handler| !handler.verifies())?;
    let answer = first(seen).filter(|answer| answer.status == Some(404))?;
    // What sees each request first may say so of whatever it hides: then a bare 404 is no page of the framework's.
    let has_middleware = seen.code.middleware.is_some() && !has(answer, &["<html", "<!doctype"]);
    // A plugin that answers otherwise has the route, and says 404 to other methods too.
    let is_mounted = seen.is_mounted_by_plugin && handler.plugin_answers == Some(true);
    let is_hidden = has_middleware || is_mounted;
    if is_hidden || handler.forged.as_ref().is_some_and(|forged| forged.status != answer.status) {
        return None;
    }
    let tried = handler.near.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>().join(", ");
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
    let handler = handler(seen)?;
    let takes = |asked: &Option<(Answer, Answer)>| {
        asked.as_ref().and_then(|(there, nobody)| {
            let is_there = answer.status == Some(404) && !matches!(there.status, None | Some(404 | 405 | 501));
            (is_there && !there.is_like(nobody)).then(|| there.clone())
        })
    };
    let others = [("GET", takes(&handler.by_get)), ("PUT", takes(&handler.by_put))];
    let other = others.into_iter().find_map(|(method, answer)| answer.map(|answer| (method, answer)));
    (answer.status == Some(405) || other.is_some()).then(|| {
        Named::new(
            format!("{} is there, but takes no POST.", seen.route),
            match seen.code.extension.as_str() {
                "py" | "php" => "Answer POST there: register the route for POST.",
                _ => "Answer POST there: export a function named POST, or register the route with post.",
            },
        )
        .proved(format!("A POST to it {}.", answer.told()))
        .proved(other.map_or_else(String::new, |(method, answer)| format!("A {method} {}.", answer.told())))
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

fn host_check(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let local = first(seen)?;
    if !handler.verifies() && handler.beside.as_ref().is_some_and(|beside| beside.is_like(local)) {
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
fn auth_middleware(seen: &Seen) -> Option<Named> {
    if let Some(named) = before_the_address(seen) {
        return Some(named);
    }
    let handler = handler(seen).filter(|handler| !handler.verifies())?;
    let is_hidden = |answer: &Answer| answer.status == Some(404) && answer.wants_credentials;
    let answer = first(seen).filter(|answer| matches!(answer.status, Some(401 | 403)) || is_hidden(answer))?;
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
        "unauthenticated",
        "x-api-key",
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

/// A proxy before the app asks for a login.
fn before_the_address(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref().filter(|public| matches!(public.answer.status, Some(401 | 403)))?;
    let accepts = handler(seen).is_some_and(HandlerSeen::accepts);
    (accepts && public.answer.wants_credentials).then(|| {
        Named::new(
            format!("An authentication stands before {}: it refuses who brings no login, as Polar.", public.url),
            format!("Let {} through without a login where your proxy or host is set up.", seen.route),
        )
        .proved(format!("A delivery to it {}, and is asked for credentials (WWW-Authenticate).", public.answer.told()))
        .ruling_out("On this machine your app accepts a signed delivery.")
    })
}

fn catch_all(seen: &Seen) -> Option<Named> {
    if let Some(public) = another_answers(seen) {
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
    let handler = handler(seen)?;
    if let Some(named) = breaks_off(seen) {
        return Some(named);
    }
    let fix = "Look at your app's log for the error.";
    if let Some(answer) = handler.verified_only() {
        // What it makes of the one event type says little of the others.
        let fails = handler.other_event.as_ref().map(|(event, answer)| (event.as_str(), answer));
        let is_own_error = fails.is_some() || matches!(answer.status, Some(500..=599));
        if !is_own_error || has_succeeded_lately(seen) {
            return None;
        }
        let named = Named::new("Your handler finds the signature right, and fails after that.", fix)
            .proved(format!("A signed delivery {}.", answer.told()))
            .ruling_out(handler.forged.as_ref().map_or_else(String::new, |forged| {
                format!("A forged one {}, in other words, so signatures are verified.", forged.told())
            }));
        return Some(match fails {
            Some((event, answer)) => named.proved(format!("One of {event} {}.", answer.told())),
            None => named,
        });
    }
    let answer = first(seen).filter(|answer| matches!(answer.status, Some(500..=599)))?;
    // What the files or the answers say of the secret or the body explains it better.
    if super::secret::explains_an_error(seen) {
        return None;
    }
    Some(
        Named::new("Your handler fails at every delivery, before it looks at the signature or while it does.", fix)
            .proved(format!("A signed delivery {}.", answer.told()))
            .proved(
                handler.forged.as_ref().map_or_else(String::new, |forged| format!("A forged one {}.", forged.told())),
            ),
    )
}

/// Whether the app as it runs now accepted the newest of Polar's attempts.
fn has_succeeded_lately(seen: &Seen) -> bool {
    seen.polar.attempts.first().is_some_and(|newest| {
        let at = std::time::SystemTime::from(newest.created_at);
        newest.succeeded && seen.app.began.is_none_or(|began| at > began)
    })
}

/// The connection is closed without an answer, or the app ends.
fn breaks_off(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let answer =
        first(seen).filter(|answer| answer.status.is_none() && answer.text.contains("closed the connection"))?;
    let forged = handler.forged.as_ref().filter(|forged| forged.status.is_some())?;
    Some(
        Named::new(
            if handler.ended {
                "Your app ends at a delivery whose signature is right: an error that nothing catches."
            } else {
                "Your app closes the connection at a delivery whose signature is right, without an answer."
            },
            "Look at your app's log for the error, and start it again.",
        )
        .proved(format!("A signed delivery: it {}.", answer.told()))
        .proved(if handler.ended { "Nothing listens on its port since." } else { "" })
        .ruling_out(format!("A forged one {}, so signatures are verified.", forged.told())),
    )
}

fn body_limit(seen: &Seen) -> Option<Named> {
    let too_large = |answer: &&Answer| answer.status == Some(413);
    let small = first(seen).filter(too_large);
    let large = handler(seen)?.large.as_ref().filter(too_large);
    let public = seen.public.as_ref().map(|public| &public.answer).filter(too_large);
    let refused = small.or(large).or(public)?;
    if small.or(large).is_none() {
        return Some(
            Named::new(
                "Something before your app refuses deliveries as too large: its limit for a body is too low.",
                "Raise the limit of the proxy or the host to 1 MB (nginx: client_max_body_size 1m).",
            )
            .proved(format!("Through the public address a usual delivery, of a few kB, {}.", refused.told()))
            .ruling_out("On this machine your app accepts it."),
        );
    }
    Some(
        Named::new(
            "Your app refuses larger deliveries: its limit for a body is too low.",
            "Raise the limit for this route to 1 MB (Express: express.raw({ limit: \"1mb\" }); Hono: bodyLimit({ maxSize: 1024 * 1024 })).",
        )
        .proved(if small.is_some() {
            format!("A usual delivery, of a few kB, {}.", refused.told())
        } else {
            format!("A signed delivery of 64 kB {}.", refused.told())
        })
        .ruling_out(if small.is_none() { "A small one was accepted." } else { "" }),
    )
}
