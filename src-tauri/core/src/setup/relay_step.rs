//! The relay as a way: Polar's own stream brings the events here, each signed anew with the project's secret.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use time::OffsetDateTime;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::Instant,
};

use super::{
    Inner, IntentError, Setup,
    view::{DeliveryFormat, PublicWay, RelayPhase, RelayView, SecretSource},
};
use crate::{
    SecretText,
    check::{
        Check, CheckState,
        relay::{RELAY, failed, opened},
    },
    receiver::Receiver,
    relay::{Gap, Listening, News, Relay, RelayState, Relayed, resign},
    webhook::signature::KeyRule,
};

/// How many events may wait for a slow app before the stream is left unread for a while.
const WAITING: usize = 1024;
/// How long an event may keep those after it waiting; the receiver gives up before.
const TURN: Duration = Duration::from_secs(15);

/// A relay that runs. Dropping it ends it.
pub(super) struct RunningRelay {
    state: watch::Receiver<RelayState>,
    _tasks: JoinSet<()>,
}

impl RunningRelay {
    /// How it stands, for the window.
    pub(super) fn view(&self) -> RelayView {
        let view = |phase, problem: Option<&String>, fix: Option<&String>| RelayView {
            phase,
            problem: problem.cloned(),
            fix: fix.cloned(),
            again_in: None,
        };
        match &*self.state.borrow() {
            RelayState::Connecting => view(RelayPhase::Connecting, None, None),
            RelayState::Connected => view(RelayPhase::Connected, None, None),
            RelayState::Reconnecting { reason, wait } => RelayView {
                again_in: Some(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX)),
                ..view(RelayPhase::Reconnecting, Some(reason), None)
            },
            RelayState::Failed { problem, fix } => view(RelayPhase::Failed, Some(problem), Some(fix)),
        }
    }
}

/// Why the relay cannot be taken with what is chosen.
pub(super) fn missing(format: DeliveryFormat, source: SecretSource) -> Option<&'static str> {
    if format != DeliveryFormat::Raw {
        return Some("The relay brings raw deliveries only: choose the raw format, or another way.");
    }
    (source == SecretSource::Polar).then_some(
        "Polar makes a secret only with an endpoint, which the relay does without: choose one generated here, or another way.",
    )
}

impl Setup {
    /// Begins to listen to Polar's stream.
    ///
    /// # Errors
    /// No project is open, no token is accepted, or the organization is not known.
    pub fn start_relay(&self) -> Result<(), IntentError> {
        if self.folder().is_none() {
            return Err(IntentError::NotYet("Choose a project folder first.".into()));
        }
        self.start_receiver();
        let (client, organization, receiver, is_running) = {
            let state = self.lock();
            let account = state.account.account.as_ref();
            let organization = account.and_then(|account| account.organization.id.clone());
            let failed = |relay: &RunningRelay| matches!(&*relay.state.borrow(), RelayState::Failed { .. });
            (
                state.client().filter(|_| account.is_some()),
                organization.or_else(|| state.remembered.organization_id.clone()),
                state.public.receiver.clone(),
                state.public.relay.as_ref().is_some_and(|relay| !failed(relay)),
            )
        };
        if is_running {
            return Ok(());
        }
        let client = client.ok_or_else(|| IntentError::NotYet("Paste an access token first.".into()))?;
        let organization = organization.ok_or_else(|| {
            IntentError::Invalid(
                "The token does not tell its organization. Make one with organizations:read and webhooks:read.".into(),
            )
        })?;
        let receiver = receiver.ok_or_else(|| {
            IntentError::Invalid("The receiver could not be started: no port is free on this machine.".into())
        })?;
        let relay = Relay::listen(Listening::new(client, organization));
        let state = relay.subscribe();
        let (in_order, waiting) = mpsc::channel(WAITING);
        let mut tasks = JoinSet::new();
        tasks.spawn(take(Arc::downgrade(&self.0), relay, in_order));
        tasks.spawn(carry(Arc::downgrade(&self.0), receiver, waiting));
        self.change(|data| {
            data.public.happened.clear();
            data.public.relay = Some(RunningRelay { state, _tasks: tasks });
        });
        Ok(())
    }

    /// Ends it.
    ///
    /// # Errors
    /// "Write and verify" is under way.
    pub fn stop_relay(&self) -> Result<(), IntentError> {
        self.must_be_idle()?;
        self.change(|state| state.public.relay = None);
        Ok(())
    }

    /// Opens the stream for "Write and verify", and waits for it.
    pub(super) async fn relay_ready(&self) -> Option<()> {
        self.show(Check::running(RELAY.0, RELAY.1));
        let started = self.start_relay();
        let state = self.lock().public.relay.as_ref().map(|relay| relay.state.clone());
        let check = match (started, state) {
            (Err(error), _) => failed(&error.to_string(), "Mend it in the step before."),
            (Ok(()), Some(state)) => opened(state).await,
            (Ok(()), None) => failed("It was ended meanwhile.", "Verify again."),
        };
        let is_open = check.state == CheckState::Passed;
        self.show(check);
        is_open.then_some(())
    }

