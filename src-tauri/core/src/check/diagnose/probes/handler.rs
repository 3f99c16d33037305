//! The handler, asked straight on this machine: with the right signature, a forged one, other spellings and secrets.

use std::time::{Duration, Instant};

use url::Url;

use super::{
    super::{Answer, HandlerSeen, Steadiness},
    app, elsewhere,
    guesses::Guessed,
    request::{self, Signing, Spelling},
};
use crate::{
    SecretText,
    check::delivery::TestDelivery,
    webhook::{
        secret,
        signature::{KeyRule, careless_keys},
    },
};

/// How long it is asked what it need not be asked: an app that takes a second for each answer is not asked for a minute.
const GUESSING: Duration = Duration::from_secs(7);

/// How many other event types are tried at most.
const OTHER_EVENTS: usize = 3;

/// Bodies as other libraries write them, and their names.
const SPELLINGS: [(Spelling, &str); 7] = [
    (Spelling::Python, "Python's json.dumps"),
    (Spelling::Php, "PHP's json_encode"),
    (Spelling::Lines, "JSON.stringify with indentation"),
    (Spelling::FourBlanks, "a library that indents by four blanks"),
    (Spelling::PhpLines, "PHP's json_encode with JSON_PRETTY_PRINT"),
    (Spelling::Sorted, "a library that sorts the names"),
    (Spelling::PythonSorted, "Python's json.dumps with sorted names"),
];

/// What a parser leaves of a body, as a text.
const LEFT: [&str; 2] = ["[object Object]", "[]"];

/// Where the handler is to be asked.
pub struct Where<'a> {
    pub port: u16,
    pub route: &'a str,
    /// The route that the code names.
    pub in_code: Option<&'a str>,
    /// The endpoint's address.
    pub public: Option<&'a str>,
    /// A path that the framework puts before all others.
    pub base_path: Option<&'a str>,
    /// Event types that the handler is for, those that do the least first.
    pub events: &'a [String],
}

/// One app, asked about one route.
pub struct Asked<'a> {
    pub url: Url,
    port: u16,
    signing: Signing,
    pub place: &'a Where<'a>,
    /// In place of a secret that is not known.
    pub stranger: SecretText,
    begun: Instant,
}

impl Asked<'_> {
    /// Whether an app that takes long for each answer was asked enough.
    fn is_enough(&self) -> bool {
        self.begun.elapsed() > GUESSING
    }

    pub fn at(&self, path: &str) -> Option<Url> {
        Url::parse(&format!("http://localhost:{}{path}", self.port)).ok()
    }

    async fn send(&self, delivery: Option<TestDelivery>) -> Option<Answer> {
        Some(request::send(&delivery?, &self.url, None).await)
    }

    async fn signed_with(&self, secret: &SecretText, rule: KeyRule, spelling: Spelling) -> Option<Answer> {
        self.send(request::signed(secret, rule, &self.signing, spelling)).await
    }

    /// The same; where it takes longer than Polar waits, once more when it had the time to get ready.
    async fn patiently(&self, secret: &SecretText) -> Option<Answer> {
        let delivery = || request::signed(secret, KeyRule::PolarOwn, &self.signing, Spelling::Usual);
        let first = self.send(delivery()).await?;
        if !first.is_timeout() {
            return Some(first);
        }
        let second = request::send_patiently(&delivery()?, &self.url).await;
        // It was awake by then, and takes that long each time.
        let is_slow = second.milliseconds >= first.milliseconds && second.status.is_some();
        Some(if is_slow { Answer { milliseconds: second.milliseconds, ..first } } else { second })
    }

    /// By the Standard Webhooks rule; a secret that is no base64 as careless decoders read it.
    async fn by_standard_rule(&self, secret: &SecretText) -> Option<Answer> {
        if let Some(answer) = self.signed_with(secret, KeyRule::StandardWebhooks, Spelling::Usual).await {
            return Some(answer);
        }
        for key in careless_keys(secret) {
            let answer = self.send(request::signed_with_key(&key, &self.signing)).await;
            if answer.as_ref().is_some_and(Answer::is_success) {
                return answer;
            }
        }
        None
    }

    /// The answer to one signed by either rule: the one that was accepted, else the first.
    async fn by_either(&self, secret: &SecretText, seen: &HandlerSeen) -> Option<Answer> {
        let first = self.signed_with(secret, KeyRule::PolarOwn, Spelling::Usual).await?;
        if seen.finds_right(&first) {
            return Some(first);
        }
        let second = self.by_standard_rule(secret).await;
        Some(second.filter(|second| seen.finds_right(second)).unwrap_or(first))
    }

    /// What another path answers to a delivery.
    pub async fn elsewhere(&self, path: &str) -> Option<Answer> {
        let secret = self.signing.secret.as_ref().unwrap_or(&self.stranger);
        self.elsewhere_with(secret, path).await
    }

    pub async fn elsewhere_with(&self, secret: &SecretText, path: &str) -> Option<Answer> {
        let delivery = request::signed(secret, KeyRule::PolarOwn, &self.signing, Spelling::Usual)?;
        Some(request::send(&delivery, &self.at(path)?, None).await)
    }
}

