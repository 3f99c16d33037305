//! What answers at the endpoint's address, and what of it is the app's.

use super::*;

const HERE: &str = "http://127.0.0.1:4100/api/webhook/polar";

fn refusing() -> Answer {
    Answer { text: "no".into(), ..answered(403) }
}

#[test]
fn an_address_on_this_machine_is_no_tunnels() {
    let foreign = |seen: &mut Seen| {
        // It delivers to this machine.
        seen.polar.is_practice = true;
        seen.tunnels = vec![TunnelSeen { program: "ngrok".into(), port: Some(4300), ..TunnelSeen::default() }];
        seen.public.as_mut().unwrap().answer = answered(502);
        seen.public.as_mut().unwrap().forged = Some(answered(502));
    };
    assert_eq!(first(HERE, foreign), "nothing");
    // Somebody's own host may be one's.
    assert_eq!(first("https://shop.example.com/api/webhook/polar", foreign), "tunnel_to_wrong_port");
}

#[test]
fn what_refuses_at_the_address_is_told_from_what_alters_deliveries() {
    let refuses = |beside: u16, reaches_app: Option<bool>| {
        move |seen: &mut Seen| {
            seen.polar.is_practice = true;
            let handler = seen.handler.as_mut().unwrap();
            handler.forged = Some(refusing());
            handler.beside = Some(answered(404));
            let public = seen.public.as_mut().unwrap();
            public.answer = refusing();
            public.forged = Some(refusing());
            public.beside = Some(if beside == 403 { refusing() } else { answered(beside) });
            public.reaches_app = reaches_app;
        }
    };
    // It came to the app, or nobody knows: then something on the way changed it.
    assert_eq!(first(HERE, refuses(404, Some(true))), "altered_on_the_way");
    assert_eq!(first(QUICK, refuses(404, None)), "altered_on_the_way");
    // It did not: another program has the port.
    assert_eq!(first(HERE, refuses(404, Some(false))), "wrong_port");
    assert_eq!(first(QUICK, refuses(404, Some(false))), "nothing");
    // Every path is refused, which the app does not do.
    assert_eq!(first(QUICK, refuses(403, None)), "auth_middleware");
}

#[test]
fn what_takes_all_at_the_address_leaves_it_open_whether_it_is_the_app() {
    let mut seen = healthy(QUICK);
    seen.public.as_mut().unwrap().forged = Some(answered(202));
    assert_eq!(judge(&seen).verdict, Verdict::CannotTell);
    seen.public.as_mut().unwrap().reaches_app = Some(true);
    assert_eq!(judge(&seen).verdict, Verdict::Healthy);
    seen.public.as_mut().unwrap().reaches_app = Some(false);
    assert_eq!(judge(&seen).causes[0].id, "catch_all");
}

#[test]
fn without_a_sign_of_an_app_it_is_not_said_that_one_does_not_run() {
    let mut seen = healthy(QUICK);
    seen.app = AppSeen { port: 3000, ..AppSeen::default() };
    seen.handler = None;
    seen.public.as_mut().unwrap().answer = answered(404);
    seen.public.as_mut().unwrap().forged = Some(answered(404));
    let diagnosis = judge(&seen);
    assert!(diagnosis.causes.is_empty(), "{:?}", diagnosis.causes);
    assert!(diagnosis.open.iter().any(|open| open.starts_with("No app was seen")), "{:?}", diagnosis.open);
    seen.app.port_is_known = true;
    assert_eq!(judge(&seen).causes[0].id, "app_not_running");
}

#[test]
fn what_comes_after_the_check_is_behind_a_secret_that_polar_does_not_have() {
    let throws = |polars: &'static str| {
        move |seen: &mut Seen| {
            seen.polar.endpoint.as_mut().unwrap().0.secret = Some(SecretText::new(polars));
            let handler = seen.handler.as_mut().unwrap();
            handler.forged = Some(refusing());
            handler.own_rule = Some(answered(500));
            handler.standard_rule = Some(refusing());
            handler.polars_secret = Some(refusing());
            let public = seen.public.as_mut().unwrap();
            (public.answer, public.forged) = (refusing(), Some(refusing()));
        }
    };
    assert_eq!(first(QUICK, throws("another-secret-of-forty-characters-000002")), "secret_wrong");
    assert_eq!(first(QUICK, throws("a-webhook-secret-of-forty-characters-0001")), "handler_throws");
}
