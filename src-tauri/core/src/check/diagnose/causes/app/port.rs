//! Whether deliveries come to the app's port, and whose program has it.

use url::Url;

use super::{first, handler};
use crate::{
    check::diagnose::{
        Answer, Mend, PublicSeen, Seen,
        causes::{Named, polar::is_made_here},
    },
    polar::http::is_loopback,
};

/// Where the app may listen instead; a development server that passes on to the app's own port is not the app.
pub(super) fn other_port(seen: &Seen) -> Option<u16> {
    let is_front = |port: &u16| seen.code.vite_passes_on && seen.app.fronts.contains(port);
    seen.app.other_ports.iter().copied().find(|port| !is_front(port) && !seen.app.others_lack_route)
}

pub(super) fn wrong_port(seen: &Seen) -> Option<Named> {
    instead_of(seen)
        .or_else(|| nobodys_port(seen))
        .or_else(|| endpoints_port(seen))
        .or_else(|| beside_the_route(seen))
        .or_else(|| nothing_there(seen))
}

/// Nothing listens on the port that was named, and the project's only program with the route does on another one.
fn instead_of(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    let expected = app.instead_of?;
    // Where the address leads to the app all the same, nobody needs that port; without an endpoint nobody knows.
    let is_missed = seen.public.as_ref().map_or(seen.polar.endpoint.is_some(), |public| !arrives(seen, public));
    is_missed.then(|| {
        on_another(app.port, expected).proved(format!(
            "A program that works in the project's folder listens on {}, and has {}.",
            app.port, seen.route
        ))
    })
}

/// Whether what is sent to the address comes to the app, as far as its answer tells.
pub(super) fn arrives(seen: &Seen, public: &PublicSeen) -> bool {
    let answer = &public.answer;
    let is_between = matches!(answer.status, None | Some(502..=504 | 520..=530));
    let is_apps = handler(seen).is_some_and(|handler| {
        [&handler.own_rule, &handler.standard_rule, &handler.polars_secret, &handler.forged]
            .into_iter()
            .flatten()
            .any(|local| local.is_like(answer))
    });
    answer.is_success() || public.reaches_app == Some(true) || !is_between && is_apps
}

fn on_another(port: u16, expected: u16) -> Named {
    Named::new(
        format!("Your app listens on port {port}, not on {expected}."),
        format!("Set the port to {port} under Project (--port {port} in a terminal), or start the app on {expected}."),
    )
    .proved(format!("Nothing listens on port {expected}."))
    .mended_by(Mend::UsePort(port))
}

fn nothing_there(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    let other = other_port(seen).filter(|_| !app.listens && app.port_is_known)?;
    Some(
        on_another(other, app.port)
            .proved(format!("A program that works in the project's folder listens on {other}, and speaks HTTP.")),
    )
}

/// The project has its handler on another port than the one that deliveries are sent to.
fn beside_the_route(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    let handler = handler(seen).filter(|handler| handler.finds_none_right())?;
    let answer = first(seen).filter(|answer| matches!(answer.status, Some(404 | 405)))?;
    let is_nothing = handler.is_nobodys(answer) && handler.is_as_forged(answer) && handler.near.is_empty();
    let other = other_port(seen).filter(|_| is_nothing && seen.route_in_code.is_some())?;
    Some(
        Named::new(
            format!("There is nothing at {} on port {}; your project has it on port {other}.", seen.route, app.port),
            format!("Lead the endpoint, or the tunnel, to port {other}; and set that under Project (--port {other} in a terminal)."),
        )
        .proved(format!("On port {} it {}, as any path does.", app.port, answer.told()))
        .proved(format!("A program that works in the project's folder listens on {other} too, and answers there."))
        .mended_by(Mend::UsePort(other)),
    )
}

/// The port of this machine that the endpoint leads to, where that is not the app's, and its address at the app's.
fn beside_the_app(seen: &Seen, public: &PublicSeen) -> Option<(u16, Url)> {
    let mut url = Url::parse(&public.url).ok().filter(is_loopback)?;
    let port = url.port().filter(|port| *port != seen.app.port)?;
    url.set_port(Some(seen.app.port)).ok()?;
    Some((port, url))
}

/// The endpoint leads to a port of this machine on which nothing listens, and the app is on another one.
fn nobodys_port(seen: &Seen) -> Option<Named> {
    let is_nobodys = |public: &&PublicSeen| public.answer.status.is_none() && public.listens == Some(false);
    let public = seen.public.as_ref().filter(is_nobodys)?;
    let (port, there) = beside_the_app(seen, public).filter(|_| seen.app.listens && !is_made_here(seen))?;
    Some(
        Named::new(
            format!(
                "The endpoint delivers to port {port}, where nothing listens; your app listens on {}.",
                seen.app.port
            ),
            format!("Give Polar the address with port {}, or start the app on {port}.", seen.app.port),
        )
        .proved(format!("A delivery to {} {}.", public.url, public.answer.told()))
        .proved(format!("Something listens on port {}.", seen.app.port))
        .mended_by(Mend::Repoint(there.into())),
    )
}

