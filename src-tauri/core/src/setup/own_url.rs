//! An address of one's own: where the endpoint delivers, and which format it wants.

use std::net::IpAddr;

use url::Url;

use super::view::DeliveryFormat;

/// What an address of one's own comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnUrl {
    /// Where Polar delivers, route included.
    pub endpoint: String,
    /// The format that the address belongs to: Discord's and Slack's are recognised.
    pub format: Option<DeliveryFormat>,
}

/// Why an address cannot be delivered to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnUrlError {
    /// Nothing typed.
    #[error("Enter the address under which your app is reachable, like https://shop.example.com.")]
    Empty,
    /// Not a URL.
    #[error("This is not a web address. It looks like https://shop.example.com.")]
    NotUrl,
    /// Polar delivers to https only.
    #[error("Polar delivers to https addresses only.")]
    NotHttps,
    /// Polar cannot get there.
    #[error(
        "Polar cannot reach this machine under {0}. Use a tunnel, or the address under which the internet sees your app."
    )]
    NotPublic(String),
    /// Longer than Polar takes.
    #[error("This address is longer than the 2083 characters that Polar takes.")]
    TooLong,
}

/// Reads an address: without a path it gets the route, with one it is taken as it is. `local_allowed`: a practice Polar
/// delivers to this machine too.
///
/// # Errors
/// Why Polar would not deliver there.
pub fn read(typed: &str, route: &str, local_allowed: bool) -> Result<OwnUrl, OwnUrlError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(OwnUrlError::Empty);
    }
    let with_scheme = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let mut url = Url::parse(&with_scheme).map_err(|_| OwnUrlError::NotUrl)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    if host.is_empty() || (!host.contains('.') && !host.contains(':') && host != "localhost") {
        return Err(OwnUrlError::NotUrl);
    }
    let local = is_local(&url);
    if !(local && local_allowed) {
        if url.scheme() != "https" {
            return Err(OwnUrlError::NotHttps);
        }
        if local {
            return Err(OwnUrlError::NotPublic(host));
        }
    }
    let format = chat_format(&host, url.path());
    if format.is_none() && matches!(url.path(), "" | "/") {
        url.set_path(route);
    }
    if url.as_str().len() > 2083 {
        return Err(OwnUrlError::TooLong);
    }
    Ok(OwnUrl { endpoint: url.into(), format })
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => {
            let name = name.to_ascii_lowercase();
            name == "localhost" || [".localhost", ".local", ".internal"].iter().any(|end| name.ends_with(end))
        }
        Some(url::Host::Ipv4(ip)) => is_private(ip.into()),
        Some(url::Host::Ipv6(ip)) => is_private(ip.into()),
        None => false,
    }
}

/// Whether an address is on this machine or in a private network.
#[must_use]
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// The chat format that an address belongs to.
#[must_use]
pub fn format_of(address: &str) -> Option<DeliveryFormat> {
    let url = Url::parse(address).ok()?;
    chat_format(url.host_str()?, url.path())
}

fn chat_format(host: &str, path: &str) -> Option<DeliveryFormat> {
    let discord = ["discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"];
    if discord.contains(&host) && path.starts_with("/api/webhooks/") {
        return Some(DeliveryFormat::Discord);
    }
    (host == "hooks.slack.com").then_some(DeliveryFormat::Slack)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(typed: &str) -> String {
        read(typed, "/hook", false).map_or_else(|error| format!("{error:?}"), |own| own.endpoint)
    }

    #[test]
    fn the_route_is_added_where_there_is_no_path() {
        assert_eq!(endpoint("https://Shop.example.com"), "https://shop.example.com/hook");
        assert_eq!(endpoint("shop.example.com/"), "https://shop.example.com/hook");
        assert_eq!(endpoint("https://shop.example.com/api/polar"), "https://shop.example.com/api/polar");
    }

    #[test]
    fn what_polar_would_not_take_is_said_before() {
        assert_eq!(endpoint(""), "Empty");
        assert_eq!(endpoint("shop"), "NotUrl");
        assert_eq!(endpoint("http://shop.example.com"), "NotHttps");
        assert_eq!(endpoint("https://localhost:3000"), "NotPublic(\"localhost\")");
        assert_eq!(endpoint("https://192.168.1.5"), "NotPublic(\"192.168.1.5\")");
        assert!(read("http://127.0.0.1:3000", "/hook", true).is_ok());
    }

    #[test]
    fn chat_addresses_are_recognised() {
        let discord = read("https://discord.com/api/webhooks/1/abc", "/hook", false).unwrap();
        assert_eq!((discord.format, discord.endpoint.ends_with("/abc")), (Some(DeliveryFormat::Discord), true));
        assert_eq!(
            read("https://hooks.slack.com/services/T/B/x", "/hook", false).unwrap().format,
            Some(DeliveryFormat::Slack)
        );
    }
}
