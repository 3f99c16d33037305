//! A window with nothing in it: what `benches/start` compares the start and the memory of Polar Setup with.

fn main() {
    if let Err(error) = tauri::Builder::default().run(tauri::generate_context!("benches/start/tauri.conf.json")) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
