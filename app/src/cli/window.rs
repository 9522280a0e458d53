//! A window of its own for the page: its flags, and the command `view`.

#[cfg(feature = "webview")]
use clap::ArgMatches;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};

/// Name of the command that shows the page of another run.
pub(super) const VIEW: &str = "view";
/// Its argument.
const URL: &str = "url";
/// Whether this build has windows. Help of one that has none does not offer them.
const HAS_WINDOWS: bool = cfg!(feature = "webview");

const EXAMPLES: &str = "Examples:
  lanstream view http://127.0.0.1:PORT/#TOKEN
  lanstream view - < file-with-the-url          no other user sees it among this process's arguments";

/// The window, and how it looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Window")]
pub(crate) struct Window {
    /// Show the page in a window of its own; closing it ends the run
    #[arg(long, global = true, hide = !HAS_WINDOWS)]
    pub(crate) webview: bool,
    /// Keep the window above others
    #[arg(long, global = true, hide = !HAS_WINDOWS)]
    pub(crate) always_on_top: bool,
    /// Leave out the window's frame and title bar
    #[arg(long, global = true, hide = !HAS_WINDOWS)]
    pub(crate) borderless: bool,
    /// Title of the window [default: that of the page]
    #[arg(long, value_name = "TEXT", global = true, hide = !HAS_WINDOWS)]
    pub(crate) title: Option<String>,
}

/// Returns the command `view`.
pub(super) fn command() -> Command {
    let url = Arg::new(URL)
        .value_name("URL")
        .help("What the other run printed; - reads it from standard input")
        .required(true)
        .allow_hyphen_values(true);
    Command::new(VIEW)
        .about("Show the page of another run of lanstream in a window of its own")
        .after_help(EXAMPLES)
        .arg(url)
        .hide(!HAS_WINDOWS)
}

/// Returns the URL that `view` was given, or `-`.
#[cfg(feature = "webview")]
pub(super) fn url(matches: &ArgMatches) -> String {
    matches.get_one::<String>(URL).cloned().unwrap_or_default()
}

/// Refuses a window where this build has none, and the look of one where none is asked for.
pub(super) fn check(window: &Window, is_view: bool) -> Result<(), clap::Error> {
    let is_wanted = window.webview || is_view;
    let has_look = Window { webview: false, ..window.clone() } != Window::default();
    if (is_wanted || has_look) && !HAS_WINDOWS {
        let message = "this build was made without windows: build it with `--features webview`";
        return Err(clap::Error::raw(ErrorKind::ArgumentConflict, message));
    }
    if has_look && !is_wanted {
        let message = "--always-on-top, --borderless and --title are of a window: add --webview";
        return Err(clap::Error::raw(ErrorKind::MissingRequiredArgument, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(window: &Window, is_view: bool) -> String {
        check(window, is_view).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn nothing_asked_for_is_right_in_every_build() {
        assert_eq!(said(&Window::default(), false), "");
    }

    #[cfg(feature = "webview")]
    #[test]
    fn a_look_needs_a_window() {
        let look = Window { borderless: true, ..Window::default() };
        assert!(said(&look, false).contains("add --webview"));
        assert_eq!(said(&look, true), "");
        assert_eq!(said(&Window { webview: true, ..look }, false), "");
    }

    #[cfg(not(feature = "webview"))]
    #[test]
    fn a_build_without_windows_says_how_to_get_them() {
        let window = Window { webview: true, ..Window::default() };
        for (window, is_view) in [(window, false), (Window::default(), true)] {
            assert!(said(&window, is_view).contains("build it with `--features webview`"));
        }
    }
}
