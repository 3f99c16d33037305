//! Causes that no server here can bring about: judged by what the probes would have seen. The answers are those that were
//! measured on the real programs.

use std::time::Duration;

use super::{causes::ids, *};
use crate::polar::{ApiError, endpoint::Endpoint};

mod addresses;
mod attempts;

const ROUTE: &str = "/api/webhook/polar";

fn answered(status: u16) -> Answer {
    Answer { status: Some(status), milliseconds: 5, ..Answer::default() }
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        id: "e1".into(),
        url: url.into(),
        name: None,
        format: "raw".into(),
        secret: Some(SecretText::new("a-webhook-secret-of-forty-characters-0001")),
        events: vec!["order.paid".into()],
        enabled: true,
        created_at: None,
        organization_id: None,
    }
}

/// A setup in which all is well, behind this address.
fn healthy(url: &str) -> Seen {
    let endpoint = endpoint(url);
    let secret = endpoint.secret.clone().unwrap();
    let place =
        SecretPlace { file: ".env".into(), line: Some(2), value: secret.clone(), written: secret, certain: true };
    Seen {
        route: ROUTE.into(),
        env: EnvSeen {
            file: ".env".into(),
            exists: true,
            secret_name: "POLAR_WEBHOOK_SECRET".into(),
            secrets: vec![place],
            base: Url::parse(url).ok().map(|url| url.origin().ascii_serialization()),
            ..EnvSeen::default()
        },
        app: AppSeen { port: 3000, port_is_known: true, listens: true, ..AppSeen::default() },
        handler: Some(HandlerSeen {
            own_rule: Some(answered(202)),
            standard_rule: Some(answered(202)),
            forged: Some(answered(403)),
            ..HandlerSeen::default()
        }),
        polar: PolarSeen {
            server: "polar.sh".into(),
            endpoints: Some(vec![endpoint.clone()]),
            endpoint: Some((endpoint, "by its address")),
            clock_ahead: Some(0),
            ..PolarSeen::default()
        },
        public: Some(PublicSeen {
            url: url.into(),
            has_address: Some(true),
            answer: answered(202),
            forged: Some(answered(403)),
            ..PublicSeen::default()
        }),
        ..Seen::default()
    }
}

const QUICK: &str = "https://quick-pebble-grove.trycloudflare.com/api/webhook/polar";
const NGROK: &str = "https://abc123.ngrok-free.app/api/webhook/polar";

/// The first cause after something went wrong.
fn first(url: &str, wrong: impl FnOnce(&mut Seen)) -> String {
    let mut seen = healthy(url);
    wrong(&mut seen);
    let diagnosis = judge(&seen);
    for cause in &diagnosis.causes {
        assert!(cause.proved_by.iter().any(|proof| !proof.is_empty()), "{} is proved by nothing", cause.id);
    }
    diagnosis.causes.first().map_or_else(|| "nothing".to_owned(), |cause| cause.id.clone())
}

fn public(answer: Answer) -> impl FnOnce(&mut Seen) {
    move |seen| seen.public.as_mut().unwrap().answer = answer
}

fn on_polar(change: impl FnOnce(&mut Endpoint)) -> impl FnOnce(&mut Seen) {
    move |seen| change(&mut seen.polar.endpoint.as_mut().unwrap().0)
}

fn refused(error: ApiError) -> impl FnOnce(&mut Seen) {
    move |seen| {
        seen.polar =
            PolarSeen { server: "polar.sh".into(), error: Some(error), clock_ahead: Some(0), ..PolarSeen::default() };
        seen.public = None;
    }
}

#[test]
fn all_is_well_behind_any_address() {
    for url in [QUICK, NGROK, "https://shop.example.com/api/webhook/polar"] {
        assert_eq!(judge(&healthy(url)).verdict, Verdict::Healthy, "{url}");
    }
}

