//! Keeping: what was captured, holding back, letting go, sending again.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::{
    deliveries::Captured,
    receiver::ReplayError,
    setup::view::Hold,
    webhook::signature::{SignatureHeaders, verify},
};

fn header(request: &str, name: &str) -> String {
    let lines = request.split("\r\n\r\n").next().unwrap().lines();
    let found = lines.filter_map(|line| line.split_once(": ")).find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.unwrap().1.to_owned()
}

/// Whether an app would accept this request now.
fn accepted(request: &str, now: i64) -> bool {
    let signed = SignatureHeaders {
        id: header(request, "webhook-id"),
        timestamp: header(request, "webhook-timestamp"),
        signature: header(request, "webhook-signature"),
    };
    let body = request.split("\r\n\r\n").nth(1).unwrap();
    verify(&SecretText::new(SECRET), &signed, body.as_bytes(), now).is_ok()
}

#[tokio::test]
async fn everything_that_came_is_kept_and_attempts_are_counted() {
    let app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    for _ in 0..3 {
        send(receiver.address(), delivery("msg_1")).await;
    }
    send(receiver.address(), delivery("msg_2")).await;
    let attempts: Vec<u32> = receiver.deliveries().iter().map(|delivery| delivery.attempt).collect();
    assert_eq!(attempts, [1, 3, 2, 1]);
    let kept = receiver.recorded(2).unwrap();
    let captured = kept.captured.unwrap();
    assert_eq!(
        (captured.method.as_str(), captured.target.as_str(), &captured.body[..]),
        ("POST", "/hooks", BODY.as_bytes())
    );
    assert_eq!(captured.header("webhook-id"), "msg_1");
    let answer = kept.answer.unwrap();
    assert_eq!((answer.status, &answer.body[..], answer.size), (200, &b"ok"[..], 2));
}

#[tokio::test]
async fn what_is_held_goes_to_the_app_later_in_its_order_and_once() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    receiver.set_hold(Hold::On);
    for number in 0..5 {
        let answer = send(receiver.address(), delivery(&format!("msg_{number}"))).await;
        assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    }
    assert!(app.saw_no_more());
    assert_eq!(receiver.counts().held, 5);
    receiver.set_hold(Hold::Off);
    let done = receiver.let_go().await;
    assert_eq!((done.sent, done.left, done.problem), (5, 0, None));
    for number in 0..5 {
        let request = app.request().await;
        assert_eq!(header(&request, "webhook-id"), format!("msg_{number}"));
        // As it came, names included.
        assert!(request.contains("\r\nWebhook-Id: ") && request.ends_with(BODY), "{request}");
    }
    assert!(app.saw_no_more());
    assert_eq!(receiver.let_go().await.sent, 0);
    assert!(receiver.deliveries().iter().all(|delivery| !delivery.held && delivery.app_status == Some(200)));
}

#[tokio::test]
async fn an_old_one_is_signed_anew_when_it_is_let_go() {
    let mut app = App::that(Does::Answers(OK)).await;
    let now = Arc::new(std::sync::atomic::AtomicI64::new(NOW));
    let clock = Arc::clone(&now);
    let clock = move || OffsetDateTime::from_unix_timestamp(clock.load(std::sync::atomic::Ordering::SeqCst)).unwrap();
    let receiver = Receiver::start(ReceiverOptions { clock: Arc::new(clock), ..options(app.port) }).unwrap();
    receiver.set_hold(Hold::On);
    send(receiver.address(), delivery("msg_1")).await;
    now.store(NOW + 3600, std::sync::atomic::Ordering::SeqCst);
    receiver.let_go().await;
    let request = app.request().await;
    assert_eq!(header(&request, "webhook-id"), "msg_1");
    assert!(accepted(&request, NOW + 3600), "{request}");
}

