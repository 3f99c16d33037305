//! One scene of the diagnosis: a practice Polar, an app on a real port, files on disk; and what is expected beside what is
//! named.

use std::sync::Arc;

use polar_setup_core::{
    SecretText,
    polar::{
        Client, Environment,
        endpoint::{Endpoint, EndpointWish},
        token::AccessToken,
    },
    setup::view::DeliveryFormat,
    webhook::signature::{KeyRule, SignatureHeaders, verify},
};
use polar_setup_practice::PracticeOptions;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::stage::{Ran, Stage};

pub const SECRET: &str = "a-webhook-secret-of-forty-characters-0001";
pub const ROUTE: &str = "/api/webhook/polar";

/// How the user's app is.
#[derive(Clone)]
pub struct App {
    pub secret: String,
    pub route: &'static str,
    /// What it accepts: both rules, or one.
    pub rule: Option<KeyRule>,
    /// It verifies what it parsed and wrote anew.
    pub reparses: bool,
    /// The largest body.
    pub limit: usize,
    /// Hosts that it answers; none: all.
    pub hosts: &'static [&'static str],
    /// What it says in place of all that: status, headers, body.
    pub says: Option<(u16, &'static str, &'static str)>,
    pub hangs: bool,
    /// What it answers at other paths.
    pub elsewhere: (u16, &'static str),
}

impl App {
    pub fn new() -> Self {
        Self {
            secret: SECRET.to_owned(),
            route: ROUTE,
            rule: None,
            reparses: false,
            limit: usize::MAX,
            hosts: &[],
            says: None,
            hangs: false,
            elsewhere: (404, ""),
        }
    }

    pub fn says(status: u16, headers: &'static str, body: &'static str) -> Self {
        Self { says: Some((status, headers, body)), ..Self::new() }
    }

    async fn start(self, port: u16) {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let app = Arc::new(self);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&app)));
            }
        });
    }

    fn judge(&self, path: &str, header: impl Fn(&str) -> String, body: &[u8]) -> (u16, &'static str, &'static str) {
        if path != self.route {
            return (self.elsewhere.0, "", self.elsewhere.1);
        }
        if let Some(says) = self.says {
            return says;
        }
        let host = header("host");
        if !self.hosts.is_empty() && !self.hosts.iter().any(|known| host.starts_with(known)) {
            return (403, "", "Blocked request. This host is not allowed. Add it to server.allowedHosts.");
        }
        if body.len() > self.limit {
            return (413, "", "");
        }
        let rewritten = if self.reparses {
            serde_json::from_slice::<Value>(body).map(|value| value.to_string().into_bytes()).unwrap_or_default()
        } else {
            body.to_vec()
        };
        let signed = SignatureHeaders {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
        };
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        match verify(&SecretText::new(self.secret.as_str()), &signed, &rewritten, now) {
            Ok(rule) if self.rule.is_none_or(|only| only == rule) => (202, "", ""),
            _ => (403, "", "{\"error\":\"signature\"}"),
        }
    }
}

async fn answer(mut stream: TcpStream, app: Arc<App>) -> Option<()> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let header = |name: &str| {
        let found = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let length: usize = header("content-length").parse().unwrap_or_default();
    while bytes.len() < end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    if app.hangs {
        // Until the one who asks has gone.
        let _ = stream.read_buf(&mut bytes).await;
        return None;
    }
    let path = head.lines().next()?.split(' ').nth(1)?;
    let (status, headers, body) = app.judge(path, header, &bytes[end + 4..]);
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).await.ok()
}

/// A project with an `.env`, an endpoint on a practice Polar that delivers straight to the app, and no setup by this
/// program.
pub struct Scene {
    pub stage: Stage,
    pub client: Client,
    pub env: String,
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(PracticeOptions::default()).await
    }

    pub async fn with(options: PracticeOptions) -> Self {
        let stage = Stage::with(options).await;
        let environment = Environment::custom(stage.practice.url().as_str()).unwrap();
        let token = AccessToken::parse(&stage.token()).unwrap();
        let client = Client::new(environment, token).unwrap().deliver_directly(true);
        let base = format!("http://127.0.0.1:{}", stage.app_port);
        let env = format!(
            "POLAR_ACCESS_TOKEN={}\nPOLAR_WEBHOOK_SECRET={SECRET}\nPOLAR_WEBHOOK_URL_DEV={base}\n",
            stage.token()
        );
        let scene = Self { stage, client, env };
        scene.write(".env", &scene.env);
        scene.write("package.json", "{ \"name\": \"shop\" }");
        scene
    }

    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.stage.project.path().join(file), text).unwrap();
    }

    /// Writes the `.env` with this text in place of the secret's line.
    pub fn secret_line(&self, line: &str) {
        self.write(".env", &self.env.replace(&format!("POLAR_WEBHOOK_SECRET={SECRET}"), line));
    }

    pub async fn endpoint(&self, change: impl FnOnce(&mut EndpointWish)) -> Endpoint {
        let mut wish = EndpointWish {
            url: Some(format!("http://127.0.0.1:{}{ROUTE}", self.stage.app_port)),
            name: Some("shop".into()),
            format: Some(DeliveryFormat::Raw),
            events: Some(vec!["order.paid".into()]),
            secret: Some(SecretText::new(SECRET)),
            enabled: None,
        };
        change(&mut wish);
        self.client.create_endpoint(&wish).await.unwrap()
    }

    pub async fn app(&self, app: App) {
        app.start(self.stage.app_port).await;
    }

    pub async fn diagnose(&self) -> Ran {
        let port = self.stage.app_port.to_string();
        self.stage.call("diagnose").with(&["--port", &port, "--route", ROUTE]).run().await
    }

    /// An app that accepts, an endpoint that is right: healthy until a test breaks something.
    pub async fn healthy() -> Self {
        let scene = Self::new().await;
        scene.endpoint(|_| {}).await;
        scene
    }
}

pub fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

pub fn causes(ran: &Ran) -> Vec<String> {
    report(ran)["causes"].as_array().unwrap().iter().map(|cause| cause["id"].as_str().unwrap().to_owned()).collect()
}

/// Runs it, and notes what was expected beside the first cause that was named.
pub async fn expect(matrix: &mut Vec<(String, String)>, expected: &str, scene: &Scene) {
    let ran = scene.diagnose().await;
    let named = causes(&ran);
    let first = named.first().cloned().unwrap_or_else(|| "nothing".to_owned());
    if expected != first {
        eprintln!("{expected}: {}", ran.out);
    }
    let code = i32::from(expected != "nothing");
    assert_eq!(ran.code, Some(code), "{expected}: {ran:?}");
    assert!(!ran.out.contains(SECRET) && !ran.out.contains(&scene.stage.token()), "a secret is shown: {ran:?}");
    if expected != "nothing" {
        let cause = &report(&ran)["causes"][0];
        assert!(
            !cause["proved_by"].as_array().unwrap().is_empty() && !cause["fix"].as_str().unwrap().is_empty(),
            "{cause}"
        );
    }
    matrix.push((expected.to_owned(), first));
}

pub fn must_be_the_diagonal(matrix: &[(String, String)]) {
    for (expected, named) in matrix {
        println!("{expected:<28} {named}");
    }
    let wrong = matrix.iter().filter(|(expected, named)| expected != named).collect::<Vec<_>>();
    assert!(wrong.is_empty(), "expected and named: {wrong:?}");
}
