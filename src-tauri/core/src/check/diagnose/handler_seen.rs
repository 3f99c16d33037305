//! What the probes saw of the handler.

use super::Answer;
use crate::setup::view::Place;

/// How the app answered at the route, asked on this machine.
#[derive(Debug, Clone, Default)]
pub struct HandlerSeen {
    /// To a delivery signed with the file's secret, by Polar's own key rule.
    pub own_rule: Option<Answer>,
    /// The same by the Standard Webhooks rule.
    pub standard_rule: Option<Answer>,
    /// Signed with the endpoint's secret on Polar, where that is another one; by the rule that was accepted, if one was.
    pub polars_secret: Option<Answer>,
    /// To a delivery whose signature fits nothing.
    pub forged: Option<Answer>,
    /// Whether the same forged delivery is answered in other words each time.
    pub varies: bool,
    /// Where the signature fits and the answer is no success all the same: another event type, and the answer to that.
    pub other_event: Option<(String, Answer)>,
    /// To one without the headers of a signature.
    pub headerless: Option<Answer>,
    /// Whether a delivery like one that was accepted is accepted again.
    pub steadiness: Steadiness,
    /// To one that was accepted before, its JSON spelled otherwise and signed as such.
    pub respelled: Option<Answer>,
    /// Where the usual spelling is refused: the spelling of another language that is accepted.
    pub only_spelled: Option<&'static str>,
    /// To one whose signature is that of the text which becomes of a parsed body; and that text.
    pub as_object: Option<(&'static str, Answer)>,
    /// To one of 64 kB.
    pub large: Option<Answer>,
    /// With the public address as its `Host`.
    pub public_host: Option<Answer>,
    /// Where the file's secret is refused: the one that is accepted.
    pub verifies_with: Option<Guess>,
    /// At a path beside the route, that nobody has.
    pub beside: Option<Answer>,
    /// To a refused delivery that brought credentials as well.
    pub with_credentials: Option<Answer>,
    /// To GET, and the same at the path that nobody has.
    pub by_get: Option<(Answer, Answer)>,
    /// Whether Better Auth answers at its own health route, where its plugin has the webhooks' route.
    pub plugin_answers: Option<bool>,
    /// To PUT, likewise.
    pub by_put: Option<(Answer, Answer)>,
    /// At the path of the endpoint's address, where that is another one.
    pub at_endpoints_path: Option<(String, Answer)>,
    /// A forged one there.
    pub forged_at_endpoints_path: Option<Answer>,
    /// Other paths that answered something else than 404.
    pub near: Vec<(String, Answer)>,
    /// Whether nothing listens any more after a delivery that was signed rightly.
    pub ended: bool,
}

/// Whether the same delivery is answered the same again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Steadiness {
    /// As far as it was asked.
    #[default]
    Steady,
    /// It is refused later: the app keeps what it has seen, or counts.
    Refuses,
    /// It is refused, and then accepted again: several processes with different secrets answer in turn.
    TakesTurns,
}

/// A secret that an app may verify with in place of the one in its env file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guess {
    /// That of the endpoint with this address.
    OtherEndpoint(String),
    /// That in the environment which the app was started with.
    Environment,
    /// That in another place of the env files.
    Place(String),
    /// That under another name in the env files: name and file.
    Variable(String, String),
    /// That in the code.
    Code(Place),
    /// The file's, as it is written there: with quotes, blanks or what follows a `#`.
    AsWritten,
    /// The file's, without what follows this sign.
    Eaten(char),
    /// The file's, without the `whsec_` at its beginning.
    WithoutPrefix,
    /// The file's, in base64 once more.
    Encoded,
    /// Nothing: the variable is empty, or not set.
    Nothing,
}

impl HandlerSeen {
    /// Whether a delivery like one that was accepted was refused.
    #[must_use]
    pub fn is_unsteady(&self) -> bool {
        self.steadiness != Steadiness::Steady
    }

