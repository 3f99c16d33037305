//! Apps as processes of their own, told by the system: which folder they work in, and when they began.

use std::process::Stdio;

use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
};

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
