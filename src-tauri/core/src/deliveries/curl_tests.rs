//! The command is run by a real bash with a real curl, and what arrives is compared byte for byte.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Stdio},
    thread,
};

use bytes::Bytes;
use proptest::prelude::*;
use time::OffsetDateTime;

use super::*;

fn captured(method: &str, headers: &[(&str, &[u8])], body: impl Into<Bytes>) -> Captured {
    Captured {
        received_at: OffsetDateTime::UNIX_EPOCH,
        method: method.into(),
        target: "/hook".into(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), Bytes::copy_from_slice(value))).collect(),
        body: body.into(),
    }
}

/// The request line, the headers and the body.
type Arrived = (String, Vec<(String, Vec<u8>)>, Vec<u8>);

/// What a server on this machine gets to see.
fn arrives(captured: &Captured, path: &str) -> Arrived {
    let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}{path}", server.local_addr().unwrap());
    let seen = thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 65536];
        loop {
            if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
                let lines: Vec<Vec<u8>> =
                    bytes[..end].split(|byte| *byte == b'\n').map(|line| line.trim_ascii().to_vec()).collect();
                let request = String::from_utf8(lines[0].clone()).unwrap();
                let headers: Vec<(String, Vec<u8>)> = lines[1..]
                    .iter()
                    .map(|line| {
                        let colon = line.iter().position(|byte| *byte == b':').unwrap();
                        (String::from_utf8(line[..colon].to_vec()).unwrap(), line[colon + 1..].trim_ascii().to_vec())
                    })
                    .collect();
                let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
                let length = length.map_or(0, |(_, value)| std::str::from_utf8(value).unwrap().parse().unwrap());
                if bytes.len() >= end + 4 + length {
                    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
                    return (request, headers, bytes[end + 4..].to_vec());
                }
            }
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "curl hung up early: {:?}", String::from_utf8_lossy(&bytes));
            bytes.extend_from_slice(&buffer[..read]);
        }
    });
    let command = curl(captured, &url);
    // By standard input, as it is pasted; an argument has a limit of its own.
    let mut bash = Command::new("bash");
    bash.env("NO_PROXY", "*")
        .env_remove("BASH_ENV")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut bash = bash.spawn().unwrap();
    bash.stdin.take().unwrap().write_all(command.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{command}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.starts_with(b"HTTP/1.1 204"), "the answer is shown");
    seen.join().unwrap()
}

#[test]
fn headers_arrive_in_order_and_those_of_one_connection_do_not() {
    let (request, headers, body) = arrives(
        &captured(
            "POST",
            &[
                ("Host", b"hooks.example.com"),
                ("user-agent", b"polar.sh webhooks"),
                ("Content-Type", b"application/json"),
                ("webhook-id", b"msg_1"),
                ("X-Twice", b"1"),
                ("X-Bytes", b"caf\xe9 \xff 'quoted' \\ $HOME `id` \"x\""),
                ("x-twice", "2 é".as_bytes()),
                ("X-Empty", b""),
                ("X-Secret-Of-Connection", b"no"),
                ("Connection", b"close, x-secret-of-connection"),
                ("Transfer-Encoding", b"chunked"),
                ("Expect", b"100-continue"),
                ("Content-Length", b"999"),
                ("@etc", b"a file"),
                ("X-Injected", b"a\r\nb: c"),
            ],
            r#"{"type":"order.paid"}"#,
        ),
        "/api/[x]/../hook?a={b,c}&d=1",
    );
    assert_eq!(request, "POST /api/[x]/../hook?a={b,c}&d=1 HTTP/1.1");
    assert_eq!(body, br#"{"type":"order.paid"}"#);
    let ours: Vec<_> = headers
        .iter()
        .filter(|(name, _)| !["host", "content-length"].contains(&name.to_lowercase().as_str()))
        .map(|(name, value)| (name.as_str(), value.as_slice()))
        .collect();
    assert_eq!(
        ours,
        [
            ("user-agent", b"polar.sh webhooks".as_slice()),
            ("Content-Type", b"application/json"),
            ("webhook-id", b"msg_1"),
            ("X-Twice", b"1"),
            ("X-Bytes", b"caf\xe9 \xff 'quoted' \\ $HOME `id` \"x\""),
            ("x-twice", "2 é".as_bytes()),
            ("X-Empty", b""),
        ]
    );
}

#[test]
fn hostile_bodies_arrive_as_they_are() {
    let large: Vec<u8> = (0..1_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"@/etc/passwd".to_vec(),
        b"-d other".to_vec(),
        b"it's 'quoted' \"twice\" \\ `id` $(id) ${HOME} !! %s \\n".to_vec(),
        b"line\nline\r\n\ttab\n\n".to_vec(),
        b"END\nEND\n".to_vec(),
        b"nul\0nul".to_vec(),
        b"\x1b[201~\x07 rm -rf \x7f".to_vec(),
        "😀 \u{202e}backwards\u{2066} é \u{feff}".into(),
        b"\xff\xfe\xfa\x80".to_vec(),
        b"\x01".repeat(9),
        b"\x012\x0034".to_vec(),
        "'".repeat(INLINE).into_bytes(),
        "é".repeat(1 << 19).into_bytes(),
        large,
    ];
    for body in bodies {
        let (request, headers, arrived) = arrives(&captured("POST", &[], body.clone()), "/hook");
        assert_eq!(request, "POST /hook HTTP/1.1");
        assert!(arrived == body, "{} bytes: {:?}…", body.len(), &body[..body.len().min(40)]);
        let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Host", "Content-Length"], "curl adds nothing of its own");
    }
}

#[test]
fn other_methods_are_kept() {
    for (method, body) in [("GET", ""), ("HEAD", ""), ("PUT", "x"), ("DELETE", ""), ("GET", "with a body")] {
        let (request, _, arrived) = arrives(&captured(method, &[], body), "/");
        assert_eq!((request.as_str(), arrived.as_slice()), (&*format!("{method} / HTTP/1.1"), body.as_bytes()));
    }
}

#[test]
fn nothing_that_a_terminal_acts_upon_stands_in_it() {
    let risky = "a\u{1b}[31m\u{202e}\r\u{7}b";
    let command = curl(&captured("POST", &[("x", risky.as_bytes())], risky), "http://127.0.0.1/");
    assert!(command.contains(r"\033[31m\342\200\256\r\007b"), "{command}");
    assert!(command.chars().all(|c| c == '\n' || !super::risky(c)), "{command:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_body_arrives_as_it_is(body in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        any::<String>().prop_map(String::into_bytes),
        "[ -~'\"\\\\\n\t$`!]{0,200}".prop_map(String::into_bytes),
    ], value in "[!-~]([ -~]{0,30}[!-~])?") {
        let (_, headers, arrived) = arrives(&captured("POST", &[("x-value", value.as_bytes())], body.clone()), "/");
        prop_assert_eq!(arrived, body);
        prop_assert!(headers.iter().any(|(name, sent)| name == "x-value" && sent == value.as_bytes()));
    }
}