/// `guesses`: secrets that the app may have in place of the file's.
pub async fn look(place: &Where<'_>, signing: &Signing, guesses: &[Guessed]) -> Option<HandlerSeen> {
    let mut url = Url::parse(&format!("http://localhost:{}{}", place.port, place.route)).ok()?;
    // What the endpoint's address asks for belongs to it.
    let public = place.public.and_then(|public| Url::parse(public).ok()).filter(|public| public.path() == url.path());
    url.set_query(public.as_ref().and_then(Url::query));
    let begun = Instant::now();
    let asked = Asked { url, port: place.port, signing: signing.clone(), place, stranger: secret::generate(), begun };
    let mut seen = HandlerSeen::default();
    ask(&mut seen, &asked, guesses).await;
    Some(seen)
}

async fn ask(seen: &mut HandlerSeen, asked: &Asked<'_>, guesses: &[Guessed]) {
    // Without a secret, one that nobody knows still shows whether there is a handler.
    seen.forged = asked.patiently(&asked.stranger).await;
    if seen.forged.as_ref().is_some_and(|answer| answer.status.is_none()) {
        // It hangs or breaks off: each further question would take as long.
        seen.own_rule = seen.forged.take();
        seen.ended = app::ends(asked.port).await;
        return;
    }
    let beside = elsewhere::beside(asked.place.route);
    let (again, beside) =
        tokio::join!(asked.signed_with(&asked.stranger, KeyRule::PolarOwn, Spelling::Usual), asked.elsewhere(&beside));
    seen.beside = beside;
    seen.varies = again.is_some_and(|again| {
        seen.forged.as_ref().is_some_and(|first| again.status == first.status && !again.is_like(first))
    });
    if let Some(secret) = asked.signing.secret.clone() {
        seen.own_rule = asked.patiently(&secret).await;
        if seen.own_rule.as_ref().is_some_and(|answer| answer.status.is_none()) {
            seen.ended = app::ends(asked.port).await;
            // What Polar signs may be refused before it comes so far.
            let polars = asked.signing.polars_secret.as_ref().filter(|polars| **polars != secret && !seen.ended);
            if let Some(polars) = polars {
                seen.polars_secret = asked.signed_with(polars, KeyRule::PolarOwn, Spelling::Usual).await;
            }
            if !seen.ended {
                seen.standard_rule = asked.signed_with(&secret, KeyRule::StandardWebhooks, Spelling::Usual).await;
            }
            return;
        }
        seen.standard_rule = asked.by_standard_rule(&secret).await;
    }
    let polars = asked.signing.polars_secret.clone().filter(|polars| Some(polars) != asked.signing.secret.as_ref());
    if let Some(polars) = polars {
        seen.polars_secret = asked.by_either(&polars, seen).await;
    }
    if seen.verified_only().is_some() {
        another_event(seen, asked).await;
    }
    // Whoever says that it was asked too often is not asked further.
    let is_limited = [&seen.own_rule, &seen.forged].into_iter().flatten().any(Answer::is_limited);
    if !is_limited {
        if !seen.verifies() && seen.first().is_some_and(|answer| matches!(answer.status, Some(404 | 405 | 501))) {
            elsewhere::other_paths(seen, asked).await;
            if seen.near.is_empty() && seen.first().is_some_and(|answer| answer.status == Some(404)) {
                // Some hide what they refuse behind it.
                refused(seen, asked, guesses).await;
            }
        } else if seen.verifies() {
            if !seen.takes_forged() && !asked.is_enough() {
                accepted(seen, asked).await;
            }
        } else {
            refused(seen, asked, guesses).await;
        }
    }
    elsewhere::at_endpoints_path(seen, asked).await;
    let breaks_off = |answer: &Answer| answer.status.is_none() && !answer.is_timeout();
    if seen.at_endpoints_path.as_ref().is_some_and(|(_, answer)| breaks_off(answer)) {
        seen.ended = app::ends(asked.port).await;
    }
}

