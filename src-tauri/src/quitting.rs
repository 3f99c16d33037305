//! The end of the program. It asks first only when something would be lost: in the page, or, if that does not answer, in
//! a native dialog.

use std::sync::atomic::{AtomicBool, Ordering};

use polar_setup_core::setup::Setup;
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};

use crate::page::{Page, ShellEvent};

/// How far somebody who wants to quit has come.
#[derive(Default)]
pub struct Quitting {
    asked: AtomicBool,
    decided: AtomicBool,
}

/// What is to be done when somebody wants to quit.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Quit,
    AskInPage,
    /// The page is gone, or was asked already and did not answer.
    AskInDialog,
}

impl Quitting {
    /// Somebody wants to quit.
    fn next(&self, would_lose: bool, page_is_there: bool) -> Next {
        if !would_lose || self.decided.load(Ordering::Acquire) {
            return Next::Quit;
        }
        let asked_before = self.asked.swap(true, Ordering::AcqRel);
        if page_is_there && !asked_before { Next::AskInPage } else { Next::AskInDialog }
    }

    /// They stay after all.
    pub fn stay(&self) {
        self.asked.store(false, Ordering::Release);
    }

    fn decide(&self) {
        self.decided.store(true, Ordering::Release);
    }
}

/// Somebody wants to quit: whether the window may close now. If not, they are being asked.
pub fn may_quit(app: &AppHandle) -> bool {
    let losses = app.state::<Setup>().losses();
    let page = app.state::<Page>();
    match app.state::<Quitting>().next(!losses.is_empty(), page.is_there()) {
        Next::Quit => return true,
        Next::AskInPage => page.tell(ShellEvent::AsksToQuit { losses }),
        Next::AskInDialog => ask_in_dialog(app, &losses),
    }
    false
}

/// Quits, if nothing would be lost; else asks.
pub fn quit_or_ask(app: &AppHandle) {
    if may_quit(app) {
        quit(app);
    }
}

/// Quits, whatever is lost.
pub fn quit(app: &AppHandle) {
    app.state::<Quitting>().decide();
    app.exit(0);
}

fn ask_in_dialog(app: &AppHandle, losses: &[String]) {
    let answered = app.clone();
    app.dialog()
        .message(losses.join("\n\n"))
        .title("Quit Polar Setup?")
        .kind(MessageDialogKind::Warning)
        .buttons(MessageDialogButtons::OkCancelCustom("Quit".into(), "Stay".into()))
        .show(move |yes| if yes { quit(&answered) } else { answered.state::<Quitting>().stay() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_loss_nobody_is_asked() {
        assert_eq!(Quitting::default().next(false, true), Next::Quit);
        assert_eq!(Quitting::default().next(false, false), Next::Quit);
    }

    #[test]
    fn the_page_asks_and_a_page_that_does_not_answer_is_passed_over() {
        let quitting = Quitting::default();
        assert_eq!(quitting.next(true, true), Next::AskInPage);
        assert_eq!(quitting.next(true, true), Next::AskInDialog);
        quitting.stay();
        assert_eq!(quitting.next(true, true), Next::AskInPage);
        assert_eq!(Quitting::default().next(true, false), Next::AskInDialog);
    }

    #[test]
    fn who_has_decided_is_not_asked_again() {
        let quitting = Quitting::default();
        quitting.decide();
        assert_eq!(quitting.next(true, true), Next::Quit);
    }
}
