//! What the handler itself does wrong, apart from the signature.

use std::time::SystemTime;

use super::{first, handler, has};
use crate::{
    check::{
        delivery::TEST_EVENT,
        diagnose::{
            Answer, Seen,
            causes::{
                Named,
                secret::{is_deaf_to_polar, lacks_it},
            },
        },
    },
    polar::delivery::Attempt,
};

pub(super) fn throws(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    if let Some(named) = at_event(seen) {
        return Some(named);
    }
    // What is wrong with the app that runs here is no answer where deliveries arrive, nor what it does with a signature
    // that Polar does not make.
    if seen.is_proved() || is_deaf_to_polar(seen) {
        return None;
    }
    if let Some(named) = breaks_off(seen).filter(|_| !lacks_it(seen)) {
        return Some(named);
    }
    let fix = "Look at your app's log for the error.";
    if let Some(answer) = handler.verified_only() {
        // What it makes of the one event type says little of the others.
        let fails = handler.other_event.as_ref().map(|(event, answer)| (event.as_str(), answer));
        let is_own_error = is_error(answer) && fails.is_none_or(|(_, answer)| is_error(answer));
        if !is_own_error || has_succeeded_lately(seen) {
            return None;
        }
        let named = Named::new("Your handler finds the signature right, and fails after that.", fix)
            .proved(format!("A signed delivery {}.", answer.told()))
            .ruling_out(handler.forged.as_ref().map_or_else(String::new, |forged| {
                format!("A forged one {}, in other words, so signatures are verified.", forged.told())
            }));
        return Some(match fails {
            Some((event, answer)) => named.proved(format!("One of {event} {}.", answer.told())),
            None => named,
        });
    }
    // 501 is said to a method that a server does not know at all.
    let answer = first(seen).filter(|answer| matches!(answer.status, Some(500 | 502..=599)))?;
    // It fails at a signature that it finds wrong, as its words say or as is known by which it would find right.
    if handler.verifies_with.is_some() || handler.verifies_with_polars() || answer.refuses_signature() {
        return None;
    }
    // Something before the handler fails: what else stands there, or whether it is to, nobody can tell where it says so.
    let is_everywhere = handler.is_nobodys(answer);
    if is_everywhere && matches!(answer.status, Some(502..=504)) {
        return None;
    }
    if is_everywhere {
        return Some(
            Named::new("Your app fails at every request, before it comes to the handler.", fix)
                .proved(format!("A signed delivery {}.", answer.told()))
                .proved("A path that nobody has is answered the same."),
        );
    }
    // What the files or the answers say of the secret or the body explains it better.
    if super::super::secret::explains_an_error(seen) {
        return None;
    }
    Some(
        Named::new("Your handler fails at every delivery, before it looks at the signature or while it does.", fix)
            .proved(format!("A signed delivery {}.", answer.told()))
            .proved(
                handler.forged.as_ref().map_or_else(String::new, |forged| format!("A forged one {}.", forged.told())),
            ),
    )
}

/// What Polar recorded of the answer.
fn as_answer(attempt: &Attempt) -> Answer {
    Answer { status: attempt.http_code, text: attempt.response.clone().unwrap_or_default(), ..Answer::default() }
}

/// Whether an attempt failed with an error of the app's own: other 5xx are a tunnel's or a proxy's.
fn failed(attempt: &Attempt) -> bool {
    let is_between = matches!(attempt.http_code, Some(502..=504 | 520..=530));
    !attempt.succeeded && !is_between && is_error(&as_answer(attempt))
}

/// Whether the code was changed after the app was started, which has what it was started with: none that is read anew at
/// each request, and no development server.
fn is_changed_since(seen: &Seen) -> bool {
    let is_kept = seen.code.extension != "php" && !seen.app.reloads;
    is_kept && matches!((seen.app.began, seen.code.changed), (Some(began), Some(changed)) if began < changed)
}

