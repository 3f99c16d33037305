//! The relay that `polar listen` uses: all events of an organization as server-sent events, without any endpoint.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use futures_util::stream;
use hyper::{
    StatusCode,
    body::Frame,
    header::{self, HeaderName},
};
use polar_setup_core::{
    SecretText,
    webhook::signature::{self, KeyRule},
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until},
};
use uuid::Uuid;

use crate::{
    answer::{self, Answer},
    organizations::undashed,
    respond::Call,
    stamp,
    state::{Shared, until_stopped},
};

/// An event on its way to whoever listens.
#[derive(Debug, Clone)]
pub(crate) struct Relayed {
    organization: Uuid,
    /// Everybody who listens is told the same id. The endpoints' events of the same happening have others.
    id: Uuid,
    payload: String,
}

impl Relayed {
    pub fn new(organization: Uuid, payload: String) -> Self {
        Self { organization, id: Uuid::new_v4(), payload }
    }
}

struct Listening {
    shared: Arc<Shared>,
    organization: Uuid,
    events: broadcast::Receiver<Relayed>,
    stopped: watch::Receiver<bool>,
    pings: Interval,
    end: Instant,
    state: Progress,
}

#[derive(PartialEq)]
enum Progress {
    Greeting,
    Listening,
    Over,
}

pub(crate) fn listen(call: &mut Call<'_>) -> Answer {
    let Some(id) = call.id(0, "id") else { return call.refuse() };
    if id != call.organization {
        return answer::not_found();
    }
    let timings = &call.shared.options.timings;
    let mut pings = interval_at(Instant::now() + timings.relay_ping, timings.relay_ping);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let listening = Listening {
        shared: Arc::clone(call.shared),
        organization: id,
        events: call.shared.relay.subscribe(),
        stopped: call.shared.stopped.subscribe(),
        pings,
        end: Instant::now() + timings.relay_lifetime,
        state: Progress::Greeting,
    };
    let lines = stream::unfold(listening, |mut listening| async move {
        let text = listening.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from(text))), listening))
    });
    Answer::stream(StatusCode::OK, lines)
        .with(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")
        .with(header::CACHE_CONTROL, "no-store")
        .with(header::CONNECTION, "keep-alive")
        .with(HeaderName::from_static("x-accel-buffering"), "no")
}

impl Listening {
    /// The next piece of the stream; `None` at its end.
    async fn next(&mut self) -> Option<String> {
        match self.state {
            Progress::Greeting => {
                self.state = Progress::Listening;
                let now = python_stamp(self.shared.now());
                return Some(data(&json!({ "key": "connected", "ts": now, "secret": undashed(self.organization) })));
            }
            Progress::Over => return None,
            Progress::Listening => {}
        }
        loop {
            tokio::select! {
                biased;
                () = until_stopped(&mut self.stopped) => return None,
                event = self.events.recv() => match event {
                    Ok(event) if event.organization == self.organization => {
                        return Some(data(&message(&self.shared, &event)));
                    }
                    // Others' events, or more at once than fit: the real relay loses those as well.
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
                () = sleep_until(self.end) => {
                    self.state = Progress::Over;
                    return Some(data(&json!({ "type": "reconnect" })));
                }
                _ = self.pings.tick() => return Some(format!(": ping - {}\r\n\r\n", python_stamp(self.shared.now()))),
            }
        }
    }
}

fn message(shared: &Shared, event: &Relayed) -> Value {
    let Relayed { organization, id, payload } = event;
    let id = id.to_string();
    let timestamp = shared.now().unix_timestamp();
    let secret = SecretText::new(undashed(*organization));
    let signature = signature::sign(&secret, KeyRule::PolarOwn, &id, timestamp, payload.as_bytes());
    json!({
        "id": Uuid::new_v4(),
        "key": "webhook.created",
        "payload": { "webhook_event_id": id, "payload": payload },
        "headers": {
            "user-agent": "polar.sh webhooks",
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": timestamp.to_string(),
            "webhook-signature": signature,
        },
    })
}

/// The time as the stream writes it, other than the rest of the API.
fn python_stamp(time: OffsetDateTime) -> String {
    stamp(time).replace('T', " ").replace('Z', "+00:00")
}

fn data(value: &Value) -> String {
    format!("data: {value}\r\n\r\n")
}
