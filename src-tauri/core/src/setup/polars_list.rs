//! Next to Polar's own view: its deliveries list is fetched on request and matched with what arrived here.

use std::collections::{HashMap, HashSet};

use time::{Duration, OffsetDateTime};
use tokio::sync::oneshot;

use super::{
    IntentError, Setup,
    inspector::masked,
    view::{
        ArrivedHere, DeliveryState, FindingCount, ListFinding, ListSpan, PolarsAttempt, PolarsList, PolarsListRow,
        PublicWay,
    },
};
use crate::{
    SecretText,
    moment::milliseconds,
    polar::{
        ApiError, Client, clock,
        delivery::{Attempt, Wanted},
        endpoint::Endpoint,
        event::catalogue,
        matching::{Arrival, Finding, Outcome, PolarAttempt, PolarSide, Row, Way, side_by_side},
    },
    receiver::Receiver,
};

/// The most pages of Polar's list that are fetched: five hundred attempts.
const MOST_PAGES: u32 = 5;
/// The most events that are shown.
const MOST_ROWS: usize = 1_000;
/// An attempt gets into Polar's list when it is over, so what arrived just before the span may stand in it.
const SLACK: Duration = Duration::seconds(30);

/// What is asked of whom.
struct Order {
    client: Client,
    endpoints: Vec<String>,
    receiver: Option<Receiver>,
    way: PublicWay,
    recorded_since: OffsetDateTime,
    keeps: bool,
}

/// What arrived here, and what is known of it besides.
struct Here {
    arrivals: Vec<Arrival>,
    types: HashMap<u32, String>,
    /// Since when all that arrived is known.
    since: OffsetDateTime,
}

impl Setup {
    /// Polar's deliveries list for this project's endpoint beside what arrived here. A newer question ends an older one.
    ///
    /// # Errors
    /// There is no token or no endpoint yet, Polar refuses or is not reached, or it was cancelled.
    pub async fn polars_list(&self, span: ListSpan) -> Result<PolarsList, IntentError> {
        let order = self.order()?;
        let (cancel, cancelled) = oneshot::channel();
        let before = self.lock().listing.replace(cancel);
        drop(before);
        let mut found = tokio::select! {
            listed = listed(&order, span) => listed?,
            _ = cancelled => return Err(IntentError::NotYet("Polar's list was not waited for.".into())),
        };
        hide(&mut found, &self.secrets());
        Ok(found)
    }

    /// Ends what [`Self::polars_list`] waits for.
    pub fn cancel_polars_list(&self) {
        let listing = self.lock().listing.take();
        drop(listing);
    }

    fn order(&self) -> Result<Order, IntentError> {
        let state = self.lock();
        let not_yet = |what: &str| Err(IntentError::NotYet(what.to_owned()));
        let Some(client) = state.client() else {
            return not_yet("Polar can only be asked with an access token: enter one under Access token.");
        };
        let Some(endpoint) = state.remembered.endpoint_id.clone() else {
            return not_yet(
                "This project has no webhook endpoint yet, so Polar has no list: \"Write and verify\" makes one.",
            );
        };
        Ok(Order {
            client,
            endpoints: std::iter::once(endpoint).chain(state.remembered.replaces.clone()).collect(),
            receiver: state.public.receiver.clone(),
            way: state.public.way,
            recorded_since: state.recorded_since,
            keeps: state.kept.is_some(),
        })
    }
}

/// Takes the secrets out of what others wrote.
fn hide(list: &mut PolarsList, secrets: &[SecretText]) {
    let rows = list.rows.iter_mut().flat_map(|row| [&mut row.webhook_id, &mut row.event_type, &mut row.sentence]);
    for text in rows.chain([&mut list.endpoint_url]) {
        *text = masked(std::mem::take(text), secrets);
    }
}

