//! From a request to its answer, through the same layers as the real server's: version, length, rate limit and token,
//! sandbox mark, route, body, scopes, and then what the route does.

use std::{collections::HashSet, sync::Arc, time::Instant};

use bytes::Bytes;
use hyper::{
    HeaderMap, Method, StatusCode,
    header::{self, HeaderName},
    http::request,
};
use polar_setup_core::polar::client::{PRACTICE_DIRECT_HEADER, PRACTICE_HEADER};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    PracticeEnvironment, answer,
    answer::Answer,
    body::{self, Read},
    handlers, practice_pages,
    problem::{self, Problem, place},
    query::Query,
    routes::{self, Found, Route, Who},
    state::{Shared, State},
};

/// A request, wholly read.
pub(crate) struct Asked {
    pub parts: request::Parts,
    pub body: Bytes,
}

/// A request that came through to its route.
pub(crate) struct Call<'call> {
    pub shared: &'call Arc<Shared>,
    pub state: &'call mut State,
    /// The token's organization; nil on routes for everybody.
    pub organization: Uuid,
    pub parameters: Vec<&'call str>,
    pub query: Query,
    pub body: Read,
    /// Whether plain addresses on this machine are fine.
    pub direct: bool,
    pub now: OffsetDateTime,
    pub problems: Vec<Problem>,
}

const VERSION: HeaderName = HeaderName::from_static("polar-version");
const CURRENT: &str = "2026-04";
const VERSIONS: [&str; 2] = [CURRENT, "2026-10"];
const SANDBOX: HeaderName = HeaderName::from_static("x-polar-sandbox");
const MOVED: HeaderName = HeaderName::from_static("x-polar-deprecation-notice");
const MOVED_NOTICE: &str = "The API root has moved from /api/v1 to /v1. Please update your integration.";

/// Who is asking.
enum Caller {
    Nobody,
    Unknown(String),
    Organization { id: Uuid, scopes: HashSet<String> },
}

/// Answers one request.
pub(crate) fn respond(shared: &Arc<Shared>, asked: &Asked) -> Answer {
    let answer = if asked.parts.uri.path().starts_with("/practice") {
        practice_pages::respond(shared, &asked.parts)
    } else {
        versioned(shared, asked)
    };
    answer.with(HeaderName::from_static(PRACTICE_HEADER), "1")
}

/// A body that is too large or broke off.
pub(crate) fn unreadable() -> Answer {
    Answer::json(StatusCode::PAYLOAD_TOO_LARGE, &json!({ "detail": "The body is too large or incomplete." }))
        .with(HeaderName::from_static(PRACTICE_HEADER), "1")
}

fn versioned(shared: &Arc<Shared>, asked: &Asked) -> Answer {
    let headers = &asked.parts.headers;
    let version = match headers.get(VERSION) {
        None => CURRENT,
        Some(wanted) => match VERSIONS.into_iter().find(|known| wanted == *known) {
            Some(known) => known,
            None => return answer::no_route(),
        },
    };
    let needs_length = [Method::POST, Method::PATCH, Method::PUT].contains(&asked.parts.method);
    let answer = if needs_length && !headers.contains_key(header::CONTENT_LENGTH) {
        answer::length_required()
    } else {
        rewritten(shared, asked)
    };
    if answer.status == StatusCode::INTERNAL_SERVER_ERROR { answer } else { answer.with(VERSION, version) }
}

/// The old root still works, with a notice on every answer.
fn rewritten(shared: &Arc<Shared>, asked: &Asked) -> Answer {
    match asked.parts.uri.path().strip_prefix("/api/v1") {
        Some(rest) => admitted(shared, asked, &format!("/v1{rest}")).with(MOVED, MOVED_NOTICE),
        None => admitted(shared, asked, asked.parts.uri.path()),
    }
}

fn admitted(shared: &Arc<Shared>, asked: &Asked, path: &str) -> Answer {
    let now = shared.now();
    let mut state = shared.state();
    let caller = caller(&state, &asked.parts.headers, now);
    if path.starts_with("/v1/") {
        let limits = shared.options.rate_limits;
        let (key, limit) = match &caller {
            Caller::Organization { id, .. } => (id.to_string(), limits.organization),
            Caller::Unknown(token) => (token.clone(), limits.unknown),
            Caller::Nobody => (String::new(), limits.unknown),
        };
        if !state.rate_limit.admits(&key, limit, Instant::now()) {
            return answer::rate_limited();
        }
    }
    if matches!(caller, Caller::Unknown(_)) {
        return answer::invalid_token();
    }
    let mut answer = routed(shared, asked, path, &mut state, caller);
    if answer.status == StatusCode::INTERNAL_SERVER_ERROR {
        return answer;
    }
    if !answer.headers.contains_key(header::CACHE_CONTROL) {
        answer = answer.with(header::CACHE_CONTROL, "private, no-store");
    }
    match shared.options.environment {
        PracticeEnvironment::Sandbox => answer.with(SANDBOX, "1"),
        PracticeEnvironment::Production => answer,
    }
}