#[test]
fn tunnels() {
    let gone = answered(530);
    assert_eq!(first(QUICK, public(gone.clone())), "tunnel_not_running");
    assert_eq!(first(QUICK, public(Answer { text: "error code: 1033".into(), ..answered(530) })), "tunnel_not_running");
    let older = |seen: &mut Seen| {
        seen.env.base = Some("https://new-words-here.trycloudflare.com".into());
        seen.public.as_mut().unwrap().answer = gone;
    };
    assert_eq!(first(QUICK, older), "older_tunnel");
    let ngrok = |code: &str| Answer { ngrok_error: Some(code.into()), ..answered(404) };
    assert_eq!(first(NGROK, public(ngrok("ERR_NGROK_3200"))), "ngrok_offline");
    assert_eq!(first(NGROK, public(ngrok("ERR_NGROK_8012"))), "ngrok_nothing_on_port");
    let wrong_port = |seen: &mut Seen| {
        let public = seen.public.as_mut().unwrap();
        public.answer = answered(502);
        seen.tunnels = vec![TunnelSeen { program: "cloudflared".into(), port: Some(8080), ..TunnelSeen::default() }];
    };
    assert_eq!(first(QUICK, wrong_port), "tunnel_to_wrong_port");
}

/// A cloudflared that serves the endpoint's host, changed.
fn served(change: impl FnOnce(&mut TunnelSeen), answer: Answer) -> impl FnOnce(&mut Seen) {
    move |seen| {
        let mut tunnel = TunnelSeen {
            program: "cloudflared".into(),
            port: Some(3000),
            hosts: vec!["quick-pebble-grove.trycloudflare.com".into()],
            connections: Some(1),
            by_udp: true,
            ..TunnelSeen::default()
        };
        change(&mut tunnel);
        seen.tunnels = vec![tunnel];
        seen.public.as_mut().unwrap().answer = answer;
    }
}

#[test]
fn a_tunnel_that_runs_is_asked_how_it_stands() {
    assert_eq!(first(QUICK, served(|_| {}, answered(202))), "nothing");
    let alone = |by_tcp| {
        move |tunnel: &mut TunnelSeen| {
            tunnel.connections = Some(0);
            tunnel.edge_by_tcp = by_tcp;
        }
    };
    assert_eq!(first(QUICK, served(alone(Some(true)), answered(530))), "udp_blocked");
    assert_eq!(first(QUICK, served(alone(Some(false)), answered(530))), "tunnel_not_connected");
    let other = |tunnel: &mut TunnelSeen| tunnel.hosts = vec!["new-words-here.trycloudflare.com".into()];
    assert_eq!(first(QUICK, served(other, answered(530))), "older_tunnel");
    let elsewhere = |seen: &mut Seen| {
        served(|tunnel| tunnel.port = Some(8080), answered(200))(seen);
        seen.app.is_this_project = Some(true);
        seen.public.as_mut().unwrap().forged = Some(answered(200));
    };
    assert_eq!(first(QUICK, elsewhere), "tunnel_to_wrong_port");
    let to_receiver = |seen: &mut Seen| {
        served(|tunnel| tunnel.port = Some(8080), answered(202))(seen);
        seen.app.receivers = vec![8080];
    };
    assert_eq!(first(QUICK, to_receiver), "nothing");
    let own = |tunnel: &mut TunnelSeen| tunnel.configuration = Some("/home/me/.cloudflared/config.yml".into());
    assert_eq!(first(QUICK, served(own, answered(404))), "tunnel_configuration");
    assert_eq!(first(QUICK, served(own, answered(202))), "nothing");
    // A tunnel that is new has a name that is not known everywhere yet.
    let unknown = |seen: &mut Seen| {
        served(|_| {}, Answer { text: "There is no host named so.".into(), ..Answer::default() })(seen);
        seen.public.as_mut().unwrap().has_address = Some(false);
    };
    assert_eq!(first(QUICK, unknown), "dns_missing");
}

