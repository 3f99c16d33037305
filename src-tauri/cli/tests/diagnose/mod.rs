//! `diagnose`: each cause as a real scenario: a practice Polar, an app on a real port, files on disk. What is expected and
//! what is named must be the diagonal of a matrix, and healthy setups name nothing.

#[cfg(target_os = "linux")]
mod as_processes;
mod scene;

use std::time::Duration;

use polar_setup_core::{
    SecretText,
    polar::{
        endpoint::{Endpoint, EndpointWish},
        token::AccessToken,
    },
    webhook::signature::KeyRule,
};

use self::scene::*;
use crate::stage::free_port;

#[tokio::test]
async fn healthy_setups_name_nothing() {
    let mut matrix = Vec::new();
    let line = |text: &str| text.to_owned();
    let spellings = [
        format!("POLAR_WEBHOOK_SECRET={SECRET}"),
        format!("POLAR_WEBHOOK_SECRET=\"{SECRET}\""),
        format!("POLAR_WEBHOOK_SECRET='{SECRET}'"),
        format!("export POLAR_WEBHOOK_SECRET={SECRET}"),
        format!("POLAR_WEBHOOK_SECRET={SECRET} # from Polar"),
        line("# POLAR_WEBHOOK_SECRET=old\n") + &format!("POLAR_WEBHOOK_SECRET={SECRET}"),
    ];
    for spelling in &spellings {
        let scene = Scene::healthy().await;
        scene.secret_line(spelling);
        scene.app(App::new()).await;
        expect(&mut matrix, "nothing", &scene).await;
    }
    for app in [
        App { rule: Some(KeyRule::PolarOwn), ..App::new() },
        App { limit: 100_000, ..App::new() },
        App { elsewhere: (200, "<!doctype html><title>Shop</title>"), ..App::new() },
        App { elsewhere: (302, ""), ..App::new() },
        App { hosts: &["localhost", "127.0.0.1"], ..App::new() },
    ] {
        let scene = Scene::healthy().await;
        scene.app(app).await;
        expect(&mut matrix, "nothing", &scene).await;
    }
    // Endpoints of other projects are none of this one's business.
    let scene = Scene::healthy().await;
    scene.endpoint(|wish| wish.url = Some("https://shop.example.com/api/webhook/polar".into())).await;
    scene.app(App::new()).await;
    expect(&mut matrix, "nothing", &scene).await;
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn what_is_wrong_with_the_secret_is_named() {
    let mut matrix = Vec::new();

    let scene = Scene::healthy().await;
    scene.secret_line("POLAR_WEBHOOK_SECRET=another-secret-of-some-forty-characters-02");
    scene.app(App { secret: "another-secret-of-some-forty-characters-02".into(), ..App::new() }).await;
    expect(&mut matrix, "secret_wrong", &scene).await;

    let scene = Scene::healthy().await;
    let other = "the-secret-of-another-endpoint-of-this-shop";
    scene
        .endpoint(|wish| {
            wish.url = Some("https://shop.example.com/hook".into());
            wish.secret = Some(SecretText::new(other));
        })
        .await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={other}"));
    scene.app(App { secret: other.into(), ..App::new() }).await;
    expect(&mut matrix, "secret_of_other_endpoint", &scene).await;

    let scene = Scene::healthy().await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET=\"'{SECRET}' \""));
    scene.app(App { secret: format!("'{SECRET}' "), ..App::new() }).await;
    expect(&mut matrix, "secret_quoted", &scene).await;

    let scene = Scene::healthy().await;
    let encoded = "YS13ZWJob29rLXNlY3JldC1vZi1mb3J0eS1jaGFyYWN0ZXJzLTAwMDE=";
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={encoded}"));
    scene.app(App { secret: encoded.into(), rule: Some(KeyRule::PolarOwn), ..App::new() }).await;
    expect(&mut matrix, "secret_encoded_twice", &scene).await;

    let scene = Scene::new().await;
    let hashed = "a-webhook-secret #with-a-sign-that-is-eaten";
    scene.endpoint(|wish| wish.secret = Some(SecretText::new(hashed.replace(' ', "-")))).await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={hashed}"));
    scene.app(App { secret: "a-webhook-secret".into(), ..App::new() }).await;
    // The endpoint's secret has no blank, so what is written is not the whole of it either: a part, as far as can be told.
    expect(&mut matrix, "secret_cut_off", &scene).await;

    let scene = Scene::new().await;
    let dollar = "a-webhook-secret-$abc-that-is-expanded-01";
    scene.endpoint(|wish| wish.secret = Some(SecretText::new(dollar))).await;
    scene.write(
        "package.json",
        "{ \"name\": \"shop\", \"dependencies\": { \"next\": \"16.0.0\", \"@polar-sh/nextjs\": \"0.9.0\" } }",
    );
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={dollar}"));
    scene.app(App { secret: "a-webhook-secret--that-is-expanded-01".into(), ..App::new() }).await;
    expect(&mut matrix, "secret_eaten", &scene).await;

    let scene = Scene::healthy().await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRETS={SECRET}"));
    scene.app(App::says(500, "", "")).await;
    // What the file says explains the handler's own error.
    expect(&mut matrix, "variable_name", &scene).await;

    let scene = Scene::healthy().await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRETS={SECRET}"));
    scene.app(App { secret: String::new(), ..App::new() }).await;
    expect(&mut matrix, "variable_name", &scene).await;

    let scene = Scene::healthy().await;
    scene.secret_line("");
    scene.app(App { secret: "x".into(), ..App::new() }).await;
    expect(&mut matrix, "secret_missing", &scene).await;

    let scene = Scene::healthy().await;
    scene.write(
        "package.json",
        "{ \"name\": \"shop\", \"dependencies\": { \"next\": \"16.0.0\", \"@polar-sh/nextjs\": \"0.9.0\" } }",
    );
    scene.write(".env.local", "POLAR_WEBHOOK_SECRET=a-secret-of-last-month-that-is-stronger-now\n");
    scene.app(App { secret: "a-secret-of-last-month-that-is-stronger-now".into(), ..App::new() }).await;
    expect(&mut matrix, "env_file_shadowed", &scene).await;

    let scene = Scene::healthy().await;
    scene.app(App { reparses: true, ..App::new() }).await;
    expect(&mut matrix, "body_reparsed", &scene).await;
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn a_secret_that_was_replaced_is_called_old() {
    let scene = Scene::healthy().await;
    scene.app(App::new()).await;
    let [endpoint] = scene.client.endpoints().await.unwrap().try_into().unwrap();
    fire(&scene, &endpoint, true).await;
    scene.client.reset_endpoint_secret(&endpoint.id).await.unwrap();
    fire(&scene, &endpoint, false).await;
    let mut matrix = Vec::new();
    expect(&mut matrix, "secret_old", &scene).await;
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn a_key_rule_that_does_not_fit_is_proved_by_polars_own_attempts() {
    // A secret that Polar made itself, by the Standard Webhooks rule since September 2026.
    let scene = Scene::new().await;
    let endpoint = scene.endpoint(|wish| wish.secret = None).await;
    let made = endpoint.secret.clone().unwrap().expose().to_owned();
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={made}"));
    scene.app(App { secret: made, rule: Some(KeyRule::PolarOwn), ..App::new() }).await;
    fire(&scene, &endpoint, false).await;
    let mut matrix = Vec::new();
    expect(&mut matrix, "key_rule", &scene).await;

    let scene = Scene::new().await;
    let own = "whsec_YS13ZWJob29rLXNlY3JldC1vZi1mb3J0eS1jaGFyYWN0ZXI=";
    let endpoint = scene.endpoint(|wish| wish.secret = Some(SecretText::new(own))).await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={own}"));
    scene.app(App { secret: own.into(), rule: Some(KeyRule::StandardWebhooks), ..App::new() }).await;
    fire(&scene, &endpoint, false).await;
    expect(&mut matrix, "key_rule", &scene).await;
    must_be_the_diagonal(&matrix);
}

/// Lets an event happen, and waits until Polar's list says how it was answered.
async fn fire(scene: &Scene, endpoint: &Endpoint, succeeds: bool) {
    let wanted = polar_setup_core::polar::delivery::Wanted { endpoints: vec![endpoint.id.clone()], since: None };
    let before = scene.client.attempts(&wanted).await.unwrap().len();
    assert!(scene.stage.practice.fire("order.paid"));
    loop {
        let attempts = scene.client.attempts(&wanted).await.unwrap();
        if attempts.len() > before {
            assert!(attempts.iter().any(|attempt| attempt.succeeded == succeeds));
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_app_is_named() {
    let mut matrix = Vec::new();
    let scene = Scene::healthy().await;
    expect(&mut matrix, "app_not_running", &scene).await;
    let cases: [(&str, App); 14] = [
        ("route_missing", App { route: "/somewhere/else/entirely", ..App::new() }),
        ("route_near_miss", App { route: "/api/webhook/polar/", ..App::new() }),
        ("route_near_miss", App { route: "/webhook/polar", ..App::new() }),
        ("method_not_allowed", App::says(405, "", "")),
        ("login_redirect", App::says(307, "location: /login?next=/api\r\n", "")),
        ("route_redirects", App::says(308, "location: /api/webhook/polar/\r\n", "")),
        ("csrf", App::says(419, "", "Page Expired")),
        ("csrf", App::says(403, "", "Cross-site POST form submissions are forbidden")),
        ("handler_throws", App::says(500, "", "Internal Server Error")),
        ("catch_all", App::says(200, "content-type: text/html\r\n", "<!doctype html><html><title>Shop</title></html>")),
        ("body_limit", App { limit: 50_000, ..App::new() }),
        ("slow_app", App { hangs: true, ..App::new() }),
        ("host_check", App::says(403, "", "Blocked request. This host (\"x.example\") is not allowed.")),
        ("csrf", App::says(403, "", "{\"error\":\"CSRF token missing\"}")),
    ];
    for (expected, app) in cases {
        let scene = Scene::healthy().await;
        scene.app(app).await;
        expect(&mut matrix, expected, &scene).await;
    }
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn what_is_wrong_on_polars_side_is_named() {
    let mut matrix = Vec::new();
    let scene = Scene::new().await;
    scene.app(App::new()).await;
    expect(&mut matrix, "endpoint_missing", &scene).await;

    let scene = Scene::healthy().await;
    scene.app(App::new()).await;
    let [endpoint] = scene.client.endpoints().await.unwrap().try_into().unwrap();
    scene
        .client
        .update_endpoint(&endpoint.id, &EndpointWish { enabled: Some(false), ..EndpointWish::default() })
        .await
        .unwrap();
    expect(&mut matrix, "endpoint_disabled", &scene).await;

    let scene = Scene::new().await;
    scene.endpoint(|wish| wish.events = Some(Vec::new())).await;
    scene.app(App::new()).await;
    expect(&mut matrix, "no_events", &scene).await;

    let scene = Scene::healthy().await;
    scene.endpoint(|wish| wish.name = Some("again".into())).await;
    scene.app(App::new()).await;
    expect(&mut matrix, "endpoint_twice", &scene).await;

    let scene = Scene::healthy().await;
    scene.app(App::new()).await;
    scene.write(".env", &scene.env.replace(&scene.stage.token(), &scene.stage.token()[..30]));
    expect(&mut matrix, "token_cut_off", &scene).await;

    let scene = Scene::healthy().await;
    scene.app(App::new()).await;
    scene.write(".env", &scene.env.replace(&scene.stage.token(), AccessToken::issue().secret().expose()));
    expect(&mut matrix, "token_refused", &scene).await;

    let scene = Scene::healthy().await;
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let port = scene.stage.app_port.to_string();
    scene.app(App::new()).await;
    let folder = scene.stage.project.path().to_str().unwrap().to_owned();
    let ran = crate::stage::Call::new(scene.stage.data.path())
        .with(&["diagnose", "--json", "--project", &folder, "--api-url", &nobody, "--port", &port])
        .run()
        .await;
    matrix.push(("polar_unreachable".into(), causes(&ran).first().cloned().unwrap_or_default()));

    let scene = Scene::new().await;
    scene.endpoint(|wish| wish.url = Some(format!("http://127.0.0.1:{}/", scene.stage.app_port))).await;
    scene.app(App::new()).await;
    expect(&mut matrix, "url_without_route", &scene).await;

    let scene = Scene::new().await;
    let gone = free_port();
    let endpoint = |name: &'static str| {
        move |wish: &mut EndpointWish| {
            wish.name = Some(name.into());
            wish.url = Some(format!("http://127.0.0.1:{gone}{ROUTE}"));
        }
    };
    scene.endpoint(endpoint("Polar Setup: shop")).await;
    scene.app(App::new()).await;
    expect(&mut matrix, "receiver_not_running", &scene).await;

    // One that this program did not make leads to no receiver of its.
    let scene = Scene::new().await;
    scene.endpoint(endpoint("shop")).await;
    scene.app(App::new()).await;
    expect(&mut matrix, "wrong_port", &scene).await;
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn of_two_faults_the_one_that_blocks_first_comes_first() {
    let mut matrix = Vec::new();
    // No app, and a wrong secret.
    let scene = Scene::healthy().await;
    scene.secret_line("POLAR_WEBHOOK_SECRET=another-secret-of-some-forty-characters-02");
    expect(&mut matrix, "app_not_running", &scene).await;
    // A disabled endpoint, and no app.
    let scene = Scene::healthy().await;
    let [endpoint] = scene.client.endpoints().await.unwrap().try_into().unwrap();
    scene
        .client
        .update_endpoint(&endpoint.id, &EndpointWish { enabled: Some(false), ..EndpointWish::default() })
        .await
        .unwrap();
    expect(&mut matrix, "endpoint_disabled", &scene).await;
    // A route that is not there, and a wrong secret.
    let scene = Scene::healthy().await;
    scene.secret_line("POLAR_WEBHOOK_SECRET=another-secret-of-some-forty-characters-02");
    scene.app(App { route: "/webhook/polar", ..App::new() }).await;
    expect(&mut matrix, "route_near_miss", &scene).await;
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn where_nothing_singles_a_cause_out_it_says_so() {
    // It refuses everything, and nothing tells why.
    let scene = Scene::healthy().await;
    scene.app(App { secret: "hard-coded-in-the-code-and-not-in-any-file".into(), ..App::new() }).await;
    let ran = scene.diagnose().await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let report = report(&ran);
    assert_eq!(report["verdict"], "cannot_tell");
    assert!(report["open"][0].as_str().unwrap().contains("cannot be told"), "{report}");
    // Without a token Polar cannot be asked, which is no fault of the webhooks.
    let scene = Scene::healthy().await;
    scene.write(".env", &format!("POLAR_WEBHOOK_SECRET={SECRET}\n"));
    scene.app(App::new()).await;
    let ran = scene.diagnose().await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.shows("for want of a token"), "{ran:?}");
}
