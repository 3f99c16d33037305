//! The causes, in the order in which a delivery meets them: Polar, the address, the app, the signature. Each is data and
//! one function that looks at what was seen; adding one touches one file and its test.

mod access;
mod app;
mod events;
mod polar;
mod public;
mod ruled_out;
mod secret;
mod tunnel;

use time::OffsetDateTime;

use super::{Cause, Mend, Seen};
use crate::{check::delivery::TEST_EVENT, setup::own_url::format_of};

/// A cause before it has its name: a sentence, what proves it, what rules out its neighbours, what to do.
pub(super) struct Named {
    sentence: String,
    proved_by: Vec<String>,
    ruled_out: Vec<String>,
    fix: String,
    link: Option<&'static str>,
    mend: Option<Mend>,
}

impl Named {
    fn new(sentence: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            proved_by: Vec::new(),
            ruled_out: Vec::new(),
            fix: fix.into(),
            link: None,
            mend: None,
        }
    }

    fn proved(mut self, by: impl Into<String>) -> Self {
        self.proved_by.push(by.into());
        self
    }

    fn ruling_out(mut self, by: impl Into<String>) -> Self {
        self.ruled_out.push(by.into());
        self
    }

    const fn link(mut self, to: &'static str) -> Self {
        self.link = Some(to);
        self
    }

    /// With a button that does it, where there is one.
    fn mended_by(mut self, mend: impl Into<Option<Mend>>) -> Self {
        self.mend = mend.into();
        self
    }
}

/// What a cause does to the deliveries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing behind it can work while it lasts: of its area it is the last that is named.
    Blocks,
    /// It doubles deliveries.
    Harms,
    /// Blocks, and is told by what the handler answers: nobody can tell where something else answers in its place.
    BlocksInHandler,
    /// It only delays them, or is how it must be: no answer where something else is wrong.
    Alone,
}

/// A cause: its name, what it does, and what names it.
pub(super) struct Known {
    id: &'static str,
    kind: Kind,
    judge: fn(&Seen) -> Option<Named>,
}

impl Known {
    const fn blocking(id: &'static str, judge: fn(&Seen) -> Option<Named>) -> Self {
        Self { id, kind: Kind::Blocks, judge }
    }

    const fn in_handler(id: &'static str, judge: fn(&Seen) -> Option<Named>) -> Self {
        Self { id, kind: Kind::BlocksInHandler, judge }
    }

    const fn harming(id: &'static str, judge: fn(&Seen) -> Option<Named>) -> Self {
        Self { id, kind: Kind::Harms, judge }
    }

    const fn alone(id: &'static str, judge: fn(&Seen) -> Option<Named>) -> Self {
        Self { id, kind: Kind::Alone, judge }
    }
}

/// Causes of one place.
#[derive(Clone, Copy)]
struct Area {
    causes: &'static [Known],
    /// Whether it is on the way from the endpoint's address to the handler.
    is_on_the_way: bool,
    /// What was seen of the places before it, for a cause that rules out none of its neighbours by itself.
    before: fn(&Seen) -> Option<String>,
}

const fn area(causes: &'static [Known], is_on_the_way: bool, before: fn(&Seen) -> Option<String>) -> Area {
    Area { causes, is_on_the_way, before }
}

/// In the order in which a delivery meets them.
const AREAS: [Area; 7] = [
    area(access::KNOWN, false, ruled_out::nothing),
    area(polar::ENDPOINT, false, ruled_out::token),
    area(public::KNOWN, true, ruled_out::endpoint),
    area(app::KNOWN, true, ruled_out::process),
    area(secret::KNOWN, true, ruled_out::route),
    area(access::BESIDE, false, ruled_out::way),
    area(events::KNOWN, false, ruled_out::way),
];

/// The names of all causes that are known.
#[cfg(test)]
pub(super) fn ids() -> Vec<&'static str> {
    AREAS.iter().flat_map(|area| area.causes).map(|known| known.id).collect()
}

/// What can be wrong although a signed delivery is accepted at the endpoint's address and a forged one is not: Polar may
/// go by another clock, sign by the other rule, spell the body otherwise, send larger ones, and other events.
const ANYWAY: [&str; 5] = ["clock_off", "key_rule", "body_reparsed", "body_limit", "handler_throws"];