#[test]
fn what_ngrok_lacks_is_told() {
    let offline = Answer { ngrok_error: Some("ERR_NGROK_3200".into()), ..answered(404) };
    let lacks = |seen: &mut Seen| {
        seen.public.as_mut().unwrap().answer = offline.clone();
        seen.ngrok_has_authtoken = Some(false);
    };
    assert_eq!(first(NGROK, lacks), "ngrok_authtoken");
    let failed = |seen: &mut Seen| {
        seen.public.as_mut().unwrap().answer = offline.clone();
        seen.tunnel_problem = Some(("ngrok".into(), "ngrok wants an authtoken (ERR_NGROK_4018).".into()));
    };
    assert_eq!(first(NGROK, failed), "tunnel_failed");
}

#[test]
fn names_and_certificates() {
    let own = "https://shop.example.com/api/webhook/polar";
    let silent = |text: &str| Answer { text: text.into(), ..Answer::default() };
    let no_name = |seen: &mut Seen| {
        let public = seen.public.as_mut().unwrap();
        public.has_address = Some(false);
        public.answer = silent("There is no host named shop.example.com.");
    };
    assert_eq!(first(own, no_name), "dns_missing");
    assert_eq!(
        first(own, public(silent("The certificate of shop.example.com is not trusted."))),
        "certificate_invalid"
    );
    let redirect = Answer { location: Some("https://www.shop.example.com/".into()), ..answered(308) };
    assert_eq!(first(own, public(redirect)), "redirect");
}

#[test]
fn endpoints() {
    assert_eq!(first("http://shop.example.com/api/webhook/polar", |_| {}), "url_not_https");
    assert_eq!(first("https://192.168.1.20/api/webhook/polar", |_| {}), "url_private");
    assert_eq!(first("https://localhost:3000/api/webhook/polar", |_| {}), "url_private");
    assert_eq!(first(QUICK, on_polar(|endpoint| endpoint.format = "discord".into())), "chat_format_to_app");
    let chat = |endpoint: &mut Endpoint| {
        endpoint.url = "https://discord.com/api/webhooks/1/x".into();
        endpoint.format = "discord".into();
        endpoint.events = vec!["subscription.updated".into()];
    };
    assert_eq!(first(QUICK, on_polar(chat)), "chat_skips_event");
}

#[test]
fn access() {
    let scope = ApiError::InsufficientScope { any_of: vec!["webhooks:read".into()] };
    assert_eq!(first(QUICK, refused(scope)), "token_lacks_scope");
    assert_eq!(first(QUICK, refused(ApiError::RateLimited(Duration::from_secs(30)))), "rate_limited");
    let untrusted = ApiError::NoAnswer("The certificate of api.polar.sh is not trusted.".into());
    assert_eq!(first(QUICK, refused(untrusted)), "tls_intercepted");
    assert_eq!(first(QUICK, refused(ApiError::NotPolar { status: 200, what: "HTML".into() })), "not_polar");
    let elsewhere = |seen: &mut Seen| {
        refused(ApiError::InvalidToken)(seen);
        seen.polar.elsewhere = Some("sandbox.polar.sh".into());
    };
    assert_eq!(first(QUICK, elsewhere), "token_of_other_environment");
}

#[test]
fn the_clock() {
    assert_eq!(first(QUICK, |seen| seen.polar.clock_ahead = Some(-400)), "clock_off");
    assert_eq!(first(QUICK, |seen| seen.polar.clock_ahead = Some(290)), "nothing");
}

#[test]
fn what_the_receiver_says_without_an_app_proves_no_app() {
    let without_app = |seen: &mut Seen| {
        seen.public.as_mut().unwrap().answer.through_receiver = true;
        seen.app.listens = false;
        seen.handler = None;
    };
    assert_eq!(first(QUICK, without_app), "app_not_running");
    // What arrives at its address and is verified there is no fault of what is suspected here.
    let elsewhere = |seen: &mut Seen| {
        seen.app.listens = false;
        seen.handler = None;
    };
    assert_eq!(first("https://shop.example.com/api/webhook/polar", elsewhere), "nothing");
}

