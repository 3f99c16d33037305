//! Which programs listen on which ports, as Linux tells it; elsewhere nothing is known, and nothing is concluded from it.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

/// A program that listens on a port.
#[derive(Debug, Clone)]
pub struct Listener {
    pub port: u16,
    pub id: u32,
    pub name: String,
    /// Whether it works in the folder; `None`: above it, somewhere that is no project, or not known.
    pub is_in_folder: Option<bool>,
    /// Whether it is one of this program's own.
    pub is_ours: bool,
    /// Its command line.
    pub command: String,
    pub began: Option<SystemTime>,
}

/// A running program.
#[derive(Debug, Clone)]
pub struct Running {
    pub id: u32,
    pub name: String,
    pub arguments: Vec<String>,
    /// The environment that it was started with, as far as it may be read.
    pub environment: Vec<String>,
    pub began: Option<SystemTime>,
}

impl Running {
    /// A variable in its environment.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.iter().find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='))
    }
}

/// The programs whose names begin so.
#[cfg(target_os = "linux")]
pub fn running(names: &[&str]) -> Vec<Running> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let texts = |path: &Path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        let parts = bytes.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>()
    };
    let read = |entry: std::fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let arguments = texts(&entry.path().join("cmdline"));
        let name = Path::new(arguments.first()?).file_name()?.to_str()?.to_owned();
        let is_wanted = names.iter().any(|wanted| name.starts_with(wanted));
        is_wanted.then(|| Running {
            id,
            name,
            arguments,
            environment: texts(&entry.path().join("environ")),
            began: began(id),
        })
    };
    entries.flatten().filter_map(read).collect()
}

#[cfg(not(target_os = "linux"))]
pub fn running(_: &[&str]) -> Vec<Running> {
    Vec::new()
}

/// Which program listens on which port.
pub fn ports_of_programs() -> Vec<(u32, u16)> {
    listeners(Path::new("/")).into_iter().map(|listener| (listener.id, listener.port)).collect()
}

/// Whether a program that listens works in a folder, as far as the system tells.
pub fn works_in(folder: &Path) -> bool {
    listeners(folder).iter().any(|listener| listener.is_in_folder == Some(true) && !listener.is_ours)
}

/// Whether this program's own command `listen` runs for a folder, by Polar's relay.
pub fn listens_for(folder: &Path) -> bool {
    let is_it = |program: Running| {
        let has = |word: &str| program.arguments.iter().any(|argument| argument == word);
        let named = program.arguments.iter().skip_while(|argument| *argument != "--project").nth(1);
        let same = |named: &String| matches!((Path::new(named).canonicalize(), folder.canonicalize()), (Ok(a), Ok(b)) if a == b);
        has("listen") && !has("--tunnel") && named.is_some_and(same)
    };
    running(&["polar-setup"]).into_iter().any(is_it)
}

/// The name of the program that listens on a port, if the system tells.
pub fn name_at(port: u16) -> Option<String> {
    listeners(Path::new("/")).into_iter().find(|listener| listener.port == port).map(|listener| listener.name)
}

#[cfg(not(target_os = "linux"))]
pub fn listeners(_: &Path) -> Vec<Listener> {
    Vec::new()
}

/// What the folder of a web app holds.
#[cfg(target_os = "linux")]
const MANIFESTS: [&str; 7] =
    ["package.json", "deno.json", "pyproject.toml", "requirements.txt", "go.mod", "composer.json", "Gemfile"];

/// Programs that run apps, and what the folder of an app of theirs holds.
#[cfg(target_os = "linux")]
const RUNTIMES: [(&[&str], &[&str]); 4] = [
    (&["node", "bun", "deno", "next-server"], &["package.json", "deno.json", "deno.jsonc"]),
    (
        &["python", "uvicorn", "gunicorn", "flask"],
        &["pyproject.toml", "requirements.txt", "Pipfile", "setup.py", "manage.py"],
    ),
    (&["php"], &["composer.json", "index.php", "public/index.php"]),
    (&["ruby", "puma"], &["Gemfile"]),
];

/// Whether a program runs another language's apps than those in the folder, as far as its manifests tell.
#[cfg(target_os = "linux")]
fn speaks_otherwise(name: &str, folder: &Path) -> bool {
    let has = |files: &[&str]| files.iter().any(|file| folder.join(file).is_file());
    let runs = RUNTIMES.iter().find(|(names, _)| names.iter().any(|known| name.starts_with(known)));
    runs.is_some_and(|(_, files)| !has(files)) && RUNTIMES.iter().any(|(_, files)| has(files))
}

/// The environment that a program was started with; `None`: it may not be read.
#[cfg(target_os = "linux")]
pub fn environment(id: u32) -> Option<Vec<String>> {
    let bytes = std::fs::read(format!("/proc/{id}/environ")).ok().filter(|bytes| !bytes.is_empty())?;
    Some(bytes.split(|byte| *byte == 0).map(|entry| String::from_utf8_lossy(entry).into_owned()).collect())
}

#[cfg(not(target_os = "linux"))]
pub fn environment(_: u32) -> Option<Vec<String>> {
    None
}

