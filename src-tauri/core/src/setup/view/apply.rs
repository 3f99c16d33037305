//! What the window draws of "Write and verify".

use serde::Serialize;
use ts_rs::TS;

use super::{EnvironmentName, OrganizationView};
use crate::{check::Check, env_file::Variable};

/// What "Write and verify" will do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PlanView {
    /// What happens on Polar: "Update the endpoint …", in a sentence.
    pub endpoint: String,
    /// The env file, absolute.
    pub env_path: String,
    /// Whether the file exists already.
    pub env_exists: bool,
    /// Each variable.
    pub changes: Vec<EnvChange>,
    /// The file's lines around what changes, values masked.
    pub diff: Vec<DiffLine>,
    /// Why this file.
    pub env_reason: String,
    /// What to know before: a live environment, a file that git would take, …
    pub warnings: Vec<String>,
}

/// What happens to a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EnvAction {
    /// A new line.
    Add,
    /// A new value.
    Change,
    /// Already right.
    Keep,
}

/// One variable of the env file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct EnvChange {
    /// Which it is.
    pub variable: Variable,
    /// Its name.
    pub name: String,
    /// What happens.
    pub action: EnvAction,
    /// The old value, masked.
    pub old: Option<String>,
    /// The new value, masked; or when it will be known.
    pub new: String,
}

/// What happens to a line of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DiffKind {
    /// Nothing.
    Same,
    /// It is new.
    Added,
    /// It goes.
    Removed,
    /// It stands for lines that stay and are not shown.
    Skipped,
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DiffLine {
    /// What happens to it.
    pub kind: DiffKind,
    /// Its number: of a line that goes in the old file, else in the new one.
    pub line: Option<u32>,
    /// It, values masked.
    pub text: String,
}

/// How "Write and verify" stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ApplyState {
    /// Not begun.
    Idle,
    /// Under way; can be cancelled.
    Running,
    /// Waits for an answer to `question`.
    Asking,
    /// Done; see `report`.
    Done,
}

/// What is being done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ApplyKind {
    /// "Write and verify"; also ends a replacing of the secret that did not end.
    #[default]
    Apply,
    /// The webhook secret is replaced: a new endpoint first, the old one goes last.
    Rotate,
    /// Back to the secret before: the new endpoint goes.
    UndoRotation,
}

/// "Write and verify".
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct ApplyView {
    /// What is being done, or was done last.
    pub kind: ApplyKind,
    /// Whether a replacing of the secret has not ended: there are two endpoints on Polar.
    pub rotation_pending: bool,
    /// Whether there is an endpoint whose secret can be replaced.
    pub can_rotate: bool,
    /// How it stands.
    pub state: ApplyState,
    /// Every check, in its order.
    pub checks: Vec<Check>,
    /// What must be decided before it goes on.
    pub question: Option<Question>,
    /// What came of it.
    pub report: Option<ReportView>,
}

/// A decision that only the user can take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Question {
    /// The question.
    pub text: String,
    /// The answers.
    pub options: Vec<QuestionOption>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct QuestionOption {
    /// What `answer` takes.
    pub id: String,
    /// The button's text.
    pub label: String,
    /// More about it.
    pub detail: String,
}

/// What came of "Write and verify".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ReportView {
    /// Whether every claim was observed.
    pub verified: bool,
    /// The outcome in a sentence.
    pub summary: String,
    /// The endpoint on Polar.
    pub endpoint_id: Option<String>,
    /// The endpoint's address as Polar has it.
    pub endpoint_url: Option<String>,
    /// Whether the endpoint was created by this run (else updated or left).
    pub endpoint_created: bool,
    /// Its page on Polar's dashboard.
    pub endpoint_page: Option<String>,
    /// The file written, absolute.
    pub env_file: Option<String>,
    /// The variables in it.
    pub variables: Vec<EnvChange>,
    /// The organization.
    pub organization: Option<OrganizationView>,
    /// Which Polar.
    pub environment: EnvironmentName,
}
