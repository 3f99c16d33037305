//! Replays exchanges that were recorded with a real Polar API server. They are not in this repository: the variable
//! `POLAR_RECORDINGS` names the folder that holds them (one JSON file per exchange, and `TOKENS.json`).

use std::{fs, path::Path, sync::Arc};

use polar_setup_core::SecretText;
use polar_setup_practice::{Accounts, Practice, PracticeEnvironment, PracticeOptions};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::io::AsyncReadExt;
use uuid::Uuid;

use crate::{
    http::{Request, Response},
    receiver::Receiver,
    shape::differences,
};

const REQUIRED_PERCENT: usize = 95;

struct Recording {
    name: String,
    sandbox: bool,
    request: Request,
    response: Response,
}

#[tokio::test]
async fn the_recorded_exchanges_go_the_same_way() {
    let Ok(folder) = std::env::var("POLAR_RECORDINGS") else {
        println!("skipped: POLAR_RECORDINGS does not name a folder of recordings");
        return;
    };
    let tokens = fs::read_to_string(Path::new(&folder).join("TOKENS.json")).unwrap();
    let described: Value = serde_json::from_str(&tokens).unwrap();
    let (mut all, mut agreed) = (0, 0);
    for recording in recordings(Path::new(&folder), &described) {
        let found = differences(&recording.response, &replay(&recording, &tokens, &described).await);
        all += 1;
        if found.is_empty() {
            agreed += 1;
        } else {
            println!("{}: {}", recording.name, found.join("\n    "));
        }
    }
    println!("{agreed} of {all} recorded exchanges agree");
    assert!(all > 0, "there are no recordings in {folder}");
    assert!(agreed * 100 >= all * REQUIRED_PERCENT, "only {agreed} of {all} agree");
}

/// All recorded exchanges, by name. Recorded deliveries are no exchanges of the API's.
fn recordings(folder: &Path, described: &Value) -> Vec<Recording> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().filter_map(|path| recording(&path, described)).collect()
}

fn recording(path: &Path, described: &Value) -> Option<Recording> {
    if path.extension()? != "json" {
        return None;
    }
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).ok()?;
    let (request, response) = (&file["request"], &file["response"]);
    let status = u16::try_from(response["status"].as_u64()?).unwrap();
    let mut headers: Vec<(String, String)> = request["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    if let Some(letter) = request["token"].as_str() {
        let token = described["tokens"][letter]["token"].as_str()?;
        headers.push(("Authorization".into(), format!("Bearer {token}")));
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let body = response["raw_stream"].as_str().map_or_else(|| text(&response["body"]), first_event);
    Some(Recording {
        name: path.file_stem()?.to_string_lossy().into_owned(),
        sandbox: file["env"] == "sandbox",
        request: Request {
            method: text(&request["method"]),
            path: text(&request["path"]),
            headers,
            body: request["body"].as_str().map(str::to_owned),
        },
        response: Response {
            status,
            headers: response["headers"].as_array()?.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
            body,
        },
    })
}

/// The JSON of the first server-sent event.
fn first_event(stream: &str) -> String {
    stream.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or_default().to_owned()
}

async fn replay(recording: &Recording, tokens: &str, described: &Value) -> Response {
    let environment = if recording.sandbox { PracticeEnvironment::Sandbox } else { PracticeEnvironment::Production };
    let mut options = PracticeOptions::new(Accounts::from_tokens_json(tokens).unwrap(), environment);
    // The tokens' expiry is to be seen from the time of the recording.
    let date = recording.response.header("date").unwrap();
    let date = OffsetDateTime::parse(&date.replace("GMT", "+0000"), &Rfc2822).unwrap();
    options.clock = Arc::new(move || date);
    let practice = Practice::start(options).await.unwrap();
    let mut request = recording.request.clone();
    prepare(&practice, recording, described, &mut request).await;
    let response =
        if recording.response.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")) {
            opening(&request, &practice).await
        } else {
            let mut response = request.send(&practice.url()).await;
            for _ in 0..600 {
                if recording.response.status != 429 || response.status == 429 {
                    break;
                }
                response = request.send(&practice.url()).await;
            }
            response
        };
    practice.stop().await;
    response
}

/// The headers and the first event of a stream.
async fn opening(request: &Request, practice: &Practice) -> Response {
    let mut stream = request.start(&practice.url()).await;
    let mut text = String::new();
    while !text.contains("data: ") || !text.ends_with("\r\n\r\n\r\n") {
        let mut part = [0; 1024];
        let count = stream.read(&mut part).await.unwrap();
        if count == 0 {
            break;
        }
        text.push_str(std::str::from_utf8(&part[..count]).unwrap());
    }
    let head = text.split("\r\n\r\n").next().unwrap();
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    Response {
        status: text.split(' ').nth(1).unwrap().parse().unwrap(),
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
        body: first_event(&text),
    }
}

