//! What changes in the headers on the way to the app and back: only what concerns one connection, and the host.

use hyper::header::{
    CONNECTION, EXPECT, Entry, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE,
};

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Headers that concern one connection (RFC 9110, 7.6.1), and `Expect`, which this receiver has answered itself.
const ONE_CONNECTION: [HeaderName; 11] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    EXPECT,
    HeaderName::from_static("http2-settings"),
];

/// The request's headers for the app. Its `Host` becomes `localhost:<port>`: development servers (Vite, Next, Rails)
/// refuse hosts they do not know and all know `localhost`, whichever of its addresses they listen on. What the host was
/// stands in `X-Forwarded-Host`, unless the tunnel has already put it there.
pub(super) fn to_app(headers: &HeaderMap, app_port: u16) -> HeaderMap {
    let mut kept = passed_on(headers);
    let local = HeaderValue::try_from(format!("localhost:{app_port}")).unwrap_or(HeaderValue::from_static("localhost"));
    // `insert` keeps the header in its place.
    if let Some(original) = kept.insert(HOST, local)
        && let Entry::Vacant(free) = kept.entry(X_FORWARDED_HOST)
    {
        free.insert(original);
    }
    kept
}

/// A copy, in order and with repeated headers, without those that concern one connection.
pub(super) fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    // Copied rather than removed from: removing changes the order of those that stay.
    let mut kept = HeaderMap::with_capacity(headers.len() + 2);
    for (name, value) in headers {
        if !ONE_CONNECTION.contains(name) && !named.contains(name) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// A header's values as one text, put together as Node and others do for the app.
pub(super) fn text(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    values.join(", ")
}
