//! The stream with a Polar that does as it is told, in a time that only moves when everybody waits.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::json;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use super::*;
use crate::{
    SecretText,
    polar::ApiError,
    webhook::signature::{KeyRule, sign},
};

const ORGANIZATION: &str = "c8aaa877a7af4105a1206773c0213720";
/// Polar's clock is not ours.
const CONNECTED: &str = "data: {\"key\": \"connected\", \"ts\": \"2026-11-23 07:18:27.385998+00:00\", \"secret\": \"c8aaa877a7af4105a1206773c0213720\"}\r\n\r\n";
const RECONNECT: &str = "data: {\"type\": \"reconnect\"}\r\n\r\n";

type Connection = Result<Vec<Step>, Refusal>;
type Missed = Result<Option<Vec<WebhookEvent>>, ApiError>;

/// One step of a connection.
#[derive(Clone)]
enum Step {
    Say(Vec<u8>),
    Wait(u64),
    Break,
    /// From now on nothing, not even an end.
    Hang,
}

/// A Polar that follows a script; after its last connection it hangs.
#[derive(Clone, Default)]
struct Scripted {
    connections: Arc<Mutex<VecDeque<Connection>>>,
    missed: Arc<Mutex<VecDeque<Missed>>>,
    /// When it was connected to.
    connected: Arc<Mutex<Vec<Instant>>>,
    /// Since when events were asked for.
    asked: Arc<Mutex<Vec<OffsetDateTime>>>,
}

impl Scripted {
    fn new(connections: Vec<Connection>) -> Self {
        Self { connections: Arc::new(Mutex::new(connections.into())), ..Self::default() }
    }

    fn with_missed(self, missed: Vec<Missed>) -> Self {
        *self.missed.lock().unwrap() = missed.into();
        self
    }

    /// The waits between one connection and the next, in seconds.
    fn gaps(&self) -> Vec<f64> {
        let connected = self.connected.lock().unwrap();
        connected.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect()
    }
}

impl Source for Scripted {
    async fn connect(&self) -> Result<Pieces, Refusal> {
        self.connected.lock().unwrap().push(Instant::now());
        let steps = self.connections.lock().unwrap().pop_front().unwrap_or_else(|| Ok(vec![Step::Hang]))?;
        let pieces = stream::unfold(VecDeque::from(steps), |mut steps| async move {
            loop {
                match steps.pop_front()? {
                    Step::Say(text) => return Some((Ok(Bytes::from(text)), steps)),
                    Step::Wait(seconds) => sleep(Duration::from_secs(seconds)).await,
                    Step::Break => return Some((Err("The cable was cut.".to_owned()), steps)),
                    Step::Hang => std::future::pending().await,
                }
            }
        });
        Ok(pieces.boxed())
    }

    async fn missed(&self, since: OffsetDateTime) -> Missed {
        self.asked.lock().unwrap().push(since);
        self.missed.lock().unwrap().pop_front().unwrap_or(Ok(None))
    }
}

fn say(text: &str) -> Step {
    Step::Say(text.as_bytes().to_vec())
}

fn payload(number: u32) -> String {
    json!({ "type": "order.paid", "data": { "number": number } }).to_string()
}

/// An event of the stream, signed as Polar signs it.
fn message(number: u32) -> String {
    signed_message(number, &SecretText::new(ORGANIZATION))
}

fn signed_message(number: u32, secret: &SecretText) -> String {
    let (id, payload) = (format!("id-{number}"), payload(number));
    let signature = sign(secret, KeyRule::PolarOwn, &id, 1000, payload.as_bytes());
    let event = json!({
        "id": "x",
        "key": "webhook.created",
        "payload": { "webhook_event_id": id, "payload": payload },
        "headers": { "webhook-id": id, "webhook-timestamp": "1000", "webhook-signature": signature },
    });
    format!("data: {event}\r\n\r\n")
}

/// An event as the deliveries list has it: under another id.
fn listed(number: u32) -> WebhookEvent {
    WebhookEvent { id: format!("listed-{number}"), payload: payload(number), headers: Vec::new() }
}

/// All news until the time comes when there is none for hours.
async fn all(relay: &mut Relay) -> Vec<News> {
    let mut news = Vec::new();
    while let Ok(Some(next)) = tokio::time::timeout(Duration::from_secs(40), relay.next()).await {
        news.push(next);
    }
    news
}

fn ids(news: &[News]) -> Vec<String> {
    let events = news.iter().filter_map(|news| match news {
        News::Event(relayed) => Some(relayed.event.id.clone()),
        _ => None,
    });
    events.collect()
}

