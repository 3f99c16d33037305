//! Which env files each framework's own loader reads in development, the strongest first.

use crate::env_file::Reader;

/// What reads the env files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::project) enum Loader {
    Next,
    Vite,
    Nuxt,
    Bun,
    Dotenv,
    Nest,
    Laravel,
    Symfony,
    Rails,
    Python,
    Flask,
    Go,
    Dotenvy,
    Wrangler,
    Convex,
    Supabase,
    Deno,
    /// Not known: as most do it.
    Unknown,
}

impl Loader {
    /// The strongest first: a variable has the value of the first of these files that names it.
    pub(super) fn order(self, mode: &str) -> Vec<String> {
        let local_first =
            |mode: &str| vec![format!(".env.{mode}.local"), ".env.local".into(), format!(".env.{mode}"), ".env".into()];
        let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        match self {
            // Bun's and dotenv-rails' order is that of Next.js.
            Self::Next | Self::Bun | Self::Rails | Self::Unknown => local_first(mode),
            // In Vite a mode's file is stronger than `.env.local`; Symfony does it alike, and calls the mode `dev`.
            Self::Vite => {
                vec![format!(".env.{mode}.local"), format!(".env.{mode}"), ".env.local".into(), ".env".into()]
            }
            Self::Symfony => files(&[".env.dev.local", ".env.dev", ".env.local", ".env"]),
            Self::Flask => files(&[".env", ".flaskenv"]),
            // Where `.dev.vars` is, wrangler reads no `.env`.
            Self::Wrangler => files(&[".dev.vars", ".env.local", ".env"]),
            Self::Convex => files(&[".env.local"]),
            Self::Supabase => files(&["supabase/functions/.env"]),
            Self::Nuxt
            | Self::Dotenv
            | Self::Nest
            | Self::Laravel
            | Self::Python
            | Self::Go
            | Self::Dotenvy
            | Self::Deno => files(&[".env"]),
        }
    }

    /// The file to make where none has Polar's variables yet.
    pub(super) const fn preferred(self) -> &'static str {
        match self {
            Self::Next | Self::Convex | Self::Symfony => ".env.local",
            Self::Wrangler => ".dev.vars",
            Self::Supabase => "supabase/functions/.env",
            _ => ".env",
        }
    }

    /// What reads the files.
    pub(in crate::project) const fn reader(self) -> Reader {
        match self {
            Self::Next => Reader::Next,
            Self::Vite => Reader::Vite,
            Self::Bun => Reader::Bun,
            Self::Python | Self::Flask => Reader::Python,
            Self::Rails => Reader::Ruby,
            Self::Laravel => Reader::Phpdotenv,
            Self::Symfony => Reader::Symfony,
            // Supabase's program is written in Go.
            Self::Go | Self::Supabase => Reader::Godotenv,
            // Deno reads with a fork of it.
            Self::Dotenvy | Self::Deno => Reader::Dotenvy,
            Self::Dotenv | Self::Nuxt | Self::Nest | Self::Wrangler | Self::Convex | Self::Unknown => Reader::Dotenv,
        }
    }
}
