//! What the window draws of the search for leaked secrets.

use serde::Serialize;
use ts_rs::TS;

/// How the search stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LeaksPhase {
    /// Not begun.
    #[default]
    Idle,
    /// Under way; can be cancelled.
    Running,
    /// Everything was looked at.
    Done,
    /// Ended before everything was looked at.
    Cancelled,
    /// The files were looked at; there is no repository.
    NoRepository,
    /// The repository could not be read; `notes` say why.
    Failed,
}

/// The search for leaked secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LeaksView {
    /// How it stands.
    pub phase: LeaksPhase,
    /// How many files and objects were looked at.
    #[ts(type = "number")]
    pub done: u64,
    /// How many there are, as far as known.
    #[ts(type = "number")]
    pub total: u64,
    /// What is, or was, looked at: "12,000 files and the history".
    pub looked_at: String,
    /// What was found, the worst first.
    pub leaks: Vec<LeakView>,
    /// What could not be looked at, and other things to know.
    pub notes: Vec<String>,
}

/// What leaked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LeakKind {
    /// An organization access token.
    Token,
    /// The webhook secret.
    WebhookSecret,
    /// A variable's name that makes the framework ship its value to browsers, or code for browsers that reads a secret.
    ShippedName,
}

/// One secret, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LeakView {
    /// What leaked.
    pub kind: LeakKind,
    /// The secret, masked; or the variable's name.
    pub masked: String,
    /// Whether it is the one this project uses.
    pub in_use: bool,
    /// Whether browsers get it.
    pub client_side: bool,
    /// What it means, in a sentence or two.
    pub meaning: String,
    /// What to do, in this order.
    pub steps: Vec<String>,
    /// The files of the working tree that hold it, at most 50.
    pub files: Vec<LeakFile>,
    /// How many more files hold it.
    pub more_files: u32,
    /// Where the history holds it.
    pub history: Option<LeakHistory>,
}

/// A file of the working tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LeakFile {
    /// Relative to the repository's root, or the folder where there is none.
    pub path: String,
    /// The first line that holds it, from 1.
    pub line: u32,
    /// Whether git tracks it; else the next `git add .` takes it.
    pub tracked: bool,
    /// Whether browsers get this file.
    pub client_side: bool,
}

/// Where the history holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LeakHistory {
    /// The first commit, short; empty: no commit has it, only an object that git still keeps.
    pub commit: String,
    /// Its day, `2026-11-23`.
    pub date: String,
    /// Its subject.
    pub subject: String,
    /// The file in it; `None`: the message itself.
    pub path: Option<String>,
    /// The line in that file or message, from 1.
    pub line: u32,
    /// How many commits hold it.
    pub commits: u32,
    /// Whether the newest commit of this branch holds it.
    pub in_head: bool,
    /// Whether a branch, tag or stash leads to it.
    pub reachable: bool,
}
