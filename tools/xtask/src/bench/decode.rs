//! `bench decode`: how fast the viewer's WebAssembly decoder is in one worker of a browser, on the pictures of
//! `cargo xtask bench codec`, beside the native decoder on the same bytes.
//!
//! The server is a program of its own (`tools/bench-decode`), which codes the pictures and serves the viewer's own
//! files. Here it is started with a browser and no debugger.

mod table;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use lanstream_testkit::browser::Engine;
use lanstream_testkit::display::Display;
use lanstream_testkit::process::Process;
use serde::Deserialize;

use super::engines;
use super::machine::Machine;
use crate::patience::Patience;
use crate::{repository, setup};
use table::{Picture, Table};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A folder of PNGs; all but the photograph and the films of our corpus count as text [default: what `cargo xtask
    /// corpus` made]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Times that each picture is decoded by each; figures are medians over them
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Whose WebAssembly
    #[arg(long, default_value = "chromium", value_parser = engines())]
    browser: Engine,
    /// Write everything measured to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A line of the server.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event {
    /// The page can be opened.
    Ready {
        url: String,
    },
    Picture(Picture),
    Done,
}

/// The package of the server.
const SERVER: &str = "lanstream-bench-decode";
/// Side of the display: the page shows nothing to look at.
const DISPLAY: (u16, u16) = (800, 600);
/// Within it the browser has started, or a picture was measured, on a machine that is busy with other things.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let browser = options.browser;
    setup::install("the bench needs", &[("Xvfb", "xvfb"), (browser.program(), browser.package())])?;
    let status = repository::cargo().args(["build", "--release", "-p", SERVER]).status()?;
    ensure!(status.success(), "cargo build ended with {status}");
    let patience = Patience::new()?;
    let display = crate::screen::display(DISPLAY);
    let table = Table::new(Machine::look(&[browser]), options.measure(&display, &patience)?);
    print!("{table}");
    options.json.as_ref().map_or(Ok(()), |path| table.write_json(path))
}

impl Options {
    fn measure(&self, display: &Display, patience: &Patience) -> anyhow::Result<Vec<Picture>> {
        let mut server = Process::start(&mut self.command());
        let events = server.lines();
        let Event::Ready { url } = next(&events, patience)? else {
            bail!("the server did not begin with ready")
        };
        let _browser = self.browser.open(&url, display);
        let mut pictures = Vec::new();
        loop {
            match next(&events, patience)? {
                Event::Picture(picture) => pictures.push(picture),
                Event::Done => return Ok(pictures),
                Event::Ready { .. } => bail!("the server was ready twice"),
            }
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(repository::target().join("release").join(SERVER));
        let made = || repository::target().join("codec-corpus");
        command.arg(self.corpus.clone().unwrap_or_else(made));
        command.args(["--rounds", &self.rounds.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }
}

/// Waits for what the server says. What is wrong it tells on standard error.
fn next(events: &Receiver<String>, patience: &Patience) -> anyhow::Result<Event> {
    patience.until("picture", LIMIT, || match events.try_recv() {
        Ok(line) => serde_json::from_str(&line).with_context(|| format!("the server said {line:?}")),
        Err(TryRecvError::Empty) => Ok(None),
        Err(TryRecvError::Disconnected) => {
            bail!("the server ended; `cargo xtask corpus` makes pictures")
        }
    })
}
