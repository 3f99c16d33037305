//! A small app of the user's: it takes webhooks, and verifies them with the secret in its env file.

use std::{collections::HashMap, path::PathBuf, time::SystemTime};

use polar_setup_core::{
    SecretText,
    webhook::signature::{SignatureHeaders, verify},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Starts it and gives its port; it lives as long as the test.
pub async fn start(env_file: PathBuf) -> u16 {
    start_at(env_file, 0).await
}

/// Starts it at this port; 0: any.
pub async fn start_at(env_file: PathBuf, port: u16) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, env_file.clone()));
        }
    });
    port
}

async fn answer(mut stream: TcpStream, env_file: PathBuf) -> Option<()> {
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
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(Some(0), |length| length.parse().ok())?;
    while bytes.len() < end + 4 + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    let status = if path == "/api/auth/polar/webhooks" { judge(&headers, &bytes[end + 4..], env_file) } else { 404 };
    let answer = format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.ok()
}

fn judge(headers: &HashMap<String, String>, body: &[u8], env_file: PathBuf) -> u16 {
    let text = std::fs::read_to_string(env_file).unwrap();
    let secret = text.lines().find_map(|line| line.strip_prefix("POLAR_WEBHOOK_SECRET="));
    let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
    let signed = SignatureHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    match verify(&SecretText::new(secret.unwrap()), &signed, body, now.try_into().unwrap()) {
        Ok(_) => 202,
        Err(_) => 403,
    }
}
