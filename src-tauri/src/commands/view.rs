//! Snapshots for the window, and which step it shows.

use std::sync::{Mutex, PoisonError};

use polar_setup_core::{
    polar::event::{self, Catalogue},
    setup::{
        Setup,
        view::{SetupView, StepName},
    },
};
use tauri::{State, async_runtime::JoinHandle, ipc::Channel};

use crate::ipc::CommandResult;

/// The task that feeds the window. A reloaded window subscribes anew, and its old channel is fed no more.
#[derive(Default)]
pub struct Feed(Mutex<Option<JoinHandle<()>>>);

/// Sends the present snapshot and every later one.
#[tauri::command]
pub async fn subscribe(setup: State<'_, Setup>, feed: State<'_, Feed>, channel: Channel<SetupView>) -> CommandResult {
    let mut views = setup.subscribe();
    views.mark_changed();
    let task = tauri::async_runtime::spawn(async move {
        while views.changed().await.is_ok() {
            let view = views.borrow_and_update().clone();
            if channel.send(view).is_err() {
                return;
            }
        }
    });
    let before = feed.0.lock().unwrap_or_else(PoisonError::into_inner).replace(task);
    if let Some(before) = before {
        before.abort();
    }
    Ok(())
}

/// The event types, their groups and presets.
#[tauri::command]
pub async fn catalogue() -> CommandResult<Catalogue> {
    Ok(event::catalogue().clone())
}

/// Shows another step.
#[tauri::command]
pub async fn go_to(setup: State<'_, Setup>, step: StepName) -> CommandResult {
    setup.go_to(step);
    Ok(())
}
