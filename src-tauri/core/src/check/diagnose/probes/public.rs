//! The endpoint's address, from outside in: the name, the certificate, the tunnel, and what answers behind it.

use std::{env, time::Duration};

use tokio::time::timeout;
use url::{Host, Url};

use super::{
    super::{Answer, PublicSeen, port_here},
    app,
    connections::Before,
    elsewhere, process,
    request::{self, Signing, Spelling},
};
use crate::{
    SecretText,
    webhook::{secret, signature::KeyRule},
};

/// How long the name service may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// `app_port`: where the app listens, if it does.
pub async fn look(address: Option<&str>, app_port: Option<u16>, signing: &Signing) -> Option<PublicSeen> {
    let url = Url::parse(address?).ok()?;
    let here = port_here(url.as_str());
    // Who is asked at the app's own port is the app.
    let before = app_port.filter(|port| here != Some(*port)).and_then(Before::look);
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
    let is_told_apart = is_right(&own) || by_standard.is_some();
    let answer = by_standard.unwrap_or(own);
    // Where right and forged are answered alike, what stands there may be another program, or a guard before all paths.
    let is_open = !is_told_apart && answer.status.is_some();
    let reaches_app = match &before {
        Some(before) if is_open => before.is_reached().await,
        _ => None,
    };
    let beside = if is_open { ask_beside(&url, &secret, signing).await } else { None };
    let is_unsteady = is_open && answer.is_refusal() && is_unsteady(&url, &secret, signing, &answer).await;
    let listens = match here.filter(|_| answer.status.is_none()) {
        Some(port) => Some(app::listens(port).await),
        None => None,
    };
    let program = here.filter(|_| is_open).and_then(process::name_at);
    Some(PublicSeen {
        url: url.to_string(),
        has_address,
        answer,
        forged,
        only_rule,
        beside,
        reaches_app,
        is_unsteady,
        listens,
        program,
    })
}

/// Whether the same question is answered otherwise another time: of several processes each may have another secret.
async fn is_unsteady(url: &Url, secret: &SecretText, signing: &Signing, first: &Answer) -> bool {
    const TIMES: usize = 3;
    for _ in 0..TIMES {
        let Some(delivery) = request::signed(secret, KeyRule::PolarOwn, signing, Spelling::Usual) else { return false };
        let again = request::send(&delivery, url, None).await;
        if again.is_success() != first.is_success() && !again.is_limited() {
            return true;
        }
    }
    false
}

/// What a path there answers that nobody has.
async fn ask_beside(url: &Url, secret: &SecretText, signing: &Signing) -> Option<Answer> {
    let mut nobodys = url.clone();
    nobodys.set_path(&elsewhere::beside(url.path()));
    let delivery = request::signed(secret, KeyRule::PolarOwn, signing, Spelling::Usual)?;
    Some(request::send(&delivery, &nobodys, None).await)
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
