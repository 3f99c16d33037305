//! Answers one request: refuses pages, answers probes, and lets everything else through as a delivery.

use std::sync::PoisonError;

use bytes::Bytes;
use hyper::StatusCode;
use tokio::{
    net::TcpStream,
    sync::SemaphorePermit,
    time::{Instant, timeout_at},
};

use super::{
    answer::{Plain, Sender},
    body, delivery,
    state::State,
    wire::{Framing, Reader, RequestHead},
};
use crate::deliveries::Captured;

/// Answers one request. Whether another may follow on this connection.
pub(super) async fn answer(state: &State, head: RequestHead, reader: &mut Reader<TcpStream>) -> bool {
    let deadline = Instant::now() + state.answer_within;
    let taken = take(state, &head, reader, deadline).await;
    let mut sender = Sender::new(&mut reader.stream, &head);
    match taken {
        Ok((body, _turn)) => {
            let captured = captured(state, head, body);
            delivery::deliver(state, captured, deadline, &mut sender).await;
        }
        Err(Refused { answer, why, is_read }) => {
            if let Some(why) = why {
                delivery::turn_away(state, captured(state, head, Bytes::new()), why);
            }
            if !is_read {
                sender.close_afterwards();
            }
            sender.plain(&answer).await;
        }
    }
    sender.keeps_open()
}

/// What is answered here.
struct Refused {
    answer: Plain,
    /// What its line says; `None`: it leaves none.
    why: Option<String>,
    /// Whether its body has been read, or there is none.
    is_read: bool,
}

/// The body of a request that is a delivery, and its turn.
async fn take<'a>(
    state: &'a State,
    head: &RequestHead,
    reader: &mut Reader<TcpStream>,
    deadline: Instant,
) -> Result<(Bytes, SemaphorePermit<'a>), Refused> {
    let framing = Framing::of_request(head);
    let has_no_body = matches!(framing, Ok(Framing::Empty));
    let refused = |status, why: &str| Refused {
        answer: Plain::new(status, why),
        why: Some(why.to_owned()),
        is_read: has_no_body,
    };
    let Ok(framing) = framing else {
        return Err(refused(StatusCode::BAD_REQUEST, "What arrived says two things about its length."));
    };
    // Polar sends no Origin; a page in a browser always does where it could read the answer or send a body.
    if value(head, "origin").is_some() {
        return Err(refused(StatusCode::FORBIDDEN, "Requests from web pages are refused here."));
    }
    if let Some(answer) = state.probes.answer(&head.method, &head.target) {
        return Err(Refused { answer, why: None, is_read: has_no_body });
    }
    if head.method == "CONNECT" {
        return Err(refused(StatusCode::METHOD_NOT_ALLOWED, "This is not a proxy."));
    }
    if head.method != "POST" && !is_ours(state, head) {
        return Err(refused(StatusCode::FORBIDDEN, "Only deliveries are taken under this host name."));
    }
    let turn = match state.turns.try_acquire() {
        Ok(turn) => turn,
        Err(_) => match timeout_at(deadline, state.turns.acquire()).await {
            Ok(Ok(turn)) => turn,
            _ => return Err(refused(StatusCode::SERVICE_UNAVAILABLE, "Too many deliveries at a time.")),
        },
    };
    if value(head, "expect").is_some() && reader.is_empty() && framing != Framing::Empty {
        if body::is_too_long(framing) {
            let error = body::BodyError::TooLong;
            return Err(Refused { answer: error.answer(), why: Some(error.to_string()), is_read: false });
        }
        Sender::new(&mut reader.stream, head).ask_for_body().await;
    }
    match timeout_at(deadline, body::read(reader, framing)).await {
        Ok(Ok(body)) => Ok((body, turn)),
        Ok(Err(error)) => Err(Refused { answer: error.answer(), why: Some(error.to_string()), is_read: false }),
        Err(_) => {
            Err(Refused { is_read: false, ..refused(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.") })
        }
    }
}

pub(super) fn captured(state: &State, head: RequestHead, body: Bytes) -> Captured {
    let RequestHead { method, target, headers, .. } = head;
    Captured { received_at: state.now(), method, target, headers, body }
}

fn value<'a>(head: &'a RequestHead, name: &str) -> Option<&'a [u8]> {
    head.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}

/// Whether the host is this machine's own, or one of its public addresses; while none of those is known, any may be.
fn is_ours(state: &State, head: &RequestHead) -> bool {
    let host = String::from_utf8_lossy(value(head, "host").unwrap_or_default());
    let name = host
        .rsplit_once(':')
        .map_or(&*host, |(name, port)| if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { &host });
    let hosts = state.hosts.read().unwrap_or_else(PoisonError::into_inner);
    hosts.is_empty()
        || ["localhost", "127.0.0.1", "[::1]"].contains(&name)
        || hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
}
