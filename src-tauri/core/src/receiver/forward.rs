//! Passes one request on to the app, exactly once, and reads its answer.

use std::{io, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{Request, Response, StatusCode, Version, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::app;

/// The longest answer of an app that is passed back.
const ANSWER_LIMIT: usize = 8 * 1024 * 1024;

/// Why the app gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ForwardError {
    #[error("No app listens on port {0} of this machine. Start your app, or correct its port.")]
    NotRunning(u16),
    #[error("Your app on port {port} cannot be reached: {source}.")]
    Unreachable { port: u16, source: io::Error },
    #[error("Port {0} is this assistant's own. Tell the port that your app listens on.")]
    OwnPort(u16),
    #[error(
        "Your app did not answer within {:.1} s; Polar waits 10 s. Answer first, work afterwards.",
        .0.as_secs_f64()
    )]
    TooSlow(Duration),
    #[error("Your app closed the connection before it had answered. Look at its log.")]
    Closed,
    #[error("What your app answered is not HTTP. Is it the right port, and does it expect https there?")]
    NotHttp,
    #[error("Your app's answer is longer than 8 MiB.")]
    TooLong,
    #[error("Your app wanted to switch protocols, which a delivery cannot.")]
    Switched,
    #[error("The receiver was stopped before your app had answered.")]
    Stopped,
    #[error("Passing it on failed inside this assistant; its log says more.")]
    Broken,
}

impl ForwardError {
    /// What the sender is told.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::TooSlow(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Stopped => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_GATEWAY,
        }
    }
}

/// Sends `request` to the app on `port`; all of its answer must have arrived at `deadline`, `within` after the delivery
/// did. Only connecting is tried on two addresses: once a byte is sent, nothing is sent again. Each delivery has a
/// connection of its own, because one kept open can be closed by the app just as it is used again.
pub(super) async fn forward(
    request: Request<Full<Bytes>>,
    port: u16,
    deadline: Instant,
    within: Duration,
) -> Result<Response<Bytes>, ForwardError> {
    timeout_at(deadline, exchange(request, port)).await.map_err(|_| ForwardError::TooSlow(within))?
}

async fn exchange(request: Request<Full<Bytes>>, port: u16) -> Result<Response<Bytes>, ForwardError> {
    let stream = app::connect(port).await.map_err(|source| match source.kind() {
        io::ErrorKind::ConnectionRefused => ForwardError::NotRunning(port),
        _ => ForwardError::Unreachable { port, source },
    })?;
    let (mut sender, connection) = http1::Builder::new()
        .preserve_header_case(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| explain(&error))?;
    // In a set, so that the connection is closed whenever this future ends.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| explain(&error))?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(ForwardError::Switched);
    }
    let (mut parts, body) = response.into_parts();
    // The version belongs to the connection to the app; ours with the tunnel is another.
    parts.version = Version::HTTP_11;
    let body = Limited::new(body, ANSWER_LIMIT)
        .collect()
        .await
        .map_err(|error| if error.is::<LengthLimitError>() { ForwardError::TooLong } else { ForwardError::Closed })?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

fn explain(error: &hyper::Error) -> ForwardError {
    if error.is_parse() { ForwardError::NotHttp } else { ForwardError::Closed }
}