#[tokio::test(start_paused = true)]
async fn events_come_with_polars_signature_checked() {
    let wrong = SecretText::new("0".repeat(32));
    let source = Scripted::new(vec![Ok(vec![
        say(CONNECTED),
        say(": ping\r\n\r\n"),
        say(&message(1)),
        say(&signed_message(2, &wrong)),
        say("data: {\"key\":\"order.thought_of\"}\r\n\r\ndata: \u{1f}"),
        Step::Say(b"\xff\r\n\r\n".to_vec()),
        Step::Hang,
    ])]);
    let mut relay = Relay::listen(source.clone());
    let news = all(&mut relay).await;
    let News::Event(first) = &news[0] else { panic!("{news:?}") };
    assert_eq!((first.event.payload.as_str(), first.way, &first.problem), (payload(1).as_str(), Way::Stream, &None));
    let News::Event(second) = &news[1] else { panic!("{news:?}") };
    assert!(second.problem.as_ref().unwrap().contains("signature on the stream is wrong"), "{news:?}");
    assert_eq!(news[2], News::Unknown("{\"key\":\"order.thought_of\"}".into()));
    assert!(matches!(&news[3], News::Broken(why) if why.contains("UTF-8")), "{news:?}");
    assert_eq!(news.len(), 4);
    assert_eq!(*relay.subscribe().borrow(), RelayState::Connected);
}

#[tokio::test(start_paused = true)]
async fn it_connects_anew_at_once_when_asked() {
    let life = |number| {
        Ok(vec![
            say(CONNECTED),
            Step::Wait(30),
            say(": ping\r\n\r\n"),
            Step::Wait(30),
            say(&message(number)),
            say(RECONNECT),
        ])
    };
    let source = Scripted::new(vec![life(1), life(1), life(2), Ok(vec![say(CONNECTED), Step::Hang])]);
    let mut relay = Relay::listen(source.clone());
    let mut news = Vec::new();
    while ids(&news).len() < 2 {
        news.push(relay.next().await.unwrap());
    }
    news.extend(all(&mut relay).await);
    assert_eq!(ids(&news), ["id-1", "id-2"], "the same event is told once");
    assert_eq!(source.gaps()[..3], [60.0, 60.0, 60.0]);
}

