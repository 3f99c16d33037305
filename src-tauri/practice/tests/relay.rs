//! The relay: events without an endpoint.

use std::time::Duration;

use polar_setup_core::{
    SecretText,
    webhook::signature::{SignatureHeaders, verify},
};
use polar_setup_practice::{Practice, PracticeOptions, Timings};
use serde_json::Value;
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::http::Request;

struct Relay {
    stream: TcpStream,
    text: String,
}

impl Relay {
    async fn listen(practice: &Practice) -> Self {
        let path = format!("/v1/cli/listen/{}", practice.organization().id);
        let request = Request::new("GET", &path).token(practice.token().secret().expose());
        Self { stream: request.start(&practice.url()).await, text: String::new() }
    }

    /// The next line of the stream that begins so.
    async fn next(&mut self, start: &str) -> String {
        loop {
            let line = self.text.lines().find_map(|line| line.strip_prefix(start).map(str::to_owned));
            if let Some(line) = line.filter(|_| self.text.ends_with("\r\n")) {
                let end = self.text.find(&line).unwrap() + line.len();
                self.text.drain(..end);
                return line;
            }
            let mut part = [0; 4096];
            let count = self.stream.read(&mut part).await.unwrap();
            assert!(count > 0, "the stream ended: {}", self.text);
            self.text.push_str(std::str::from_utf8(&part[..count]).unwrap());
        }
    }

    async fn event(&mut self) -> Value {
        serde_json::from_str(&self.next("data: ").await).unwrap()
    }
}

#[tokio::test]
async fn greets_and_passes_signed_events_on() {
    let practice = Practice::start(PracticeOptions::default()).await.unwrap();
    let mut relay = Relay::listen(&practice).await;
    let greeting = relay.event().await;
    assert_eq!(greeting["key"], "connected");
    let secret = SecretText::new(practice.organization().id.simple().to_string());
    assert_eq!(greeting["secret"], secret.expose());
    assert!(practice.fire("order.paid"));
    let event = relay.event().await;
    assert_eq!(event["key"], "webhook.created");
    let header = |name: &str| event["headers"][name].as_str().unwrap().to_owned();
    let headers = SignatureHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    assert_eq!(event["payload"]["webhook_event_id"], headers.id.as_str());
    let payload = event["payload"]["payload"].as_str().unwrap();
    verify(&secret, &headers, payload.as_bytes(), headers.timestamp.parse().unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(payload).unwrap()["type"], "order.paid");
}

#[tokio::test]
async fn says_that_it_lives_and_asks_to_connect_anew() {
    let timings = Timings {
        relay_ping: Duration::from_millis(10),
        relay_lifetime: Duration::from_millis(100),
        ..Timings::default()
    };
    let practice = Practice::start(PracticeOptions { timings, ..PracticeOptions::default() }).await.unwrap();
    let mut relay = Relay::listen(&practice).await;
    relay.event().await;
    relay.next(": ping").await;
    assert_eq!(relay.event().await["type"], "reconnect");
    let mut rest = String::new();
    relay.stream.read_to_string(&mut rest).await.unwrap();
}

#[tokio::test]
async fn ends_when_the_server_is_stopped() {
    let practice = Practice::start(PracticeOptions::default()).await.unwrap();
    let mut relay = Relay::listen(&practice).await;
    relay.event().await;
    practice.stop().await;
    let mut rest = Vec::new();
    relay.stream.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(("127.0.0.1", practice.url().port().unwrap())).await.is_err());
}
