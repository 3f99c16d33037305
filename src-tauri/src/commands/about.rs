//! What the program is: version, third parties, preferences, and the log and the report for whoever helps.

use std::fs;

use polar_setup_core::{
    SecretText,
    setup::{Copied, Setup, memory::Memory, support::Surroundings},
};
use serde::Serialize;
use tauri::{AppHandle, Manager, State};
use tauri_plugin_opener::OpenerExt;
use ts_rs::TS;

use super::leaving;
use crate::{
    ipc::{CommandError, CommandResult},
    log,
    preferences::Kept,
    third_parties::{self, ThirdParties},
};

/// What the program is.
#[derive(Debug, Serialize, TS)]
#[ts(export)]
pub struct AboutView {
    /// Its version.
    pub version: String,
    /// The operating system.
    pub system: String,
    /// The version of the web view.
    pub web_view: String,
    /// Where the log is; `None`: nothing is logged.
    pub log: Option<String>,
    /// Whether the desktop is told of failures while the window is in the background.
    pub notifications: bool,
}

/// What the program is.
#[tauri::command]
pub async fn about(kept: State<'_, Kept>) -> CommandResult<AboutView> {
    Ok(AboutView {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system: system(),
        web_view: web_view(),
        log: log_file().map(|file| file.display().to_string()),
        notifications: kept.get().notifications,
    })
}

/// Whose work is in it, and under which licences.
#[tauri::command]
pub async fn third_parties() -> CommandResult<ThirdParties> {
    third_parties::all().map_err(|error| CommandError::system(error.to_string()))
}

/// Whether the desktop is told of failures.
#[tauri::command]
pub async fn set_notifications(kept: State<'_, Kept>, on: bool) -> CommandResult {
    kept.change(|preferences| preferences.notifications = on).map_err(|error| {
        CommandError::system(format!("This lasts until Polar Setup ends: the preferences cannot be written ({error})."))
    })
}

/// Shows the log in the system's file manager.
#[tauri::command]
pub async fn show_logs(app: AppHandle) -> CommandResult {
    open_logs(&app)
}

/// Puts the report on the clipboard.
#[tauri::command]
pub async fn copy_report(app: AppHandle) -> CommandResult {
    put_report(&app)
}

/// Shows the log in the system's file manager.
pub fn open_logs(app: &AppHandle) -> CommandResult {
    let file = log_file().ok_or_else(|| CommandError::system("Nothing is logged: there is no folder for it."))?;
    let shown = app.opener().reveal_item_in_dir(&file);
    let opened = shown.or_else(|_| {
        // A desktop without that service may still open the folder.
        let folder = file.parent().unwrap_or(&file).display().to_string();
        app.opener().open_path(folder, None::<&str>)
    });
    opened.map_err(|_| CommandError::system(format!("No file manager could be opened. The log is {}", file.display())))
}

/// Puts the report on the clipboard.
pub fn put_report(app: &AppHandle) -> CommandResult {
    let surroundings = Surroundings {
        program: format!("Polar Setup {}", env!("CARGO_PKG_VERSION")),
        system: system(),
        more: vec![
            ("Web view".to_owned(), web_view()),
            ("Desktop".to_owned(), std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_else(|_| "unknown".to_owned())),
        ],
        log: log_file().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default(),
    };
    let home = app.path().home_dir().ok();
    let report = app.state::<Setup>().support_report(&surroundings, home.as_deref());
    leaving::put(app.clone(), Copied { text: SecretText::new(report), secret: false })
}

fn log_file() -> Option<std::path::PathBuf> {
    Memory::folder().ok().map(|folder| folder.join(log::FILE)).filter(|file| file.exists())
}

fn system() -> String {
    polar_setup_core::setup::support::system()
}

fn web_view() -> String {
    tauri::webview_version().unwrap_or_else(|_| "unknown".to_owned())
}
