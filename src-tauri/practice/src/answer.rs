//! What goes back to the caller, and the shapes that Polar's errors have.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{HeaderMap, Response, StatusCode, body::Frame, header, header::HeaderValue};
use serde_json::{Value, json};

use crate::problem::Problem;

/// The body of a response, whole or streamed.
pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// An answer on its way out.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Body,
}

const INVALID_TOKEN: &str = "The access token provided is expired, revoked, malformed, or invalid for other reasons.";
const INSUFFICIENT_SCOPE: &str = "The request requires higher privileges than provided by the access token.";
const INVALID_CLIENT: &str =
    "The client cannot authenticate with methods: ['client_secret_basic', 'client_secret_post']";

impl Answer {
    pub fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), body: Full::new(body.into()).boxed_unsync() }
    }

    pub fn json(status: StatusCode, body: &Value) -> Self {
        Self::new(status, body.to_string()).with(header::CONTENT_TYPE, "application/json")
    }

    pub fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// 204; Polar sends a content type even so.
    pub fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT, "").with(header::CONTENT_TYPE, "application/json")
    }

    /// A stream without an end known beforehand, sent in chunks.
    pub fn stream<S>(status: StatusCode, chunks: S) -> Self
    where
        S: futures_util::Stream<Item = Result<Frame<Bytes>, Infallible>> + Send + 'static,
    {
        Self { status, headers: HeaderMap::new(), body: StreamBody::new(chunks).boxed_unsync() }
    }

    pub fn with(mut self, name: header::HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// The token is none that is good here.
pub(crate) fn invalid_token() -> Answer {
    token_error(StatusCode::UNAUTHORIZED, "Bearer realm=\"polar\", ", "invalid_token", INVALID_TOKEN)
}

/// The token may not do this; any one of `scopes` would do.
pub(crate) fn insufficient_scope(scopes: &[String]) -> Answer {
    let challenge = format!("Bearer realm=\"polar\", scope=\"{}\", ", scopes.join(" "));
    token_error(StatusCode::FORBIDDEN, &challenge, "insufficient_scope", INSUFFICIENT_SCOPE)
}

/// The answer of the OAuth routes to a caller that is no OAuth client.
pub(crate) fn invalid_client() -> Answer {
    token_error(StatusCode::UNAUTHORIZED, "Basic ", "invalid_client", INVALID_CLIENT)
}

fn token_error(status: StatusCode, challenge: &str, error: &str, description: &str) -> Answer {
    let value = format!("{challenge}error=\"{error}\", error_description=\"{description}\"");
    Answer::json(status, &json!({ "error": error, "error_description": description }))
        .with(header::WWW_AUTHENTICATE, &value)
        .with(header::CACHE_CONTROL, "no-store")
        .with(header::PRAGMA, "no-cache")
}

/// No usable credentials, or a token on a route that is for people only.
pub(crate) fn unauthorized() -> Answer {
    Answer::json(StatusCode::UNAUTHORIZED, &json!({ "error": "Unauthorized", "detail": "Unauthorized" }))
        .with(header::WWW_AUTHENTICATE, "Bearer realm=\"polar\"")
}

/// There is no such thing, or it belongs to somebody else.
pub(crate) fn not_found() -> Answer {
    Answer::json(StatusCode::NOT_FOUND, &json!({ "error": "ResourceNotFound", "detail": "Not found" }))
}

/// There is no such route.
pub(crate) fn no_route() -> Answer {
    Answer::json(StatusCode::NOT_FOUND, &json!({ "detail": "Not Found" }))
}

/// The route has no such method; `allowed` is the first that it has.
pub(crate) fn method_not_allowed(allowed: &str) -> Answer {
    Answer::json(StatusCode::METHOD_NOT_ALLOWED, &json!({ "detail": "Method Not Allowed" }))
        .with(header::ALLOW, allowed)
}

/// A body without its length.
pub(crate) fn length_required() -> Answer {
    Answer::json(
        StatusCode::LENGTH_REQUIRED,
        &json!({ "error": "LengthRequired", "detail": "A Content-Length header is required." }),
    )
}

/// Too many requests: no body, no content type, and chunked, as the real server's.
pub(crate) fn rate_limited() -> Answer {
    Answer::stream(StatusCode::TOO_MANY_REQUESTS, stream::empty()).with(header::RETRY_AFTER, "60")
}

/// A route that the real server failed on, in plain text.
pub(crate) fn server_error() -> Answer {
    Answer::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        .with(header::CONTENT_TYPE, "text/plain; charset=utf-8")
}

/// The same route with or without the slash at its end.
pub(crate) fn redirect(location: &str) -> Answer {
    Answer::new(StatusCode::TEMPORARY_REDIRECT, "").with(header::LOCATION, location)
}

/// What the request's own validation found.
pub(crate) fn invalid_request(problems: &[Problem]) -> Answer {
    unprocessable("RequestValidationError", problems)
}

/// What Polar found beyond the request's form.
pub(crate) fn refused_request(problem: Problem) -> Answer {
    unprocessable("PolarRequestValidationError", &[problem])
}

fn unprocessable(error: &str, problems: &[Problem]) -> Answer {
    let detail: Vec<Value> = problems.iter().map(Problem::to_json).collect();
    Answer::json(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "error": error, "detail": detail }))
}
