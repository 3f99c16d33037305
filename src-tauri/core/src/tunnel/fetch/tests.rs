//! Whole downloads from a real server on this machine, good ones and those that go wrong.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::SystemTime};

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{super::programs::find_in, download::hex, *};

const PROGRAM: &[u8] = b"#!/bin/sh\necho 'cloudflared version 2026.11.1 (built 2026-11-20-0954_UTC)'\n";
const PLAIN: &str = "cloudflared-linux-amd64";
const PACKED: &str = "cloudflared-darwin-arm64.tgz";
const VERSION: &str = "2026.11.1";

/// What the server does when the file is asked for.
enum Serves {
    Whole(Vec<u8>),
    /// Announces all of it, sends this much, and closes.
    Broken(Vec<u8>, usize),
    /// Announces all of it, sends this much, and says no more.
    Stalled(Vec<u8>, usize),
    Status(u16),
    Redirect(&'static str),
}

/// A release and a file; the description has what a test puts into it.
struct Server {
    address: SocketAddr,
    folder: TempDir,
    file: &'static str,
}

/// What is published about the file.
struct Published {
    status: u16,
    name: &'static str,
    size: usize,
    digest: Option<String>,
    notes: Option<String>,
}

impl Published {
    fn of(name: &'static str, content: &[u8]) -> Self {
        let digest = sha256(content);
        Self { status: 200, name, size: content.len(), notes: Some(digest.clone()), digest: Some(digest) }
    }
}

fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// A sound gzip with a tar in it that ends before the program does.
fn cut_off(name: &str) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_size(PROGRAM.len() as u64);
    header.set_cksum();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &[header.as_bytes(), &PROGRAM[..20]].concat()).unwrap();
    gzip.finish().unwrap()
}

fn packed(name: &str, content: &[u8]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, name, content).unwrap();
    archive.into_inner().unwrap().finish().unwrap()
}

impl Server {
    async fn start(published: Published, serves: Serves) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asset = serde_json::json!({
            "name": published.name,
            "size": published.size,
            "browser_download_url": format!("http://{address}/file"),
            "digest": published.digest.map(|digest| format!("sha256:{digest}")),
        });
        let notes = published.notes.map(|sum| format!("### SHA256 Checksums:\n```\n{}: {sum}\n```", published.name));
        let release = serde_json::json!({ "tag_name": VERSION, "body": notes, "assets": [asset] }).to_string();
        let shared = Arc::new((release, published.status, serves));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                tokio::spawn(async move { answer(stream, &shared.0, shared.1, &shared.2).await });
            }
        });
        Self { address, folder: tempfile::tempdir().unwrap(), file: published.name }
    }

    fn options(&self) -> FetchOptions {
        FetchOptions {
            latest: format!("http://{}/latest", self.address).parse().unwrap(),
            file: Some(self.file),
            folder: self.folder.path().join("bin"),
            stall: Duration::from_secs(20),
        }
    }

    async fn fetch(&self) -> FetchView {
        Fetch::start(self.options()).finished().await
    }

    fn left(&self) -> Vec<String> {
        names(&self.folder.path().join("bin"))
    }

    /// It failed, says so, and left nothing.
    async fn fails(&self, says: &[&str]) {
        let view = self.fetch().await;
        assert_eq!((view.phase, &view.path), (FetchPhase::Failed, &None), "{view:?}");
        let problem = view.problem.unwrap();
        assert!(says.iter().all(|words| problem.contains(words)), "{problem}");
        assert!(!view.fix.unwrap().is_empty());
        assert_eq!(self.left(), Vec::<String>::new());
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn answer(mut stream: TcpStream, release: &str, status: u16, serves: &Serves) -> Option<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    let asked = |path: &str| request.starts_with(format!("GET {path} ").as_bytes());
    let head_of = |status: u16, more: String| format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{more}\r\n");
    let length = |length: usize| format!("Content-Length: {length}\r\n");
    let (head, body, stays) = if asked("/latest") {
        (head_of(status, length(release.len())), release.as_bytes(), false)
    } else {
        match serves {
            Serves::Redirect(target) if !asked("/moved") => {
                (head_of(302, format!("Location: {target}\r\n{}", length(0))), &[][..], false)
            }
            Serves::Redirect(_) => (head_of(200, length(PROGRAM.len())), PROGRAM, false),
            Serves::Whole(content) => (head_of(200, length(content.len())), &content[..], false),
            Serves::Broken(content, part) => (head_of(200, length(content.len())), &content[..*part], false),
            Serves::Stalled(content, part) => (head_of(200, length(content.len())), &content[..*part], true),
            Serves::Status(status) => (head_of(*status, length(0)), &[][..], false),
        }
    };
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body).await.ok()?;
    if stays {
        // Until the other side has gone.
        stream.read_u8().await.ok()?;
    }
    Some(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_good_download_is_found_afterwards_and_replaces_an_older_one() {
    let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Whole(PROGRAM.to_vec())).await;
    let folder = server.folder.path().join("bin");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("cloudflared"), "old").unwrap();
    let fetch = Fetch::start(server.options());
    let mut changes = fetch.subscribe();
    let mut phases = vec![changes.borrow_and_update().phase];
    while changes.changed().await.is_ok() {
        phases.push(changes.borrow_and_update().phase);
    }
    assert!(phases.is_sorted_by_key(|phase| *phase as u8), "{phases:?}");
    let view = fetch.status();
    assert_eq!((view.phase, view.problem), (FetchPhase::Done, None));
    assert_eq!((view.bytes, view.total), (PROGRAM.len() as u64, Some(PROGRAM.len() as u64)));
    assert_eq!(view.version.as_deref(), Some(VERSION));
    assert_eq!(server.left(), ["cloudflared"]);
    let found = find_in(&[folder]).await;
    assert_eq!((&found[0].path, found[0].version.as_deref()), (&view.path, Some(VERSION)));
}

