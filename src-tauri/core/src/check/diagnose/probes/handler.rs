//! The handler, asked straight on this machine: with the right signature, a forged one, other spellings, other paths.

use std::time::{Duration, Instant};

use url::Url;

use super::{
    super::{Answer, HandlerSeen},
    guesses::Guessed,
    request::{self, Signing, Spelling},
};
use crate::{
    SecretText,
    check::delivery::TestDelivery,
    webhook::{secret, signature::KeyRule},
};

/// How long secrets are guessed: an app that takes a second for each answer is not asked for a minute.
const GUESSING: Duration = Duration::from_secs(10);

/// Where the handler is to be asked.
pub struct Where<'a> {
    pub port: u16,
    pub route: &'a str,
    /// The endpoint's address.
    pub public: Option<&'a str>,
}

/// One app, asked about one route.
struct Asked<'a> {
    url: Url,
    port: u16,
    signing: &'a Signing,
    /// In place of a secret that is not known.
    stranger: SecretText,
}

impl Asked<'_> {
    fn at(&self, path: &str) -> Option<Url> {
        Url::parse(&format!("http://localhost:{}{path}", self.port)).ok()
    }

    fn signed(&self, secret: &SecretText, rule: KeyRule, spelling: Spelling) -> Option<TestDelivery> {
        request::signed(secret, rule, &self.signing.organization, spelling)
    }

    async fn send(&self, delivery: Option<TestDelivery>) -> Option<Answer> {
        Some(request::send(&delivery?, &self.url, None).await)
    }

    async fn signed_with(&self, secret: &SecretText, rule: KeyRule, spelling: Spelling) -> Option<Answer> {
        self.send(self.signed(secret, rule, spelling)).await
    }

    /// The answer to one signed by either rule: the one that was accepted, else the first.
    async fn by_either(&self, secret: &SecretText) -> Option<Answer> {
        let first = self.signed_with(secret, KeyRule::PolarOwn, Spelling::Usual).await?;
        if first.is_success() {
            return Some(first);
        }
        let second = self.signed_with(secret, KeyRule::StandardWebhooks, Spelling::Usual).await;
        Some(second.filter(Answer::is_success).unwrap_or(first))
    }

    /// What another path answers to a delivery.
    async fn elsewhere(&self, path: &str) -> Option<Answer> {
        let secret = self.signing.secret.as_ref().unwrap_or(&self.stranger);
        let delivery = self.signed(secret, KeyRule::PolarOwn, Spelling::Usual)?;
        Some(request::send(&delivery, &self.at(path)?, None).await)
    }
}

/// `guesses`: secrets that the app may have in place of the file's.
pub async fn look(place: &Where<'_>, signing: &Signing, guesses: &[Guessed]) -> Option<HandlerSeen> {
    let url = Url::parse(&format!("http://localhost:{}{}", place.port, place.route)).ok()?;
    let asked = Asked { url, port: place.port, signing, stranger: secret::generate() };
    let mut seen = HandlerSeen::default();
    // Without a secret, one that nobody knows still shows whether there is a handler.
    let forged = asked.signed(&asked.stranger, KeyRule::PolarOwn, Spelling::Usual);
    seen.forged = asked.send(forged).await;
    if seen.forged.as_ref().is_some_and(|answer| answer.status.is_none()) {
        // It hangs or breaks off: each further question would take as long.
        seen.own_rule = seen.forged.take();
        return Some(seen);
    }
    if let Some(secret) = &signing.secret {
        seen.own_rule = asked.signed_with(secret, KeyRule::PolarOwn, Spelling::Usual).await;
        if seen.own_rule.as_ref().is_some_and(|answer| answer.status.is_none()) {
            return Some(seen);
        }
        seen.standard_rule = asked.signed_with(secret, KeyRule::StandardWebhooks, Spelling::Usual).await;
    }
    if let Some(polars) = signing.polars_secret.as_ref().filter(|polars| Some(*polars) != signing.secret.as_ref()) {
        seen.polars_secret = asked.by_either(polars).await;
    }
    seen.beside = asked.elsewhere(&format!("{}-{}", place.route.trim_end_matches('/'), "nobody-has-this")).await;
    if seen.first().is_some_and(|answer| matches!(answer.status, Some(404 | 405 | 501))) {
        other_paths(&mut seen, &asked, place.route).await;
    } else if seen.accepts() {
        if seen.forged.as_ref().is_some_and(|answer| !answer.is_success()) {
            accepted(&mut seen, &asked, place.public).await;
        }
    } else {
        refused(&mut seen, &asked, guesses).await;
    }
    let endpoints_path = place.public.and_then(|public| Url::parse(public).ok()).map(|url| url.path().to_owned());
    if let Some(path) = endpoints_path.filter(|path| path != place.route) {
        seen.at_endpoints_path = asked.elsewhere(&path).await.map(|answer| (path, answer));
    }
    Some(seen)
}