/// Whether an attempt was made at the app that runs now.
fn is_at_running_app(seen: &Seen, attempt: &Attempt) -> bool {
    let at = SystemTime::from(attempt.created_at);
    let changed = seen.code.changed.filter(|_| !is_changed_since(seen));
    // Without its start nobody knows whether it has what the file says.
    let env = seen.env.changed.filter(|_| seen.app.began.is_none());
    [seen.app.began, changed, env].into_iter().flatten().all(|changed| at > changed)
}

/// The newest attempts of one event type at the app as it is now, all failed with the same error of the app's own.
/// Polar sends several events at once, so those of other types may stand in between.
fn failing<'a>(present: &[&'a Attempt]) -> Option<Vec<&'a Attempt>> {
    let type_of = |attempt: &Attempt| attempt.webhook_event.event_type.clone();
    present.iter().enumerate().find_map(|(at, newest)| {
        let event = type_of(newest);
        if present[..at].iter().any(|newer| type_of(newer) == event) {
            return None;
        }
        let of_event = present[at..].iter().filter(|attempt| type_of(attempt) == event);
        // Where Polar's deliveries of others were accepted, a refusal is the handler's answer to this one.
        let others_come = present.iter().any(|other| other.succeeded && type_of(other) != event);
        let fails = |attempt: &Attempt| {
            failed(attempt) || others_come && as_answer(attempt).is_refusal() && attempt.response == newest.response
        };
        let failing = of_event
            .take_while(|attempt| attempt.http_code == newest.http_code && fails(attempt))
            .copied()
            .collect::<Vec<_>>();
        // Once may be chance: then Polar's next attempt tells.
        let oldest = *failing.get(1..)?.last()?;
        // Another event that was accepted since may have come when the error was over, unless this one failed once more.
        let is_newest = at == 0;
        let between = present[at..].iter().take_while(|attempt| attempt.id != oldest.id);
        (is_newest || between.into_iter().any(|other| other.succeeded)).then_some(failing)
    })
}

/// The test's event is accepted, and what Polar sent to the app as it is now failed with an error of the app's own.
fn at_event(seen: &Seen) -> Option<Named> {
    let handler = handler(seen).filter(|handler| handler.right().any(Answer::is_success))?;
    let present = seen.polar.attempts.iter().filter(|it| is_at_running_app(seen, it)).collect::<Vec<_>>();
    let failing = failing(&present)?;
    let newest = failing[0];
    // That is how the app answers where it finds the signature wrong.
    if handler.is_as_forged(&as_answer(newest)) {
        return None;
    }
    let event = &newest.webhook_event.event_type;
    let others = present.iter().find(|other| other.succeeded);
    Some(
        Named::new(
            format!("Your handler fails at {event}, and accepts other events."),
            if is_changed_since(seen) {
                format!("If you mended it since, restart your app: it runs what it was started with. Else look at its log for the error at {event}; then redeliver what was missed.")
            } else {
                format!("Look at your app's log for the error at {event}; once it is mended, redeliver what was missed.")
            },
        )
        .proved(format!(
            "Polar's newest {} attempts of {event} were answered {}.",
            failing.len(),
            newest.http_code.unwrap_or_default()
        ))
        .proved(if is_changed_since(seen) {
            "The app was started before that, and its code was changed after its start."
        } else {
            "The app was started, and its code was last changed, before that."
        })
        .ruling_out(format!("A signed delivery of {TEST_EVENT} is accepted, so address, route and secret are right."))
        .ruling_out(others.map_or_else(String::new, |other| {
            format!("Polar's own delivery of {} was accepted.", other.webhook_event.event_type)
        })),
    )
}

/// Whether an answer is about an error that nobody meant to give: what is made up is rightly not found.
fn is_error(answer: &Answer) -> bool {
    const WORDS: [&str; 8] = [
        "cannot read propert",
        "is not a function",
        "typeerror",
        "keyerror",
        "exception",
        "traceback",
        "server logs",
        "internal error",
    ];
    matches!(answer.status, Some(500..=599)) || has(answer, &WORDS)
}

