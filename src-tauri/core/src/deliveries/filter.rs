//! Finds deliveries by event, outcome and text, quickly enough to do it anew with each key that is pressed.

use std::{fmt::Write as _, num::NonZero, panic::resume_unwind, thread};

use regex::bytes::{Regex, RegexBuilder};

use super::store::{Entry, Verified};
use crate::setup::view::{DeliveryFilter, DeliveryOutcome};

/// Longer texts, in bytes, are cut: nobody types them.
const LONGEST: usize = 1000;

/// Fewer deliveries than this are not shared out to threads.
const WORTH_A_THREAD: usize = 2000;

/// What a filter looks at.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The event type.
    pub event_type: &'a str,
    /// `webhook-id`; empty without one.
    pub webhook_id: &'a str,
    /// Whether its signature is right.
    pub verified: bool,
    /// What the app did.
    pub app: AppOutcome,
    /// The body.
    pub body: &'a [u8],
}

/// What the app did with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppOutcome {
    /// Nothing yet.
    Waiting,
    /// It answered 2xx.
    Fine,
    /// It answered otherwise, or not at all.
    Failed,
    /// It has not got it: it was held.
    Held,
}

impl AppOutcome {
    /// By the app's status; `None`: it did not answer.
    #[must_use]
    pub const fn of(status: Option<u16>) -> Self {
        if matches!(status, Some(200..=299)) { Self::Fine } else { Self::Failed }
    }
}

impl<'a> Facts<'a> {
    /// The facts of a kept delivery, whose event type and `webhook-id` the caller has read.
    #[must_use]
    pub fn of(entry: &'a Entry, event_type: &'a str, webhook_id: &'a str) -> Self {
        let app = match &entry.outcome {
            Some(outcome) => AppOutcome::of(outcome.status),
            None if entry.held => AppOutcome::Held,
            None => AppOutcome::Waiting,
        };
        let verified = matches!(entry.verified, Verified::By(_));
        Self { event_type, webhook_id, verified, app, body: &entry.captured.body }
    }
}

/// A filter made ready.
#[derive(Debug, Clone)]
pub struct Filter {
    events: Vec<Event>,
    signature: Vec<bool>,
    app: Vec<AppOutcome>,
    text: Option<Regex>,
}

#[derive(Debug, Clone)]
enum Event {
    Exactly(String),
    Beginning(String),
}

impl Filter {
    /// Makes it ready.
    #[must_use]
    pub fn new(wanted: &DeliveryFilter) -> Self {
        let events = wanted.events.iter().map(|event| match event.strip_suffix('*') {
            Some(beginning) => Event::Beginning(beginning.to_owned()),
            None => Event::Exactly(event.clone()),
        });
        let mut filter =
            Self { events: events.collect(), signature: Vec::new(), app: Vec::new(), text: text(&wanted.text) };
        for outcome in &wanted.outcomes {
            match outcome {
                DeliveryOutcome::Verified => filter.signature.push(true),
                DeliveryOutcome::SignatureRefused => filter.signature.push(false),
                DeliveryOutcome::AppFine => filter.app.push(AppOutcome::Fine),
                DeliveryOutcome::AppFailed => filter.app.push(AppOutcome::Failed),
                DeliveryOutcome::Held => filter.app.push(AppOutcome::Held),
            }
        }
        filter
    }

    /// Whether it takes all.
    #[must_use]
    pub const fn takes_all(&self) -> bool {
        self.events.is_empty() && self.signature.is_empty() && self.app.is_empty() && self.text.is_none()
    }

