//! What is verified: the bytes that arrived with their headers, or something else.

use super::{differing, first_answer, guess, handler, line};
use crate::check::diagnose::{Seen, causes::Named};

pub(super) fn reparsed(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let named = Named::new(
        "Your handler verifies the body after it was parsed and written anew, not the bytes that arrived.",
        "Verify the raw body: express.raw({ type: \"application/json\" }) before any express.json(), await request.text(), await request.body() in Python, php://input in PHP; parse it afterwards.",
    )
    .link("https://polar.sh/docs/integrate/webhooks/delivery");
    if let Some(respelled) = handler.respelled.as_ref().filter(|answer| !answer.is_success() && handler.accepts()) {
        return Some(
            named
                .proved(format!("A delivery whose JSON is spelled otherwise, correctly signed, {}.", respelled.told()))
                .ruling_out("The same event in the usual spelling is accepted: secret and clock are right."),
        );
    }
    if let Some(language) = handler.only_spelled {
        return Some(
            named
                .proved(format!("A delivery that is spelled as {language} writes it, and signed as such, is accepted."))
                .proved("The same event as Polar spells it, correctly signed, is refused.")
                .ruling_out("Secret and clock are right."),
        );
    }
    if let Some(object) = &handler.as_object {
        return Some(
            named
                .proved(format!(
                    "Signed as if the body were the text [object Object], a delivery {}: that is what became of it.",
                    object.told()
                ))
                .ruling_out("With a forged signature the answer is another one."),
        );
    }
    let fails = first_answer(seen).filter(|answer| matches!(answer.status, Some(400..=599)) && !handler.accepts())?;
    let text = fails.text.to_lowercase();
    let says = ["expected payload to be of type string or buffer", "received an instance of object", "[object object]"]
        .into_iter()
        .find(|words| text.contains(words));
    if let Some(words) = says {
        return Some(named.proved(format!("Its answer says so: \"{words}\".")));
    }
    // The code alone is no proof; that and a handler that fails at every delivery, whatever its signature, is.
    let fails_at_all = handler.forged.as_ref().is_some_and(|forged| forged.status == fails.status);
    let place =
        seen.code.parses.as_ref().filter(|_| fails_at_all && guess(seen).is_none() && differing(seen).is_none())?;
    Some(
        named
            .proved(format!("{}{} parses the body, and nothing keeps the bytes.", place.file, line(place.line)))
            .proved(format!("Every delivery {}, whatever its signature.", fails.told())),
    )
}

pub(super) fn header_case(seen: &Seen) -> Option<Named> {
    let place = seen.code.capital_header.as_ref()?;
    let handler = handler(seen).filter(|handler| !handler.accepts() && handler.verifies_with.is_none())?;
    let answer = handler.first().filter(|answer| matches!(answer.status, Some(400..=599)))?;
    Some(
        Named::new(
            format!(
                "{}{} looks a header up with capitals; Node.js has all names in small letters, so it gets none.",
                place.file,
                line(place.line)
            ),
            "Look up webhook-id, webhook-timestamp and webhook-signature in small letters.",
        )
        .proved(format!("The code at {}{}.", place.file, line(place.line)))
        .proved(format!("A delivery with all three headers, correctly signed, {}.", answer.told()))
        .link("https://nodejs.org/api/http.html#messageheaders"),
    )
}

/// The app accepts a delivery here and refuses the same one through the public address.
pub(super) fn altered(seen: &Seen) -> Option<Named> {
    let handler = handler(seen).filter(|handler| handler.accepts() || handler.verifies_with_polars())?;
    let public = seen.public.as_ref().filter(|public| public.answer.is_refusal())?;
    let forged = handler.forged.as_ref().filter(|forged| forged.is_refusal())?;
    // The secret that the address was asked with is the one that the app has.
    if differing(seen).is_some() {
        return None;
    }
    let headerless =
        handler.headerless.as_ref().filter(|answer| answer.is_like(&public.answer) && !answer.is_like(forged));
    if headerless.is_none() && !forged.is_like(&public.answer) {
        return None;
    }
    Some(
        Named::new(
            if headerless.is_some() {
                format!("Something between {} and your app takes the webhook-… headers away.", public.url)
            } else {
                format!("Something between {} and your app changes the body or the webhook-… headers.", public.url)
            },
            "Let the proxy pass webhook-id, webhook-timestamp, webhook-signature and the body on as they come (nginx: proxy_pass_request_headers on; underscores_in_headers; no rewriting of bodies).",
        )
        .proved("On this machine your app accepts a signed delivery.")
        .proved(format!("Through {} the same {}.", public.url, public.answer.told()))
        .proved(if headerless.is_some() {
            "That is what your app says to one without these headers, and not to a forged one."
        } else {
            "That is what your app says to a wrong signature."
        }),
    )
}
