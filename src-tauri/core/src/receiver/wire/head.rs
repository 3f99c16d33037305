//! The first line and the headers of a request or an answer.

use bytes::{Buf, Bytes, BytesMut};
use httparse::{EMPTY_HEADER, Header, Status};

use super::WireError;

/// The longest head that is taken, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;
/// The most headers that are taken.
pub(super) const MOST_HEADERS: usize = 128;

/// Which HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::receiver) enum Version {
    /// Connections end after one answer.
    Http10,
    /// Connections stay open.
    Http11,
}

/// Names as they were spelled, values as bytes, in order.
type Headers = Vec<(String, Bytes)>;

/// A request without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::receiver) struct RequestHead {
    pub(in crate::receiver) method: String,
    /// Path and query.
    pub(in crate::receiver) target: String,
    pub(in crate::receiver) version: Version,
    pub(in crate::receiver) headers: Headers,
}

/// An answer without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::receiver) struct ResponseHead {
    pub(in crate::receiver) version: Version,
    pub(in crate::receiver) status: u16,
    /// The words after the status.
    pub(in crate::receiver) reason: String,
    pub(in crate::receiver) headers: Headers,
}

/// What can stand at the beginning of a message.
pub(in crate::receiver) trait Head: Sized {
    /// Takes it out of the buffer; `None`: it is not there whole yet.
    fn take(buffer: &mut BytesMut) -> Result<Option<Self>, WireError>;
}

impl Head for RequestHead {
    fn take(buffer: &mut BytesMut) -> Result<Option<Self>, WireError> {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let Some(length) = whole(parsed.parse(buffer), buffer.len())? else { return Ok(None) };
        let head = Self {
            method: parsed.method.unwrap_or_default().to_owned(),
            target: origin_form(parsed.path.unwrap_or_default()).to_owned(),
            version: version(parsed.version),
            headers: copied(parsed.headers),
        };
        buffer.advance(length);
        Ok(Some(head))
    }
}

impl Head for ResponseHead {
    fn take(buffer: &mut BytesMut) -> Result<Option<Self>, WireError> {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        let Some(length) = whole(parsed.parse(buffer), buffer.len())? else { return Ok(None) };
        let head = Self {
            version: version(parsed.version),
            status: parsed.code.unwrap_or_default(),
            reason: parsed.reason.unwrap_or_default().to_owned(),
            headers: copied(parsed.headers),
        };
        buffer.advance(length);
        Ok(Some(head))
    }
}

/// The length of a head that is there whole.
fn whole(parsed: httparse::Result<usize>, so_far: usize) -> Result<Option<usize>, WireError> {
    match parsed {
        Ok(Status::Complete(length)) if length <= LONGEST => Ok(Some(length)),
        Ok(Status::Partial) if so_far <= LONGEST => Ok(None),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => Err(WireError::HeadTooLong),
        Err(_) => Err(WireError::NotHttp),
    }
}

fn version(minor: Option<u8>) -> Version {
    if minor == Some(0) { Version::Http10 } else { Version::Http11 }
}

/// The headers in one allocation of their own: a slice of what was read would keep all of that.
fn copied(headers: &[Header<'_>]) -> Headers {
    let mut all = Vec::with_capacity(headers.iter().map(|header| header.value.len()).sum());
    for header in headers {
        all.extend_from_slice(header.value);
    }
    let mut rest = Bytes::from(all);
    headers.iter().map(|header| (header.name.to_owned(), rest.split_to(header.value.len()))).collect()
}

/// Path and query of a target that may be a whole URL, as for a proxy.
fn origin_form(target: &str) -> &str {
    let Some((_, rest)) = target.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '?'])) else {
        return target;
    };
    rest.find('/').map_or("/", |path| &rest[path..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_spelling_and_leaves_the_rest() {
        let mut buffer = BytesMut::from("POST /a?b HTTP/1.1\r\nX-B: 1\r\nx-A:  2 \r\nX-b:\r\n\r\nrest");
        let head = RequestHead::take(&mut buffer).unwrap().unwrap();
        let headers: Vec<(&str, &[u8])> = head.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(headers, [("X-B", &b"1"[..]), ("x-A", b"2"), ("X-b", b"")]);
        assert_eq!((head.method.as_str(), head.target.as_str()), ("POST", "/a?b"));
        assert_eq!(&buffer[..], b"rest");
    }

    #[test]
    fn any_beginning_of_a_head_is_a_beginning() {
        let whole = "HTTP/1.0 200 Fine so far\r\nA: 1\r\n\r\n";
        for end in 0..whole.len() {
            assert_eq!(ResponseHead::take(&mut BytesMut::from(&whole[..end])).unwrap(), None, "{end}");
        }
        let head = ResponseHead::take(&mut BytesMut::from(whole)).unwrap().unwrap();
        assert_eq!((head.version, head.status, head.reason.as_str()), (Version::Http10, 200, "Fine so far"));
    }

    #[test]
    fn refuses_what_is_not_http_and_what_has_no_end() {
        for text in
            ["\u{16}\u{3}\u{1}", "POST / HTTP/2\r\n\r\n", "POST  HTTP/1.1\r\n", "POST / HTTP/1.1\r\n a: 1\r\n\r\n"]
        {
            assert!(matches!(RequestHead::take(&mut BytesMut::from(text)), Err(WireError::NotHttp)), "{text:?}");
        }
        let endless = format!("POST / HTTP/1.1\r\nA: {}", "x".repeat(LONGEST));
        assert!(matches!(RequestHead::take(&mut BytesMut::from(endless.as_str())), Err(WireError::HeadTooLong)));
        let many = format!("POST / HTTP/1.1\r\n{}\r\n", "A: 1\r\n".repeat(MOST_HEADERS + 1));
        assert!(matches!(RequestHead::take(&mut BytesMut::from(many.as_str())), Err(WireError::HeadTooLong)));
    }

    #[test]
    fn a_target_that_is_a_whole_url_becomes_its_path() {
        for (target, expected) in
            [("/a?b=c://d/e", "/a?b=c://d/e"), ("http://a:1/b?c", "/b?c"), ("https://a", "/"), ("*", "*")]
        {
            assert_eq!(origin_form(target), expected);
        }
    }
}
