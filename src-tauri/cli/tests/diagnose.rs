//! `diagnose`: each cause as a real scenario: a practice Polar, an app on a real port, files on disk. What is expected and
//! what is named must be the diagonal of a matrix, and healthy setups name nothing.

use std::{sync::Arc, time::Duration};

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

use crate::stage::{Ran, Stage, free_port};

const SECRET: &str = "a-webhook-secret-of-forty-characters-0001";
const ROUTE: &str = "/api/webhook/polar";

/// How the user's app is.
#[derive(Clone)]
struct App {
    secret: String,
    route: &'static str,
    /// What it accepts: both rules, or one.
    rule: Option<KeyRule>,
    /// It verifies what it parsed and wrote anew.
    reparses: bool,
    /// The largest body.
    limit: usize,
    /// Hosts that it answers; none: all.
    hosts: &'static [&'static str],
    /// What it says in place of all that: status, headers, body.
    says: Option<(u16, &'static str, &'static str)>,
    hangs: bool,
    /// What it answers at other paths.
    elsewhere: (u16, &'static str),
}

impl App {
    fn new() -> Self {
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

    fn says(status: u16, headers: &'static str, body: &'static str) -> Self {
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
struct Scene {
    stage: Stage,
    client: Client,
    env: String,
}

impl Scene {
    async fn new() -> Self {
        Self::with(PracticeOptions::default()).await
    }

    async fn with(options: PracticeOptions) -> Self {
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

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.stage.project.path().join(file), text).unwrap();
    }

    /// Writes the `.env` with this text in place of the secret's line.
    fn secret_line(&self, line: &str) {
        self.write(".env", &self.env.replace(&format!("POLAR_WEBHOOK_SECRET={SECRET}"), line));
    }

    async fn endpoint(&self, change: impl FnOnce(&mut EndpointWish)) -> Endpoint {
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

    async fn app(&self, app: App) {
        app.start(self.stage.app_port).await;
    }

    async fn diagnose(&self) -> Ran {
        let port = self.stage.app_port.to_string();
        self.stage.call("diagnose").with(&["--port", &port, "--route", ROUTE]).run().await
    }

    /// An app that accepts, an endpoint that is right: healthy until a test breaks something.
    async fn healthy() -> Self {
        let scene = Self::new().await;
        scene.endpoint(|_| {}).await;
        scene
    }
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn causes(ran: &Ran) -> Vec<String> {
    report(ran)["causes"].as_array().unwrap().iter().map(|cause| cause["id"].as_str().unwrap().to_owned()).collect()
}

/// Runs it, and notes what was expected beside the first cause that was named.
async fn expect(matrix: &mut Vec<(String, String)>, expected: &str, scene: &Scene) {
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

fn must_be_the_diagonal(matrix: &[(String, String)]) {
    for (expected, named) in matrix {
        println!("{expected:<28} {named}");
    }
    let wrong = matrix.iter().filter(|(expected, named)| expected != named).collect::<Vec<_>>();
    assert!(wrong.is_empty(), "expected and named: {wrong:?}");
}

#[tokio::test]
async fn healthy_setups_name_nothing() {
    let mut matrix = Vec::new();
    let line = |text: &str| text.to_owned();
    let spellings = [
        format!("POLAR_WEBHOOK_SECRET={SECRET}"),
        format!("POLAR_WEBHOOK_SECRET=\"{SECRET}\""),
        format!("POLAR_WEBHOOK_SECRET='{SECRET}'"),
        format!("export POLAR_WEBHOOK_SECRET={SECRET}"),
        format!("POLAR_WEBHOOK_SECRET={SECRET} # from Polar"),
        line("# POLAR_WEBHOOK_SECRET=old\n") + &format!("POLAR_WEBHOOK_SECRET={SECRET}"),
    ];
    for spelling in &spellings {
        let scene = Scene::healthy().await;
        scene.secret_line(spelling);
        scene.app(App::new()).await;
        expect(&mut matrix, "nothing", &scene).await;
    }
    for app in [
        App { rule: Some(KeyRule::PolarOwn), ..App::new() },
        App { limit: 100_000, ..App::new() },
        App { elsewhere: (200, "<!doctype html><title>Shop</title>"), ..App::new() },
        App { elsewhere: (302, ""), ..App::new() },
        App { hosts: &["localhost", "127.0.0.1"], ..App::new() },
    ] {
        let scene = Scene::healthy().await;
        scene.app(app).await;
        expect(&mut matrix, "nothing", &scene).await;
    }
    // Endpoints of other projects are none of this one's business.
    let scene = Scene::healthy().await;
    scene.endpoint(|wish| wish.url = Some("https://shop.example.com/api/webhook/polar".into())).await;
    scene.app(App::new()).await;
    expect(&mut matrix, "nothing", &scene).await;
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn what_is_wrong_with_the_secret_is_named() {
    let mut matrix = Vec::new();

    let scene = Scene::healthy().await;
    scene.secret_line("POLAR_WEBHOOK_SECRET=another-secret-of-some-forty-characters-02");
    scene.app(App { secret: "another-secret-of-some-forty-characters-02".into(), ..App::new() }).await;
    expect(&mut matrix, "secret_wrong", &scene).await;

    let scene = Scene::healthy().await;
    let other = "the-secret-of-another-endpoint-of-this-shop";
    scene
        .endpoint(|wish| {
            wish.url = Some("https://shop.example.com/hook".into());
            wish.secret = Some(SecretText::new(other));
        })
        .await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={other}"));
    scene.app(App { secret: other.into(), ..App::new() }).await;
    expect(&mut matrix, "secret_of_other_endpoint", &scene).await;

    let scene = Scene::healthy().await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET=\"'{SECRET}' \""));
    scene.app(App { secret: format!("'{SECRET}' "), ..App::new() }).await;
    expect(&mut matrix, "secret_quoted", &scene).await;

    let scene = Scene::healthy().await;
    let encoded = "YS13ZWJob29rLXNlY3JldC1vZi1mb3J0eS1jaGFyYWN0ZXJzLTAwMDE=";
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={encoded}"));
    scene.app(App { secret: encoded.into(), rule: Some(KeyRule::PolarOwn), ..App::new() }).await;
    expect(&mut matrix, "secret_encoded_twice", &scene).await;

    let scene = Scene::new().await;
    let hashed = "a-webhook-secret #with-a-sign-that-is-eaten";
    scene.endpoint(|wish| wish.secret = Some(SecretText::new(hashed.replace(' ', "-")))).await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={hashed}"));
    scene.app(App { secret: "a-webhook-secret".into(), ..App::new() }).await;
    // The endpoint's secret has no blank, so what is written is not the whole of it either: a part, as far as can be told.
    expect(&mut matrix, "secret_cut_off", &scene).await;

    let scene = Scene::new().await;
    let dollar = "a-webhook-secret-$abc-that-is-expanded-01";
    scene.endpoint(|wish| wish.secret = Some(SecretText::new(dollar))).await;
    scene.write(
        "package.json",
        "{ \"name\": \"shop\", \"dependencies\": { \"next\": \"16.0.0\", \"@polar-sh/nextjs\": \"0.9.0\" } }",
    );
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={dollar}"));
    scene.app(App { secret: "a-webhook-secret--that-is-expanded-01".into(), ..App::new() }).await;
    expect(&mut matrix, "secret_eaten", &scene).await;

    let scene = Scene::healthy().await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRETS={SECRET}"));
    scene.app(App::says(500, "", "")).await;
    // What the file says explains the handler's own error.
    expect(&mut matrix, "variable_name", &scene).await;

    let scene = Scene::healthy().await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRETS={SECRET}"));
    scene.app(App { secret: String::new(), ..App::new() }).await;
    expect(&mut matrix, "variable_name", &scene).await;

    let scene = Scene::healthy().await;
    scene.secret_line("");
    scene.app(App { secret: "x".into(), ..App::new() }).await;
    expect(&mut matrix, "secret_missing", &scene).await;

    let scene = Scene::healthy().await;
    scene.write(
        "package.json",
        "{ \"name\": \"shop\", \"dependencies\": { \"next\": \"16.0.0\", \"@polar-sh/nextjs\": \"0.9.0\" } }",
    );
    scene.write(".env.local", "POLAR_WEBHOOK_SECRET=a-secret-of-last-month-that-is-stronger-now\n");
    scene.app(App { secret: "a-secret-of-last-month-that-is-stronger-now".into(), ..App::new() }).await;
    expect(&mut matrix, "env_file_shadowed", &scene).await;

    let scene = Scene::healthy().await;
    scene.app(App { reparses: true, ..App::new() }).await;
    expect(&mut matrix, "body_reparsed", &scene).await;
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn a_secret_that_was_replaced_is_called_old() {
    let scene = Scene::healthy().await;
    scene.app(App::new()).await;
    let [endpoint] = scene.client.endpoints().await.unwrap().try_into().unwrap();
    fire(&scene, &endpoint, true).await;
    scene.client.reset_endpoint_secret(&endpoint.id).await.unwrap();
    fire(&scene, &endpoint, false).await;
    let mut matrix = Vec::new();
    expect(&mut matrix, "secret_old", &scene).await;
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn a_key_rule_that_does_not_fit_is_proved_by_polars_own_attempts() {
    // A secret that Polar made itself, by the Standard Webhooks rule since September 2026.
    let scene = Scene::new().await;
    let endpoint = scene.endpoint(|wish| wish.secret = None).await;
    let made = endpoint.secret.clone().unwrap().expose().to_owned();
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={made}"));
    scene.app(App { secret: made, rule: Some(KeyRule::PolarOwn), ..App::new() }).await;
    fire(&scene, &endpoint, false).await;
    let mut matrix = Vec::new();
    expect(&mut matrix, "key_rule", &scene).await;

    let scene = Scene::new().await;
    let own = "whsec_YS13ZWJob29rLXNlY3JldC1vZi1mb3J0eS1jaGFyYWN0ZXI=";
    let endpoint = scene.endpoint(|wish| wish.secret = Some(SecretText::new(own))).await;
    scene.secret_line(&format!("POLAR_WEBHOOK_SECRET={own}"));
    scene.app(App { secret: own.into(), rule: Some(KeyRule::StandardWebhooks), ..App::new() }).await;
    fire(&scene, &endpoint, false).await;
    expect(&mut matrix, "key_rule", &scene).await;
    must_be_the_diagonal(&matrix);
}

/// Lets an event happen, and waits until Polar's list says how it was answered.
async fn fire(scene: &Scene, endpoint: &Endpoint, succeeds: bool) {
    let wanted = polar_setup_core::polar::delivery::Wanted { endpoints: vec![endpoint.id.clone()], since: None };
    let before = scene.client.attempts(&wanted).await.unwrap().len();
    assert!(scene.stage.practice.fire("order.paid"));
    loop {
        let attempts = scene.client.attempts(&wanted).await.unwrap();
        if attempts.len() > before {
            assert!(attempts.iter().any(|attempt| attempt.succeeded == succeeds));
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_app_is_named() {
    let mut matrix = Vec::new();
    let scene = Scene::healthy().await;
    expect(&mut matrix, "app_not_running", &scene).await;
    let cases: [(&str, App); 14] = [
        ("route_missing", App { route: "/somewhere/else/entirely", ..App::new() }),
        ("route_near_miss", App { route: "/api/webhook/polar/", ..App::new() }),
        ("route_near_miss", App { route: "/webhook/polar", ..App::new() }),
        ("method_not_allowed", App::says(405, "", "")),
        ("login_redirect", App::says(307, "location: /login?next=/api\r\n", "")),
        ("route_redirects", App::says(308, "location: /api/webhook/polar/\r\n", "")),
        ("csrf", App::says(419, "", "Page Expired")),
        ("csrf", App::says(403, "", "Cross-site POST form submissions are forbidden")),
        ("handler_throws", App::says(500, "", "Internal Server Error")),
        ("catch_all", App::says(200, "content-type: text/html\r\n", "<!doctype html><html><title>Shop</title></html>")),
        ("body_limit", App { limit: 50_000, ..App::new() }),
        ("slow_app", App { hangs: true, ..App::new() }),
        ("host_check", App::says(403, "", "Blocked request. This host (\"x.example\") is not allowed.")),
        ("csrf", App::says(403, "", "{\"error\":\"CSRF token missing\"}")),
    ];
    for (expected, app) in cases {
        let scene = Scene::healthy().await;
        scene.app(app).await;
        expect(&mut matrix, expected, &scene).await;
    }
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn what_is_wrong_on_polars_side_is_named() {
    let mut matrix = Vec::new();
    let scene = Scene::new().await;
    scene.app(App::new()).await;
    expect(&mut matrix, "endpoint_missing", &scene).await;

    let scene = Scene::healthy().await;
    scene.app(App::new()).await;
    let [endpoint] = scene.client.endpoints().await.unwrap().try_into().unwrap();
    scene
        .client
        .update_endpoint(&endpoint.id, &EndpointWish { enabled: Some(false), ..EndpointWish::default() })
        .await
        .unwrap();
    expect(&mut matrix, "endpoint_disabled", &scene).await;

    let scene = Scene::new().await;
    scene.endpoint(|wish| wish.events = Some(Vec::new())).await;
    scene.app(App::new()).await;
    expect(&mut matrix, "no_events", &scene).await;

    let scene = Scene::healthy().await;
    scene.endpoint(|wish| wish.name = Some("again".into())).await;
    scene.app(App::new()).await;
    expect(&mut matrix, "endpoint_twice", &scene).await;

    let scene = Scene::healthy().await;
    scene.app(App::new()).await;
    scene.write(".env", &scene.env.replace(&scene.stage.token(), &scene.stage.token()[..30]));
    expect(&mut matrix, "token_cut_off", &scene).await;

    let scene = Scene::healthy().await;
    scene.app(App::new()).await;
    scene.write(".env", &scene.env.replace(&scene.stage.token(), AccessToken::issue().secret().expose()));
    expect(&mut matrix, "token_refused", &scene).await;

    let scene = Scene::healthy().await;
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let port = scene.stage.app_port.to_string();
    scene.app(App::new()).await;
    let folder = scene.stage.project.path().to_str().unwrap().to_owned();
    let ran = crate::stage::Call::new(scene.stage.data.path())
        .with(&["diagnose", "--json", "--project", &folder, "--api-url", &nobody, "--port", &port])
        .run()
        .await;
    matrix.push(("polar_unreachable".into(), causes(&ran).first().cloned().unwrap_or_default()));

    let scene = Scene::new().await;
    scene.endpoint(|wish| wish.url = Some(format!("http://127.0.0.1:{}/", scene.stage.app_port))).await;
    scene.app(App::new()).await;
    expect(&mut matrix, "url_without_route", &scene).await;

    let scene = Scene::new().await;
    let gone = free_port();
    scene.endpoint(|wish| wish.url = Some(format!("http://127.0.0.1:{gone}{ROUTE}"))).await;
    scene.app(App::new()).await;
    expect(&mut matrix, "receiver_not_running", &scene).await;
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn of_two_faults_the_one_that_blocks_first_comes_first() {
    let mut matrix = Vec::new();
    // No app, and a wrong secret.
    let scene = Scene::healthy().await;
    scene.secret_line("POLAR_WEBHOOK_SECRET=another-secret-of-some-forty-characters-02");
    expect(&mut matrix, "app_not_running", &scene).await;
    // A disabled endpoint, and no app.
    let scene = Scene::healthy().await;
    let [endpoint] = scene.client.endpoints().await.unwrap().try_into().unwrap();
    scene
        .client
        .update_endpoint(&endpoint.id, &EndpointWish { enabled: Some(false), ..EndpointWish::default() })
        .await
        .unwrap();
    expect(&mut matrix, "endpoint_disabled", &scene).await;
    // A route that is not there, and a wrong secret.
    let scene = Scene::healthy().await;
    scene.secret_line("POLAR_WEBHOOK_SECRET=another-secret-of-some-forty-characters-02");
    scene.app(App { route: "/webhook/polar", ..App::new() }).await;
    expect(&mut matrix, "route_near_miss", &scene).await;
    must_be_the_diagonal(&matrix);
}

#[tokio::test]
async fn where_nothing_singles_a_cause_out_it_says_so() {
    // It refuses everything, and nothing tells why.
    let scene = Scene::healthy().await;
    scene.app(App { secret: "hard-coded-in-the-code-and-not-in-any-file".into(), ..App::new() }).await;
    let ran = scene.diagnose().await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let report = report(&ran);
    assert_eq!(report["verdict"], "cannot_tell");
    assert!(report["open"][0].as_str().unwrap().contains("cannot be told"), "{report}");
    // Without a token Polar cannot be asked, which is no fault of the webhooks.
    let scene = Scene::healthy().await;
    scene.write(".env", &format!("POLAR_WEBHOOK_SECRET={SECRET}\n"));
    scene.app(App::new()).await;
    let ran = scene.diagnose().await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.shows("for want of a token"), "{ran:?}");
}

/// Apps as processes of their own, told by the system: which folder they work in, and when they began.
#[cfg(target_os = "linux")]
mod as_processes {
    use std::process::Stdio;

    use tokio::process::{Child, Command};

    use super::*;

    /// Verifies by Polar's own rule, with the secret that stood in `.env` when it was started.
    const SHOP: &str = r#"
const { createHmac } = require("node:crypto");
const { readFileSync } = require("node:fs");
const secret = readFileSync(".env", "utf8").match(/^POLAR_WEBHOOK_SECRET=(.*)$/m)?.[1] ?? "";
require("node:http").createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = request.headers;
    const right = "v1," + createHmac("sha256", secret).update(`${id}.${at}.${body}`).digest("base64");
    response.statusCode = request.url !== "/api/webhook/polar" ? 404 : signature === right ? 202 : 403;
    response.end();
  });
}).listen(Number(process.argv[1]), "127.0.0.1", () => console.log("ready"));
"#;

    /// Starts it in a folder, and waits until it listens.
    async fn start(folder: &std::path::Path, port: u16) -> Child {
        let mut command = Command::new("node");
        command.args(["-e", SHOP, &port.to_string()]).current_dir(folder);
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut ready = [0; 5];
        child.stdout.as_mut().unwrap().read_exact(&mut ready).await.unwrap();
        child
    }

    #[tokio::test]
    async fn what_the_system_tells_of_the_app_is_used() {
        let mut matrix = Vec::new();
        let scene = Scene::healthy().await;
        let folder = scene.stage.project.path().to_owned();
        let app = start(&folder, scene.stage.app_port).await;
        expect(&mut matrix, "nothing", &scene).await;
        drop(app);

        // Started while another secret stood there.
        let scene = Scene::healthy().await;
        let folder = scene.stage.project.path().to_owned();
        scene.secret_line("POLAR_WEBHOOK_SECRET=the-secret-before-it-was-changed-today-01");
        let _app = start(&folder, scene.stage.app_port).await;
        scene.write(".env", &scene.env);
        // As if the file had been changed a minute after the start, whatever the system's clock counts in.
        let file = std::fs::File::options().write(true).open(scene.stage.env_path()).unwrap();
        file.set_modified(std::time::SystemTime::now() + Duration::from_secs(60)).unwrap();
        expect(&mut matrix, "not_restarted", &scene).await;

        let scene = Scene::healthy().await;
        let folder = scene.stage.project.path().to_owned();
        let _app = start(&folder, free_port()).await;
        expect(&mut matrix, "wrong_port", &scene).await;

        let scene = Scene::healthy().await;
        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join("package.json"), "{}").unwrap();
        let mut command = Command::new("node");
        let page = "require('node:http').createServer((_, r) => { r.statusCode = 404; r.end(); }).listen(Number(process.argv[1]), '127.0.0.1', () => console.log('ready'));";
        command.args(["-e", page, &scene.stage.app_port.to_string()]).current_dir(other.path());
        let mut stranger = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut ready = [0; 5];
        stranger.stdout.as_mut().unwrap().read_exact(&mut ready).await.unwrap();
        expect(&mut matrix, "other_program", &scene).await;
        must_be_the_diagonal(&matrix);
    }
}
