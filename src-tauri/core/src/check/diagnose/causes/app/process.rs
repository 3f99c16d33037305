//! Whether the app runs, where, and whether it answers in time.

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
fn other_port(seen: &Seen) -> Option<u16> {
    let is_front = |port: &u16| seen.code.vite_passes_on && seen.app.fronts.contains(port);
    seen.app.other_ports.iter().copied().find(|port| !is_front(port) && !seen.app.others_lack_route)
}

pub(super) fn wrong_port(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    if let Some(named) = nobodys_port(seen).or_else(|| endpoints_port(seen)) {
        return Some(named);
    }
    let other = other_port(seen).filter(|_| !app.listens)?;
    Some(
        Named::new(
            format!("Your app listens on port {other}, not on {}.", app.port),
            format!(
                "Set the port to {other} under Project (--port {other} in a terminal), or start the app on {}.",
                app.port
            ),
        )
        .proved(format!("Nothing listens on port {}.", app.port))
        .proved(format!("A program that works in the project's folder listens on {other}, and speaks HTTP."))
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
    let public = seen.public.as_ref().filter(|public| public.answer.status.is_none() && !public.answer.is_timeout())?;
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

/// On this machine, the endpoint leads to another program's port, which takes whatever comes.
fn endpoints_port(seen: &Seen) -> Option<Named> {
    let public = another_answers(seen)?;
    let (port, there) = beside_the_app(seen, public).filter(|(port, _)| !seen.app.receivers.contains(port))?;
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
pub(super) fn another_answers(seen: &Seen) -> Option<&PublicSeen> {
    let local = handler(seen).filter(|handler| handler.verifies() && !handler.takes_forged())?;
    let public = seen.public.as_ref().filter(|public| public.answer.is_success())?;
    let forged = public.forged.as_ref().filter(|forged| forged.is_success() && forged.is_like(&public.answer))?;
    // A handler that says success to what it refuses answers here as it does there.
    let is_same = |answer: &Option<Answer>| answer.as_ref().is_some_and(|answer| answer.is_like(forged));
    (!is_same(&local.forged) && local.first().is_some_and(|first| !first.is_like(forged))).then_some(public)
}

pub(super) fn not_running(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    (!app.listens && other_port(seen).is_none()).then(|| {
        let start = seen.start.as_ref().map_or_else(|| "Start it.".to_owned(), |start| format!("Start it: {start}"));
        Named::new("Your app is not running.", start)
            .proved(format!("Nothing listens on port {}.", app.port))
            .ruling_out(match app.other_ports.as_slice() {
                [] => "No program that works in the project's folder listens on another port for HTTP.".to_owned(),
                [other, ..] if seen.app.others_lack_route => {
                    format!("What listens on {other} in the project's folder has nothing at {}.", seen.route)
                }
                _ => "Only its development server listens, which passes on to that port.".to_owned(),
            })
    })
}

pub(super) fn other_program(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    let program = app.program.as_ref().filter(|_| app.is_this_project == Some(false))?;
    let answer = first(seen)?;
    // What answers as a handler does may be the app after all.
    let silent = answer.status.is_none() && !answer.text.contains("in time");
    let handler = handler(seen)?;
    // All paths are alike to it, and whether a signature is right.
    let has_no_handler = !handler.verifies() && handler.is_as_forged(answer) && handler.is_nobodys(answer);
    let nothing = silent || matches!(answer.status, Some(404 | 405 | 501)) || has_no_handler;
    let stranger = nothing && handler.near.is_empty();
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

pub(super) fn slow(seen: &Seen) -> Option<Named> {
    let answer = first(seen).filter(|answer| answer.is_timeout())?;
    Some(
        Named::new(
            "Your app takes longer than ten seconds to answer; Polar waits no longer and counts that as failed.",
            "Answer first and work afterwards: put the event into a queue, or a background task.",
        )
        .proved(format!(
            "There was no answer within ten seconds, nor within {} s when it was asked once more.",
            answer.milliseconds / 1000
        ))
        .ruling_out(format!("The connection to port {} was accepted.", seen.app.port)),
    )
}
