//! What the window draws of the project.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::webhook::signature::KeyRule;

/// The project's folder and what was found in it.
#[derive(Debug, Clone, Default, Serialize, TS)]
#[ts(export)]
pub struct ProjectView {
    /// Absolute path; `None` before one is chosen.
    pub folder: Option<String>,
    /// The folder's or the package's name.
    pub name: Option<String>,
    /// What is wrong with the folder, in a sentence.
    pub problem: Option<String>,
    /// The framework, in words, and the file that says so.
    pub framework: Option<Finding>,
    /// Better Auth, where it stands on that framework.
    pub plugin: Option<Finding>,
    /// The program that installs packages: "pnpm".
    pub package_manager: Option<Finding>,
    /// The apps of a folder that holds several, the likeliest for Polar first; empty where it is one app.
    pub apps: Vec<AppChoice>,
    /// Which official SDK the project has, and which key rules it verifies.
    pub sdk: Option<SdkView>,
    /// The route of the webhook handler in the app, beginning with `/`.
    pub route: String,
    /// Why this route.
    pub route_reason: String,
    /// What says so.
    pub route_at: Option<Place>,
    /// The app's own port on this machine.
    pub port: u16,
    /// Why this port.
    pub port_reason: String,
    /// What says so.
    pub port_at: Option<Place>,
    /// The env file that will be written, relative to the folder.
    pub env_file: String,
    /// Why this one.
    pub env_file_reason: String,
    /// What says so.
    pub env_file_at: Option<Place>,
    /// All env files that are read in development, the strongest first.
    pub env_files: Vec<EnvFileView>,
    /// Variables of the chosen env file that a stronger file names as well.
    pub overruled: Vec<Overruled>,
    /// What reads the env files: "Next.js", "dotenv (Node.js)", …
    pub reader: Option<String>,
    /// What the code calls the variables.
    pub names: Option<FoundNames>,
    /// A handler for this framework, to show and copy.
    pub handler: Option<HandlerView>,
    /// The frameworks that are known, to choose another one.
    pub frameworks: Vec<String>,
    /// What keeps git from taking the env file, if it would take it.
    pub gitignore: Option<GitignoreView>,
    /// Folders of before, newest first.
    pub recent: Vec<RecentProject>,
}

/// A line for a `.gitignore`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct GitignoreView {
    /// Which `.gitignore`, in words.
    pub file: String,
    /// The line.
    pub line: String,
}

/// Something found in the project, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Finding {
    /// What was found: "Next.js".
    pub value: String,
    /// The file that says so, relative to the folder.
    pub file: String,
    /// The line in it, from 1; `None`: that the file is there says it.
    pub line: Option<u32>,
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Place {
    /// The file, relative to the folder.
    pub file: String,
    /// The line in it, from 1.
    pub line: Option<u32>,
}

/// One app of a folder that holds several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct AppChoice {
    /// Its folder, relative to the one that was opened; `.` is that one itself.
    pub folder: String,
    /// The package's name, or the folder's.
    pub name: String,
    /// Its framework, in words.
    pub framework: Option<String>,
    /// Why it stands where it does in the list.
    pub reason: String,
}

/// An env file that the framework reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct EnvFileView {
    /// The file, relative to the folder.
    pub file: String,
    /// Whether it is there.
    pub exists: bool,
    /// 1 is the strongest: its values win.
    pub rank: u32,
    /// Polar's variables that it has. Names only.
    pub polar_names: Vec<String>,
}

/// A variable that a stronger file names as well, so that the chosen file's value is not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Overruled {
    /// The variable.
    pub name: String,
    /// The stronger file.
    pub file: String,
    /// The line in it, from 1.
    pub line: Option<u32>,
}

/// What the project's code calls Polar's variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FoundNames {
    /// The access token's variable.
    pub token: FoundName,
    /// The webhook secret's variable.
    pub secret: FoundName,
    /// The switch between sandbox and production, if the code reads one.
    pub server: Option<FoundSwitch>,
}

/// A variable's name, and where the code reads it; without a place it is the usual name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FoundName {
    /// The variable.
    pub name: String,
    /// The file that reads it.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u32>,
}

/// The variable that switches between sandbox and production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FoundSwitch {
    /// The variable.
    pub name: String,
    /// The file that reads it.
    pub file: String,
    /// The line in it, from 1.
    pub line: u32,
    /// Its value for Polar's sandbox.
    pub sandbox: String,
    /// Its value for production.
    pub production: String,
}

/// A short handler that verifies deliveries, to be copied into the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct HandlerView {
    /// What it is for: "Next.js (app router)".
    pub title: String,
    /// Where to put it, relative to the folder.
    pub file: String,
    /// The code's language, as highlighters call it: `ts`, `python`, …
    pub language: String,
    /// The code.
    pub code: String,
    /// The command that installs what it imports; `None`: it needs nothing.
    pub install: Option<String>,
    /// What else is to be done or known.
    pub notes: Vec<String>,
}

/// The Polar SDK that a project has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SdkView {
    /// The package: `@polar-sh/sdk`, `@polar-sh/nextjs`, …
    pub package: String,
    /// The version that the project names or has installed.
    pub version: String,
    /// The key rules that its `validateEvent` accepts.
    pub accepts: Vec<KeyRule>,
}

/// A folder of before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RecentProject {
    /// Absolute path.
    pub folder: String,
    /// Its name.
    pub name: String,
}