#[test]
fn every_cause_has_a_name_of_its_own() {
    let mut names = ids();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn what_an_address_holds_that_is_secret_is_nowhere_shown() {
    let mut seen = healthy("https://shop.example.com/api/webhook/polar?key=hidden-1");
    seen.polar.endpoints.as_mut().unwrap().push(endpoint("https://discord.com/api/webhooks/1/hidden-2"));
    let away = Answer {
        location: Some("https://www.shop.example.com/api/webhook/polar?key=hidden-1".into()),
        ..answered(308)
    };
    let disabled = |seen: &mut Seen| seen.polar.endpoint.as_mut().unwrap().0.enabled = false;
    let missing = |seen: &mut Seen| seen.polar.endpoint = None;
    let redirecting = |seen: &mut Seen| seen.public.as_mut().unwrap().answer = away.clone();
    let changes: [&dyn Fn(&mut Seen); 3] = [&disabled, &missing, &redirecting];
    for change in changes {
        let mut seen = seen.clone();
        change(&mut seen);
        let diagnosis = judge(&seen);
        let said = serde_json::to_string(&diagnosis).unwrap();
        assert!(!diagnosis.causes.is_empty() && !said.contains("hidden"), "{said}");
    }
}

#[test]
fn a_redirect_has_a_button_only_where_it_leads_to_the_same_page() {
    let cause = |to: &str| {
        let mut seen = healthy("https://shop.example.com/api/webhook/polar");
        seen.public.as_mut().unwrap().answer = Answer { location: Some(to.into()), ..answered(307) };
        judge(&seen).causes.into_iter().next().unwrap()
    };
    let www = cause("https://www.shop.example.com/api/webhook/polar");
    assert_eq!(www.mend, Some(Mend::Repoint("https://www.shop.example.com/api/webhook/polar".into())));
    for to in [
        "https://vercel.com/sso-api?url=https%3A%2F%2Fshop.example.com",
        "https://team.cloudflareaccess.com/cdn-cgi/access/login/shop",
    ] {
        let login = cause(to);
        assert!(login.mend.is_none() && login.sentence.contains("login"), "{}", login.sentence);
    }
    assert_eq!(cause("https://shop.example.com/welcome").mend, None);
    // A route below /auth, as Better Auth has it, is none of a login.
    let slash = |seen: &mut Seen| {
        seen.route = "/api/auth/polar/webhooks".into();
        let answer = Answer { location: Some("/api/auth/polar/webhooks/".into()), ..answered(308) };
        let handler =
            HandlerSeen { own_rule: Some(answer.clone()), forged: Some(answer.clone()), ..HandlerSeen::default() };
        seen.handler = Some(handler);
        seen.public.as_mut().unwrap().answer = answer;
    };
    assert_eq!(first("https://shop.example.com/api/auth/polar/webhooks", slash), "route_redirects");
}

#[test]
fn two_endpoints_double_only_what_both_take() {
    let twice = |events: &[&str]| {
        first(QUICK, |seen| {
            let mut other = endpoint(QUICK);
            other.id = "e2".into();
            other.events = events.iter().map(|event| (*event).to_owned()).collect();
            seen.polar.endpoints.as_mut().unwrap().push(other);
        })
    };
    assert_eq!(twice(&["order.paid"]), "endpoint_twice");
    assert_eq!(twice(&["customer.created"]), "nothing");
}

#[test]
fn what_deliveries_do_not_need_is_told_after_what_they_do() {
    let mut seen = healthy(QUICK);
    refused(ApiError::RateLimited(Duration::from_secs(30)))(&mut seen);
    assert_eq!(judge(&seen).causes.first().unwrap().id, "rate_limited");
    seen.app.listens = false;
    seen.handler = None;
    let ids = judge(&seen).causes.into_iter().map(|cause| cause.id).collect::<Vec<_>>();
    assert_eq!(ids, ["app_not_running", "rate_limited"]);
}