    /// Whether an answer says that the delivery was taken. A handler that says 200 to what it refuses tells by the text.
    #[must_use]
    pub fn took(&self, answer: &Answer) -> bool {
        let Some(forged) = self.forged.as_ref().filter(|forged| forged.is_success()) else {
            return answer.is_success();
        };
        let tells = self.signed().any(|signed| signed.is_success() && !signed.is_like(forged));
        answer.is_success() && !(tells && answer.is_like(forged))
    }

    fn signed(&self) -> impl Iterator<Item = &Answer> {
        [&self.own_rule, &self.standard_rule].into_iter().flatten()
    }

    /// The answers to deliveries whose signature was found right.
    pub fn right(&self) -> impl Iterator<Item = &Answer> {
        [&self.own_rule, &self.standard_rule, &self.polars_secret, &self.respelled, &self.public_host]
            .into_iter()
            .flatten()
            .filter(|answer| self.finds_right(answer))
    }

    /// Whether a delivery signed with the file's secret is accepted by either rule.
    #[must_use]
    pub fn accepts(&self) -> bool {
        self.signed().any(|answer| self.took(answer))
            || self.other_event.as_ref().is_some_and(|(_, answer)| self.took(answer))
    }

    /// Whether an answer is that of a path that nobody has: then no handler gave it.
    #[must_use]
    pub fn is_nobodys(&self, answer: &Answer) -> bool {
        self.beside.as_ref().is_some_and(|beside| beside.is_like(answer))
    }

    /// Whether an answer is that to a forged delivery.
    #[must_use]
    pub fn is_as_forged(&self, answer: &Answer) -> bool {
        self.forged.as_ref().is_some_and(|forged| forged.is_like(answer))
    }

    /// Whether no delivery was found right, in any way that was tried.
    #[must_use]
    pub fn finds_none_right(&self) -> bool {
        let is_known = self.only_spelled.is_some() || self.as_object.is_some() || self.verifies_with.is_some();
        !self.verifies() && !self.verifies_with_polars() && !is_known
    }

    /// Whether an answer says that the signature was found right: a success, or another answer than a forged one gets.
    #[must_use]
    pub fn finds_right(&self, answer: &Answer) -> bool {
        let Some(forged) = self.forged.as_ref().filter(|forged| forged.status.is_some() && !forged.is_limited()) else {
            return self.took(answer);
        };
        let differs = if self.varies { answer.status != forged.status } else { !answer.is_like(forged) };
        self.took(answer)
            || answer.status.is_some()
                && !answer.is_success()
                && !answer.is_limited()
                && differs
                && !self.is_nobodys(forged)
                && (!self.is_nobodys(answer) || forged.is_refusal())
    }

    /// The answer to a delivery whose signature was found right, and which was no success all the same.
    #[must_use]
    pub fn verified_only(&self) -> Option<&Answer> {
        if self.accepts() { None } else { self.signed().find(|answer| self.finds_right(answer)) }
    }

    /// Whether the signature of a delivery that is signed with the file's secret is found right.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.accepts() || self.verified_only().is_some()
    }

    /// Whether one signed with the endpoint's secret is accepted and a forged one is not, whatever the file says.
    #[must_use]
    pub fn verifies_with_polars(&self) -> bool {
        self.polars_secret.as_ref().is_some_and(|answer| self.finds_right(answer))
            && self.forged.as_ref().is_some_and(|answer| !self.took(answer))
    }

    /// Whether one signed with the endpoint's secret is refused as a forged one is.
    #[must_use]
    pub fn refuses_polars(&self) -> bool {
        self.polars_secret
            .as_ref()
            .is_some_and(|answer| !answer.is_success() && self.is_as_forged(answer) && !self.is_nobodys(answer))
    }

    /// Whether it takes whatever comes, as far as its answers tell.
    #[must_use]
    pub fn takes_forged(&self) -> bool {
        self.forged.as_ref().is_some_and(|forged| self.took(forged))
    }

    /// The answer to the first that was sent.
    #[must_use]
    pub fn first(&self) -> Option<&Answer> {
        self.own_rule.as_ref().or(self.standard_rule.as_ref()).or(self.forged.as_ref())
    }
}