#[tokio::test]
async fn one_published_checksum_is_enough_and_none_is_not() {
    for (digest, notes) in [(true, false), (false, true), (false, false)] {
        let mut published = Published::of(PLAIN, PROGRAM);
        published.digest = published.digest.filter(|_| digest);
        published.notes = published.notes.filter(|_| notes);
        let server = Server::start(published, Serves::Whole(PROGRAM.to_vec())).await;
        if digest || notes {
            assert_eq!(server.fetch().await.phase, FetchPhase::Done);
        } else {
            server.fails(&["no published checksum", PLAIN]).await;
        }
    }
}

#[tokio::test]
async fn checksums_that_contradict_each_other_are_refused() {
    let published = Published { notes: Some(sha256(b"other")), ..Published::of(PLAIN, PROGRAM) };
    let server = Server::start(published, Serves::Whole(PROGRAM.to_vec())).await;
    server.fails(&["Two different", &sha256(PROGRAM), &sha256(b"other")]).await;
}

#[tokio::test]
async fn a_wrong_checksum_says_both_and_keeps_what_was_there() {
    let mut bad = PROGRAM.to_vec();
    bad[20] ^= 1;
    for (digest, notes) in [(true, true), (true, false), (false, true)] {
        let mut published = Published::of(PLAIN, PROGRAM);
        published.digest = published.digest.filter(|_| digest);
        published.notes = published.notes.filter(|_| notes);
        let server = Server::start(published, Serves::Whole(bad.clone())).await;
        server.fails(&[&sha256(PROGRAM), &sha256(&bad), "never run"]).await;
        let path = server.folder.path().join("bin/cloudflared");
        fs::write(&path, "old").unwrap();
        assert_eq!(server.fetch().await.phase, FetchPhase::Failed);
        assert_eq!((fs::read(&path).unwrap().as_slice(), server.left().len()), (&b"old"[..], 1));
    }
}

#[tokio::test]
async fn what_breaks_off_or_has_another_length_is_refused() {
    let (whole, longer) = (PROGRAM.to_vec(), [PROGRAM, b"more"].concat());
    let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Broken(whole.clone(), 10)).await;
    server.fails(&["wrong length", "announced"]).await;
    let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Whole(whole[..10].to_vec())).await;
    server.fails(&["wrong length: 10 bytes"]).await;
    let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Whole(longer)).await;
    server.fails(&["wrong length"]).await;
    let large = Published { size: 300 << 20, ..Published::of(PLAIN, PROGRAM) };
    Server::start(large, Serves::Whole(whole)).await.fails(&["more than a cloudflared"]).await;
}

#[tokio::test]
async fn a_download_that_stalls_is_given_up() {
    let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Stalled(PROGRAM.to_vec(), 10)).await;
    let view = Fetch::start(FetchOptions { stall: Duration::from_millis(300), ..server.options() }).finished().await;
    assert_eq!(view.phase, FetchPhase::Failed);
    assert!(view.problem.unwrap().contains("sent nothing for"));
    assert_eq!(server.left(), Vec::<String>::new());
}

