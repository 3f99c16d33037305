//! What is not a delivery: pages, probes, bodies without end.

use super::*;
use crate::receiver::PROBE_PATH;

#[tokio::test]
async fn refuses_pages_in_a_browser() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    receiver.expect_probe("n1");
    for origin in ["https://evil.example", "null", ""] {
        let answer = send(receiver.address(), post(&format!("Origin: {origin}\r\n"), BODY)).await;
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
        assert!(answer.contains("x-polar-setup: received\r\n"), "{answer}");
        assert!(!answer.to_lowercase().contains("access-control"), "{answer}");
    }
    let probe = format!("GET {PROBE_PATH}n1 HTTP/1.1\r\nHost: a\r\nOrigin: null\r\nConnection: close\r\n\r\n");
    assert!(send(receiver.address(), probe).await.starts_with("HTTP/1.1 403 "));
    assert_eq!(turned_away(&receiver), ["Requests from web pages are refused here."; 4]);
    assert!(app.saw_no_more());
}

#[tokio::test]
async fn answers_only_the_probes_it_expects() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    receiver.expect_probe("n1");
    receiver.expect_probe("n2");
    let probe = |method: &str, nonce: &str| {
        format!("{method} {PROBE_PATH}{nonce} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    };
    for nonce in ["n1", "n2", "n1"] {
        let answer = send(receiver.address(), probe("GET", nonce)).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(&format!("\r\n\r\n{nonce}")), "{answer}");
        assert!(answer.contains("x-polar-setup: received\r\n"), "{answer}");
    }
    for (method, nonce) in [("GET", "n3"), ("GET", ""), ("GET", "n1/"), ("POST", "n1")] {
        let answer = send(receiver.address(), probe(method, nonce)).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{method} {nonce} gave {answer}");
    }
    assert_eq!(receiver.total(), 0);
    assert!(app.saw_no_more());
}

#[tokio::test]
async fn takes_a_mebibyte_and_not_a_byte_more() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    let full = "x".repeat(1024 * 1024);
    assert!(send(receiver.address(), post("", &full)).await.starts_with("HTTP/1.1 200 "));
    assert!(app.request().await.ends_with(&full));
    assert_eq!(receiver.recorded(1).unwrap().captured.unwrap().body.len(), 1024 * 1024);
    let chunked = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{full}\r\n1\r\ny\r\n0\r\n\r\n",
        full.len()
    );
    for long in [post("", &format!("{full}y")), chunked] {
        let answer = send(receiver.address(), long).await;
        assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
        assert!(answer.contains("x-polar-setup: received\r\n"), "{answer}");
    }
    // Nothing after the head: the sender waits for our word.
    let waiting =
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n";
    assert!(send(receiver.address(), waiting).await.starts_with("HTTP/1.1 413 "));
    assert_eq!(turned_away(&receiver), ["The body is longer than 1 MiB."; 3]);
    assert!(app.saw_no_more());
}

#[tokio::test]
async fn is_not_a_proxy() {
    let receiver = receiver(1);
    let answer =
        send(receiver.address(), "CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
}
