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

#[tokio::test]
async fn what_is_not_a_request_leaves_a_line() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    let long = format!("POST / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024));
    let both = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    for (request, status) in [("\u{16}\u{3}\u{1}\u{2}", "400"), (long.as_str(), "431"), (both, "400")] {
        let answer = send(receiver.address(), request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1 + usize::from(answer.contains("not HTTP/1.1.")));
    }
    assert_eq!(turned_away(&receiver).len(), 3);
    assert!(app.saw_no_more());
}

#[tokio::test]
async fn a_sender_that_waits_for_our_word_gets_it() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    let whole = post("Expect: 100-continue\r\n", BODY);
    let (head, body) = whole.split_at(whole.len() - BODY.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"HTTP/1.1 100 Continue\r\n\r\n") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
    }
    stream.write_all(body.as_bytes()).await.unwrap();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(String::from_utf8_lossy(&answer).contains("HTTP/1.1 200 OK\r\n"));
    let request = app.request().await;
    assert!(request.ends_with(BODY) && !request.contains("Expect"), "{request}");
}
