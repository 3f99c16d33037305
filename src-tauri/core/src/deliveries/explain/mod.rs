//! A delivery's signature worked out step by step, so that a failed verification explains itself. What is said as a
//! fact is proved by a signature that fits; all else is called likely, or left open.

mod evidence;
mod headers;
mod json;
mod keys;
mod rewritten;
mod steps;
#[cfg(test)]
mod tests;
mod verdict;

use super::Captured;
use crate::{
    SecretText,
    setup::view::{ExplanationView, SdkView},
};

/// A secret that may have signed a delivery.
#[derive(Debug, Clone)]
pub struct KnownSecret {
    /// Whose it is, after "the secret of": `.env`, `the endpoint https://…`.
    pub title: String,
    /// The secret.
    pub secret: SecretText,
}

/// What is known besides the delivery.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The secret that the app verifies with comes first; then all others, such as those of other endpoints.
    pub secrets: &'a [KnownSecret],
    /// By how many seconds this machine's clock was ahead of Polar's when that was last measured (by the `Date` header
    /// of an answer of Polar's); negative: behind. `None`: not measured.
    pub clock_ahead: Option<i64>,
    /// The app's SDK, which may not accept both key rules.
    pub sdk: Option<&'a SdkView>,
}

/// Works the signature out. It judges by the moment at which the delivery arrived, not by now. A body of 100 KiB and
/// more that fits nothing is tried in so many ways that it takes a moment: do it when somebody asks, on a blocking
/// thread.
#[must_use]
pub fn explain(captured: &Captured, known: &Known<'_>) -> ExplanationView {
    let headers = headers::Headers::read(captured);
    let found = evidence::find(captured, &headers, known.secrets);
    let judged = verdict::judge(captured, &headers, found.as_ref(), known);
    let mut view = ExplanationView {
        verdict: judged.verdict,
        certain: judged.certain,
        sentence: judged.sentence,
        fix: judged.fix,
        steps: steps::steps(captured, &headers, known),
        results: steps::results(captured, &headers, known.secrets),
        notes: steps::notes(&headers),
        signatures: headers.signatures,
    };
    hide(&mut view, known.secrets);
    view
}

/// Takes the secrets out of what the headers brought into the view.
fn hide(view: &mut ExplanationView, secrets: &[KnownSecret]) {
    let steps = view.steps.iter_mut().map(|step| &mut step.seen);
    let results = view.results.iter_mut().map(|result| &mut result.title);
    let texts = steps.chain(results).chain(&mut view.signatures).chain(&mut view.notes).chain([&mut view.sentence]);
    for text in texts {
        for known in secrets.iter().filter(|known| !known.secret.expose().is_empty()) {
            if text.contains(known.secret.expose()) {
                *text = text.replace(known.secret.expose(), &known.secret.masked());
            }
        }
    }
}
