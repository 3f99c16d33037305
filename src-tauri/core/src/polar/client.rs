//! One Polar server and one token: sends requests, honours the rate limit, and reads every shape of answer.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use super::{Environment, clock::Asked, error::FieldError, http, token::AccessToken};
use crate::polar::ApiError;

/// The API version that this program speaks.
pub const API_VERSION: &str = "2026-04";
/// The header by which a practice Polar makes itself known, and by which it is asked to deliver to this machine.
pub const PRACTICE_HEADER: &str = "x-polar-practice";
/// See [`Client::deliver_directly`].
pub const PRACTICE_DIRECT_HEADER: &str = "x-polar-practice-direct";

const TIMEOUT: Duration = Duration::from_secs(30);
/// A stream ends by itself long before.
const STREAM_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);
/// Polar says 60 s; a longer wish is not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(61);
const LARGEST_ANSWER: usize = 16 << 20;

/// A Polar server and a token for it. The token goes to this server only; redirects are not followed.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    environment: Environment,
    token: AccessToken,
    direct: bool,
    waits: bool,
}

/// By which a sandbox makes itself known.
const SANDBOX_HEADER: &str = "x-polar-sandbox";

/// An answer of Polar's.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub practice: bool,
    pub sandbox: bool,
    body: Vec<u8>,
}

impl Client {
    /// A client for this environment with this token.
    ///
    /// # Errors
    /// The system's certificates cannot be read.
    pub fn new(environment: Environment, token: AccessToken) -> Result<Self, ApiError> {
        let http = http::client_for(&environment.api, TIMEOUT).map_err(|_| {
            ApiError::NoAnswer("This system's certificates cannot be read, so no HTTPS is possible.".into())
        })?;
        Ok(Self { http, environment, token, direct: false, waits: true })
    }

    /// Where somebody waits for the answer, a rate limit is an answer too: nothing is asked again after it.
    #[must_use]
    pub const fn without_waiting(mut self) -> Self {
        self.waits = false;
        self
    }

