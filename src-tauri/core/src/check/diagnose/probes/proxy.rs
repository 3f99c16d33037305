//! The proxy that stands between this machine and Polar, if the environment names one.

use std::{env, time::Duration};

use tokio::{net::TcpStream, time::timeout};
use url::Url;

use super::super::ProxySeen;

const PATIENCE: Duration = Duration::from_secs(3);

/// The variables, in the order in which they count for https.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Whether it can be reached at all.
pub async fn look() -> Option<ProxySeen> {
    let (variable, address) = named(|name| env::var(name).ok())?;
    let reached = matches!(timeout(PATIENCE, TcpStream::connect(&address)).await, Ok(Ok(_)));
    Some(ProxySeen { variable: variable.to_owned(), address, reached })
}

/// The variable, and host and port: an address of a proxy may have a password, which is nobody's business.
fn named(value: impl Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    let (variable, text) = VARIABLES.iter().find_map(|name| Some((*name, value(name).filter(|it| !it.is_empty())?)))?;
    let url = Url::parse(&text).ok().filter(Url::has_host).or_else(|| Url::parse(&format!("http://{text}")).ok())?;
    let port = url.port_or_known_default().unwrap_or(1080);
    Some((variable, format!("{}:{port}", url.host_str()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let of = |text: &str| named(|name| (name == "https_proxy").then(|| text.to_owned()));
        assert_eq!(of("http://me:secret@proxy.corp:3128/"), Some(("https_proxy", "proxy.corp:3128".into())));
        assert_eq!(of("proxy.corp:8080"), Some(("https_proxy", "proxy.corp:8080".into())));
        assert_eq!(of("socks5://127.0.0.1"), Some(("https_proxy", "127.0.0.1:1080".into())));
        assert_eq!(of(""), None);
    }
}
