//! Makes the permissions of the plugin's commands, and names the script for pages without a bundler.

const COMMANDS: &[&str] = &["open", "start", "stop"];

fn main() {
    tauri_plugin::Builder::new(COMMANDS).global_api_script_path("./api-iife.js").build();
}
