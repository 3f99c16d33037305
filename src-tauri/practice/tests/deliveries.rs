//! What the practice Polar sends, to receivers on this machine.

use std::time::Duration;

use polar_setup_core::{
    SecretText,
    webhook::signature::{KeyRule, SignatureHeaders, verify},
};
use polar_setup_practice::{Practice, PracticeOptions, Timings};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::{
    http::Request,
    receiver::{Received, Receiver},
};

const SOON: Timings = Timings {
    retry_gaps: Vec::new(),
    delivery_timeout: Duration::from_secs(10),
    relay_ping: Duration::from_secs(15),
    relay_lifetime: Duration::from_secs(600),
};

async fn practice(attempts: usize) -> Practice {
    let timings = Timings { retry_gaps: vec![Duration::ZERO; attempts - 1], ..SOON };
    Practice::start(PracticeOptions { timings, ..PracticeOptions::default() }).await.unwrap()
}

async fn ask(practice: &Practice, method: &str, path: &str, body: &Value) -> Value {
    let request = Request::new(method, path).token(practice.token().secret().expose());
    let request = request.header("X-Polar-Practice-Direct", "1");
    let request = if method == "GET" { request } else { request.json(body) };
    let response = request.send(&practice.url()).await;
    assert!(response.status < 300, "{} {}", response.status, response.body);
    response.json()
}

async fn create(practice: &Practice, url: &str, format: &str, events: &[&str]) -> Value {
    let body = json!({ "url": url, "format": format, "events": events });
    ask(practice, "POST", "/v1/webhooks/endpoints", &body).await
}

fn rule_of(delivery: &Received, secret: &Value) -> KeyRule {
    let headers = SignatureHeaders {
        id: delivery.header("webhook-id").into(),
        timestamp: delivery.header("webhook-timestamp").into(),
        signature: delivery.header("webhook-signature").into(),
    };
    let now = OffsetDateTime::now_utc().unix_timestamp();
    verify(&SecretText::new(secret.as_str().unwrap()), &headers, &delivery.body, now).unwrap()
}

#[tokio::test]
async fn a_delivery_is_signed_and_recorded() {
    let practice = practice(1).await;
    let mut receiver = Receiver::answering(|_| Some(200)).await;
    let endpoint = create(&practice, &receiver.url, "raw", &["order.paid"]).await;
    assert!(practice.fire("order.paid"));
    let delivery = receiver.next().await;
    assert_eq!(rule_of(&delivery, &endpoint["secret"]), KeyRule::StandardWebhooks);
    assert_eq!(delivery.header("user-agent"), "polar.sh webhooks");
    assert_eq!(delivery.header("content-type"), "application/json");
    let payload: Value = serde_json::from_slice(&delivery.body).unwrap();
    assert_eq!(payload["type"], "order.paid");
    practice.delivered(1).await;
    let path = format!("/v1/webhooks/deliveries?endpoint_id={}", endpoint["id"].as_str().unwrap());
    let list = ask(&practice, "GET", &path, &Value::Null).await;
    assert_eq!(list["pagination"]["total_count"], 1);
    assert_eq!(list["items"][0]["http_code"], 200);
    assert_eq!(list["items"][0]["response"], "{\"number\":0}");
    assert_eq!(list["items"][0]["webhook_event"]["id"], delivery.header("webhook-id"));
    assert_eq!(list["items"][0]["webhook_event"]["succeeded"], true);
}