fn caller(state: &State, headers: &HeaderMap, now: OffsetDateTime) -> Caller {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Caller::Nobody;
    }
    match state.accounts.good_token(token, now) {
        Some(token) => Caller::Organization { id: token.organization, scopes: token.scopes.clone() },
        None => Caller::Unknown(token.to_owned()),
    }
}

fn routed(shared: &Arc<Shared>, asked: &Asked, path: &str, state: &mut State, caller: Caller) -> Answer {
    let (route, parameters) = match routes::find(asked.parts.method.as_str(), path) {
        Found::Route(route, parameters) => (route, parameters),
        Found::OtherMethod(allowed) => return answer::method_not_allowed(allowed),
        Found::Elsewhere(path) => return answer::redirect(&location(asked, &path, shared.port)),
        Found::Nothing => return answer::no_route(),
    };
    // Unreadable JSON is complained about before anybody asks for the token's scopes.
    let body = if route.reads_body { body::read(&asked.parts.headers, &asked.body) } else { Ok(Read::Nothing) };
    let body = match body {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let organization = match authorize(route, caller) {
        Ok(organization) => organization,
        Err(answer) => return *answer,
    };
    let direct =
        shared.options.allow_direct && asked.parts.headers.get(PRACTICE_DIRECT_HEADER).is_some_and(|v| v == "1");
    let mut call = Call {
        shared,
        state,
        organization,
        parameters,
        query: Query::parse(asked.parts.uri.query()),
        body,
        direct,
        now: shared.now(),
        problems: Vec::new(),
    };
    handlers::handle(route, &mut call)
}

/// The organization that may use this route, or why the caller may not.
fn authorize(route: &Route, caller: Caller) -> Result<Uuid, Box<Answer>> {
    match (route.who, caller) {
        (Who::Anyone, Caller::Organization { id, .. }) => Ok(id),
        (Who::Anyone, _) => Ok(Uuid::nil()),
        (Who::Organization, Caller::Organization { id, scopes }) => {
            if route.scopes.is_empty() || route.scopes.iter().any(|scope| scopes.contains(scope)) {
                Ok(id)
            } else {
                Err(Box::new(answer::insufficient_scope(&route.scopes)))
            }
        }
        (Who::Organization | Who::People, _) => Err(Box::new(answer::unauthorized())),
    }
}

fn location(asked: &Asked, path: &str, port: u16) -> String {
    let host = asked.parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.map_or_else(|| format!("127.0.0.1:{port}"), str::to_owned);
    let query = asked.parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("http://{host}{path}{query}")
}

impl Call<'_> {
    /// The page that the query asks for of what the token's organization has. Naming other organizations leaves nothing.
    pub(crate) fn page(&mut self, items: impl FnOnce(&State, Uuid) -> Vec<Value>) -> Answer {
        let page = self.query.page(&mut self.problems);
        let organizations = self.query.ids("organization_id", &mut self.problems);
        if !self.problems.is_empty() {
            return self.refuse();
        }
        let named = organizations.is_none_or(|ids| ids.contains(&self.organization));
        let items = if named { items(self.state, self.organization) } else { Vec::new() };
        Answer::ok(&page.of(&items))
    }

    /// The id in the path; `None`, and a complaint, if it is none.
    pub fn id(&mut self, index: usize, name: &str) -> Option<Uuid> {
        let text = self.parameters.get(index).copied().unwrap_or_default();
        problem::uuid(&place(&["path", name]), &json!(text)).map_err(|problem| self.problems.push(problem)).ok()
    }

    /// The body as an object; `None`, and a complaint, if it is none.
    pub fn object(&mut self) -> Option<Map<String, Value>> {
        let at = place(&["body"]);
        let value = match &self.body {
            Read::Nothing | Read::Json(Value::Null) => {
                self.problems.push(Problem::missing(&at, &Value::Null));
                return None;
            }
            Read::Json(Value::Object(object)) => return Some(object.clone()),
            Read::Json(other) => other.clone(),
            Read::Text(text) => json!(text),
        };
        let message = "Input should be a valid dictionary or object to extract fields from";
        self.problems.push(Problem::new("model_attributes_type", &at, message, &value));
        None
    }

    /// The answer to everything complained about so far.
    pub fn refuse(&self) -> Answer {
        answer::invalid_request(&self.problems)
    }
}