#[tokio::test(start_paused = true)]
async fn a_polar_that_asks_again_and_again_is_not_run_over() {
    let source = Scripted::new((0..6).map(|_| Ok(vec![say(CONNECTED), say(RECONNECT)])).collect());
    let mut relay = Relay::listen(source.clone());
    let mut state = relay.subscribe();
    state.wait_for(|state| matches!(state, RelayState::Reconnecting { .. })).await.unwrap();
    while source.gaps().len() < 6 {
        let _ = tokio::time::timeout(Duration::from_secs(1), relay.next()).await;
    }
    for (gap, most) in source.gaps().into_iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 30.0]) {
        assert!((most / 2.0..=most + 0.01).contains(&gap), "{gap} after at most {most}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_network_that_is_away_is_tried_with_growing_waits() {
    let away = || Err(Refusal::Later("Nothing listens at api.example.com.".into(), None));
    let source = Scripted::new((0..8).map(|_| away()).chain([Ok(vec![say(CONNECTED), Step::Hang])]).collect());
    let mut relay = Relay::listen(source.clone());
    let mut state = relay.subscribe();
    let lost = state.wait_for(|state| matches!(state, RelayState::Reconnecting { .. })).await.unwrap().clone();
    assert!(matches!(&lost, RelayState::Reconnecting { reason, .. } if reason.contains("api.example.com")));
    state.wait_for(|state| *state == RelayState::Connected).await.unwrap();
    for (gap, most) in source.gaps().into_iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]) {
        assert!((most / 2.0..=most + 0.01).contains(&gap), "{gap} after at most {most}");
    }
    assert!(all(&mut relay).await.is_empty(), "it never was open before, so there is no gap");

    let source = Scripted::new(vec![Err(Refusal::Later("429".into(), Some(Duration::from_secs(60))))]);
    let relay = Relay::listen(source.clone());
    let mut state = relay.subscribe();
    let waits = |state: &RelayState| matches!(state, RelayState::Reconnecting { wait, .. } if wait.as_secs() == 60);
    state.wait_for(waits).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn silence_is_loss() {
    let source = Scripted::new(vec![Ok(vec![say(CONNECTED), Step::Wait(44), say(": ping\r\n\r\n"), Step::Hang])]);
    let relay = Relay::listen(source.clone());
    let begun = Instant::now();
    let mut state = relay.subscribe();
    let lost = state.wait_for(|state| matches!(state, RelayState::Reconnecting { .. })).await.unwrap().clone();
    assert!(matches!(&lost, RelayState::Reconnecting { reason, .. } if reason.contains("45 s")), "{lost:?}");
    assert_eq!(begun.elapsed().as_secs(), 44 + 45);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_good_ends_it() {
    let refusal = Refusal::Final { problem: "No such organization.".into(), fix: "Another token.".into() };
    let source = Scripted::new(vec![Ok(vec![say(CONNECTED), Step::Break]), Err(refusal)]);
    let mut relay = Relay::listen(source.clone());
    assert_eq!(all(&mut relay).await, []);
    assert_eq!(relay.next().await, None);
    let failed = RelayState::Failed { problem: "No such organization.".into(), fix: "Another token.".into() };
    assert_eq!(*relay.subscribe().borrow(), failed);
    assert_eq!(source.connected.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_came_in_between_is_told_once_and_first() {
    let source = Scripted::new(vec![
        Ok(vec![say(CONNECTED), Step::Wait(5), say(&message(1)), Step::Break]),
        // The fourth comes by the stream although the list had it.
        Ok(vec![
            say(CONNECTED),
            say(&message(4)),
            say(&message(5)),
            Step::Wait(10),
            say(": ping\r\n\r\n"),
            Step::Wait(20),
            say(&message(7)),
            Step::Hang,
        ]),
    ])
    .with_missed(vec![
        Ok(Some(vec![listed(1), listed(2), listed(3), listed(4)])),
        Ok(Some(vec![listed(2), listed(3), listed(6)])),
    ]);
    let mut relay = Relay::listen(source.clone());
    let news = all(&mut relay).await;
    assert_eq!(ids(&news), ["id-1", "listed-2", "listed-3", "listed-4", "id-5", "listed-6", "id-7"]);
    let gaps: Vec<_> =
        news.iter().filter_map(|news| if let News::Gap(gap) = news { Some(gap) } else { None }).collect();
    assert_eq!(gaps.len(), 2);
    assert_eq!((&gaps[0].missed, &gaps[1].missed), (&Some(Ok(3)), &Some(Ok(1))));
    // 07:18:27 by Polar's clock, five seconds later the last word, and five more to be safe.
    let asked = source.asked.lock().unwrap().clone();
    assert_eq!(asked[0].unix_timestamp(), 1_795_418_307);
    assert_eq!(asked[1], asked[0]);
}

#[tokio::test(start_paused = true)]
async fn a_gap_that_nobody_can_tell_about_is_told_as_such() {
    let life = || Ok(vec![say(CONNECTED), Step::Wait(2), Step::Break]);
    let source = Scripted::new(vec![life(), life(), Ok(vec![say(CONNECTED), Step::Hang])])
        .with_missed(vec![Ok(None), Err(ApiError::Server(500))]);
    let mut relay = Relay::listen(source.clone());
    let news = all(&mut relay).await;
    assert!(matches!(&news[0], News::Gap(Gap { missed: None, .. })), "{news:?}");
    assert!(matches!(&news[1], News::Gap(Gap { missed: Some(Err(why)), .. }) if why.contains("500")), "{news:?}");
    assert_eq!(news.len(), 2);
}

/// Whichever byte is the last to arrive: what was complete is told, what was not comes after the loss, and nothing twice.
#[tokio::test(start_paused = true)]
async fn a_loss_at_any_byte_loses_nothing() {
    let text = format!("{CONNECTED}{}: ping\r\n\r\n{}{RECONNECT}", message(1), message(2));
    for cut in CONNECTED.len()..text.len() {
        let all_of_it = vec![listed(1), listed(2)];
        let source = Scripted::new(vec![
            Ok(vec![Step::Say(text.as_bytes()[..cut].to_vec()), Step::Break]),
            Ok(vec![say(CONNECTED), say(&message(3)), Step::Hang]),
        ])
        .with_missed(vec![Ok(Some(all_of_it.clone())), Ok(Some(all_of_it))]);
        let mut relay = Relay::listen(source.clone());
        let news = all(&mut relay).await;
        let events = news.iter().filter_map(|news| match news {
            News::Event(relayed) => Some((relayed.event.payload.clone(), relayed.way)),
            _ => None,
        });
        let events: Vec<_> = events.collect();
        let payloads: Vec<&str> = events.iter().map(|(payload, _)| payload.as_str()).collect();
        assert_eq!(payloads, [payload(1), payload(2), payload(3)], "cut at {cut}");
        let whole = |number| {
            let message = message(number);
            cut >= text.find(&message).unwrap() + message.len() - 1
        };
        for (number, (_, way)) in (1..).zip(&events[..2]) {
            assert_eq!(*way == Way::Stream, whole(number), "event {number} cut at {cut}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_it_ends_it() {
    let source = Scripted::new((0..100).map(|_| Ok(vec![say(CONNECTED), Step::Break])).collect());
    let relay = Relay::listen(source.clone());
    let mut state = relay.subscribe();
    state.wait_for(|state| matches!(state, RelayState::Reconnecting { .. })).await.unwrap();
    drop(relay);
    sleep(Duration::from_secs(3600)).await;
    assert!(source.connected.lock().unwrap().len() <= 2);
    assert_eq!(Arc::strong_count(&source.connected), 1, "nobody holds the source any more");
}
