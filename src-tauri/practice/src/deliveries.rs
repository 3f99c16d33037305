//! What became of the deliveries, and delivering again.

use std::collections::{HashMap, HashSet};

use hyper::StatusCode;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    answer::{self, Answer},
    delivery::{self, Delivery, Event},
    endpoint::event_types,
    problem::{self, place},
    respond::Call,
    stamp,
};

/// Which deliveries are wanted; `None`: all.
struct Filter {
    endpoints: Option<Vec<Uuid>>,
    succeeded: Option<bool>,
    hundreds: Option<u16>,
    event_types: Vec<String>,
    from: Option<OffsetDateTime>,
    to: Option<OffsetDateTime>,
    text: Option<String>,
}

pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    let page = call.query.page(&mut call.problems);
    let filter = filter(call);
    if !call.problems.is_empty() {
        return call.refuse();
    }
    // What was sent to an endpoint goes with the endpoint.
    let endpoints: HashSet<Uuid> = call.state.endpoints.iter().map(|endpoint| endpoint.id).collect();
    let events = call.state.events.iter().filter(|event| endpoints.contains(&event.endpoint));
    let events: HashMap<Uuid, &Event> = events.map(|event| (event.id, event)).collect();
    let items: Vec<Value> = call
        .state
        .deliveries
        .iter()
        .rev()
        .filter_map(|delivery| Some((delivery, *events.get(&delivery.event)?)))
        .filter(|(delivery, event)| event.organization == call.organization && filter.lets(delivery, event))
        .map(|(delivery, event)| json(delivery, event))
        .collect();
    Answer::ok(&page.of(&items))
}

/// 202 whatever comes of it; to an endpoint that is switched off nothing is sent.
pub(crate) fn redeliver(call: &mut Call<'_>) -> Answer {
    let Some(id) = call.id(0, "id") else { return call.refuse() };
    let event = call.state.events.iter().find(|event| event.id == id && event.organization == call.organization);
    let Some(endpoint) = event.map(|event| event.endpoint) else { return answer::not_found() };
    let Some(endpoint) = call.state.endpoint(endpoint, call.organization) else { return answer::not_found() };
    if endpoint.enabled {
        delivery::start(call.shared, id);
    }
    Answer::json(StatusCode::ACCEPTED, &Value::Null)
}

fn filter(call: &mut Call<'_>) -> Filter {
    let endpoints = call.query.ids("endpoint_id", &mut call.problems);
    let from = moment(call, "start_timestamp");
    let to = moment(call, "end_timestamp");
    let succeeded = call.query.boolean("succeeded", &mut call.problems);
    let mut hundreds = None;
    if let Some(class) = call.query.last("http_code_class") {
        match problem::choice(&place(&["query", "http_code_class"]), &json!(class), &["2xx", "3xx", "4xx", "5xx"]) {
            Ok(class) => hundreds = class.bytes().next().map(|digit| u16::from(digit - b'0')),
            Err(mut problem) => {
                problem.kind = "literal_error";
                call.problems.push(problem);
            }
        }
    }
    let types = event_types();
    let mut wanted = Vec::new();
    for event_type in call.query.all("event_type") {
        match problem::choice(&place(&["query", "event_type"]), &json!(event_type), &types) {
            Ok(event_type) => wanted.push(event_type),
            Err(problem) => call.problems.push(problem),
        }
    }
    let text = call.query.last("query").map(str::to_lowercase);
    Filter { endpoints, succeeded, hundreds, event_types: wanted, from, to, text }
}

fn moment(call: &mut Call<'_>, name: &str) -> Option<OffsetDateTime> {
    let text = call.query.last(name)?;
    let parsed = OffsetDateTime::parse(text, &Rfc3339).ok();
    if parsed.is_none() {
        let message = "Input should be a valid datetime or date, invalid characters in year";
        let problem =
            problem::Problem::new("datetime_from_date_parsing", &place(&["query", name]), message, &json!(text))
                .with(json!({ "error": "invalid characters in year" }));
        call.problems.push(problem);
    }
    parsed
}

impl Filter {
    fn lets(&self, delivery: &Delivery, event: &Event) -> bool {
        self.endpoints.as_ref().is_none_or(|ids| ids.contains(&event.endpoint))
            && self.succeeded.is_none_or(|succeeded| succeeded == delivery.succeeded)
            && self.hundreds.is_none_or(|hundreds| delivery.http_code.is_some_and(|code| code / 100 == hundreds))
            && (self.event_types.is_empty() || self.event_types.contains(&event.kind))
            && self.from.is_none_or(|from| delivery.created_at > from)
            && self.to.is_none_or(|to| delivery.created_at < to)
            && self
                .text
                .as_ref()
                .is_none_or(|text| event.payload.to_lowercase().contains(text) || event.id.to_string().contains(text))
    }
}

/// One attempt with its event, as Polar tells it.
pub(crate) fn json(delivery: &Delivery, event: &Event) -> Value {
    json!({
        "created_at": stamp(delivery.created_at),
        "modified_at": null,
        "id": delivery.id,
        "succeeded": delivery.succeeded,
        "http_code": delivery.http_code,
        "response": delivery.response,
        "webhook_event": {
            "created_at": stamp(event.created_at),
            "modified_at": event.modified_at.map(stamp),
            "id": event.id,
            "last_http_code": event.last_http_code,
            "succeeded": event.succeeded,
            "skipped": false,
            "payload": event.payload,
            "type": event.kind,
            "is_archived": false,
        },
    })
}