async fn listed(order: &Order, span: ListSpan) -> Result<PolarsList, IntentError> {
    let said = |error: &ApiError| IntentError::Invalid(format!("{error} {}", error.fix()));
    let known = order.client.endpoints().await.map_err(|error| said(&error))?;
    let mine = |endpoint: &&Endpoint| order.endpoints.contains(&endpoint.id);
    let Some(endpoint) = known.iter().find(|endpoint| endpoint.id == order.endpoints[0]) else {
        return Err(IntentError::NotYet(
            "This project's webhook endpoint is no longer on Polar, and its list went with it: \"Write and verify\" makes it again.".into(),
        ));
    };
    // One that is gone would be refused by name.
    let endpoints = known.iter().filter(mine).map(|endpoint| endpoint.id.clone()).collect();
    let ahead = Duration::seconds(clock::ahead_of(order.client.environment()).unwrap_or_default());
    let now = OffsetDateTime::now_utc();
    let since = now
        - match span {
            ListSpan::Hour => Duration::HOUR,
            ListSpan::Day => Duration::DAY,
            ListSpan::Week => Duration::WEEK,
        };
    let wanted = Wanted { endpoints, since: Some(since - ahead) };
    let (attempts, more) = order.client.newest_attempts(&wanted, MOST_PAGES).await.map_err(|error| said(&error))?;
    // Where Polar's list was not read to its end, ours is not either.
    let oldest = attempts.last().map(|attempt| attempt.created_at + ahead);
    let since = if more { oldest.unwrap_or(since) } else { since };
    let here = here(order, since, &attempts);
    let rows = side_by_side(&attempts, &here.arrivals, Some(here.since - ahead));
    let mut counts: Vec<FindingCount> = Vec::new();
    for finding in rows.iter().map(|row| code(&row.finding)) {
        match counts.iter_mut().find(|known| known.finding == finding) {
            Some(known) => known.count += 1,
            None => counts.push(FindingCount { finding, count: 1 }),
        }
    }
    Ok(PolarsList {
        fetched_at: milliseconds(now),
        since: milliseconds(since),
        endpoint_url: endpoint.url.clone(),
        notes: notes(order, endpoint, ahead),
        attempts: u32::try_from(attempts.len()).unwrap_or(u32::MAX),
        more,
        counts,
        rows_in_all: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        rows: rows.iter().take(MOST_ROWS).map(|row| shown(row, &here.types)).collect(),
    })
}

/// What arrived in that time, and all attempts at the events in Polar's list.
fn here(order: &Order, since: OffsetDateTime, attempts: &[Attempt]) -> Here {
    let mut here = Here { arrivals: Vec::new(), types: HashMap::new(), since: order.recorded_since };
    let Some(receiver) = &order.receiver else { return here };
    let listed: HashSet<&str> = attempts.iter().map(|attempt| attempt.webhook_event.id.as_str()).collect();
    let from = milliseconds(since - SLACK);
    receiver.read(|all, counts| {
        let oldest = all.front().map(|oldest| oldest.view.received_at);
        let oldest = oldest.and_then(|at| OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000).ok());
        if let Some(oldest) = oldest {
            if order.keeps {
                here.since = here.since.min(oldest);
            }
            if counts.dropped > 0 {
                here.since = here.since.max(oldest);
            }
        }
        for one in all {
            let view = &one.view;
            let wanted = view.received_at >= from || view.webhook_id.as_deref().is_some_and(|id| listed.contains(id));
            // Deliveries by the endpoint's address are all that the receiver gets.
            if let Some(arrival) =
                wanted.then(|| Arrival::of(one, if one.view.relayed { Way::Relay } else { Way::Endpoint })).flatten()
            {
                if !listed.contains(arrival.webhook_id.as_str()) {
                    here.types.insert(view.number, view.event_type.clone());
                }
                here.arrivals.push(arrival);
            }
        }
    });
    here
}

