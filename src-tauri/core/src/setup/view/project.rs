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
    /// Which official SDK the project has, and which key rules it verifies.
    pub sdk: Option<SdkView>,
    /// The route of the webhook handler in the app, beginning with `/`.
    pub route: String,
    /// Why this route.
    pub route_reason: String,
    /// The app's own port on this machine.
    pub port: u16,
    /// Why this port.
    pub port_reason: String,
    /// The env file that will be written, relative to the folder.
    pub env_file: String,
    /// Why this one.
    pub env_file_reason: String,
    /// Folders of before, newest first.
    pub recent: Vec<RecentProject>,
}

/// Something found in the project, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Finding {
    /// What was found: "Next.js".
    pub value: String,
    /// The file that says so, relative to the folder.
    pub file: String,
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
