//! `practice`: its first line, the accounts it is given, and its end.

use serde_json::{Value, json};

use crate::stage::{Call, free_port, project};

#[cfg(unix)]
#[tokio::test]
async fn the_first_line_is_all_that_a_program_needs() {
    let data = tempfile::tempdir().unwrap();
    let accounts = data.path().join("TOKENS.json");
    let id = "c8aaa877-a7af-4105-a120-6773c0213720";
    let token = polar_setup_core::polar::token::AccessToken::issue();
    let described = json!({
        "organizations": { "acme": id },
        "tokens": { "a": {
            "token": token.secret().expose(), "organization": "acme",
            "scopes": ["webhooks:read", "webhooks:write", "organizations:read"], "expires_at": null,
        } },
    });
    std::fs::write(&accounts, described.to_string()).unwrap();
    let call = Call::new(data.path()).with(&["practice", "--json", "--tokens", accounts.to_str().unwrap()]);
    let mut running = call.start();
    let first: Value = serde_json::from_str(&running.line().await.unwrap()).unwrap();
    assert_eq!(first["organization"], json!({ "id": id, "name": "Acme", "slug": "acme" }));
    assert_eq!(first["token"], token.secret().expose());

    let project = project();
    let setup = Call::new(data.path()).with(&["setup", "--json", "--project", project.path().to_str().unwrap()]);
    let setup =
        setup.with(&["--api-url", first["url"].as_str().unwrap(), "--token-stdin", "--port", &free_port().to_string()]);
    setup.input(&format!("{}\n", token.secret().expose())).run().await.verified();

    running.note("Ctrl-C ends it").await;
    running.interrupt().await;
    assert_eq!(running.end().await, (Some(0), Vec::new()));
}

#[tokio::test]
async fn accounts_that_cannot_be_read_are_wrong_usage() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("accounts.json");
    let path = file.to_str().unwrap();
    Call::new(data.path()).with(&["practice", "--tokens", path]).run().await.refused_as_wrong_usage("cannot be read");
    std::fs::write(&file, "no JSON").unwrap();
    Call::new(data.path()).with(&["practice", "--tokens", path]).run().await.refused_as_wrong_usage("--tokens");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let data = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = Call::new(data.path()).with(&["practice", "--port", &port]).run().await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.complaint.contains(&format!("port {port} of 127.0.0.1")), "{ran:#?}");
}

#[cfg(unix)]
#[tokio::test]
async fn it_can_be_a_sandbox() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let data = tempfile::tempdir().unwrap();
    let mut running = Call::new(data.path()).with(&["practice", "--json", "--sandbox"]).start();
    let first: Value = serde_json::from_str(&running.line().await.unwrap()).unwrap();
    let address = first["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.to_lowercase().contains("x-polar-sandbox: 1"), "{answer}");
    running.interrupt().await;
    running.end().await;
}
