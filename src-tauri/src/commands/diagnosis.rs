//! Why webhooks do not arrive.

use polar_setup_core::{check::diagnose::Diagnosis, setup::Setup};
use tauri::State;

use crate::ipc::CommandResult;

/// Looks, and names what is wrong.
#[tauri::command]
pub async fn diagnose(setup: State<'_, Setup>) -> CommandResult<Diagnosis> {
    Ok(setup.diagnose().await?)
}

/// Ends the search.
#[tauri::command]
pub async fn cancel_diagnosis(setup: State<'_, Setup>) -> CommandResult {
    setup.cancel_diagnosis();
    Ok(())
}
