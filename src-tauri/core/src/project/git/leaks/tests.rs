//! The search against repositories that the `git` program made.

use std::{fs, path::Path, time::Duration};

use super::LeakScan;
use crate::{
    SecretText,
    polar::token::{AccessToken, issue},
    project::git::tests::{git, write},
    setup::view::{LeakKind, LeakView, LeaksPhase, LeaksView},
};

struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        git(world.path(), &["init", "--quiet"]);
        world
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        write(self.path(), file, content);
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(self.path(), arguments)
    }

    fn commit(&self, file: &str, content: impl AsRef<[u8]>, message: &str) {
        self.write(file, content);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    /// Commits the token, removes it, and goes on.
    fn planted(token: &str) -> Self {
        let world = Self::new();
        world.commit("readme", "hello\n", "first");
        world.commit("src/pay.ts", format!("// pay\nconst t = \"{token}\";\n"), "Take payments");
        world.commit("src/pay.ts", "// pay\nconst t = process.env.T;\n", "Clean up");
        world.commit("readme", "hello again\n", "more");
        world
    }
}

fn token() -> String {
    AccessToken::issue().secret().expose().to_owned()
}

/// The finished search, in which no secret may stand.
fn scan(folder: &Path, secrets: &[&str]) -> LeaksView {
    let given: Vec<SecretText> = secrets.iter().map(|secret| SecretText::new(*secret)).collect();
    let view = finished(&LeakScan::start(folder, ".env", &given));
    let shown = format!("{view:?}{}", serde_json::to_string(&view).unwrap());
    for secret in secrets {
        assert!(!shown.contains(secret), "a secret is shown");
    }
    view
}

fn finished(scan: &LeakScan) -> LeaksView {
    let mut views = scan.subscribe();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let end = views.wait_for(|view| view.phase != LeaksPhase::Running);
        tokio::time::timeout(Duration::from_secs(60), end).await.unwrap().unwrap().clone()
    })
}

fn only(view: &LeaksView) -> &LeakView {
    assert_eq!(view.leaks.len(), 1, "{view:#?}");
    &view.leaks[0]
}

#[test]
fn a_token_three_commits_back_is_found_loose_and_packed() {
    let token = token();
    let world = World::planted(&token);
    for packed in [false, true] {
        if packed {
            world.git(&["gc", "--quiet", "--aggressive", "--prune=now"]);
        }
        let view = scan(world.path(), &[&token]);
        assert_eq!((view.phase, view.notes.len()), (LeaksPhase::Done, 0), "{view:?}");
        assert_eq!(view.done, view.total);
        let leak = only(&view);
        assert_eq!((leak.kind, leak.in_use, leak.files.len()), (LeakKind::Token, true, 0));
        assert!(leak.steps[0].starts_with("Revoke"));
        let history = leak.history.as_ref().unwrap();
        assert_eq!(
            (history.subject.as_str(), history.path.as_deref(), history.line),
            ("Take payments", Some("src/pay.ts"), 2)
        );
        assert_eq!((history.commits, history.in_head, history.reachable), (1, false, true));
        assert!(world.git(&["log", "--format=%H"]).contains(&history.commit));
    }
}

#[test]
fn one_secret_in_many_commits_is_one_leak() {
    let (token, other) = (token(), token());
    let world = World::new();
    world.commit("a", &token, "brings it");
    world.commit("b", "more", "keeps it");
    world.commit("c", format!("{token}\n{token}"), "spreads it");
    let view = scan(world.path(), &[&other]);
    let leak = only(&view);
    assert!(!leak.in_use && leak.masked.starts_with("polar_oat_"));
    assert!(!format!("{view:?}").contains(&token));
    let history = leak.history.as_ref().unwrap();
    assert_eq!((history.subject.as_str(), history.commits, history.in_head), ("brings it", 3, true));
    assert_eq!(leak.files.len(), 2);
}