    /// Signs an event as the app expects it and gives it to the receiver, whose number for it comes back. What cannot
    /// be handed over leaves a line.
    fn hand_over(&self, receiver: &Receiver, relayed: &Relayed, secret: SecretText) -> Option<u32> {
        let event = relayed.event.event_type();
        if let Some(problem) = &relayed.problem {
            self.happened(format!("{event}: {problem}"));
        }
        let target = self.lock().route();
        let now = OffsetDateTime::now_utc();
        let Some(delivery) = resign::delivery(&relayed.event, &target, &secret, KeyRule::PolarOwn, now) else {
            self.happened(format!("{event} could not be signed with the webhook secret, so your app did not get it."));
            return None;
        };
        receiver.set_secret(Some(secret));
        match receiver.send(&delivery) {
            Ok(number) => Some(number),
            Err(error) => {
                self.happened(format!("{event}: {error}"));
                None
            }
        }
    }
}

/// Takes what the stream brings, until it ends for good.
async fn take(setup: Weak<Inner>, mut relay: Relay, in_order: mpsc::Sender<Box<Relayed>>) {
    let mut state = relay.subscribe();
    let happened = |text: String| {
        if let Some(inner) = setup.upgrade() {
            Setup(inner).happened(text);
        }
    };
    loop {
        tokio::select! {
            news = relay.next() => match news {
                Some(News::Event(relayed)) => if in_order.send(relayed).await.is_err() { return },
                Some(News::Gap(gap)) => happened(about(&gap)),
                Some(News::Broken(why)) => happened(why),
                Some(News::Unknown(_)) => {
                    happened("Polar said something on the stream that this program does not know.".into());
                }
                None => break,
            },
            changed = state.changed() => {
                let Some(inner) = setup.upgrade().filter(|_| changed.is_ok()) else { return };
                Setup(inner).change(|_| ());
            }
        }
    }
    // It ended for good; the window is to see why.
    if let Some(inner) = setup.upgrade() {
        Setup(inner).change(|_| ());
    }
}

/// Hands the events to the receiver one after the other, so that the app sees them in their order.
async fn carry(setup: Weak<Inner>, receiver: Receiver, mut waiting: mpsc::Receiver<Box<Relayed>>) {
    while let Some(relayed) = waiting.recv().await {
        let Some(secret) = secret_for_relayed(&setup).await else { return };
        let Some(inner) = setup.upgrade() else { return };
        let number = Setup(inner).hand_over(&receiver, &relayed, secret);
        if let Some(number) = number {
            its_turn_ends(&receiver, number).await;
        }
    }
}

/// The secret that the app verifies with; what comes before there is one waits for it. `None`: the setup has ended.
async fn secret_for_relayed(setup: &Weak<Inner>) -> Option<SecretText> {
    let mut views = Setup(setup.upgrade()?).subscribe();
    loop {
        views.borrow_and_update();
        let setup = Setup(setup.upgrade()?);
        let known = setup.lock().webhook.secret.clone();
        if known.is_some() {
            return known;
        }
        if let Some(secret) = setup.secret_in_file().await {
            return Some(secret);
        }
        drop(setup);
        views.changed().await.ok()?;
    }
}

/// Waits until a delivery was answered, given up or held.
async fn its_turn_ends(receiver: &Receiver, number: u32) {
    let mut revision = receiver.subscribe();
    let deadline = Instant::now() + TURN;
    loop {
        revision.borrow_and_update();
        let is_open = receiver.recorded(number).is_some_and(|recorded| {
            let view = &recorded.view;
            !view.held && view.app_status.is_none() && view.app_problem.is_none()
        });
        if !is_open || !matches!(tokio::time::timeout_at(deadline, revision.changed()).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// A time without a stream, in a sentence.
fn about(gap: &Gap) -> String {
    match &gap.missed {
        None => "The stream was away for a moment. There is no endpoint, so Polar has no list of what came meanwhile."
            .into(),
        Some(Ok(0)) => "The stream was away for a moment. By Polar's deliveries list nothing came meanwhile.".into(),
        Some(Ok(1)) => "The stream was away for a moment. One event was fetched from Polar's deliveries list.".into(),
        Some(Ok(count)) => {
            format!("The stream was away for a moment. {count} events were fetched from Polar's deliveries list.")
        }
        Some(Err(why)) => format!("The stream was away for a moment. What came meanwhile could not be seen: {why}"),
    }
}

/// Whether this way brings events without an endpoint.
pub(super) const fn is_relay(way: PublicWay) -> bool {
    matches!(way, PublicWay::Relay)
}