/// Whether the app as it runs now accepted the newest of Polar's attempts.
fn has_succeeded_lately(seen: &Seen) -> bool {
    seen.polar.attempts.first().is_some_and(|newest| {
        let at = SystemTime::from(newest.created_at);
        newest.succeeded && seen.app.began.is_none_or(|began| at > began)
    })
}

/// The connection is closed without an answer, or the app ends.
fn breaks_off(seen: &Seen) -> Option<Named> {
    let handler = handler(seen)?;
    let at_endpoints = handler.at_endpoints_path.as_ref().map(|(_, answer)| answer);
    let broken_off = at_endpoints.filter(|answer| answer.status.is_none());
    if handler.ended && (handler.forged.is_none() || broken_off.is_some()) {
        let answer = broken_off.or(first(seen))?;
        return Some(
            Named::new(
                "Your app ends when a delivery arrives: an error that nothing catches.",
                "Look at your app's log for the error, and start it again.",
            )
            .proved(format!("Its port was listened on before; a delivery: it {}.", answer.told()))
            .proved("Nothing listens on its port since."),
        );
    }
    let answer =
        first(seen).filter(|answer| answer.status.is_none() && answer.text.contains("closed the connection"))?;
    let forged = handler.forged.as_ref().filter(|forged| forged.status.is_some())?;
    Some(
        Named::new(
            if handler.ended {
                "Your app ends at a delivery whose signature is right: an error that nothing catches."
            } else {
                "Your app closes the connection at a delivery whose signature is right, without an answer."
            },
            "Look at your app's log for the error, and start it again.",
        )
        .proved(format!("A signed delivery: it {}.", answer.told()))
        .proved(if handler.ended { "Nothing listens on its port since." } else { "" })
        .ruling_out(format!("A forged one {}, so signatures are verified.", forged.told())),
    )
}

pub(super) fn body_limit(seen: &Seen) -> Option<Named> {
    // Frameworks say it in other words where they answer 400.
    let too_large = |answer: &&Answer| {
        answer.status == Some(413)
            || answer.status == Some(400)
                && has(
                    answer,
                    &["requestdatatoobig", "request body exceeded", "payloadtoolarge", "request entity too large"],
                )
    };
    // What the app does after it found right what Polar does not sign is no answer.
    let is_heard = !is_deaf_to_polar(seen);
    let small = first(seen).filter(too_large).filter(|_| is_heard);
    let large = handler(seen)?.large.as_ref().filter(too_large).filter(|_| is_heard);
    let public = seen.public.as_ref().map(|public| &public.answer).filter(too_large);
    let refused = small.or(large).or(public)?;
    if small.or(large).is_none() {
        return Some(
            Named::new(
                "Something before your app refuses deliveries as too large: its limit for a body is too low.",
                "Raise the limit of the proxy or the host to 1 MB (nginx: client_max_body_size 1m).",
            )
            .proved(format!("Through the public address a usual delivery, of a few kB, {}.", refused.told()))
            .ruling_out("On this machine your app accepts it."),
        );
    }
    Some(
        Named::new(
            "Your app refuses larger deliveries: its limit for a body is too low.",
            match seen.code.extension.as_str() {
                "py" => "Raise the limit for a body to 1 MB (Django: DATA_UPLOAD_MAX_MEMORY_SIZE; Flask: MAX_CONTENT_LENGTH; aiohttp: client_max_size).",
                "php" => "Raise the limit for a body to 1 MB (php.ini: post_max_size; your framework's own limit).",
                "go" | "rb" => "Raise the limit for a body to 1 MB (Go: http.MaxBytesReader; Ruby: your server's or middleware's limit).",
                _ => "Raise the limit for this route to 1 MB (Express: express.raw({ limit: \"1mb\" }); Hono: bodyLimit({ maxSize: 1024 * 1024 }); Fastify: bodyLimit).",
            },
        )
        .proved(if small.is_some() {
            format!("A usual delivery, of a few kB, {}.", refused.told())
        } else {
            format!("A signed delivery of 64 kB {}.", refused.told())
        })
        .ruling_out(if small.is_none() { "A small one was accepted." } else { "" }),
    )
}
