//! The handler, asked straight on this machine: with the right signature, a forged one, other spellings, other paths.

use url::Url;

use super::{
    super::{Answer, HandlerSeen, Subject},
    request::{self, Signing, Spelling},
};
use crate::{
    check::delivery::TestDelivery,
    webhook::{secret, signature::KeyRule},
};

pub async fn look(subject: &Subject, listens: bool, signing: &Signing, public: Option<&str>) -> Option<HandlerSeen> {
    if !listens {
        return None;
    }
    let at = |path: &str| Url::parse(&format!("http://localhost:{}{path}", subject.app_port)).ok();
    let url = at(&subject.route)?;
    let stranger = secret::generate();
    let signed =
        |secret: &crate::SecretText, rule, spelling| request::signed(secret, rule, &signing.organization, spelling);
    // Without a secret, one that nobody knows still shows whether there is a handler.
    let forged = send(signed(&stranger, KeyRule::PolarOwn, Spelling::Usual), &url).await?;
    let mut seen = HandlerSeen { forged: Some(forged), ..HandlerSeen::default() };
    if seen.forged.as_ref().is_some_and(|answer| answer.status.is_none()) {
        // It hangs or breaks off: each further question would take as long.
        seen.own_rule = seen.forged.take();
        return Some(seen);
    }
    if let Some(secret) = &signing.secret {
        seen.own_rule = send(signed(secret, KeyRule::PolarOwn, Spelling::Usual), &url).await;
        if seen.own_rule.as_ref().is_some_and(|answer| answer.status.is_none()) {
            return Some(seen);
        }
        seen.standard_rule = send(signed(secret, KeyRule::StandardWebhooks, Spelling::Usual), &url).await;
    }
    if let Some(polars) = signing.polars_secret.as_ref().filter(|polars| Some(*polars) != signing.secret.as_ref()) {
        seen.polars_secret = send(signed(polars, KeyRule::PolarOwn, Spelling::Usual), &url).await;
    }
    let accepted = if seen.own_rule.as_ref().is_some_and(Answer::is_success) {
        KeyRule::PolarOwn
    } else {
        KeyRule::StandardWebhooks
    };
    let verifies = seen.forged.as_ref().is_some_and(|answer| !answer.is_success());
    if let Some(secret) = signing.secret.as_ref().filter(|_| seen.accepts() && verifies) {
        seen.respelled = send(signed(secret, accepted, Spelling::Lines), &url).await;
        seen.large = send(signed(secret, accepted, Spelling::Large), &url).await;
        if let Some(host) =
            public.and_then(|public| Url::parse(public).ok()).and_then(|url| url.host_str().map(str::to_owned))
            && let Some(delivery) = signed(secret, accepted, Spelling::Usual)
        {
            seen.public_host = Some(request::send(&delivery, &url, Some(&host)).await);
        }
    }
    if seen.first().is_some_and(|answer| answer.status == Some(404)) {
        let secret = signing.secret.as_ref().unwrap_or(&stranger);
        for path in near(&subject.route) {
            let Some(url) = at(&path) else { continue };
            if let Some(answer) = send(signed(secret, KeyRule::PolarOwn, Spelling::Usual), &url).await
                && answer.status != Some(404)
            {
                seen.near.push((path, answer));
            }
        }
    }
    Some(seen)
}

async fn send(delivery: Option<TestDelivery>, url: &Url) -> Option<Answer> {
    Some(request::send(&delivery?, url, None).await)
}

/// Paths that are easily taken for this one: a slash more or less, `/api` before it or not, the usual routes.
fn near(route: &str) -> Vec<String> {
    let bare = route.trim_end_matches('/');
    let mut paths = vec![if route.ends_with('/') { bare.to_owned() } else { format!("{bare}/") }];
    match bare.strip_prefix("/api/") {
        Some(rest) => paths.push(format!("/{rest}")),
        None => paths.push(format!("/api{bare}")),
    }
    let usual = [
        "/api/webhook/polar",
        "/api/webhooks/polar",
        "/webhook/polar",
        "/webhooks/polar",
        "/polar/webhooks",
        "/api/polar/webhooks",
        "/api/auth/polar/webhooks",
        "/webhook",
        "/webhooks",
    ];
    paths.extend(usual.iter().filter(|path| **path != bare).map(|path| (*path).to_owned()));
    let mut seen = std::collections::HashSet::new();
    paths.retain(|path| path.len() > 1 && seen.insert(path.clone()));
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_easily_mistaken_is_tried() {
        let paths = near("/api/webhook/polar");
        assert_eq!(paths[..2], ["/api/webhook/polar/", "/webhook/polar"]);
        assert_eq!(paths.iter().filter(|path| *path == "/webhook/polar").count(), 1);
        assert!(near("/hook").contains(&"/api/hook".to_owned()));
    }
}
