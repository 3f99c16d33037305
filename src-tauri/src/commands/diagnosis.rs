//! Why webhooks do not arrive.

use polar_setup_core::{check::diagnose::Diagnosis, setup::Setup};
use tauri::{AppHandle, Manager, State};

use super::leaving;
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

/// Does what the button beside a cause says.
#[tauri::command]
pub async fn mend_cause(setup: State<'_, Setup>, cause: String) -> CommandResult {
    Ok(setup.mend_cause(&cause).await?)
}

/// Opens what there is to read about a cause in the browser.
#[tauri::command]
pub async fn open_cause_link(app: AppHandle, cause: String) -> CommandResult {
    let address = app.state::<Setup>().cause_link(&cause)?;
    leaving::open_address(&app, &address)
}

/// Asks Polar to deliver what was missed once more; tells how many events that are.
#[tauri::command]
pub async fn redeliver_missed(setup: State<'_, Setup>) -> CommandResult<usize> {
    Ok(setup.redeliver_missed_events().await?)
}
