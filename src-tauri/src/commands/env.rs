//! The env file besides "Write and verify".

use polar_setup_core::{env_file::Variable, setup::Setup};
use tauri::State;

use crate::ipc::CommandResult;

/// Gives a variable another name.
#[tauri::command]
pub async fn set_variable_name(setup: State<'_, Setup>, variable: Variable, name: String) -> CommandResult {
    Ok(setup.set_variable_name(variable, &name)?)
}

/// Puts an earlier version back.
#[tauri::command]
pub async fn restore_backup(setup: State<'_, Setup>, id: String) -> CommandResult {
    Ok(setup.restore_backup(&id).await?)
}

/// Writes names and comments into the example.
#[tauri::command]
pub async fn write_example(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.write_example().await?)
}

/// Does what the button beside a difference says.
#[tauri::command]
pub async fn mend(setup: State<'_, Setup>, difference: String) -> CommandResult {
    Ok(setup.mend(&difference).await?)
}

/// Asks Polar again how the endpoint is.
#[tauri::command]
pub async fn look_at_endpoint(setup: State<'_, Setup>) -> CommandResult {
    setup.look_at_endpoint().await;
    Ok(())
}
