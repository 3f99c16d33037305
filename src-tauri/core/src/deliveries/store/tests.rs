use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    thread,
};

use bytes::Bytes;
use proptest::prelude::*;
use redb::ReadableDatabase;
use time::OffsetDateTime;

use super::*;
use crate::{deliveries::Captured, webhook::signature::KeyRule};

fn entry(body: impl Into<Bytes>) -> Entry {
    let captured = Captured {
        received_at: OffsetDateTime::UNIX_EPOCH + time::Duration::nanoseconds(1_795_418_331_000_000_007),
        method: "POST".into(),
        target: "/hook?a=1".into(),
        headers: vec![("Webhook-Id".into(), "msg_1".into()), ("x".into(), Bytes::from_static(b"\xff\0 \n"))],
        body: body.into(),
    };
    Entry::new(captured, Verified::By(KeyRule::StandardWebhooks))
}

fn opened(path: &Path, options: StoreOptions) -> Store {
    let (store, set_aside) = Store::open(path, options).unwrap();
    assert_eq!(set_aside, None);
    store
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = path_for(folder.path(), folder.path());
    (folder, path)
}

fn numbers(entries: &[Entry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.number).collect()
}

#[test]
fn what_was_kept_is_there_after_a_restart_byte_for_byte() {
    let (_folder, path) = place();
    let entries = [
        entry(&b"\0\xff\n{}"[..]),
        Entry { outcome: Some(Outcome { status: Some(500), milliseconds: 7, problem: None }), attempt: 3, ..entry("") },
        Entry { held: true, replay_of: Some(1), verified: Verified::Refused("other secret".into()), ..entry("é\n") },
        Entry { verified: Verified::Unchecked, ..entry("x") },
    ];
    {
        let store = opened(&path, StoreOptions::default());
        for (at, entry) in entries.iter().enumerate() {
            assert_eq!(store.append(entry.clone(), &[]).unwrap(), at as u64 + 1);
        }
        let outcome = Outcome { problem: Some("refused".into()), ..Outcome::default() };
        store.finish(4, outcome, &[]).unwrap();
        store.finish(99, Outcome::default(), &[]).unwrap();
    }
    let store = opened(&path, StoreOptions::default());
    let kept = store.newest(10).unwrap();
    assert_eq!(numbers(&kept), [4, 3, 2, 1]);
    for (kept, entry) in kept.iter().skip(1).zip(entries.iter().rev().skip(1)) {
        assert_eq!(*kept, Entry { number: kept.number, ..entry.clone() });
    }
    assert_eq!(kept[0].outcome.as_ref().unwrap().problem.as_deref(), Some("refused"));
    assert_eq!(numbers(&store.before(3, 1).unwrap()), [2]);
    assert_eq!(store.append(entry("y"), &[]).unwrap(), 5);
}

#[test]
fn secrets_are_nowhere_in_the_file_and_the_entry_is_marked() {
    let (_folder, path) = place();
    let secret = crate::webhook::secret::generate();
    let secrets = [SecretText::new(""), secret.clone()];
    let text = secret.expose();
    let mut leaking = entry(format!("{{\"a\":\"{text}{text}\"}}"));
    leaking.captured.target = format!("/hook?secret={text}");
    leaking.captured.headers.push(("authorization".into(), format!("Bearer {text}").into()));
    leaking.verified = Verified::Refused(format!("not {text}"));
    let store = opened(&path, StoreOptions::default());
    store.append(leaking, &secrets).unwrap();
    store.append(entry("clean"), &secrets).unwrap();
    let outcome = Outcome { problem: Some(format!("said {text}")), ..Outcome::default() };
    store.finish(1, outcome, &secrets).unwrap();
    let kept = store.newest(2).unwrap();
    assert_eq!((kept[0].altered, kept[1].altered), (false, true));
    assert_eq!(kept[1].captured.body, r#"{"a":"********"}"#);
    assert_eq!(kept[1].captured.header("authorization"), "Bearer ****");
    assert_eq!(kept[1].outcome.as_ref().unwrap().problem.as_deref(), Some("said ****"));
    drop(store);
    let bytes = std::fs::read(&path).unwrap();
    assert!(memchr::memmem::find(&bytes, text.as_bytes()).is_none());
    assert!(memchr::memmem::find(&bytes, b"clean").is_some(), "the search would find it");
}

#[test]
fn the_oldest_go_when_it_is_too_many_or_too_much() {
    let (_folder, path) = place();
    let store = opened(&path, StoreOptions { entries: 3, ..StoreOptions::default() });
    for _ in 0..10 {
        store.append(entry("x"), &[]).unwrap();
    }
    assert_eq!(numbers(&store.newest(99).unwrap()), [10, 9, 8]);
    drop(store);
    let large = vec![b'x'; 100_000];
    let store = opened(&path, StoreOptions { bytes: 1_000_000, ..StoreOptions::default() });
    for _ in 0..100 {
        store.append(entry(large.clone()), &[]).unwrap();
    }
    assert_eq!(numbers(&store.newest(99).unwrap()), (102..=110).rev().collect::<Vec<_>>());
    assert!(std::fs::metadata(&path).unwrap().len() < 10_000_000, "dropped space is used again");
    let error = store.append(entry(vec![b'x'; 1_000_000]), &[]).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { .. }), "{error}");
    assert_eq!(store.count().unwrap(), 9);
}

