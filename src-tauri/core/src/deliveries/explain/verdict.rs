//! The verdict in sentences.

use super::{
    Known,
    evidence::{Found, Signer},
    headers::{Headers, NAMES},
    keys::Form,
    rewritten::as_polar_writes,
    steps::span,
};
use crate::{
    deliveries::Captured,
    setup::view::SignatureVerdict as Verdict,
    webhook::signature::{KeyRule, SignatureHeaders, TOLERANCE_SECONDS, verify},
};

/// Later than this, in seconds since 1970, a timestamp counts milliseconds.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// What came of it.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) certain: bool,
    pub(super) sentence: String,
    pub(super) fix: Option<String>,
}

impl Judged {
    fn fact(verdict: Verdict, sentence: impl Into<String>) -> Self {
        Self { verdict, certain: true, sentence: sentence.into(), fix: None }
    }

    fn likely(verdict: Verdict, sentence: impl Into<String>) -> Self {
        Self { certain: false, ..Self::fact(verdict, sentence) }
    }

    fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }
}

/// Which SDKs accept what is signed by this rule.
pub(super) const fn accepted_by(rule: KeyRule) -> &'static str {
    match rule {
        KeyRule::PolarOwn => {
            "Every version of @polar-sh/sdk accepts it; generic Standard Webhooks libraries only with the secret encoded in base64."
        }
        KeyRule::StandardWebhooks => {
            "@polar-sh/sdk 1.0 and later and generic Standard Webhooks libraries accept it; @polar-sh/sdk 0.x and the adapters that stand on it refuse it."
        }
    }
}

/// Judges by what was found.
pub(super) fn judge(captured: &Captured, headers: &Headers, found: Option<&Found>, known: &Known<'_>) -> Judged {
    if let Some(judged) = absent(headers) {
        return judged;
    }
    if let Some(rule) = accepted(captured, headers, known) {
        return by_rule(rule, known);
    }
    let mut judged = found.map_or_else(|| nothing_fits(captured, headers, known), |found| fits(found, headers, known));
    match late(captured, headers, known.clock_ahead) {
        // All else is right.
        Some(late) if judged.verdict == Verdict::Verified => late,
        Some(late) if judged.verdict != Verdict::HeadersMalformed => {
            judged.sentence.push_str(" Besides: ");
            judged.sentence.push_str(&late.sentence);
            judged
        }
        _ => judged,
    }
}

/// By which rule the app's secret verifies it, time included.
fn accepted(captured: &Captured, headers: &Headers, known: &Known<'_>) -> Option<KeyRule> {
    let signed = SignatureHeaders {
        id: headers.id.clone(),
        timestamp: headers.timestamp.clone(),
        signature: captured.header(NAMES[2]),
    };
    let now = captured.received_at.unix_timestamp();
    verify(&known.secrets.first()?.secret, &signed, &captured.body, now).ok()
}

fn absent(headers: &Headers) -> Option<Judged> {
    if headers.missing.is_empty() {
        return None;
    }
    if let Some(whose) = headers.signed_by {
        let sentence = format!("This carries a signature of {whose}, and not the three headers that Polar sends.");
        return Some(Judged::fact(Verdict::NoSignature, sentence).fix("Give that sender an address of its own."));
    }
    if headers.missing.len() == NAMES.len() {
        let sentence = "It is not signed: it has none of the headers webhook-id, webhook-timestamp and webhook-signature. \
                        Polar signs all that it sends.";
        return Some(Judged::fact(Verdict::NoSignature, sentence).fix(
            "If it was sent by hand, send a signed sample instead. If it came from Polar, something on the way takes the headers away.",
        ));
    }
    let sentence = format!("Of the three headers, {} is missing or empty.", headers.missing.join(" and "));
    Some(
        Judged::fact(Verdict::HeadersMissing, sentence)
            .fix("Polar always sends all three: let whatever stands in between pass them on."),
    )
}

fn title(known: &Known<'_>, at: usize) -> String {
    known.secrets.get(at).map_or_else(|| "?".to_owned(), |known| known.title.clone())
}

