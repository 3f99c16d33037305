//! Listens on 127.0.0.1 and hands every request to [`respond`](crate::respond).

use std::{convert::Infallible, sync::Arc};

use http_body_util::{BodyExt, Limited};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    answer::Body,
    respond::{self, Asked},
    state::{Shared, until_stopped},
};

/// Larger than any request that makes sense here.
const LARGEST_BODY: usize = 4 << 20;

/// Serves until the practice Polar is stopped.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut stopped = shared.stopped.subscribe();
    loop {
        let connection = tokio::select! {
            accepted = listener.accept() => accepted,
            () = until_stopped(&mut stopped) => return,
        };
        if let Ok((stream, _)) = connection {
            let shared = Arc::clone(&shared);
            let stopped = shared.stopped.subscribe();
            tokio::spawn(converse(TokioIo::new(stream), shared, stopped));
        }
    }
}

async fn converse(stream: TokioIo<tokio::net::TcpStream>, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
    let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(stream, service);
    tokio::select! {
        // A caller that goes away in the middle is its own business.
        _ = connection => {}
        () = until_stopped(&mut stopped) => {}
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await.map(http_body_util::Collected::to_bytes);
    let answer = match body {
        Ok(body) => respond::respond(&shared, &Asked { parts, body }),
        Err(_) => respond::unreadable(),
    };
    Ok(answer.into_response())
}
