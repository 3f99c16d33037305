//! Which events Polar sends to the endpoint, how often, and when.

use time::{Duration, OffsetDateTime};

use super::{
    super::{HandlerSeen, Mend, told::counted},
    Known, Named, Seen,
    polar::{WEBHOOKS, endpoint},
};
use crate::polar::{
    delivery::Attempt,
    endpoint::{Endpoint, normalised},
};

/// What doubles, delays or withholds events.
pub const KNOWN: &[Known] = &[
    Known::harming("endpoint_twice", twice),
    Known::harming("environment_mixed_up", mixed_up),
    Known::alone("event_not_chosen", event_not_chosen),
    Known::alone("retry_waiting", retry),
];

fn twice(seen: &Seen) -> Option<Named> {
    let endpoint = endpoint(seen)?;
    let same = seen
        .polar
        .endpoints
        .as_ref()?
        .iter()
        .filter(|other| other.enabled && normalised(&other.url) == normalised(&endpoint.url))
        .filter(|other| other.id == endpoint.id || other.events.iter().any(|event| endpoint.events.contains(event)))
        .count();
    (same > 1).then(|| {
        Named::new(
            format!("{same} endpoints deliver to {}: each event comes as often.", endpoint.url),
            "Delete those that nobody needs on Polar's page.",
        )
        .proved("Polar's list of endpoints has this address more than once, with the same event types.")
    })
}

/// The endpoint is in one environment, and the app's code asks the other.
fn mixed_up(seen: &Seen) -> Option<Named> {
    let (switch, means_sandbox) = seen.env.means_sandbox.as_ref()?;
    // That a server does not call itself a sandbox proves nothing of one that is neither of Polar's own.
    let (here, there) = match (means_sandbox, seen.polar.is_sandbox, seen.polar.is_production) {
        (false, true, _) => ("the sandbox", "production"),
        (true, _, true) => ("production", "the sandbox"),
        _ => return None,
    };
    Some(
        Named::new(
            format!("Token and endpoint are of {here}, but {switch} in the env file says {there}: your app asks the other Polar."),
            format!("Set {switch} to {here}, or use a token and an endpoint of {there}; then restart your app."),
        )
        .proved(format!("{} accepts the token, and is {here}.", seen.polar.server))
        .proved(format!("{switch} says {there}."))
        .link("https://polar.sh/docs/integrate/sandbox"),
    )
}

/// The code is made for other events than those that the endpoint takes.
fn event_not_chosen(seen: &Seen) -> Option<Named> {
    let endpoint = endpoint(seen).filter(|endpoint| endpoint.format == "raw" && !endpoint.events.is_empty())?;
    if let Some(named) = fewer_than_chosen(seen, endpoint) {
        return Some(named);
    }
    let handled = &seen.code.events;
    if handled.is_empty() || seen.code.takes_any || handled.iter().any(|event| endpoint.events.contains(event)) {
        return None;
    }
    Some(
        Named::new(
            format!(
                "Polar sends {} to the endpoint, but your code is made for {}.",
                endpoint.events.join(", "),
                handled.join(", ")
            ),
            format!("Choose {} on Polar's page or under Webhook.", handled.join(", ")),
        )
        .proved("None of the event types that the handler's code names is among the endpoint's.")
        .ruling_out("A signed delivery is accepted.")
        .link(WEBHOOKS)
        .mended_by(Mend::AddEvents(handled.clone())),
    )
}

/// What the code is made for beside what the endpoint takes: no fault, as long as nobody misses it.
pub(super) fn handled_besides(seen: &Seen, endpoint: &Endpoint) -> Option<String> {
    /// How many are named.
    const NAMED: usize = 6;
    if endpoint.format != "raw" || seen.code.takes_any {
        return None;
    }
    let lacking = seen.code.events.iter().filter(|event| !endpoint.events.contains(event)).collect::<Vec<_>>();
    let mut names = lacking.iter().take(NAMED).map(|event| event.as_str()).collect::<Vec<_>>().join(", ");
    if lacking.len() > NAMED {
        names = format!("{names} and {} more", lacking.len() - NAMED);
    }
    let it = if lacking.len() == 1 { "it" } else { "them" };
    (!lacking.is_empty()).then(|| {
        format!(
            "Your code is made for {names} as well, which Polar does not send to this endpoint: choose {it} on Polar's page \
             or under Webhook if you miss {it}."
        )
    })
}

