//! The desktop shell: composes the program from the core, the practice Polar and one window.

mod arguments;
mod commands;
mod ipc;
mod log;

use std::{ffi::OsString, process::ExitCode, sync::Arc};

use polar_setup_core::{
    setup::{Setup, SetupOptions, memory::Memory, view::StepName},
    vault::{Vault, VaultOptions},
};
use polar_setup_practice::PracticeInProgram;
use tauri::{DragDropEvent, Manager, RunEvent, Window, WindowEvent};

use self::{
    arguments::{Arguments, USAGE},
    commands::view,
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
        Err(problem) => {
            eprintln!("polar-setup: {problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let memory = Memory::folder().and_then(|data| {
        log::start(&data);
        Memory::open(&data)
    });
    let memory = memory.inspect_err(|error| eprintln!("polar-setup: nothing will be remembered: {error}")).ok();
    let options = SetupOptions {
        memory,
        vault: Vault::open(VaultOptions::from_env()),
        practice: Arc::new(PracticeInProgram::default()),
    };
    let setup = Setup::new(options);
    let opened = setup.clone();
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_clipboard_manager::init())
        .manage(setup)
        .manage(view::Feed::default())
        .invoke_handler(commands::handler())
        .setup(move |_| {
            tauri::async_runtime::spawn(async {
                // Beside the rest: one that does not want to end must not keep the project waiting.
                if let Ok(data) = Memory::folder() {
                    polar_setup_core::tunnel::end_leftovers(&data).await;
                }
            });
            tauri::async_runtime::spawn(async move {
                if let Some(folder) = folder
                    && let Err(error) = opened.open_project(&folder).await
                {
                    // The window shows it too.
                    eprintln!("polar-setup: {error}");
                }
                opened.look_for_programs().await;
            });
            Ok(())
        })
        .on_window_event(dropped)
        .build(tauri::generate_context!());
    let app = match built {
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

/// A folder that is dropped on the window is opened.
fn dropped(window: &Window, event: &WindowEvent) {
    let WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) = event else { return };
    let Some(folder) = paths.first().cloned() else { return };
    let setup = window.state::<Setup>().inner().clone();
    tauri::async_runtime::spawn(async move {
        setup.go_to(StepName::Project);
        if let Err(error) = setup.open_project(&folder).await {
            tracing::info!(%error, "a dropped folder was not opened");
        }
    });
}
