//! The native menu. What it can do is also in the page: its keys are those of the page.

use polar_setup_core::setup::{Page as PolarPage, Setup, view::StepName};
use tauri::{
    AppHandle, Manager, Wry,
    menu::{Menu, MenuBuilder, MenuEvent, MenuItemBuilder, SubmenuBuilder},
};

use crate::{
    commands::{about, leaving, project},
    page::{Page, ShellEvent},
    quitting,
};

/// The steps, as their menu items are called.
const STEPS: [(StepName, &str, &str); 6] = [
    (StepName::Project, "step-project", "Project"),
    (StepName::Token, "step-token", "Environment and Token"),
    (StepName::Webhook, "step-webhook", "Webhook"),
    (StepName::PublicUrl, "step-public-url", "Public URL"),
    (StepName::Verify, "step-verify", "Write and Verify"),
    (StepName::Live, "step-live", "Live"),
];

/// The menu.
///
/// # Errors
/// The system made none.
pub fn build(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let item = |id: &str, text: &str, keys: Option<&str>| {
        let item = MenuItemBuilder::with_id(id, text);
        match keys {
            Some(keys) => item.accelerator(keys).build(app),
            None => item.build(app),
        }
    };
    let mut menu = MenuBuilder::new(app);
    let about = item("about", "About Polar Setup", None)?;
    let quit = item("quit", "Quit Polar Setup", Some("CmdOrCtrl+Q"))?;
    if cfg!(target_os = "macos") {
        let program = SubmenuBuilder::new(app, "Polar Setup").item(&about).separator().hide().separator().item(&quit);
        menu = menu.item(&program.build()?);
    }
    let mut file = SubmenuBuilder::new(app, "File").item(&item("open", "Open Folder…", Some("CmdOrCtrl+O"))?);
    if !cfg!(target_os = "macos") {
        file = file.separator().item(&quit);
    }
    menu = menu.item(&file.build()?);
    if cfg!(target_os = "macos") {
        // There, text fields know their keys only from the menu.
        let edit = SubmenuBuilder::new(app, "Edit").undo().redo().separator().cut().copy().paste().select_all();
        menu = menu.item(&edit.build()?);
    }
    let mut go = SubmenuBuilder::new(app, "Go");
    for (number, (_, id, title)) in STEPS.iter().enumerate() {
        go = go.item(&item(id, title, Some(&format!("CmdOrCtrl+{}", number + 1)))?);
    }
    go = go.separator().item(&item("palette", "Find an Action…", Some("CmdOrCtrl+K"))?);
    let mut help = SubmenuBuilder::new(app, "Help")
        .item(&item("keys", "Keyboard Shortcuts", None)?)
        .item(&item("docs", "Polar's Documentation of Webhooks", None)?)
        .separator()
        .item(&item("logs", "Show Logs", None)?)
        .item(&item("report", "Copy Report", None)?);
    if !cfg!(target_os = "macos") {
        help = help.separator().item(&about);
    }
    menu.item(&go.build()?).item(&help.build()?).build()
}

/// Does what was chosen.
pub fn chosen(app: &AppHandle, event: &MenuEvent) {
    let id = event.id().as_ref();
    if let Some((step, ..)) = STEPS.iter().find(|(_, known, _)| *known == id) {
        app.state::<Setup>().go_to(*step);
        return;
    }
    let page = app.state::<Page>();
    match id {
        "palette" => page.tell(ShellEvent::Palette),
        "keys" => page.tell(ShellEvent::Keys),
        "about" => page.tell(ShellEvent::About),
        "quit" => quitting::quit_or_ask(app),
        "open" => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                if let Err(error) = project::choose(&app).await {
                    tracing::info!(?error, "a chosen folder was not opened");
                }
            });
        }
        "docs" => told(leaving::open(app, PolarPage::WebhookDocs), id),
        "logs" => told(about::open_logs(app), id),
        "report" => told(about::put_report(app), id),
        _ => tracing::warn!(id, "a menu item without a meaning"),
    }
}

fn told(result: crate::ipc::CommandResult, id: &str) {
    if let Err(error) = result {
        tracing::warn!(?error, id, "what was chosen in the menu was not done");
    }
}
