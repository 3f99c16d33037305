//! Env files that the project names itself: in a script's flag or in the code that loads them.

use std::sync::LazyLock;

use regex::Regex;

use super::order::Loader;
use crate::{
    env_file::Reader,
    project::{
        manifest::{Manifests, PACKAGE},
        source::Source,
    },
    setup::view::Place,
};

/// The files, the strongest first, and where they are named.
pub(super) struct Named {
    pub(super) files: Vec<String>,
    pub(super) reader: Option<Reader>,
    pub(super) at: Place,
}

fn expression(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

const SCRIPTS: [&str; 5] = ["dev", "start:dev", "develop", "start", "serve"];

pub(super) fn find(loader: Loader, manifests: &Manifests, sources: &[Source]) -> Option<Named> {
    in_scripts(loader, manifests).or_else(|| in_tasks(manifests)).or_else(|| in_code(loader, sources))
}

/// `vite dev --mode staging`.
pub(super) fn mode(manifests: &Manifests) -> Option<&str> {
    static MODE: LazyLock<Regex> = LazyLock::new(|| expression(r"\s(?:--mode[= ]|-m )([\w-]+)"));
    let script = SCRIPTS.iter().find_map(|name| manifests.script(name))?;
    Some(MODE.captures(script)?.get(1)?.as_str())
}

static FLAG: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(--env-file(?:-if-exists)?|--dotenv|dotenvx? run -f|dotenv -e)[= ]["']?([^\s"']+)"#)
});

/// `node --env-file=.env.local`: of several the last is the strongest.
fn in_scripts(loader: Loader, manifests: &Manifests) -> Option<Named> {
    SCRIPTS.iter().find_map(|name| {
        let script = manifests.script(name)?;
        let mut files: Vec<String> = FLAG.captures_iter(script).filter_map(|found| inside(&found[2])).collect();
        files.reverse();
        let flag = FLAG.captures(script)?.get(1)?.as_str().to_owned();
        let reader = match flag.as_str() {
            _ if script.contains("docker ") => Some(Reader::DockerEnvFile),
            "--dotenv" => None,
            flag if flag.starts_with("--env-file") && loader != Loader::Bun && !script.contains("bun ") => {
                Some(Reader::Node)
            }
            flag if flag.starts_with("dotenvx") => Some(Reader::Dotenvx),
            _ => None,
        };
        let at = Place::new(PACKAGE, manifests.package_line(name));
        (!files.is_empty()).then_some(Named { files, reader, at })
    })
}

/// `deno run --env-file=.env.local`; without a name it is `.env`.
fn in_tasks(manifests: &Manifests) -> Option<Named> {
    let (file, deno) = manifests.deno()?;
    let tasks = deno.get("tasks")?.as_object()?;
    ["dev", "start"].iter().find_map(|name| {
        let task = tasks.get(*name)?;
        let task = task.as_str().or_else(|| task.get("command")?.as_str())?;
        let mut files: Vec<String> = FLAG.captures_iter(task).filter_map(|found| inside(&found[2])).collect();
        files.retain(|file| file.contains("env"));
        files.reverse();
        let at = Place::new(file, manifests.other_line(file, name));
        (!files.is_empty()).then_some(Named { files, reader: Some(Reader::Dotenvy), at })
    })
}

/// `dotenv.config({ path: ".env.local" })`, `envFilePath: […]`, `load_dotenv("…")`, `env_file="…"`, `godotenv.Load("…")`.
fn in_code(loader: Loader, sources: &[Source]) -> Option<Named> {
    static CALL: LazyLock<Regex> = LazyLock::new(|| {
        expression(concat!(
            r"(?:\bconfig\(\s*\{[^}]*?\bpath\s*:|\benvFilePath\s*:|\bload_dotenv\(|\bread_env\(|\bdotenv_path\s*=",
            r#"|\benv_file\s*=|\bgodotenv\.(?:Load|Overload)\()([^\])}\n]*?["'`][^"'`\n]*\.env[^"'`\n]*["'`][^\])}\n]*)"#
        ))
    });
    static NAME: LazyLock<Regex> = LazyLock::new(|| expression(r#"["'`]([^"'`\n]*\.env[^"'`\n]*)["'`]"#));
    if matches!(loader, Loader::Next | Loader::Laravel | Loader::Wrangler | Loader::Convex | Loader::Supabase) {
        return None;
    }
    sources.iter().find_map(|source| {
        let found = CALL.captures(&source.text)?;
        let call = found.get(0)?;
        let mut files: Vec<String> = NAME.captures_iter(&found[1]).filter_map(|name| inside(&name[1])).collect();
        // pydantic's later files win, as godotenv's `Overload` does; elsewhere the first one does.
        if call.as_str().starts_with("env_file") || call.as_str().contains("Overload") {
            files.reverse();
        }
        let at = Place::at(source.path.clone(), &source.text, call.start());
        (!files.is_empty()).then_some(Named { files, reader: None, at })
    })
}

/// A file of the folder itself, or below it.
fn inside(name: &str) -> Option<String> {
    let name = name.trim_start_matches("./").trim_start_matches('/');
    let harmless = !name.is_empty() && !name.contains("..") && !name.contains(['$', '{', '~', ':', '\\']);
    harmless.then(|| name.to_owned())
}