#[test]
fn every_corner_of_the_history_is_looked_into() {
    let secrets: Vec<String> = (0..7).map(|_| token()).collect();
    let world = World::new();
    world.commit("readme", "x", "first");
    world.git(&["checkout", "--quiet", "-b", "side"]);
    world.commit("side", &secrets[0], "on a side branch");
    world.git(&["checkout", "--quiet", "main"]);
    world.commit("main", "y", "second");
    world.git(&["merge", "--quiet", "--no-commit", "side"]);
    world.write("merged", &secrets[1]);
    world.git(&["add", "--all"]);
    world.git(&["commit", "--quiet", "-m", "merge"]);
    world.git(&["checkout", "--quiet", "--detach"]);
    world.commit("tagged", &secrets[2], "tagged only");
    world.git(&["tag", "v1"]);
    world.git(&["checkout", "--quiet", "main"]);
    world.write("readme", &secrets[3]);
    world.git(&["stash", "--quiet"]);
    world.commit("lost", &secrets[4], "thrown away");
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world.git(&["commit", "--quiet", "--allow-empty", "-m", &format!("uses {}", secrets[5])]);
    world.git(&["tag", "-a", "v2", "-m", &format!("uses {}", secrets[6])]);
    let view = scan(world.path(), &secrets.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(view.leaks.len(), 7, "{view:#?}");
    let histories: Vec<_> = secrets
        .iter()
        .map(|secret| {
            let masked = SecretText::new(secret.as_str()).masked();
            view.leaks.iter().find(|leak| leak.masked == masked).unwrap().history.clone().unwrap()
        })
        .collect();
    let subjects: Vec<_> = histories.iter().map(|history| history.subject.as_str()).collect();
    assert_eq!(subjects[..3], ["on a side branch", "merge", "tagged only"]);
    assert!(subjects[3].starts_with("WIP on main") && subjects[4] == "thrown away");
    assert!(subjects[5].starts_with("uses polar_oat_•") && histories[5].path.is_none());
    let reachable: Vec<_> = histories.iter().map(|history| history.reachable).collect();
    assert_eq!(reachable, [true, true, true, true, false, true, true]);
}

#[test]
fn near_misses_are_none() {
    let token = token();
    let world = World::new();
    let last = if token.ends_with('0') { '1' } else { '0' };
    let misses =
        [format!("{}{last}", &token[..52]), token[..52].to_owned(), format!("{token}x"), format!("my_{token}")];
    world.commit("misses", misses.join("\n"), "near");
    assert_eq!(scan(world.path(), &[]).leaks, []);
}

#[test]
fn the_ignored_env_file_is_no_leak_and_the_tracked_one_is() {
    let (token, secret) = (token(), issue("polar_whs_"));
    let world = World::new();
    let env = format!("POLAR_ACCESS_TOKEN={token}\nPOLAR_WEBHOOK_SECRET={secret}\n");
    world.commit("apps/web/.gitignore", ".env\n", "first");
    world.write("apps/web/.env", &env);
    let app = world.path().join("apps/web");
    assert_eq!(scan(&app, &[&token, &secret]).leaks, []);
    world.write("apps/api/.env", &env);
    let view = scan(&app, &[&token, &secret]);
    assert_eq!(view.leaks.iter().map(|leak| leak.kind).collect::<Vec<_>>(), [LeakKind::Token, LeakKind::WebhookSecret]);
    let file = &view.leaks[1].files[0];
    assert_eq!((file.path.as_str(), file.line, file.tracked), ("apps/api/.env", 2, false));
    world.git(&["add", "--force", "apps/web/.env"]);
    world.git(&["commit", "--quiet", "-m", "oops"]);
    assert!(scan(&app, &[&token]).leaks[0].files.iter().any(|file| file.path == "apps/web/.env" && file.tracked));
    fs::remove_dir_all(world.path().join("apps/api")).unwrap();
    world.git(&["rm", "--quiet", "--cached", "apps/web/.env"]);
    world.git(&["commit", "--quiet", "-m", "ignored now"]);
    let view = scan(&app, &[&token]);
    let leak = only(&view);
    assert_eq!((leak.files.len(), leak.history.as_ref().unwrap().in_head), (0, false));
}

#[test]
fn what_browsers_get_is_told() {
    let secret = token();
    let world = World::new();
    world.write(".gitignore", ".env\n");
    world.write(".env", "NEXT_PUBLIC_POLAR_ACCESS_TOKEN=x\nNEXT_PUBLIC_POLAR_SERVER=sandbox\n");
    world.write("public/config.js", format!("window.t='{secret}'"));
    world.write("app/button.tsx", "// top\n'use client'\nconst t = process.env.POLAR_ACCESS_TOKEN\n");
    world.write("app/page.tsx", "const t = process.env.POLAR_ACCESS_TOKEN\n");
    let view = scan(world.path(), &[&secret]);
    assert_eq!(view.leaks.len(), 3, "{view:#?}");
    assert!(view.leaks[0].client_side && view.leaks[0].files[0].path == "public/config.js");
    let named: Vec<_> =
        view.leaks[1..].iter().map(|leak| (leak.masked.as_str(), leak.files[0].path.as_str())).collect();
    assert_eq!(named, [("NEXT_PUBLIC_POLAR_ACCESS_TOKEN", ".env"), ("POLAR_ACCESS_TOKEN", "app/button.tsx")]);
    assert_eq!(view.leaks[2].files.len(), 1);
}

#[test]
fn a_damaged_object_does_not_hide_the_others() {
    let token = token();
    let world = World::planted(&token);
    let id = world.git(&["rev-parse", "HEAD:readme"]);
    let object = world.path().join(".git/objects").join(&id[..2]).join(id[2..].trim());
    fs::remove_file(&object).unwrap();
    fs::write(&object, b"rubbish").unwrap();
    let view = scan(world.path(), &[&token]);
    assert_eq!(only(&view).kind, LeakKind::Token);
    assert!(view.notes[0].starts_with("1 objects of the repository are damaged"), "{:?}", view.notes);
}

#[test]
fn a_damaged_pack_is_told() {
    let token = token();
    let world = World::planted(&token);
    world.git(&["gc", "--quiet", "--prune=now"]);
    let pack = fs::read_dir(world.path().join(".git/objects/pack")).unwrap().flatten().map(|entry| entry.path());
    let pack = pack.into_iter().find(|path| path.extension().unwrap() == "pack").unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8].fill(0xff);
    fs::remove_file(&pack).unwrap();
    fs::write(&pack, bytes).unwrap();
    world.write("new.txt", &token);
    let view = scan(world.path(), &[&token]);
    assert_eq!(only(&view).files[0].path, "new.txt");
    assert!(view.notes.iter().any(|note| note.contains("damaged")), "{:?}", view.notes);
}

