//! Polar's deliveries list beside what arrived here: each gap as it comes about, and what is said where there is no list.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use polar_setup_core::{
    polar::token::AccessToken,
    setup::view::{
        DeliveryState, Hold, ListFinding, ListSpan, PolarsList, PolarsListRow, PublicWay, SignatureVerdict, TokenState,
    },
};
use polar_setup_practice::{Accounts, Practice, PracticeOptions, RateLimits, Timings};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::stage::Stage;

/// An app that answers all with the status that it is told to.
async fn app(stage: &Stage) -> Arc<AtomicU16> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    stage.setup.set_project_details(None, Some(listener.local_addr().unwrap().port()), None).unwrap();
    let status = Arc::new(AtomicU16::new(202));
    let told = Arc::clone(&status);
    tokio::spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let status = told.load(Ordering::SeqCst);
            tokio::spawn(async move {
                let mut seen = vec![0; 64 * 1024];
                let mut length = 0;
                while let Ok(read) = stream.read(&mut seen[length..]).await {
                    length += read;
                    if read == 0 || is_whole(&seen[..length]) {
                        break;
                    }
                }
                let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    status
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    length.is_none_or(|length: usize| body.len() >= length)
}

/// One attempt at each event, and no more.
async fn polar() -> Practice {
    let timings = Timings { retry_gaps: Vec::new(), ..Timings::default() };
    Practice::start(PracticeOptions { timings, ..PracticeOptions::default() }).await.unwrap()
}

async fn set_up(practice: &Practice) -> (Stage, Arc<AtomicU16>) {
    let stage = Stage::open().await;
    let status = app(&stage).await;
    stage.on_server(practice).await;
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    assert!(stage.apply().await.apply.report.unwrap().verified);
    (stage, status)
}

/// Lets an event happen and waits until Polar has made its attempt.
async fn fire(practice: &Practice, event: &str) {
    let before = practice.deliveries().len();
    assert!(practice.fire(event));
    practice.delivered(before + 1).await;
}

async fn list(stage: &Stage) -> PolarsList {
    stage.setup.polars_list(ListSpan::Day).await.unwrap()
}

fn row<'a>(list: &'a PolarsList, event: &str) -> &'a PolarsListRow {
    list.rows.iter().find(|row| row.event_type == event).unwrap_or_else(|| panic!("no {event} in {list:#?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_and_what_the_app_refused_stand_on_both_sides() {
    let practice = polar().await;
    let (stage, status) = set_up(&practice).await;
    fire(&practice, "order.paid").await;
    status.store(500, Ordering::SeqCst);
    fire(&practice, "order.created").await;
    let found = list(&stage).await;
    let fine = row(&found, "order.paid");
    assert_eq!((fine.finding, fine.can_redeliver), (ListFinding::Fine, false), "{found:#?}");
    assert_eq!(fine.polar.as_ref().unwrap()[0].http_code, Some(202));
    let refused = row(&found, "order.created");
    assert_eq!((refused.finding, refused.can_redeliver), (ListFinding::RefusedByApp, true), "{found:#?}");
    assert_eq!(refused.sentence, "It arrived, and your app refused it with 500.");
    assert_eq!((refused.here[0].outcome, refused.here[0].app_status), (DeliveryState::Refused, Some(500)));
    // A click opens it.
    let detail = stage.setup.delivery(refused.here[0].number).unwrap();
    assert_eq!(detail.webhook_id.as_deref(), Some(refused.webhook_id.as_str()));
    let counted: u32 = found.counts.iter().map(|count| count.count).sum();
    assert_eq!((counted, found.more), (found.rows_in_all, false));
    // What was mended is asked for again, and then nothing is left over.
    status.store(202, Ordering::SeqCst);
    let before = practice.deliveries().len();
    stage.setup.redeliver_event(&refused.webhook_id).await.unwrap();
    practice.delivered(before + 1).await;
    let found = list(&stage).await;
    assert_eq!(row(&found, "order.created").finding, ListFinding::Fine, "{found:#?}");
    assert_eq!(row(&found, "order.created").here.len(), 2);
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_arrive_is_told_from_what_is_held_and_from_what_came_before() {
    let practice = polar().await;
    let (mut stage, _status) = set_up(&practice).await;
    // Polar sends while nobody is here.
    stage.setup.close().await;
    fire(&practice, "order.created").await;
    stage.again().await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    assert_eq!(row(&list(&stage).await, "order.created").finding, ListFinding::BeforeRecord);
    // As with a tunnel that is down, the endpoint's address leads nowhere.
    let endpoint = practice.endpoints()[0].clone();
    let mut away = endpoint.clone();
    away["url"] = "http://127.0.0.1:9/webhook".into();
    practice.restore_endpoint(&away).unwrap();
    fire(&practice, "order.paid").await;
    let found = list(&stage).await;
    let lost = row(&found, "order.paid");
    assert_eq!((lost.finding, lost.can_redeliver), (ListFinding::NotArrived, true), "{found:#?}");
    assert!(lost.here.is_empty() && lost.polar.as_ref().unwrap()[0].http_code.is_none(), "{lost:#?}");
    practice.restore_endpoint(&endpoint).unwrap();
    stage.setup.set_hold(Hold::On).unwrap();
    fire(&practice, "subscription.created").await;
    let found = list(&stage).await;
    assert_eq!(row(&found, "subscription.created").finding, ListFinding::Held, "{found:#?}");
    // Emptied, the list here knows nothing of what was.
    stage.setup.clear_deliveries();
    assert_eq!(row(&list(&stage).await, "subscription.created").finding, ListFinding::BeforeRecord);
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_not_chosen_is_in_neither_list_and_that_is_said() {
    let practice = polar().await;
    let (stage, _status) = set_up(&practice).await;
    assert!(practice.fire("benefit.created"));
    fire(&practice, "order.paid").await;
    let found = list(&stage).await;
    assert!(!found.rows.iter().any(|row| row.event_type == "benefit.created"), "{found:#?}");
    assert!(found.notes.iter().any(|note| note.contains("are never sent to it")), "{:?}", found.notes);
    stage.setup.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_list_a_sentence_says_why() {
    let (full, narrow) = (AccessToken::issue(), AccessToken::issue());
    let organization = "c8aaa877-a7af-4105-a120-6773c0213720";
    let scopes = ["organizations:read", "webhooks:read", "webhooks:write"];
    let token = |token: &AccessToken, scopes: &[&str]| json!({ "token": token.secret().expose(), "organization": "acme", "scopes": scopes });
    let accounts = json!({
        "organizations": { "acme": organization },
        "tokens": { "full": token(&full, &scopes), "narrow": token(&narrow, &scopes[..1]) },
    });
    let accounts = Accounts::from_tokens_json(&accounts.to_string()).unwrap();
    let practice = Practice::start(PracticeOptions { accounts, ..PracticeOptions::default() }).await.unwrap();
    let stage = Stage::open().await;
    let problem = |stage: &Stage| {
        let setup = stage.setup.clone();
        async move { setup.polars_list(ListSpan::Hour).await.unwrap_err().to_string() }
    };
    assert!(problem(&stage).await.contains("access token"));
    stage.on_server(&practice).await;
    assert!(problem(&stage).await.contains("no webhook endpoint yet"));
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    assert!(stage.apply().await.apply.report.unwrap().verified);
    assert!(stage.setup.polars_list(ListSpan::Hour).await.is_ok());
    // A token that may not read webhooks; one that was revoked; then Polar is not there.
    stage.setup.submit_token(narrow.secret()).unwrap();
    stage.until(|view| view.account.token.state == TokenState::Refused).await;
    let said = problem(&stage).await;
    assert!(said.contains("lacks a scope: webhooks:read") && said.contains("Make a new token"), "{said}");
    stage.on_server(&practice).await;
    practice.set_revoked(practice.token().secret(), true);
    let said = problem(&stage).await;
    assert!(said.contains("does not accept this token") && said.contains("make a new one"), "{said}");
    practice.stop().await;
    let said = problem(&stage).await;
    assert!(said.contains("Check the connection"), "{said}");
    stage.setup.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_what_the_window_gets() {
    let practice = polar().await;
    let (stage, _status) = set_up(&practice).await;
    let secret = stage.value("POLAR_WEBHOOK_SECRET");
    let base = stage.value("POLAR_WEBHOOK_URL_DEV");
    let mut stream = tokio::net::TcpStream::connect(base.trim_start_matches("http://")).await.unwrap();
    let body = format!("{{\"type\":\"order.{secret}\"}}");
    let head = format!(
        "POST /x HTTP/1.1\r\nHost: localhost\r\nWebhook-Id: {secret}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream.read_exact(&mut [0; 12]).await.unwrap();
    let found = list(&stage).await;
    assert_eq!((found.rows[0].finding, found.rows[0].webhook_id.as_str()), (ListFinding::OnlyHere, "****"));
    assert!(!serde_json::to_string(&found).unwrap().contains(&secret), "a secret is shown");
    stage.setup.close().await;
    practice.stop().await;
}

/// A Polar whose rate limit is used up is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn the_wait_for_polar_can_be_ended() {
    let rate_limits = RateLimits { organization: 60, unknown: 60 };
    let practice = Practice::start(PracticeOptions { rate_limits, ..PracticeOptions::default() }).await.unwrap();
    let (stage, _status) = set_up(&practice).await;
    let setup = stage.setup.clone();
    let soon = Duration::from_secs(2);
    while tokio::time::timeout(soon, setup.polars_list(ListSpan::Day)).await.is_ok() {}
    let mut first = Box::pin(setup.polars_list(ListSpan::Day));
    assert!(tokio::time::timeout(Duration::ZERO, &mut first).await.is_err());
    // A newer question ends an older one; both are ended at once.
    let mut second = Box::pin(setup.polars_list(ListSpan::Day));
    assert!(tokio::time::timeout(Duration::ZERO, &mut second).await.is_err());
    assert!(first.await.unwrap_err().to_string().contains("not waited for"));
    setup.cancel_polars_list();
    assert!(second.await.unwrap_err().to_string().contains("not waited for"));
    stage.setup.close().await;
    practice.stop().await;
}

/// The practice Polar's clock is this machine's, so a delivery that says to be older is.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_signature_is_not_put_down_to_the_clock_once_that_was_measured() {
    let late = || time::OffsetDateTime::now_utc() - time::Duration::minutes(9);
    let practice =
        Practice::start(PracticeOptions { clock: Arc::new(late), ..PracticeOptions::default() }).await.unwrap();
    let stage = Stage::open().await;
    let _status = app(&stage).await;
    stage.on_server(&practice).await;
    stage.setup.set_public_way(PublicWay::Direct, None).await.unwrap();
    stage.apply().await;
    let before = stage.setup.view().live.total;
    assert!(practice.fire("order.paid"));
    stage.until(|view| view.live.total > before).await;
    let found = list(&stage).await;
    let number = row(&found, "order.paid").here[0].number;
    let signature = stage.setup.delivery(number).unwrap().signature.unwrap();
    assert_eq!(signature.verdict, SignatureVerdict::OutsideTolerance);
    assert!(signature.certain && signature.sentence.contains("does not explain that"), "{}", signature.sentence);
    stage.setup.close().await;
    practice.stop().await;
}
