//! The programs that read env files, and what each of them gets out of one: pure functions, written after their sources
//! and held to the programs themselves by `tests/readers`.

mod bash;
mod bun;
mod docker;
mod godotenv;
mod javascript;
mod node;
mod php;
mod python;
mod ruby;
mod symfony;
mod text;

pub(super) use text::BOM;

/// A program that reads env files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// npm's `dotenv`, versions 16 to 18.
    Dotenv,
    /// Next.js (`@next/env`): replaces `$NAME`, also between single quotes.
    Next,
    /// Vite: Node's own parser (from version 8) or `dotenv`, then `$NAME` replaced.
    Vite,
    /// `node --env-file`.
    Node,
    /// `dotenvx`: replaces `$NAME` and runs `$(command)`, but not between single quotes.
    Dotenvx,
    /// Bun: replaces `$NAME`, also between single quotes.
    Bun,
    /// Python's `python-dotenv`: replaces `${NAME}`, also between single quotes.
    Python,
    /// Ruby's `dotenv`, versions 2 and 3.
    Ruby,
    /// PHP's `vlucas/phpdotenv`, as in Laravel.
    Phpdotenv,
    /// PHP's `symfony/dotenv`.
    Symfony,
    /// Go's `godotenv`, and Docker Compose, whose parser came from it.
    Godotenv,
    /// `docker run --env-file`: takes quotes and comments literally.
    DockerEnvFile,
    /// `source .env` in bash.
    Bash,
    /// Rust's `dotenvy`.
    Dotenvy,
}

impl Reader {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Dotenv,
        Self::Next,
        Self::Vite,
        Self::Node,
        Self::Dotenvx,
        Self::Bun,
        Self::Python,
        Self::Ruby,
        Self::Phpdotenv,
        Self::Symfony,
        Self::Godotenv,
        Self::DockerEnvFile,
        Self::Bash,
        Self::Dotenvy,
    ];

    /// What people call it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Dotenv => "dotenv (Node.js)",
            Self::Next => "Next.js",
            Self::Vite => "Vite",
            Self::Node => "node --env-file",
            Self::Dotenvx => "dotenvx",
            Self::Bun => "Bun",
            Self::Python => "python-dotenv",
            Self::Ruby => "dotenv (Ruby)",
            Self::Phpdotenv => "phpdotenv (Laravel)",
            Self::Symfony => "Symfony Dotenv",
            Self::Godotenv => "godotenv and Docker Compose",
            Self::DockerEnvFile => "docker --env-file",
            Self::Bash => "bash (source)",
            Self::Dotenvy => "dotenvy (Rust)",
        }
    }

    /// What it gets for a variable; of several, the last. None: nothing, an error, something that depends on more than the
    /// file (another variable, a command), or what not all versions of the program agree on.
    #[must_use]
    pub fn read(self, file: &[u8], name: &str) -> Option<String> {
        match self {
            Self::Dotenv => javascript::dotenv(file, name),
            Self::Next => javascript::next(file, name),
            Self::Vite => javascript::vite(file, name),
            Self::Node => node::read(file, name),
            Self::Dotenvx => javascript::dotenvx(file, name),
            Self::Bun => bun::read(file, name),
            Self::Python => python::read(file, name),
            Self::Ruby => ruby::read(file, name),
            Self::Phpdotenv => php::read(file, name),
            Self::Symfony => symfony::read(file, name),
            Self::Godotenv => godotenv::read(file, name),
            Self::DockerEnvFile => docker::read(file, name),
            Self::Bash => bash::read(file, name),
            Self::Dotenvy => dotenvy_reads(file, name),
        }
    }
}

/// A value as `dotenv` reads it, without its quotes.
pub(super) fn unquoted(value: &str) -> String {
    javascript::unquoted(value, false)
}

/// The crate itself is at hand. Lines that it does not understand are passed over, as its iterator does.
fn dotenvy_reads(file: &[u8], name: &str) -> Option<String> {
    // It drops a byte-order mark only from files that it opens itself.
    let file = file.strip_prefix(text::BOM).unwrap_or(file);
    dotenvy::Iter::new(file).filter_map(Result::ok).filter(|(found, _)| found == name).last().map(|(_, value)| value)
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
