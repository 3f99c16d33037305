//! The deliveries that arrived, as the window asks for them: a few rows of many, one with everything, and what can be done
//! with it.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt::Write,
};

use bytes::Bytes;
use serde::Deserialize;

use super::{
    Copied, IntentError, Setup,
    differences::OnPolar,
    view::{
        AnswerView, DeliveriesPage, DeliveryDetail, DeliveryQuery, DeliveryRow, DeliveryState, DeliveryView,
        HeaderView, SdkView,
    },
};
use crate::{
    SecretText,
    deliveries::{
        Captured,
        curl::curl,
        explain::{Known, KnownSecret, explain},
        filter::{AppOutcome, Facts, Filter},
    },
    polar::clock,
    receiver::{AppAnswer, Counts, Receiver, Recorded},
};

/// How many bytes are shown one by one.
const DUMPED: usize = 64 * 1024;
/// The most rows that one question gets.
const MOST_ROWS: u32 = 1_000;

/// What of a delivery goes to the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryPart {
    /// The body.
    Body,
    /// A `curl` command that sends it to the app again.
    Curl,
}

impl Setup {
    /// The rows that a list shows.
    #[must_use]
    pub fn deliveries(&self, query: &DeliveryQuery) -> DeliveriesPage {
        let receiver = self.lock().public.receiver.clone();
        let Some(receiver) = receiver else { return DeliveriesPage::default() };
        let page = receiver.read(|all, counts| page(all, counts, query));
        DeliveriesPage { events: receiver.event_types(), ..page }
    }

    /// One delivery with everything.
    ///
    /// # Errors
    /// It is not kept any more.
    pub fn delivery(&self, number: u32) -> Result<DeliveryDetail, IntentError> {
        let receiver = self.receiver()?;
        let secrets = self.secrets();
        let mut detail = receiver.read(|all, _| detail(all, number, &secrets)).ok_or_else(gone)?;
        if let Some(captured) = receiver.recorded(number).and_then(|recorded| recorded.captured) {
            let (known, sdk) = self.known_secrets();
            let clock_ahead = self.lock().account.server.as_ref().and_then(clock::ahead_of);
            detail.signature = Some(explain(&captured, &Known { secrets: &known, clock_ahead, sdk: sdk.as_ref() }));
        }
        Ok(detail)
    }

    /// Sends a delivery to the app again, edited or as it was, signed anew.
    ///
    /// # Errors
    /// It is not kept any more, or nothing can be signed.
    pub fn replay(&self, number: u32, body: Option<String>) -> Result<u32, IntentError> {
        let receiver = self.receiver()?;
        receiver.replay(number, body.map(Bytes::from)).map_err(|error| IntentError::Invalid(error.to_string()))
    }

    /// Asks Polar to deliver an event once more.
    ///
    /// # Errors
    /// There is no token, the delivery has no id, or Polar refuses.
    pub async fn redeliver(&self, number: u32) -> Result<(), IntentError> {
        let recorded = self.receiver()?.recorded(number).ok_or_else(gone)?;
        let id = recorded.view.webhook_id.ok_or_else(|| {
            IntentError::Invalid("This delivery has no webhook-id, so Polar does not know it.".into())
        })?;
        self.redeliver_event(&id).await
    }

    /// The same for an event that Polar's list has, by its id.
    ///
    /// # Errors
    /// There is no token, or Polar refuses.
    pub async fn redeliver_event(&self, id: &str) -> Result<(), IntentError> {
        let client = self.lock().client().ok_or_else(|| {
            IntentError::NotYet("Polar can only be asked with an access token: enter one under Token.".into())
        })?;
        client.redeliver(id).await.map_err(|error| IntentError::Invalid(format!("{error} {}", error.fix())))
    }

    /// A part of a delivery, for the clipboard.
    ///
    /// # Errors
    /// It is not kept any more.
    pub fn delivery_part(&self, number: u32, part: DeliveryPart) -> Result<Copied, IntentError> {
        let captured = self.receiver()?.recorded(number).ok_or_else(gone)?.captured.ok_or_else(gone)?;
        let text = match part {
            DeliveryPart::Body => masked(String::from_utf8_lossy(&captured.body).into_owned(), &self.secrets()),
            DeliveryPart::Curl => curl(&captured, &self.app_url(&captured)),
        };
        Ok(Copied { text: SecretText::new(text), secret: false })
    }

    pub(super) fn receiver(&self) -> Result<Receiver, IntentError> {
        let receiver = self.lock().public.receiver.clone();
        receiver.ok_or_else(|| IntentError::NotYet("Choose a project folder first: then the receiver runs.".into()))
    }

