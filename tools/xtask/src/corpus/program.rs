//! The programs that draw on a display, each with settings of its own: no user's show in a picture.

use std::path::Path;
use std::process::{Command, Stdio};

use lanstream_testkit::browser::{Browser, Engine};
use lanstream_testkit::display::Display;
use lanstream_testkit::process::Process;

use crate::repository;

/// What is run.
#[derive(Clone, Copy)]
pub(crate) enum Program {
    /// A terminal that shows source code.
    Source,
    /// A terminal that lists a folder, in colours.
    List,
    Editor,
    /// A browser with an article.
    Page,
    Files,
}

/// A program that ends when its value goes.
pub(crate) enum Running {
    Program { _process: Process },
    Browser { _browser: Browser },
}

/// What there is to read, in the terminal and in the editor.
const TEXT: &str = "tools/xtask/src/bench/report.rs";
/// Every Debian has it, and it is full.
const FOLDER: &str = "/usr/bin";
/// What the browser shows.
const PAGE: &str = "tools/xtask/src/corpus/page.html";
/// GTK programs have icons, line numbers and colours, and nothing that blinks.
const GTK2: &str = "gtk-icon-theme-name=\"Adwaita\"\ngtk-cursor-blink=0\n";
const GTK3: &str = "[Settings]\ngtk-cursor-blink=0\n";
const EDITOR: &str = "[org/xfce/mousepad/preferences/view]\nshow-line-numbers=true\ncolor-scheme='classic'\n";

impl Program {
    /// Starts it on a display; its settings lie in `home`.
    pub(crate) fn start(self, on: &Display, home: &Path) -> anyhow::Result<Running> {
        let mut command = match self {
            Self::Source => terminal(&["-fa", "DejaVu Sans Mono", "-fs", "11"], &format!("cat {TEXT}")),
            Self::List => terminal(&["-fn", "fixed"], &format!("ls -l --color=always {FOLDER} | head -n 81")),
            Self::Editor => editor(home)?,
            Self::Files => files(home)?,
            Self::Page => return Ok(page(on)),
        };
        set_apart(&mut command, home).env("DISPLAY", &on.name).current_dir(repository::root());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Running::Program { _process: Process::start(&mut command) })
    }
}

/// As if nobody were logged in: a program that found another of its kind would leave the window to that one, and one
/// that found Wayland would draw there.
fn set_apart<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    for folder in ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"] {
        command.env(folder, home);
    }
    let command = command.env("DBUS_SESSION_BUS_ADDRESS", "disabled:").env_remove("WAYLAND_DISPLAY");
    command.env("LC_ALL", "C.UTF-8")
}

/// Stays open when its command has ended.
fn terminal(font: &[&str], line: &str) -> Command {
    let mut command = Command::new("xterm");
    command.args(font).args(["-bg", "#1c1c28", "-fg", "#d8d8e0", "-geometry", "210x60", "-hold"]);
    command.args(["-e", "sh", "-c", line]);
    command
}

fn editor(home: &Path) -> anyhow::Result<Command> {
    gtk3(home)?;
    let settings = home.join("glib-2.0/settings");
    std::fs::create_dir_all(&settings)?;
    std::fs::write(settings.join("keyfile"), EDITOR)?;
    let mut command = Command::new("mousepad");
    command.env("GSETTINGS_BACKEND", "keyfile").arg(repository::root().join(TEXT));
    Ok(command)
}

fn gtk3(home: &Path) -> std::io::Result<()> {
    let settings = home.join("gtk-3.0");
    std::fs::create_dir_all(&settings)?;
    std::fs::write(settings.join("settings.ini"), GTK3)
}

fn files(home: &Path) -> anyhow::Result<Command> {
    let settings = home.join("gtkrc");
    std::fs::write(&settings, GTK2)?;
    let mut command = Command::new("pcmanfm");
    command.env("GTK2_RC_FILES", settings).arg("/etc");
    Ok(command)
}

fn page(on: &Display) -> Running {
    let url = format!("file://{}", repository::root().join(PAGE).display());
    Running::Browser { _browser: Engine::Firefox.open(&url, on) }
}
