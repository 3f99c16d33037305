//! Secret, format, events and name of the webhook.

use polar_setup_core::{
    SecretText,
    setup::{
        Setup,
        view::{DeliveryFormat, SecretSource},
    },
};
use tauri::State;

use crate::ipc::CommandResult;

/// Chooses where the secret comes from; an own one never goes back.
#[tauri::command]
pub async fn set_secret(setup: State<'_, Setup>, source: SecretSource, own: Option<String>) -> CommandResult {
    Ok(setup.set_secret(source, own.map(SecretText::new).as_ref())?)
}

/// Chooses the delivery format.
#[tauri::command]
pub async fn set_format(setup: State<'_, Setup>, format: DeliveryFormat) -> CommandResult {
    Ok(setup.set_format(format)?)
}

/// Chooses the events.
#[tauri::command]
pub async fn set_events(setup: State<'_, Setup>, events: Vec<String>) -> CommandResult {
    Ok(setup.set_events(&events)?)
}

/// Names the endpoint.
#[tauri::command]
pub async fn set_endpoint_name(setup: State<'_, Setup>, name: String) -> CommandResult {
    Ok(setup.set_endpoint_name(&name)?)
}