    /// What must not be shown, should it stand in a delivery.
    pub(super) fn secrets(&self) -> Vec<SecretText> {
        let state = self.lock();
        let token = state.account.token.as_ref().map(|token| token.secret().clone());
        let secrets = [token, state.webhook.secret.clone(), state.secret_in_file()];
        secrets.into_iter().flatten().filter(|secret| !secret.expose().is_empty()).collect()
    }

    /// The app's own secret first, then others that may have signed; and the app's SDK.
    fn known_secrets(&self) -> (Vec<KnownSecret>, Option<SdkView>) {
        let state = self.lock();
        let mut known: Vec<KnownSecret> = Vec::new();
        let mut add = |title: String, secret: Option<SecretText>| {
            if let Some(secret) = secret
                && !known.iter().any(|known| known.secret == secret)
            {
                known.push(KnownSecret { title, secret });
            }
        };
        add(state.env_file(), state.secret_in_file());
        add("this setup".into(), state.webhook.secret.clone());
        if let OnPolar::Found(endpoint, _) = &state.on_polar {
            add(format!("the endpoint {}", endpoint.url), endpoint.secret.clone());
        }
        (known, state.project.found.as_ref().and_then(|project| project.sdk.clone()))
    }

    fn app_url(&self, captured: &Captured) -> String {
        format!("http://localhost:{}{}", self.lock().port(), captured.target)
    }
}

fn gone() -> IntentError {
    IntentError::NotYet("This delivery is no longer kept.".into())
}

fn outcome(view: &DeliveryView) -> DeliveryState {
    match view {
        DeliveryView { turned_away: Some(_), .. } => DeliveryState::TurnedAway,
        DeliveryView { held: true, .. } => DeliveryState::Held,
        DeliveryView { app_status: Some(200..=299), .. } => DeliveryState::Accepted,
        DeliveryView { app_status: Some(_), .. } => DeliveryState::Refused,
        DeliveryView { app_problem: Some(_), .. } => DeliveryState::NoAnswer,
        _ => DeliveryState::Waiting,
    }
}

fn row(view: &DeliveryView, attempts: u32, older: bool) -> DeliveryRow {
    DeliveryRow {
        number: view.number,
        received_at: view.received_at,
        event_type: view.event_type.clone(),
        verified: view.verified,
        problem: view.turned_away.clone().or_else(|| view.problem.clone()),
        outcome: outcome(view),
        app_status: view.app_status,
        app_ms: view.app_ms,
        app_problem: view.app_problem.clone(),
        attempt: view.attempt,
        attempts,
        older,
        test: view.test,
        replay_of: view.replay_of,
        relayed: view.relayed,
    }
}

/// One line of the list for each event, by its newest attempt; those before it only where they are unfolded.
fn page(all: &VecDeque<Recorded>, counts: Counts, query: &DeliveryQuery) -> DeliveriesPage {
    let filter = Filter::new(&query.filter);
    let unfolded = attempts_before(all, &query.unfolded);
    let end = query.offset.saturating_add(query.limit.min(MOST_ROWS));
    let (mut rows, mut count) = (Vec::new(), 0u32);
    let mut add = |one: &Recorded| {
        let mut line = |one: &Recorded, older| {
            if (query.offset..end).contains(&count) {
                rows.push(row(&one.view, if older { 1 } else { one.view.attempt }, older));
            }
            count += 1;
        };
        line(one, false);
        unfolded.get(&one.view.number).into_iter().flatten().for_each(|before| line(before, true));
        count
    };
    let newest = all.iter().rev().filter(|one| !one.is_older);
    if filter.takes_all() {
        // Those behind what is on screen need not be looked at to be counted.
        for one in newest {
            if add(one) >= end {
                break;
            }
        }
        count =
            count_of(all.len()) - counts.older + unfolded.values().map(|before| count_of(before.len())).sum::<u32>();
    } else {
        let newest: Vec<&Recorded> = newest.collect();
        for place in filter.places(&newest, |one| facts(one)) {
            add(newest[place]);
        }
    }
    DeliveriesPage {
        total: counts.total,
        kept: count_of(all.len()),
        dropped: counts.dropped,
        rows_in_all: count,
        offset: query.offset,
        rows,
        events: Vec::new(),
    }
}

fn facts(one: &Recorded) -> Facts<'_> {
    let view = &one.view;
    Facts {
        event_type: &view.event_type,
        webhook_id: view.webhook_id.as_deref().unwrap_or_default(),
        verified: view.verified.is_some(),
        app: match outcome(view) {
            DeliveryState::Waiting => AppOutcome::Waiting,
            DeliveryState::Accepted => AppOutcome::Fine,
            DeliveryState::Held => AppOutcome::Held,
            DeliveryState::Refused | DeliveryState::NoAnswer | DeliveryState::TurnedAway => AppOutcome::Failed,
        },
        body: one.captured.as_ref().map_or(&[], |captured| &captured.body),
    }
}

