//! Which env file is written, and which others overrule it.

use std::path::Path;

use super::{Suggestion, folder::read_text};
use crate::env_file::{Document, names};

const LIMIT: u64 = 1 << 20;
/// Read after `.env` by Next.js, Vite and others in development: the later ones win.
const STRONGER: [&str; 4] = [".env", ".env.development", ".env.local", ".env.development.local"];

/// `.env`, unless only `.env.local` is there.
pub(super) fn choose(folder: &Path) -> Suggestion<String> {
    let is_there = |name: &str| folder.join(name).is_file();
    match (is_there(".env"), is_there(".env.local")) {
        (true, _) => Suggestion::new(".env".into(), "It is there already."),
        (false, true) => Suggestion::new(".env.local".into(), "It is there already, and there is no .env."),
        (false, false) => {
            Suggestion::new(".env".into(), "The file that nearly every framework reads. It will be made.")
        }
    }
}

/// Files that are read after this one and name the same variables.
pub(super) fn overruled(folder: &Path, env_file: &str) -> Vec<String> {
    let Some(at) = STRONGER.iter().position(|name| *name == env_file) else { return Vec::new() };
    let warning = |file: &&str| {
        let document = Document::parse(read_text(&folder.join(file), LIMIT)?.as_bytes());
        let ours = [names::ACCESS_TOKEN, names::WEBHOOK_SECRET, names::WEBHOOK_URL_DEV];
        let named: Vec<&str> = ours.into_iter().filter(|name| document.get(name).is_some()).collect();
        let named = named.join(", ");
        (!named.is_empty())
            .then(|| format!("{file} has {named} too; many frameworks take its values instead of those in {env_file}."))
    };
    STRONGER[at + 1..].iter().filter_map(warning).collect()
}
