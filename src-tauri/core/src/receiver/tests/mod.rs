//! The receiver against real sockets: a raw sender in front of it and a raw app behind it, which see every byte.

mod failures;
mod forwarding;
mod handle;
mod holding;
mod refusals;
mod verification;

use std::{fmt::Write, net::SocketAddr, sync::Arc, time::Duration};

use time::OffsetDateTime;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Notify, mpsc},
    task::JoinSet,
};

use super::{Receiver, ReceiverOptions};
use crate::{
    SecretText,
    webhook::signature::{KeyRule, sign},
};

const SECRET: &str = "whsec_fpufi7BDvjUmYnAQuPWquGV6Xwy0HuQhJVwJE2lpPW6";
const NOW: i64 = 1_795_418_327;
const BODY: &str = r#"{"type":"order.paid","data":{}}"#;
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/// Long enough for any machine; no test that passes waits for it.
const LONG: Duration = Duration::from_secs(60);

/// What the app does once it has read a request.
#[derive(Clone)]
enum Does {
    /// Answers with these bytes and closes.
    Answers(&'static [u8]),
    /// Answers 200 when told.
    AnswersWhenTold(Arc<Notify>),
    /// Keeps the connection open and says nothing.
    NeverAnswers,
}

/// An app that hands out what it received, byte for byte.
struct App {
    port: u16,
    requests: mpsc::UnboundedReceiver<Vec<u8>>,
    _task: JoinSet<()>,
}

impl App {
    async fn that(does: Does) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), does)
    }

    fn on(listener: TcpListener, does: Does) -> Self {
        let port = listener.local_addr().unwrap().port();
        let (sender, requests) = mpsc::unbounded_channel();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(converse(stream, does.clone(), sender.clone()));
            }
        });
        Self { port, requests, _task: task }
    }

    /// The next request, as text.
    async fn request(&mut self) -> String {
        String::from_utf8(self.requests.recv().await.unwrap()).unwrap()
    }

    /// Whether no further request has arrived.
    fn saw_no_more(&mut self) -> bool {
        self.requests.try_recv().is_err()
    }
}

async fn converse(mut stream: TcpStream, does: Does, requests: mpsc::UnboundedSender<Vec<u8>>) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    requests.send(request).unwrap();
    match does {
        Does::Answers(bytes) => stream.write_all(bytes).await.unwrap(),
        Does::AnswersWhenTold(told) => {
            told.notified().await;
            stream.write_all(OK).await.unwrap();
        }
        Does::NeverAnswers => std::future::pending().await,
    }
}

/// Head and body, as long as `Content-Length` says; `None`: the connection was closed without a request.
async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await.unwrap() > 0 {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some(head) = text.find("\r\n\r\n") else {
            continue;
        };
        let announced = text[..head].split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        if request.len() >= head + 4 + announced.map_or(0, |length| length.parse().unwrap()) {
            return Some(request);
        }
    }
    None
}

/// A port that is taken but refuses connections.
fn refusing_port() -> (u16, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (socket.local_addr().unwrap().port(), socket)
}

fn options(app_port: u16) -> ReceiverOptions {
    ReceiverOptions {
        app_port,
        secret: Some(SecretText::new(SECRET)),
        clock: Arc::new(|| OffsetDateTime::from_unix_timestamp(NOW).unwrap()),
        ..ReceiverOptions::default()
    }
}

fn receiver(app_port: u16) -> Receiver {
    Receiver::start(options(app_port)).unwrap()
}

/// The three headers of a delivery signed by this rule.
fn signed(rule: KeyRule, id: &str, body: &str) -> String {
    let signature = sign(&SecretText::new(SECRET), rule, id, NOW, body.as_bytes()).unwrap();
    format!("Webhook-Id: {id}\r\nwebhook-TIMESTAMP: {NOW}\r\nWEBHOOK-signature: {signature}\r\n")
}

/// A whole POST with these headers.
fn post(headers: &str, body: &str) -> String {
    let mut request = format!("POST /hooks HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n{headers}");
    write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    request
}

/// A whole, properly signed delivery.
fn delivery(id: &str) -> String {
    post(&signed(KeyRule::PolarOwn, id, BODY), BODY)
}

/// Sends bytes and reads what comes back until the connection is closed.
async fn send(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_ref()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Why requests were refused, newest first.
fn turned_away(receiver: &Receiver) -> Vec<String> {
    receiver.deliveries().into_iter().filter_map(|delivery| delivery.turned_away).collect()
}