/// Those that what is set up can run into: a chat service is sent messages, whatever app there is.
fn areas(seen: &Seen) -> impl Iterator<Item = Area> {
    let is_chat = is_chat(seen);
    AREAS.into_iter().filter(move |area| !(is_chat && area.is_on_the_way))
}

fn is_chat(seen: &Seen) -> bool {
    polar::endpoint(seen).is_some_and(|endpoint| format_of(&endpoint.url).is_some())
}

/// Those that what was seen singles out, the one that blocks first at the beginning. Of one area (the address, the app,
/// the signature) only the first is named: what comes behind it was not observed on its own.
pub(super) fn named(seen: &Seen) -> Vec<Cause> {
    let mut causes = Vec::new();
    let is_proved = seen.is_proved();
    for area in areas(seen) {
        let is_app = |cause: &Cause| app::KNOWN.iter().any(|known| known.id == cause.id);
        let is_reached = !causes.iter().any(is_app);
        for known in area.causes {
            if is_proved && area.is_on_the_way && !ANYWAY.contains(&known.id) {
                continue;
            }
            let Some(named) = (known.judge)(seen) else { continue };
            // An address that lacks the route leads to what takes every path: that is no fault of its own.
            if known.id == "catch_all" && causes.iter().any(|cause: &Cause| cause.id == "url_without_route") {
                continue;
            }
            if known.kind == Kind::Alone && !causes.is_empty() || known.kind == Kind::BlocksInHandler && !is_reached {
                continue;
            }
            let Named { sentence, proved_by, ruled_out, fix, link, mend } = named;
            let link = link.map(str::to_owned);
            let told = |all: Vec<String>| all.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
            let (proved_by, mut ruled_out) = (told(proved_by), told(ruled_out));
            if ruled_out.is_empty() {
                ruled_out.extend((area.before)(seen));
            }
            causes.push(Cause { id: known.id.to_owned(), sentence, proved_by, ruled_out, fix, link, mend });
            if matches!(known.kind, Kind::Blocks | Kind::BlocksInHandler) {
                break;
            }
        }
    }
    causes
}

/// What is no fault, and may still be what somebody misses; nothing beside a cause.
pub(super) fn notes(seen: &Seen, causes: &[Cause]) -> Vec<String> {
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
        .is_some_and(|handler| handler.accepts() && handler.forged.as_ref().is_some_and(super::Answer::is_success))
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
pub(super) fn open(seen: &Seen, causes: &[Cause]) -> Vec<String> {
    if !causes.is_empty() || is_chat(seen) {
        return Vec::new();
    }
    let mut open = Vec::new();
    let handler = seen.handler.as_ref();
    let has_right_one = seen.is_proved() || handler.is_some_and(super::HandlerSeen::verifies_with_polars);
    if seen.env.secret().is_none() && !has_right_one {
        open.push(format!(
            "No {} was found in the env files, so no delivery could be signed with it. If it comes from somewhere else, run \
             this where it is set.",
            seen.env.secret_name
        ));
    }
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
            super::told::counted(seen.polar.alike, "endpoint"),
        ));
    }
    if let Some(handler) = handler.filter(|_| !has_right_one) {
        open.extend(of_the_handler(seen, handler));
    }
    if let Some(only) = secret::key::undecided(seen) {
        open.push(format!(
            "Your app takes only deliveries that are signed by {}, and nothing tells by which rule {} signs: it has sent \
             nothing to your app as it runs now. Have Polar deliver something, then look again.",
            only.name(),
            seen.polar.server
        ));
    }
    let is_unsteady = handler.is_some_and(|handler| handler.is_unsteady);
    if is_unsteady && !seen.is_proved() {
        open.push(
            "Your app accepts the test's event once and refuses it another time: it keeps what it has seen, counts \
             requests, or several processes answer in turn with different secrets (then restart them all). So it cannot \
             be told whether the way to it is right: have Polar deliver something."
                .to_owned(),
        );
    }
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
    if handler.is_some_and(super::HandlerSeen::refuses_polars)
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
        && !is_unsteady
        && !public.answer.is_success()
        && !seen.is_proved()
        && seen.handler.as_ref().is_some_and(super::HandlerSeen::accepts)
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
fn of_the_handler(seen: &Seen, handler: &super::HandlerSeen) -> Option<String> {
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
