//! Sends a delivery to the app, as Polar would: no redirect followed, ten seconds at most.

use std::time::{Duration, Instant};

use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue, LOCATION},
};
use url::Url;

use super::{Captured, onward};
use crate::polar::http;

/// Polar gives up after ten seconds.
const POLAR_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer's body is kept, in bytes. Polar keeps 2048 characters.
const ANSWER_KEPT: usize = 8 * 1024;

/// How a delivery was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Where a redirect points to.
    pub location: Option<String>,
    /// The beginning of its body, as text.
    pub body: String,
    /// How long the answer took, its body included, in milliseconds.
    pub milliseconds: u64,
}

impl Answer {
    /// Whether Polar would take it as success: only 2xx is.
    #[must_use]
    pub const fn accepted(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// Sends it to `url` as it is: signature and timestamp are those that it has.
///
/// # Errors
/// Why there was no answer, in a sentence.
pub async fn send(captured: &Captured, url: &Url) -> Result<Answer, String> {
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let method = Method::from_bytes(captured.method.as_bytes())
        .map_err(|_| format!("{} is no HTTP method.", captured.method.escape_default()))?;
    let mut headers = HeaderMap::new();
    for (name, value) in onward::headers(captured) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    let client =
        http::client_for(url, POLAR_TIMEOUT).map_err(|_| "This system's certificates cannot be read.".to_owned())?;
    let begun = Instant::now();
    let request = client.request(method, url.clone()).headers(headers).body(captured.body.clone());
    let mut response = request.send().await.map_err(|error| http::explain(&error, &host))?;
    let status = response.status().as_u16();
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while body.len() < ANSWER_KEPT {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Err(http::explain(&error, &host)),
        }
    }
    body.truncate(ANSWER_KEPT);
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Answer { status, location, body: String::from_utf8_lossy(&body).into_owned(), milliseconds })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use time::OffsetDateTime;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    fn captured() -> Captured {
        let headers: [(&str, &[u8]); 7] = [
            ("Host", b"hooks.example.com"),
            ("user-agent", b"polar.sh webhooks"),
            ("x-bytes", b"\xff"),
            ("x-twice", b"1"),
            ("x-twice", b"2"),
            ("transfer-encoding", b"chunked"),
            ("content-length", b"99"),
        ];
        Captured {
            received_at: OffsetDateTime::UNIX_EPOCH,
            method: "POST".into(),
            target: "/elsewhere".into(),
            headers: headers.map(|(name, value)| (name.to_owned(), Bytes::from_static(value))).into(),
            body: Bytes::from_static(b"\0 the end"),
        }
    }

    /// Sends it to a server that answers so, and gives what it got and what came back.
    async fn sent(answer: Vec<u8>) -> (Vec<u8>, Result<Answer, String>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/hook?a=1", listener.local_addr().unwrap()).parse().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut got = Vec::new();
            while !got.ends_with(b"the end") {
                assert_ne!(stream.read_buf(&mut got).await.unwrap(), 0);
            }
            // The client may have heard enough before the end.
            let _ = stream.write_all(&answer).await;
            got
        });
        let answered = send(&captured(), &url).await;
        (server.await.unwrap(), answered)
    }

    #[tokio::test]
    async fn the_bytes_go_as_they_are_and_the_answer_is_told() {
        let (got, answer) =
            sent(b"HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 2\r\n\r\nno".to_vec()).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.location.as_deref(), &*answer.body), (302, Some("/login"), "no"));
        assert!(!answer.accepted());
        assert!(got.starts_with(b"POST /hook?a=1 HTTP/1.1\r\n"));
        let text = String::from_utf8_lossy(&got);
        assert!(got.windows(12).any(|part| part == b"x-bytes: \xff\r\n"), "{text}");
        assert!(text.contains("user-agent: polar.sh webhooks\r\n") && !text.contains("polar-setup/"), "{text}");
        assert!(text.contains("x-twice: 1\r\nx-twice: 2\r\n"), "{text}");
        assert!(text.contains("content-length: 9\r\n") && text.contains("host: 127.0.0.1:"), "{text}");
        assert!(!text.contains("chunked") && !text.contains("example.com"), "{text}");
    }

    #[tokio::test]
    async fn of_an_endless_answer_the_beginning_is_kept() {
        let mut answer = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n".to_vec();
        answer.extend(vec![b'x'; 1 << 20]);
        let (_, answer) = sent(answer).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.body.len()), (200, ANSWER_KEPT));
        assert!(answer.accepted());
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_a_problem() {
        let (_, answer) = sent(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx".to_vec()).await;
        assert!(answer.is_err(), "{answer:?}");
        let (_, answer) = sent(Vec::new()).await;
        assert!(answer.is_err(), "{answer:?}");
    }
}
