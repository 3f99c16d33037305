//! Reads a request's body, up to a limit.

use bytes::{Bytes, BytesMut};
use hyper::StatusCode;
use tokio::net::TcpStream;

use super::{
    answer::Plain,
    wire::{Body, Framing, Reader, WireError},
};

/// The longest body that is taken, in bytes.
pub(super) const BODY_LIMIT: usize = 1024 * 1024;

/// How much more is read and thrown away: a client that is still sending would not see the answer to a closed connection.
const THROWN_AWAY: usize = 8 * BODY_LIMIT;

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    #[error("The body is longer than 1 MiB.")]
    TooLong,
    #[error("The body did not arrive whole.")]
    Broken,
}

impl BodyError {
    pub(super) fn answer(self) -> Plain {
        let status = match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken => StatusCode::BAD_REQUEST,
        };
        Plain::new(status, self.to_string())
    }
}

/// Whether the body is announced as longer than is taken.
pub(super) fn is_too_long(framing: Framing) -> bool {
    matches!(framing, Framing::Length(length) if length > BODY_LIMIT as u64)
}

/// The whole body.
pub(super) async fn read(reader: &mut Reader<TcpStream>, framing: Framing) -> Result<Bytes, BodyError> {
    let mut body = Body::new(framing);
    let broken = |_: WireError| BodyError::Broken;
    let first = body.piece(reader).await.map_err(broken)?.unwrap_or_default();
    // Mostly it comes with the head, and is then the body as it is.
    if body.is_done() && first.len() <= BODY_LIMIT {
        return Ok(first);
    }
    let mut length = first.len();
    let mut whole = BytesMut::from(first);
    while let Some(piece) = body.piece(reader).await.map_err(broken)? {
        length += piece.len();
        if length <= BODY_LIMIT {
            whole.extend_from_slice(&piece);
        } else if length > BODY_LIMIT + THROWN_AWAY {
            break;
        }
    }
    if length > BODY_LIMIT { Err(BodyError::TooLong) } else { Ok(whole.freeze()) }
}