    /// The places of those that it takes, in order. A text is looked for by all processors at once; it blocks.
    #[must_use]
    pub fn places<T: Sync>(&self, rows: &[T], facts: impl Fn(&T) -> Facts<'_> + Sync) -> Vec<usize> {
        let processors = if self.text.is_some() { thread::available_parallelism().map_or(1, NonZero::get) } else { 1 };
        let share = rows.len().div_ceil(processors).max(WORTH_A_THREAD);
        // A regex hands out its working memory per thread; each has its own copy, so that none waits for it.
        let search = |filter: &Self, first: usize, rows: &[T]| -> Vec<usize> {
            let taken = rows.iter().enumerate().filter(|(_, row)| filter.takes(&facts(row)));
            taken.map(|(at, _)| first + at).collect()
        };
        let search = &search;
        thread::scope(|scope| {
            let mut shares = rows.chunks(share).enumerate().map(|(at, rows)| (at * share, rows));
            let own = shares.next();
            let others: Vec<_> = shares
                .map(|(first, rows)| {
                    let filter = self.clone();
                    scope.spawn(move || search(&filter, first, rows))
                })
                .collect();
            let mut places = own.map(|(first, rows)| search(self, first, rows)).unwrap_or_default();
            for other in others {
                places.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            places
        })
    }

    /// Whether it takes this delivery.
    #[must_use]
    pub fn takes(&self, facts: &Facts<'_>) -> bool {
        // What costs least comes first.
        (self.signature.is_empty() || self.signature.contains(&facts.verified))
            && (self.app.is_empty() || self.app.contains(&facts.app))
            && (self.events.is_empty() || self.events.iter().any(|event| event.is(facts.event_type)))
            && self.text.as_ref().is_none_or(|text| {
                text.is_match(facts.event_type.as_bytes())
                    || text.is_match(facts.webhook_id.as_bytes())
                    || text.is_match(facts.body)
            })
    }
}

impl Event {
    fn is(&self, event_type: &str) -> bool {
        match self {
            Self::Exactly(name) => name == event_type,
            Self::Beginning(beginning) => event_type.starts_with(beginning.as_str()),
        }
    }
}

/// The text as a pattern; letters beyond ASCII also as JSON may write them (`\u00e9`). `None`: no text.
fn text(text: &str) -> Option<Regex> {
    let text = text.trim();
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    if text.is_empty() {
        return None;
    }
    let mut pattern = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            pattern.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
            continue;
        }
        let _ = write!(pattern, "(?:{c}");
        // Capital and small letters have escapes of their own.
        let other = [c.to_lowercase().collect(), c.to_uppercase().collect::<String>()];
        for spelled in [c.to_string()].iter().chain(&other) {
            pattern.push('|');
            for unit in spelled.encode_utf16() {
                let _ = write!(pattern, "\\\\u{unit:04x}");
            }
        }
        pattern.push(')');
    }
    RegexBuilder::new(&pattern).case_insensitive(true).size_limit(64 << 20).build().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts(body: &str) -> Facts<'_> {
        Facts {
            event_type: "order.paid",
            webhook_id: "msg_Ab12",
            verified: true,
            app: AppOutcome::Fine,
            body: body.as_bytes(),
        }
    }

    fn wanted(events: &[&str], outcomes: &[DeliveryOutcome], text: &str) -> Filter {
        let events = events.iter().map(|event| (*event).to_owned()).collect();
        Filter::new(&DeliveryFilter { events, outcomes: outcomes.to_vec(), text: text.into() })
    }

    #[test]
    fn all_that_is_asked_for_must_be_met() {
        use DeliveryOutcome::{AppFailed, AppFine, Held, SignatureRefused, Verified};
        let fine = facts("{}");
        let failed = Facts { app: AppOutcome::Failed, ..fine };
        let forged = Facts { verified: false, ..failed };
        let held = Facts { app: AppOutcome::Held, event_type: "order.created", ..fine };
        let waiting = Facts { app: AppOutcome::Waiting, event_type: "refund.created", ..fine };
        let all = [fine, failed, forged, held, waiting];
        for (events, outcomes, expected) in [
            (&[][..], &[][..], [true; 5]),
            (&["order.paid"], &[], [true, true, true, false, false]),
            (&["order.*"], &[], [true, true, true, true, false]),
            (&["refund.created", "order.created"], &[], [false, false, false, true, true]),
            (&["order"], &[], [false; 5]),
            (&[], &[Verified], [true, true, false, true, true]),
            (&[], &[SignatureRefused], [false, false, true, false, false]),
            (&[], &[Verified, SignatureRefused], [true; 5]),
            (&[], &[AppFine], [true, false, false, false, false]),
            (&[], &[AppFailed, Held], [false, true, true, true, false]),
            (&[], &[AppFailed, Verified], [false, true, false, false, false]),
            (&["order.created"], &[AppFailed, Verified], [false; 5]),
        ] {
            let filter = wanted(events, outcomes, "");
            assert_eq!(all.each_ref().map(|facts| filter.takes(facts)), expected, "{events:?} {outcomes:?}");
            assert_eq!(filter.takes_all(), events.is_empty() && outcomes.is_empty());
        }
    }

    #[test]
    fn text_is_found_in_id_type_and_body_whatever_the_case() {
        let body = facts(r#"{"name":"Zoë (50 %)","city":"Z\u00fcrich \uD83D\uDE00"}"#);
        for (text, found) in [
            ("AB12", true),
            ("ORDER.PAID", true),
            ("zoë", true),
            ("ZOË (50", true),
            (" zoë  ", true),
            ("zürich", true),
            ("ZÜRICH", true),
            ("😀", true),
            ("order+paid", false),
            (".*", false),
            ("zoe", false),
            ("paid msg", false),
            ("", true),
        ] {
            assert_eq!(wanted(&[], &[], text).takes(&body), found, "{text}");
        }
        assert!(!wanted(&[], &[], &"ß😀".repeat(9999)).takes(&body));
    }

    fn body_only(row: &String) -> Facts<'_> {
        Facts { event_type: "", webhook_id: "", verified: true, app: AppOutcome::Fine, body: row.as_bytes() }
    }

    proptest! {
        #[test]
        fn it_finds_what_a_plain_search_finds(body in any::<String>(), text in "[a-zA-Z\\\\.*{\"]{1,3}") {
            let plain = body.to_ascii_lowercase().contains(&text.to_ascii_lowercase());
            let facts = Facts { event_type: "", webhook_id: "", ..facts(&body) };
            // K and ſ stand for k and s too.
            prop_assume!(!body.contains(['\u{212a}', '\u{17f}']));
            prop_assert_eq!(wanted(&[], &[], &text).takes(&facts), plain);
        }

        #[test]
        fn shared_out_it_finds_the_same(bodies in proptest::collection::vec(0_u8..4, 0..9000), text in "[0-3]?") {
            let filter = wanted(&[], &[], &text);
            let rows: Vec<String> = bodies.iter().map(ToString::to_string).collect();
            let plain: Vec<usize> = (0..rows.len()).filter(|at| filter.takes(&body_only(&rows[*at]))).collect();
            prop_assert_eq!(filter.places(&rows, body_only), plain);
        }

        #[test]
        fn what_stands_in_the_body_is_found(before in any::<String>(), text in "\\PC{1,20}", after in any::<String>()) {
            prop_assume!(!text.trim().is_empty());
            let body = format!("{before}{text}{after}");
            prop_assert!(wanted(&[], &[], &text).takes(&facts(&body)));
        }
    }
}
