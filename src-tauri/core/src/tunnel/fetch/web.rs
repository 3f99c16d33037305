//! Requests that stay with GitHub: over HTTPS only, redirects followed to its own hosts only, and never silent for long.

use std::time::Duration;

use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, LOCATION},
};
use tokio::time::timeout;
use url::Url;

use super::FetchError;
use crate::polar::http;

/// A download may be slow as long as it comes.
const LONGEST: Duration = Duration::from_secs(60 * 60);
const MOST_REDIRECTS: usize = 5;

/// Asks GitHub, or a test's server on this machine.
pub(super) struct Web {
    client: Client,
    stall: Duration,
    /// Whether it began on this machine. Only then may it go on here.
    here: bool,
}

impl Web {
    pub(super) fn new(first: &Url, stall: Duration) -> Result<Self, FetchError> {
        let client = http::client_for(first, LONGEST).map_err(|_| {
            FetchError::NoAnswer("This system's certificates cannot be read, so no HTTPS is possible.".into())
        })?;
        Ok(Self { client, stall, here: http::is_loopback(first) })
    }

    /// A good answer. Redirects are followed by hand, so that each target is looked at before it is asked.
    pub(super) async fn get(&self, url: &Url, accept: &str) -> Result<Response, FetchError> {
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            if !self.allows(&url) {
                return Err(FetchError::Foreign(origin(&url)));
            }
            let request = self.client.get(url.clone()).header(ACCEPT, accept).send();
            let response = self.in_time(&url, request).await?;
            let status = response.status();
            if status.is_success() {
                return Ok(response);
            }
            let host = origin(&url);
            let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
            match target.and_then(|target| url.join(target).ok()).filter(|_| status.is_redirection()) {
                Some(target) => url = target,
                None => return Err(refused(host, status)),
            }
        }
        Err(FetchError::NoAnswer(format!("{} redirects without end.", origin(&url))))
    }

    /// The next bytes; `None`: that was all.
    pub(super) async fn chunk(&self, response: &mut Response) -> Result<Option<bytes::Bytes>, FetchError> {
        let url = response.url().clone();
        self.in_time(&url, response.chunk()).await
    }

    async fn in_time<T>(
        &self,
        url: &Url,
        answer: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, FetchError> {
        let host = origin(url);
        match timeout(self.stall, answer).await {
            Ok(answer) => answer.map_err(|error| FetchError::NoAnswer(http::explain(&error, &host))),
            Err(_) => Err(FetchError::Stalled { host, seconds: self.stall.as_secs() }),
        }
    }

    fn allows(&self, url: &Url) -> bool {
        if self.here {
            return http::is_loopback(url);
        }
        let host = url.host_str().unwrap_or_default();
        let known = ["github.com", "githubusercontent.com"];
        let theirs = known
            .iter()
            .any(|known| host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
        url.scheme() == "https" && theirs
    }
}

fn refused(host: String, status: StatusCode) -> FetchError {
    match status {
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => FetchError::RateLimited(status.as_u16()),
        StatusCode::NOT_FOUND => FetchError::NoRelease(host),
        _ => FetchError::Refused { host, status: status.as_u16() },
    }
}

/// The host, and the port if it is said: the rest of an address may hold a signature.
fn origin(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_with_github() {
        let web = Web::new(&Url::parse("https://api.github.com/x").unwrap(), Duration::ZERO).unwrap();
        for (url, allowed) in [
            ("https://github.com/a", true),
            ("https://release-assets.githubusercontent.com/a", true),
            ("https://objects.githubusercontent.com/a", true),
            ("http://github.com/a", false),
            ("https://github.com.example.com/a", false),
            ("https://notgithub.com/a", false),
            ("http://127.0.0.1/a", false),
            ("https://localhost/a", false),
        ] {
            assert_eq!(web.allows(&Url::parse(url).unwrap()), allowed, "{url}");
        }
    }
}
