//! A short handler for the project's framework that verifies deliveries: shown and copied, never written unasked.

mod native;
mod web;

use serde::Serialize;

use super::{Project, framework::Framework, package_manager::install_command};
use crate::setup::view::HandlerView;

/// A handler to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handler {
    /// What it is for: "Next.js (app router)".
    pub title: String,
    /// Where to put it, relative to the folder.
    pub file: String,
    /// The code's language, as highlighters call it.
    pub language: &'static str,
    /// The code.
    pub code: String,
    /// The command that installs what it imports.
    pub install: Option<String>,
    /// What else is to be done or known.
    pub notes: Vec<String>,
}

impl From<Handler> for HandlerView {
    fn from(handler: Handler) -> Self {
        let Handler { title, file, language, code, install, notes } = handler;
        Self { title, file, language: language.to_owned(), code, install, notes }
    }
}

/// What a framework's handler is made of.
struct Recipe {
    file: String,
    language: &'static str,
    code: String,
    packages: Vec<&'static str>,
    notes: Vec<String>,
}

/// How the project writes JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    TypeScript,
    Module,
    CommonJs,
}

/// What stands in a handler: the route and the names of variables.
struct Facts<'a> {
    title: &'static str,
    route: &'a str,
    secret: &'a str,
    token: &'a str,
    switch: Option<&'a str>,
    port: u16,
    dialect: Dialect,
    source_folder: bool,
    scripts_run_wrangler: bool,
}

/// The handler for this framework; `None`: we have none for it.
pub(super) fn of(project: &Project, framework: Option<Framework>, route: &str) -> Option<Handler> {
    let known = framework?;
    let is_there = |file: &str| project.folder.join(file).exists();
    let package = super::manifest::Manifests::read(&project.folder);
    let facts = Facts {
        title: known.title,
        route,
        secret: &project.names.secret.name,
        token: &project.names.token.name,
        switch: project
            .names
            .server
            .as_ref()
            .filter(|found| found.sandbox == "sandbox")
            .map(|found| found.name.as_str()),
        port: project.port,
        dialect: match &package.package {
            _ if is_there("tsconfig.json") => Dialect::TypeScript,
            Some(package) if package["type"] == "module" => Dialect::Module,
            _ => Dialect::CommonJs,
        },
        source_folder: is_there("src"),
        scripts_run_wrangler: package.scripts().any(|(_, script)| script.contains("wrangler")),
    };
    let better_auth = project.plugin.is_some() && route.ends_with("/polar/webhooks");
    let recipe = if better_auth {
        Some(web::better_auth(&facts))
    } else {
        web::recipe(&facts).or_else(|| native::recipe(&facts))
    };
    let mut recipe = recipe?;
    recipe.code = fill(&recipe.code, &facts);
    let sdk_version =
        project.sdk.as_ref().map(|sdk| sdk.version.trim_start_matches(|first: char| !first.is_ascii_digit()));
    if sdk_version.is_some_and(|version| version.starts_with("0.")) {
        recipe.code = for_old_sdk(&recipe.code);
    }
    let found = project.package_manager.as_ref().map(|found| found.value.as_str());
    let missing: Vec<&str> = recipe.packages.into_iter().filter(|name| !has(&package, name)).collect();
    let title = if better_auth { format!("Better Auth on {}", known.title) } else { known.title.to_owned() };
    Some(Handler {
        title,
        file: recipe.file,
        language: recipe.language,
        code: recipe.code,
        install: (!missing.is_empty()).then(|| install_command(installer(found, &missing), &missing)),
        notes: recipe.notes,
    })
}

/// The program that was found, where it is one for such packages: the framework may have been chosen by the user.
fn installer<'a>(found: Option<&'a str>, packages: &[&str]) -> &'a str {
    const PYTHONS: [&str; 4] = ["pip", "pipenv", "uv", "poetry"];
    let (of_python, usual) = if packages.contains(&"polar-sdk") { (true, "pip") } else { (false, "npm") };
    found.filter(|found| PYTHONS.contains(found) == of_python).unwrap_or(usual)
}

/// Whether a package is there already.
fn has(manifests: &super::manifest::Manifests, package: &str) -> bool {
    let files = ["pyproject.toml", "requirements.txt", "Pipfile"];
    manifests.npm(package).is_some()
        || (package == "polar-sdk" && files.iter().any(|file| manifests.other_line(file, package).is_some()))
}

fn fill(code: &str, facts: &Facts<'_>) -> String {
    let typed = |text: &'static str| if facts.dialect == Dialect::TypeScript { text } else { "" };
    let server = facts.switch.map_or_else(
        || ", server: \"sandbox\"".to_owned(),
        |name| format!(", server: process.env.{name} === \"production\" ? \"production\" : \"sandbox\""),
    );
    [
        ("{{ROUTE}}", facts.route),
        ("{{ROUTE_BARE}}", facts.route.trim_start_matches('/')),
        ("{{SECRET}}", facts.secret),
        ("{{TOKEN}}", facts.token),
        ("{{SERVER}}", &server),
        ("{{PORT}}", &facts.port.to_string()),
        ("{{NODE_HEADERS}}", typed(" as Record<string, string>")),
        ("{{AS_STRING}}", typed(" as string")),
        ("{{UNKNOWN}}", typed(": unknown")),
        ("{{ANY}}", typed(": any")),
        ("{{FASTIFY_TYPE}}", typed(": import(\"fastify\").FastifyInstance")),
    ]
    .into_iter()
    .fold(code.to_owned(), |code, (mark, value)| code.replace(mark, value))
}

/// The same for SDK 0.x, which calls its things otherwise.
fn for_old_sdk(code: &str) -> String {
    code.replace(
        "import { webhooks } from \"@polar-sh/sdk/2026-04\";",
        "import { validateEvent, WebhookVerificationError } from \"@polar-sh/sdk/webhooks\";",
    )
    .replace("await webhooks.validateEvent(", "validateEvent(")
    .replace("webhooks.PolarWebhookVerificationError", "WebhookVerificationError")
    .replace(
        "from polar.v2026_04.webhooks import PolarWebhookError, PolarWebhookVerificationError, validate_event",
        "from polar_sdk.webhooks import WebhookVerificationError, validate_event",
    )
    .replace("PolarWebhookVerificationError", "WebhookVerificationError")
    .replace("except PolarWebhookError", "except ValueError")
    .replace("event.type", if code.contains("import os") { "event.TYPE" } else { "event.type" })
}
