//! Rate limits, and which addresses an endpoint may have when deliveries to this machine are allowed.

use polar_setup_practice::{Accounts, AccountsError, Practice, PracticeEnvironment, PracticeOptions, RateLimits};
use serde_json::json;

use crate::http::Request;

const PATH: &str = "/v1/webhooks/endpoints";

fn accounts() -> Accounts {
    let all = json!(["webhooks:read", "webhooks:write"]);
    let token = |name: &str, organization: &str| json!({ "token": name, "organization": organization, "scopes": all });
    let described = json!({
        "organizations": {
            "acme": "c8aaa877-a7af-4105-a120-6773c0213720",
            "globex": "7702e855-0aed-4322-b985-c94b6b657863",
        },
        "tokens": { "a": token("one", "acme"), "b": token("two", "acme"), "c": token("three", "globex") },
    });
    Accounts::from_tokens_json(&described.to_string()).unwrap()
}

#[test]
fn the_real_limits_are_the_default() {
    let of = |environment| PracticeOptions::new(accounts(), environment).rate_limits.organization;
    assert_eq!(of(PracticeEnvironment::Production), 500);
    assert_eq!(of(PracticeEnvironment::Sandbox), 100);
}

#[tokio::test]
async fn an_organizations_tokens_share_one_limit() {
    let options = PracticeOptions::new(accounts(), PracticeEnvironment::Sandbox);
    let rate_limits = RateLimits { organization: 3, unknown: 2 };
    let practice = Practice::start(PracticeOptions { rate_limits, ..options }).await.unwrap();
    let url = practice.url();
    let ask = |token: &'static str| {
        let request = Request::new("GET", PATH).token(token);
        let url = url.clone();
        async move { request.send(&url).await }
    };
    for token in ["one", "two", "one"] {
        assert_eq!(ask(token).await.status, 200);
    }
    let limited = ask("two").await;
    assert_eq!((limited.status, limited.body.as_str()), (429, ""));
    assert_eq!(limited.header("retry-after"), Some("60"));
    assert_eq!(limited.header("polar-version"), Some("2026-04"));
    for absent in ["content-type", "cache-control", "x-polar-sandbox"] {
        assert_eq!(limited.header(absent), None, "{absent}");
    }
    assert_eq!(ask("three").await.status, 200);
    for status in [401, 401, 429] {
        assert_eq!(ask("never issued").await.status, status);
        assert_eq!(Request::new("GET", PATH).send(&url).await.status, status);
    }
    assert_eq!(Request::new("GET", "/practice").send(&url).await.status, 200);
}

#[tokio::test]
async fn plain_addresses_on_this_machine_need_the_mark() {
    let practice = Practice::start(PracticeOptions::default()).await.unwrap();
    let status = async |url: &str, marked: bool| {
        let mut request = Request::new("POST", PATH).token(practice.token().secret().expose());
        if marked {
            request = request.header("X-Polar-Practice-Direct", "1");
        }
        let body = json!({ "url": url, "format": "raw", "events": [] });
        request.json(&body).send(&practice.url()).await.status
    };
    assert_eq!(status("http://127.0.0.1:3000/hook", true).await, 201);
    assert_eq!(status("http://localhost:3000/hook", true).await, 201);
    assert_eq!(status("http://127.0.0.1:3000/hook", false).await, 422);
    assert_eq!(status("http://192.168.1.4/hook", true).await, 422);
    assert_eq!(status("http://example.com/hook", true).await, 422);
    assert_eq!(status("https://example.com/hook", false).await, 201);
}

#[tokio::test]
async fn a_token_that_is_taken_away_and_given_back() {
    let practice = Practice::start(PracticeOptions::default()).await.unwrap();
    let (token, organization) = (practice.token(), practice.organization().id);
    let request = Request::new("GET", "/v1/organizations/").token(token.secret().expose());
    let url = practice.url();
    practice.set_revoked(token.secret(), true);
    assert_eq!(request.send(&url).await.status, 401);
    practice.set_revoked(token.secret(), false);
    assert_eq!(request.send(&url).await.json()["items"][0]["id"], organization.to_string());
    practice.set_api_access(organization, false);
    assert_eq!(request.send(&url).await.status, 401);
    practice.set_api_access(organization, true);
    assert_eq!(request.send(&url).await.status, 200);
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let first = Practice::start(PracticeOptions::default()).await.unwrap();
    let options = PracticeOptions { port: first.url().port(), ..PracticeOptions::default() };
    assert_eq!(Practice::start(options).await.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn accounts_that_make_no_sense_are_refused() {
    let read = |text: &str| Accounts::from_tokens_json(text).unwrap_err();
    assert!(matches!(read("{}"), AccountsError::Form(_)));
    assert!(matches!(read(r#"{"organizations":{},"tokens":{}}"#), AccountsError::Empty));
    let with = |token: &str| {
        format!(r#"{{"organizations":{{"acme":"c8aaa877-a7af-4105-a120-6773c0213720"}},"tokens":{{"a":{token}}}}}"#)
    };
    let stranger = with(r#"{"token":"x","organization":"globex"}"#);
    assert!(matches!(read(&stranger), AccountsError::UnknownOrganization(name) if name == "globex"));
    let late = with(r#"{"token":"x","organization":"acme","expires_at":"soon"}"#);
    assert!(matches!(read(&late), AccountsError::Expiry(text) if text == "soon"));
}
