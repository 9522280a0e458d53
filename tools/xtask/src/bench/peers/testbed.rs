//! The testbed of one system: a display to mirror, a display to show its page on, and all that it starts.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use lanstream_testkit::browser::{Browser, Engine};
use lanstream_testkit::display::Display;
use lanstream_testkit::process::Process;
use tempfile::TempDir;

use super::jpeg_stream::JpegStream;
use super::last_line;
use super::meter::Roots;
use super::process_tree::{self, Member};
use super::site::Site;
use crate::patience::Patience;

/// How long a program may take until it is ready.
pub(super) const START_LIMIT: Duration = Duration::from_secs(30);
/// How long programs that have left the group of who started them may take to notice that it has ended.
const LEAVE_LIMIT: Duration = Duration::from_secs(2);
/// The variable by which all that a system starts is known, wherever it goes.
const MARK: &str = "LANSTREAM_BENCH_PEER";

/// What a system has for its turn. What it started ends first, then the displays: fields go in order.
pub(super) struct Testbed<'a> {
    browser: Option<Browser>,
    programs: Vec<Program>,
    sender: Option<Browser>,
    site: Option<Site>,
    source: Option<Display>,
    /// The name of the mirrored display, once there is one.
    source_name: Option<String>,
    mirror: Display,
    opened: Option<Instant>,
    pub(super) size: (u16, u16),
    mark: String,
    logs: PathBuf,
    folder: TempDir,
    pub(super) patience: &'a Patience,
}

/// A running program, and the file of its output.
struct Program {
    name: String,
    process: Process,
    log: PathBuf,
}

impl<'a> Testbed<'a> {
    /// Makes one for a screen of this size. What programs say goes into the folder `logs`.
    pub(super) fn new(size: (u16, u16), logs: &Path, patience: &'a Patience) -> anyhow::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        std::fs::create_dir_all(logs).with_context(|| format!("can't make {}", logs.display()))?;
        Ok(Self {
            browser: None,
            programs: Vec::new(),
            sender: None,
            site: None,
            source: None,
            source_name: None,
            mirror: crate::screen::display_of_page(size),
            opened: None,
            size,
            mark: format!("{}.{number}", std::process::id()),
            logs: logs.to_owned(),
            folder: TempDir::with_prefix("lanstream-peer-")?,
            patience,
        })
    }

    /// Returns the display to mirror, and starts it the first time.
    pub(super) fn source(&mut self) -> String {
        if self.source_name.is_none() {
            let display = crate::screen::display(self.size);
            self.source_name = Some(display.name.clone());
            self.source = Some(display);
        }
        self.source_name.clone().unwrap_or_default()
    }

    /// Has the display of a program that is an X server itself mirrored.
    pub(super) fn set_source(&mut self, name: String) {
        self.source_name = Some(name);
    }

    /// Returns the name of the display that shows the page.
    pub(super) fn mirror(&self) -> &str {
        &self.mirror.name
    }

    /// Returns a folder for files of this turn.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a program that is not listened to.
    pub(super) fn start(&mut self, command: &mut Command) -> anyhow::Result<()> {
        let log = self.prepare(command)?;
        let output = File::options().append(true).open(&log)?;
        self.keep(command.stdout(output), log);
        Ok(())
    }

    /// Starts a program, and returns the lines that it writes to its standard output.
    pub(super) fn start_talking(&mut self, command: &mut Command) -> anyhow::Result<Receiver<String>> {
        let log = self.prepare(command)?;
        Ok(self.keep(command.stdout(Stdio::piped()), log).process.lines())
    }

    /// Starts a program that writes one JPEG after the other, of which pages have the newest at `stream`.
    ///
    /// # Errors
    /// Where no page is served.
    pub(super) fn start_pictures(&mut self, command: &mut Command) -> anyhow::Result<()> {
        let log = self.prepare(command)?;
        let output = self.keep(command.stdout(Stdio::piped()), log).process.stdout();
        self.site.as_ref().context("no page is served")?.show(JpegStream::of(output)?);
        Ok(())
    }

    /// Waits for a line of a program that `pick` takes.
    pub(super) fn line<T>(
        &self,
        what: &str,
        lines: &Receiver<String>,
        pick: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        self.until(what, || Ok(lines.try_iter().find_map(|line| pick(&line))))
    }

    /// Tries until there is a value, and as long as all programs run.
    pub(super) fn until<T>(
        &self,
        what: &str,
        mut attempt: impl FnMut() -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        self.patience.until(what, START_LIMIT, || {
            let value = attempt()?;
            match self.last_line() {
                Some(line) if value.is_none() => bail!("{line}"),
                _ => Ok(value),
            }
        })
    }

    /// Waits until something listens at a port of this machine. Nobody connects: some serve a single connection.
    pub(super) fn until_listening(&self, port: u16) -> anyhow::Result<()> {
        self.until("listener", || {
            let table = std::fs::read_to_string("/proc/net/tcp")?;
            Ok(is_listening(&table, port).then_some(()))
        })
    }

