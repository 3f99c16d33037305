//! One request as it arrived.

use bytes::Bytes;
use time::OffsetDateTime;

/// A request byte for byte: what the inspector shows, what is stored and what a replay sends again.
#[derive(Clone, PartialEq, Eq)]
pub struct Captured {
    /// When it had arrived whole.
    pub received_at: OffsetDateTime,
    /// The HTTP method.
    pub method: String,
    /// Path and query, as in the request line.
    pub target: String,
    /// Names as they were written, values as bytes; in order, repeated ones as often as they came.
    pub headers: Vec<(String, Bytes)>,
    /// The body.
    pub body: Bytes,
}

impl Captured {
    /// The values of a header, put together by `, ` as Node and others do for the app; empty without one.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let values = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let mut values = values.map(|(_, value)| String::from_utf8_lossy(value));
        let mut all = values.next().unwrap_or_default().into_owned();
        values.for_each(|value| all.extend([", ", &*value]));
        all
    }
}

impl std::fmt::Debug for Captured {
    /// Without the body and the headers' values, which may hold customers' data.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let length = self.body.len();
        write!(formatter, "Captured({} {}, {length} bytes, at {})", self.method, self.target, self.received_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_headers_are_put_together_and_debug_tells_no_data() {
        let captured = Captured {
            received_at: OffsetDateTime::UNIX_EPOCH,
            method: "POST".into(),
            target: "/hook".into(),
            headers: [("A", "1"), ("b", "x"), ("a", "2")].map(|(name, value)| (name.into(), value.into())).into(),
            body: Bytes::from_static(b"private"),
        };
        assert_eq!(captured.header("a"), "1, 2");
        assert_eq!(captured.header("c"), "");
        assert!(!format!("{captured:?}").contains("private"));
    }
}