/// Polar has fewer events for the endpoint than were chosen here.
fn fewer_than_chosen(seen: &Seen, endpoint: &Endpoint) -> Option<Named> {
    let lacking = seen.chosen.iter().filter(|event| !endpoint.events.contains(event)).cloned().collect::<Vec<_>>();
    if lacking.is_empty() {
        return None;
    }
    let names = lacking.join(", ");
    Some(
        Named::new(
            format!(
                "Polar does not send {names} to the endpoint, though you chose {} here.",
                if lacking.len() == 1 { "it" } else { "them" }
            ),
            "Have Polar send what you chose, or choose fewer under Webhook.",
        )
        .proved(format!(
            "Polar's list of the endpoint's event types has {}, and lacks {names}.",
            counted(endpoint.events.len(), "type")
        ))
        .ruling_out("All else on the way is right.")
        .mended_by(Mend::AddEvents(lacking)),
    )
}

/// The gaps between the attempts of one event in seconds, as measured on a real server; the last ones by the way they grow.
const GAPS: [i64; 9] = [6, 15, 25, 49, 89, 170, 330, 640, 1250];

/// The newest attempt at each event that has not succeeded yet and is tried again, and when that will be.
fn waiting(seen: &Seen) -> Vec<(&Attempt, usize, OffsetDateTime)> {
    let mut waiting: Vec<(&Attempt, usize, OffsetDateTime)> = Vec::new();
    for (at, newest) in seen.polar.attempts.iter().enumerate() {
        let id = &newest.webhook_event.id;
        let is_of_event = |attempt: &&Attempt| attempt.webhook_event.id == *id;
        if newest.succeeded
            || newest.webhook_event.succeeded.is_some()
            || seen.polar.attempts[..at].iter().any(|newer| is_of_event(&newer))
        {
            continue;
        }
        let count = seen.polar.attempts.iter().filter(is_of_event).count();
        let Some(gap) = GAPS.get(count - 1) else { continue };
        let next = newest.created_at + Duration::seconds(*gap);
        // What is long past did not come: nobody knows when it will.
        if next + Duration::minutes(1) >= OffsetDateTime::now_utc() {
            waiting.push((newest, count, next));
        }
    }
    waiting
}

fn retry(seen: &Seen) -> Option<Named> {
    if !seen.handler.as_ref().is_some_and(HandlerSeen::accepts) {
        return None;
    }
    let waiting = waiting(seen);
    let (newest, count, next) = *waiting.first()?;
    let time = next.time();
    Some(
        Named::new(
            format!(
                "{} failed and waits for Polar's next attempt, at about {:02}:{:02}:{:02} UTC.",
                newest.webhook_event.event_type,
                time.hour(),
                time.minute(),
                time.second()
            ),
            "Wait for it, or ask Polar to redeliver it now (under Live, or on Polar's page). If it fails again, look at your app's log.",
        )
        .proved(format!(
            "Polar recorded {} of it, the last one answered {}.",
            counted(count, "attempt"),
            newest.http_code.map_or_else(|| "not at all".to_owned(), |code| code.to_string())
        ))
        .proved(match waiting.len() - 1 {
            0 => String::new(),
            1 => "One more event waits as well.".to_owned(),
            more => format!("{more} more events wait as well."),
        })
        .ruling_out("Your app accepts a signed delivery now.")
        .mended_by(Mend::Redeliver(newest.webhook_event.id.clone())),
    )
}
