//! The command that starts the app in development.

use std::path::Path;

use super::manifest::Manifests;
use crate::setup::view::Finding;

/// Scripts that start it, the likeliest first.
pub(super) const SCRIPTS: [&str; 6] = ["dev", "start:dev", "develop", "dev:server", "serve", "start"];

/// A file that says which command starts it.
const FILES: [(&str, &str); 4] = [
    ("manage.py", "python manage.py runserver"),
    ("artisan", "php artisan serve"),
    ("bin/rails", "bin/rails server"),
    ("mix.exs", "mix phx.server"),
];

/// `npm run dev`, `php artisan serve`; `None`: nothing says it.
pub(super) fn command(folder: &Path, manifests: &Manifests, package_manager: Option<&Finding>) -> Option<String> {
    // A Laravel project has scripts too, which start something else.
    let by_file =
        || FILES.iter().find(|(file, _)| folder.join(file).is_file()).map(|(_, command)| (*command).to_owned());
    let by_script = || {
        let script = SCRIPTS.iter().find(|name| manifests.script(name).is_some())?;
        let program = package_manager.map(|found| found.value.as_str());
        Some(match program {
            Some(program @ ("pnpm" | "yarn")) => format!("{program} {script}"),
            Some("bun") => format!("bun run {script}"),
            Some("deno") => format!("deno task {script}"),
            _ => format!("npm run {script}"),
        })
    };
    by_file().or_else(by_script)
}
