//! What is said when something on either side does not do its part.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;
use crate::receiver::TEST_ID_PREFIX;

const SOON: Duration = Duration::from_millis(50);

#[tokio::test]
async fn an_app_that_does_not_run_gives_502() {
    let (port, _taken) = refusing_port();
    let receiver = receiver(port);
    let answer = send(receiver.address(), delivery("msg_1")).await;
    assert!(answer.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{answer}");
    assert!(answer.contains("x-polar-setup: received\r\n"), "{answer}");
    assert!(answer.ends_with("Start your app, or correct its port."), "{answer}");
    let seen = receiver.find("msg_1").unwrap();
    assert_eq!((seen.app_status, seen.app_ms), (None, None));
    assert!(seen.app_problem.unwrap().starts_with(&format!("No app listens on port {port} ")));
    assert!(!crate::receiver::app_is_running(port).await);
}

#[tokio::test]
async fn a_test_delivery_proves_the_way_without_an_app_only_if_it_verifies() {
    let (port, _taken) = refusing_port();
    let receiver = receiver(port);
    let id = format!("{TEST_ID_PREFIX}1");
    assert!(send(receiver.address(), delivery(&id)).await.starts_with("HTTP/1.1 202 Accepted\r\n"));
    let seen = receiver.find(&id).unwrap();
    assert!(seen.test && seen.verified.is_some() && seen.app_problem.is_some());
    let forged = delivery(&id).replace("order.paid", "order.free");
    assert!(send(receiver.address(), forged).await.starts_with("HTTP/1.1 502 "));
    assert_eq!(receiver.find(&id).unwrap().verified, None);
}

#[tokio::test]
async fn an_app_that_does_not_answer_in_time_gives_504_once() {
    let mut app = App::that(Does::NeverAnswers).await;
    let receiver = Receiver::start(ReceiverOptions { answer_within: SOON, ..options(app.port) }).unwrap();
    let answer = send(receiver.address(), delivery("msg_1")).await;
    assert!(answer.starts_with("HTTP/1.1 504 Gateway Timeout\r\n"), "{answer}");
    let problem = receiver.find("msg_1").unwrap().app_problem.unwrap();
    assert!(problem.starts_with("Your app did not answer within 0.1 s"), "{problem}");
    app.request().await;
    assert!(app.saw_no_more());
}

#[tokio::test]
async fn an_app_that_breaks_off_or_babbles_gives_502_once() {
    for (answer, expected) in [
        (b"".as_slice(), "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha", "closed the connection"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "is not HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "switch protocols"),
    ] {
        let mut app = App::that(Does::Answers(answer)).await;
        let receiver = receiver(app.port);
        let seen = send(receiver.address(), delivery("msg_1")).await;
        assert!(seen.starts_with("HTTP/1.1 502 "), "{seen}");
        let problem = receiver.find("msg_1").unwrap().app_problem.unwrap();
        assert!(problem.contains(expected), "{answer:?} gave {problem}");
        app.request().await;
        assert!(app.saw_no_more());
    }
}

#[tokio::test]
async fn its_own_port_is_not_taken_for_the_app() {
    let receiver = receiver(1);
    receiver.set_app_port(receiver.address().port());
    assert!(send(receiver.address(), delivery("msg_1")).await.starts_with("HTTP/1.1 502 "));
    assert_eq!(receiver.total(), 1);
}

#[tokio::test]
async fn a_sender_that_goes_away_does_not_undo_the_delivery() {
    let told = Arc::new(Notify::new());
    let mut app = App::that(Does::AnswersWhenTold(Arc::clone(&told))).await;
    let receiver = receiver(app.port);
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    stream.write_all(delivery("msg_1").as_bytes()).await.unwrap();
    app.request().await;
    drop(stream);
    told.notify_one();
    assert_eq!(receiver.wait_for("msg_1", LONG).await.unwrap().app_status, Some(200));
    assert!(app.saw_no_more());
}

#[tokio::test]
async fn a_sender_that_breaks_off_its_body_is_turned_away() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    let whole = delivery("msg_1");
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    stream.write_all(&whole.as_bytes()[..whole.len() - 1]).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(send(receiver.address(), delivery("msg_2")).await.starts_with("HTTP/1.1 200 "));
    assert!(app.request().await.contains("msg_2"));
    assert!(app.saw_no_more());
    assert_eq!(turned_away(&receiver), ["The body did not arrive whole."]);
}

#[tokio::test]
async fn a_sender_that_dawdles_is_turned_away() {
    let (port, _taken) = refusing_port();
    let slow = ReceiverOptions { headers_within: SOON, answer_within: SOON, ..options(port) };
    let receiver = Receiver::start(slow).unwrap();
    assert_eq!(send(receiver.address(), "POST / HTTP/1.1\r\nHost: a\r\nX-Sl").await, "");
    let unfinished = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9\r\n\r\nx";
    let answer = send(receiver.address(), unfinished).await;
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert_eq!(turned_away(&receiver), ["The body did not arrive in time."]);
}

#[tokio::test]
async fn a_delivery_for_which_there_is_no_turn_in_time_gives_503() {
    let mut app = App::that(Does::Answers(OK)).await;
    let full = ReceiverOptions { most_requests: 0, answer_within: SOON, ..options(app.port) };
    let receiver = Receiver::start(full).unwrap();
    assert!(send(receiver.address(), delivery("msg_1")).await.starts_with("HTTP/1.1 503 "));
    assert!(app.saw_no_more());
}
