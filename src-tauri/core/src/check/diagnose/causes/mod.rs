//! The causes, in the order in which a delivery meets them: Polar, the address, the app, the signature. Each is data and
//! one function that looks at what was seen; adding one touches one file and its test.

mod app;
mod polar;
mod public;
mod secret;
mod tunnel;

use time::OffsetDateTime;

use super::{Cause, Mend, Seen};
use crate::setup::own_url::format_of;

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

/// In the order in which a delivery meets them.
const AREAS: [&[Known]; 6] = [polar::ACCESS, polar::ENDPOINT, public::KNOWN, app::KNOWN, secret::KNOWN, polar::BESIDE];

/// The names of all causes that are known.
#[cfg(test)]
pub(super) fn ids() -> Vec<&'static str> {
    AREAS.into_iter().flatten().map(|known| known.id).collect()
}

/// Those that what is set up can run into: a chat service is sent messages, whatever app there is.
fn areas(seen: &Seen) -> Vec<&'static [Known]> {
    if is_chat(seen) {
        return vec![polar::ACCESS, polar::ENDPOINT, polar::BESIDE];
    }
    AREAS.to_vec()
}

fn is_chat(seen: &Seen) -> bool {
    polar::endpoint(seen).is_some_and(|endpoint| format_of(&endpoint.url).is_some())
}

/// Those that what was seen singles out, the one that blocks first at the beginning. Of one area (the address, the app,
/// the signature) only the first is named: what comes behind it was not observed on its own.
pub(super) fn named(seen: &Seen) -> Vec<Cause> {
    let mut causes = Vec::new();
    for area in areas(seen) {
        let is_app = |cause: &Cause| app::KNOWN.iter().any(|known| known.id == cause.id);
        let is_reached = !causes.iter().any(is_app);
        for known in area {
            let Some(named) = (known.judge)(seen) else { continue };
            if known.kind == Kind::Alone && !causes.is_empty() || known.kind == Kind::BlocksInHandler && !is_reached {
                continue;
            }
            let Named { sentence, proved_by, ruled_out, fix, link, mend } = named;
            let link = link.map(str::to_owned);
            let told = |all: Vec<String>| all.into_iter().filter(|text| !text.is_empty()).collect();
            let (proved_by, ruled_out) = (told(proved_by), told(ruled_out));
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
    if seen.env.secret().is_none() {
        open.push(format!(
            "No {} was found in the env files, so no delivery could be signed. If it comes from somewhere else, run this \
             where it is set.",
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
            "{} on Polar have the route {}, and neither the secret nor an address in the env file tells which one is this \
             project's. Write its address into the env file, or run this with the project opened in the window.",
            super::seen::counted(seen.polar.alike, "endpoint"),
            seen.route
        ));
    }
    if let Some(handler) = &seen.handler
        && !handler.accepts()
        && let Some(answer) = handler.first()
    {
        open.push(format!(
            "Your app {} to a delivery that is signed with {} as it stands in the env file. Whether it verifies with \
             another secret, or something before the handler refuses it, cannot be told from outside. Log what your \
             handler catches, and the length of the secret that it reads ({} characters here).",
            answer.told(),
            seen.env.secret_name,
            seen.env.secret().map_or(0, |secret| secret.expose().chars().count())
        ));
    }
    if let Some(public) = &seen.public
        && !public.answer.is_success()
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
