//! Listens, serves connections and ends.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{request, state::State};

/// How long accepting rests after an error, such as too many open files.
const ACCEPT_REST: Duration = Duration::from_millis(50);

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
pub(super) fn bind(port: u16) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Says that everything is closed, also if the server's task panics or its runtime ends.
struct SaysClosed(Arc<watch::Sender<Phase>>);

impl Drop for SaysClosed {
    fn drop(&mut self) {
        advance(&self.0, Phase::Closed);
    }
}

/// Serves until the phase leaves [`Phase::Running`], then ends.
pub(super) async fn run(listener: TcpListener, state: Arc<State>, phase: Arc<watch::Sender<Phase>>) {
    let closed = SaysClosed(phase);
    let mut connections = JoinSet::new();
    let mut watched = state.phase.clone();
    tokio::select! {
        () = accept(&listener, &state, &mut connections) => {}
        _ = watched.wait_for(|phase| *phase > Phase::Running) => {}
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    tokio::select! {
        _ = timeout(state.stop_within, drained) => {}
        _ = watched.wait_for(|phase| *phase >= Phase::Ended) => {}
    }
    advance(&closed.0, Phase::Ended);
    connections.shutdown().await;
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

async fn serve(stream: TcpStream, state: Arc<State>) {
    // Without it small answers may wait for the other side's acknowledgement.
    let _ = stream.set_nodelay(true);
    let mut phase = state.phase.clone();
    let headers_within = state.headers_within;
    let service = service_fn(move |request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(request::answer(state, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(headers_within)
        .preserve_header_case(true)
        .auto_date_header(false)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // An error concerns this client alone: it went away or does not speak HTTP.
        _ = connection.as_mut() => return,
        _ = phase.wait_for(|phase| *phase > Phase::Running) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
