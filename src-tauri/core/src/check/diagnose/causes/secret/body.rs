//! What is verified: the bytes that arrived with their headers, or something else.

use std::sync::LazyLock;

use regex::Regex;

use super::{differing, first_answer, handler, line};
use crate::{
    check::diagnose::{Answer, HandlerSeen, Seen, causes::Named},
    project::HeaderMistake,
};

/// Every delivery is answered alike, whatever its signature, and otherwise than a path that nobody has.
pub(super) fn fails_at_all<'a>(seen: &'a Seen, handler: &HandlerSeen) -> Option<&'a Answer> {
    let fails = first_answer(seen).filter(|answer| matches!(answer.status, Some(400..=599)) && !answer.is_limited())?;
    let is_open = !handler.verifies() && !handler.verifies_with_polars() && handler.verifies_with.is_none();
    (handler.is_as_forged(fails) && !handler.is_nobodys(fails) && is_open).then_some(fails)
}

pub(super) fn reparsed(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let named = Named::new(
        "Your handler verifies the body after it was parsed and written anew, not the bytes that arrived.",
        raw_body(seen),
    )
    .link("https://polar.sh/docs/integrate/webhooks/delivery");
    let is_refused = |answer: &&Answer| {
        handler.forged.as_ref().is_some_and(|forged| {
            if handler.varies {
                forged.status == answer.status && handler.other_event.is_none()
            } else {
                forged.is_like(answer)
            }
        })
    };
    if let Some(respelled) =
        handler.respelled.as_ref().filter(is_refused).filter(|answer| !handler.took(answer) && handler.accepts())
    {
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
    if let Some((text, answer)) = &handler.as_object {
        return Some(
            named
                .proved(format!(
                    "Signed as if the body were the text {text}, a delivery {}: that is what became of it.",
                    answer.told()
                ))
                .ruling_out("With a forged signature the answer is another one."),
        );
    }
    let fails = first_answer(seen).filter(|answer| matches!(answer.status, Some(400..=599)) && !handler.verifies())?;
    let text = fails.text.to_lowercase();
    let says = ["expected payload to be of type string or buffer", "received an instance of object", "[object object]"]
        .into_iter()
        .find(|words| text.contains(words));
    if let Some(words) = says {
        return Some(named.proved(format!("Its answer says so: \"{words}\".")));
    }
    // The code alone is no proof; that and a handler that fails at every delivery, whatever its signature, is.
    let fails = fails_at_all(seen, handler)?;
    let place = seen.code.parses.as_ref().filter(|_| differing(seen).is_none())?;
    Some(
        named
            .proved(format!("{}{} parses the body, and nothing keeps the bytes.", place.file, line(place.line)))
            .proved(format!("Every delivery {}, whatever its signature.", fails.told())),
    )
}

/// How the bytes are had in the handler's language.
fn raw_body(seen: &Seen) -> &'static str {
    match seen.code.extension.as_str() {
        "py" => {
            "Verify the bytes that arrived, and parse them afterwards: await request.body() in FastAPI, request.get_data() in Flask, request.body in Django."
        }
        "php" => {
            "Verify the bytes that arrived, and parse them afterwards: file_get_contents(\"php://input\"), or $request->getContent() in Laravel and Symfony."
        }
        "go" => "Verify the bytes that arrived, and parse them afterwards: io.ReadAll(r.Body).",
        "rb" => {
            "Verify the bytes that arrived, and parse them afterwards: request.raw_post in Rails, request.body.read in Sinatra."
        }
        _ => {
            "Verify the bytes that arrived, and parse them afterwards: express.raw({ type: \"application/json\" }) before any express.json(), await c.req.text() in Hono, await request.text() in route handlers, bodyParser: false in Next.js' pages/api."
        }
    }
}

/// The framework itself says which one it did not find.
fn names_a_header(answer: &Answer) -> bool {
    static SAYS: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r#"KeyError[^<]{0,80}(?:HTTP_)?WEBHOOK[_-]|"loc":\s*\[\s*"header""#;
        Regex::new(&format!("(?i){pattern}")).expect("the pattern is constant")
    });
    SAYS.is_match(&answer.text)
}

