//! Server-sent events out of bytes that come in pieces of any length.

use memchr::memchr2;

/// The longest event that is read, in bytes; Polar's are a few thousand.
pub const LONGEST: usize = 8 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What stood in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The `data` of one event, its lines joined by line feeds.
    Data(String),
    /// A comment, which only says that the other side lives.
    Comment,
    /// An event that could not be read.
    Broken(BrokenFrame),
}

/// Why an event could not be read. What follows it can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenFrame {
    /// Longer than is read.
    #[error("An event of the stream is longer than {} MiB and was left out.", LONGEST >> 20)]
    TooLong,
    /// Not UTF-8.
    #[error("An event of the stream is no UTF-8 text and was left out.")]
    NotText,
}

/// Reads the stream. An event counts once its blank line has come: what breaks off before is dropped with the reader.
#[derive(Debug, Default)]
pub struct Frames {
    line: Vec<u8>,
    /// The line is longer than is read: the rest of it is passed over.
    overlong: bool,
    data: Gathered,
    after_return: bool,
    after_first_line: bool,
}

/// The data of the event that is being read.
#[derive(Debug, Default)]
enum Gathered {
    #[default]
    Nothing,
    Text(Vec<u8>),
    /// Longer than is read.
    TooLong,
}

impl Frames {
    /// Takes in the next piece and gives what is complete by it.
    pub fn feed(&mut self, mut piece: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(first) = piece.first() {
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                piece = &piece[1..];
                continue;
            }
            let Some(end) = memchr2(b'\r', b'\n', piece) else {
                self.lengthen(piece);
                break;
            };
            self.lengthen(&piece[..end]);
            self.after_return = piece[end] == b'\r';
            piece = &piece[end + 1..];
            frames.extend(self.end_of_line());
        }
        frames
    }

    fn lengthen(&mut self, part: &[u8]) {
        if self.line.len() + part.len() > LONGEST {
            self.overlong = true;
        } else if !self.overlong {
            self.line.extend_from_slice(part);
        }
    }

    fn end_of_line(&mut self) -> Option<Frame> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if !std::mem::replace(&mut self.after_first_line, true) {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if std::mem::take(&mut self.overlong) {
            // Which field it was is of no matter: the event it belongs to cannot be trusted to be whole.
            self.data = Gathered::TooLong;
            return None;
        }
        match line {
            [] => self.end_of_event(),
            [b':', ..] => Some(Frame::Comment),
            line => {
                self.field(line);
                None
            }
        }
    }

    /// `event`, `id` and `retry` say nothing here.
    fn field(&mut self, line: &[u8]) {
        let Some(rest) = line.strip_prefix(b"data") else { return };
        let value = match rest {
            [] => rest,
            [b':', b' ', value @ ..] | [b':', value @ ..] => value,
            _ => return,
        };
        match &mut self.data {
            Gathered::Nothing => self.data = Gathered::Text(value.to_vec()),
            Gathered::Text(text) if text.len() + value.len() < LONGEST => {
                text.push(b'\n');
                text.extend_from_slice(value);
            }
            Gathered::Text(_) | Gathered::TooLong => self.data = Gathered::TooLong,
        }
    }

    fn end_of_event(&mut self) -> Option<Frame> {
        match std::mem::take(&mut self.data) {
            Gathered::Nothing => None,
            Gathered::Text(text) if text.is_empty() => None,
            Gathered::Text(text) => {
                Some(String::from_utf8(text).map_or(Frame::Broken(BrokenFrame::NotText), Frame::Data))
            }
            Gathered::TooLong => Some(Frame::Broken(BrokenFrame::TooLong)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All at once.
    fn whole(bytes: &[u8]) -> Vec<Frame> {
        Frames::default().feed(bytes)
    }

    fn data(text: &str) -> Frame {
        Frame::Data(text.to_owned())
    }

    #[test]
    fn reads_every_ending_of_lines() {
        for (bytes, expected) in [
            (&b"data: a\r\n\r\ndata: b\r\n\r\n"[..], vec![data("a"), data("b")]),
            (b"data: a\n\ndata:b\n\n", vec![data("a"), data("b")]),
            (b"data: a\r\rdata:  b\r\r", vec![data("a"), data(" b")]),
            (b"\xef\xbb\xbfdata: a\n\n", vec![data("a")]),
            (b"data: a\ndata: b\ndata\ndata:\n\n", vec![data("a\nb\n\n")]),
            (b": ping - now\r\n\r\n", vec![Frame::Comment]),
            (b"event: x\nid: 7\nretry: 5\ndatax: n\n\n", vec![]),
            (b"data: a", vec![]),
            (b"data: a\r\n", vec![]),
            (b"data:\n\n\n\n", vec![]),
            (b"data: \xff\n\ndata: b\n\n", vec![Frame::Broken(BrokenFrame::NotText), data("b")]),
        ] {
            assert_eq!(whole(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn what_is_too_long_is_left_out_and_what_follows_is_read() {
        let mut frames = Frames::default();
        let mut found = frames.feed(b"data: ");
        for _ in 0..=LONGEST / (1 << 20) {
            found.extend(frames.feed(&vec![b'x'; 1 << 20]));
            assert!(frames.line.len() <= LONGEST);
        }
        found.extend(frames.feed(b"\r\ndata: more\r\n\r\ndata: b\r\n\r\n"));
        assert_eq!(found, [Frame::Broken(BrokenFrame::TooLong), data("b")]);

        let line = [b"data: ".as_slice(), &vec![b'x'; 1 << 20], b"\n"].concat();
        let mut found = Vec::new();
        for _ in 0..=LONGEST / (1 << 20) {
            found.extend(frames.feed(&line));
        }
        found.extend(frames.feed(b"\ndata: b\n\n"));
        assert_eq!(found, [Frame::Broken(BrokenFrame::TooLong), data("b")]);
    }

    /// Streams that are mostly what a server writes, and sometimes nonsense.
    fn streams() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            4 => Just(b"data: ".to_vec()),
            4 => Just(b"\r\n".to_vec()),
            2 => Just(b"\n".to_vec()),
            2 => Just(b"\r".to_vec()),
            2 => Just(b"\r\n\r\n".to_vec()),
            1 => Just(b": ping - 2026\r\n\r\n".to_vec()),
            1 => Just(BYTE_ORDER_MARK.to_vec()),
            2 => "[a-zü:{}\" ]{0,8}".prop_map(String::into_bytes),
            1 => prop::collection::vec(any::<u8>(), 0..4),
        ];
        prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn the_pieces_make_no_difference(bytes in streams(), lengths in prop::collection::vec(0usize..9, 1..60)) {
            let mut frames = Frames::default();
            let mut found = Vec::new();
            let (mut rest, mut lengths) = (bytes.as_slice(), lengths.iter().cycle());
            // A length of 0 is fed too; 1 keeps it going where all are 0.
            while !rest.is_empty() {
                let length = (*lengths.next().unwrap()).min(rest.len());
                found.extend(frames.feed(&rest[..length]));
                rest = &rest[length..];
                let step = usize::from(!rest.is_empty());
                found.extend(frames.feed(&rest[..step]));
                rest = &rest[step..];
            }
            prop_assert_eq!(found, whole(&bytes));
        }

        #[test]
        fn a_stream_that_breaks_off_gives_what_was_complete(bytes in streams(), cut in any::<prop::sample::Index>()) {
            let cut = cut.index(bytes.len() + 1);
            let before = whole(&bytes[..cut]);
            prop_assert_eq!(&whole(&bytes)[..before.len()], before.as_slice());
        }
    }
}
