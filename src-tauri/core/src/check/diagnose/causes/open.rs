//! What is no cause: what somebody may miss although all is right, and what could not be told.

use time::OffsetDateTime;

use super::{
    super::{Answer, Cause, HandlerSeen, Seen, Steadiness, told::counted},
    app, events, is_chat, polar, secret,
};
use crate::check::delivery::TEST_EVENT;

/// What is no fault, and may still be what somebody misses; nothing beside a cause.
pub(in crate::check::diagnose) fn notes(seen: &Seen, causes: &[Cause]) -> Vec<String> {
    let Some(endpoint) = polar::endpoint(seen).filter(|_| causes.is_empty()) else { return Vec::new() };
    let mut notes = Vec::new();
    if let (Some((what, at)), Some(made)) = (seen.polar.happened_before, endpoint.created_at) {
        notes.push(format!(
            "Polar has sent nothing to this endpoint yet: it was made at {}, and what happened before is never sent. The \
             newest {what} is of {}.",
            clock_time(made),
            clock_time(at)
        ));
    }
    if seen
        .handler
        .as_ref()
        .is_some_and(|handler| handler.accepts() && handler.forged.as_ref().is_some_and(Answer::is_success))
    {
        notes.push(
            "Your handler also accepts a delivery whose signature is wrong: whoever knows its address can send it events. \
             Verify the signature there."
                .to_owned(),
        );
    }
    notes.extend(events::handled_besides(seen, endpoint));
    if endpoint.format != "raw" && endpoint.events.iter().any(|event| event == "subscription.updated") {
        notes.push(format!(
            "Polar sends no message for subscription.updated in the format {}: it skips that one.",
            endpoint.format
        ));
    }
    notes
}

/// "2026-11-28 12:03:09 UTC".
fn clock_time(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!("{} {:02}:{:02}:{:02} UTC", at.date(), at.hour(), at.minute(), at.second())
}

/// What could not be told, and what to try; nothing where a cause explains it.
pub(in crate::check::diagnose) fn open(seen: &Seen, causes: &[Cause]) -> Vec<String> {
    if !causes.is_empty() || is_chat(seen) {
        return Vec::new();
    }
    let mut open = Vec::new();
    let handler = seen.handler.as_ref();
    let has_right_one = seen.is_proved() || handler.is_some_and(HandlerSeen::verifies_with_polars);
    if seen.env.secret().is_none() && !has_right_one {
        open.push(format!(
            "No {} was found in the env files, so no delivery could be signed with it. If it comes from somewhere else, run \
             this where it is set.",
            seen.env.secret_name
        ));
    }
    open.extend(of_polar(seen));
    if let Some(handler) = handler.filter(|_| !has_right_one) {
        open.extend(of_the_handler(seen, handler));
    }
    open.extend(of_the_rule(seen));
    open.extend(of_the_steadiness(seen));
    open.extend(of_the_app(seen));
    open.extend(of_the_address(seen));
    open
}

/// What Polar leaves open.
fn of_polar(seen: &Seen) -> Vec<String> {
    let mut open = Vec::new();
    if seen.polar.endpoints.is_none() && !seen.polar.is_relayed {
        open.push(
            "Polar could not be asked, for want of a token: whether it has an endpoint, with which address, events and \
             secret, is not known. Name a token in the env file, or in POLAR_ACCESS_TOKEN."
                .to_owned(),
        );
    }
    if seen.polar.alike > 0 {
        open.push(format!(
            "{} on Polar may be this project's, and neither the secret nor an address in the env file tells which one is. \
             Write its address into the env file, or set the project up in Polar Setup, which remembers it.",
            counted(seen.polar.alike, "endpoint"),
        ));
    }
    open
}

/// What an app that takes one key rule leaves open, where nothing tells by which one Polar signs.
fn of_the_rule(seen: &Seen) -> Option<String> {
    secret::key::undecided(seen).map(|only| {
        format!(
            "Your app takes only deliveries that are signed by {}, and nothing tells by which rule {} signs: it has sent \
             nothing to your app as it runs now. Have Polar deliver something, then look again.",
            only.name(),
            seen.polar.server
        )
    })
}

/// What an app that answers the same otherwise leaves open.
fn of_the_steadiness(seen: &Seen) -> Option<String> {
    match seen.handler.as_ref()?.steadiness {
        Steadiness::TakesTurns => Some(
            "Your app accepts a delivery, refuses the same one, and accepts it again: several processes answer in turn, \
             and not all have the right secret. End them all, and start your app anew."
                .to_owned(),
        ),
        Steadiness::Refuses if !seen.is_proved() => Some(
            "Your app accepts the test's event once and refuses it when it comes again: it keeps what it has seen, or \
             counts requests. So it cannot be told whether the way to it is right: have Polar deliver something."
                .to_owned(),
        ),
        Steadiness::Refuses | Steadiness::Steady => None,
    }
}

