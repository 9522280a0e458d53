//! Makes the permissions of the plugin's commands.

const COMMANDS: &[&str] = &["open", "start", "stop"];

fn main() {
    tauri_plugin::Builder::new(COMMANDS).build();
}
