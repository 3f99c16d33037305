//! What is said about signatures, and what is recorded.

use super::*;

#[tokio::test]
async fn says_which_key_rule_matched() {
    let app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    for rule in KeyRule::ALL {
        send(receiver.address(), post(&signed(rule, "msg_1", BODY), BODY)).await;
        let seen = &receiver.deliveries()[0];
        assert_eq!((seen.verified, &seen.problem), (Some(rule), &None));
        assert_eq!((seen.event_type.as_str(), seen.test), ("order.paid", false));
        assert_eq!(seen.received_at, NOW * 1000);
        assert_eq!(seen.app_status, Some(200));
        assert!(seen.app_ms.is_some());
    }
}

#[tokio::test]
async fn passes_on_what_does_not_verify_and_says_why() {
    let mut app = App::that(Does::Answers(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")).await;
    let receiver = receiver(app.port);
    let stale = signed(KeyRule::PolarOwn, "msg_1", BODY).replace(&NOW.to_string(), &(NOW - 301).to_string());
    for (request, problem) in [
        (delivery("msg_1").replace("order.paid", "order.free"), "No signature matches"),
        (post("", BODY), "no webhook-id header"),
        (post(&stale, BODY), "301 s old"),
        (post(&format!("{}Webhook-Id: msg_2\r\n", signed(KeyRule::PolarOwn, "msg_1", BODY)), BODY), "No signature"),
    ] {
        let answer = send(receiver.address(), request).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        app.request().await;
        let seen = &receiver.deliveries()[0];
        assert_eq!((seen.verified, seen.app_status), (None, Some(403)));
        assert!(seen.problem.as_ref().unwrap().contains(problem), "{seen:?}");
    }
}

#[tokio::test]
async fn verifies_with_the_secret_of_the_moment() {
    let app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    receiver.set_secret(None);
    send(receiver.address(), delivery("msg_1")).await;
    assert!(receiver.deliveries()[0].problem.as_ref().unwrap().contains("No webhook secret is known"));
    receiver.set_secret(Some(SecretText::new("another secret, also long enough")));
    send(receiver.address(), delivery("msg_1")).await;
    assert_eq!(receiver.deliveries()[0].verified, None);
    receiver.set_secret(Some(SecretText::new(SECRET)));
    send(receiver.address(), delivery("msg_1")).await;
    assert_eq!(receiver.deliveries()[0].verified, Some(KeyRule::PolarOwn));
}

#[tokio::test]
async fn shows_no_secret() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    let body = format!(r#"{{"type":"x{SECRET}","text":"{SECRET}"}}"#);
    send(receiver.address(), post(&format!("Webhook-Id: {SECRET}\r\n"), &body)).await;
    assert!(app.request().await.ends_with(&body));
    assert!(!format!("{:?} {receiver:?}", receiver.deliveries()).contains("fpufi7BD"));
}