#[tokio::test]
async fn bad_answers_have_their_sentences() {
    let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Status(404)).await;
    server.fails(&["404"]).await;
    for (status, says) in [(403, "no more for now"), (429, "no more for now"), (404, "no release"), (500, "status 500")]
    {
        let published = Published { status, ..Published::of(PLAIN, PROGRAM) };
        Server::start(published, Serves::Status(404)).await.fails(&[says]).await;
    }
    let mut server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Status(404)).await;
    server.file = PACKED;
    server.fails(&["has no file", PACKED]).await;
}

#[tokio::test]
async fn redirects_are_followed_only_where_they_may_lead() {
    let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Redirect("/moved")).await;
    assert_eq!(server.fetch().await.phase, FetchPhase::Done);
    for foreign in ["https://example.com/secret?signature=1", "http://192.0.2.1/x"] {
        let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Redirect(foreign)).await;
        server.fails(&["not GitHub's"]).await;
    }
    let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Redirect("/file")).await;
    server.fails(&["redirects without end"]).await;
}

#[tokio::test]
async fn without_a_server_or_a_file_for_this_system_it_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let server = Server { address, folder: tempfile::tempdir().unwrap(), file: PLAIN };
    server.fails(&["refused"]).await;
    let view = Fetch::start(FetchOptions { file: None, ..server.options() }).finished().await;
    assert!(view.problem.unwrap().contains("for this system"));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Whole(PROGRAM.to_vec())).await;
    fs::write(server.folder.path().join("bin"), "a file").unwrap();
    let view = server.fetch().await;
    assert_eq!(view.phase, FetchPhase::Failed);
    assert!(view.problem.unwrap().contains("cannot be written"));
}

#[tokio::test]
async fn cancelled_or_dropped_midway_it_leaves_nothing() {
    for cancels in [true, false] {
        let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Stalled(PROGRAM.to_vec(), 10)).await;
        let fetch = Fetch::start(server.options());
        let mut changes = fetch.subscribe();
        changes.wait_for(|view| view.bytes == 10).await.unwrap();
        assert_eq!(server.left().len(), 1);
        if cancels {
            fetch.cancel().await;
        }
        drop(fetch);
        while changes.changed().await.is_ok() {}
        let view = changes.borrow().clone();
        assert_eq!((view.phase, view.problem), (FetchPhase::Cancelled, None));
        assert_eq!(server.left(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_old_part_of_a_killed_program_is_removed_and_a_new_one_is_not() {
    let server = Server::start(Published::of(PLAIN, PROGRAM), Serves::Status(404)).await;
    let folder = server.folder.path().join("bin");
    fs::create_dir(&folder).unwrap();
    let old = fs::File::create(folder.join(".cloudflared-old.part")).unwrap();
    old.set_modified(SystemTime::now() - Duration::from_secs(48 * 60 * 60)).unwrap();
    fs::write(folder.join(".cloudflared-new.part"), "").unwrap();
    server.fetch().await;
    assert_eq!(server.left(), [".cloudflared-new.part"]);
}

#[cfg(unix)]
#[tokio::test]
async fn what_comes_packed_is_unpacked() {
    let archive = packed("cloudflared", PROGRAM);
    // Cloudflare's notes have the checksum of the program inside.
    for notes in [Some(sha256(PROGRAM)), Some(sha256(&archive)), None] {
        let published = Published { notes, ..Published::of(PACKED, &archive) };
        let server = Server::start(published, Serves::Whole(archive.clone())).await;
        assert_eq!(server.fetch().await.phase, FetchPhase::Done);
        assert_eq!(server.left(), ["cloudflared"]);
        let found = find_in(&[server.folder.path().join("bin")]).await;
        assert_eq!(found[0].version.as_deref(), Some(VERSION));
    }
    let published = Published { notes: Some(sha256(b"other")), ..Published::of(PACKED, &archive) };
    Server::start(published, Serves::Whole(archive)).await.fails(&[&sha256(PROGRAM), &sha256(b"other")]).await;
    for archive in [packed("readme", PROGRAM), cut_off("cloudflared"), b"no archive".to_vec()] {
        let published = Published { notes: None, ..Published::of(PACKED, &archive) };
        Server::start(published, Serves::Whole(archive)).await.fails(&["unpacked"]).await;
    }
}

#[test]
fn every_system_that_we_are_built_for_has_a_file() {
    assert_eq!(release::file_for("linux", "x86_64"), Some(PLAIN));
    assert_eq!(release::file_for("macos", "aarch64"), Some(PACKED));
    assert_eq!(release::file_for("windows", "x86_64"), Some("cloudflared-windows-amd64.exe"));
    assert_eq!(release::file_for("freebsd", "x86_64"), None);
}