#[test]
fn a_folder_without_a_repository_has_files_only() {
    let token = token();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), ".env", &token);
    write(folder.path(), "deep/in/notes.txt", &token);
    let view = scan(folder.path(), &[&token]);
    assert_eq!(view.phase, LeaksPhase::NoRepository);
    assert_eq!(only(&view).files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["deep/in/notes.txt"]);
    assert!(only(&view).history.is_none());
}

#[test]
fn other_hashes_worktrees_and_clones_are_looked_into() {
    let token = token();
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet", "--object-format=sha256", "new"]);
    let new = World::planted(&token);
    let sha256 = folder.path().join("new");
    write(&sha256, "a", &token);
    git(&sha256, &["add", "a"]);
    git(&sha256, &["commit", "--quiet", "-m", "sha256"]);
    assert_eq!(only(&scan(&sha256, &[&token])).history.as_ref().unwrap().subject, "sha256");
    let tree = folder.path().join("tree");
    new.git(&["worktree", "add", "--quiet", "-b", "side", tree.to_str().unwrap()]);
    assert_eq!(only(&scan(&tree, &[&token])).history.as_ref().unwrap().subject, "Take payments");
    let shared = folder.path().join("shared");
    git(folder.path(), &["clone", "--quiet", "--shared", new.path().to_str().unwrap(), shared.to_str().unwrap()]);
    assert_eq!(only(&scan(&shared, &[&token])).history.as_ref().unwrap().subject, "Take payments");
    let shallow = folder.path().join("shallow");
    let origin = format!("file://{}", new.path().display());
    git(folder.path(), &["clone", "--quiet", "--depth=1", &origin, shallow.to_str().unwrap()]);
    let view = scan(&shallow, &[&token]);
    assert!(view.leaks.is_empty() && view.notes[0].contains("shallow"), "{view:?}");
    let bare = folder.path().join("bare");
    git(folder.path(), &["clone", "--quiet", "--bare", new.path().to_str().unwrap(), bare.to_str().unwrap()]);
    assert_eq!(only(&scan(&bare, &[&token])).history.as_ref().unwrap().subject, "Take payments");
}

