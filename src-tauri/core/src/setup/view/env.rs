//! What the window draws of the env file besides the plan.

use serde::Serialize;
use ts_rs::TS;

/// The env file and what is beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct EnvView {
    /// Its earlier versions, newest first.
    pub backups: Vec<BackupView>,
    /// The project's example of it.
    pub example: ExampleView,
    /// Whether the example is written along from now on.
    pub keeps_example: bool,
    /// Whether the file holds a variable that can be exported.
    pub can_export: bool,
    /// What no longer agrees.
    pub differences: Vec<DifferenceView>,
}

/// An earlier version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct BackupView {
    /// What `restore_backup` takes.
    pub id: String,
    /// When it was replaced, in milliseconds since 1970.
    #[ts(type = "number")]
    pub replaced_at: i64,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub size: u64,
}

/// The example: names and comments only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ExampleView {
    /// Its name, relative to the project's folder.
    pub file: String,
    /// Whether it is there.
    pub exists: bool,
    /// Names that it lacks.
    pub missing: Vec<String>,
}

/// Something that no longer agrees between the file, the keyring and Polar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DifferenceView {
    /// What `mend` takes.
    pub id: String,
    /// What was seen, in a sentence.
    pub text: String,
    /// What the button does; `None`: there is no button.
    pub fix: Option<String>,
}