#[tokio::test]
async fn without_an_app_they_wait_until_there_is_one() {
    let (port, taken) = refusing_port();
    let receiver = receiver(port);
    assert!(send(receiver.address(), delivery("msg_1")).await.starts_with("HTTP/1.1 502 "));
    receiver.set_hold(Hold::WhenDown);
    for id in ["msg_2", "msg_3"] {
        assert!(send(receiver.address(), delivery(id)).await.starts_with("HTTP/1.1 202 "));
    }
    let done = receiver.let_go().await;
    assert_eq!((done.sent, done.left), (0, 2));
    assert!(done.problem.unwrap().contains("No app listens"));
    drop(taken);
    let mut app = App::that(Does::Answers(OK)).await;
    receiver.set_app_port(app.port);
    // One that arrives meanwhile does not overtake.
    assert!(send(receiver.address(), delivery("msg_4")).await.starts_with("HTTP/1.1 202 "));
    assert_eq!(receiver.let_go().await.sent, 3);
    for id in ["msg_2", "msg_3", "msg_4"] {
        assert_eq!(header(&app.request().await, "webhook-id"), id);
    }
    assert!(send(receiver.address(), delivery("msg_5")).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn held_ones_are_never_dropped_for_want_of_room() {
    let receiver = Receiver::start(ReceiverOptions { room: 4 * 1024, ..options(1) }).unwrap();
    receiver.set_hold(Hold::On);
    let mut answers = Vec::new();
    for number in 0..10 {
        answers.push(send(receiver.address(), delivery(&format!("msg_{number}"))).await[9..12].to_owned());
    }
    let taken = answers.iter().filter(|status| *status == "202").count();
    assert!((2..10).contains(&taken) && answers[taken..].iter().all(|status| status == "503"), "{answers:?}");
    assert_eq!(receiver.counts().held as usize, taken);
}

#[tokio::test]
async fn the_bound_holds_behind_one_that_is_held() {
    let (port, _taken) = refusing_port();
    let receiver = Receiver::start(ReceiverOptions { room: 10 * 1024, ..options(port) }).unwrap();
    receiver.set_hold(Hold::On);
    send(receiver.address(), delivery("msg_held")).await;
    receiver.set_hold(Hold::Off);
    for number in 0..30 {
        send(receiver.address(), delivery(&format!("msg_{number}"))).await;
    }
    let numbers: Vec<u32> = receiver.read(|all, _| all.iter().map(|recorded| recorded.view.number).collect());
    assert_eq!((numbers[0], numbers[numbers.len() - 1]), (1, 31));
    assert!((3..12).contains(&numbers.len()), "{numbers:?}");
    assert!(receiver.recorded(1).unwrap().view.held);
    assert_eq!(receiver.recorded(31).unwrap().view.webhook_id.as_deref(), Some("msg_29"));
    assert!(receiver.recorded(2).is_none());
}

#[tokio::test]
async fn a_replay_is_signed_now_and_an_edited_one_has_an_id_of_its_own() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    send(receiver.address(), delivery("msg_1")).await;
    app.request().await;
    let number = receiver.replay(1, None).unwrap();
    let request = app.request().await;
    assert_eq!(header(&request, "webhook-id"), "msg_1");
    assert!(accepted(&request, NOW) && request.ends_with(BODY));
    let edited = r#"{"type":"order.paid","data":{"amount":7}}"#;
    receiver.replay(number, Some(edited.into())).unwrap();
    let request = app.request().await;
    assert!(accepted(&request, NOW) && request.ends_with(edited), "{request}");
    assert_ne!(header(&request, "webhook-id"), "msg_1");
    assert_eq!(receiver.deliveries()[0].replay_of, Some(number));
    assert_eq!(receiver.replay(99, None), Err(ReplayError::Gone));
    receiver.set_secret(None);
    assert_eq!(receiver.replay(1, None), Err(ReplayError::NoSecret));
}

#[tokio::test]
async fn one_that_came_another_way_is_passed_on_like_the_others() {
    let mut app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    let signature = sign(&SecretText::new(SECRET), KeyRule::PolarOwn, "msg_1", NOW, BODY.as_bytes()).unwrap();
    let headers =
        [("webhook-id", "msg_1".to_owned()), ("webhook-timestamp", NOW.to_string()), ("webhook-signature", signature)];
    let captured = Captured {
        received_at: OffsetDateTime::from_unix_timestamp(NOW).unwrap(),
        method: "POST".into(),
        target: "/hooks?x=1".into(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.into())).into(),
        body: BODY.into(),
    };
    let number = receiver.send(&captured).unwrap();
    assert!(app.request().await.starts_with("POST /hooks?x=1 HTTP/1.1\r\n"));
    let seen = receiver.wait_for("msg_1", LONG).await.unwrap();
    assert_eq!((seen.number, seen.verified, seen.app_status), (number, Some(KeyRule::PolarOwn), Some(200)));
}

