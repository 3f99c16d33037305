//! However the output of a program is cut into pieces, and whatever comes in between: the same is seen in it.

use proptest::prelude::*;
use tokio::{io::AsyncWriteExt, sync::mpsc};

use super::super::{output, provider::Seen, *};

/// What a recording tells, when it arrives in pieces of these sizes with strange lines in between.
fn seen(program: &str, recording: &[u8], pieces: &[usize]) -> Vec<Seen> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (mut writer, reader) = tokio::io::duplex(64);
        let (sender, mut lines) = mpsc::channel::<String>(8);
        let written = async move {
            let (mut rest, mut sizes) = (recording, pieces.iter().cycle());
            while !rest.is_empty() {
                let size = sizes.next().copied().unwrap_or(rest.len()).min(rest.len());
                writer.write_all(&rest[..size]).await.unwrap();
                rest = &rest[size..];
            }
        };
        let read = async move {
            let program = Provider::from_name(program).unwrap().program();
            let mut all = Vec::new();
            while let Some(line) = lines.recv().await {
                all.extend(program.read(&line));
            }
            all
        };
        tokio::join!(written, output::lines(reader, sender), read).2
    })
}

/// The recording with lines between its own that mean nothing, at these places.
fn with_noise(recording: &str, places: &[usize]) -> String {
    let noise =
        ["", "ERROR:  something else", "{\"lvl\":\"info\",\"msg\":\"end\"}", "\u{1b}[31mred\u{1b}[0m", "|  |  |"];
    let mut lines: Vec<&str> = recording.lines().collect();
    for (number, place) in places.iter().enumerate() {
        lines.insert(place % lines.len(), noise[number % noise.len()]);
    }
    lines.join("\n")
}

const QUIC: &str = include_str!("../../../../../tests/fixtures/tunnels/cloudflared_quic.txt");
const LIMIT: &str = include_str!("../../../../../tests/fixtures/tunnels/cloudflared_service_429.txt");
const NGROK: &str = include_str!("../../../../../tests/fixtures/tunnels/ngrok_no_internet.txt");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pieces_and_noise_change_nothing(
        pieces in prop::collection::vec(1_usize..300, 1..20),
        places in prop::collection::vec(0_usize..1000, 0..12),
    ) {
        for (program, recording) in [("cloudflared", QUIC), ("cloudflared", LIMIT), ("ngrok", NGROK)] {
            let whole = seen(program, recording.as_bytes(), &[]);
            prop_assert!(!whole.is_empty());
            let noisy = with_noise(recording, &places);
            prop_assert_eq!(&seen(program, noisy.as_bytes(), &pieces), &whole);
        }
    }
}
