//! What happens when a part of the program fails: the rest goes on, the tunnel and the receiver first of all, and the
//! page says so.

use std::{
    collections::VecDeque,
    panic::PanicHookInfo,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tauri::{AppHandle, Manager, WebviewWindow};
use tauri_plugin_dialog::DialogExt;

use crate::page::{Page, ShellEvent};

/// A page that died more often than this within [`SPAN`] is not loaded again.
const MOST: usize = 3;
const SPAN: Duration = Duration::from_secs(60);

/// Logs panics and tells the page of them. Only their place: the text of a panic could quote what must not be written down.
pub fn tell_of_panics(app: &AppHandle) {
    let app = app.clone();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        before(panic);
        app.state::<Page>().tell(ShellEvent::Panicked { place: place(panic) });
    }));
}

/// File and line of a panic.
pub fn place(panic: &PanicHookInfo<'_>) -> String {
    panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string)
}

/// Loads the page again when its process dies.
pub fn survive_the_page(window: &WebviewWindow) {
    #[cfg(target_os = "linux")]
    {
        use webkit2gtk::WebViewExt;
        let app = window.app_handle().clone();
        let watched = window.with_webview(move |view| {
            view.inner().connect_web_process_terminated(move |view, reason| {
                tracing::error!(?reason, "the page's process ended");
                page_died(&app, || view.reload());
            });
        });
        if let Err(error) = watched {
            tracing::warn!(%error, "the page's process is not watched");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = window;
}

/// What to do when the page's process has died; `reload` loads the page again.
pub fn page_died(app: &AppHandle, reload: impl FnOnce()) {
    let page = app.state::<Page>();
    page.is_gone();
    if app.state::<Reloads>().may_reload(Instant::now()) {
        page.tell(ShellEvent::Restored);
        reload();
        return;
    }
    app.dialog()
        .message(
            "The window's page has failed several times and is not loaded again. The tunnel and the receiver still run: \
             webhooks reach your app until you close this window.",
        )
        .title("Polar Setup")
        .show(|_| {});
}

/// When the page was loaded again.
#[derive(Default)]
pub struct Reloads(Mutex<VecDeque<Instant>>);

impl Reloads {
    fn may_reload(&self, now: Instant) -> bool {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.retain(|time| now.saturating_duration_since(*time) < SPAN);
        if times.len() >= MOST {
            return false;
        }
        times.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_dies_again_and_again_is_given_up() {
        let reloads = Reloads::default();
        let start = Instant::now();
        for seconds in 0..3 {
            assert!(reloads.may_reload(start + Duration::from_secs(seconds)));
        }
        assert!(!reloads.may_reload(start + Duration::from_secs(10)));
        assert!(reloads.may_reload(start + Duration::from_secs(61)));
    }
}