/// On this machine, the endpoint leads to another program's port, which takes whatever comes or passes nothing on.
fn endpoints_port(seen: &Seen) -> Option<Named> {
    let taking = another_answers(seen);
    let public = taking.or_else(|| another_refuses(seen))?;
    let (port, there) = beside_the_app(seen, public).filter(|(port, _)| !seen.app.receivers.contains(port))?;
    let program = match public.program.as_deref() {
        // As Node.js calls its own.
        Some("MainThread") => "another program (node)".to_owned(),
        Some(program) => format!("another program ({program})"),
        None => "another program".to_owned(),
    };
    let here = seen.app.port;
    Some(
        Named::new(
            format!("The endpoint delivers to port {port}, where {program} answers; your app listens on {here}."),
            format!(
                "Give Polar the address with port {here}, or have what listens on {port} pass deliveries on to {here}."
            ),
        )
        .proved(if taking.is_some() {
            format!("{} {}, also to a forged delivery.", public.url, public.answer.told())
        } else {
            format!("{} {} to a delivery that is signed with the endpoint's secret.", public.url, public.answer.told())
        })
        .proved(if public.reaches_app == Some(false) {
            format!("While it did, nothing connected to port {here}.")
        } else {
            String::new()
        })
        .proved(format!("On port {here} your app accepts a signed delivery and refuses a forged one."))
        .mended_by(Mend::Repoint(there.into())),
    )
}

/// The endpoint's address takes whatever comes, and the app does not: it is not the app that answers there.
pub(super) fn another_answers(seen: &Seen) -> Option<&PublicSeen> {
    let local = handler(seen).filter(|handler| handler.verifies() && !handler.takes_forged())?;
    let takes_all = |public: &&PublicSeen| public.takes_all() && public.reaches_app != Some(true);
    let public = seen.public.as_ref().filter(takes_all)?;
    // A handler that says success to what it refuses answers here as it does there.
    let is_same = |answer: &Option<Answer>| answer.as_ref().is_some_and(|answer| answer.is_like(&public.answer));
    let is_other = local.first().is_some_and(|first| !first.is_like(&public.answer));
    (!is_same(&local.forged) && (is_other || public.reaches_app == Some(false))).then_some(public)
}

/// The endpoint's address refuses what the app accepts, and passes nothing on to it.
fn another_refuses(seen: &Seen) -> Option<&PublicSeen> {
    let is_app = handler(seen).is_some_and(|handler| handler.verifies() && !handler.is_unsteady());
    // What refuses every path is a guard, whose it ever is.
    let refuses =
        |public: &&PublicSeen| public.answer.is_refusal() && public.reaches_app == Some(false) && !public.is_nobodys();
    seen.public.as_ref().filter(|public| is_app && refuses(public))
}

pub(super) fn other_program(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    // One in no folder that tells is another where the project's own has the route on another port.
    let runs_elsewhere = !app.other_ports.is_empty() && seen.route_in_code.is_some() && !app.others_lack_route;
    let is_other = app.is_this_project == Some(false) || app.is_this_project.is_none() && runs_elsewhere;
    let program = app.program.as_ref().filter(|_| is_other)?;
    let answer = first(seen)?;
    let handler = handler(seen)?;
    // What answers as a handler does may be the app after all; all paths are alike to it, and whether a signature is right.
    let is_open = !handler.verifies() || handler.takes_forged();
    let has_no_handler = is_open && handler.is_as_forged(answer) && handler.is_nobodys(answer);
    let nothing = answer.status.is_none() || matches!(answer.status, Some(404 | 405 | 501)) || has_no_handler;
    let stranger = nothing && handler.near.is_empty();
    stranger.then(|| {
        Named::new(
            format!("On port {} is {program}, which does not belong to this project.", app.port),
            format!("End {program}, or start your app on another port and name that."),
        )
        .proved(if app.is_this_project == Some(false) {
            format!("{program} listens there, and works in the folder of another project, or runs another language.")
        } else {
            format!("{program} listens there, and does not work in this project's folder.")
        })
        .proved(format!("{} {}.", seen.route, answer.told()))
        .ruling_out(app.other_ports.first().map_or_else(
            || "No program that works in the project's folder listens.".to_owned(),
            |other| format!("Your app listens on port {other}."),
        ))
    })
}
