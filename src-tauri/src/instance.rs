//! One window a user: a second start shows the first one and opens the folder that it was given there.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use polar_setup_core::setup::{
    Setup,
    memory::{FOLDER_VARIABLE, Memory},
    view::StepName,
};
use sha2::{Digest, Sha256};
use tauri::{AppHandle, Manager, Wry, plugin::TauriPlugin};

use crate::arguments::Arguments;

/// The name on the session's bus under which the first one is found.
const BUS_NAME: &str = "dev.polar_setup.desktop";

/// Must be the first plugin: it ends a second start before that has begun anything.
pub fn plugin() -> TauriPlugin<Wry> {
    let folder = env::var_os(FOLDER_VARIABLE).and_then(|_| Memory::folder().ok());
    tauri_plugin_single_instance::Builder::new()
        .dbus_id(bus_name(folder.as_deref()))
        .callback(|app, arguments, from| {
            // An option other than a folder was answered by the second start itself.
            let asked = Arguments::read(arguments.into_iter().skip(1).map(OsString::from));
            let folder = match asked {
                Ok(Arguments::Open(folder)) => folder.map(|folder| PathBuf::from(from).join(folder)),
                _ => None,
            };
            show(app);
            if let Some(folder) = folder {
                open(app, folder);
            }
        })
        .build()
}

/// Programs with data folders of their own do not know of each other.
fn bus_name(folder: Option<&Path>) -> String {
    let Some(folder) = folder else { return BUS_NAME.to_owned() };
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let (start, _) = digest.split_at(8);
    let number = start.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{BUS_NAME}.data{number:016x}")
}

/// Brings the window to the front.
pub fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window("main") else { return };
    for result in [window.unminimize(), window.show(), window.set_focus()] {
        if let Err(error) = result {
            tracing::info!(%error, "the window could not be brought to the front");
        }
    }
}

/// Opens a folder that came from outside of the page, and shows the project's step.
pub fn open(app: &AppHandle, folder: PathBuf) {
    let setup = app.state::<Setup>().inner().clone();
    tauri::async_runtime::spawn(async move {
        setup.go_to(StepName::Project);
        if let Err(error) = setup.open_project(&folder).await {
            // The window shows it too.
            tracing::info!(%error, "a folder was not opened");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_data_folder_is_another_program() {
        assert_eq!(bus_name(None), BUS_NAME);
        let (one, other) = (bus_name(Some(Path::new("/tmp/one"))), bus_name(Some(Path::new("/tmp/other"))));
        assert_ne!(one, other);
        // https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-names
        assert!(one.split('.').all(|part| part.starts_with(|first: char| first.is_ascii_lowercase())), "{one}");
    }
}
