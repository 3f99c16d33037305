//! The search for leaked secrets against `git grep`, in one run: a repository of 100,000 files and 3,000 commits.
//! `LEAKS_FILES` and `LEAKS_COMMITS` make it smaller or larger.

use std::{
    error::Error,
    fmt::Write as _,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use polar_setup_core::{
    polar::token::AccessToken,
    project::git::leaks::LeakScan,
    setup::view::{LeaksPhase, LeaksView},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let (files, commits) = (number("LEAKS_FILES", 100_000), number("LEAKS_COMMITS", 3_000));
    let folder = tempfile::tempdir()?;
    let token = AccessToken::issue();
    make(folder.path(), files, commits, token.secret().expose())?;
    println!("{files} files, {commits} commits");

    let warm = git(folder.path(), &["grep", "-c", "polar_oat_"])?;
    let tree = git(folder.path(), &["grep", "-n", "polar_oat_"])?.min(warm);
    let log = git(folder.path(), &["log", "-p", "--all", "--format=%h", "-Gpolar_oat_"])?;
    println!("git grep, working tree:        {:8.2} s", tree.as_secs_f64());
    println!("git log -p --all -G:           {:8.2} s", log.as_secs_f64());

    let (whole, view) = scan(folder.path())?;
    let leak = view.leaks.first().ok_or("the planted token was not found")?;
    let history = leak.history.as_ref().ok_or("the planted token's commit was not found")?;
    if view.leaks.len() != 1 || history.subject != "planted" {
        return Err(format!("something else was found: {:?}", view.leaks).into());
    }
    println!(
        "our search, files and history: {:8.2} s, {:.2} of git's two",
        whole.as_secs_f64(),
        ratio(whole, tree + log)
    );

    // Without its repository the same folder is only its files.
    let away = tempfile::tempdir()?;
    std::fs::rename(folder.path().join(".git"), away.path().join("git"))?;
    let (only_files, view) = scan(folder.path())?;
    if view.done < u64::from(files) {
        return Err("not all files were looked at".into());
    }
    println!(
        "our search, files only:        {:8.2} s, {:.2} of git grep",
        only_files.as_secs_f64(),
        ratio(only_files, tree)
    );
    let history = whole.saturating_sub(only_files);
    println!("our search, history (the rest):{:8.2} s, {:.2} of git log", history.as_secs_f64(), ratio(history, log));
    if let Some(peak) = peak() {
        println!("our peak memory, mapped packs included: {peak}");
    }
    Ok(())
}

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

fn scan(folder: &Path) -> Outcome<(Duration, LeaksView)> {
    let begun = Instant::now();
    let scan = LeakScan::start(folder, ".env", &[]);
    let mut views = scan.subscribe();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let view = runtime.block_on(views.wait_for(|view| view.phase != LeaksPhase::Running))?.clone();
    Ok((begun.elapsed(), view))
}

fn git(folder: &Path, arguments: &[&str]) -> Outcome<Duration> {
    let begun = Instant::now();
    // `git grep` ends with 1 when it finds nothing.
    Command::new("git").arg("-C").arg(folder).args(arguments).stdout(Stdio::null()).status()?;
    Ok(begun.elapsed())
}

/// The same repository every time, but for the token.
fn make(folder: &Path, files: u32, commits: u32, token: &str) -> Outcome<()> {
    let run = |arguments: &[&str]| -> Outcome<()> {
        let done = Command::new("git").arg("-C").arg(folder).args(arguments).status()?;
        if done.success() { Ok(()) } else { Err(format!("git {arguments:?} failed").into()) }
    };
    run(&["init", "--quiet", "--initial-branch=main"])?;
    let mut import =
        Command::new("git").arg("-C").arg(folder).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    let mut stream = std::io::BufWriter::new(import.stdin.take().ok_or("fast-import takes no input")?);
    for commit in 0..commits {
        let subject = if commit == commits / 2 { "planted" } else { "work" };
        let seconds = 1_700_000_000 + u64::from(commit) * 60;
        writeln!(stream, "commit refs/heads/main\ncommitter B <b@example.com> {seconds} +0000")?;
        writeln!(stream, "data {}\n{subject}", subject.len())?;
        // The first commit has all files; each later one changes ten.
        let changed: Vec<u32> = if commit == 0 {
            (0..files).collect()
        } else {
            (0..10).map(|n| (commit * 7_919 + n * 104_729) % files).collect()
        };
        for file in changed {
            let text = text(file, commit);
            write!(stream, "M 100644 inline {}\ndata {}\n{text}\n", path(file), text.len())?;
        }
        if commit == commits / 2 {
            let text = format!("const token = '{token}';\n");
            write!(stream, "M 100644 inline src/planted.ts\ndata {}\n{text}\n", text.len())?;
        }
        if commit == commits / 2 + 1 {
            writeln!(stream, "D src/planted.ts")?;
        }
    }
    stream.flush()?;
    drop(stream);
    if !import.wait()?.success() {
        return Err("fast-import failed".into());
    }
    run(&["repack", "-a", "-d", "--quiet"])?;
    run(&["reset", "--quiet", "--hard", "main"])
}

fn path(file: u32) -> String {
    format!("src/part{}/area{}/file{file}.ts", file % 40, file / 40 % 50)
}

/// About two kilobytes that look like code.
fn text(file: u32, commit: u32) -> String {
    let mut text = format!("// file {file} at {commit}\n");
    let mut state = file.wrapping_mul(2_654_435_761).wrapping_add(1);
    for line in 0..40 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let _ = writeln!(text, "export const value{line} = compute({state}, 'polar', {});", state >> 7);
    }
    text
}

/// What Linux says of this process; other systems tell it in other ways.
fn peak() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|size| size.trim().to_owned())
}
