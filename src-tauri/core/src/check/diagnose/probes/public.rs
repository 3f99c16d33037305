//! The endpoint's address, from outside in: the name, the certificate, the tunnel, and what answers behind it.

use std::{env, time::Duration};

use tokio::time::timeout;
use url::{Host, Url};

use super::{
    super::{Answer, PublicSeen},
    process,
    request::{self, Signing, Spelling},
};
use crate::{
    SecretText,
    webhook::{secret, signature::KeyRule},
};

/// How long the name service may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub async fn look(address: Option<&str>, signing: &Signing) -> Option<PublicSeen> {
    let url = Url::parse(address?).ok()?;
    let secret = signing.polars_secret.clone().or_else(|| signing.secret.clone()).unwrap_or_else(secret::generate);
    let (answer, has_address) = tokio::join!(ask(&url, &secret, &signing.organization), has_address(&url));
    let answer = answer?;
    Some(PublicSeen { url: url.to_string(), has_address, answer, tunnels: tunnels() })
}

/// By either key rule: an app that takes only the other one is no fault of the address.
async fn ask(url: &Url, secret: &SecretText, organization: &str) -> Option<Answer> {
    let own = request::signed(secret, KeyRule::PolarOwn, organization, Spelling::Usual)?;
    let answer = request::send(&own, url, None).await;
    let standard = request::signed(secret, KeyRule::StandardWebhooks, organization, Spelling::Usual);
    let Some(standard) = standard.filter(|_| answer.is_refusal()) else { return Some(answer) };
    let again = request::send(&standard, url, None).await;
    Some(if again.is_success() { again } else { answer })
}

/// Behind a proxy this machine's own name service knows nothing of the internet.
async fn has_address(url: &Url) -> Option<bool> {
    let proxied = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()));
    let Some(Host::Domain(name)) = url.host() else { return None };
    if proxied || name == "localhost" {
        return None;
    }
    let port = url.port_or_known_default().unwrap_or(443);
    let found = timeout(PATIENCE, tokio::net::lookup_host((name, port))).await.ok()?;
    Some(found.is_ok_and(|mut addresses| addresses.next().is_some()))
}

/// The tunnel programs that run here, with the port that each was told.
pub fn tunnels() -> Vec<(String, Option<u16>)> {
    process::arguments_of(&["cloudflared", "ngrok"])
        .into_iter()
        .map(|(name, arguments)| (name, port_in(&arguments)))
        .collect()
}

fn port_in(arguments: &[String]) -> Option<u16> {
    arguments.iter().skip(1).find_map(|argument| {
        let value = argument.rsplit('=').next().unwrap_or(argument);
        value
            .parse()
            .ok()
            .or_else(|| Url::parse(value).ok().filter(|url| url.scheme().starts_with("http"))?.port_or_known_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_tunnel_is_read_from_its_arguments() {
        let port = |arguments: &[&str]| port_in(&arguments.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(port(&["cloudflared", "tunnel", "--url", "http://localhost:3000"]), Some(3000));
        assert_eq!(port(&["cloudflared", "tunnel", "--url=http://127.0.0.1:23117"]), Some(23117));
        assert_eq!(port(&["ngrok", "http", "8080"]), Some(8080));
        assert_eq!(port(&["ngrok", "start", "--all"]), None);
    }
}