#[tokio::test]
async fn under_a_strange_host_name_only_deliveries_are_taken() {
    let app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    let get = |host: &str| format!("GET /secrets HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    assert!(send(receiver.address(), get("any.example")).await.starts_with("HTTP/1.1 200 "));
    receiver.set_hosts(vec!["shop.trycloudflare.com".into()]);
    for host in ["SHOP.trycloudflare.com", "localhost:1234", "127.0.0.1", "[::1]:80"] {
        assert!(send(receiver.address(), get(host)).await.starts_with("HTTP/1.1 200 "), "{host}");
    }
    assert!(send(receiver.address(), get("rebound.example")).await.starts_with("HTTP/1.1 403 "));
    assert!(receiver.deliveries()[0].turned_away.is_some());
    assert!(send(receiver.address(), delivery("msg_1")).await.starts_with("HTTP/1.1 200 "));
}

/// How the app behaves towards one delivery.
#[derive(Debug, Clone, Copy)]
enum Mood {
    Fine,
    Refuses,
    HangsUp,
    Late,
}

/// An app that notes each id that it gets, and treats it as it is in the mood to.
async fn moody(moods: Vec<Mood>) -> (u16, mpsc::UnboundedReceiver<String>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, ids) = mpsc::unbounded_channel();
    (port, ids, serve(listener, moods, sender))
}

/// Dropping what comes back ends the app, whatever it is at.
fn serve(listener: TcpListener, moods: Vec<Mood>, sender: mpsc::UnboundedSender<String>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut open = JoinSet::new();
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mood, sender) = (moods[number % moods.len()], sender.clone());
            open.spawn(async move {
                let Some(request) = read_request(&mut stream).await else { return };
                sender.send(header(&String::from_utf8(request).unwrap(), "webhook-id")).unwrap();
                match mood {
                    Mood::Fine => stream.write_all(OK).await.unwrap(),
                    Mood::Refuses => {
                        stream.write_all(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n").await.unwrap();
                    }
                    Mood::HangsUp => {}
                    Mood::Late => {
                        for _ in 0..50 {
                            tokio::task::yield_now().await;
                        }
                        stream.write_all(OK).await.unwrap();
                    }
                }
            });
            while open.try_join_next().is_some() {}
        }
    });
    tasks
}

fn moods() -> impl Strategy<Value = Vec<Mood>> {
    prop::collection::vec(
        prop_oneof![Just(Mood::Fine), Just(Mood::Refuses), Just(Mood::HangsUp), Just(Mood::Late)],
        1..20,
    )
}

/// The ids that the app got; none may come twice.
fn each_once(ids: &mut mpsc::UnboundedReceiver<String>) -> HashSet<String> {
    let mut seen = HashSet::new();
    while let Ok(id) = ids.try_recv() {
        assert!(seen.insert(id.clone()), "{id} came twice");
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]
    #[test]
    fn a_thousand_at_once_reach_the_app_exactly_once_each(
        moods in moods(),
        held_from in 0usize..1000,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let (port, mut ids, _app) = moody(moods).await;
            let receiver = receiver(port);
            let mut senders = JoinSet::new();
            for number in 0..1000 {
                if number == held_from {
                    receiver.set_hold(Hold::On);
                }
                senders.spawn(send(receiver.address(), delivery(&format!("msg_{number}"))));
            }
            while let Some(answer) = senders.join_next().await {
                assert!(answer.unwrap().starts_with("HTTP/1.1 "));
            }
            receiver.set_hold(Hold::Off);
            receiver.let_go().await;
            assert_eq!((receiver.total(), receiver.counts().held), (1000, 0));
            assert_eq!(each_once(&mut ids).len(), 1000);
        });
    }

    #[test]
    fn an_app_that_is_started_anew_amid_a_thousand_gets_each_once_or_its_line_says_why(
        moods in moods(),
        (down_from, down_for) in (0usize..900, 1usize..100),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (sender, mut ids) = mpsc::unbounded_channel();
            let mut app = Some(serve(listener, moods.clone(), sender.clone()));
            let receiver = receiver(address.port());
            receiver.set_hold(Hold::WhenDown);
            let mut senders = JoinSet::new();
            for number in 0..1000 {
                if number == down_from {
                    app.take().unwrap().shutdown().await;
                }
                if number == down_from + down_for {
                    app = Some(serve(listen_again(address), moods.clone(), sender.clone()));
                }
                senders.spawn(send(receiver.address(), delivery(&format!("msg_{number}"))));
                tokio::task::yield_now().await;
            }
            while let Some(answer) = senders.join_next().await {
                assert!(answer.unwrap().starts_with("HTTP/1.1 "));
            }
            receiver.let_go().await;
            assert_eq!((receiver.total(), receiver.counts().held), (1000, 0));
            let seen = each_once(&mut ids);
            for delivery in receiver.deliveries() {
                let is_known = delivery.webhook_id.as_ref().is_some_and(|id| seen.contains(id));
                assert!(is_known || delivery.app_problem.is_some(), "{delivery:?}");
            }
        });
    }
}

/// On the port of an app that has ended, whose connections may linger.
fn listen_again(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket.listen(1024).unwrap()
}
