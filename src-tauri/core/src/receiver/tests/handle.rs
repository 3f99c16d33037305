//! The handle: waiting, clearing, stopping.

use tokio::net::TcpStream;

use super::*;

#[tokio::test]
async fn waits_until_the_app_has_answered() {
    let told = Arc::new(Notify::new());
    let mut app = App::that(Does::AnswersWhenTold(Arc::clone(&told))).await;
    let receiver = receiver(app.port);
    assert_eq!(receiver.wait_for("msg_1", Duration::ZERO).await, None);
    let sender = tokio::spawn(send(receiver.address(), delivery("msg_1")));
    app.request().await;
    // It is published before the app has answered, and a wait that ends gives what there is.
    let open = receiver.wait_for("msg_1", Duration::ZERO).await.unwrap();
    assert_eq!((open.app_status, open.verified), (None, Some(KeyRule::PolarOwn)));
    let waiting = receiver.clone();
    let waiting = tokio::spawn(async move { waiting.wait_for("msg_1", LONG).await });
    told.notify_one();
    let done = waiting.await.unwrap().unwrap();
    assert_eq!((done.number, done.app_status), (open.number, Some(200)));
    assert!(sender.await.unwrap().starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn announces_counts_and_clears() {
    let app = App::that(Does::Answers(OK)).await;
    let receiver = receiver(app.port);
    let mut revision = receiver.subscribe();
    for id in ["msg_1", "msg_2"] {
        send(receiver.address(), delivery(id)).await;
    }
    assert!(revision.has_changed().unwrap());
    let before = *revision.borrow_and_update();
    let numbers: Vec<u32> = receiver.deliveries().iter().map(|delivery| delivery.number).collect();
    assert_eq!(numbers, [2, 1]);
    receiver.clear();
    assert_ne!(*revision.borrow_and_update(), before);
    assert_eq!((receiver.deliveries().len(), receiver.total()), (0, 2));
    assert_eq!(receiver.find("msg_1"), None);
    send(receiver.address(), delivery("msg_3")).await;
    assert_eq!(receiver.deliveries()[0].number, 3);
}

#[tokio::test]
async fn keeps_the_newest() {
    let receiver = Receiver::start(ReceiverOptions { room: 10 * 1024, ..options(1) }).unwrap();
    receiver.set_app_port(receiver.address().port());
    for number in 0..30 {
        send(receiver.address(), delivery(&format!("msg_{number}"))).await;
    }
    let kept = receiver.deliveries();
    let counts = receiver.counts();
    assert_eq!((counts.total, counts.dropped as usize + kept.len(), counts.held), (30, 30, 0));
    assert!((3..10).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept[0].number, 30);
    assert!(receiver.recorded(kept.last().unwrap().number).is_some() && receiver.recorded(1).is_none());
    assert_eq!(receiver.find("msg_1"), None);
}

#[tokio::test]
async fn stopping_frees_the_port() {
    let app = App::that(Does::NeverAnswers).await;
    let port = {
        let receiver = Receiver::start(ReceiverOptions { stop_within: Duration::ZERO, ..options(app.port) }).unwrap();
        let idle = TcpStream::connect(receiver.address()).await.unwrap();
        let busy = tokio::spawn(send(receiver.address(), delivery("msg_1")));
        let mut revision = receiver.subscribe();
        revision.wait_for(|revision| *revision > 0).await.unwrap();
        assert_eq!(
            Receiver::start(ReceiverOptions { port: receiver.address().port(), ..options(1) })
                .err()
                .map(|error| error.kind()),
            Some(std::io::ErrorKind::AddrInUse)
        );
        receiver.stop().await;
        assert!(TcpStream::connect(receiver.address()).await.is_err());
        let given_up = receiver.wait_for("msg_1", LONG).await.unwrap();
        assert!(given_up.app_problem.unwrap().starts_with("The receiver was stopped"));
        // A second time, and from another handle, it has nothing left to do.
        receiver.clone().stop().await;
        drop((idle, busy));
        receiver.address().port()
    };
    let again = Receiver::start(ReceiverOptions { port, ..options(app.port) }).unwrap();
    assert_eq!(again.url(), format!("http://127.0.0.1:{port}"));
}

#[tokio::test]
async fn stopping_lets_a_delivery_under_way_end() {
    let told = Arc::new(Notify::new());
    let mut app = App::that(Does::AnswersWhenTold(Arc::clone(&told))).await;
    let receiver = Receiver::start(ReceiverOptions { stop_within: LONG, ..options(app.port) }).unwrap();
    let sender = tokio::spawn(send(receiver.address(), delivery("msg_1")));
    app.request().await;
    let stopping = receiver.clone();
    let stopping = tokio::spawn(async move { stopping.stop().await });
    told.notify_one();
    assert!(sender.await.unwrap().starts_with("HTTP/1.1 200 "));
    stopping.await.unwrap();
}

#[tokio::test]
async fn ends_with_its_last_handle() {
    let receiver = receiver(1);
    let mut phase = receiver.owner.phase.subscribe();
    let address = receiver.address();
    drop(receiver.clone());
    assert!(send(address, delivery("msg_1")).await.starts_with("HTTP/1.1 502 "));
    drop(receiver);
    phase.wait_for(|phase| *phase == crate::receiver::server::Phase::Closed).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[test]
fn it_needs_no_runtime_and_outlives_the_one_it_was_started_in() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let receiver = Receiver::start(options(1)).unwrap();
    let other = runtime().block_on(async { Receiver::start(options(1)).unwrap() });
    runtime().block_on(async {
        for receiver in [receiver, other] {
            assert!(send(receiver.address(), delivery("msg_1")).await.starts_with("HTTP/1.1 502 "));
            receiver.stop().await;
        }
    });
}
