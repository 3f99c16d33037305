//! Writes answers to whoever sent the delivery: the receiver's own, and the app's as they come.

use bytes::Bytes;
use hyper::StatusCode;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{
    RECEIVER_HEADER,
    wire::{Framing, RequestHead, ResponseHead, Version},
};
use crate::deliveries::onward::lasting;

/// An answer of the receiver's own: a sentence as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) status: StatusCode,
    pub(super) sentence: String,
}

impl Plain {
    pub(super) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into() }
    }
}

/// The side from which a delivery came. A sender that goes away undoes nothing: what is written then is lost, no more.
pub(super) struct Sender<'a> {
    /// `None`: it is gone.
    stream: Option<&'a mut TcpStream>,
    version: Version,
    is_head: bool,
    keeps_open: bool,
    /// Of the answer that has begun to be handed back.
    begun: Option<Framing>,
    /// What comes before the end of that answer.
    last: Bytes,
}

impl<'a> Sender<'a> {
    pub(super) fn new(stream: &'a mut TcpStream, head: &RequestHead) -> Self {
        let says = |word: &str| {
            let values = head.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
            let mut words = values.flat_map(|(_, value)| value.split(|byte| *byte == b','));
            words.any(|known| known.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
        };
        Self {
            stream: Some(stream),
            version: head.version,
            is_head: head.method == "HEAD",
            keeps_open: head.version == Version::Http11 && !says("close"),
            begun: None,
            last: Bytes::new(),
        }
    }

    /// Whether another request may follow on this connection.
    pub(super) fn keeps_open(&self) -> bool {
        self.keeps_open && self.stream.is_some()
    }

    /// Whether some of an answer has been handed back already.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// The connection ends after the answer.
    pub(super) fn close_afterwards(&mut self) {
        self.keeps_open = false;
    }

    /// Asks for the body of a sender that waits to be asked.
    pub(super) async fn ask_for_body(&mut self) {
        self.write(b"HTTP/1.1 100 Continue\r\n\r\n").await;
    }

    /// Answers with a sentence.
    pub(super) async fn plain(&mut self, answer: &Plain) {
        let Plain { status, sentence } = answer;
        let mut written = self.first_line(status.as_u16(), status.canonical_reason().unwrap_or_default());
        written.extend_from_slice(b"content-type: text/plain; charset=utf-8\r\ncontent-length: ");
        written.extend_from_slice(sentence.len().to_string().as_bytes());
        written.extend_from_slice(b"\r\n");
        self.last_lines(&mut written);
        if !self.is_head {
            written.extend_from_slice(sentence.as_bytes());
        }
        self.write(&written).await;
    }

    /// Hands back an answer of the app that has come whole.
    pub(super) async fn whole(&mut self, head: &ResponseHead, framing: Framing, body: &[u8]) {
        let length = match framing {
            Framing::Chunked | Framing::UntilClosed => Framing::Length(body.len() as u64),
            known => known,
        };
        let mut written = self.head(head, length);
        written.extend_from_slice(body);
        self.write(&written).await;
    }

    /// Begins to hand back an answer that is still coming.
    pub(super) async fn begin(&mut self, head: &ResponseHead, framing: Framing, first: &[u8]) {
        let framing = match (framing, self.version) {
            (Framing::Chunked | Framing::UntilClosed, Version::Http11) => Framing::Chunked,
            (Framing::Chunked | Framing::UntilClosed, Version::Http10) => Framing::UntilClosed,
            (known, _) => known,
        };
        self.begun = Some(framing);
        let written = self.head(head, framing);
        self.write(&written).await;
        self.piece(first).await;
    }

    /// Hands back a piece of it.
    pub(super) async fn piece(&mut self, piece: &[u8]) {
        if self.begun == Some(Framing::Chunked) && !piece.is_empty() {
            let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
            chunk.extend_from_slice(piece);
            chunk.extend_from_slice(b"\r\n");
            self.write(&chunk).await;
        } else {
            self.write(piece).await;
        }
    }

    /// Hands this back with the end.
    pub(super) fn keep_for_the_end(&mut self, last: Bytes) {
        self.last = last;
    }

    /// Ends it. What did not come whole ends with the connection, so that nobody takes it for whole.
    pub(super) async fn end(&mut self, is_whole: bool) {
        if !is_whole {
            self.keeps_open = false;
            if self.begun == Some(Framing::UntilClosed)
                && let Some(stream) = &self.stream
            {
                // Its end is the connection's end: only a reset says that something is missing.
                let _ = stream.set_zero_linger();
            }
            return;
        }
        let last = std::mem::take(&mut self.last);
        self.piece(&last).await;
        if self.begun == Some(Framing::Chunked) {
            self.write(b"0\r\n\r\n").await;
        }
    }

    fn head(&mut self, head: &ResponseHead, framing: Framing) -> Vec<u8> {
        let mut written = self.first_line(head.status, &head.reason);
        let mut has_length = false;
        for (name, value) in lasting(&head.headers) {
            if name.eq_ignore_ascii_case("content-length") {
                // One length, and none beside chunks.
                if has_length || framing == Framing::Chunked {
                    continue;
                }
                has_length = true;
            }
            line(&mut written, name, value);
        }
        match framing {
            Framing::Length(length) if !has_length => {
                line(&mut written, "content-length", length.to_string().as_bytes());
            }
            Framing::Chunked => line(&mut written, "transfer-encoding", b"chunked"),
            Framing::UntilClosed => self.keeps_open = false,
            Framing::Length(_) | Framing::Empty => {}
        }
        self.last_lines(&mut written);
        written
    }

    fn first_line(&self, status: u16, reason: &str) -> Vec<u8> {
        let version = if self.version == Version::Http10 { "1.0" } else { "1.1" };
        let mut written = Vec::with_capacity(1024);
        written.extend_from_slice(format!("HTTP/{version} {status} {reason}\r\n").as_bytes());
        written
    }

    /// The mark on all answers, and the end of the head.
    fn last_lines(&self, written: &mut Vec<u8>) {
        line(written, RECEIVER_HEADER, b"received");
        if !self.keeps_open {
            line(written, "Connection", b"close");
        }
        written.extend_from_slice(b"\r\n");
    }

    async fn write(&mut self, bytes: &[u8]) {
        if let Some(stream) = &mut self.stream
            && stream.write_all(bytes).await.is_err()
        {
            self.stream = None;
        }
    }
}

fn line(written: &mut Vec<u8>, name: &str, value: &[u8]) {
    written.extend_from_slice(name.as_bytes());
    written.extend_from_slice(b": ");
    written.extend_from_slice(value);
    written.extend_from_slice(b"\r\n");
}

/// What is kept of an answer's body: its beginning.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    kept: Vec<u8>,
    size: u64,
}

impl Beginning {
    /// How much of an app's answer is kept, in bytes.
    pub(super) const LONGEST: usize = 64 * 1024;

    pub(super) fn add(&mut self, piece: &[u8]) {
        let room = Self::LONGEST - self.kept.len();
        self.kept.extend_from_slice(&piece[..piece.len().min(room)]);
        self.size += piece.len() as u64;
    }

    /// What is kept, and how long the whole is, in bytes.
    pub(super) fn into_parts(self) -> (Bytes, u64) {
        (self.kept.into(), self.size)
    }
}
