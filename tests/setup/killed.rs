//! Killed without a warning while it keeps and holds: nothing is lost, and nothing comes twice unannounced.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use polar_setup_core::setup::{
    Setup,
    view::{DeliveryQuery, DeliveryState, Hold},
};

use crate::stage::setup;

const FOLDER: &str = "POLAR_SETUP_KILLED_FOLDER";
const DATA: &str = "POLAR_SETUP_KILLED_DATA";
/// More than arrive before the first killing.
const SENT: usize = 400;
/// So many answered 2xx before the first killing.
const ANSWERED: usize = 60;
/// So many at the app before the second.
const AT_APP: usize = 25;

/// The program that is killed: it keeps and holds, and lets go when it is told to.
#[test]
#[ignore = "a program for the test below"]
fn program() {
    let (Some(folder), Some(data)) = (std::env::var_os(FOLDER), std::env::var_os(DATA)) else { return };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let setup = opened(folder.as_ref(), data.as_ref()).await;
        if !setup.view().live.kept {
            setup.keep_deliveries(true).await.unwrap();
            setup.set_hold(Hold::On).unwrap();
        }
        let view = setup.view();
        eprintln!("{} {}", view.live.held, view.public_url.receiver.unwrap());
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await.unwrap().unwrap();
        let _ = setup.let_go().await;
        std::future::pending::<()>().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_keeps_and_holds_nothing_is_lost_or_twice_unannounced() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let app = App::start();
    std::fs::write(folder.path().join("package.json"), r#"{"name":"shop","dependencies":{"express":"5"}}"#).unwrap();
    std::fs::write(folder.path().join(".env"), format!("PORT={}\n", app.port)).unwrap();

    // Killed amid deliveries: what was answered 2xx is held.
    let mut running = Running::start(folder.path(), data.path());
    let answered = send_until_killed(&mut running);
    assert!(answered.len() >= ANSWERED && answered.len() < SENT, "{}", answered.len());
    assert!(app.got().is_empty());

    // Killed while it lets go.
    let mut running = Running::start(folder.path(), data.path());
    assert!(running.held >= answered.len(), "{} of {} are held", running.held, answered.len());
    running.let_go();
    app.wait_for(AT_APP);
    running.child.kill().unwrap();
    running.child.wait().unwrap();

    let before = app.counted();
    let setup = opened(folder.path(), data.path()).await;
    let view = setup.view();
    assert_eq!((view.live.kept, view.live.hold), (true, Hold::On), "{:?}", view.live);
    let page = setup.deliveries(&DeliveryQuery { limit: 1_000, ..DeliveryQuery::default() });
    let held = page.rows.iter().filter(|row| row.outcome == DeliveryState::Held);
    let held: Vec<(usize, bool)> = held
        .map(|row| {
            let body = setup.delivery(row.number).unwrap().body;
            (number(&body), row.app_problem.as_ref().is_some_and(|note| note.contains("may have it already")))
        })
        .collect();
    for number in &answered {
        assert!(before.contains_key(number) || held.iter().any(|(known, _)| known == number), "{number} is lost");
    }
    for (number, announced) in &held {
        assert!(*announced || !before.contains_key(number), "{number} would come twice unannounced");
    }
    let announced: Vec<usize> = held.iter().filter(|(_, announced)| *announced).map(|(number, _)| *number).collect();
    // They are sent one after the other.
    assert!(announced.len() <= 1, "{announced:?}");
    let said = view.public_url.happened.iter().any(|line| line.text.contains("your app may have it already"));
    assert_eq!(said, !announced.is_empty(), "{:?}", view.public_url.happened);
    assert_eq!(app.counted(), before, "nothing goes out by itself");

    setup.let_go().await.unwrap();
    let after = app.counted();
    for number in &answered {
        assert!(after.contains_key(number), "{number} never came");
    }
    for (number, times) in &after {
        assert!(*times == 1 || (*times == 2 && announced.contains(number)), "{number} came {times} times");
    }
    setup.close().await;
}

async fn opened(folder: &Path, data: &Path) -> Setup {
    let setup = setup(data);
    setup.open_project(folder).await.unwrap();
    setup
}

struct Running {
    child: Child,
    url: String,
    held: usize,
}

impl Running {
    fn start(folder: &Path, data: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::program", "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .env(DATA, data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drained(child.stdout.take().unwrap());
        let mut line = String::new();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        said.read_line(&mut line).unwrap();
        let (held, url) = line.trim().split_once(" http://").unwrap_or_else(|| panic!("it said {line:?}"));
        let (held, url) = (held.parse().unwrap(), url.to_owned());
        thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self { child, url, held }
    }

    fn let_go(&mut self) {
        self.child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn drained(mut output: ChildStdout) {
    thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
}

/// Sends deliveries, several at a time, and kills the program amid them. The numbers of those answered 2xx.
fn send_until_killed(running: &mut Running) -> Vec<usize> {
    let next = Arc::new(AtomicUsize::new(0));
    let (answers, answered) = mpsc::channel();
    let senders: Vec<_> = (0..8)
        .map(|_| {
            let (next, answers, url) = (Arc::clone(&next), answers.clone(), running.url.clone());
            thread::spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= SENT || !is_accepted(&url, number) || answers.send(number).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    drop(answers);
    let mut numbers: Vec<usize> = answered.iter().take(ANSWERED).collect();
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    numbers.extend(answered);
    for sender in senders {
        sender.join().unwrap();
    }
    numbers
}

fn is_accepted(address: &str, number: usize) -> bool {
    let sent = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        let body = format!("{{\"type\":\"order.paid\",\"number\":{number}}}");
        let length = body.len();
        let head = format!("POST /hook HTTP/1.1\r\nHost: localhost\r\nwebhook-id: msg_{number}\r\n");
        stream.write_all(format!("{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 2"))
    };
    sent().unwrap_or(false)
}

fn number(body: &str) -> usize {
    let value: serde_json::Value = serde_json::from_str(body).unwrap();
    usize::try_from(value["number"].as_u64().unwrap()).unwrap()
}

/// The developer's app, which notes what it was given.
struct App {
    port: u16,
    got: Arc<Mutex<Vec<usize>>>,
    news: mpsc::Receiver<()>,
}

impl App {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let got = Arc::new(Mutex::new(Vec::new()));
        let (tell, news) = mpsc::channel();
        let noted = Arc::clone(&got);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, tell) = (Arc::clone(&noted), tell.clone());
                thread::spawn(move || serve(stream, &noted, &tell));
            }
        });
        Self { port, got, news }
    }

    fn got(&self) -> Vec<usize> {
        self.got.lock().unwrap().clone()
    }

    fn counted(&self) -> HashMap<usize, usize> {
        let mut counted = HashMap::new();
        for number in self.got() {
            *counted.entry(number).or_default() += 1;
        }
        counted
    }

    fn wait_for(&self, count: usize) {
        while self.got().len() < count {
            self.news.recv().unwrap();
        }
    }
}

fn serve(stream: TcpStream, noted: &Mutex<Vec<usize>>, tell: &mpsc::Sender<()>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            // A connection that asks nothing is a look whether the app runs.
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        noted.lock().unwrap().push(number(&String::from_utf8(body).unwrap()));
        let _ = tell.send(());
        if writer.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}
