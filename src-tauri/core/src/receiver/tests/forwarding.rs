//! What reaches the app, and what comes back.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

#[tokio::test]
async fn passes_bytes_and_headers_on_as_they_are() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    let signature = signed(KeyRule::PolarOwn, "msg_1", BODY);
    let length = BODY.len();
    let sent = format!(
        "POST /hooks/polar?a=1&b=%20%2F HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n\
         Keep-Alive: timeout=5\r\n{signature}X-Twice: one\r\nCf-RAY: 8c0ffee\r\nX-Twice: two\r\n\
         Content-Length: {length}\r\n\r\n{BODY}"
    );
    let answer = send(receiver.address(), sent).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"), "{answer}");
    assert!(answer.contains("\r\nx-polar-setup: received\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    let port = app.port;
    let expected = format!(
        "POST /hooks/polar?a=1&b=%20%2F HTTP/1.1\r\nHost: localhost:{port}\r\n{signature}X-Twice: one\r\n\
         Cf-RAY: 8c0ffee\r\nX-Twice: two\r\nContent-Length: {length}\r\nx-forwarded-host: shop.example.com\r\n\r\n{BODY}"
    );
    assert_eq!(app.request().await, expected);
    assert!(app.saw_no_more());
}

#[tokio::test]
async fn keeps_the_host_that_the_tunnel_already_forwarded() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    send(receiver.address(), post("X-Forwarded-Host: public.example.com\r\n", BODY)).await;
    let request = app.request().await;
    assert!(request.contains("\r\nX-Forwarded-Host: public.example.com\r\n"), "{request}");
    assert!(!request.contains("shop.example.com"), "{request}");
}

#[tokio::test]
async fn hands_the_answer_back_as_it_is() {
    let mut app = App::that(Does::Answers(
        b"HTTP/1.1 307 Over There\r\nLocation: http://127.0.0.1:9/elsewhere\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\
          Content-Encoding: gzip\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 4\r\n\r\n\x1f\x8bzz",
    ))
    .await;
    let receiver = receiver(app.port);
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    stream.write_all(delivery("msg_1").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let expected: &[u8] = b"HTTP/1.1 307 Over There\r\nLocation: http://127.0.0.1:9/elsewhere\r\nSet-Cookie: a=1\r\n\
          Set-Cookie: b=2\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\nx-polar-setup: received\r\n\
          Connection: close\r\n\r\n\x1f\x8bzz";
    assert_eq!(String::from_utf8_lossy(&answer), String::from_utf8_lossy(expected));
    assert_eq!(answer, expected);
    app.request().await;
    assert!(app.saw_no_more());
    assert_eq!(receiver.find("msg_1").unwrap().app_status, Some(307));
}

#[tokio::test]
async fn passes_on_bodies_that_come_in_chunks() {
    let mut app =
        App::that(Does::Answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")).await;
    let receiver = receiver(app.port);
    let (first, second) = BODY.split_at(7);
    let head = signed(KeyRule::PolarOwn, "msg_1", BODY);
    let request = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{head}Transfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    let answer = send(receiver.address(), request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhi"), "{answer}");
    let request = app.request().await;
    assert!(request.ends_with(&format!("\r\n\r\n{BODY}")), "{request}");
    assert!(!request.to_lowercase().contains("transfer-encoding"), "{request}");
    assert!(receiver.find("msg_1").unwrap().verified.is_some());
}

#[tokio::test]
async fn takes_other_methods_statuses_and_versions() {
    for (request, answer, expected) in [
        ("HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", OK, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"),
        ("GET /a HTTP/1.0\r\n\r\n", OK, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n"),
        ("PUT /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", OK, "HTTP/1.1 200 OK\r\n"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", OK, "HTTP/1.1 200 OK\r\n"),
        (
            "POST http://a/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            b"HTTP/1.0 204 No Content\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n",
        ),
        (
            "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: x\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: x\r\n",
        ),
    ] {
        let mut app = App::that(Does::Answers(answer)).await;
        let receiver = receiver(app.port);
        let seen = send(receiver.address(), request).await;
        assert!(seen.starts_with(expected), "{request} gave {seen}");
        assert!(seen.contains("x-polar-setup: received\r\n"), "{seen}");
        if request.starts_with("HEAD") || answer != OK {
            assert!(seen.ends_with("\r\n\r\n"), "{seen}");
        }
        let line = request.split(" HTTP").next().unwrap().replace("http://a", "");
        assert!(app.request().await.starts_with(&format!("{line} HTTP/1.1\r\n")));
        assert_eq!(receiver.total(), 1);
    }
}

#[tokio::test]
async fn finds_an_app_that_listens_on_ipv6_alone() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        eprintln!("This machine has no IPv6.");
        return;
    };
    let mut app = App::on(listener, Does::Answers(OK));
    let receiver = receiver(app.port);
    assert!(send(receiver.address(), delivery("msg_1")).await.starts_with("HTTP/1.1 200 "));
    assert!(app.request().await.contains(&format!("\r\nHost: localhost:{}\r\n", app.port)));
    assert!(app.saw_no_more());
    assert!(crate::receiver::app_is_running(app.port).await);
}

#[tokio::test]
async fn serves_one_delivery_after_another_on_a_connection() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    for id in ["msg_1", "msg_2"] {
        let request = delivery(id).replace("Connection: close\r\n", "");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\nok") {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
        }
        assert!(app.request().await.contains(id));
    }
    assert_eq!(receiver.total(), 2);
}

#[tokio::test]
async fn a_long_answer_comes_while_the_app_still_writes_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let receiver = receiver(listener.local_addr().unwrap().port());
    let mut sender = TcpStream::connect(receiver.address()).await.unwrap();
    sender.write_all(delivery("msg_1").as_bytes()).await.unwrap();
    let (mut app, _) = listener.accept().await.unwrap();
    read_request(&mut app).await.unwrap();
    app.write_all(b"HTTP/1.1 200 OK\r\nX-Order: 1\r\n\r\nfirst ").await.unwrap();
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains("first ") {
        assert!(sender.read_buf(&mut answer).await.unwrap() > 0);
    }
    // It has no length, so it comes in chunks; its line is open until it is whole.
    assert_eq!(receiver.find("msg_1").unwrap().app_status, None);
    app.write_all(b"second").await.unwrap();
    drop(app);
    sender.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains("\r\nX-Order: 1\r\ntransfer-encoding: chunked\r\nx-polar-setup: received\r\n"), "{answer}");
    assert!(answer.ends_with("6\r\nfirst \r\n6\r\nsecond\r\n0\r\n\r\n"), "{answer}");
    let kept = receiver.recorded(1).unwrap().answer.unwrap();
    assert_eq!((kept.status, &kept.body[..], kept.size), (200, &b"first second"[..], 12));
}

