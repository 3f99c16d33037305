//! What a request brings along: JSON, or something else, or nothing.

use hyper::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    answer::{self, Answer},
    json_error,
    problem::{Problem, place},
};

/// A body.
pub(crate) enum Read {
    /// None, or none wanted.
    Nothing,
    Json(Value),
    /// Not declared as JSON: taken as a text.
    Text(String),
}

/// Reads it as its content type says. Without one it is not taken for JSON.
pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Read, Box<Answer>> {
    if body.is_empty() {
        return Ok(Read::Nothing);
    }
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_json(declared) {
        return Ok(Read::Text(String::from_utf8_lossy(body).into_owned()));
    }
    let Ok(text) = std::str::from_utf8(body) else {
        let detail = json!({ "detail": "There was an error parsing the body" });
        return Err(Box::new(Answer::json(StatusCode::BAD_REQUEST, &detail)));
    };
    serde_json::from_str(text).map(Read::Json).map_err(|_| {
        let (position, why) = json_error::first_fault(text).unwrap_or((0, "Expecting value"));
        let mut at = place(&["body"]);
        at.push(json!(position));
        let problem = Problem::new("json_invalid", &at, "JSON decode error", &json!({})).with(json!({ "error": why }));
        Box::new(answer::invalid_request(&[problem]))
    })
}

fn is_json(declared: &str) -> bool {
    let media = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some(subtype) = media.strip_prefix("application/") else { return false };
    subtype == "json" || subtype.ends_with("+json")
}
