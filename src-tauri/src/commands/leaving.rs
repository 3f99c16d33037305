//! What leaves the program: pages for the browser, values for the clipboard. Neither address nor value passes the window.

use std::time::Duration;

use polar_setup_core::{
    SecretText,
    setup::{Copied, Copyable, Page, Setup},
};
use tauri::{AppHandle, Manager, State};
use tauri_plugin_clipboard_manager::ClipboardExt;
use tauri_plugin_opener::OpenerExt;

use crate::ipc::{CommandError, CommandResult};

/// How long a secret stays on the clipboard.
const SECRET_STAYS: Duration = Duration::from_secs(60);

/// Opens a page in the browser.
#[tauri::command]
pub async fn open_page(app: AppHandle, page: Page) -> CommandResult {
    open(&app, page)
}

/// Opens a page in the browser.
pub fn open(app: &AppHandle, page: Page) -> CommandResult {
    open_address(app, &app.state::<Setup>().page(page)?)
}

/// Opens an address of this program's own in the browser.
pub fn open_address(app: &AppHandle, address: &str) -> CommandResult {
    app.opener()
        .open_url(address, None::<&str>)
        .map_err(|_| CommandError::system(format!("No browser could be opened. The address is {address}")))
}

/// Puts a value on the clipboard; a secret is taken off again after a minute, if it is still there.
#[tauri::command]
pub async fn copy(app: AppHandle, setup: State<'_, Setup>, what: Copyable) -> CommandResult {
    put(app, setup.copied(what)?)
}

/// Puts a value on the clipboard; a secret is taken off again after a minute, if it is still there.
pub fn put(app: AppHandle, value: Copied) -> CommandResult {
    let Copied { text, secret } = value;
    if !app.write(text.expose()) {
        return Err(CommandError::system("The clipboard could not be written."));
    }
    if secret {
        tauri::async_runtime::spawn(take_off_again(app, text));
    }
    Ok(())
}

/// The system's clipboard.
trait Clipboard {
    /// Whether it could be written.
    fn write(&self, text: &str) -> bool;
    /// The text on it, if there is one.
    fn read(&self) -> Option<String>;
    /// Whether it could be emptied.
    fn empty(&self) -> bool;
}

impl Clipboard for AppHandle {
    fn write(&self, text: &str) -> bool {
        self.clipboard().write_text(text).is_ok()
    }

    fn read(&self) -> Option<String> {
        self.clipboard().read_text().ok()
    }

    fn empty(&self) -> bool {
        self.clipboard().clear().is_ok()
    }
}

async fn take_off_again(clipboard: impl Clipboard, secret: SecretText) {
    tokio::time::sleep(SECRET_STAYS).await;
    if clipboard.read().is_some_and(|now| now == secret.expose()) && !clipboard.empty() {
        tracing::warn!("a secret could not be taken off the clipboard");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::time::advance;

    use super::*;

    #[derive(Clone, Default)]
    struct Pretended(Arc<Mutex<Option<String>>>);

    impl Clipboard for Pretended {
        fn write(&self, text: &str) -> bool {
            *self.0.lock().unwrap() = Some(text.to_owned());
            true
        }

        fn read(&self) -> Option<String> {
            self.0.lock().unwrap().clone()
        }

        fn empty(&self) -> bool {
            *self.0.lock().unwrap() = None;
            true
        }
    }

    async fn pass(seconds: u64) {
        tokio::task::yield_now().await;
        advance(Duration::from_secs(seconds)).await;
        tokio::task::yield_now().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_secret_is_taken_off_after_a_minute() {
        let clipboard = Pretended::default();
        clipboard.write("secret");
        tokio::spawn(take_off_again(clipboard.clone(), SecretText::new("secret")));
        pass(59).await;
        assert_eq!(clipboard.read().as_deref(), Some("secret"));
        pass(2).await;
        assert_eq!(clipboard.read(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_copied_since_stays() {
        let clipboard = Pretended::default();
        clipboard.write("secret");
        tokio::spawn(take_off_again(clipboard.clone(), SecretText::new("secret")));
        pass(30).await;
        clipboard.write("a shopping list");
        pass(31).await;
        assert_eq!(clipboard.read().as_deref(), Some("a shopping list"));
    }
}
