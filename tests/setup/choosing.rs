//! Choices: what is refused in place, what is recalled, and what a snapshot may hold.

use polar_setup_core::{
    SecretText,
    check::CheckState,
    polar::token::AccessToken,
    setup::{
        IntentError,
        view::{DeliveryFormat, EnvironmentName, PublicWay, SecretSource, TokenState},
    },
};

use crate::stage::{Stage, practice};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_refused_in_place_with_its_reason() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.setup.set_environment(EnvironmentName::Custom, Some(practice.url().as_str())).unwrap();
    let token = practice.token();
    let cut_off = &token.secret().expose()[..40];
    stage.setup.submit_token(&SecretText::new(cut_off)).unwrap();
    let view = stage.setup.view();
    assert_eq!(view.account.token.state, TokenState::Refused);
    assert_eq!(view.account.token.checks[0].check, "token_shape");
    stage.setup.submit_token(AccessToken::issue().secret()).unwrap();
    let view = stage.until(|view| view.account.token.state == TokenState::Refused).await;
    assert_eq!(view.account.token.checks[0].check, "token");
    assert!(view.account.token.checks[0].cause.as_deref().unwrap().contains("revoked"));
    assert!(matches!(stage.setup.apply(), Err(IntentError::NotYet(_))));
    stage.on_server(&practice).await;
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_are_recalled_by_the_next_run() {
    let mut stage = Stage::open().await;
    stage.on_practice().await;
    stage.setup.set_events(&["order.paid".to_owned(), "checkout.created".to_owned()]).unwrap();
    stage.setup.set_format(DeliveryFormat::Slack).unwrap();
    stage.setup.set_endpoint_name("Mine").unwrap();
    stage.setup.set_project_details(Some("hooks/polar"), Some(4321), Some(".env.local")).unwrap();
    stage.again().await;
    let view = stage.until(|view| view.account.token.state == TokenState::Accepted).await;
    assert_eq!(view.account.environment, EnvironmentName::Practice);
    assert_eq!(view.webhook.events, ["checkout.created", "order.paid"]);
    assert_eq!((view.webhook.format, view.webhook.name.as_str()), (DeliveryFormat::Slack, "Mine"));
    assert_eq!((view.project.route.as_str(), view.project.port), ("/hooks/polar", 4321));
    assert_eq!(view.project.env_file, ".env.local");
    assert_eq!(view.public_url.way, PublicWay::Direct);
    stage.setup.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_said_and_nothing_is_lost() {
    let stage = Stage::open().await;
    assert!(stage.setup.set_project_details(None, None, Some("../.env")).is_err());
    assert!(stage.setup.set_project_details(None, Some(0), None).is_err());
    assert!(stage.setup.set_events(&["order.eaten".to_owned()]).is_err());
    assert!(stage.setup.set_public_way(PublicWay::Direct, None).await.is_err());
    stage.setup.set_environment(EnvironmentName::Custom, Some("http://api.example.com")).unwrap();
    assert!(stage.setup.view().account.api_url_problem.unwrap().contains("unencrypted"));
    stage.setup.set_secret(SecretSource::Own, Some(&SecretText::new("short"))).unwrap();
    let view = stage.setup.view();
    assert!(view.webhook.secret_problem.unwrap().contains("32"));
    assert!(stage.setup.open_project(std::path::Path::new("/nowhere/at/all")).await.is_err());
    assert_eq!(stage.setup.view().project.name.as_deref(), Some("shop"));
    stage.setup.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_secret_goes_to_polar_and_into_the_file() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    let own = "a secret of my own, that is long enough".replace(' ', "-");
    stage.setup.set_secret(SecretSource::Own, Some(&SecretText::new(own.clone()))).unwrap();
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    let view = stage.apply().await;
    assert!(view.apply.report.unwrap().verified, "{:#?}", view.apply.checks);
    assert_eq!(practice.endpoints()[0]["secret"], own.as_str());
    assert!(stage.env().contains(&own));
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_polar_makes_ends_up_in_the_file() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_secret(SecretSource::Polar, None).unwrap();
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    let view = stage.apply().await;
    assert!(view.apply.report.unwrap().verified, "{:#?}", view.apply.checks);
    assert_eq!(practice.endpoints()[0]["secret"], stage.value("POLAR_WEBHOOK_SECRET").as_str());
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_snapshot_holds_a_secret() {
    let practice = practice().await;
    let stage = Stage::open().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    let own = SecretText::new("my-own-secret-0123456789-0123456789");
    stage.setup.set_secret(SecretSource::Own, Some(&own)).unwrap();
    stage.apply().await;
    stage.setup.send_test_event("order.paid").await.unwrap();
    let view = stage.until(|view| view.live.total == 2).await;
    let text = serde_json::to_string(&view).unwrap();
    assert!(!text.contains(own.expose()));
    assert!(!text.contains(practice.token().secret().expose()));
    assert!(!format!("{view:?}").contains(own.expose()));
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_address_brings_its_format_and_takes_it_along() {
    let stage = Stage::open().await;
    stage.setup.set_public_way(PublicWay::OwnUrl, None).await.unwrap();
    stage.setup.set_own_url("https://discord.com/api/webhooks/1/abc").unwrap();
    assert_eq!(stage.setup.view().webhook.format, DeliveryFormat::Discord);
    stage.setup.set_own_url("https://shop.example.com").unwrap();
    assert_eq!(stage.setup.view().webhook.format, DeliveryFormat::Raw);
    stage.setup.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_address_can_be_tried() {
    let stage = Stage::open().await;
    stage.on_practice().await;
    stage.setup.set_public_way(PublicWay::OwnUrl, None).await.unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    stage.setup.set_own_url(&address).unwrap();
    stage.setup.try_own_url().await.unwrap();
    let check = stage.setup.view().public_url.own_url_check.unwrap();
    assert_eq!(check.state, CheckState::Failed);
    assert!(check.cause.unwrap().contains("refused"));
    stage.setup.set_own_url("https://shop.example.com").unwrap();
    assert!(stage.setup.view().public_url.own_url_check.is_none(), "it was of another address");
    stage.setup.close().await;
}
