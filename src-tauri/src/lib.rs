//! The desktop shell: composes the program from the core, the practice Polar and one window.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod arguments;
mod commands;
mod crash;
mod instance;
mod ipc;
mod log;
mod menu;
mod notifications;
mod page;
mod preferences;
mod quitting;
mod third_parties;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use polar_setup_core::{
    setup::{Setup, SetupOptions, memory::Memory},
    vault::{Vault, VaultOptions},
};
use polar_setup_practice::PracticeInProgram;
use tauri::{AppHandle, DragDropEvent, Manager, RunEvent, Window, WindowEvent, Wry, plugin::TauriPlugin};
use tauri_plugin_window_state::StateFlags;

use self::{
    arguments::{Arguments, USAGE},
    commands::view,
    crash::Reloads,
    page::Page,
    preferences::Kept,
    quitting::Quitting,
};

/// Opens the window, on the folder that the arguments name, and returns when it is closed.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let folder = match Arguments::read(arguments) {
        Ok(Arguments::Open(folder)) => folder,
        Ok(Arguments::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Arguments::Version) => {
            println!("polar-setup {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Ok(Arguments::Terminal(arguments)) => return polar_setup_cli::run(arguments.into_iter()),
        Ok(Arguments::ThirdParties) => return third_parties::print(),
        Err(problem) => {
            eprintln!("polar-setup: {problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let data = Memory::folder();
    let memory = data.as_ref().map_err(ToString::to_string).and_then(|data| {
        log::start(data);
        Memory::open(data).map_err(|error| error.to_string())
    });
    let memory = memory.inspect_err(|problem| eprintln!("polar-setup: nothing will be remembered: {problem}")).ok();
    let data = data.ok();
    let setup = Setup::new(SetupOptions {
        memory,
        vault: Vault::open(VaultOptions::from_env()),
        practice: Arc::new(PracticeInProgram::default()),
    });
    let built = tauri::Builder::default()
        .plugin(instance::plugin())
        .plugin(window_state(data.as_deref()))
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_notification::init())
        .manage(setup)
        .manage(view::Feed::default())
        .manage(Page::default())
        .manage(Quitting::default())
        .manage(Reloads::default())
        .manage(Kept::open(data.as_deref()))
        .menu(menu::build)
        .on_menu_event(|app, event| menu::chosen(app, &event))
        .invoke_handler(commands::handler())
        .setup(move |app| {
            crash::tell_of_panics(app.handle());
            if let Some(window) = app.get_webview_window("main") {
                crash::survive_the_page(&window);
            }
            begin(app.handle(), folder, data);
            Ok(())
        })
        .on_window_event(window_event);
    #[cfg(target_os = "macos")]
    let built = built.on_web_content_process_terminate(|view| {
        crash::page_died(view.app_handle(), || {
            if let Err(error) = view.reload() {
                tracing::error!(%error, "the page could not be loaded again");
            }
        });
    });
    let app = match built.build(tauri::generate_context!()) {
        Ok(app) => app,
        Err(error) => {
            eprintln!("polar-setup: the window could not be opened: {error}");
            return ExitCode::FAILURE;
        }
    };
    app.run(|app, event| {
        if matches!(event, RunEvent::Exit) {
            // Nothing that was started here outlives the window.
            tauri::async_runtime::block_on(app.state::<Setup>().close());
        }
    });
    ExitCode::SUCCESS
}

/// What begins with the program, beside the window.
fn begin(app: &AppHandle, folder: Option<PathBuf>, data: Option<PathBuf>) {
    // The page comes first: what looks at all processes, or starts some, would take its processor time.
    let put_off = app.clone();
    tauri::async_runtime::spawn(async move {
        put_off.state::<Page>().drawn().await;
        put_off.state::<Setup>().look_for_programs().await;
        if let Some(data) = data {
            polar_setup_core::tunnel::end_leftovers(&data).await;
        }
    });
    tauri::async_runtime::spawn(notifications::watch(app.clone()));
    tauri::async_runtime::spawn(end_when_told(app.clone()));
    let setup = app.state::<Setup>().inner().clone();
    tauri::async_runtime::spawn(async move {
        if let Some(folder) = folder
            && let Err(error) = setup.open_project(&folder).await
        {
            // The window shows it too.
            eprintln!("polar-setup: {error}");
        }
    });
}

/// Logging out, Ctrl+C and `kill` end it as closing the window does, only that nobody can be asked.
async fn end_when_told(app: AppHandle) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut end), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return;
        };
        tokio::select! { _ = end.recv() => {}, _ = interrupt.recv() => {} }
        quitting::quit(&app);
    }
    #[cfg(not(unix))]
    drop(app);
}

/// Size and place of the window are those of the last time.
fn window_state(data: Option<&Path>) -> TauriPlugin<Wry> {
    let plugin = tauri_plugin_window_state::Builder::new()
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED | StateFlags::FULLSCREEN);
    match data.and_then(|data| data.join("window.json").into_os_string().into_string().ok()) {
        Some(file) => plugin.with_filename(file).build(),
        None => plugin.build(),
    }
}

fn window_event(window: &Window, event: &WindowEvent) {
    match event {
        WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => {
            if let Some(folder) = paths.first() {
                instance::open(window.app_handle(), folder.clone());
            }
        }
        WindowEvent::CloseRequested { api, .. } if !quitting::may_quit(window.app_handle()) => api.prevent_close(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use polar_setup_core::setup::view::SetupView;

    use super::*;

    /// A setup in which nothing has happened yet.
    pub fn empty_view() -> SetupView {
        let vault = Vault::open(VaultOptions { keyring: false, ..VaultOptions::default() });
        Setup::new(SetupOptions { memory: None, vault, practice: Arc::new(PracticeInProgram::default()) }).view()
    }
}