/// What a handler that verifies makes of other bodies and another name.
async fn accepted(seen: &mut HandlerSeen, asked: &Asked<'_>, public: Option<&str>) {
    let Some(secret) = &asked.signing.secret else { return };
    let own = seen.own_rule.as_ref().is_some_and(Answer::is_success);
    let rule = if own { KeyRule::PolarOwn } else { KeyRule::StandardWebhooks };
    let unsigned = asked.signed(secret, rule, Spelling::Usual).map(request::without_signature);
    let host = public.and_then(|public| Url::parse(public).ok()).and_then(|url| url.host_str().map(str::to_owned));
    let by_host = async {
        let delivery = asked.signed(secret, rule, Spelling::Usual)?;
        Some(request::send(&delivery, &asked.url, Some(host.as_deref()?)).await)
    };
    (seen.respelled, seen.large, seen.headerless, seen.public_host) = tokio::join!(
        asked.signed_with(secret, rule, Spelling::Lines),
        asked.signed_with(secret, rule, Spelling::Large),
        asked.send(unsigned),
        by_host,
    );
}

/// Why a delivery that is signed with the file's secret may have been refused.
async fn refused(seen: &mut HandlerSeen, asked: &Asked<'_>, guesses: &[Guessed]) {
    let begun = Instant::now();
    if let Some(secret) = &asked.signing.secret {
        for rule in KeyRule::ALL {
            for (spelling, named) in [(Spelling::Python, "Python's json.dumps"), (Spelling::Php, "PHP's json_encode")] {
                let answer = asked.signed_with(secret, rule, spelling).await;
                if answer.as_ref().is_some_and(Answer::is_success) {
                    seen.only_spelled = Some(named);
                    return;
                }
            }
            let object = request::signed_as_object(secret, rule, &asked.signing.organization);
            let object = asked.send(object).await;
            // It may fail afterwards, at reading that text as JSON: another answer than to a wrong signature is enough.
            let differs = |answer: &Answer| seen.forged.as_ref().is_some_and(|forged| forged.status != answer.status);
            if let Some(object) = object.filter(differs) {
                seen.as_object = Some(object);
                return;
            }
        }
    }
    for Guessed { guess, secret } in guesses {
        if begun.elapsed() > GUESSING {
            break;
        }
        if asked.by_either(secret).await.is_some_and(|answer| answer.is_success()) {
            seen.verifies_with = Some(guess.clone());
            return;
        }
    }
    let secret = asked.signing.secret.as_ref().unwrap_or(&asked.stranger);
    let bearing = asked.signed(secret, KeyRule::PolarOwn, Spelling::Usual).map(request::with_credentials);
    seen.with_credentials = asked.send(bearing).await;
}

/// Where the handler may be, or how it wants to be asked.
async fn other_paths(seen: &mut HandlerSeen, asked: &Asked<'_>, route: &str) {
    if let Some(nobody) = asked.at(&format!("{}-nobody-has-this", route.trim_end_matches('/'))) {
        seen.by_get = Some(tokio::join!(request::get(&asked.url), request::get(&nobody)));
    }
    for path in near(route) {
        if let Some(answer) = asked.elsewhere(&path).await
            && !matches!(answer.status, Some(404 | 405 | 501))
            && !seen.beside.as_ref().is_some_and(|beside| beside.is_like(&answer))
        {
            seen.near.push((path, answer));
        }
    }
}

/// Paths that are easily taken for this one: a slash more or less, `/api` before it or not, one word in the plural, the
/// usual routes.
fn near(route: &str) -> Vec<String> {
    let bare = route.trim_end_matches('/');
    let mut paths = vec![if route.ends_with('/') { bare.to_owned() } else { format!("{bare}/") }];
    match bare.strip_prefix("/api/") {
        Some(rest) => paths.push(format!("/{rest}")),
        None => paths.push(format!("/api{bare}")),
    }
    if bare.contains("webhooks") {
        paths.push(bare.replace("webhooks", "webhook"));
    } else {
        paths.push(bare.replace("webhook", "webhooks"));
    }
    let usual = [
        "/api/webhook/polar",
        "/api/webhooks/polar",
        "/webhook/polar",
        "/webhooks/polar",
        "/polar/webhooks",
        "/polar/webhook",
        "/api/polar/webhooks",
        "/api/polar/webhook",
        "/api/auth/polar/webhooks",
        "/api/webhook",
        "/api/webhooks",
        "/webhook",
        "/webhooks",
    ];
    paths.extend(usual.iter().map(|path| (*path).to_owned()));
    let mut seen = std::collections::HashSet::new();
    paths.retain(|path| path.len() > 1 && path != route && seen.insert(path.clone()));
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_easily_mistaken_is_tried() {
        let paths = near("/api/webhook/polar");
        assert_eq!(paths[..3], ["/api/webhook/polar/", "/webhook/polar", "/api/webhooks/polar"]);
        assert_eq!(paths.iter().filter(|path| *path == "/webhook/polar").count(), 1);
        assert!(near("/hook").contains(&"/api/hook".to_owned()));
        assert!(!near("/hook").contains(&"/hook".to_owned()));
    }
}
