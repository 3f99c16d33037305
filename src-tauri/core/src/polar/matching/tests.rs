use time::{Duration, macros::datetime};

use super::*;
use crate::polar::delivery::Event;

const NOON: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

fn at(seconds: i64) -> OffsetDateTime {
    NOON + Duration::seconds(seconds)
}

/// Polar's attempts at one event, as the list has them: the newest first.
fn polar(id: &str, codes: &[Option<u16>]) -> Vec<Attempt> {
    let success = |code: Option<u16>| code.is_some_and(|code| (200..300).contains(&code));
    let arrived = codes.iter().any(|code| success(*code));
    let attempts = (0..).zip(codes).map(|(number, code)| Attempt {
        id: format!("{id}-{number}"),
        created_at: at(number * 6),
        succeeded: success(*code),
        http_code: *code,
        response: None,
        webhook_event: Event {
            id: id.into(),
            created_at: NOON,
            event_type: "order.paid".into(),
            payload: Some(format!("body of {id}")),
            succeeded: arrived.then_some(true),
            skipped: false,
        },
    });
    let mut attempts: Vec<Attempt> = attempts.collect();
    attempts.reverse();
    attempts
}

fn arrival(id: &str, seconds: i64, outcome: Outcome) -> Arrival {
    Arrival { webhook_id: id.into(), number: 0, payload: None, at: at(seconds), way: Way::Endpoint, outcome }
}

fn relayed(id: &str, outcome: Outcome) -> Arrival {
    let payload = Some(digest(format!("body of {id}").as_bytes()));
    Arrival { webhook_id: format!("relay-{id}"), way: Way::Relay, payload, ..arrival(id, 1, outcome) }
}

fn finding(attempts: &[Attempt], arrivals: &[Arrival]) -> Finding {
    let rows = side_by_side(attempts, arrivals, None);
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].finding.clone()
}

#[test]
fn every_gap_has_its_name() {
    use Outcome::{Answered, Held, NoAnswer, Open, TurnedAway};
    let one = |outcome| vec![arrival("e", 1, outcome)];
    for (codes, arrivals, expected) in [
        (&[Some(202)][..], one(Answered(202)), Finding::Fine),
        (&[Some(500), Some(202)], vec![arrival("e", 1, Answered(500)), arrival("e", 7, Answered(202))], Finding::Fine),
        (&[None, Some(202)], one(Answered(202)), Finding::Fine),
        (&[None], vec![], Finding::NotArrived(None)),
        (&[None, Some(530)], vec![], Finding::NotArrived(Some(530))),
        (&[Some(202)], vec![], Finding::AcceptedElsewhere),
        (&[Some(403)], one(Answered(403)), Finding::RefusedByApp(403)),
        (&[Some(302)], one(Answered(302)), Finding::RefusedByApp(302)),
        (&[Some(502)], one(NoAnswer("No app.".into())), Finding::RefusedBefore("No app.".into())),
        (&[Some(413)], one(TurnedAway("Too long.".into())), Finding::RefusedBefore("Too long.".into())),
        (&[None], one(Answered(202)), Finding::AnswerLost),
        (&[Some(500)], vec![arrival("e", 1, Answered(500)), arrival("e", 7, Answered(202))], Finding::Open),
        (&[Some(500)], one(Open), Finding::Open),
        (&[Some(202)], one(Held), Finding::Held),
        (&[None], vec![relayed("e", Answered(202))], Finding::ByRelayOnly),
        (&[Some(202)], vec![relayed("e", Answered(403))], Finding::RefusedByApp(403)),
    ] {
        let found = finding(&polar("e", codes), &arrivals);
        assert_eq!(found, expected, "{codes:?} {arrivals:?}");
        assert!(found.sentence().ends_with(['.', '?']), "{}", found.sentence());
    }
    assert_eq!(finding(&[], &one(Answered(202))), Finding::OnlyHere);
    assert_eq!(finding(&[], &[relayed("e", Answered(202))]), Finding::NeverSent);
    let mut skipped = polar("e", &[None]);
    skipped[0].webhook_event.skipped = true;
    assert_eq!(finding(&skipped, &[]), Finding::NeverSent);
}

#[test]
fn both_sides_stand_in_order_and_the_newest_event_first() {
    let attempts = [polar("b", &[Some(500), None, Some(202)]), polar("a", &[Some(202)])].concat();
    let arrivals = [
        arrival("b", 13, Outcome::Answered(202)),
        arrival("b", 1, Outcome::Answered(500)),
        arrival("other", 99, Outcome::Answered(202)),
        arrival("a", 1, Outcome::Answered(202)),
    ];
    let rows = side_by_side(&attempts, &arrivals, None);
    let ids: Vec<&str> = rows.iter().map(|row| row.webhook_id.as_str()).collect();
    assert_eq!(ids, ["other", "b", "a"]);
    let codes: Vec<_> = rows[1].polar.as_ref().unwrap().attempts.iter().map(|attempt| attempt.http_code).collect();
    assert_eq!(codes, [Some(500), None, Some(202)]);
    assert_eq!(rows[1].here.iter().map(|arrival| arrival.at).collect::<Vec<_>>(), [at(1), at(13)]);
    assert_eq!(rows[1].event_type.as_deref(), Some("order.paid"));
}

#[test]
fn replays_and_tests_are_no_deliveries_of_polars() {
    let headers = vec![("webhook-id".to_owned(), "e".into())];
    let captured = crate::deliveries::Captured {
        received_at: NOON,
        method: "POST".into(),
        target: "/".into(),
        headers,
        body: "body of e".into(),
    };
    let mut recorded = Recorded::of(captured);
    let made = Arrival::of(&recorded, Way::Endpoint).unwrap();
    assert_eq!(made, arrival("e", 0, Outcome::Open));
    let relayed = Arrival::of(&recorded, Way::Relay).unwrap();
    assert_eq!(relayed.payload, Some(digest(b"body of e")));
    recorded.view.app_status = Some(202);
    assert_eq!(Arrival::of(&recorded, Way::Endpoint).unwrap().outcome, Outcome::Answered(202));
    recorded.view.replay_of = Some(1);
    assert_eq!(Arrival::of(&recorded, Way::Endpoint), None);
    recorded.view.replay_of = None;
    recorded.view.test = true;
    assert_eq!(Arrival::of(&recorded, Way::Endpoint), None);
}

#[test]
fn what_polar_sent_before_the_record_begins_is_no_gap() {
    let found = |codes: &[Option<u16>], since| side_by_side(&polar("e", codes), &[], Some(at(since))).remove(0).finding;
    // The attempts are made at 0 and 6 s.
    assert_eq!(found(&[None, Some(202)], 7), Finding::BeforeRecord);
    assert_eq!(found(&[None, Some(202)], 3), Finding::AcceptedElsewhere);
    assert_eq!(found(&[None, None], 3), Finding::NotArrived(None));
    let here = [arrival("e", 1, Outcome::Answered(202))];
    assert_eq!(side_by_side(&polar("e", &[Some(202)]), &here, Some(at(9)))[0].finding, Finding::Fine);
}