#[test]
fn many_at_the_same_time_get_numbers_of_their_own() {
    let (_folder, path) = place();
    let store = opened(&path, StoreOptions::default());
    let given: Vec<u64> = thread::scope(|scope| {
        let keep = |who: usize| {
            let store = &store;
            move || (0..25).map(|at| store.append(entry(format!("{who} {at}")), &[]).unwrap()).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..8).map(|who| scope.spawn(keep(who))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut sorted = given.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=200).collect::<Vec<_>>());
    // Each thread's own are in its order.
    assert!(given.chunks(25).all(<[u64]>::is_sorted));
    assert_eq!(store.append_all((0..3).map(|_| entry("z")), &[]).unwrap(), [201, 202, 203]);
}

#[test]
fn cleared_and_forgotten_it_is_gone_from_the_disk() {
    let (folder, path) = place();
    let store = opened(&path, StoreOptions { durable: false, ..StoreOptions::default() });
    store.append(entry("a word to be found"), &[]).unwrap();
    store.flush().unwrap();
    let found = || memchr::memmem::find(&std::fs::read(&path).unwrap(), b"a word to be found").is_some();
    assert!(found());
    store.clear().unwrap();
    assert!(!found());
    assert_eq!(store.count().unwrap(), 0);
    assert_eq!(store.append(entry("b"), &[]).unwrap(), 2, "numbers go on");
    store.forget().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(store.append(entry("c"), &[]), Err(StoreError::Closed));
    assert_eq!(store.newest(1), Err(StoreError::Closed));
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = place();
    std::fs::write(&path, "").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    let store = opened(&path, StoreOptions::default());
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    store.clear().unwrap();
    assert_eq!(mode(), 0o600);
}

#[test]
fn a_second_run_is_told_that_it_is_in_use() {
    let (_folder, path) = place();
    let store = opened(&path, StoreOptions::default());
    let error = Store::open(&path, StoreOptions::default()).unwrap_err();
    assert_eq!(error, StoreError::Busy(path.clone()));
    drop(store);
    opened(&path, StoreOptions::default());
}

#[test]
fn a_newer_or_foreign_file_is_set_aside_and_kept() {
    let (_folder, path) = place();
    let store = opened(&path, StoreOptions::default());
    store.append(entry("of the future"), &[]).unwrap();
    drop(store);
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(FACTS).unwrap().insert(SCHEMA, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let (store, set_aside) = Store::open(&path, StoreOptions::default()).unwrap();
    let set_aside = set_aside.unwrap();
    assert!(set_aside.to_string().contains("a newer Polar Setup wrote them (version 2"), "{set_aside}");
    assert_eq!(store.count().unwrap(), 0);
    let kept = Database::open(&set_aside.path).unwrap();
    assert_eq!(kept.begin_read().unwrap().open_table(ENTRIES).unwrap().len().unwrap(), 1);
    drop(store);

    std::fs::write(&path, "this is a diary").unwrap();
    let (store, set_aside) = Store::open(&path, StoreOptions::default()).unwrap();
    assert_eq!(std::fs::read(set_aside.unwrap().path).unwrap(), b"this is a diary");
    assert_eq!(store.append(entry("x"), &[]).unwrap(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever the disk does to it: opened or set aside, and what is read is what was written.
    #[test]
    fn a_broken_file_is_no_panic(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), cut in proptest::option::of(any::<prop::sample::Index>())) {
        let (_folder, path) = place();
        let store = opened(&path, StoreOptions::default());
        store.append_all((0..30).map(|at| entry(format!("{at} {}", "x".repeat(500)))), &[]).unwrap();
        let written = store.newest(99).unwrap();
        drop(store);
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        std::fs::write(&path, bytes).unwrap();
        let (store, set_aside) = Store::open(&path, StoreOptions::default()).unwrap();
        let kept = store.newest(99).unwrap();
        prop_assert!(kept.iter().all(|entry| written.contains(entry)));
        prop_assert!(set_aside.is_none() || kept.is_empty());
        store.append(entry("after"), &[]).unwrap();
    }
}

/// Not a test but the process that the next one kills: it tells each number once it is kept.
#[test]
#[ignore = "run by what_was_told_as_kept_survives_kill_9"]
fn child() {
    let Some(path) = std::env::var_os("POLAR_SETUP_TEST_STORE") else { return };
    let store = opened(Path::new(&path), StoreOptions { entries: 1_000_000, ..StoreOptions::default() });
    thread::scope(|scope| {
        for who in 0..4_u32 {
            let store = &store;
            scope.spawn(move || {
                for at in 0_u32.. {
                    let body = format!("{} {who} {at} {}", std::process::id(), "x".repeat(at as usize % 3000));
                    let number = store.append(entry(body.clone()), &[]).unwrap();
                    // One write to the pipe, so that no line is torn by another.
                    let line = format!("kept {number} {}\n", body.trim_end_matches('x').trim());
                    std::io::stderr().write_all(line.as_bytes()).unwrap();
                }
            });
        }
    });
}

#[test]
fn what_was_told_as_kept_survives_kill_9() {
    let (_folder, path) = place();
    let mut told: BTreeMap<u64, String> = BTreeMap::new();
    for round in 0..8_u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "deliveries::store::tests::child", "--ignored", "--nocapture"])
            .env("POLAR_SETUP_TEST_STORE", &path)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let until = 1 + rand::random_range(0..100) + u64::from(round);
        let mut seen = 0;
        while let Some(Ok(line)) = lines.next() {
            let Some((number, body)) = line.strip_prefix("kept ").and_then(|line| line.split_once(' ')) else {
                panic!("the child says: {line}")
            };
            let before = told.insert(number.parse().unwrap(), body.to_owned());
            assert_eq!(before, None, "number {number} was given twice");
            seen += 1;
            if seen == until {
                child.kill().unwrap();
            }
        }
        assert!(!child.wait().unwrap().success());
        assert!(seen >= until, "it was killed while it wrote");
    }
    let store = opened(&path, StoreOptions::default());
    let kept = store.newest(usize::MAX).unwrap();
    let mut bodies = std::collections::BTreeSet::new();
    for entry in &kept {
        let body = String::from_utf8(entry.captured.body.to_vec()).unwrap();
        let body = body.trim_end_matches('x').trim().to_owned();
        if let Some(told) = told.remove(&entry.number) {
            assert_eq!(body, told);
        }
        assert!(bodies.insert(body), "number {} is there twice", entry.number);
    }
    assert!(told.is_empty(), "lost although told as kept: {told:?}");
    let expected: Vec<u64> = (1..=kept.len() as u64).rev().collect();
    assert_eq!(numbers(&kept), expected, "without a gap");
}