/// A handler that is made for certain events may refuse the one that does the least to everybody. One of those is sent
/// once, to this machine only: its handler may act on it.
async fn another_event(seen: &mut HandlerSeen, asked: &Asked<'_>) {
    let Some(secret) = asked.signing.secret.clone() else { return };
    let by_own = seen.own_rule.as_ref().is_some_and(|answer| seen.finds_right(answer));
    let rule = if by_own { KeyRule::PolarOwn } else { KeyRule::StandardWebhooks };
    for event in asked.place.events.iter().filter(|event| **event != asked.signing.event).take(OTHER_EVENTS) {
        let signing = Signing { event: event.clone(), ..asked.signing.clone() };
        let delivery = request::signed(&secret, rule, &signing, Spelling::Usual);
        let Some(answer) = asked.send(delivery).await else { continue };
        let is_taken = seen.took(&answer);
        seen.other_event = Some((event.clone(), answer));
        if is_taken {
            return;
        }
    }
}

/// The endpoint's host, as `Host`.
async fn by_public_host(asked: &Asked<'_>, secret: &SecretText, rule: KeyRule) -> Option<Answer> {
    let host = Url::parse(asked.place.public?).ok()?.host_str()?.to_owned();
    let delivery = request::signed(secret, rule, &asked.signing, Spelling::Usual)?;
    Some(request::send(&delivery, &asked.url, Some(&host)).await)
}

/// What a handler that verifies makes of other bodies and another name.
async fn accepted(seen: &mut HandlerSeen, asked: &Asked<'_>) {
    let Some(secret) = &asked.signing.secret else { return };
    let own = seen.own_rule.as_ref().is_some_and(|answer| seen.finds_right(answer));
    let rule = if own { KeyRule::PolarOwn } else { KeyRule::StandardWebhooks };
    let unsigned = request::signed(secret, rule, &asked.signing, Spelling::Usual).map(request::without_signature);
    (seen.respelled, seen.large, seen.headerless, seen.public_host) = tokio::join!(
        asked.signed_with(secret, rule, Spelling::Lines),
        asked.signed_with(secret, rule, Spelling::Large),
        asked.send(unsigned),
        by_public_host(asked, secret, rule),
    );
    // Several at once may be too many for it.
    if seen.respelled.as_ref().is_some_and(|answer| !seen.finds_right(answer)) {
        seen.respelled = asked.signed_with(secret, rule, Spelling::Lines).await;
    }
    let is_refused = |answer: &Option<Answer>| answer.as_ref().is_some_and(|answer| !seen.finds_right(answer));
    // An app that takes long for each answer is not asked what can be left.
    if asked.is_enough() && !is_refused(&seen.respelled) {
        return;
    }
    // Whoever now refuses what it took before says nothing of the spelling; nor does who takes now what it refused: of
    // several processes each may have another secret.
    let finds_right = |answer: Option<Answer>| answer.as_ref().map(|answer| seen.finds_right(answer));
    let is_steady = |answer: Option<Answer>, first: bool| finds_right(answer).is_none_or(|again| again == first);
    // Twice in a row, as one of two that take turns answers every second time.
    let (mut steady, mut takes_turns) = (true, false);
    for _ in 0..2 {
        let is_taken = is_steady(asked.signed_with(secret, rule, Spelling::Usual).await, true);
        takes_turns |= is_taken && !steady;
        steady &= is_taken;
    }
    if !steady && !takes_turns {
        takes_turns = is_steady(asked.signed_with(secret, rule, Spelling::Usual).await, true);
    }
    if seen.respelled.as_ref().is_some_and(|answer| !seen.finds_right(answer)) {
        // In another order and an odd number apart, as they take turns.
        for (spelling, taken) in [(Spelling::Usual, true), (Spelling::Lines, false), (Spelling::Usual, true)] {
            steady = steady && is_steady(asked.signed_with(secret, rule, spelling).await, taken);
        }
    }
    seen.steadiness = match (steady, takes_turns) {
        (true, _) => Steadiness::Steady,
        (false, false) => Steadiness::Refuses,
        (false, true) => Steadiness::TakesTurns,
    };
    if seen.is_unsteady() {
        (seen.respelled, seen.large, seen.headerless) = (None, None, None);
    }
}

