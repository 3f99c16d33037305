//! Deliveries.

use polar_setup_core::setup::Setup;
use tauri::State;

use crate::ipc::CommandResult;

/// Sends a signed sample event to the app.
#[tauri::command]
pub async fn send_test_event(setup: State<'_, Setup>, event_type: String) -> CommandResult {
    Ok(setup.send_test_event(&event_type).await?)
}

/// Empties the list.
#[tauri::command]
pub async fn clear_deliveries(setup: State<'_, Setup>) -> CommandResult {
    setup.clear_deliveries();
    Ok(())
}
