//! Polar's deliveries list and what arrived here, side by side: where the two differ, the difference has a name.

use std::collections::HashMap;

use serde::Serialize;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::delivery::Attempt;
use crate::receiver::Recorded;

/// By which way a delivery came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Polar sent it to the endpoint's address.
    Endpoint,
    /// By the relay, which has ids of its own and no place in Polar's list.
    Relay,
}

/// What became of a delivery here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The app answered with this status.
    Answered(u16),
    /// The app was asked and did not answer, or there is none; why.
    NoAnswer(String),
    /// The receiver refused it itself; why.
    TurnedAway(String),
    /// It is held: the app has not seen it yet.
    Held,
    /// The app has not answered yet.
    Open,
}

/// A delivery that arrived here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// `webhook-id`.
    pub webhook_id: String,
    /// Our number for it.
    pub number: u32,
    /// The digest of its body, of one that came by the relay.
    pub payload: Option<[u8; 32]>,
    /// When it arrived.
    pub at: OffsetDateTime,
    /// How it came.
    pub way: Way,
    /// What became of it.
    pub outcome: Outcome,
}

/// What Polar says of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolarSide {
    /// Its attempts, oldest first.
    pub attempts: Vec<PolarAttempt>,
    /// Whether it arrived in the end; `None`: Polar still tries.
    pub succeeded: Option<bool>,
    /// Whether Polar does not send it at all.
    pub skipped: bool,
}

/// One attempt as Polar recorded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolarAttempt {
    /// When.
    pub at: OffsetDateTime,
    /// The status it was answered with; `None`: unreachable or timed out.
    pub http_code: Option<u16>,
    /// Whether Polar takes it for success.
    pub succeeded: bool,
}

/// One event on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `webhook-id`: Polar's, else ours.
    pub webhook_id: String,
    /// The event type, where Polar's list says it.
    pub event_type: Option<String>,
    /// What Polar says; `None`: it is not in the list.
    pub polar: Option<PolarSide>,
    /// What arrived here, oldest first.
    pub here: Vec<Arrival>,
    /// What the two together say.
    pub finding: Finding,
}

/// What Polar's list and ours together say of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Sent, arrived, accepted.
    Fine,
    /// It is not over yet.
    Open,
    /// It is held here.
    Held,
    /// Polar did not send it to the endpoint.
    NeverSent,
    /// Polar sent it; it did not arrive here. The last status that Polar got instead.
    NotArrived(Option<u16>),
    /// Something accepted it, but not here.
    AcceptedElsewhere,
    /// It did not arrive by the endpoint's address, but by the relay.
    ByRelayOnly,
    /// It arrived, and the app refused it with this status.
    RefusedByApp(u16),
    /// It arrived, and did not get as far as an answer of the app; why.
    RefusedBefore(String),
    /// The app accepted it, but Polar did not get the answer.
    AnswerLost,
    /// Polar sent it before the record here begins.
    BeforeRecord,
    /// It is not in Polar's list: older than the list, of another endpoint, or not from Polar.
    OnlyHere,
}

impl Finding {
    /// It in words.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Fine => "Polar sent it and your app accepted it.".into(),
            Self::Open => "It is under way.".into(),
            Self::Held => "It is held here: your app has not seen it yet.".into(),
            Self::NeverSent => {
                "Polar did not send it to the endpoint: the endpoint was disabled or does not take this event.".into()
            }
            Self::NotArrived(None) => {
                "Polar sent it, but it did not arrive here: nothing answered at the endpoint's address in time.".into()
            }
            Self::NotArrived(Some(status)) => format!(
                "Polar sent it, but it did not arrive here: something before this machine answered {status}. Was the tunnel up?"
            ),
            Self::AcceptedElsewhere => {
                "Polar sent it and it was accepted, but not here: another machine or an earlier run answers at the endpoint's address.".into()
            }
            Self::ByRelayOnly => "It came by the relay; to the endpoint's address Polar could not deliver it.".into(),
            Self::RefusedByApp(status) => format!("It arrived, and your app refused it with {status}."),
            Self::RefusedBefore(why) => format!("It arrived here, but your app did not answer it: {why}"),
            Self::AnswerLost => {
                "Your app accepted it, but Polar did not get the answer: it came too late or was lost on the way back.".into()
            }
            Self::BeforeRecord => {
                "Polar sent it before the record here begins: before Polar Setup was started, or its list emptied.".into()
            }
            Self::OnlyHere => {
                "Polar's list does not have it: it is older than the list, of another endpoint, or not from Polar.".into()
            }
        }
    }
}

