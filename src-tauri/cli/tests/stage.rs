//! A project, a practice Polar, and the program to run on them.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use polar_setup_core::receiver::stable_port;
use polar_setup_practice::{Practice, PracticeOptions};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

/// Longer than anything takes here: only what hangs comes to its end.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program, kept away from what the user's own machine holds.
pub fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_polar-setup-cli"));
    command.env("POLAR_SETUP_DATA_DIR", data).env("POLAR_SETUP_KEYRING", "off").env("NO_PROXY", "127.0.0.1");
    command.env_remove("POLAR_ACCESS_TOKEN").kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A port where nothing listens, and nothing will but who is told of it: no system gives ports of this range to those who
/// ask for any, as other tests do at the same time.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 4000).unwrap();
    loop {
        let port = 10_000 + (start + TAKEN.fetch_add(1, Ordering::Relaxed)) % 5000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// An empty folder, whose receiver has a port of its own among the tests that run at the same time.
pub fn project() -> TempDir {
    static PORTS: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let folder = tempfile::tempdir().unwrap();
        if PORTS.lock().unwrap().insert(stable_port(folder.path())) {
            return folder;
        }
    }
}

/// A project and what it is set up with.
pub struct Stage {
    pub practice: Practice,
    pub project: TempDir,
    pub data: TempDir,
    /// Where the user's app listens; by itself none does.
    pub app_port: u16,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(PracticeOptions::default()).await
    }

    pub async fn with(options: PracticeOptions) -> Self {
        let practice = Practice::start(options).await.unwrap();
        Self { practice, project: project(), data: tempfile::tempdir().unwrap(), app_port: free_port() }
    }

    pub fn token(&self) -> String {
        self.practice.token().secret().expose().to_owned()
    }

    pub fn env_path(&self) -> PathBuf {
        self.project.path().join(".env")
    }

    /// What the file holds.
    pub fn env_text(&self) -> String {
        std::fs::read_to_string(self.env_path()).unwrap()
    }

    /// A variable's value in the file, as written without quotes.
    pub fn variable(&self, name: &str) -> String {
        let text = self.env_text();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.unwrap().to_owned()
    }

    /// A call on this project and this Polar.
    pub fn call(&self, command: &str) -> Call {
        let mut call = Call::new(self.data.path()).with(&[command, "--json"]);
        call.command.arg("--project").arg(self.project.path());
        call.with(&["--api-url", self.practice.url().as_str()])
    }

    /// A setup with the good token.
    pub fn setup(&self) -> Call {
        self.call("setup").with(&["--port", &self.app_port.to_string()]).token(&self.token())
    }

    pub fn check(&self) -> Call {
        self.call("check")
    }
}

/// A call of the program.
pub struct Call {
    pub command: Command,
    input: String,
}

impl Call {
    pub fn new(data: &Path) -> Self {
        Self { command: program(data), input: String::new() }
    }

    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn token(mut self, token: &str) -> Self {
        self.command.env("POLAR_ACCESS_TOKEN", token);
        self
    }

    pub fn input(mut self, input: &str) -> Self {
        input.clone_into(&mut self.input);
        self
    }

    /// Runs it to its end.
    pub async fn run(mut self) -> Ran {
        let mut child = self.command.spawn().unwrap();
        // It may have ended already without reading.
        let _ = child.stdin.take().unwrap().write_all(self.input.as_bytes()).await;
        let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), complaint: text(output.stderr) }
    }
}

/// What came of a call.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub complaint: String,
}

impl Ran {
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The check of this name, which there must be exactly once.
    pub fn check(&self, name: &str) -> Value {
        let mut found = self.lines().into_iter().filter(|line| line["check"] == name);
        let check = found.next().unwrap_or_else(|| panic!("no check {name} in {self:#?}"));
        assert!(found.next().is_none(), "{name} is there twice: {self:#?}");
        check
    }

    /// The names of the checks that did not pass.
    pub fn failed(&self) -> Vec<String> {
        let failed = self.lines().into_iter().filter(|line| line["state"] == "failed");
        failed.map(|line| line["check"].as_str().unwrap().to_owned()).collect()
    }

    pub fn report(&self) -> Value {
        self.lines().pop().unwrap()["report"].clone()
    }

    pub fn verified(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        assert_eq!(self.report()["verified"], true, "{self:#?}");
        self
    }

    pub fn not_verified(self) -> Self {
        assert_eq!(self.code, Some(1), "{self:#?}");
        assert_eq!(self.report()["verified"], false, "{self:#?}");
        self
    }

    pub fn refused_as_wrong_usage(self, because: &str) {
        assert_eq!(self.code, Some(2), "{self:#?}");
        assert_eq!(self.out, "", "nothing but the complaint");
        assert!(self.complaint.contains(because), "{because:?} is not in {self:#?}");
    }

    /// Whether a text stands anywhere in what was printed.
    pub fn shows(&self, text: &str) -> bool {
        self.out.contains(text) || self.complaint.contains(text)
    }
}
