//! Reads a request's body, up to a limit.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::{StatusCode, body::Body};

use super::answer::{Answer, plain};

/// The longest body that is taken.
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
    pub(super) fn answer(self) -> Answer {
        let status = match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken => StatusCode::BAD_REQUEST,
        };
        plain(status, self.to_string())
    }
}

/// The whole body. `waits` says that the client sends it only once we ask (`Expect: 100-continue`): then a body
/// announced as too long is not asked for.
pub(super) async fn read<B: Body<Data = Bytes> + Unpin>(mut body: B, waits: bool) -> Result<Bytes, BodyError> {
    if waits && body.size_hint().lower() > BODY_LIMIT as u64 {
        return Err(BodyError::TooLong);
    }
    let mut whole = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else {
            continue;
        };
        length += data.len();
        if length <= BODY_LIMIT {
            whole.extend_from_slice(&data);
        } else if length > BODY_LIMIT + THROWN_AWAY {
            break;
        }
    }
    if length > BODY_LIMIT { Err(BodyError::TooLong) } else { Ok(whole.freeze()) }
}
