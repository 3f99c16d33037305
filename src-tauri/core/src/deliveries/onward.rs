//! What of a captured request goes on with it when it is sent on or again.

use bytes::Bytes;

use super::Captured;

/// What concerns one connection only (RFC 9110, 7.6.1), and `Expect`, which whoever took the request has answered.
const ONE_CONNECTION: [&str; 11] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "http2-settings",
];

/// The headers that are sent along, in order: not `Host` and `Content-Length`, which every sender works out itself,
/// nothing that concerns one connection, and nothing that HTTP cannot carry.
pub(super) fn headers(captured: &Captured) -> impl Iterator<Item = &(String, Bytes)> {
    lasting(&captured.headers).filter(|(name, value)| {
        let of_the_sender = ["host", "content-length"].iter().any(|own| name.eq_ignore_ascii_case(own));
        sendable(name, value) && !of_the_sender
    })
}

/// The headers without those that concern one connection, in order.
pub(crate) fn lasting(headers: &[(String, Bytes)]) -> impl Iterator<Item = &(String, Bytes)> {
    let connection = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
    let named: Vec<&[u8]> =
        connection.flat_map(|(_, value)| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii).collect();
    headers.iter().filter(move |(name, _)| {
        !ONE_CONNECTION.iter().any(|known| name.eq_ignore_ascii_case(known))
            && !named.iter().any(|named| named.eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// Whether a request can be written as HTTP without meaning something else there.
pub(crate) fn is_http(captured: &Captured) -> bool {
    let target = captured.target.as_bytes();
    is_token(&captured.method)
        && !target.is_empty()
        && target.iter().all(|byte| byte.is_ascii_graphic() || *byte >= 0x80)
        && captured.headers.iter().all(|(name, value)| sendable(name, value))
}

fn sendable(name: &str, value: &Bytes) -> bool {
    is_token(name) && !value.iter().any(|byte| b"\r\n\0".contains(byte))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
