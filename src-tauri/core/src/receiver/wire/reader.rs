//! Reads heads from a connection, and keeps what was read beyond them.

use std::io;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{WireError, head::Head};

/// How much is asked for at once, in bytes.
const PIECE: usize = 8 * 1024;

/// A connection and what was read of it, but not used yet.
#[derive(Debug)]
pub(in crate::receiver) struct Reader<S> {
    pub(in crate::receiver) stream: S,
    pub(super) buffer: BytesMut,
}

impl<S: AsyncRead + Unpin> Reader<S> {
    pub(in crate::receiver) fn new(stream: S) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    /// Whether nothing was read beyond what was used.
    pub(in crate::receiver) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The next head; `None`: the connection ended before one began.
    pub(in crate::receiver) async fn head<H: Head>(&mut self) -> Result<Option<H>, WireError> {
        loop {
            // An empty line before a head is overlooked (RFC 9112, 2.2); the parser does that.
            if !self.buffer.is_empty()
                && let Some(head) = H::take(&mut self.buffer)?
            {
                return Ok(Some(head));
            }
            match self.fill().await {
                Ok(0) | Err(_) if self.buffer.is_empty() => return Ok(None),
                Ok(0) | Err(_) => return Err(WireError::Closed),
                Ok(_) => {}
            }
        }
    }

    /// Reads some more; 0: there is no more.
    pub(super) async fn fill(&mut self) -> io::Result<usize> {
        self.buffer.reserve(PIECE);
        self.stream.read_buf(&mut self.buffer).await
    }
}