/// The app's secret fits by this rule.
fn by_rule(rule: KeyRule, known: &Known<'_>) -> Judged {
    let by = format!("The secret of {} signed it, by {}.", title(known, 0), rule.name());
    match known.sdk {
        Some(sdk) if !sdk.accepts.is_empty() && !sdk.accepts.contains(&rule) => {
            let version = if sdk.version.is_empty() { String::new() } else { format!(" {}", sdk.version) };
            let sentence =
                format!("{by} But {}{version} accepts only the other key rule, and refuses it.", sdk.package);
            Judged::fact(Verdict::OtherKeyRule, format!("{sentence} {}", accepted_by(rule))).fix(
                "Use @polar-sh/sdk 1.0 or later, or let the setup put a secret of its own on the endpoint: such a one has the rule that every version accepts.",
            )
        }
        _ => Judged::fact(Verdict::Verified, format!("{by} {}", accepted_by(rule))),
    }
}

fn fits(found: &Found, headers: &Headers, known: &Known<'_>) -> Judged {
    let at = match found.with {
        Signer::Known(at) => at,
        Signer::Relay => {
            return Judged::fact(
                Verdict::Relay,
                "Polar's relay (polar listen) signed it: with the organization's id instead of the endpoint's secret.",
            )
            .fix("Use the relay of this program, which signs anew with your secret, or verify with the secret that polar listen prints.");
        }
    };
    let whose = title(known, at);
    if found.once {
        let names = headers.repeated.join(" and ");
        let sentence = format!("The header {names} came more than once. Taken once, it fits the secret of {whose}.");
        return Judged::fact(Verdict::HeadersMalformed, sentence)
            .fix("Something on the way adds the header a second time: let it pass on what it gets.");
    }
    if let Some(how) = found.misspelled {
        let sentence = format!("The signature fits the secret of {whose}, but {how}.");
        return Judged::fact(Verdict::HeadersMalformed, sentence)
            .fix("Polar writes it as v1, followed by base64: something on the way changed the header, or another sender wrote it.");
    }
    if let Some(change) = &found.change {
        let sentence = format!(
            "The body was changed after it was signed: {change}. With that undone, it fits the secret of {whose} ({}).",
            found.rule.name()
        );
        return Judged::fact(Verdict::BodyChanged, sentence)
            .fix("Let what stands between Polar and here pass the bytes on as they are, and verify the raw body.");
    }
    if found.form != Form::AsItIs {
        let (wrong, fix) = found.form.words();
        let sentence = format!("The secret of {whose} is the right one, but it {wrong}.");
        return Judged::fact(Verdict::MiswrittenSecret, sentence).fix(fix);
    }
    if at == 0 {
        return by_rule(found.rule, known);
    }
    let sentence = format!("The secret of {whose} signed it, and not that of {}.", title(known, 0));
    Judged::fact(Verdict::OtherEndpoint, sentence).fix(
        "Take the secret of the endpoint that delivers here, or let each endpoint deliver to an address of its own.",
    )
}

