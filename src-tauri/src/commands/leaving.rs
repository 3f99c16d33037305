//! What leaves the program: pages for the browser, values for the clipboard. Neither address nor value passes the window.

use std::time::Duration;

use polar_setup_core::setup::{Copied, Copyable, Page, Setup};
use tauri::{AppHandle, State};
use tauri_plugin_clipboard_manager::ClipboardExt;
use tauri_plugin_opener::OpenerExt;

use crate::ipc::{CommandError, CommandResult};

/// How long a secret stays on the clipboard.
const SECRET_STAYS: Duration = Duration::from_secs(60);

/// Opens a page in the browser.
#[tauri::command]
pub async fn open_page(app: AppHandle, setup: State<'_, Setup>, page: Page) -> CommandResult {
    let address = setup.page(page)?;
    app.opener()
        .open_url(&address, None::<&str>)
        .map_err(|_| CommandError::system(format!("No browser could be opened. The address is {address}")))
}

/// Puts a value on the clipboard; a secret is taken off again after a minute, if it is still there.
#[tauri::command]
pub async fn copy(app: AppHandle, setup: State<'_, Setup>, what: Copyable) -> CommandResult {
    put(app, setup.copied(what)?)
}

/// Puts a value on the clipboard.
pub fn put(app: AppHandle, value: Copied) -> CommandResult {
    let Copied { text, secret } = value;
    app.clipboard()
        .write_text(text.expose())
        .map_err(|_| CommandError::system("The clipboard could not be written."))?;
    if secret {
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(SECRET_STAYS).await;
            if app.clipboard().read_text().is_ok_and(|now| now == text.expose()) && app.clipboard().clear().is_err() {
                tracing::warn!("a secret could not be taken off the clipboard");
            }
        });
    }
    Ok(())
}