#[tokio::test]
async fn a_supplied_secret_has_polars_own_rule_and_a_reset_one_the_other() {
    let practice = practice(1).await;
    let mut receiver = Receiver::answering(|_| Some(200)).await;
    let secret = json!("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let body = json!({ "url": receiver.url, "format": "raw", "events": ["order.paid"], "secret": secret });
    let endpoint = ask(&practice, "POST", "/v1/webhooks/endpoints", &body).await;
    assert_eq!(endpoint["secret"], secret);
    assert!(practice.fire("order.paid"));
    assert_eq!(rule_of(&receiver.next().await, &secret), KeyRule::PolarOwn);
    let path = format!("/v1/webhooks/endpoints/{}/secret", endpoint["id"].as_str().unwrap());
    let reset = ask(&practice, "PATCH", &path, &json!({})).await;
    assert_ne!(reset["secret"], secret);
    assert!(practice.fire("order.paid"));
    assert_eq!(rule_of(&receiver.next().await, &reset["secret"]), KeyRule::StandardWebhooks);
}

#[tokio::test]
async fn secrets_can_be_made_by_the_old_rule() {
    let options = PracticeOptions { generated_secrets: KeyRule::PolarOwn, ..PracticeOptions::default() };
    let practice = Practice::start(options).await.unwrap();
    let mut receiver = Receiver::answering(|_| Some(200)).await;
    let endpoint = create(&practice, &receiver.url, "raw", &["order.paid"]).await;
    assert!(practice.fire("order.paid"));
    assert_eq!(rule_of(&receiver.next().await, &endpoint["secret"]), KeyRule::PolarOwn);
}

#[tokio::test]
async fn chat_formats_get_messages_and_not_every_type() {
    let practice = practice(1).await;
    for (format, field) in [("discord", "embeds"), ("slack", "blocks")] {
        let mut receiver = Receiver::answering(|_| Some(204)).await;
        let endpoint = create(&practice, &receiver.url, format, &["subscription.updated", "customer.created"]).await;
        assert!(practice.fire("subscription.updated"));
        assert!(practice.fire("customer.created"));
        let delivery = receiver.next().await;
        rule_of(&delivery, &endpoint["secret"]);
        let message: Value = serde_json::from_slice(&delivery.body).unwrap();
        assert!(message[field].is_array(), "{message}");
        assert!(message.to_string().contains("customer.created"), "{message}");
    }
    // The first endpoint heard of both customers.
    practice.delivered(3).await;
    assert_eq!(practice.deliveries().len(), 3);
    assert!(practice.deliveries().iter().all(|item| item["webhook_event"]["type"] == "customer.created"));
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_with_the_same_id() {
    let practice = practice(10).await;
    // A redirect is a failure too, and is not followed.
    let mut receiver = Receiver::answering(|number| Some([500, 307, 401, 410, 200][number])).await;
    let endpoint = create(&practice, &receiver.url, "raw", &["product.created"]).await;
    assert!(practice.fire("product.created"));
    let first = receiver.next().await;
    for _ in 1..5 {
        let again = receiver.next().await;
        assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
        assert_eq!(again.body, first.body);
        rule_of(&again, &endpoint["secret"]);
    }
    practice.delivered(5).await;
    let codes: Vec<Value> = practice.deliveries().iter().rev().map(|item| item["http_code"].clone()).collect();
    assert_eq!(codes, [500, 307, 401, 410, 200]);
    assert!(practice.deliveries().iter().all(|item| item["webhook_event"]["succeeded"] == true));
}

#[tokio::test]
async fn an_endpoint_is_switched_off_after_ten_failed_events() {
    let practice = practice(2).await;
    let receiver = Receiver::answering(|_| Some(503)).await;
    let id = create(&practice, &receiver.url, "raw", &["benefit.created"]).await["id"].as_str().unwrap().to_owned();
    for event in 1..=10 {
        assert_eq!(practice.endpoints()[0]["enabled"], true, "before event {event}");
        assert!(practice.fire("benefit.created"));
        practice.delivered(event * 2).await;
    }
    let endpoint = &practice.endpoints()[0];
    assert_eq!(endpoint["enabled"], false);
    assert!(endpoint["modified_at"].is_string());
    // While it is off nothing is recorded, and delivering again does nothing.
    assert!(practice.fire("benefit.created"));
    let event = practice.deliveries()[0]["webhook_event"]["id"].as_str().unwrap().to_owned();
    let redeliver = format!("/v1/webhooks/events/{event}/redeliver");
    ask(&practice, "POST", &redeliver, &Value::Null).await;
    let path = format!("/v1/webhooks/endpoints/{id}");
    ask(&practice, "PATCH", &path, &json!({ "enabled": true })).await;
    ask(&practice, "POST", &redeliver, &Value::Null).await;
    practice.delivered(22).await;
    assert_eq!(practice.deliveries().len(), 22);
    assert_eq!(practice.endpoints()[0]["enabled"], true, "one failure more does not count as eleven");
}

#[tokio::test]
async fn a_success_in_between_starts_the_count_anew() {
    let practice = practice(1).await;
    let receiver = Receiver::answering(|number| Some(if number == 9 { 200 } else { 500 })).await;
    create(&practice, &receiver.url, "raw", &["benefit.created"]).await;
    for event in 1..=19 {
        assert!(practice.fire("benefit.created"));
        practice.delivered(event).await;
    }
    assert_eq!(practice.endpoints()[0]["enabled"], true);
    assert!(practice.fire("benefit.created"));
    practice.delivered(20).await;
    assert_eq!(practice.endpoints()[0]["enabled"], false);
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_is_given_up() {
    let timings = Timings { delivery_timeout: Duration::from_millis(50), ..SOON };
    let practice = Practice::start(PracticeOptions { timings, ..PracticeOptions::default() }).await.unwrap();
    let silent = Receiver::answering(|_| None).await;
    create(&practice, &silent.url, "raw", &["order.paid"]).await;
    create(&practice, "http://127.0.0.1:1/nobody", "raw", &["order.paid"]).await;
    assert!(practice.fire("order.paid"));
    practice.delivered(2).await;
    for item in practice.deliveries() {
        assert_eq!(item["http_code"], Value::Null);
        assert_eq!(item["succeeded"], false);
        assert!(item["response"].is_string());
    }
}

#[tokio::test]
async fn a_deleted_endpoint_gets_nothing_more() {
    let practice = practice(1).await;
    let mut deleted = Receiver::answering(|_| Some(500)).await;
    let mut other = Receiver::answering(|_| Some(200)).await;
    let endpoint = create(&practice, &deleted.url, "raw", &["order.paid"]).await;
    assert!(practice.fire("order.paid"));
    let first = deleted.next().await;
    ask(&practice, "DELETE", &format!("/v1/webhooks/endpoints/{}", endpoint["id"].as_str().unwrap()), &Value::Null)
        .await;
    let path = format!("/v1/webhooks/events/{}/redeliver", first.header("webhook-id"));
    let again = Request::new("POST", &path).token(practice.token().secret().expose()).json(&Value::Null);
    assert_eq!(again.send(&practice.url()).await.status, 404);
    assert_eq!(ask(&practice, "GET", "/v1/webhooks/deliveries", &Value::Null).await["items"], json!([]));
    create(&practice, &other.url, "raw", &["order.paid"]).await;
    assert!(practice.fire("order.paid"));
    other.next().await;
    practice.stop().await;
    assert!(deleted.received.try_recv().is_err());
}

#[tokio::test]
async fn what_happens_to_customers_and_products_is_delivered() {
    let practice = practice(1).await;
    let mut receiver = Receiver::answering(|_| Some(200)).await;
    let types = [
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "product.created",
        "discount.created",
        "benefit.created",
    ];
    create(&practice, &receiver.url, "raw", &types).await;
    let mut expected = Vec::new();
    let customer = ask(&practice, "POST", "/v1/customers/", &json!({ "email": "jane@example.com" })).await;
    let path = format!("/v1/customers/{}", customer["id"].as_str().unwrap());
    ask(&practice, "PATCH", &path, &json!({ "name": "Jane" })).await;
    ask(&practice, "DELETE", &path, &json!({})).await;
    ask(&practice, "POST", "/v1/products/", &json!({ "name": "Pro", "prices": [] })).await;
    ask(&practice, "POST", "/v1/discounts/", &json!({ "name": "D", "type": "percentage", "duration": "once" })).await;
    ask(&practice, "POST", "/v1/benefits/", &json!({ "type": "custom", "description": "B" })).await;
    for _ in types {
        let payload: Value = serde_json::from_slice(&receiver.next().await.body).unwrap();
        expected.push(payload["type"].as_str().unwrap().to_owned());
    }
    // Their order is not guaranteed.
    expected.sort();
    let mut types = types.to_vec();
    types.sort_unstable();
    assert_eq!(expected, types);
}

#[tokio::test]
async fn an_unknown_type_is_not_fired() {
    assert!(!practice(1).await.fire("order.nope"));
}
