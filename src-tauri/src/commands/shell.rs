//! The window itself: what the shell tells the page, and the end of the program.

use polar_setup_core::redact::redacted;
use tauri::{AppHandle, State, ipc::Channel};

use crate::{
    ipc::CommandResult,
    page::{Page, ShellEvent},
    quitting::{self, Quitting},
};

/// The longest message of the page that is logged, in characters.
const LONGEST: usize = 500;

/// The page hears what the shell says from now on.
#[tauri::command]
pub async fn hear(page: State<'_, Page>, channel: Channel<ShellEvent>) -> CommandResult {
    page.hears(channel);
    tracing::info!("the page is there");
    Ok(())
}

/// Quits, after a question if something would be lost.
#[tauri::command]
pub async fn quit(app: AppHandle) -> CommandResult {
    quitting::quit_or_ask(&app);
    Ok(())
}

/// Quits, whatever is lost.
#[tauri::command]
pub async fn quit_now(app: AppHandle) -> CommandResult {
    quitting::quit(&app);
    Ok(())
}

/// Does not quit after all.
#[tauri::command]
pub async fn stay(quitting: State<'_, Quitting>) -> CommandResult {
    quitting.stay();
    Ok(())
}

/// The page could not be drawn: for the log.
#[tauri::command]
pub async fn page_failed(message: String) -> CommandResult {
    let message = redacted(&message.chars().take(LONGEST).collect::<String>(), &[]);
    tracing::error!(%message, "the page failed");
    Ok(())
}
