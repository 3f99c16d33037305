//! The causes, in the order in which a delivery meets them: Polar, the address, the app, the signature. Each is data and
//! one function that looks at what was seen; adding one touches one file and its test.

mod access;
mod app;
mod events;
mod open;
mod polar;
mod public;
mod ruled_out;
mod secret;
mod tunnel;

pub(super) use self::open::{notes, open};
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
