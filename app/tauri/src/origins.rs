//! Origins of an application's own pages.

use tauri::Config;

/// Origins of pages that are built into the application: on Linux and macOS, and on Windows.
const BUILT_IN: [&str; 3] = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];

/// Returns the origins of pages that an application of this configuration shows, those of a development server
/// included.
pub(crate) fn of(config: &Config) -> impl Iterator<Item = String> {
    let development = config.build.dev_url.as_ref().filter(|_| tauri::is_dev());
    let development = development.map(|url| url.origin().ascii_serialization());
    BUILT_IN.into_iter().map(str::to_owned).chain(development)
}
