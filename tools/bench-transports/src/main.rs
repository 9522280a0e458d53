//! The server of `cargo xtask bench transports`: serves a page to one browser and measures, path by path, what it
//! takes.

mod bench;
mod control;
mod endpoint;
mod event;
mod gate;
mod link;
mod path;
mod plan;
mod run;
mod sample;
mod tuning;

use std::time::Duration;

use clap::Parser;
use tokio::runtime::Builder;

use bench::Bench;
use path::Path;
use run::Times;
use tuning::Tuning;

/// Measures what a browser takes from a local server. It prints one JSON object a line: `ready` with the page's URL, a
/// `cell` for each that was measured, `done`.
#[derive(Parser)]
struct Options {
    /// Seconds that each cell is measured for
    #[arg(long, default_value_t = 0.5)]
    seconds: f64,
    /// Seconds before, which do not count
    #[arg(long, default_value_t = 0.25)]
    warm_up: f64,
    /// Ways from here into the page
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "http-byob,http,websocket,websocket-pieces,stream,stream-plain,streams,datagrams"
    )]
    paths: Vec<Path>,
    /// Bytes of a message
    #[arg(long, value_delimiter = ',', default_value = "8192,100000,1000000,3110400,8294400", value_parser = clap::value_parser!(u32).range(8..))]
    sizes: Vec<u32>,
    /// Messages in flight
    #[arg(long, value_delimiter = ',', default_value = "1,3")]
    in_flight: Vec<usize>,
    /// Another tuning of QUIC, as name=value,…, measured in turn with ours
    #[arg(long)]
    tune: Vec<Tuning>,
    /// Threads that serve
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let runtime = Builder::new_multi_thread().worker_threads(options.threads).enable_all().build()?;
    runtime.block_on(run(options))
}

async fn run(options: Options) -> anyhow::Result<()> {
    let tunings: Vec<_> = std::iter::once(Tuning::default()).chain(options.tune).collect();
    let cells = plan::cells(&options.paths, &options.sizes, &options.in_flight, tunings.len());
    let times = Times {
        warm_up: Duration::from_secs_f64(options.warm_up),
        measured: Duration::from_secs_f64(options.seconds),
    };
    Bench::open(tunings)?.run(&cells, times).await
}