#[test]
fn a_staged_file_is_found_though_no_commit_has_it() {
    let token = token();
    let world = World::planted("nothing");
    world.write("a", &token);
    world.git(&["add", "a"]);
    world.write("a", "");
    let view = scan(world.path(), &[&token]);
    let history = only(&view).history.as_ref().unwrap();
    assert_eq!((history.commit.as_str(), history.commits, history.reachable), ("", 0, false));
}

#[test]
fn an_env_file_that_was_committed_is_told() {
    let world = World::new();
    world.commit("readme", "x", "first");
    world.commit("apps/web/.env", "A=1\n", "oops");
    world.commit("apps/web/.env", "A=2\n", "oops again");
    // Made within one second, either may count as the newest.
    let both = world.git(&["log", "--format=%h", "--abbrev=10", "-2"]);
    world.git(&["rm", "--quiet", "apps/web/.env"]);
    world.commit("apps/web/readme", "x", "gone");
    let note = |folder: &Path| scan(folder, &[]).notes.first().cloned().unwrap_or_default();
    let said = note(&world.path().join("apps/web"));
    assert!(said.starts_with("2 commits hold .env") && both.lines().any(|one| said.contains(one)), "{said}");
    // That is another file.
    assert_eq!(note(world.path()), "");
}

#[test]
fn a_cancelled_search_ends_before_everything_was_looked_at() {
    let world = World::new();
    for number in 0..3_000 {
        world.write(&format!("{}/{number}.txt", number % 50), "some text\n".repeat(2_000));
    }
    let scan = LeakScan::start(world.path(), ".env", &[]);
    let mut views = scan.subscribe();
    scan.cancel();
    let view = finished(&scan);
    assert_eq!(view.phase, LeaksPhase::Cancelled);
    assert!(view.done < 3_000, "{view:?}");
    drop(scan);
    assert_eq!(views.borrow_and_update().phase, LeaksPhase::Cancelled);
}

#[cfg(unix)]
#[test]
fn no_program_of_the_repository_is_run() {
    use std::os::unix::fs::PermissionsExt;
    let token = token();
    let world = World::planted(&token);
    let away = tempfile::tempdir().unwrap();
    let spy = away.path().join("spy");
    fs::write(&spy, "#!/bin/sh\ntouch \"$(dirname \"$0\")/was-run\"\n").unwrap();
    fs::set_permissions(&spy, fs::Permissions::from_mode(0o755)).unwrap();
    let spy = spy.to_str().unwrap();
    world.write(".gitattributes", "* filter=spy diff=spy\n");
    for name in [
        "core.fsmonitor",
        "core.sshCommand",
        "filter.spy.clean",
        "filter.spy.smudge",
        "diff.spy.textconv",
        "credential.helper",
    ] {
        world.git(&["config", name, spy]);
    }
    assert_eq!(scan(world.path(), &[&token]).leaks.len(), 1);
    assert!(!away.path().join("was-run").exists());
}
