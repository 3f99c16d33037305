//! A `curl` command that sends a captured delivery again: for bash and zsh, byte for byte.

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Captured, onward};

/// Up to this size, in bytes, a body stands in the command itself: Linux takes no argument over 128 KiB, and nobody
/// wants to paste one.
const INLINE: usize = 16 * 1024;
/// The width of base64 lines, in characters.
const WIDTH: usize = 76;
/// What curl would add of its own.
const ADDED_BY_CURL: [&str; 3] = ["User-Agent", "Accept", "Content-Type"];

/// The command that sends this request to `url`: its method, its headers in order, its body. `Host`, `Content-Length`
/// and whatever concerns one connection are curl's own. The signature is as old as the delivery: sign it again first
/// where more than five minutes have passed.
#[must_use]
pub fn curl(captured: &Captured, url: &str) -> String {
    let mut command = String::new();
    let inline = captured.body.len() <= INLINE && printable(&captured.body);
    if !inline {
        command.push_str("base64 --decode <<'END' | ");
    }
    command.push_str("curl --include --globoff --path-as-is");
    let has_body = !captured.body.is_empty();
    match captured.method.as_str() {
        "HEAD" if !has_body => command.push_str(" --head"),
        "GET" if !has_body => {}
        method => {
            let _ = write!(command, " --request {}", quoted(method.as_bytes()));
        }
    }
    let _ = write!(command, " {}", quoted(url_argument(url).as_bytes()));
    for header in headers(captured) {
        let _ = write!(command, " \\\n  --header {}", quoted(&header));
    }
    if !inline {
        command.push_str(" \\\n  --data-binary @-\n");
        for line in STANDARD.encode(&captured.body).as_bytes().chunks(WIDTH) {
            command.push_str(&String::from_utf8_lossy(line));
            command.push('\n');
        }
        command.push_str("END\n");
    } else if has_body || !matches!(captured.method.as_str(), "GET" | "HEAD") {
        // Not --data-binary: that reads a file where the body begins with @.
        let _ = writeln!(command, " \\\n  --data-raw {}", quoted(&captured.body));
    } else {
        command.push('\n');
    }
    command
}

/// An address that cannot be taken for an option.
fn url_argument(url: &str) -> String {
    if url.starts_with('-') { format!("http://{url}") } else { url.to_owned() }
}

/// The arguments of `--header`, in order.
fn headers(captured: &Captured) -> Vec<Vec<u8>> {
    let mut arguments = Vec::new();
    for (name, value) in onward::headers(captured) {
        let value = value.trim_ascii();
        arguments.push(if value.is_empty() {
            // curl's way of writing a header without a value; "Name:" would take the header away.
            format!("{name};").into_bytes()
        } else {
            [name.as_bytes(), b": ", value].concat()
        });
    }
    for name in ADDED_BY_CURL.into_iter().chain((captured.body.len() > 1024).then_some("Expect")) {
        if name == "Expect" || captured.headers.iter().all(|(known, _)| !known.eq_ignore_ascii_case(name)) {
            arguments.push(format!("{name}:").into_bytes());
        }
    }
    arguments
}

/// Whether it can stand in a command: text without NUL, and not mostly escapes.
fn printable(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    text.chars().all(|c| c != '\0') && text.chars().filter(|c| risky(*c)).count() <= text.len() / 8 + 8
}

/// Characters that a terminal or an editor acts upon instead of showing them.
fn risky(c: char) -> bool {
    let steers_direction =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    (c.is_control() && c != '\n') || steers_direction
}

/// One word for bash and zsh: in plain quotes where that can be read, else in `$'…'`.
fn quoted(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(risky) => format!("'{}'", text.replace('\'', r"'\''")),
        Ok(text) => {
            let escaped = text.chars().map(|c| if risky(c) { bytes_escaped(c) } else { escaped(c) });
            format!("$'{}'", escaped.collect::<String>())
        }
        Err(_) => {
            let escaped = bytes.iter().map(|byte| {
                if byte.is_ascii() && !byte.is_ascii_control() { escaped(char::from(*byte)) } else { octal(*byte) }
            });
            format!("$'{}'", escaped.collect::<String>())
        }
    }
}

fn escaped(c: char) -> String {
    match c {
        '\'' | '\\' => format!("\\{c}"),
        '\n' => "\\n".into(),
        c => c.into(),
    }
}

fn bytes_escaped(c: char) -> String {
    match c {
        '\t' => "\\t".into(),
        '\r' => "\\r".into(),
        c => c.encode_utf8(&mut [0; 4]).bytes().map(octal).collect(),
    }
}

/// Three digits always, so that a digit after it stays its own.
fn octal(byte: u8) -> String {
    format!("\\{byte:03o}")
}

#[cfg(all(test, unix))]
#[path = "curl_tests.rs"]
mod tests;