/// Why a delivery that is signed with the file's secret may have been refused.
async fn refused(seen: &mut HandlerSeen, asked: &Asked<'_>, guesses: &[Guessed]) {
    if let Some(secret) = &asked.signing.secret {
        if seen.own_rule.as_ref().is_some_and(|own| seen.is_nobodys(own)) {
            // The same for all paths: it may be the name that it was asked by.
            let by_name = by_public_host(asked, secret, KeyRule::PolarOwn).await;
            // Unless it is answered so by any name, every other time.
            let again = asked.signed_with(secret, KeyRule::PolarOwn, Spelling::Usual).await;
            let is_same = matches!((&by_name, &again), (Some(by_name), Some(again)) if by_name.is_like(again));
            let is_own = matches!((&again, &seen.own_rule), (Some(again), Some(own)) if again.is_like(own));
            if !is_own {
                seen.steadiness = Steadiness::TakesTurns;
            }
            seen.public_host = by_name.filter(|_| is_own && !is_same);
        }
        if as_parsed(seen, asked, secret).await {
            return;
        }
    }
    for Guessed { guess, secret, by_own_rule_only } in guesses {
        if asked.is_enough() {
            break;
        }
        let answer = if *by_own_rule_only {
            asked.signed_with(secret, KeyRule::PolarOwn, Spelling::Usual).await
        } else {
            asked.by_either(secret, seen).await
        };
        if answer.is_some_and(|answer| seen.finds_right(&answer)) {
            seen.verifies_with = Some(guess.clone());
            return;
        }
    }
    let secret = asked.signing.secret.as_ref().unwrap_or(&asked.stranger);
    let unsigned = request::signed(secret, KeyRule::PolarOwn, &asked.signing, Spelling::Usual);
    seen.headerless = asked.send(unsigned.map(request::without_signature)).await;
    let bearing = request::signed(secret, KeyRule::PolarOwn, &asked.signing, Spelling::Usual);
    seen.with_credentials = asked.send(bearing.map(request::with_credentials)).await;
}

/// Whether it verifies what became of the body after it was parsed.
async fn as_parsed(seen: &mut HandlerSeen, asked: &Asked<'_>, secret: &SecretText) -> bool {
    for rule in KeyRule::ALL {
        for (spelling, named) in SPELLINGS {
            if asked.is_enough() {
                return false;
            }
            let answer = asked.signed_with(secret, rule, spelling).await;
            if answer.is_some_and(|answer| seen.took(&answer)) {
                // One that takes turns with another, which has another secret, would take the usual one now.
                for _ in 0..2 {
                    let usual = asked.signed_with(secret, rule, Spelling::Usual).await;
                    if usual.is_some_and(|usual| seen.took(&usual)) {
                        seen.steadiness = Steadiness::TakesTurns;
                        return true;
                    }
                }
                seen.only_spelled = Some(named);
                return true;
            }
        }
        for text in LEFT {
            let answer = asked.send(request::signed_as(text, secret, rule, &asked.signing)).await;
            // It may fail afterwards, at reading that text as JSON: another answer than to a wrong signature is enough.
            let differs = |answer: &Answer| {
                answer.status.is_some()
                    && !answer.is_limited()
                    && seen.forged.as_ref().is_some_and(|forged| forged.status != answer.status)
            };
            if let Some(answer) = answer.filter(differs) {
                seen.as_object = Some((text, answer));
                return true;
            }
        }
    }
    false
}
