//! What changes in a request on the way to the app: only what concerns one connection, and the host.

use crate::deliveries::{Captured, onward::lasting};

/// What the host was, for the app.
const X_FORWARDED_HOST: &str = "x-forwarded-host";

/// The request as it is written to the app: its headers with their names as spelled and in their order, its body whole.
///
/// Unless `keeps_host`, its `Host` becomes `localhost:<port>`: development servers (Vite, Next, Rails) refuse hosts they
/// do not know and all know `localhost`, whichever of its addresses they listen on. What the host was stands in
/// `X-Forwarded-Host`, unless the tunnel has already put it there.
pub(super) fn to_app(captured: &Captured, app_port: u16, keeps_host: bool) -> Vec<u8> {
    let mut written = Vec::with_capacity(1024 + captured.body.len());
    for part in [&*captured.method, " ", &*captured.target, " HTTP/1.1\r\n"] {
        written.extend_from_slice(part.as_bytes());
    }
    let mut line = |name: &str, value: &[u8]| {
        written.extend_from_slice(name.as_bytes());
        written.extend_from_slice(b": ");
        written.extend_from_slice(value);
        written.extend_from_slice(b"\r\n");
    };
    let local = format!("localhost:{app_port}");
    let (mut host, mut is_told, mut has_length) = (None, false, false);
    for (name, value) in lasting(&captured.headers) {
        if name.eq_ignore_ascii_case("content-length") {
            // Once, whatever came: it is the length of what is sent.
            if !has_length {
                line(name, captured.body.len().to_string().as_bytes());
            }
            has_length = true;
        } else if name.eq_ignore_ascii_case("host") && !keeps_host {
            if host.is_none() {
                line(name, local.as_bytes());
            }
            host = host.or(Some(value));
        } else {
            is_told |= name.eq_ignore_ascii_case(X_FORWARDED_HOST);
            line(name, value);
        }
    }
    if host.is_none() && !keeps_host {
        line("host", local.as_bytes());
    }
    if let Some(host) = host.filter(|_| !is_told) {
        line(X_FORWARDED_HOST, host);
    }
    if !has_length && !captured.body.is_empty() {
        line("content-length", captured.body.len().to_string().as_bytes());
    }
    written.extend_from_slice(b"\r\n");
    written.extend_from_slice(&captured.body);
    written
}
