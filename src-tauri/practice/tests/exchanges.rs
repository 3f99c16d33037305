//! The table `tests/fixtures/polar_exchanges.json`: what a real Polar answers to which request, as facts.
//!
//! Each row is a request with the status and the fields of its answer. `as` names the token, `{endpoint}` stands for an
//! endpoint of the first organization, and of `json` only the fields named are compared.

use std::fs;

use polar_setup_core::polar::token::AccessToken;
use polar_setup_practice::{Accounts, Practice, PracticeEnvironment, PracticeOptions};
use serde_json::{Map, Value, json};

use crate::{
    fixture,
    http::{Request, Response},
};

const ENDPOINT: &str = "d5993ab5-8674-4771-bf50-b620836de0e2";

#[tokio::test]
async fn every_row_of_the_table_holds() {
    let table: Value = serde_json::from_str(&fs::read_to_string(fixture("polar_exchanges.json")).unwrap()).unwrap();
    let rows = table["exchanges"].as_array().unwrap();
    assert!(rows.len() > 100, "only {} rows", rows.len());
    let mut wrong = Vec::new();
    for row in rows {
        let response = carry_out(&table["accounts"], row).await;
        wrong.extend(faults(row, &response).into_iter().map(|fault| format!("{}: {fault}", row["why"])));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn carry_out(accounts: &Value, row: &Value) -> Response {
    let mut accounts = accounts.clone();
    for token in accounts["tokens"].as_object_mut().unwrap().values_mut() {
        token["token"] = json!(AccessToken::issue().secret().expose());
    }
    let environment =
        if row["sandbox"] == true { PracticeEnvironment::Sandbox } else { PracticeEnvironment::Production };
    let options = PracticeOptions::new(Accounts::from_tokens_json(&accounts.to_string()).unwrap(), environment);
    let practice = Practice::start(options).await.unwrap();
    let mut known = json!({ "id": ENDPOINT, "organization_id": practice.organization().id,
        "created_at": "2026-11-23T07:00:00Z", "modified_at": null, "url": "https://hooks.acme.test/ok", "name": "n0",
        "format": "raw", "secret": "s".repeat(40), "events": ["order.paid"], "enabled": true });
    if let Some(stored) = row["stored"].as_object() {
        known.as_object_mut().unwrap().extend(stored.clone());
    }
    practice.restore_endpoint(&known).unwrap();
    let fill = |text: &str| {
        text.replace("{endpoint}", ENDPOINT).replace("{organization}", &practice.organization().id.to_string())
    };
    let mut request = Request::new(row["method"].as_str().unwrap_or("GET"), &fill(row["path"].as_str().unwrap()));
    if let Some(token) = row["as"].as_str() {
        request = request.token(accounts["tokens"][token]["token"].as_str().unwrap());
    }
    for (name, value) in row["headers"].as_object().into_iter().flatten() {
        request = request.header(name, value.as_str().unwrap());
    }
    if let Some(raw) = row["raw"].as_str() {
        request.body = Some(raw.to_owned());
    } else if let Some(text) = row["text"].as_str() {
        request = request.text(text);
    } else if !row["body"].is_null() {
        let mut body = complete(&row["body"]);
        if let Some(id) = body["organization_id"].as_str() {
            body["organization_id"] = json!(fill(id));
        }
        request = request.json(&body);
    }
    let response = request.send(&practice.url()).await;
    practice.stop().await;
    response
}

/// A body that says `"good": true` has all that an endpoint needs, and what else it says instead or besides.
fn complete(body: &Value) -> Value {
    let Some(fields) = body.as_object().filter(|fields| fields.get("good") == Some(&Value::Bool(true))) else {
        return body.clone();
    };
    let mut full = Map::new();
    full.insert("url".into(), json!("https://hooks.acme.test/ok"));
    full.insert("format".into(), json!("raw"));
    full.insert("events".into(), json!(["order.paid"]));
    full.extend(fields.clone());
    full.remove("good");
    full.into()
}

fn faults(row: &Value, response: &Response) -> Vec<String> {
    let mut faults = Vec::new();
    if row["status"] != response.status {
        faults.push(format!("status {} instead of {}: {}", response.status, row["status"], response.body));
    }
    if response.header("x-polar-practice") != Some("1") {
        faults.push("not marked as practice".into());
    }
    for (name, value) in row["answer_headers"].as_object().into_iter().flatten() {
        let found = response.header(name);
        let good = match value.as_str() {
            None => found.is_none(),
            Some(wanted) => {
                found.is_some_and(|found| found == wanted || (name == "location" && found.ends_with(wanted)))
            }
        };
        if !good {
            faults.push(format!("{name}: {found:?} instead of {value}"));
        }
    }
    let body = response.json();
    for (pointer, value) in row["json"].as_object().into_iter().flatten() {
        let found = body.pointer(pointer);
        if found != Some(value) {
            faults.push(format!("{pointer} is {} instead of {value}", found.unwrap_or(&Value::Null)));
        }
    }
    faults
}
