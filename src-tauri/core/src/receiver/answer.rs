//! The receiver's own answers, and its mark on all answers.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};

use super::RECEIVER_HEADER;

/// What goes back to the tunnel.
pub(super) type Answer = Response<Full<Bytes>>;

/// An answer of our own: a sentence as plain text.
pub(super) fn plain(status: StatusCode, sentence: impl Into<String>) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(sentence.into())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    mark(answer.headers_mut());
    answer
}

/// Says that the answer went through this receiver.
pub(super) fn mark(headers: &mut HeaderMap) {
    headers.insert(HeaderName::from_static(RECEIVER_HEADER), HeaderValue::from_static("received"));
}
