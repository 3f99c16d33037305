//! The environment and the token. The token comes in and never goes back.

use polar_setup_core::{
    SecretText,
    setup::{Setup, view::EnvironmentName},
};
use tauri::{AppHandle, State};
use tauri_plugin_clipboard_manager::ClipboardExt;

use crate::ipc::{CommandError, CommandResult};

/// Chooses the Polar.
#[tauri::command]
pub async fn set_environment(
    setup: State<'_, Setup>,
    environment: EnvironmentName,
    api_url: Option<String>,
) -> CommandResult {
    Ok(setup.set_environment(environment, api_url.as_deref())?)
}

/// Takes a pasted token.
#[tauri::command]
pub async fn submit_token(setup: State<'_, Setup>, token: String) -> CommandResult {
    Ok(setup.submit_token(&SecretText::new(token))?)
}

/// Takes the token that is on the clipboard, which is read only when somebody asks for it.
#[tauri::command]
pub async fn submit_token_from_clipboard(app: AppHandle, setup: State<'_, Setup>) -> CommandResult {
    let text = app.clipboard().read_text().unwrap_or_default();
    let token = SecretText::new(text.trim());
    if token.expose().is_empty() {
        return Err(CommandError::system("There is no text on the clipboard. Copy the token on Polar's page first."));
    }
    Ok(setup.submit_token(&token)?)
}

/// Notes in how many days the token ends.
#[tauri::command]
pub async fn set_token_expiry(setup: State<'_, Setup>, days: Option<u32>) -> CommandResult {
    Ok(setup.set_token_expiry(days)?)
}

/// Forgets the token.
#[tauri::command]
pub async fn forget_token(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.forget_token().await?)
}
