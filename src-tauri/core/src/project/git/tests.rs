//! Exposure and `.gitignore` against repositories that the `git` program made.

use std::{fs, path::Path, process::Command};

use super::{Exposure, exposure, gitignore, warning};

/// Runs git in a folder, as nobody in particular.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(["-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false", "-C"])
        .arg(folder)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Writes a file and the folders it needs.
pub(super) fn write(folder: &Path, file: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    folder
}

#[test]
fn nested_files_and_negations_count() {
    let root = repository();
    let app = root.path().join("apps/web");
    write(root.path(), ".gitignore", ".env*\n");
    fs::create_dir_all(&app).unwrap();
    assert_eq!(exposure(&app, ".env"), Exposure::Ignored);
    write(&app, ".gitignore", "!.env\n");
    assert_eq!(exposure(&app, ".env"), Exposure::WouldBeTaken);
    assert_eq!(exposure(&app, ".env.local"), Exposure::Ignored);
    write(root.path(), ".git/info/exclude", "secret.txt\n");
    assert_eq!(exposure(&app, "secret.txt"), Exposure::Ignored);
    write(root.path(), ".gitignore", "apps/\n");
    assert_eq!(exposure(&app, ".env"), Exposure::Ignored, "nothing inside an ignored folder is taken back");
}

#[test]
fn the_line_offered_is_the_one_that_works() {
    let root = repository();
    let app = root.path().join("apps/web");
    fs::create_dir_all(&app).unwrap();
    let line = gitignore::line(&app, ".env.local").unwrap();
    assert_eq!(line.line, "/apps/web/.env.local");
    assert!(warning(&app, ".env.local").unwrap().contains("/apps/web/.env.local to the repository's .gitignore"));
    gitignore::append(&line).unwrap();
    assert_eq!(exposure(&app, ".env.local"), Exposure::Ignored);
    assert_eq!(warning(&app, ".env.local"), None);
    write(&app, ".gitignore", "dist\r\nnode_modules");
    let line = gitignore::line(&app, ".env").unwrap();
    assert_eq!((line.line.as_str(), line.name.as_str()), (".env", "apps/web/.gitignore"));
    gitignore::append(&line).unwrap();
    assert_eq!(fs::read(app.join(".gitignore")).unwrap(), b"dist\r\nnode_modules\r\n.env\r\n");
    assert_eq!(exposure(&app, ".env"), Exposure::Ignored);
    for odd in ["#env", "!env", "a*b", "a[1]", "blank "] {
        gitignore::append(&gitignore::line(&app, odd).unwrap()).unwrap();
        assert_eq!(exposure(&app, odd), Exposure::Ignored, "{odd}");
    }
    assert_eq!(exposure(&app, "axb"), Exposure::WouldBeTaken);
}

#[test]
fn worktrees_and_submodules_are_their_own() {
    let root = repository();
    write(root.path(), ".env", "A=1\n");
    git(root.path(), &["add", ".env"]);
    git(root.path(), &["commit", "--quiet", "-m", "first"]);
    let other = tempfile::tempdir().unwrap();
    let tree = other.path().join("tree");
    git(root.path(), &["worktree", "add", "--quiet", "-b", "side", tree.to_str().unwrap()]);
    assert_eq!(exposure(&tree, ".env"), Exposure::Tracked);
    let outer = repository();
    write(outer.path(), ".gitignore", ".env.local\n");
    git(outer.path(), &["submodule", "--quiet", "add", root.path().to_str().unwrap(), "inner"]);
    assert_eq!(exposure(&outer.path().join("inner"), ".env"), Exposure::Tracked);
    assert_eq!(exposure(&outer.path().join("inner"), ".env.local"), Exposure::WouldBeTaken);
}

#[test]
fn what_cannot_be_read_is_said() {
    let root = repository();
    write(root.path(), ".env", "A=1\n");
    git(root.path(), &["add", ".env"]);
    write(root.path(), ".git/index", "rubbish");
    assert_eq!(exposure(root.path(), ".env"), Exposure::Unknown);
    assert!(warning(root.path(), ".env").is_some());
}

#[test]
fn other_hashes_are_read_too() {
    let root = tempfile::tempdir().unwrap();
    git(root.path(), &["init", "--quiet", "--object-format=sha256"]);
    write(root.path(), ".env", "A=1\n");
    git(root.path(), &["add", ".env"]);
    assert_eq!(exposure(root.path(), ".env"), Exposure::Tracked);
}
