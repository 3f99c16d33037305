//! Whether the handler is where deliveries are sent to, and takes them there.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::{
    first, handler, has,
    polar::{at_path, endpoint},
    port::arrives,
};
use crate::check::diagnose::{Answer, Mend, Seen, causes::Named, shown::shown};

fn is_redirect(answer: &Answer) -> bool {
    matches!(answer.status, Some(301 | 302 | 303 | 307 | 308))
}

pub(super) fn login_redirect(seen: &Seen) -> Option<Named> {
    let answer = first(seen).filter(|answer| is_redirect(answer))?;
    let to = answer.location.clone()?;
    is_login(&to, &seen.route).then(|| {
        Named::new(
            format!("A login stands before {}: it sends whoever is not signed in to {}.", seen.route, shown(&to)),
            format!("Let {} through without a login, in your middleware's list of public paths.", seen.route),
        )
        .proved(format!("{} {}.", seen.route, answer.told()))
    })
}

/// Whether an address is of a page where people sign in, and does not only repeat a word of the one that was asked.
pub(in crate::check::diagnose::causes) fn is_login(address: &str, asked: &str) -> bool {
    static LOGIN: LazyLock<Regex> = LazyLock::new(|| {
        let pattern =
            r"(?i)(?:^|[/._-])(?:log[-_]?in|sign[-_]?in|auth|sso|oauth2?|authorize|sessions?|accounts)(?:[/._-]|$)";
        Regex::new(pattern).expect("the pattern is constant")
    });
    // What it is asked to come back to afterwards is no page of a login.
    let address = address.split(['?', '#']).next().unwrap_or_default();
    LOGIN.find_iter(address).any(|hit| !asked.contains(hit.as_str().trim_matches(['/', '.', '_', '-'])))
}

pub(super) fn redirects(seen: &Seen) -> Option<Named> {
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
    let from = endpoint(seen).and_then(|endpoint| Url::parse(&endpoint.url).ok());
    let target = from.and_then(|url| {
        // The app names itself as it was asked for here.
        let path = Url::parse(&to).map_or_else(|_| to.clone(), |to| to.path().to_owned());
        at_path(url.as_str(), &path)
    });
    // The same page at another scheme, which a proxy before the app has seen to.
    let is_scheme_only = Url::parse(&to).is_ok_and(|to| to.scheme() == "https" && to.path() == path);
    let bare = |path: &str| path.split(['?', '#']).next().unwrap_or_default().trim_matches('/').to_owned();
    let is_slash_only = bare(&Url::parse(&to).map_or_else(|_| to.clone(), |to| to.path().to_owned())) == bare(path);
    let fix = if is_scheme_only {
        "Have the proxy before your app say that the request came by https (nginx: proxy_set_header X-Forwarded-Proto $scheme), or except the route from that rule.".to_owned()
    } else if is_slash_only {
        format!("Give Polar the address where it ends, {}, or let the route answer itself.", shown(&to))
    } else {
        format!(
            "Except {path} from the rule or middleware that redirects; or, if your handler is at {}, give Polar that address.",
            shown(&to)
        )
    };
    let target =
        target.filter(|target| is_slash_only && !is_scheme_only && Some(target) != endpoint(seen).map(|it| &it.url));
    Some(
        Named::new(format!("{path} redirects to {}; Polar follows no redirect.", shown(&to)), fix)
            .proved(format!("{path} {}.", answer.told()))
            .mended_by(target.map(Mend::Repoint)),
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

pub(super) fn near_miss(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let answer = first(seen)?;
    if answer.status != Some(404) {
        // The handler is where the code has it; the endpoint may have another path.
        let (path, said) = handler.at_endpoints_path.as_ref()?;
        let there = matches!(answer.status, Some(status) if status != 404) && !handler.is_nobodys(answer);
        let takes_all =
            handler.forged_at_endpoints_path.as_ref().is_some_and(Answer::is_success) && !handler.takes_forged();
        let nothing = matches!(said.status, Some(404 | 405)) || takes_all || handler.is_nobodys(said);
        // An address that only lacks the route's end is told as such.
        let bare = path.trim_end_matches('/');
        let is_beginning = seen.route.strip_prefix(bare).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'));
        // What stands in front may lead one path to the other.
        let is_led = seen.public.as_ref().is_some_and(|public| !public.answer.is_like(said) && arrives(seen, public));
        return (there && nothing && !is_beginning && !is_led).then(|| {
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
            format!("Set the route to {near} under Project, or change the endpoint's address on Polar."),
        )
        .proved(format!("{} {}.", seen.route, answer.told()))
        .proved(format!("{near} {}.", said.told()))
        .mended_by(endpoint(seen).and_then(|endpoint| at_path(&endpoint.url, near)).map(Mend::Repoint)),
    )
}

pub(super) fn missing(seen: &Seen) -> Option<Named> {
    let handler = handler(seen).filter(|handler| handler.finds_none_right())?;
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
    let fix = if seen.route_in_code.is_some() {
        "See whether what runs is that code: a router that is not mounted, an older build, a server that was not restarted."
    } else {
        "Add the handler there (polar-setup-cli handler prints one), or name the route where it is."
    };
    Some(
        Named::new(format!("There is nothing at {} in your app.", seen.route), fix)
            .proved(format!("{} {}.", seen.route, answer.told()))
            .proved(seen.route_in_code.as_ref().map_or_else(String::new, |place| {
                format!(
                    "{}{} names it, and the app that runs answers there as at any path.",
                    place.file,
                    place.line.map(|line| format!(":{line}")).unwrap_or_default()
                )
            }))
            .ruling_out(if tried.is_empty() {
                "Your app answers, so it runs.".to_owned()
            } else {
                format!("Nothing is at {tried} either.")
            }),
    )
}

pub(super) fn method(seen: &Seen) -> Option<Named> {
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
