//! `lanstream plugin`: for people who install plugins and who write them.

#[cfg(target_os = "linux")]
mod check;
mod list;
mod new;

use std::process::ExitCode;

use lanstream_plugin_host::Folders;

use crate::cli::PluginAction;
use crate::report;

/// Does what the command line says.
pub(crate) fn run(action: &PluginAction, json: bool) -> Result<ExitCode, String> {
    match action {
        PluginAction::List => list::print(json)?,
        #[cfg(target_os = "linux")]
        PluginAction::Check(options) => return check::run(options, json),
        PluginAction::New(options) => new::run(options)?,
        PluginAction::Path => report::print_line(&folders()?.plugins.display().to_string()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the user's folders.
fn folders() -> Result<Folders, String> {
    Folders::of_user().ok_or_else(|| {
        "there is no folder for plugins: the environment variable HOME names no absolute path".to_owned()
    })
}
