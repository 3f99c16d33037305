//! Listens, serves connections and ends.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use hyper::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{
    answer::{Plain, Sender},
    delivery, request,
    state::State,
    wire::{Reader, RequestHead, Version, WireError},
};

/// How long accepting rests after an error, such as too many open files.
const ACCEPT_REST: Duration = Duration::from_millis(50);
/// How long a closed connection is waited for, until the other side has read the answer.
const LINGER: Duration = Duration::from_millis(500);

/// How long deliveries that were given up may take to note that.
const NOTE_WITHIN: Duration = Duration::from_secs(1);

/// How a server stands; it only ever goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// It takes connections.
    Running,
    /// It takes no more; what is under way may end.
    Draining,
    /// What is under way is given up.
    Ended,
    /// Everything is closed.
    Closed,
}

/// Goes forward to `phase`.
pub(super) fn advance(sender: &watch::Sender<Phase>, phase: Phase) {
    sender.send_if_modified(|now| {
        let forward = *now < phase;
        *now = phase.max(*now);
        forward
    });
}

/// Listens on 127.0.0.1 alone: the tunnel program is on this machine, nobody else need reach us.
pub(super) fn bind(port: u16) -> io::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Runs it on a thread of its own. One thread has the same throughput as two, and none waits for the other.
pub(super) fn start(
    listener: std::net::TcpListener,
    state: Arc<State>,
    phase: Arc<watch::Sender<Phase>>,
) -> io::Result<()> {
    let (tell, told) = std::sync::mpsc::channel();
    // The runtime is made and dropped over there: dropping one inside of another panics.
    std::thread::Builder::new().name("receiver".into()).spawn(move || {
        let prepared = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let inside = runtime.enter();
            let listener = TcpListener::from_std(listener)?;
            drop(inside);
            Ok((runtime, listener))
        };
        match prepared() {
            Ok((runtime, listener)) => {
                let _ = tell.send(Ok(()));
                runtime.block_on(run(listener, state, phase));
                // Nothing is left that would have to be waited for.
                runtime.shutdown_background();
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        }
    })?;
    told.recv().map_err(io::Error::other)?
}

/// Says that everything is closed, also if the server's task panics or its runtime ends.
struct SaysClosed(Arc<watch::Sender<Phase>>);

impl Drop for SaysClosed {
    fn drop(&mut self) {
        advance(&self.0, Phase::Closed);
    }
}

/// Serves until the phase leaves [`Phase::Running`], then ends.
async fn run(listener: TcpListener, state: Arc<State>, phase: Arc<watch::Sender<Phase>>) {
    let closed = SaysClosed(phase);
    let mut connections = JoinSet::new();
    let mut watched = state.phase.clone();
    tokio::select! {
        () = accept(&listener, &state, &mut connections) => {}
        _ = watched.wait_for(|phase| *phase > Phase::Running) => {}
    }
    drop(listener);
    tokio::select! {
        _ = timeout(state.stop_within, drained(&mut connections)) => {}
        _ = watched.wait_for(|phase| *phase >= Phase::Ended) => {}
    }
    advance(&closed.0, Phase::Ended);
    let _ = timeout(NOTE_WITHIN, drained(&mut connections)).await;
    connections.shutdown().await;
    // The keeper's file may be closed, and opened by another run, once this is over.
    drop(state.telling.write().await);
}

async fn drained(connections: &mut JoinSet<()>) {
    while connections.join_next().await.is_some() {}
}

async fn accept(listener: &TcpListener, state: &Arc<State>, connections: &mut JoinSet<()>) {
    let room = Arc::new(Semaphore::new(state.most_connections));
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let state = Arc::clone(state);
                connections.spawn(async move {
                    serve(stream, state).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the receiver cannot take a connection");
                sleep(ACCEPT_REST).await;
            }
        }
        // Ended connections are taken out, or the set would grow for ever.
        while connections.try_join_next().is_some() {}
    }
}

/// Answers the requests of one connection, one after another.
async fn serve(stream: TcpStream, state: Arc<State>) {
    // Without it small answers may wait for the other side's acknowledgement.
    let _ = stream.set_nodelay(true);
    let mut reader = Reader::new(stream);
    let mut phase = state.phase.clone();
    let ending = async move { phase.wait_for(|phase| *phase > Phase::Running).await.is_ok() };
    // One of each for the whole connection: what is made anew for every request costs more than the request.
    let (mut ending, mut idle) = (pin!(ending), pin!(sleep(state.headers_within)));
    loop {
        idle.as_mut().reset(Instant::now() + state.headers_within);
        let head = tokio::select! {
            biased;
            head = reader.head::<RequestHead>() => head,
            _ = ending.as_mut() => return,
            () = idle.as_mut() => return,
        };
        let goes_on = match head {
            Ok(Some(head)) => request::answer(&state, head, &mut reader).await,
            Ok(None) | Err(WireError::Closed) => return,
            Err(error) => return refuse(&state, &error, reader.stream).await,
        };
        if !goes_on {
            return close(reader.stream).await;
        }
        if *state.phase.borrow() > Phase::Running {
            return;
        }
    }
}

/// What is not a request leaves a line all the same.
async fn refuse(state: &State, error: &WireError, mut stream: TcpStream) {
    let (status, why) = match error {
        WireError::HeadTooLong => {
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Its headers are longer than 64 KiB, or more than 128.")
        }
        WireError::NotHttp | WireError::Closed => (StatusCode::BAD_REQUEST, "What arrived is not HTTP/1.1."),
    };
    let unread =
        RequestHead { method: String::new(), target: String::new(), version: Version::Http11, headers: Vec::new() };
    let mut sender = Sender::new(&mut stream, &unread);
    delivery::turn_away_as(state, request::captured(state, unread, Bytes::new()), "Unreadable", why);
    sender.close_afterwards();
    sender.plain(&Plain::new(status, why)).await;
    close(stream).await;
}

/// Closes so that the other side still reads the answer: not before it has seen that no more comes.
async fn close(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut rest = [0; 4096];
    let drained = async { while let Ok(1..) = stream.read(&mut rest).await {} };
    let _ = timeout(LINGER, drained).await;
}