/// Not a test but the process whose disk is full: it says so, and goes on when it is told that there is room.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "run by a_full_disk_loses_nothing_and_is_got_over"]
fn crowded_child() {
    let Some(path) = std::env::var_os("POLAR_SETUP_TEST_STORE") else { return };
    let store = opened(Path::new(&path), StoreOptions::default());
    let keep = || store.append(entry(vec![b'x'; 50_000]), &[]);
    let mut kept = 0;
    let error = loop {
        match keep() {
            Ok(number) => kept = number,
            Err(error) => break error,
        }
    };
    assert!(keep().is_err(), "it is still full");
    eprintln!("full {kept} {error}");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    assert_eq!(keep().unwrap(), kept + 1);
    assert_eq!(store.count().unwrap(), kept + 1);
    eprintln!("room");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing_and_is_got_over() {
    let (_folder, path) = place();
    // A limit on the size of files has the same effect, and needs no disk to be filled.
    let script = "trap '' XFSZ; ulimit -S -f 4000; exec \"$0\" \"$@\"";
    let mut child = Command::new("bash")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "deliveries::store::tests::crowded_child", "--ignored", "--nocapture"])
        .env("POLAR_SETUP_TEST_STORE", &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let full = lines.next().unwrap().unwrap();
    let kept: u64 = full.split(' ').nth(1).unwrap().parse().unwrap_or_else(|_| panic!("{full}"));
    assert!(kept > 10 && full.contains("cannot be read or written"), "{full}");
    let limit = ["--pid", &child.id().to_string(), "--fsize=unlimited"];
    assert!(Command::new("prlimit").args(limit).status().unwrap().success());
    child.stdin.take().unwrap().write_all(b"room\n").unwrap();
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(child.wait().unwrap().success(), "{rest:?}");
    let store = opened(&path, StoreOptions::default());
    assert_eq!(numbers(&store.newest(usize::MAX).unwrap()), (1..=kept + 1).rev().collect::<Vec<_>>());
}
