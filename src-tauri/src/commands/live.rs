//! Deliveries.

use polar_setup_core::setup::{
    DeliveryPart, Setup,
    view::{DeliveriesPage, DeliveryDetail, DeliveryQuery, Hold, ListSpan, PolarsList},
};
use tauri::{AppHandle, State};

use super::leaving;
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

/// The rows that the list shows.
#[tauri::command]
pub async fn deliveries(setup: State<'_, Setup>, query: DeliveryQuery) -> CommandResult<DeliveriesPage> {
    Ok(setup.deliveries(&query))
}

/// One delivery with everything, secrets masked.
#[tauri::command]
pub async fn delivery(setup: State<'_, Setup>, number: u32) -> CommandResult<DeliveryDetail> {
    Ok(setup.delivery(number)?)
}

/// Sends a delivery to the app again.
#[tauri::command]
pub async fn replay(setup: State<'_, Setup>, number: u32, body: Option<String>) -> CommandResult {
    setup.replay(number, body)?;
    Ok(())
}

/// Asks Polar to deliver an event once more.
#[tauri::command]
pub async fn redeliver(setup: State<'_, Setup>, number: u32) -> CommandResult {
    Ok(setup.redeliver(number).await?)
}

/// The same for an event of Polar's list, by its id.
#[tauri::command]
pub async fn redeliver_event(setup: State<'_, Setup>, id: String) -> CommandResult {
    Ok(setup.redeliver_event(&id).await?)
}

/// Polar's deliveries list beside what arrived here.
#[tauri::command]
pub async fn polars_list(setup: State<'_, Setup>, span: ListSpan) -> CommandResult<PolarsList> {
    Ok(setup.polars_list(span).await?)
}

/// Ends the wait for Polar's list.
#[tauri::command]
pub async fn cancel_polars_list(setup: State<'_, Setup>) -> CommandResult {
    setup.cancel_polars_list();
    Ok(())
}

/// Puts a part of a delivery on the clipboard.
#[tauri::command]
pub async fn copy_delivery(app: AppHandle, setup: State<'_, Setup>, number: u32, part: DeliveryPart) -> CommandResult {
    leaving::put(app, setup.delivery_part(number, part)?)
}

/// Keeps deliveries across restarts, or no longer.
#[tauri::command]
pub async fn keep_deliveries(setup: State<'_, Setup>, keep: bool) -> CommandResult {
    Ok(setup.keep_deliveries(keep).await?)
}

/// Gives the app the `Host` that arrived, or its own again.
#[tauri::command]
pub async fn set_keeps_host(setup: State<'_, Setup>, keeps: bool) -> CommandResult {
    setup.set_keeps_host(keeps);
    Ok(())
}

/// Holds deliveries back from the app, or no longer.
#[tauri::command]
pub async fn set_hold(setup: State<'_, Setup>, hold: Hold) -> CommandResult {
    Ok(setup.set_hold(hold)?)
}

/// Sends what is held to the app.
#[tauri::command]
pub async fn let_go(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.let_go().await?)
}