#[tokio::test]
async fn an_answer_of_any_length_is_handed_back_whole() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let receiver = receiver(listener.local_addr().unwrap().port());
    let long: Vec<u8> = (0..20 * 1024 * 1024).map(|at: u32| at.to_le_bytes()[1]).collect();
    let body = long.clone();
    let app = tokio::spawn(async move {
        let (mut app, _) = listener.accept().await.unwrap();
        read_request(&mut app).await.unwrap();
        app.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes()).await.unwrap();
        app.write_all(&body).await.unwrap();
    });
    let mut sender = TcpStream::connect(receiver.address()).await.unwrap();
    sender.write_all(delivery("msg_1").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    sender.read_to_end(&mut answer).await.unwrap();
    assert!(answer.ends_with(&long));
    assert_eq!(receiver.recorded(1).unwrap().answer.unwrap().size, long.len() as u64);
    app.await.unwrap();
}

#[tokio::test]
async fn an_answer_that_breaks_off_later_breaks_off_for_the_sender_as_well() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let receiver = receiver(listener.local_addr().unwrap().port());
    let mut sender = TcpStream::connect(receiver.address()).await.unwrap();
    sender.write_all(delivery("msg_1").as_bytes()).await.unwrap();
    let (mut app, _) = listener.accept().await.unwrap();
    read_request(&mut app).await.unwrap();
    app.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains("first") {
        assert!(sender.read_buf(&mut answer).await.unwrap() > 0);
    }
    drop(app);
    sender.read_to_end(&mut answer).await.unwrap();
    assert!(answer.ends_with(b"first\r\n"), "{}", String::from_utf8_lossy(&answer));
    let seen = receiver.find("msg_1").unwrap();
    assert_eq!(seen.app_status, None);
    assert!(seen.app_problem.unwrap().contains("closed the connection"));
}

#[tokio::test]
async fn the_host_stays_if_that_is_wished() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    receiver.set_keeps_host(true);
    send(receiver.address(), delivery("msg_1")).await;
    let request = app.request().await;
    assert!(request.contains("\r\nHost: shop.example.com\r\n"), "{request}");
    assert!(!request.to_lowercase().contains("x-forwarded-host"), "{request}");
}
