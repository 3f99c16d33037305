//! HTTP/1.1 byte for byte: what arrives is passed on with its header names as they were spelled and its headers in their
//! order, which HTTP libraries that group headers by name cannot do. Heads and chunk sizes are parsed by `httparse`.

mod body;
mod framing;
mod head;
mod reader;

pub(super) use self::{
    body::Body,
    framing::Framing,
    head::{RequestHead, ResponseHead, Version},
    reader::Reader,
};

/// What is wrong with what the other side sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    /// It is not HTTP, or says two things at once.
    #[error("it is not HTTP")]
    NotHttp,
    /// Its head is longer than [`head::LONGEST`] or has more headers than [`head::MOST_HEADERS`].
    #[error("its headers are too long")]
    HeadTooLong,
    /// The connection ended too early.
    #[error("the connection was closed")]
    Closed,
}
