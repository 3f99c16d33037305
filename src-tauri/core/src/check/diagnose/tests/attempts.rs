//! What Polar recorded of its attempts: which event fails, and which only waits.

use time::{Duration, OffsetDateTime};

use super::*;
use crate::polar::delivery::{Attempt, Event};

/// Attempts, newest first and a second apart: the event's type and number, and how it was answered.
fn attempted(attempts: &[(&str, u8, u16)]) -> impl Fn(&mut Seen) {
    move |seen| {
        let now = OffsetDateTime::now_utc();
        let ago = |seconds: usize| now - Duration::seconds(i64::try_from(seconds).unwrap());
        seen.app.began = Some(ago(100).into());
        seen.polar.attempts = attempts
            .iter()
            .enumerate()
            .map(|(at, (event_type, number, status))| Attempt {
                id: format!("attempt {at}"),
                created_at: ago(at),
                succeeded: *status < 300,
                http_code: Some(*status),
                response: None,
                webhook_event: Event {
                    id: format!("{event_type} {number}"),
                    created_at: ago(at),
                    event_type: (*event_type).to_owned(),
                    payload: None,
                    succeeded: (*status < 300).then_some(true),
                    skipped: false,
                },
            })
            .collect();
    }
}

fn sentence(attempts: &[(&str, u8, u16)]) -> String {
    let mut seen = healthy(QUICK);
    attempted(attempts)(&mut seen);
    judge(&seen).causes.first().map(|cause| cause.sentence.clone()).unwrap_or_default()
}

const PAID: &str = "order.paid";
const CREATED: &str = "customer.created";

#[test]
fn an_event_that_waits_is_told_when_it_comes_and_only_if_nothing_else_is_wrong() {
    let mut seen = healthy(QUICK);
    attempted(&[(PAID, 1, 502)])(&mut seen);
    let at = seen.polar.attempts[0].created_at;
    let cause = judge(&seen).causes.remove(0);
    assert_eq!(cause.id, "retry_waiting");
    // The first pause is six seconds.
    let next = (at + Duration::seconds(6)).time();
    let told = format!("{:02}:{:02}:{:02} UTC", next.hour(), next.minute(), next.second());
    assert!(cause.sentence.contains(PAID) && cause.sentence.contains(&told), "{}", cause.sentence);
    seen.app.listens = false;
    seen.handler = None;
    seen.public.as_mut().unwrap().answer = answered(502);
    assert_eq!(judge(&seen).causes[0].id, "app_not_running");
}

#[test]
fn an_event_waits_also_where_others_came_through_since() {
    assert_eq!(first(QUICK, attempted(&[(CREATED, 1, 200), (PAID, 1, 500)])), "retry_waiting");
    assert_eq!(first(QUICK, attempted(&[(CREATED, 1, 200), (PAID, 2, 200), (PAID, 1, 500)])), "retry_waiting");
    let mut seen = healthy(QUICK);
    attempted(&[(CREATED, 1, 502), (PAID, 1, 502), (PAID, 2, 502)])(&mut seen);
    assert!(judge(&seen).causes[0].proved_by.iter().any(|proof| proof == "2 more events wait as well."));
    // Once it came through it waits no longer.
    assert_eq!(first(QUICK, attempted(&[(PAID, 1, 200), (PAID, 1, 500)])), "nothing");
}

#[test]
fn an_event_at_which_the_handler_fails_twice_is_told_whatever_came_in_between() {
    for attempts in [
        &[(PAID, 2, 500), (PAID, 1, 500), (CREATED, 1, 200)][..],
        &[(PAID, 2, 500), (CREATED, 1, 200), (PAID, 1, 500)],
        // As many purchases are: what is sent with it may arrive later.
        &[(CREATED, 2, 200), (PAID, 2, 500), (CREATED, 1, 200), (PAID, 1, 500)],
    ] {
        assert_eq!(first(QUICK, attempted(attempts)), "handler_throws", "{attempts:?}");
        assert!(sentence(attempts).contains(&format!("fails at {PAID}")), "{attempts:?}");
    }
    // The error may be over: nothing of that event came since, and another was accepted.
    assert_eq!(first(QUICK, attempted(&[(CREATED, 1, 200), (PAID, 2, 500), (PAID, 1, 500)])), "retry_waiting");
    // Nor is it over one event that something in between failed, or what the app failed at before it was started anew.
    assert_eq!(first(QUICK, attempted(&[(PAID, 2, 502), (PAID, 1, 502)])), "retry_waiting");
    let before = |seen: &mut Seen| {
        attempted(&[(PAID, 2, 500), (PAID, 1, 500)])(seen);
        seen.app.began = Some(std::time::SystemTime::now());
    };
    assert_eq!(first(QUICK, before), "retry_waiting");
}
