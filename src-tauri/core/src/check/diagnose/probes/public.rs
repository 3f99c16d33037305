//! The endpoint's address, from outside in: the name, the certificate, the tunnel, and what answers behind it.

use std::{env, time::Duration};

use tokio::time::timeout;
use url::{Host, Url};

use super::{
    super::{Answer, PublicSeen},
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
    let (asked, has_address) = tokio::join!(ask(&url, &secret, signing), has_address(&url));
    let (answer, forged) = asked?;
    Some(PublicSeen { url: url.to_string(), has_address, answer, forged })
}

/// The answer to a signed delivery, and to a forged one: who answers both alike says nothing of the way to the app. By
/// either key rule, as an app that takes only the other one is no fault of the address.
async fn ask(url: &Url, secret: &SecretText, signing: &Signing) -> Option<(Answer, Option<Answer>)> {
    let own = request::signed(secret, KeyRule::PolarOwn, signing, Spelling::Usual)?;
    let forged = request::signed(&secret::generate(), KeyRule::PolarOwn, signing, Spelling::Usual)?;
    let (answer, forged) = tokio::join!(request::send(&own, url, None), request::send(&forged, url, None));
    if answer.status.is_none() {
        return Some((answer, None));
    }
    let standard = request::signed(secret, KeyRule::StandardWebhooks, signing, Spelling::Usual);
    let Some(standard) = standard.filter(|_| answer.is_like(&forged) && !answer.is_limited()) else {
        return Some((answer, Some(forged)));
    };
    let again = request::send(&standard, url, None).await;
    let is_right = again.status.is_some() && !again.is_limited() && !again.is_like(&forged);
    Some((if is_right { again } else { answer }, Some(forged)))
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
