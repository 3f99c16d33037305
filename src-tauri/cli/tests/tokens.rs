//! `setup` with tokens of every kind: what is said, and that a refused one leaves nothing behind.

use polar_setup_core::polar::token::AccessToken;
use polar_setup_practice::{Accounts, PracticeOptions};
use serde_json::{Value, json};

use crate::stage::Stage;

/// A Polar that knows an organization with these tokens.
async fn polar(tokens: &[(&str, Value)]) -> Stage {
    let tokens: serde_json::Map<String, Value> =
        tokens.iter().map(|(name, token)| ((*name).to_owned(), token.clone())).collect();
    let described = json!({
        "organizations": {
            "acme": "c8aaa877-a7af-4105-a120-6773c0213720",
            "globex": "7702e855-0aed-4322-b985-c94b6b657863",
        },
        "tokens": tokens,
    });
    let accounts = Accounts::from_tokens_json(&described.to_string()).unwrap();
    Stage::with(PracticeOptions { accounts, ..PracticeOptions::default() }).await
}

fn issued(token: &AccessToken, organization: &str, scopes: &[&str]) -> Value {
    json!({ "token": token.secret().expose(), "organization": organization, "scopes": scopes, "expires_at": null })
}

const ALL: [&str; 3] = ["webhooks:read", "webhooks:write", "organizations:read"];

#[tokio::test]
async fn what_is_enough_to_go_on_goes_on() {
    for (scopes, name) in [(ALL.as_slice(), json!("Acme")), (&ALL[..2], Value::Null), (&ALL[1..2], Value::Null)] {
        let token = AccessToken::issue();
        let stage = polar(&[("a", issued(&token, "acme", scopes))]).await;
        // Twice: the memory must not depend on what a token may see.
        for _ in 0..2 {
            let ran = stage.setup().token(token.secret().expose()).run().await.verified();
            let organization = &ran.report()["organization"];
            assert_eq!(organization["id"], "c8aaa877-a7af-4105-a120-6773c0213720");
            assert_eq!(organization["name"], name);
            let scopes_state = if scopes.len() == 3 { "passed" } else { "warning" };
            assert_eq!(ran.check("scopes")["state"], scopes_state);
        }
        assert_eq!(stage.practice.endpoints().len(), 1);
    }
}

#[tokio::test]
async fn a_refused_token_leaves_nothing_behind() {
    let good = AccessToken::issue();
    let [expired, lacking, reading, never] = [(); 4].map(|()| AccessToken::issue());
    let mut too_old = issued(&expired, "acme", &ALL);
    too_old["expires_at"] = "2020-01-01T00:00:00Z".into();
    let stage = polar(&[
        ("good", issued(&good, "acme", &ALL)),
        ("expired", too_old),
        ("lacking", issued(&lacking, "acme", &["products:read"])),
        ("reading", issued(&reading, "acme", &["webhooks:read"])),
    ])
    .await;
    let text = |token: &AccessToken| token.secret().expose().to_owned();
    let whole = text(&good);
    let cases = [
        (text(&expired), "401 invalid_token", "expired"),
        (text(&never), "401 invalid_token", "never issued"),
        (text(&lacking), "lacks webhooks:write", "scopes"),
        (text(&reading), "lacks webhooks:write", "scopes"),
        (whole[..whole.len() - 5].to_owned(), "no usable token", "lacks 5 at the end"),
        (format!("{} {}", &whole[..20], &whole[20..]), "no usable token", "blank"),
        (whole.replace("polar_oat_", "polar_pat_"), "no usable token", "personal access token"),
    ];
    for (token, seen, cause) in cases {
        let ran = stage.setup().with(&["--token-stdin"]).input(&format!("{token}\n")).run().await.not_verified();
        let check = ran.check("token");
        assert_eq!(check["state"], "failed");
        assert!(check["seen"].as_str().unwrap().contains(seen), "{check}");
        assert!(check["cause"].as_str().unwrap().contains(cause), "{check}");
        assert!(check["fix"].as_str().unwrap().contains("Polar's page"), "{check}");
        assert!(!ran.shows(&token), "the token is shown: {ran:#?}");
        assert!(stage.practice.endpoints().is_empty());
        assert!(!stage.env_path().exists());
    }
}

#[tokio::test]
async fn an_organization_without_access_to_the_api() {
    let stage = Stage::new().await;
    stage.practice.set_api_access(stage.practice.organization().id, false);
    let ran = stage.setup().run().await.not_verified();
    assert!(ran.check("token")["cause"].as_str().unwrap().contains("no API access"), "{ran:#?}");
    assert!(!stage.env_path().exists());
}

#[tokio::test]
async fn another_organization_gets_an_endpoint_of_its_own() {
    let (acme, globex) = (AccessToken::issue(), AccessToken::issue());
    let stage = polar(&[("a", issued(&acme, "acme", &ALL)), ("f", issued(&globex, "globex", &ALL))]).await;
    for token in [&acme, &globex, &acme, &globex] {
        stage.setup().token(token.secret().expose()).run().await.verified();
    }
    let owners =
        stage.practice.endpoints().iter().map(|endpoint| endpoint["organization_id"].clone()).collect::<Vec<_>>();
    assert_eq!(owners.len(), 2, "one for each organization: {owners:?}");
    assert_ne!(owners[0], owners[1]);
}
