//! How this program makes HTTP clients: rustls, no redirects followed, the system's proxies but never for this machine.

use std::{net::IpAddr, sync::Once, time::Duration};

use reqwest::{Client, ClientBuilder, redirect};
use url::{Host, Url};

/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client for `url`, which gives up after `timeout`. It follows no redirect, so that nothing secret leaves the host
/// it was meant for; a proxy from the environment is used, except for addresses on this machine.
///
/// # Errors
/// The system's certificates cannot be read.
pub fn client_for(url: &Url, timeout: Duration) -> Result<Client, reqwest::Error> {
    let builder = builder(timeout);
    if is_loopback(url) { builder.no_proxy().build() } else { builder.build() }
}

fn builder(timeout: Duration) -> ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error only says that a provider was installed before.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder()
        .user_agent(concat!("polar-setup/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
}

/// Whether this address is on this machine: `localhost`, a name under it, or a loopback IP.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

/// Why a request got no answer, in one sentence about its host, from the chain of causes.
#[must_use]
pub fn explain(error: &reqwest::Error, host: &str) -> String {
    let chain = chain(error);
    let has = |needles: &[&str]| needles.iter().any(|needle| chain.contains(needle));
    if error.is_timeout() || has(&["timed out"]) {
        format!("{host} did not answer in time.")
    } else if has(&["dns error", "failed to lookup address", "name or service not known", "no such host", "nodename"]) {
        format!("There is no host named {host}, or this machine has no name service (is it online?).")
    } else if has(&["certificate", "unknownissuer", "notvalidforname", "invalid peer"]) {
        format!(
            "The certificate of {host} is not trusted: it is expired, made for another name, or not from a known authority."
        )
    } else if has(&["connection refused"]) {
        format!("Nothing listens at {host}: the connection was refused.")
    } else if has(&["network is unreachable", "no route to host"]) {
        format!("There is no network route to {host}.")
    } else if has(&["tls", "handshake", "corrupt message"]) {
        format!("{host} does not speak HTTPS on this port.")
    } else if has(&["reset", "closed", "incomplete", "broken pipe"]) {
        format!("{host} closed the connection without an answer.")
    } else {
        format!("No answer from {host}.")
    }
}

fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        text.push_str(&error.to_string().to_lowercase());
        text.push('\n');
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_this_machine() {
        for (url, here) in [
            ("http://localhost:3000", true),
            ("http://127.0.0.2", true),
            ("http://[::1]:80", true),
            ("http://app.localhost", true),
            ("https://localhost.example.com", false),
            ("https://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), here, "{url}");
        }
    }
}