/// What the list cannot tell: an event that Polar had no reason to send is not in it.
fn notes(order: &Order, endpoint: &Endpoint, ahead: Duration) -> Vec<String> {
    let mut notes = Vec::new();
    if !endpoint.enabled {
        notes.push("Polar has switched the endpoint off: nothing is sent to it.".to_owned());
    }
    if order.way == PublicWay::OwnUrl {
        notes.push("Polar delivers to an address of your own, past this window: what your app answered there only Polar's side tells.".to_owned());
    }
    let all: Vec<&str> = catalogue().types().collect();
    let never = all.iter().filter(|event| !endpoint.events.iter().any(|chosen| chosen == **event)).count();
    if never > 0 {
        notes.push(format!(
            "The endpoint takes {} of Polar's {} events; the other {never} are never sent to it and are in neither list.",
            all.len() - never,
            all.len()
        ));
    }
    if ahead.whole_seconds() != 0 {
        let way = if ahead.is_positive() { "ahead of" } else { "behind" };
        let seconds = ahead.whole_seconds().unsigned_abs();
        notes.push(format!(
            "This machine's clock is {seconds} s {way} Polar's, so the two sides' times differ by that."
        ));
    }
    notes
}

fn shown(row: &Row, types: &HashMap<u32, String>) -> PolarsListRow {
    let of_type = || row.here.last().and_then(|arrival| types.get(&arrival.number).cloned());
    PolarsListRow {
        webhook_id: row.webhook_id.clone(),
        event_type: row.event_type.clone().or_else(of_type).unwrap_or_default(),
        polar: row.polar.as_ref().map(|polar| {
            let attempt = |attempt: &PolarAttempt| PolarsAttempt {
                at: milliseconds(attempt.at),
                http_code: attempt.http_code,
                succeeded: attempt.succeeded,
            };
            polar.attempts.iter().map(attempt).collect()
        }),
        here: row.here.iter().map(arrived).collect(),
        finding: code(&row.finding),
        sentence: row.finding.sentence(),
        can_redeliver: row.polar.as_ref().is_some_and(|polar| can_redeliver(polar, &row.finding)),
    }
}

fn arrived(arrival: &Arrival) -> ArrivedHere {
    let (outcome, app_status) = match &arrival.outcome {
        Outcome::Answered(status @ 200..=299) => (DeliveryState::Accepted, Some(*status)),
        Outcome::Answered(status) => (DeliveryState::Refused, Some(*status)),
        Outcome::NoAnswer(_) => (DeliveryState::NoAnswer, None),
        Outcome::TurnedAway(_) => (DeliveryState::TurnedAway, None),
        Outcome::Held => (DeliveryState::Held, None),
        Outcome::Open => (DeliveryState::Waiting, None),
    };
    ArrivedHere { number: arrival.number, at: milliseconds(arrival.at), outcome, app_status }
}

/// Whether the app here has not got it, so that one more delivery is of use.
fn can_redeliver(polar: &PolarSide, finding: &Finding) -> bool {
    let lost = match finding {
        Finding::NeverSent
        | Finding::NotArrived(_)
        | Finding::AcceptedElsewhere
        | Finding::ByRelayOnly
        | Finding::RefusedByApp(_)
        | Finding::RefusedBefore(_) => true,
        Finding::BeforeRecord => polar.succeeded != Some(true),
        Finding::Fine | Finding::Open | Finding::Held | Finding::AnswerLost | Finding::OnlyHere => false,
    };
    lost && !polar.skipped
}

const fn code(finding: &Finding) -> ListFinding {
    match finding {
        Finding::Fine => ListFinding::Fine,
        Finding::Open => ListFinding::Open,
        Finding::Held => ListFinding::Held,
        Finding::NeverSent => ListFinding::NeverSent,
        Finding::NotArrived(_) => ListFinding::NotArrived,
        Finding::AcceptedElsewhere => ListFinding::AcceptedElsewhere,
        Finding::ByRelayOnly => ListFinding::ByRelayOnly,
        Finding::RefusedByApp(_) => ListFinding::RefusedByApp,
        Finding::RefusedBefore(_) => ListFinding::RefusedBefore,
        Finding::AnswerLost => ListFinding::AnswerLost,
        Finding::BeforeRecord => ListFinding::BeforeRecord,
        Finding::OnlyHere => ListFinding::OnlyHere,
    }
}
