//! Whether the app runs, and whether it answers in time.

use super::{first, handler, polar::endpoint, port::other_port};
use crate::check::diagnose::{
    Seen,
    causes::{Named, secret::is_deaf_to_polar},
    port_here,
};

/// Whether anything tells that there is an app that should run here.
pub(in crate::check::diagnose::causes) fn is_there_to_be(seen: &Seen) -> bool {
    let is_endpoints = || endpoint(seen).is_some_and(|endpoint| port_here(&endpoint.url) == Some(seen.app.port));
    seen.app.port_is_known || seen.start.is_some() || !seen.code.extension.is_empty() || is_endpoints()
}

/// A development server of Vite's passes deliveries on, and nothing listens where it does.
fn behind_vite(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    let handler = handler(seen).filter(|handler| handler.finds_none_right())?;
    // Vite answers so where nobody listens, without a word.
    let answer = first(seen).filter(|answer| answer.status == Some(500) && answer.text.trim().is_empty())?;
    let is_everywhere = handler.is_nobodys(answer) && handler.is_as_forged(answer);
    (app.is_front && seen.code.vite_passes_on && is_everywhere && app.other_ports.is_empty()).then(|| {
        let start = seen.start.as_ref().map_or_else(
            || "Start your app's own server".to_owned(),
            |start| format!("Start your app's own server ({start})"),
        );
        Named::new(
            format!(
                "Only Vite listens, on port {}; your app's own server, which it passes on to, is not running.",
                app.port
            ),
            format!("{start}, on the port that the proxy in Vite's configuration names."),
        )
        .proved(format!(
            "Vite {} to every path that it passes on, without a word: so it does where nobody listens.",
            answer.told()
        ))
        .ruling_out("No other program that works in the project's folder listens for HTTP.")
    })
}

pub(super) fn not_running(seen: &Seen) -> Option<Named> {
    let app = &seen.app;
    if let Some(named) = behind_vite(seen) {
        return Some(named);
    }
    // What refuses there as a handler does may be the app, at a socket that is no port.
    let is_elsewhere = seen
        .public
        .as_ref()
        .is_some_and(|public| public.answer.is_refusal() && !public.is_nobodys() && !public.answer.through_receiver);
    (!app.listens && !is_elsewhere && other_port(seen).is_none() && is_there_to_be(seen)).then(|| {
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

pub(super) fn slow(seen: &Seen) -> Option<Named> {
    let answer = first(seen).filter(|answer| answer.is_timeout())?;
    // What Polar signs it refuses at once.
    if is_deaf_to_polar(seen) {
        return None;
    }
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