    /// The same in another environment.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn elsewhere(&self, environment: Environment) -> Result<Self, ApiError> {
        Ok(Self { waits: self.waits, ..Self::new(environment, self.token.clone())? })
    }

    /// The environment it asks.
    #[must_use]
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The token it asks with.
    #[must_use]
    pub const fn token(&self) -> &AccessToken {
        &self.token
    }

    /// Lets a practice Polar deliver to plain addresses on this machine, which Polar itself refuses. Other servers
    /// ignore the wish.
    #[must_use]
    pub const fn deliver_directly(mut self, direct: bool) -> Self {
        self.direct = direct;
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer, ApiError> {
        self.send::<()>(Method::GET, path, None).await
    }

    pub(crate) async fn post<B: Serialize + Sync>(&self, path: &str, body: &B) -> Result<Answer, ApiError> {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn post_nothing(&self, path: &str) -> Result<Answer, ApiError> {
        self.send::<()>(Method::POST, path, None).await
    }

    pub(crate) async fn patch<B: Serialize + Sync>(&self, path: &str, body: Option<&B>) -> Result<Answer, ApiError> {
        self.send(Method::PATCH, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Answer, ApiError> {
        self.send::<()>(Method::DELETE, path, None).await
    }

    async fn send<B: Serialize + Sync>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<Answer, ApiError> {
        let mut waited = false;
        loop {
            let asked = Asked::now();
            let response = self.attempt(&method, path, body).await?;
            let reading = date(&response).and_then(|date| asked.answered(&date));
            let result = read(response).await;
            if let Some(reading) = reading
                && is_polars(&result)
            {
                reading.note(&self.environment);
            }
            // A 429 was not carried out, so that even a POST may be sent again.
            match result {
                Err(ApiError::RateLimited(wait)) if self.waits && !waited && wait <= LONGEST_WAIT => {
                    waited = true;
                    tracing::info!(seconds = wait.as_secs(), "rate limit reached; waiting as Polar asks");
                    tokio::time::sleep(wait).await;
                }
                result => return result,
            }
        }
    }

    async fn attempt<B: Serialize + Sync>(
        &self,
        method: &Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<Response, ApiError> {
        let mut request = self
            .http
            .request(method.clone(), self.url(path))
            .bearer_auth(self.token.secret().expose())
            .header("Polar-Version", API_VERSION)
            .header(header::ACCEPT, "application/json");
        if self.direct {
            request = request.header(PRACTICE_DIRECT_HEADER, "1");
        }
        request = match body {
            Some(body) => request.json(body),
            // Without `Content-Length: 0` a bodyless PATCH is 411.
            None if *method == Method::PATCH || *method == Method::POST => {
                request.header(header::CONTENT_LENGTH, "0").body("")
            }
            None => request,
        };
        let host = self.host();
        request.send().await.map_err(|error| ApiError::NoAnswer(http::explain(&error, &host)))
    }

    /// A GET whose answer goes on and on: the body is for the caller to read. A rate limit is not waited for.
    pub(crate) async fn stream(&self, path: &str) -> Result<Response, ApiError> {
        let request = self
            .http
            .get(self.url(path))
            .timeout(STREAM_TIMEOUT)
            .bearer_auth(self.token.secret().expose())
            .header("Polar-Version", API_VERSION)
            .header(header::ACCEPT, "text/event-stream");
        let host = self.host();
        let answered = tokio::time::timeout(TIMEOUT, request.send()).await;
        let response = answered
            .map_err(|_| ApiError::NoAnswer(format!("{host} did not answer in time.")))?
            .map_err(|error| ApiError::NoAnswer(http::explain(&error, &host)))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let read = tokio::time::timeout(TIMEOUT, read(response)).await;
        let read = read.map_err(|_| ApiError::NotPolar { status, what: "broken off".into() })?;
        Err(read.err().unwrap_or(ApiError::NotPolar { status, what: "empty".into() }))
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.environment.api.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{path}"));
        url.set_query(query);
        url
    }

    pub(crate) fn host(&self) -> String {
        let api = &self.environment.api;
        let host = api.host_str().unwrap_or_default();
        api.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

impl Answer {
    /// The answer as what it should be.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body)
            .map_err(|_| ApiError::NotPolar { status: self.status.as_u16(), what: describe(&self.body).to_owned() })
    }
}

/// When the answer was written; `None`: it does not say, or a cache gave an older one.
fn date(response: &Response) -> Option<String> {
    let headers = response.headers();
    let fresh = !headers.contains_key(header::AGE);
    headers.get(header::DATE).filter(|_| fresh)?.to_str().ok().map(str::to_owned)
}

/// Whether Polar itself has answered, by its own clock.
const fn is_polars(result: &Result<Answer, ApiError>) -> bool {
    !matches!(
        result,
        Err(ApiError::NoAnswer(_) | ApiError::Server(_) | ApiError::Redirect(_) | ApiError::NotPolar { .. })
    )
}

async fn read(response: Response) -> Result<Answer, ApiError> {
    let status = response.status();
    let scopes = response.headers().get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).map(scopes_in);
    let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let practice = response.headers().contains_key(PRACTICE_HEADER);
    let sandbox = response.headers().contains_key(SANDBOX_HEADER);
    let body = body(response).await.ok_or(ApiError::NotPolar { status: status.as_u16(), what: "broken off".into() })?;
    if status.is_success() {
        return Ok(Answer { status, practice, sandbox, body });
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(ApiError::RateLimited(Duration::from_secs(retry_after.unwrap_or(60))));
    }
    if status.is_server_error() {
        return Err(ApiError::Server(status.as_u16()));
    }
    if status.is_redirection() {
        return Err(ApiError::Redirect(status.as_u16()));
    }
    let not_polar = || ApiError::NotPolar { status: status.as_u16(), what: describe(&body).to_owned() };
    let Ok(json) = serde_json::from_slice::<Value>(&body) else { return Err(not_polar()) };
    Err(match (status.as_u16(), json["error"].as_str()) {
        (401, Some("invalid_token")) => ApiError::InvalidToken,
        (401, _) => ApiError::Unauthorized,
        (403, Some("insufficient_scope")) => ApiError::InsufficientScope { any_of: scopes.unwrap_or_default() },
        (404, Some("ResourceNotFound")) => ApiError::NotFound,
        (422, _) => match serde_json::from_value::<Vec<FieldError>>(json["detail"].clone()) {
            Ok(errors) => ApiError::Invalid(errors),
            Err(_) => not_polar(),
        },
        _ => not_polar(),
    })
}

/// The body, unless it breaks off or is larger than anything Polar sends.
async fn body(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

/// The scopes in `Bearer realm="polar", scope="webhooks:write webhooks:read", …`, sorted: Polar gives no fixed order.
fn scopes_in(header: &str) -> Vec<String> {
    let Some((_, rest)) = header.split_once("scope=\"") else { return Vec::new() };
    let mut scopes: Vec<String> =
        rest.split('"').next().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    scopes.sort();
    scopes
}

fn describe(body: &[u8]) -> &'static str {
    let start = String::from_utf8_lossy(&body[..body.len().min(200)]).trim_start().to_lowercase();
    match start.as_bytes().first() {
        None => "empty",
        Some(b'<') => "a web page",
        Some(b'{' | b'[') => "other JSON",
        Some(_) => "plain text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_scopes_polar_names() {
        let header = r#"Bearer realm="polar", scope="webhooks:write webhooks:read", error="insufficient_scope""#;
        assert_eq!(scopes_in(header), ["webhooks:read", "webhooks:write"]);
        assert!(scopes_in("Bearer realm=\"polar\"").is_empty());
    }

    #[test]
    fn puts_paths_under_the_servers_own() {
        let environment = Environment::custom("https://example.com/polar").unwrap();
        let client = Client::new(environment, AccessToken::issue()).unwrap();
        assert_eq!(
            client.url("/v1/webhooks/endpoints?limit=1").as_str(),
            "https://example.com/polar/v1/webhooks/endpoints?limit=1"
        );
    }
}
