//! An env file of 10 MB, parsed, edited and printed, beside `dotenvy` that only parses the same bytes: the time of the one as a
//! ratio to the other's. Then hostile files of the same size, as ratios to the ordinary one: all must stay small, as the
//! time may only grow with the size. Run with `cargo bench -p polar-setup-core --bench env_file`.

use std::{
    fmt::Write,
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

use polar_setup_core::env_file::Document;

const SIZE: usize = 10 << 20;
const ROUNDS: usize = 5;
/// What parsing, editing and printing may take of what `dotenvy` takes to parse.
const MOST_OF_DOTENVY: f64 = 1.0;
/// What a hostile file may take of what an ordinary one takes.
const MOST_OF_ORDINARY: f64 = 20.0;

fn main() -> ExitCode {
    let ordinary = ordinary();
    let peer = fastest(|| {
        let read = dotenvy::Iter::new(black_box(&ordinary[..]));
        black_box(read.fold(0, |count, read| count + usize::from(read.is_ok())));
    });
    let ours = fastest(|| edit(&ordinary));
    let mut good = report("dotenvy parses", peer, 1.0, 1.0);
    good &= report("parse, edit, print", ours, ratio(ours, peer), MOST_OF_DOTENVY);
    println!("\nHostile files, as ratios to the ordinary one:");
    for (name, piece) in HOSTILE {
        let bytes = piece.repeat(SIZE / piece.len());
        let took = fastest(|| edit(&bytes));
        good &= report(name, took, ratio(took, ours), MOST_OF_ORDINARY);
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const HOSTILE: [(&str, &[u8]); 18] = [
    ("open double quotes", b"A=\"\n"),
    ("open quotes of all kinds", b"A='x\nB=\"x\nC=`x\n"),
    ("escaped quotes", b"A=\"\\\"\\\"\\\" x\n"),
    ("nothing but escaped quotes", b"\\\""),
    ("quotes", b"'"),
    ("export", b"export "),
    ("export over lines", b"export\n"),
    ("blanks", b" "),
    ("blank lines", b"\n"),
    ("lone CR", b"\r"),
    ("A=", b"A="),
    ("A= on lines", b"A=\n"),
    ("A= and blank lines", b"A=\n\n\n\n\n\n\n\n\n\n"),
    ("names without =", b"NAME\n"),
    ("one long name", b"N"),
    ("colons", b"A: "),
    ("wide blanks", "\u{3000}\u{FEFF}".as_bytes()),
    ("NUL", b"\0"),
];

/// Lines as people write them.
fn ordinary() -> Vec<u8> {
    let mut text = String::with_capacity(SIZE + 200);
    let mut count = 0;
    while text.len() < SIZE {
        count += 1;
        let _ = write!(
            text,
            "# Part {count}\nAPI_URL_{count}=https://api-{count}.example.com/v1\nexport TOKEN_{count}='a1b2 {count}'\n\
             TEXT_{count}=\"some words, # {count}\" # note\n\nNUMBER_{count}={count}\n"
        );
    }
    text += "POLAR_WEBHOOK_SECRET=old\nLAST=1\n";
    text.into_bytes()
}

fn edit(bytes: &[u8]) {
    let mut document = Document::parse(black_box(bytes));
    // In a hostile file, the new variable may have no place; then nothing is printed but the file itself.
    let _ = black_box(document.set("POLAR_WEBHOOK_SECRET", "polar_whs_8r3QbYk0fLx7vNnT5mJw2ZcE1uHs6dPa", None));
    black_box(document.to_bytes());
}

fn fastest(mut work: impl FnMut()) -> Duration {
    let mut took = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(|_| took()).min().unwrap_or_default()
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

fn report(name: &str, took: Duration, ratio: f64, most: f64) -> bool {
    let good = ratio <= most;
    let verdict = if good { "" } else { "  TOO SLOW" };
    println!("{name:28} {:8.1} ms  ratio {ratio:.2} (at most {most:.1}){verdict}", took.as_secs_f64() * 1000.0);
    good
}