/// What the processes leave open.
fn of_the_app(seen: &Seen) -> Vec<String> {
    let mut open = Vec::new();
    if !app::is_there_to_be(seen) && !seen.app.listens && seen.public.as_ref().is_none_or(|it| !it.answer.is_success())
    {
        open.push(format!(
            "No app was seen: nothing in the folder names one or its port, and nothing listens on port {}. Start your app, \
             or name its port (under Project, --port in a terminal).",
            seen.app.port
        ));
    }
    if !seen.app.listens && !seen.app.port_is_known && seen.app.other_ports.len() > 1 {
        open.push(format!(
            "Several programs of this folder listen, on the ports {}, and nothing tells which one is your app: name its \
             port (under Project, --port in a terminal).",
            seen.app.other_ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
        ));
    }
    open
}

/// What answers at the endpoint's address leaves open.
fn of_the_address(seen: &Seen) -> Vec<String> {
    let mut open = Vec::new();
    let handler = seen.handler.as_ref();
    if let Some(public) = seen.public.as_ref().filter(|public| public.takes_all() && public.reaches_app != Some(true))
        && !public.answer.through_receiver
        && handler.is_some_and(|handler| handler.verifies() && !handler.takes_forged())
        && handler.and_then(|handler| handler.forged.as_ref()).is_some_and(|forged| !forged.is_like(&public.answer))
    {
        open.push(format!(
            "{} takes a forged delivery too, which your app refuses on this machine: whether what answers there passes \
             anything on to your app cannot be told from here. Have Polar deliver something, and see whether it arrives.",
            public.url
        ));
    }
    if handler.is_some_and(HandlerSeen::refuses_polars)
        && seen.is_proved()
        && seen.public.as_ref().is_some_and(|public| public.answer.is_success())
    {
        open.push(
            "What answers at the endpoint's address accepts what Polar sends, and the app on this machine refuses it: \
             another app answers there. If this one is to get the events, give it an endpoint of its own."
                .to_owned(),
        );
    }
    if let Some(public) = &seen.public
        && !handler.is_some_and(HandlerSeen::is_unsteady)
        && !public.answer.is_success()
        && !seen.is_proved()
        && seen.handler.as_ref().is_some_and(HandlerSeen::accepts)
    {
        open.push(format!(
            "Your app accepts a delivery on this machine, but through {} the answer is another one: it {}. Look at what \
             stands in between.",
            public.url,
            public.answer.told()
        ));
    }
    open
}

/// What the handler's answers leave open.
fn of_the_handler(seen: &Seen, handler: &HandlerSeen) -> Option<String> {
    let answer = handler.first()?;
    let name = &seen.env.secret_name;
    if answer.is_limited() {
        return Some(
            "Your app says that it was asked too often (429): its own rate limit keeps this from looking further. Wait a \
             minute, or except the webhook's route from the limit: Polar may deliver many events at once."
                .to_owned(),
        );
    }
    if handler.accepts() {
        return handler.takes_forged().then(|| {
            "Your handler accepts whatever comes, also a delivery whose signature is wrong: so its answers do not tell \
             whether it has the right secret, nor whether it does anything with what arrives. Verify the signature, and \
             answer 403 where it is wrong."
                .to_owned()
        });
    }
    if let Some(answer) = handler.verified_only() {
        // Polar's own attempt at an event that it is made for tells better.
        let has_succeeded = seen.polar.attempts.first().is_some_and(|newest| newest.succeeded);
        return (!has_succeeded).then(|| {
            format!(
                "Your handler finds the signature right, and {} to the test's event ({TEST_EVENT}). Whether it takes the \
                 events that it is made for cannot be told from here: ask Polar to redeliver one.",
                answer.told()
            )
        });
    }
    if handler.is_nobodys(answer) && matches!(answer.status, Some(502..=504)) {
        return Some(format!(
            "Your app {} to every path: something before the handler says so, as a maintenance mode or a gateway whose \
             server is away. Look at what answers on port {}.",
            answer.told(),
            seen.app.port
        ));
    }
    if secret::may_be_loaded(seen) {
        return Some(format!(
            "Your app verifies with the {name} in its environment, which it was given before {} was last changed. If that \
             came from this file, restart your app; if it was set elsewhere, unset it there first.",
            seen.env.secrets.first().map_or("the env file", |place| &place.file)
        ));
    }
    seen.env.secret().map(|secret| {
        format!(
            "Your app {} to a delivery that is signed with {name} as it stands in the env file. Whether it verifies with \
             another secret, or something before the handler refuses it, cannot be told from outside. Log what your \
             handler catches, and the length of the secret that it reads ({} characters here).",
            answer.told(),
            secret.expose().chars().count()
        )
    })
}
