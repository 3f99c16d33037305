//! Passes one request on to the app, exactly once, and reads its answer.

use std::{io, pin::pin, time::Duration};

use bytes::Bytes;
use hyper::StatusCode;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpStream, tcp::ReadHalf},
    time::{Instant, timeout, timeout_at},
};

use super::{
    answer::{Beginning, Sender},
    app,
    wire::{Body, Framing, Reader, ResponseHead, WireError},
};

/// How long an answer that has begun may take to end and still be looked at as a whole before any of it is handed back.
const WHOLE_WITHIN: Duration = Duration::from_millis(100);

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

impl From<WireError> for ForwardError {
    fn from(error: WireError) -> Self {
        match error {
            WireError::NotHttp | WireError::HeadTooLong => Self::NotHttp,
            WireError::Closed => Self::Closed,
        }
    }
}

/// The app's answer, from its beginning.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) head: ResponseHead,
    pub(super) framing: Framing,
    pub(super) body: Beginning,
    /// What is still to be handed back; `None`: its body has begun to be handed back already.
    pub(super) whole: Option<Vec<u8>>,
}

/// Sends `request` to the app on `port`; all of its answer must have arrived at `deadline`. Only connecting is tried on
/// two addresses: once a byte is sent, nothing is sent again. Each delivery has a connection of its own, because one kept
/// open can be closed by the app just as it is used again.
///
/// An answer that is over soon comes back whole. A longer one is handed to `sender` as it comes, all but its end.
/// `None` for an error: the time was over.
pub(super) async fn forward(
    request: &[u8],
    method: &str,
    port: u16,
    deadline: Instant,
    sender: Option<&mut Sender<'_>>,
) -> Result<Answered, Option<ForwardError>> {
    timeout_at(deadline, exchange(request, method, port, sender)).await.map_err(|_| None)?.map_err(Some)
}

async fn exchange(
    request: &[u8],
    method: &str,
    port: u16,
    mut sender: Option<&mut Sender<'_>>,
) -> Result<Answered, ForwardError> {
    let mut stream = app::connect(port).await.map_err(|source| match source.kind() {
        io::ErrorKind::ConnectionRefused => ForwardError::NotRunning(port),
        _ => ForwardError::Unreachable { port, source },
    })?;
    let (mut reader, head) = ask(&mut stream, request).await?;
    if head.status == StatusCode::SWITCHING_PROTOCOLS.as_u16() {
        return Err(ForwardError::Switched);
    }
    let framing = Framing::of_response(&head, method)?;
    let (mut rest, mut body) = (Body::new(framing), Beginning::default());
    let mut whole = Vec::new();
    let gather = async {
        while whole.len() < Beginning::LONGEST
            && let Some(piece) = rest.piece(&mut reader).await?
        {
            whole.extend_from_slice(&piece);
        }
        Ok::<_, WireError>(())
    };
    if let Ok(gathered) = timeout(WHOLE_WITHIN, gather).await {
        gathered?;
    }
    body.add(&whole);
    if rest.is_done() {
        return Ok(Answered { head, framing, body, whole: Some(whole) });
    }
    if let Some(sender) = sender.as_deref_mut() {
        sender.begin(&head, framing, &whole).await;
    }
    let mut last = Bytes::new();
    while let Some(piece) = rest.piece(&mut reader).await? {
        body.add(&piece);
        if rest.is_done() {
            // The end is handed back once the delivery's line says what became of it.
            last = piece;
        } else if let Some(sender) = sender.as_deref_mut() {
            sender.piece(&piece).await;
        }
    }
    if let Some(sender) = sender {
        sender.keep_for_the_end(last);
    }
    Ok(Answered { head, framing, body, whole: None })
}

/// Writes the request and reads the head of the answer, which an app may give before it has read all.
async fn ask<'a>(
    stream: &'a mut TcpStream,
    request: &[u8],
) -> Result<(Reader<ReadHalf<'a>>, ResponseHead), ForwardError> {
    let (read, mut write) = stream.split();
    let mut reader = Reader::new(read);
    let mut is_written = false;
    let head = {
        let mut writing = pin!(write.write_all(request));
        let mut reading = pin!(final_head(&mut reader));
        loop {
            tokio::select! {
                biased;
                // What it could not be sent, its answer may explain.
                _ = writing.as_mut(), if !is_written => is_written = true,
                head = reading.as_mut() => break head?,
            }
        }
    };
    Ok((reader, head))
}

/// The head of the answer, after those that only say that it is to come.
async fn final_head(reader: &mut Reader<ReadHalf<'_>>) -> Result<ResponseHead, ForwardError> {
    loop {
        let head: ResponseHead = reader.head().await?.ok_or(ForwardError::Closed)?;
        if !matches!(head.status, 100 | 102..=199) {
            return Ok(head);
        }
    }
}