/// Whether the words are about what is missing or wrong alike.
fn may_be_either(answer: &Answer) -> bool {
    const WORDS: [&str; 6] = ["invalid", "incorrect", "malformed", "wrong", "mismatch", " or "];
    let text = answer.text.to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

/// All three headers were sent: who says that one is missing looks it up by another name.
fn misses_a_header(answer: &Answer) -> bool {
    static SAYS: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r"(?i)missing[^.<{}]{0,40}header|headers?[^.<{}]{0,30}(?:missing|required|not found)";
        Regex::new(pattern).expect("the pattern is constant")
    });
    SAYS.is_match(&answer.text)
}

pub(super) fn header_case(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let answer = fails_at_all(seen, handler)?;
    // A handler that says the same to a delivery without the headers found none; one that says "missing or invalid" may
    // mean either.
    let is_alike = handler.headerless.as_ref().is_none_or(|headerless| headerless.is_like(answer));
    let says = names_a_header(answer) || is_alike && misses_a_header(answer) && !may_be_either(answer);
    let code = seen.code.headers.as_ref();
    if code.is_none() && !says {
        return None;
    }
    let place = code.map(|(place, _)| format!("{}{}", place.file, line(place.line)));
    let at = place.clone().unwrap_or_else(|| "Your handler".to_owned());
    let (sentence, fix, link) = match code.map(|(_, mistake)| *mistake) {
        Some(HeaderMistake::WithoutHttp) => (
            format!(
                "{at} looks a header up by its bare name; there it is called HTTP_WEBHOOK_ID and so on, so it gets none."
            ),
            "Look up HTTP_WEBHOOK_ID, HTTP_WEBHOOK_TIMESTAMP and HTTP_WEBHOOK_SIGNATURE.",
            None,
        ),
        Some(HeaderMistake::OtherName) => (
            format!("{at} looks for a header that Polar does not send."),
            "Polar signs by Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature.",
            Some("https://polar.sh/docs/integrate/webhooks/delivery"),
        ),
        Some(HeaderMistake::SmallInGo) => (
            format!(
                "{at} looks a header up in Go's map by its name in small letters; there it is Webhook-Id and so on, so it gets none."
            ),
            "Look them up with r.Header.Get(\"webhook-id\"), which knows either spelling.",
            Some("https://pkg.go.dev/net/http#Header.Get"),
        ),
        Some(HeaderMistake::HeadersObject) => (
            format!(
                "{at} hands a Headers object to validateEvent, which looks the names up as in a plain object, and finds none."
            ),
            "Hand it Object.fromEntries(request.headers), or c.req.header() in Hono.",
            None,
        ),
        Some(HeaderMistake::Capitals) => (
            format!("{at} looks a header up with capitals among names in small letters, so it gets none."),
            "Look up webhook-id, webhook-timestamp and webhook-signature in small letters.",
            Some("https://nodejs.org/api/http.html#messageheaders"),
        ),
        None => (
            "Your handler finds no webhook-… headers, although they were sent: it looks them up by other names."
                .to_owned(),
            "Look up webhook-id, webhook-timestamp and webhook-signature, in small letters where names are compared as they are written.",
            None,
        ),
    };
    let named = Named::new(sentence, fix)
        .proved(place.map_or_else(String::new, |place| format!("The code at {place}.")))
        .proved(if says { "Its answer says that a header is missing." } else { "" })
        .proved(format!("A delivery with all three headers, correctly signed, {}.", answer.told()));
    Some(match link {
        Some(link) => named.link(link),
        None => named,
    })
}

/// The app accepts a delivery here and refuses the same one through the public address.
pub(super) fn altered(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)
        .filter(|handler| (handler.accepts() || handler.verifies_with_polars()) && !handler.is_unsteady())?;
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
    // What never came to the app was altered by nobody; nor was what a guard before all paths refuses.
    let is_guarded = public.is_nobodys() && !handler.is_nobodys(&public.answer);
    if public.is_unsteady || public.reaches_app == Some(false) || headerless.is_none() && is_guarded {
        return None;
    }
    Some(
        Named::new(
            if headerless.is_some() {
                format!("Something between {} and your app takes the webhook-… headers away.", public.url)
            } else {
                format!("Something between {} and your app changes the body or the webhook-… headers.", public.url)
            },
            "Let the proxy pass webhook-id, webhook-timestamp, webhook-signature and the body on as they come (nginx: proxy_pass_request_headers on; underscores_in_headers; no rewriting of bodies). If another copy of your app answers there, it has another secret.",
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