fn nothing_fits(captured: &Captured, headers: &Headers, known: &Known<'_>) -> Judged {
    if headers.seconds.is_none() {
        return Judged::fact(Verdict::HeadersMalformed, "The webhook-timestamp header is not a number of seconds.")
            .fix("Polar sends seconds since 1970: something else sent it, or changed the header on the way.");
    }
    if headers.codes().is_empty() {
        return Judged::fact(
            Verdict::HeadersMalformed,
            "The webhook-signature header holds no signature of the form v1,<base64 of 32 bytes>.",
        )
        .fix("Polar writes it so: something else sent it, or changed the header on the way.");
    }
    if !headers.repeated.is_empty() {
        let sentence =
            format!("The header {} came more than once, and fits in no way.", headers.repeated.join(" and "));
        return Judged::fact(Verdict::HeadersMalformed, sentence)
            .fix("Something on the way adds the header a second time: let it pass on what it gets.");
    }
    let Some(app) = known.secrets.first() else {
        return Judged::fact(Verdict::NoSecretKnown, "No secret is known to verify it with.")
            .fix("Run the setup, or write the endpoint's secret into the env file.");
    };
    let tried = match known.secrets.len() {
        1 => format!("The secret of {} does not fit by either key rule", app.title),
        many => format!("None of the {many} known secrets, that of {} among them, fits by either key rule", app.title),
    };
    if captured.body.is_empty() {
        return Judged::likely(
            Verdict::BodyChanged,
            format!("{tried}. The body is empty, as Polar never sends it: most likely it was lost on the way, perhaps in a redirect."),
        )
        .fix("Give Polar the final address, and let the body through.");
    }
    if as_polar_writes(&captured.body) {
        return Judged::likely(
            Verdict::WrongSecret,
            format!("{tried}. The body is laid out just as Polar writes it, so most likely it is whole and another secret signed it; a changed value cannot be told apart from that."),
        )
        .fix("Compare the secret with the endpoint's on Polar, and look whether another endpoint delivers here.");
    }
    Judged::likely(
        Verdict::Undecided,
        format!("{tried}. It cannot be told whether another secret signed it or the body was changed on the way: it is not laid out as Polar writes it, and nothing that is usually done to a body explains it."),
    )
    .fix("Compare the secret with the endpoint's on Polar; then look at what stands between Polar and here, and at whether Polar sent this at all.")
}

/// What is wrong with its time; `None`: nothing, or there is none.
fn late(captured: &Captured, headers: &Headers, clock_ahead: Option<i64>) -> Option<Judged> {
    let seconds = headers.seconds?;
    let age = captured.received_at.unix_timestamp().saturating_sub(seconds);
    let outside = |age: i64| age.saturating_abs() > TOLERANCE_SECONDS;
    if !outside(age) {
        return None;
    }
    let bad = |sentence: String| Judged::fact(Verdict::OutsideTolerance, sentence);
    if seconds > MILLISECONDS_FROM {
        let sentence = "The timestamp counts milliseconds; it must be seconds since 1970.".to_owned();
        return Some(bad(sentence).fix("Polar sends seconds: another sender made this, or the header was changed."));
    }
    let direction = if age > 0 { "before" } else { "after" };
    let by = format!("its timestamp is {} {direction} its arrival; more than 5 minutes are not accepted.", span(age));
    let clock = "Set this machine's clock: turn the automatic time on. In a virtual machine or WSL it falls behind after a sleep.";
    let judged = match clock_ahead.map(|ahead| (ahead, age.saturating_sub(ahead))) {
        Some((ahead, real)) if !outside(real) => {
            let way = if ahead > 0 { "ahead of" } else { "behind" };
            let measured = format!("This machine's clock was {} {way} Polar's when it was measured", span(ahead));
            let sentence = if outside(ahead) {
                format!("The clock is off: {by} {measured}.")
            } else {
                format!("It is at the edge: {by} {measured}; by Polar's clock it would just be accepted.")
            };
            bad(sentence).fix(clock)
        }
        Some(_) if age > 0 => bad(format!(
            "It is an old delivery: {by} This machine's clock does not explain that, as it was measured against Polar's."
        ))
        .fix("It was held up on the way, or sent again as it was: send it again with a fresh signature."),
        Some(_) => bad(format!(
            "Its time lies ahead: {by} This machine's clock does not explain that, as it was measured against Polar's."
        ))
        .fix("Look at the clock of the machine that signed it, and let this machine's be measured again."),
        None if age > 0 => Judged {
            certain: false,
            ..bad(format!("It is too old: {by} Either this machine's clock is ahead by about that, or the delivery was held up or sent again as it was; the clock has not been measured."))
        }
        .fix(clock),
        None => Judged {
            certain: false,
            ..bad(format!("Its time lies ahead: {by} Most likely this machine's clock is behind by about that; it has not been measured."))
        }
        .fix(clock),
    };
    Some(judged)
}
