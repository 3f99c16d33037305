//! Builds what the desktop shell needs: from `tauri.conf.json` its context, permissions and capabilities, and from the
//! packages that it is made of the list of third parties.

mod third_parties;

fn main() {
    for folder in ["src-tauri/permissions", "src-tauri/capabilities"] {
        println!("cargo:rerun-if-changed={folder}");
    }
    let attributes = tauri_build::Attributes::new()
        .app_manifest(tauri_build::AppManifest::new().permissions_path_pattern("src-tauri/permissions/**/*"))
        .capabilities_path_pattern("src-tauri/capabilities/**/*");
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
    if let Err(error) = third_parties::collect() {
        eprintln!("the list of third parties: {error}");
        std::process::exit(1);
    }
}