    /// Serves pages by their names, and packages under names beside them. Returns the URL of `index.html`.
    pub(super) fn serve(
        &mut self,
        pages: &[(&str, &str)],
        packages: &[(&str, PathBuf)],
    ) -> anyhow::Result<String> {
        let root = self.folder().join("site");
        std::fs::create_dir_all(&root)?;
        for (name, page) in pages {
            std::fs::write(root.join(name), page)?;
        }
        for (name, folder) in packages {
            symlink(folder, root.join(name))?;
        }
        Ok(self.site.insert(Site::start(&root)?).url())
    }

    /// Waits until a served page has left a message, which stays for whoever takes it.
    ///
    /// # Errors
    /// Where it leaves one called `error` instead.
    pub(super) fn until_message(&self, name: &str) -> anyhow::Result<()> {
        let site = self.site.as_ref().context("no page is served")?;
        self.until(&format!("{name} from the page"), || match site.message("error") {
            Some(error) => bail!("the page says: {}", String::from_utf8_lossy(&error)),
            None => Ok(site.message(name).map(|_| ())),
        })
    }

    /// Shows a page on the second display, all over it.
    pub(super) fn open(&mut self, url: &str) {
        self.open_with(url, &[]);
    }

    /// Does so in a browser with more arguments.
    pub(super) fn open_with(&mut self, url: &str, arguments: &[&str]) {
        self.opened = Some(Instant::now());
        self.browser = Some(open(url, &self.mirror, arguments, &self.mark));
    }

    /// Opens a page on the display to be mirrored, in a browser that is a part of the system.
    pub(super) fn open_sender(&mut self, url: &str, arguments: &[&str]) {
        self.source();
        self.sender = self.source.as_ref().map(|source| open(url, source, arguments, &self.mark));
    }

    /// Returns when the page was opened.
    pub(super) fn opened(&self) -> Option<Instant> {
        self.opened
    }

    /// Returns the processes that the others descend from.
    pub(super) fn roots(&self) -> Roots {
        let programs = self.programs.iter().map(|program| program.process.id());
        let senders = self.sender.iter().map(|sender| sender.process.id());
        let server = programs.chain(senders).chain(self.source.iter().map(Display::pid)).collect();
        Roots { server, browser: self.browser.iter().map(|browser| browser.process.id()).collect() }
    }

    /// Returns the variable that everything started here has in its environment, as `NAME=VALUE`.
    pub(super) fn variable(&self) -> String {
        format!("{MARK}={}", self.mark)
    }

    /// Says which program has ended by itself, if any has, and what it said last.
    pub(super) fn last_line(&self) -> Option<String> {
        let ended = self.programs.iter().find(|program| program.process.has_ended())?;
        Some(format!("{} ended by itself and said last: {}", ended.name, last_line::of(&ended.log)))
    }

    /// Ends everything, and returns the names of what had to be ended besides the groups of programs.
    pub(super) fn end(mut self) -> Vec<String> {
        (self.browser, self.sender) = (None, None);
        // What came last may need what came first.
        while self.programs.pop().is_some() {}
        let variable = self.variable();
        let has_gone = || Ok(process_tree::marked(&variable).is_empty().then_some(()));
        if self.patience.until("end of all programs", LEAVE_LIMIT, has_gone).is_ok() {
            return Vec::new();
        }
        let strays = process_tree::end(&variable);
        let mut names: Vec<String> = strays.into_iter().map(|Member { name, .. }| name).collect();
        names.sort();
        names
    }

    /// Gives a command what all of them have, and a file for its output.
    fn prepare(&self, command: &mut Command) -> anyhow::Result<PathBuf> {
        let name = command.get_program().to_owned();
        ensure!(is_there(&name), "there is no program {}", name.display());
        let name = Path::new(&name).file_name().unwrap_or(&name).to_string_lossy().into_owned();
        let log = self.logs.join(format!("{name}.log"));
        let output = File::create(&log).with_context(|| format!("can't write {}", log.display()))?;
        let home = self.folder();
        command.stdin(Stdio::null()).stderr(output).env(MARK, &self.mark).current_dir(home);
        for variable in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"] {
            command.env(variable, home);
        }
        Ok(log)
    }

    fn keep(&mut self, command: &mut Command, log: PathBuf) -> &mut Program {
        let name = Path::new(command.get_program()).file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        self.programs.push(Program { name, process: Process::start(command), log });
        let last = self.programs.len() - 1;
        &mut self.programs[last]
    }
}

/// Opens a page in the browser that all systems are measured in.
fn open(url: &str, on: &Display, arguments: &[&str], mark: &str) -> Browser {
    Engine::Chromium
        .open_with(url, on, |command| command.args(arguments).stdout(Stdio::null()).env(MARK, mark))
}

/// Looks for a listener of this machine's in `/proc/net/tcp`: the second column is the local address and port in
/// hexadecimal digits, the fourth is 0A for one that listens.
fn is_listening(table: &str, port: u16) -> bool {
    table.lines().any(|line| {
        let fields: Vec<_> = line.split_ascii_whitespace().take(4).collect();
        matches!(fields[..], [_, local, _, "0A"] if local.ends_with(&format!(":{port:04X}")))
    })
}

fn is_there(program: &OsStr) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A name with a folder in it stands for itself.
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_listener_is_found_without_a_connection() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let table = || std::fs::read_to_string("/proc/net/tcp").unwrap();
        assert!(is_listening(&table(), port));
        drop(listener);
        assert!(!is_listening(&table(), port));
    }
}
