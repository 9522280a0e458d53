//! `bench peers`: what people use today to have a screen in a page, beside ours, in turn, on one machine.
//!
//! Each system has two displays of its own, and a kiosk browser that shows its page on the second; the sampler is that
//! of `bench glass`. Whatever a system does, its turn ends: what does not come up, hangs, crashes or leaves programs
//! behind is a row that says so.

mod cache;
mod capture;
mod custom;
#[cfg(test)]
mod fake;
mod hls;
mod jpeg_stream;
mod jsmpeg;
mod last_line;
pub(crate) mod meter;
mod mjpeg;
mod novnc;
mod ours;
mod peer;
mod plot;
mod process_tree;
mod results;
mod selkies;
mod site;
mod systems;
mod table;
mod testbed;
mod turn;
mod watchdog;
mod webrtc;
mod xpra;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use lanstream_testkit::browser::Engine;

use super::document::Document;
use super::machine::Machine;
use super::measurement::Measurement;
use crate::patience::Patience;
use crate::{repository, setup};
use custom::CustomPeer;
use ours::Ours;
use peer::Peer;
use systems::SYSTEMS;
use table::{System, Table};
use turn::{Conditions, Turn};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The systems beside ours
    #[arg(long, value_parser = words(), value_delimiter = ',', default_values_t = SYSTEMS.map(|(word, _)| word.to_owned()))]
    peers: Vec<String>,
    #[command(flatten)]
    measurement: Measurement,
    /// Where the plot, everything measured as JSON, and what the systems say go
    #[arg(long, value_name = "FOLDER", default_value_os_t = repository::target().join("peers/results"))]
    output: PathBuf,
    /// Write docs/peers.md and docs/peers.svg
    #[arg(long)]
    write: bool,
}

/// Where `--write` puts the figures.
pub(super) const DOCUMENT: Document =
    Document { path: "docs/peers.md", plot: "docs/peers.svg", command: "cargo xtask bench peers --write" };
/// The plot as the document shows it.
const IMAGE: &str = "![Share of the drawn frames that were seen within a time, load by load](peers.svg)\n";

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    setup::install(
        "the bench needs",
        &[("Xvfb", "xvfb"), (Engine::Chromium.program(), Engine::Chromium.package())],
    )?;
    let patience = Patience::new()?;
    let peers = options.peers()?;
    let systems =
        peers.iter().map(|peer| System::install(&**peer, &patience)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut turns = Vec::new();
    for round in 1..=options.measurement.rounds {
        for (peer, _) in peers.iter().zip(&systems).filter(|(_, system)| system.is_there()) {
            eprintln!("round {round} of {}: {}", options.measurement.rounds, peer.name());
            let turn = Turn::take(&**peer, &options.conditions(), round, &options.logs(&**peer), &patience)?;
            eprintln!("  {turn}");
            turns.push(turn);
        }
    }
    let table = Table::new(Machine::look(&[Engine::Chromium]), options.conditions(), systems, turns);
    print!("{table}");
    results::write(&table, &options.output)?;
    if options.write { DOCUMENT.write(&format!("{IMAGE}\n{table}"), &plot::draw(&table)) } else { Ok(()) }
}

impl Options {
    /// Returns all systems, ours first.
    fn peers(&self) -> anyhow::Result<Vec<Box<dyn Peer>>> {
        let is_wanted = |word: &str| self.peers.iter().any(|wanted| wanted == word);
        let mut peers: Vec<Box<dyn Peer>> = vec![Box::new(Ours)];
        peers.extend(SYSTEMS.iter().filter(|(word, _)| is_wanted(word)).map(|(_, make)| make()));
        for (command, url) in self.measurement.versus()? {
            peers.push(Box::new(CustomPeer::new(command, url)));
        }
        Ok(peers)
    }

    fn conditions(&self) -> Conditions {
        let Measurement { size, loads, .. } = &self.measurement;
        Conditions::new(*size, loads.clone(), self.measurement.duration())
    }

    /// Returns the folder for what a system says.
    fn logs(&self, peer: &dyn Peer) -> PathBuf {
        self.output.join("logs").join(peer.name())
    }
}

/// The systems, as words of a command line.
fn words() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(SYSTEMS.map(|(word, _)| word))
}