impl Arrival {
    /// Of a delivery as the receiver recorded it; `None`: a test, a replay, or one without a `webhook-id`.
    #[must_use]
    pub fn of(recorded: &Recorded, way: Way) -> Option<Self> {
        let view = &recorded.view;
        if view.test || view.replay_of.is_some() {
            return None;
        }
        let outcome = match (view.app_status, &view.app_problem, &view.turned_away) {
            (_, _, Some(why)) => Outcome::TurnedAway(why.clone()),
            _ if view.held => Outcome::Held,
            (Some(status), ..) => Outcome::Answered(status),
            (None, Some(why), _) => Outcome::NoAnswer(why.clone()),
            (None, None, None) => Outcome::Open,
        };
        let captured = recorded.captured.as_ref().filter(|_| way == Way::Relay);
        Some(Self {
            webhook_id: view.webhook_id.clone()?,
            number: view.number,
            payload: captured.map(|captured| digest(&captured.body)),
            at: OffsetDateTime::from_unix_timestamp_nanos(i128::from(view.received_at) * 1_000_000).ok()?,
            way,
            outcome,
        })
    }

    fn accepted(&self) -> bool {
        matches!(self.outcome, Outcome::Answered(200..=299))
    }
}

/// What two bodies are compared by.
#[must_use]
pub fn digest(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

/// Both sides of every event, newest first. Deliveries belong together by their `webhook-id`; those of the relay, which
/// has other ids, by their body. What did not arrive is no gap where all attempts were made before `recorded_since`, by
/// Polar's clock.
#[must_use]
pub fn side_by_side(attempts: &[Attempt], arrivals: &[Arrival], recorded_since: Option<OffsetDateTime>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    let mut by_payload: HashMap<[u8; 32], usize> = HashMap::new();
    for attempt in attempts {
        let event = &attempt.webhook_event;
        let at = *by_id.entry(&event.id).or_insert_with(|| {
            rows.push(Row {
                webhook_id: event.id.clone(),
                event_type: Some(event.event_type.clone()),
                polar: Some(PolarSide { attempts: Vec::new(), succeeded: event.succeeded, skipped: event.skipped }),
                here: Vec::new(),
                finding: Finding::Open,
            });
            rows.len() - 1
        });
        if let Some(payload) = &event.payload {
            by_payload.entry(digest(payload.as_bytes())).or_insert(at);
        }
        if let Some(polar) = &mut rows[at].polar {
            let Attempt { created_at, http_code, succeeded, .. } = *attempt;
            polar.attempts.push(PolarAttempt { at: created_at, http_code, succeeded });
        }
    }
    for arrival in arrivals {
        let same_body = || arrival.payload.filter(|_| arrival.way == Way::Relay).and_then(|p| by_payload.get(&p));
        let known = by_id.get(arrival.webhook_id.as_str()).or_else(same_body).copied();
        let at = known.unwrap_or_else(|| {
            rows.push(Row {
                webhook_id: arrival.webhook_id.clone(),
                event_type: None,
                polar: None,
                here: Vec::new(),
                finding: Finding::OnlyHere,
            });
            by_id.insert(&arrival.webhook_id, rows.len() - 1);
            rows.len() - 1
        });
        rows[at].here.push(arrival.clone());
    }
    for row in &mut rows {
        row.here.sort_by_key(|arrival| arrival.at);
        if let Some(polar) = &mut row.polar {
            polar.attempts.sort_by_key(|attempt| attempt.at);
        }
        row.finding = find(row.polar.as_ref(), &row.here, recorded_since);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(newest(row)));
    rows
}

fn newest(row: &Row) -> Option<OffsetDateTime> {
    let polar = row.polar.as_ref().and_then(|polar| polar.attempts.last()).map(|attempt| attempt.at);
    polar.max(row.here.last().map(|arrival| arrival.at))
}

fn find(polar: Option<&PolarSide>, here: &[Arrival], recorded_since: Option<OffsetDateTime>) -> Finding {
    let last_here = here.last();
    let Some(polar) = polar else {
        let by_relay = last_here.is_some_and(|arrival| arrival.way == Way::Relay);
        return if by_relay { Finding::NeverSent } else { Finding::OnlyHere };
    };
    let arrived = polar.succeeded == Some(true) || polar.attempts.iter().any(|attempt| attempt.succeeded);
    let Some(last_here) = last_here else {
        return match polar.attempts.last() {
            Some(attempt) if recorded_since.is_some_and(|since| attempt.at < since) => Finding::BeforeRecord,
            _ if arrived => Finding::AcceptedElsewhere,
            Some(attempt) if !polar.skipped => Finding::NotArrived(attempt.http_code),
            _ => Finding::NeverSent,
        };
    };
    if !arrived && here.iter().all(|arrival| arrival.way == Way::Relay) {
        return if polar.skipped { Finding::NeverSent } else { Finding::ByRelayOnly };
    }
    if arrived && here.iter().any(Arrival::accepted) {
        return Finding::Fine;
    }
    match &last_here.outcome {
        Outcome::Held => Finding::Held,
        Outcome::Open => Finding::Open,
        Outcome::NoAnswer(why) | Outcome::TurnedAway(why) => Finding::RefusedBefore(why.clone()),
        Outcome::Answered(200..=299) => {
            // Polar records an attempt a moment after it was answered.
            let recorded = polar.attempts.len() >= here.iter().filter(|arrival| arrival.way == Way::Endpoint).count();
            if recorded { Finding::AnswerLost } else { Finding::Open }
        }
        Outcome::Answered(status) => Finding::RefusedByApp(*status),
    }
}

#[cfg(test)]
mod tests;
