//! What the layers may know of each other.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
                found.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds what this test looks for");
    found
}

#[test]
fn neither_core_nor_practice_nor_terminal_knows_tauri() {
    for package in ["polar-setup-core", "polar-setup-practice", "polar-setup-cli"] {
        let tree = Command::new(env!("CARGO"))
            .args(["tree", "--package", package, "--edges", "normal,build", "--prefix", "none", "--offline"])
            .current_dir(root())
            .output()
            .unwrap();
        let tree = String::from_utf8(tree.stdout).unwrap();
        assert!(tree.contains(package), "cargo tree lists {package}");
        let windows: Vec<&str> = tree
            .lines()
            .filter(|line| ["tauri", "wry", "tao", "webkit2gtk"].iter().any(|name| line.starts_with(name)))
            .collect();
        assert!(windows.is_empty(), "{package} depends on {windows:?}");
    }
}

#[test]
fn only_one_file_of_the_window_imports_tauri() {
    let importers: Vec<String> = files("ui/src", &[".ts", ".svelte"])
        .into_iter()
        .filter(|(_, text)| text.contains("@tauri-apps"))
        .map(|(path, _)| path.strip_prefix(root()).unwrap().display().to_string())
        .collect();
    assert_eq!(importers, ["ui/src/tauri.ts"]);
}

/// What a command answers, by the text of its signature.
fn answers() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (_, text) in files("src-tauri/src/commands", &[".rs"]) {
        for command in text.split("#[tauri::command]").skip(1) {
            let signature = command.split('{').next().unwrap();
            let name = signature.split("fn ").nth(1).unwrap().split('(').next().unwrap();
            let answer = signature.rsplit("->").next().unwrap().trim();
            found.push((name.to_owned(), answer.to_owned()));
        }
    }
    found
}

#[test]
fn no_command_answers_with_a_secret() {
    for (name, answer) in answers() {
        // A success without content, a yes or no, a number, the public catalogue, or deliveries, in which secrets are masked
        // (`deliveries.rs` and `polars_list.rs` look at that), what the program itself is, or a diagnosis. Snapshots leave by the
        // channel only.
        let harmless = [
            "",
            "<bool>",
            "<usize>",
            "<Catalogue>",
            "<DeliveriesPage>",
            "<DeliveryDetail>",
            "<PolarsList>",
            "<AboutView>",
            "<ThirdParties>",
            "<Diagnosis>",
        ];
        let content = answer.strip_prefix("CommandResult").unwrap_or(&answer);
        assert!(harmless.contains(&content), "{name} answers {answer}");
    }
    // Snapshots cannot carry one either: a secret is not serialisable, which `SecretText` leaves out on purpose.
    let (_, text) = files("src-tauri/core/src", &["secret_text.rs"]).remove(0);
    assert!(!text.contains("Serialize"));
}

#[test]
fn the_window_may_use_its_commands_and_nothing_else() {
    let allowed = fs::read_to_string(root().join("src-tauri/permissions/setup.toml")).unwrap();
    let mut allowed: Vec<String> = allowed
        .lines()
        .filter(|line| line.starts_with("  \""))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .map(str::to_owned)
        .collect();
    let mut commands: Vec<String> = answers().into_iter().map(|(name, _)| name).collect();
    allowed.sort();
    commands.sort();
    assert_eq!(allowed, commands);
    let capability: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(root().join("src-tauri/capabilities/window.json")).unwrap()).unwrap();
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    assert_eq!(capability["permissions"], serde_json::json!(["allow-setup"]));
}
