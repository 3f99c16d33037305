//! Which env files are in use, which one is written, and which others overrule it.

mod named;
mod order;

use std::path::Path;

pub(super) use self::order::Loader;
use super::{Suggestion, folder::read_text, framework::Framework, git, manifest::Manifests, source::Source};
use crate::{
    env_file::{Document, Reader, names},
    setup::view::{EnvFileView, FoundNames, Overruled, Place},
};

const LIMIT: u64 = 1 << 20;

/// How the project's env files are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// The files, the strongest first.
    pub(super) order: Vec<String>,
    /// What reads them.
    pub(super) reader: Reader,
    loader: Loader,
    /// The place that names the files, if the project does so itself.
    said: Option<Place>,
}

/// What the code or a script names, else the framework's own order.
pub(super) fn reading(
    folder: &Path,
    framework: Option<Framework>,
    manifests: &Manifests,
    sources: &[Source],
) -> Reading {
    let loader = loader(folder, framework, manifests);
    if let Some(found) = named::find(loader, manifests, sources) {
        return Reading {
            order: found.files,
            reader: found.reader.unwrap_or(loader.reader()),
            loader,
            said: Some(found.at),
        };
    }
    let order = loader.order(named::mode(manifests).unwrap_or("development"));
    Reading { order, reader: loader.reader(), loader, said: None }
}

/// Hono, Express and others take what their runtime reads.
fn loader(folder: &Path, framework: Option<Framework>, manifests: &Manifests) -> Loader {
    let Some(known) = framework else { return Loader::Unknown };
    let scripts = |word: &str| manifests.scripts().any(|(_, script)| script.contains(word));
    match known.loader {
        Loader::Dotenv | Loader::Bun if manifests.npm("dotenv-flow").is_some() => Loader::Next,
        Loader::Dotenv if scripts("wrangler dev") => Loader::Wrangler,
        Loader::Dotenv if manifests.deno().is_some() && manifests.package.is_none() => Loader::Deno,
        Loader::Dotenv if scripts("bun ") && manifests.npm("dotenv").is_none() => Loader::Bun,
        // On Workers these are read by wrangler, in development as well.
        Loader::Vite if manifests.npm("@cloudflare/vite-plugin").is_some() && folder.join(".dev.vars").is_file() => {
            Loader::Wrangler
        }
        loader => loader,
    }
}

/// The files in use: which are there, and which have Polar's variables.
pub(super) fn views(folder: &Path, reading: &Reading, names: &FoundNames) -> Vec<EnvFileView> {
    let view = |(rank, file): (usize, &String)| {
        let text = read_text(&folder.join(file), LIMIT);
        let document = text.as_deref().map(|text| Document::parse(text.as_bytes()));
        let has = |name: &&str| document.as_ref().is_some_and(|document| document.get(name).is_some());
        EnvFileView {
            file: file.clone(),
            exists: text.is_some(),
            rank: u32::try_from(rank + 1).unwrap_or(u32::MAX),
            polar_names: polar_names(names).into_iter().filter(has).map(str::to_owned).collect(),
        }
    };
    reading.order.iter().enumerate().map(view).collect()
}

/// What Polar's variables are called here, and what they are called usually.
fn polar_names(names: &FoundNames) -> Vec<&str> {
    let mut all = vec![names.token.name.as_str(), names.secret.name.as_str()];
    for name in [names::ACCESS_TOKEN, names::WEBHOOK_SECRET, names::WEBHOOK_URL_DEV] {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// The file to write: one that has Polar's variables already, else the one that the framework prefers.
pub(super) fn choose(
    folder: &Path,
    reading: &Reading,
    views: &[EnvFileView],
    names: &FoundNames,
) -> Suggestion<String> {
    if let Some(view) = views.iter().find(|view| !view.polar_names.is_empty()) {
        let name = &view.polar_names[0];
        let line = read_text(&folder.join(&view.file), LIMIT)
            .and_then(|text| Document::parse(text.as_bytes()).line_of(name))
            .and_then(|line| u32::try_from(line).ok());
        let reason = format!("It has {name} already.");
        return Suggestion::new(view.file.clone(), reason).at(Place::new(view.file.clone(), line));
    }
    let exists = |file: &str| views.iter().any(|view| view.file == file && view.exists);
    if let (Some(at), Some(first)) = (&reading.said, views.iter().find(|view| view.exists).or_else(|| views.first())) {
        return Suggestion::new(first.file.clone(), format!("{} names it.", at.file)).at(at.clone());
    }
    let preferred = reading.loader.preferred();
    let local = ".env.local";
    let in_use = |file: &str| reading.order.iter().any(|other| other == file);
    if preferred == ".env" && in_use(local) {
        if exists(local) && !exists(".env") {
            return Suggestion::new(local.into(), "It is there already, and there is no .env.");
        }
        let taken = matches!(git::exposure(folder, ".env"), git::Exposure::Tracked | git::Exposure::WouldBeTaken);
        if taken && git::exposure(folder, local) == git::Exposure::Ignored {
            return Suggestion::new(local.into(), "Git ignores it, but not .env.");
        }
    }
    if preferred == ".dev.vars" && !exists(preferred) && exists(".env") {
        return Suggestion::new(".env".into(), "It is there already, and there is no .dev.vars.");
    }
    let reason = match (exists(preferred), names.secret.file.is_some(), preferred) {
        (true, ..) => "It is there already.",
        (false, _, ".env") => "The file that nearly every framework reads. It will be made.",
        (false, _, _) => "The framework reads it, and it is made for secrets of this machine. It will be made.",
    };
    Suggestion::new(preferred.to_owned(), reason)
}

/// Variables of Polar that a stronger file names as well, by file and line.
pub(super) fn overruled(folder: &Path, order: &[String], names: &FoundNames, env_file: &str) -> Vec<Overruled> {
    let Some(at) = order.iter().position(|name| name == env_file) else { return Vec::new() };
    let mut found = Vec::new();
    for file in &order[..at] {
        let Some(text) = read_text(&folder.join(file), LIMIT) else { continue };
        let document = Document::parse(text.as_bytes());
        for name in polar_names(names) {
            if let Some(line) = document.line_of(name) {
                let line = u32::try_from(line).ok();
                found.push(Overruled { name: name.to_owned(), file: file.clone(), line });
            }
        }
    }
    found
}

/// The same in sentences, one a file.
pub(super) fn warnings(overruled: &[Overruled], env_file: &str) -> Vec<String> {
    let mut files: Vec<&str> = overruled.iter().map(|found| found.file.as_str()).collect();
    files.dedup();
    let warning = |file: &str| {
        let of_file = overruled.iter().filter(|found| found.file == file);
        let named: Vec<String> = of_file
            .map(|found| found.line.map_or_else(|| found.name.clone(), |line| format!("{} (line {line})", found.name)))
            .collect();
        format!("{file} has {} too; it is read instead of {env_file}.", named.join(", "))
    };
    files.into_iter().map(warning).collect()
}
