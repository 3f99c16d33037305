//! Reads a message's body piece by piece.

use bytes::{Buf, Bytes};
use httparse::{EMPTY_HEADER, Status};
use tokio::io::AsyncRead;

use super::{Framing, Reader, WireError};

/// The longest line of a chunk's size and the longest trailers, in bytes.
const LONGEST_BETWEEN: usize = 16 * 1024;

/// What is still to come of a body.
#[derive(Debug)]
pub(in crate::receiver) enum Body {
    /// So many bytes.
    Left(u64),
    /// What is left of a chunk, and more chunks.
    Chunk(u64),
    /// The end of a chunk's line, and more chunks.
    ChunkEnd,
    /// A chunk's size.
    ChunkSize,
    /// What follows the last chunk.
    Trailers,
    /// All that comes.
    UntilClosed,
    /// Nothing.
    Done,
}

impl Body {
    pub(in crate::receiver) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Empty => Self::Done,
            Framing::Length(length) => Self::Left(length),
            Framing::Chunked => Self::ChunkSize,
            Framing::UntilClosed => Self::UntilClosed,
        }
    }

    /// Whether all of it has been read.
    pub(in crate::receiver) fn is_done(&self) -> bool {
        matches!(self, Self::Done | Self::Left(0))
    }

    /// The next piece; `None`: it is over. What was read stays read if this is given up in between.
    pub(in crate::receiver) async fn piece<S: AsyncRead + Unpin>(
        &mut self,
        reader: &mut Reader<S>,
    ) -> Result<Option<Bytes>, WireError> {
        loop {
            if self.is_done() {
                return Ok(None);
            }
            if let Some(piece) = self.take(reader)? {
                return Ok(Some(piece));
            }
            if self.is_done() {
                return Ok(None);
            }
            match (reader.fill().await, &self) {
                (Ok(0), Self::UntilClosed) => *self = Self::Done,
                (Ok(0) | Err(_), _) => return Err(WireError::Closed),
                (Ok(_), _) => {}
            }
        }
    }

    /// A piece of what was read already; `None`: more must be read, or it is over.
    fn take<S>(&mut self, reader: &mut Reader<S>) -> Result<Option<Bytes>, WireError> {
        let buffer = &mut reader.buffer;
        loop {
            match self {
                Self::Done => return Ok(None),
                Self::UntilClosed => return Ok(copied(buffer, u64::MAX)),
                Self::Left(left) => {
                    let piece = copied(buffer, *left);
                    *left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
                    return Ok(piece);
                }
                Self::Chunk(left) => {
                    let piece = copied(buffer, *left);
                    *left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
                    if *left == 0 {
                        *self = Self::ChunkEnd;
                    }
                    return Ok(piece);
                }
                Self::ChunkEnd => match &buffer[..] {
                    [] | [b'\r'] => return Ok(None),
                    [b'\r', b'\n', ..] => {
                        buffer.advance(2);
                        *self = Self::ChunkSize;
                    }
                    _ => return Err(WireError::NotHttp),
                },
                Self::ChunkSize => match httparse::parse_chunk_size(buffer) {
                    Ok(Status::Complete((length, size))) => {
                        buffer.advance(length);
                        *self = if size == 0 { Self::Trailers } else { Self::Chunk(size) };
                    }
                    Ok(Status::Partial) if buffer.len() < LONGEST_BETWEEN => return Ok(None),
                    _ => return Err(WireError::NotHttp),
                },
                Self::Trailers => {
                    let mut trailers = [EMPTY_HEADER; 32];
                    match httparse::parse_headers(buffer, &mut trailers) {
                        Ok(Status::Complete((length, _))) => {
                            buffer.advance(length);
                            *self = Self::Done;
                        }
                        Ok(Status::Partial) if buffer.len() < LONGEST_BETWEEN => return Ok(None),
                        _ => return Err(WireError::NotHttp),
                    }
                }
            }
        }
    }
}

/// At most so much of the buffer, in memory of its own.
fn copied(buffer: &mut bytes::BytesMut, most: u64) -> Option<Bytes> {
    let length = usize::try_from(most).unwrap_or(usize::MAX).min(buffer.len());
    let piece = Bytes::copy_from_slice(&buffer[..length]);
    buffer.advance(length);
    Some(piece).filter(|piece| !piece.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of the body of these bytes, given so many at a time, and what is left after it.
    async fn whole(framing: Framing, bytes: &[u8], at_a_time: usize) -> Result<(Vec<u8>, usize), WireError> {
        let (mut sender, receiver) = tokio::io::duplex(at_a_time);
        let sent = bytes.to_vec();
        let sending = tokio::spawn(async move {
            tokio::io::AsyncWriteExt::write_all(&mut sender, &sent).await.ok();
        });
        let (mut reader, mut body, mut read) = (Reader::new(receiver), Body::new(framing), Vec::new());
        while let Some(piece) = body.piece(&mut reader).await? {
            read.extend_from_slice(&piece);
        }
        let mut left = reader.buffer.len();
        while let Ok(more @ 1..) = reader.fill().await {
            left += more;
        }
        sending.await.unwrap();
        Ok((read, left))
    }

    #[tokio::test]
    async fn every_framing_in_pieces_of_any_size() {
        let chunks = b"5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\nnext";
        for at_a_time in 1..=chunks.len() {
            assert_eq!(whole(Framing::Chunked, chunks, at_a_time).await.unwrap(), (b"hello!".to_vec(), 4));
            assert_eq!(whole(Framing::Length(3), b"abcd", at_a_time).await.unwrap(), (b"abc".to_vec(), 1));
            assert_eq!(whole(Framing::UntilClosed, b"abcd", at_a_time).await.unwrap(), (b"abcd".to_vec(), 0));
            assert_eq!(whole(Framing::Empty, b"abcd", at_a_time).await.unwrap(), (Vec::new(), 4));
        }
    }

    #[tokio::test]
    async fn what_breaks_off_or_lies_is_said() {
        for bytes in [&b"5\r\nhel"[..], b"5\r\nhello", b"5\r\nhello\r\n", b"0\r\n", b"0\r\nA: 1\r\n"] {
            assert!(matches!(whole(Framing::Chunked, bytes, 64).await, Err(WireError::Closed)), "{bytes:?}");
        }
        for bytes in [&b"x\r\n"[..], b"1\r\nab\r\n", b"ffffffffffffffffff\r\n"] {
            assert!(matches!(whole(Framing::Chunked, bytes, 64).await, Err(WireError::NotHttp)), "{bytes:?}");
        }
        assert!(matches!(whole(Framing::Length(5), b"abcd", 64).await, Err(WireError::Closed)));
    }
}