/// When the program began that put a variable into another's environment, where that is a reloader or a starter of this
/// project: one that works in the folder, was not given the variable itself, and is no shell that somebody types into.
#[cfg(target_os = "linux")]
pub fn set_by(id: u32, variable: &str, folder: &Path) -> Option<SystemTime> {
    let folder = std::fs::canonicalize(folder).ok()?;
    let begins = format!("{variable}=");
    let has_it = |id: u32| environment(id).is_some_and(|all| all.iter().any(|entry| entry.starts_with(&begins)));
    let mut origin = id;
    while has_it(origin) {
        origin = parent(origin)?;
    }
    let works_here = std::fs::read_link(format!("/proc/{origin}/cwd")).is_ok_and(|cwd| cwd.starts_with(&folder));
    let words = std::fs::read(format!("/proc/{origin}/cmdline")).unwrap_or_default();
    let words = words.split(|byte| *byte == 0).filter(|word| !word.is_empty()).collect::<Vec<_>>();
    let is_typed_into = words.len() < 2;
    // A script that sets it itself has it from no file.
    let sets_it = words.iter().skip(1).any(|word| {
        let script = folder.join(String::from_utf8_lossy(word).as_ref());
        std::fs::read_to_string(script).is_ok_and(|text| text.contains(&begins))
    });
    began(origin).filter(|_| origin != id && works_here && !is_typed_into && !sets_it)
}

#[cfg(not(target_os = "linux"))]
pub fn set_by(_: u32, _: &str, _: &Path) -> Option<SystemTime> {
    None
}

/// The process that started a process.
#[cfg(target_os = "linux")]
fn parent(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // Behind the name, in parentheses: the state, and the parent's id (proc(5)).
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok().filter(|parent| *parent > 1)
}

/// All programs of this user that listen; those of others do not tell.
#[cfg(target_os = "linux")]
pub fn listeners(folder: &Path) -> Vec<Listener> {
    use std::{collections::HashMap, fs};

    let sockets: HashMap<u64, u16> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .flat_map(|text| listening(&text))
        .collect();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(files) = fs::read_dir(entry.path().join("fd")) else { continue };
        let ports = files.flatten().filter_map(|file| {
            let link = fs::read_link(file.path()).ok()?;
            let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()?;
            sockets.get(&inode).copied()
        });
        let mut ports = ports.collect::<Vec<_>>();
        ports.sort_unstable();
        ports.dedup();
        if ports.is_empty() {
            continue;
        }
        let began = began(id);
        let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default().trim().to_owned();
        let arguments = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&arguments).replace('\0', " ");
        let is_named = command
            .split(&*folder.to_string_lossy())
            .skip(1)
            .any(|rest| rest.is_empty() || rest.starts_with(['/', ' ', '"', '\'']));
        let is_in_folder = fs::read_link(entry.path().join("cwd")).ok().and_then(|cwd| {
            // A service manager starts apps anywhere: only a program of another project or language is surely another.
            let is_above = folder.starts_with(&cwd);
            let is_other = MANIFESTS.iter().any(|file| cwd.join(file).is_file()) || speaks_otherwise(&name, &folder);
            if cwd.starts_with(&folder) || is_named { Some(true) } else { (!is_above && is_other).then_some(false) }
        });
        let is_ours = name.starts_with("polar-setup") || name == "cloudflared" || name == "ngrok";
        found.extend(ports.into_iter().map(|port| Listener {
            port,
            id,
            name: name.clone(),
            is_in_folder,
            is_ours,
            command: command.clone(),
            began,
        }));
    }
    found
}

/// When a program was started, to the hundredth of a second: whole seconds would not tell an env file that was written just
/// before the start from one that was changed after it.
#[cfg(target_os = "linux")]
fn began(id: u32) -> Option<SystemTime> {
    /// The unit of `/proc/PID/stat` (proc(5)): `USER_HZ`, which is 100 on every architecture that Rust has.
    const TICKS_PER_SECOND: f64 = 100.0;
    let read = |path: String| std::fs::read_to_string(path).ok();
    let uptime = read("/proc/uptime".to_owned())?.split_whitespace().next()?.parse::<f64>().ok()?;
    let stat = read(format!("/proc/{id}/stat"))?;
    // The name, in parentheses, may have blanks; behind it the start is the 20th field.
    let ticks = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse::<f64>().ok()?;
    let age = Duration::try_from_secs_f64((uptime - ticks / TICKS_PER_SECOND).max(0.0)).ok()?;
    SystemTime::now().checked_sub(age)
}

/// The sockets that listen, as `/proc/net/tcp` has them: inode and port.
#[cfg(target_os = "linux")]
fn listening(text: &str) -> Vec<(u64, u16)> {
    const LISTEN: &str = "0A";
    let read = |line: &str| {
        let fields = line.split_whitespace().collect::<Vec<_>>();
        let port = u16::from_str_radix(fields.get(1)?.rsplit(':').next()?, 16).ok()?;
        (*fields.get(3)? == LISTEN).then_some((fields.get(9)?.parse().ok()?, port))
    };
    text.lines().skip(1).filter_map(read).collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_program_is_told_to_hundredths_of_a_second() {
        const ROUNDING: Duration = Duration::from_millis(40);
        let before = SystemTime::now() - ROUNDING;
        let mut program = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let after = SystemTime::now() + ROUNDING;
        let began = began(program.id()).unwrap();
        let ended = program.kill().and_then(|()| program.wait());
        assert!(before <= began && began <= after, "{before:?} {began:?} {after:?}");
        ended.unwrap();
    }

    #[test]
    fn finds_the_program_behind_a_port() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let here = std::env::current_dir().unwrap();
        let found = listeners(&here).into_iter().find(|found| found.port == port).unwrap();
        assert_eq!(found.is_in_folder, Some(true));
        assert!(found.began.unwrap() <= SystemTime::now());
        let elsewhere = listeners(Path::new("/usr/share")).into_iter().find(|found| found.port == port).unwrap();
        assert_eq!(elsewhere.is_in_folder, None, "a folder that is no web project tells nothing");
    }
}
