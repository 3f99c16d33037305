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
    let Asked { own, standard, forged } = asked?;
    let is_right = |answer: &Answer| {
        answer.status.is_some() && !answer.is_limited() && forged.as_ref().is_some_and(|forged| !forged.is_like(answer))
    };
    // An app that takes only the other rule is no fault of the address.
    let by_standard = standard.clone().filter(|answer| !is_right(&own) && is_right(answer));
    let only_rule = match (is_right(&own), standard.as_ref().map(is_right)) {
        (true, Some(false)) => Some(KeyRule::PolarOwn),
        (false, Some(true)) => Some(KeyRule::StandardWebhooks),
        _ => None,
    };
    Some(PublicSeen { url: url.to_string(), has_address, answer: by_standard.unwrap_or(own), forged, only_rule })
}

/// The answers to a delivery that is signed by either key rule, and to a forged one: who answers all alike says nothing of
/// the way to the app.
struct Asked {
    own: Answer,
    standard: Option<Answer>,
    forged: Option<Answer>,
}

async fn ask(url: &Url, secret: &SecretText, signing: &Signing) -> Option<Asked> {
    let signed = |secret: &SecretText, rule| request::signed(secret, rule, signing, Spelling::Usual);
    let own = signed(secret, KeyRule::PolarOwn)?;
    let forged = signed(&secret::generate(), KeyRule::PolarOwn)?;
    let standard = signed(secret, KeyRule::StandardWebhooks);
    let by_standard = async { Some(request::send(standard.as_ref()?, url, None).await) };
    let (own, forged, standard) =
        tokio::join!(request::send(&own, url, None), request::send(&forged, url, None), by_standard);
    let is_answered = own.status.is_some();
    Some(Asked { own, standard: standard.filter(|_| is_answered), forged: Some(forged).filter(|_| is_answered) })
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
