//! `bench transports`: what each browser engine takes from a local server, path by path, size by size.
//!
//! The server is a program of its own (`tools/bench-transports`), which serves the page, sends, and times what the page
//! acknowledges. Here it is started once for each engine and round, with a browser and no debugger.

mod cell;
mod plot;
mod table;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use lanstream_testkit::browser::Engine;
use lanstream_testkit::display::Display;
use lanstream_testkit::process::Process;

use super::document::Document;
use super::engines;
use super::machine::Machine;
use crate::patience::Patience;
use crate::{repository, setup};
use cell::{Cell, Event, Round};
use table::Table;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Which browsers
    #[arg(long, value_parser = engines(), value_delimiter = ',', default_value = "chromium,firefox,webkit")]
    engines: Vec<Engine>,
    /// Seconds that each cell of the table is measured for, after a quarter of a second that is not counted
    #[arg(long, default_value_t = 0.5, value_parser = parse_seconds)]
    seconds: f64,
    /// Times that each cell is measured; figures are medians over them
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Only these paths: http-byob, http, websocket, websocket-pieces, stream, stream-plain, streams, datagrams
    #[arg(long, value_delimiter = ',')]
    paths: Vec<String>,
    /// Bytes of a message
    #[arg(long, value_delimiter = ',', default_value = "8192,100000,1000000,3110400,8294400", value_parser = clap::value_parser!(u32).range(8..=64_000_000))]
    sizes: Vec<u32>,
    /// Another tuning of QUIC such as window=1048576,mtu=1200, measured in turn with ours
    #[arg(long, value_name = "SETTINGS")]
    tune: Vec<String>,
    /// Write docs/transports.md and docs/transports.svg
    #[arg(long)]
    write: bool,
    /// Write everything measured to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The package of the server.
const SERVER: &str = "lanstream-bench-transports";
/// Side of the display: the page shows nothing to look at.
const DISPLAY: (u16, u16) = (800, 600);
/// How long a server may take until it is ready.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long a browser may take to start and open the page, or a cell beyond its seconds.
const CELL_LIMIT: Duration = Duration::from_secs(60);
/// Between two looks at whether the person has had enough.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Where `--write` puts the figures.
pub(super) const DOCUMENT: Document = Document {
    path: "docs/transports.md",
    plot: "docs/transports.svg",
    command: "cargo xtask bench transports --write",
};

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    options.install()?;
    build()?;
    let patience = Patience::new()?;
    let display = crate::screen::display(DISPLAY);
    let mut rounds = Vec::new();
    for number in 1..=options.rounds {
        for engine in &options.engines {
            let name = engine.name();
            eprintln!("round {number} of {}: {name}", options.rounds);
            let cells = options.measure(*engine, &display, &patience).context(name)?;
            rounds.push(Round { engine: name.to_owned(), cells });
        }
    }
    let table = Table::new(Machine::look(&options.engines), rounds);
    print!("{table}");
    if options.write {
        DOCUMENT.write(&table.to_string(), &plot::draw(&table))?;
    }
    options.json.as_ref().map_or(Ok(()), |path| table.write_json(path))
}

fn build() -> anyhow::Result<()> {
    let status = repository::cargo().args(["build", "--release", "-p", SERVER]).status()?;
    ensure!(status.success(), "cargo build ended with {status}");
    Ok(())
}

impl Options {
    fn install(&self) -> anyhow::Result<()> {
        let browsers = self.engines.iter().map(|engine| (engine.program(), engine.package()));
        let commands: Vec<_> = std::iter::once(("Xvfb", "xvfb")).chain(browsers).collect();
        setup::install("the bench needs", &commands)
    }

    /// Measures every cell in one engine, once.
    fn measure(&self, engine: Engine, display: &Display, patience: &Patience) -> anyhow::Result<Vec<Cell>> {
        let mut server = Process::start(&mut self.command());
        let events = Events { lines: server.lines(), patience };
        let Event::Ready { url } = events.next(START_LIMIT)? else {
            bail!("the server did not begin with ready")
        };
        let _browser = engine.open(&url, display);
        let mut cells = Vec::new();
        loop {
            match events.next(CELL_LIMIT + Duration::from_secs_f64(self.seconds))? {
                Event::Cell(cell) => {
                    eprintln!("  {cell}");
                    cells.push(cell);
                }
                Event::Done => return Ok(cells),
                Event::Ready { .. } => bail!("the server was ready twice"),
            }
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(repository::target().join("release").join(SERVER));
        let sizes: Vec<_> = self.sizes.iter().map(u32::to_string).collect();
        command.args(["--seconds", &self.seconds.to_string(), "--sizes", &sizes.join(",")]);
        if !self.paths.is_empty() {
            command.args(["--paths", &self.paths.join(",")]);
        }
        for settings in &self.tune {
            command.args(["--tune", settings]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }
}

/// What a server says, one JSON object a line.
struct Events<'a> {
    lines: Receiver<String>,
    patience: &'a Patience,
}

impl Events<'_> {
    fn next(&self, limit: Duration) -> anyhow::Result<Event> {
        let end = Instant::now() + limit;
        loop {
            match self.lines.recv_timeout(POLL_INTERVAL) {
                Ok(line) => {
                    return serde_json::from_str(&line).with_context(|| format!("the server said {line:?}"));
                }
                Err(RecvTimeoutError::Disconnected) => bail!("the server ended"),
                Err(RecvTimeoutError::Timeout) => self.patience.check()?,
            }
            ensure!(Instant::now() < end, "nothing was measured for {limit:?}");
        }
    }
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.05..=60.0).contains(seconds));
    seconds.ok_or_else(|| format!("{text:?} is no number of seconds from 0.05 to 60"))
}