/// The attempts before each of these, newest first.
fn attempts_before<'a>(all: &'a VecDeque<Recorded>, numbers: &[u32]) -> HashMap<u32, Vec<&'a Recorded>> {
    let newest = |number: &u32| {
        let one = Recorded::find(all, *number)?;
        Some((one.view.webhook_id.as_deref()?, *number))
    };
    let ids: HashMap<&str, u32> = numbers.iter().filter_map(newest).collect();
    let mut before: HashMap<u32, Vec<&Recorded>> = HashMap::new();
    if !ids.is_empty() {
        for one in all.iter().rev().filter(|one| one.is_older) {
            if let Some(number) = one.view.webhook_id.as_deref().and_then(|id| ids.get(id)) {
                before.entry(*number).or_default().push(one);
            }
        }
    }
    before
}

fn count_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// How many events in a row were not accepted, the newest first; those that wait count neither way.
pub(super) fn failing(all: &VecDeque<Recorded>) -> u32 {
    /// Enough to warn of; more need not be counted, nor looked at.
    const MOST: usize = 100;
    const LOOKED_AT: usize = 1_000;
    let mut failed = HashSet::new();
    for view in
        all.iter().rev().take(LOOKED_AT).map(|one| &one.view).filter(|view| !view.test && view.replay_of.is_none())
    {
        match outcome(view) {
            DeliveryState::Accepted => break,
            DeliveryState::Refused | DeliveryState::NoAnswer => {
                failed.insert(view.webhook_id.as_deref().unwrap_or_default());
            }
            DeliveryState::Waiting | DeliveryState::Held | DeliveryState::TurnedAway => {}
        }
        if failed.len() == MOST {
            break;
        }
    }
    u32::try_from(failed.len()).unwrap_or(u32::MAX)
}

fn detail(all: &VecDeque<Recorded>, number: u32, secrets: &[SecretText]) -> Option<DeliveryDetail> {
    let one = Recorded::find(all, number)?;
    let is_attempt = |other: &&Recorded| other.view.webhook_id == one.view.webhook_id;
    let attempts = one.view.webhook_id.as_ref().map_or(1, |_| count_of(all.iter().filter(is_attempt).count()));
    let nothing = Bytes::new();
    let body = one.captured.as_ref().map_or(&nothing, |captured| &captured.body);
    let headers = |all: &[(String, Bytes)]| -> Vec<HeaderView> {
        let text = |value: &Bytes| masked(String::from_utf8_lossy(value).into_owned(), secrets);
        all.iter().map(|(name, value)| HeaderView { name: name.clone(), value: text(value) }).collect()
    };
    let answer = |answer: &AppAnswer| AnswerView {
        status: answer.status,
        headers: headers(&answer.headers),
        body: masked(String::from_utf8_lossy(&answer.body).into_owned(), secrets),
        size: Some(answer.size),
    };
    Some(DeliveryDetail {
        row: row(&one.view, attempts, false),
        webhook_id: one.view.webhook_id.clone(),
        method: one.captured.as_ref().map(|captured| captured.method.clone()).unwrap_or_default(),
        target: one.captured.as_ref().map(|captured| masked(captured.target.clone(), secrets)).unwrap_or_default(),
        headers: one.captured.as_ref().map(|captured| headers(&captured.headers)).unwrap_or_default(),
        body: masked(String::from_utf8_lossy(body).into_owned(), secrets),
        is_text: str::from_utf8(body).is_ok(),
        size: body.len() as u64,
        bytes: if secrets.iter().any(|secret| contains_exactly(body, secret)) {
            "A secret stands in this body, so its bytes are not shown.".to_owned()
        } else {
            dump(&body[..body.len().min(DUMPED)])
        },
        answer: one.answer.as_deref().map(answer),
        signature: None,
    })
}

fn contains_exactly(bytes: &[u8], secret: &SecretText) -> bool {
    memchr::memmem::find(bytes, secret.expose().as_bytes()).is_some()
}

pub(super) fn masked(text: String, secrets: &[SecretText]) -> String {
    secrets.iter().fold(text, |text, secret| secret.struck_from(text))
}

/// Sixteen bytes a line: where they are, as numbers, as text.
fn dump(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 5);
    for (line, chunk) in bytes.chunks(16).enumerate() {
        let _ = write!(text, "{:06x}  ", line * 16);
        for at in 0..16 {
            let _ = match chunk.get(at) {
                Some(byte) => write!(text, "{byte:02x} "),
                None => write!(text, "   "),
            };
        }
        text.push(' ');
        text.extend(chunk.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' }));
        text.push('\n');
    }
    text
}
