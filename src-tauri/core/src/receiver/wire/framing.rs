//! How long a message's body is (RFC 9112, 6.3).

use bytes::Bytes;

use super::{RequestHead, ResponseHead, Version, WireError};

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::receiver) enum Framing {
    /// There is none.
    Empty,
    /// After so many bytes.
    Length(u64),
    /// After the last chunk.
    Chunked,
    /// When the connection ends.
    UntilClosed,
}

impl Framing {
    /// Of a request. One that says two things at once is refused: the next program might believe the other one.
    pub(in crate::receiver) fn of_request(head: &RequestHead) -> Result<Self, WireError> {
        let length = length(&head.headers)?;
        match (is_chunked(&head.headers)?, length) {
            (true, None) if head.version == Version::Http11 => Ok(Self::Chunked),
            (true, _) => Err(WireError::NotHttp),
            (false, Some(length)) if length > 0 => Ok(Self::Length(length)),
            (false, _) => Ok(Self::Empty),
        }
    }

    /// Of an answer to a request with this method.
    pub(in crate::receiver) fn of_response(head: &ResponseHead, method: &str) -> Result<Self, WireError> {
        if method == "HEAD" || matches!(head.status, 100..=199 | 204 | 304) {
            return Ok(Self::Empty);
        }
        Ok(match (is_chunked(&head.headers)?, length(&head.headers)?) {
            (true, _) => Self::Chunked,
            (false, Some(0)) => Self::Empty,
            (false, Some(length)) => Self::Length(length),
            (false, None) => Self::UntilClosed,
        })
    }
}

fn length(headers: &[(String, Bytes)]) -> Result<Option<u64>, WireError> {
    let mut found = None;
    for (_, value) in headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        let text = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let length: u64 = text.and_then(|text| text.parse().ok()).ok_or(WireError::NotHttp)?;
        if found.is_some_and(|known| known != length) {
            return Err(WireError::NotHttp);
        }
        found = Some(length);
    }
    Ok(found)
}

/// Any other coding could not be undone here.
fn is_chunked(headers: &[(String, Bytes)]) -> Result<bool, WireError> {
    let mut codings = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
    match (codings.next(), codings.next()) {
        (None, _) => Ok(false),
        (Some((_, coding)), None) if coding.eq_ignore_ascii_case(b"chunked") => Ok(true),
        _ => Err(WireError::NotHttp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&str, &'static str)]) -> Vec<(String, Bytes)> {
        lines.iter().map(|(name, value)| ((*name).to_owned(), Bytes::from_static(value.as_bytes()))).collect()
    }

    fn request(version: Version, lines: &[(&str, &'static str)]) -> Option<Framing> {
        let (method, target) = ("POST".into(), "/".into());
        Framing::of_request(&RequestHead { method, target, version, headers: headers(lines) }).ok()
    }

    #[test]
    fn a_request_says_one_thing_about_its_length() {
        use Version::{Http10, Http11};
        assert_eq!(request(Http11, &[]), Some(Framing::Empty));
        assert_eq!(request(Http11, &[("content-LENGTH", "7")]), Some(Framing::Length(7)));
        assert_eq!(request(Http11, &[("Content-Length", "7"), ("content-length", "7")]), Some(Framing::Length(7)));
        assert_eq!(request(Http11, &[("Transfer-Encoding", "Chunked")]), Some(Framing::Chunked));
        for wrong in [
            &[("Content-Length", "7"), ("Content-Length", "8")][..],
            &[("Content-Length", "+7")],
            &[("Content-Length", "")],
            &[("Content-Length", "99999999999999999999")],
            &[("Content-Length", "7"), ("Transfer-Encoding", "chunked")],
            &[("Transfer-Encoding", "gzip, chunked")],
            &[("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
        ] {
            assert_eq!(request(Http11, wrong), None, "{wrong:?}");
        }
        assert_eq!(request(Http10, &[("Transfer-Encoding", "chunked")]), None);
    }

    #[test]
    fn an_answer_ends_where_its_status_its_headers_or_its_connection_say() {
        let framing = |status, method, lines: &[(&str, &'static str)]| {
            let head =
                ResponseHead { version: Version::Http11, status, reason: String::new(), headers: headers(lines) };
            Framing::of_response(&head, method).ok()
        };
        assert_eq!(framing(200, "POST", &[]), Some(Framing::UntilClosed));
        assert_eq!(framing(200, "HEAD", &[("Content-Length", "7")]), Some(Framing::Empty));
        assert_eq!(framing(304, "GET", &[("Content-Length", "7")]), Some(Framing::Empty));
        assert_eq!(framing(200, "POST", &[("Content-Length", "0")]), Some(Framing::Empty));
        assert_eq!(
            framing(200, "POST", &[("Content-Length", "7"), ("Transfer-Encoding", "chunked")]),
            Some(Framing::Chunked)
        );
    }
}
