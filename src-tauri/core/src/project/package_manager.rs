//! Which program installs the project's packages.

use std::path::PathBuf;

use super::{
    folder::read_text,
    framework::Language,
    place::{line_at, line_of},
    surroundings::up,
};
use crate::setup::view::Finding;

const LIMIT: u64 = 1 << 20;

/// By language: a file, the word in it (empty: the file is enough) and the program.
type Sign = (&'static str, &'static str, &'static str);
const JAVASCRIPT: [Sign; 7] = [
    ("pnpm-lock.yaml", "", "pnpm"),
    ("yarn.lock", "", "yarn"),
    ("bun.lock", "", "bun"),
    ("bun.lockb", "", "bun"),
    ("package-lock.json", "", "npm"),
    ("npm-shrinkwrap.json", "", "npm"),
    ("deno.lock", "", "deno"),
];
const DENO: [Sign; 3] = [("deno.lock", "", "deno"), ("deno.json", "", "deno"), ("deno.jsonc", "", "deno")];
const PYTHON: [Sign; 8] = [
    ("uv.lock", "", "uv"),
    ("poetry.lock", "", "poetry"),
    ("Pipfile.lock", "", "pipenv"),
    ("pyproject.toml", "[tool.uv]", "uv"),
    ("pyproject.toml", "[tool.poetry]", "poetry"),
    ("Pipfile", "", "pipenv"),
    ("requirements.txt", "", "pip"),
    ("pyproject.toml", "", "pip"),
];
const PHP: [Sign; 2] = [("composer.lock", "", "composer"), ("composer.json", "", "composer")];
const RUBY: [Sign; 2] = [("Gemfile.lock", "", "bundler"), ("Gemfile", "", "bundler")];
const GO: [Sign; 2] = [("go.sum", "", "go"), ("go.mod", "", "go")];
const RUST: [Sign; 2] = [("Cargo.lock", "", "cargo"), ("Cargo.toml", "", "cargo")];
const ELIXIR: [Sign; 2] = [("mix.lock", "", "mix"), ("mix.exs", "", "mix")];

/// The program, and the file that says so: the `packageManager` field, else the nearest lock file.
pub(super) fn find(chain: &[PathBuf], language: Option<Language>) -> Option<Finding> {
    let signs: &[Sign] = match language {
        Some(Language::JavaScript) | None => return javascript(chain),
        Some(Language::Deno) => &DENO,
        Some(Language::Python) => &PYTHON,
        Some(Language::Php) => &PHP,
        Some(Language::Ruby) => &RUBY,
        Some(Language::Go) => &GO,
        Some(Language::Rust) => &RUST,
        Some(Language::Elixir) => &ELIXIR,
    };
    by_signs(chain, signs)
}

fn javascript(chain: &[PathBuf]) -> Option<Finding> {
    named(chain).or_else(|| by_signs(chain, &JAVASCRIPT)).or_else(|| {
        let file = chain.first()?.join("package.json");
        file.is_file().then(|| Finding { value: "npm".into(), file: "package.json".into(), line: None })
    })
}

/// `"packageManager": "pnpm@10.1.0"` in `package.json`, also of the workspace.
fn named(chain: &[PathBuf]) -> Option<Finding> {
    chain.iter().enumerate().find_map(|(steps, place)| {
        let text = read_text(&place.join("package.json"), LIMIT)?;
        let package: serde_json::Value = serde_json::from_str(&text).ok()?;
        let named = package.get("packageManager")?.as_str()?;
        let program = ["pnpm", "yarn", "bun", "npm", "deno"].into_iter().find(|name| named.starts_with(name))?;
        let at = text.find("\"packageManager\"")?;
        let file = format!("{}package.json", up(steps));
        Some(Finding { value: program.into(), file, line: Some(line_at(&text, at)) })
    })
}

fn by_signs(chain: &[PathBuf], signs: &[Sign]) -> Option<Finding> {
    chain.iter().enumerate().find_map(|(steps, place)| {
        signs.iter().find_map(|(file, word, program)| {
            let path = place.join(file);
            let line = if word.is_empty() {
                path.is_file().then_some(None)?
            } else {
                let text = read_text(&path, LIMIT)?;
                Some(line_of(&text, word).or_else(|| text.find(word).map(|at| line_at(&text, at)))?)
            };
            Some(Finding { value: (*program).into(), file: format!("{}{file}", up(steps)), line })
        })
    })
}

/// The command that installs packages with this program.
pub(super) fn install_command(program: &str, packages: &[&str]) -> String {
    let packages = packages.join(" ");
    match program {
        "pnpm" | "yarn" | "bun" | "uv" | "poetry" | "cargo" => format!("{program} add {packages}"),
        "deno" => {
            let named: Vec<String> = packages.split(' ').map(|package| format!("npm:{package}")).collect();
            format!("deno add {}", named.join(" "))
        }
        "composer" => format!("composer require {packages}"),
        "bundler" => format!("bundle add {packages}"),
        "go" => format!("go get {packages}"),
        "pip" | "pipenv" => format!("{program} install {packages}"),
        _ => format!("npm install {packages}"),
    }
}
