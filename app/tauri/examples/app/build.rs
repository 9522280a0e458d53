//! What a Tauri application is built with.

fn main() {
    tauri_build::build();
}
