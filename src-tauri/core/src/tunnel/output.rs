//! What a program prints: read for as long as it runs, cut into lines, and cleaned of secrets before anybody sees it.
//!
//! An unread pipe fills, and cloudflared then carries nothing and cannot even be ended (measured).

use std::{collections::VecDeque, sync::LazyLock};

use regex::Regex;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    sync::mpsc,
};

use crate::{SecretText, redact::redacted};

/// The longest line that is kept, in bytes; the rest of it is dropped.
const LONGEST: usize = 4096;
/// How many lines are kept.
const KEPT: usize = 200;

/// Escape sequences for colours and cursors.
static ESCAPES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\x1b\[[0-9;?]*[ -/]*[@-~]").ok());
/// Hands on each line, until the program closes its end.
pub(super) async fn lines(source: impl AsyncRead + Unpin, to: mpsc::Sender<String>) {
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    loop {
        let (used, complete) = match source.fill_buf().await {
            Ok([]) | Err(_) => break,
            Ok(read) => {
                let end = read.iter().position(|byte| *byte == b'\n');
                let part = &read[..end.unwrap_or(read.len())];
                line.extend_from_slice(&part[..part.len().min(LONGEST - line.len())]);
                (end.map_or(read.len(), |end| end + 1), end.is_some())
            }
        };
        source.consume(used);
        if complete {
            // Nobody listens any more: still read, as the pipe must not fill.
            let _ = to.send(text(&line)).await;
            line.clear();
        }
    }
    if !line.is_empty() {
        let _ = to.send(text(&line)).await;
    }
}

fn text(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let plain = ESCAPES.as_ref().map(|escapes| escapes.replace_all(&text, ""));
    plain.as_ref().unwrap_or(&text).trim_end().to_owned()
}

/// The last lines, without secrets.
#[derive(Debug)]
pub(super) struct Log {
    lines: VecDeque<String>,
    known: Vec<SecretText>,
    /// How many lines came since the last start.
    fresh: usize,
}

impl Log {
    /// Takes these secrets out besides what looks like one.
    pub(super) fn hiding(known: Vec<SecretText>) -> Self {
        Self { lines: VecDeque::new(), known, fresh: 0 }
    }

    pub(super) fn add(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(self.redacted(line));
        self.fresh += 1;
    }

    /// The program is started: what was said before says nothing about it.
    pub(super) fn begin(&mut self) {
        self.fresh = 0;
    }

    /// The lines since the last start.
    pub(super) fn since_start(&self) -> Vec<String> {
        self.lines.iter().skip(self.lines.len().saturating_sub(self.fresh)).cloned().collect()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.iter().cloned().collect()
    }

    pub(super) fn redacted(&self, line: &str) -> String {
        redacted(line, &self.known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(line: &str) -> String {
        let mut log = Log::hiding(vec![SecretText::new("a-known-secret")]);
        log.add(line);
        log.lines().concat()
    }

    #[test]
    fn secrets_are_taken_out() {
        for (line, shown) in [
            ("Your authtoken: 2abcDEF_ghijkl", "Your authtoken: ••••"),
            (r#"{"authtoken":"2abcdefghijkl"}"#, r#"{"authtoken":"••••"}"#),
            ("used 2aBcDeFgHiJkLmNoPqRsTuV_5wXyZ1234567890abc here", "used •••• here"),
            ("Bearer polar_oat_LfqNVkXkQc7VrDBWfyiWNcC", "Bearer ••••"),
            ("it is a-known-secret.", "it is ••••."),
            (
                "INF +--- 2026-11-23T07:12:23Z Registered connIndex=0",
                "INF +--- 2026-11-23T07:12:23Z Registered connIndex=0",
            ),
        ] {
            assert_eq!(logged(line), shown);
        }
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let mut log = Log::hiding(vec![]);
        (0..KEPT + 5).for_each(|number| log.add(&number.to_string()));
        assert_eq!((log.lines().len(), log.lines()[0].as_str()), (KEPT, "5"));
    }

    #[tokio::test]
    async fn lines_are_cut_cleaned_and_complete() {
        let long = "x".repeat(3 * LONGEST);
        let printed = format!("\x1b[31mred\x1b[0m\r\n{long}\n\nlast");
        let (sender, mut receiver) = mpsc::channel(8);
        lines(printed.as_bytes(), sender).await;
        let mut read = vec![];
        while let Some(line) = receiver.recv().await {
            read.push(line);
        }
        assert_eq!(read, ["red", &long[..LONGEST], "", "last"]);
    }
}
