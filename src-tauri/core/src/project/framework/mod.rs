//! Which framework a project uses, and what follows from it.

mod catalogue;

use std::path::Path as FilePath;

use super::{
    env_files::Loader,
    manifest::{Manifests, PACKAGE},
    place::line_at,
    surroundings::is_workspace,
};
use crate::setup::view::Finding;

/// How routes come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Routing {
    /// From the names of files.
    NextFiles,
    /// Nuxt's `server/` folder.
    NuxtFiles,
    /// `+server.ts` under `src/routes`.
    SvelteFiles,
    /// `src/pages`.
    AstroFiles,
    /// `app/routes`, dots for slashes.
    RemixFiles,
    /// `src/routes`, with the path repeated in the file.
    TanStackFiles,
    /// `src/api/…/route.ts`, without the `api`.
    MedusaFiles,
    /// `supabase/functions/<name>`.
    SupabaseFiles,
    /// In the code.
    Code,
}

/// What the server is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    JavaScript,
    Deno,
    Python,
    Php,
    Ruby,
    Go,
    Rust,
    Elixir,
}

/// What shows that a framework is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// A dependency in `package.json`; among the `devDependencies` it says little.
    Package(&'static str),
    /// A dependency in `package.json` that belongs among the `devDependencies`.
    DevPackage(&'static str),
    /// A manifest that names a package.
    Word(&'static str, &'static str),
    /// A manifest that names a module whose name goes on, as with Go's versions.
    Part(&'static str, &'static str),
    /// A manifest that is there.
    File(&'static str),
    /// Any other file that is there.
    Path(&'static str),
    /// A folder that is there.
    Folder(&'static str),
}

/// One framework.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Its name.
    pub(super) title: &'static str,
    pub(super) language: Language,
    evidence: &'static [Evidence],
    pub(super) port: u16,
    /// The env file's variables that it takes its port from.
    pub(super) port_variables: &'static [&'static str],
    pub(super) routing: Routing,
    /// Where a handler usually answers.
    pub(super) default_route: &'static str,
    /// What reads its env files.
    pub(super) loader: Loader,
}

/// A framework we know.
pub(super) type Framework = &'static Known;

/// Only a fallback where nothing else is known, and so not worth asking about.
const PLAIN: [&str; 4] = ["PHP", "Ruby", "Python", "Node.js"];

/// Their titles, for whoever knows better.
#[must_use]
pub fn titles() -> Vec<&'static str> {
    catalogue::ALL.iter().map(|known| known.title).collect()
}

/// A framework by its title.
pub(super) fn by_title(title: &str) -> Option<Framework> {
    catalogue::ALL.iter().find(|known| known.title.eq_ignore_ascii_case(title))
}

/// The framework, and where it is said. Strong evidence goes before weak; then those that stand on others.
pub(super) fn find(folder: &FilePath, manifests: &Manifests) -> Option<(Framework, Finding)> {
    let known = catalogue::ALL.iter().filter(|known| !PLAIN.contains(&known.title));
    let mut found: Vec<_> = known.filter_map(|known| Some((known, seen(folder, manifests, known)?))).collect();
    // The root of a workspace often has the tools of its parts.
    if is_workspace(folder) {
        found.retain(|(_, (strong, _))| *strong);
    }
    let (known, (_, at)) = found.iter().find(|(_, (strong, _))| *strong).or_else(|| found.first())?;
    let known = if known.routing == Routing::NextFiles { next_router(folder) } else { known };
    Some((known, Finding { value: known.title.to_owned(), ..at.clone() }))
}

/// A language alone, where no framework is known.
pub(super) fn plain(folder: &FilePath, manifests: &Manifests) -> Option<Framework> {
    PLAIN.iter().filter_map(|title| by_title(title)).find(|known| seen(folder, manifests, known).is_some())
}

/// Next.js has two routers: `pages/` only where there is no `app/`.
fn next_router(folder: &FilePath) -> Framework {
    let is_there = |place: &str| folder.join(place).is_dir();
    let pages = (is_there("pages") || is_there("src/pages")) && !is_there("app") && !is_there("src/app");
    &catalogue::ALL[usize::from(pages)]
}

/// Better Auth, which stands on any of the others, and Polar's plugin for it.
pub(super) fn better_auth(manifests: &Manifests) -> Option<Finding> {
    let package = ["@polar-sh/better-auth", "better-auth"].into_iter().find(|name| manifests.npm(name).is_some())?;
    Some(Finding { value: "Better Auth".into(), file: PACKAGE.into(), line: manifests.package_line(package) })
}

/// Whether the first evidence is strong, and where it stands. Strong goes before weak.
fn seen(folder: &FilePath, manifests: &Manifests, known: Framework) -> Option<(bool, Finding)> {
    let found: Vec<_> = known.evidence.iter().filter_map(|evidence| look(folder, manifests, *evidence)).collect();
    found.iter().find(|(strong, _)| *strong).or_else(|| found.first()).cloned()
}

fn look(folder: &FilePath, manifests: &Manifests, evidence: Evidence) -> Option<(bool, Finding)> {
    let at = |file: &str, line| Finding { value: String::new(), file: file.to_owned(), line };
    match evidence {
        Evidence::Package(name) | Evidence::DevPackage(name) => {
            let (group, _) = manifests.npm_group(name)?;
            let at_home = matches!(evidence, Evidence::DevPackage(_)) && group == "devDependencies";
            // `next dev` in a script is as good as a dependency.
            let started = manifests.scripts().any(|(_, script)| script.split_whitespace().next() == Some(name));
            Some((group == "dependencies" || at_home || started, at(PACKAGE, manifests.package_line(name))))
        }
        Evidence::Word(file, word) => Some((true, at(file, Some(manifests.other_line(file, word)?)))),
        Evidence::Part(file, part) => {
            let text = manifests.other(file)?;
            Some((true, at(file, Some(line_at(text, text.find(part)?)))))
        }
        Evidence::File(PACKAGE) => manifests.package.is_some().then(|| (true, at(PACKAGE, None))),
        Evidence::File(file) => manifests.other(file).map(|_| (true, at(file, None))),
        Evidence::Path(file) => folder.join(file).is_file().then(|| (true, at(file, None))),
        Evidence::Folder(place) => folder.join(place).is_dir().then(|| (true, at(place, None))),
    }
}
