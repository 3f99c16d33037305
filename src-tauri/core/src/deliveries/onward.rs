//! What of a captured request goes on with it when it is sent again.

use bytes::Bytes;

use super::Captured;

/// What concerns one connection only (RFC 9110, 7.6.1), and what every sender works out itself.
const LEFT_OUT: [&str; 13] = [
    "host",
    "content-length",
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

/// The headers that are sent along, in order: not `Host`, not `Content-Length`, nothing that concerns one connection,
/// and nothing that HTTP cannot carry.
pub(super) fn headers(captured: &Captured) -> impl Iterator<Item = (&str, &Bytes)> {
    let connection = captured.header("connection").to_lowercase();
    let all = captured.headers.iter().map(|(name, value)| (name.as_str(), value));
    all.filter(move |(name, value)| {
        let name = name.to_lowercase();
        let named = connection.split(',').any(|of_connection| of_connection.trim() == name);
        sendable(&name, value) && !named && !LEFT_OUT.contains(&name.as_str())
    })
}

fn sendable(name: &str, value: &Bytes) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(token) && !value.iter().any(|byte| b"\r\n\0".contains(byte))
}
