//! The project's folder.

use std::path::Path;

use polar_setup_core::setup::Setup;
use tauri::{AppHandle, Manager, State};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

use crate::ipc::{CommandError, CommandResult};

/// Opens the native folder dialog; `false`: it was cancelled.
#[tauri::command]
pub async fn choose_folder(app: AppHandle) -> CommandResult<bool> {
    choose(&app).await
}

/// Opens the native folder dialog and the folder that is chosen there; `false`: it was cancelled.
pub async fn choose(app: &AppHandle) -> CommandResult<bool> {
    let (tell, told) = oneshot::channel();
    app.dialog().file().set_title("Your project's folder").pick_folder(move |folder| {
        // A window that is gone wants no answer.
        let _ = tell.send(folder);
    });
    let Some(folder) = told.await.ok().flatten() else { return Ok(false) };
    let folder = folder.into_path().map_err(|error| CommandError::system(error.to_string()))?;
    app.state::<Setup>().open_project(&folder).await?;
    Ok(true)
}

/// Opens a folder of before.
#[tauri::command]
pub async fn open_project(setup: State<'_, Setup>, folder: String) -> CommandResult {
    Ok(setup.open_project(Path::new(&folder)).await?)
}

/// Overrules what was found.
#[tauri::command]
pub async fn set_project_details(
    setup: State<'_, Setup>,
    route: Option<String>,
    port: Option<u16>,
    env_file: Option<String>,
) -> CommandResult {
    Ok(setup.set_project_details(route.as_deref(), port, env_file.as_deref())?)
}

/// Overrules the framework.
#[tauri::command]
pub async fn set_framework(setup: State<'_, Setup>, framework: String) -> CommandResult {
    Ok(setup.set_framework(&framework).await?)
}

/// Searches for leaked secrets.
#[tauri::command]
pub async fn scan_leaks(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.scan_leaks()?)
}

/// Ends that search.
#[tauri::command]
pub async fn cancel_scan(setup: State<'_, Setup>) -> CommandResult {
    setup.cancel_scan();
    Ok(())
}

/// Keeps git from taking the env file.
#[tauri::command]
pub async fn ignore_env_file(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.ignore_env_file().await?)
}