/// Brings the server into the state that the recording presupposes.
async fn prepare(practice: &Practice, recording: &Recording, described: &Value, request: &mut Request) {
    let header = |name: &str| request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let token = header("Authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().to_owned();
    let issued = described["tokens"].as_object().unwrap().values().find(|known| known["token"] == *token);
    let organization = issued.and_then(|token| described["organizations"][token["organization"].as_str()?].as_str());
    let organization: Uuid = organization.and_then(|id| id.parse().ok()).unwrap_or_default();
    let answer = recording.response.json();
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let parts: Vec<String> = path.trim_start_matches("/api").split('/').skip(2).map(str::to_owned).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let query = query.to_owned();
    let succeeded = recording.response.status < 300;
    let listed = answer["items"].as_array().is_some_and(|items| !items.is_empty());
    match parts.as_slice() {
        _ if answer["error"] == "invalid_token" && parts.first() != Some(&"oauth2") => {
            practice.set_revoked(&SecretText::new(token), true);
        }
        ["webhooks", "endpoints", id, ..] if succeeded => {
            let known = if answer["id"].is_string() { answer } else { endpoint(id, organization) };
            practice.restore_endpoint(&known).unwrap();
        }
        ["webhooks", "endpoints", id] if recording.response.status == 422 && Uuid::parse_str(id).is_ok() => {
            let mut known = endpoint(id, organization);
            known["url"] = json!("https://localhost/");
            known["enabled"] = json!(false);
            practice.restore_endpoint(&known).unwrap();
        }
        ["webhooks", "endpoints"] if succeeded && request.method == "GET" => {
            fill(practice, &answer, &query, organization);
        }
        ["webhooks", "deliveries"] if listed => {
            let count = answer["pagination"]["total_count"].as_u64().unwrap_or(1);
            deliver(practice, &answer["items"][0], count, &query, organization).await;
        }
        ["webhooks", "events", id, "redeliver"] if succeeded => {
            deliver(
                practice,
                &json!({ "http_code": 200, "webhook_event": { "type": "product.created" } }),
                1,
                "",
                organization,
            )
            .await;
            let event = practice.deliveries()[0]["webhook_event"]["id"].as_str().unwrap().to_owned();
            request.path = request.path.replace(id, &event);
        }
        [kind @ ("customers" | "products" | "discounts" | "benefits"), id]
            if succeeded && (!id.is_empty() || listed) =>
        {
            let mut body = json!({ "email": "jane@example.com", "name": "x", "prices": [{ "amount_type": "fixed", "price_amount": 1000 }],
                "recurring_interval": "month", "type": "custom", "duration": "once", "description": "x" });
            if *kind == "customers" {
                body["metadata"] = json!({ "k": "v" });
            }
            let made =
                Request::new("POST", &format!("/v1/{kind}/")).token(&token).json(&body).send(&practice.url()).await;
            if !id.is_empty() {
                request.path = request.path.replace(id, made.json()["id"].as_str().unwrap());
            }
        }
        _ => {}
    }
}

fn endpoint(id: &str, organization: Uuid) -> Value {
    json!({ "id": id, "organization_id": organization, "created_at": "2026-11-23T07:00:00Z", "modified_at": null,
        "url": "https://hooks.acme.test/", "name": null, "format": "raw", "secret": "s".repeat(32), "events": [],
        "enabled": true })
}

/// The recorded page of a list, and as many others before and after it as there were.
fn fill(practice: &Practice, answer: &Value, query: &str, organization: Uuid) {
    let number = |name: &str, default: u64| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
        value.unwrap_or(default)
    };
    let items = answer["items"].as_array().unwrap();
    let newer = (number("page", 1) - 1) * number("limit", 10);
    let older = answer["pagination"]["total_count"].as_u64().unwrap().saturating_sub(newer + items.len() as u64);
    let others = |count: u64| (0..count).map(|_| endpoint(&Uuid::new_v4().to_string(), organization));
    let all = others(older).chain(items.iter().rev().cloned()).chain(others(newer));
    all.for_each(|known| practice.restore_endpoint(&known).unwrap());
}

/// Lets `count` deliveries happen like the recorded one.
async fn deliver(practice: &Practice, recorded: &Value, count: u64, query: &str, organization: Uuid) {
    let status = recorded["http_code"].as_u64().map(|status| u16::try_from(status).unwrap());
    let receiver = Receiver::answering(move |_| status).await;
    let id = query.split('&').find_map(|pair| pair.strip_prefix("endpoint_id="));
    let mut known = endpoint(&id.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned), organization);
    let event_type = recorded["webhook_event"]["type"].as_str().unwrap();
    known["events"] = json!([event_type]);
    // A port where nobody listens stands for whatever made it unreachable.
    known["url"] = json!(if status.is_some() { receiver.url.as_str() } else { "http://127.0.0.1:1/" });
    practice.restore_endpoint(&known).unwrap();
    (0..count).for_each(|_| assert!(practice.fire(event_type)));
    practice.delivered(usize::try_from(count).unwrap()).await;
}
