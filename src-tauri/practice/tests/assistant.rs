//! The assistant's own client against the practice Polar.

use std::collections::HashMap;

use polar_setup_core::polar::{ApiError, Client, Environment, account, account::AccountError, token::AccessToken};
use polar_setup_practice::{Accounts, Practice, PracticeEnvironment, PracticeOptions};
use serde_json::json;

async fn inspect(practice: &Practice, token: AccessToken) -> Result<account::Account, AccountError> {
    account::inspect(&Client::new(Environment::practice(practice.url()), token).unwrap()).await
}

#[tokio::test]
async fn learns_all_about_a_good_token() {
    let practice = Practice::start(PracticeOptions::default()).await.unwrap();
    let account = inspect(&practice, practice.token()).await.unwrap();
    assert_eq!(account.granted, [true; 3]);
    assert!(account.practice);
    assert_eq!(account.organization.name.as_deref(), Some("Practice Shop"));
    assert_eq!(account.organization.id, Some(practice.organization().id.to_string()));
}

#[tokio::test]
async fn learns_what_a_token_lacks() {
    let scopes = HashMap::from([
        ("webhooks", vec!["webhooks:read", "webhooks:write"]),
        ("reader", vec!["webhooks:read"]),
        ("organizations", vec!["organizations:read"]),
    ]);
    let tokens: HashMap<&str, AccessToken> = scopes.keys().map(|name| (*name, AccessToken::issue())).collect();
    let described: serde_json::Map<_, _> = scopes
        .iter()
        .map(|(name, scopes)| {
            let token = tokens[name].secret().expose();
            ((*name).to_owned(), json!({ "token": token, "organization": "acme", "scopes": scopes }))
        })
        .collect();
    let accounts = json!({
        "organizations": { "acme": "c8aaa877-a7af-4105-a120-6773c0213720" },
        "tokens": described,
    });
    let accounts = Accounts::from_tokens_json(&accounts.to_string()).unwrap();
    let options = PracticeOptions::new(accounts, PracticeEnvironment::Sandbox);
    let practice = Practice::start(options).await.unwrap();
    for (name, granted) in
        [("webhooks", [true, true, false]), ("reader", [false, true, false]), ("organizations", [false, false, true])]
    {
        let account = inspect(&practice, tokens[name].clone()).await.unwrap();
        assert_eq!(account.granted, granted, "{name}");
    }
    let unknown = inspect(&practice, AccessToken::issue()).await;
    assert!(matches!(unknown, Err(AccountError::Api(ApiError::InvalidToken))));
}
