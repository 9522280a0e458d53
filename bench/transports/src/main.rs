//! The server of `cargo xtask bench transports`: serves a page to one browser and measures, path by path, what it takes.
//!
//! It prints one JSON object a line: `ready` with the page's URL, a `cell` for each that was measured, `done`.

mod cell;
mod control;
mod endpoint;
mod gate;
mod link;
mod path;
mod sample;
mod tuning;
mod window;

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::Parser;
use serde::Serialize;
use wtransport::Identity;

use cell::{Outcome, Run, Times};
use control::{Control, Said, Tell};
use gate::{Arrival, Gate};
use link::{Link, Opened};
use path::{Carrier, Path};
use sample::Sample;
use tuning::Tuning;

#[derive(Parser)]
struct Options {
    #[arg(long, default_value_t = 0.7)]
    seconds: f64,
    #[arg(long, default_value_t = 0.3)]
    warm_up: f64,
    #[arg(long, value_enum, value_delimiter = ',', default_value = "http-byob,http,websocket,websocket-pieces,stream,stream-plain,streams,datagrams")]
    paths: Vec<Path>,
    #[arg(long, value_delimiter = ',', default_value = "8192,100000,1000000,3110400,8294400")]
    sizes: Vec<usize>,
    #[arg(long, value_delimiter = ',', default_value = "1,3")]
    in_flight: Vec<usize>,
    #[arg(long)]
    tune: Vec<Tuning>,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    #[arg(long, default_value_t = 1)]
    rounds: usize,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event<'a> {
    Ready { url: &'a str },
    Cell { path: Path, tuning: &'a str, bytes: usize, in_flight: usize, #[serde(flatten)] figures: Figures },
    Done,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Figures {
    Measured(Sample),
    Absent(String),
    Broken(String),
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(options.threads).enable_all().build()?;
    runtime.block_on(run(options))
}

fn print(event: &Event<'_>) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(event)?);
    Ok(())
}

async fn run(mut options: Options) -> anyhow::Result<()> {
    let identity = Identity::self_signed(["localhost", "127.0.0.1"])?;
    let hash = identity.certificate_chain().as_slice().first().context("no certificate")?.hash();
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut gate = Gate::open(&hash)?;
    let plain = endpoint::open_plain(identity.clone_identity(), gate.sender.clone())?;
    if options.tune.is_empty() { options.tune.push(Tuning::default()); }
    let mut ports = Vec::new();
    for tuning in &options.tune {
        ports.push(endpoint::open_tuned(identity.clone_identity(), tuning, gate.sender.clone())?);
    }
    print(&Event::Ready { url: &gate.url })?;
    let mut control = loop {
        if let Some(Arrival::Control(socket)) = gate.arrivals.recv().await { break Control::new(*socket); }
    };
    let mut cell = 0;
    for _ in 0..options.rounds {
    for &bytes in &options.sizes {
        let message = Bytes::from((0..bytes).map(|at| (at >> 8) as u8).collect::<Vec<_>>());
        for &in_flight in &options.in_flight {
            for &path in &options.paths {
                for (index, tuning) in options.tune.iter().enumerate() {
                    if index > 0 && (path.carrier() != Carrier::WebTransport || path == Path::StreamPlain) { continue; }
                    if path == Path::StreamPlain && bytes != 1_000_000 { continue; }
                    cell += 1;
                    let port = if path == Path::StreamPlain { plain } else { ports[index] };
                    let figures = one(&mut gate, &mut control, cell, path, port, &message, in_flight, tuning, &options).await?;
                    print(&Event::Cell { path, tuning: &tuning.text, bytes, in_flight, figures })?;
                }
            }
        }
    }
    }
    print(&Event::Done)
}

async fn one(gate: &mut Gate, control: &mut Control, cell: u32, path: Path, port: u16, message: &Bytes, in_flight: usize, tuning: &Tuning, options: &Options) -> anyhow::Result<Figures> {
    control.tell(&Tell::Open { cell, path, bytes: message.len(), port }).await?;
    let opened: Opened = loop {
        tokio::select! {
            arrival = gate.arrivals.recv() => match arrival.context("gate")? {
                Arrival::Path(of, opened) if of == cell => break opened,
                _ => {}
            },
            said = control.hear() => match said? {
                Said::Absent(reason) => return Ok(Figures::Absent(reason)),
                Said::Broken(reason) => return Ok(Figures::Broken(reason)),
                other => bail!("{other:?}"),
            },
        }
    };
    let mut link = Link::new(opened, path, tuning.chunk).await?;
    if tuning.copy { if let Link::Stream(c, s, _) = link { link = Link::StreamPlain(c, s); } }
    let times = Times { warm_up: Duration::from_secs_f64(options.warm_up), measured: Duration::from_secs_f64(options.seconds) };
    let outcome = Run { control, link: &mut link, message, in_flight, began: Default::default(), next: 0 }.measure(times).await?;
    control.tell(&Tell::Close).await?;
    loop {
        if let Said::Closed = tokio::time::timeout(Duration::from_secs(10), control.hear()).await?? { break }
    }
    Ok(match outcome { Outcome::Measured(sample) => Figures::Measured(sample), Outcome::Broken(reason) => Figures::Broken(reason) })
}
