//! "Write and verify".

use polar_setup_core::setup::Setup;
use tauri::State;

use crate::ipc::CommandResult;

/// Begins it.
#[tauri::command]
pub async fn apply(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.apply()?)
}

/// Replaces the webhook secret without a gap.
#[tauri::command]
pub async fn rotate_secret(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.rotate_secret()?)
}

/// Goes back to the secret before.
#[tauri::command]
pub async fn undo_rotation(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.undo_rotation()?)
}

/// Answers its question.
#[tauri::command]
pub async fn answer(setup: State<'_, Setup>, option: String) -> CommandResult {
    Ok(setup.answer(&option)?)
}

/// Cancels it.
#[tauri::command]
pub async fn cancel_apply(setup: State<'_, Setup>) -> CommandResult {
    setup.cancel_apply();
    Ok(())
}
