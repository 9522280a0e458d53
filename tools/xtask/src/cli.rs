//! The commands and their options.

use clap::{Parser, Subcommand};

use crate::{bench, chaos, corpus, release, screenshot, setup, soak, test, wasm};

/// Tasks of the lanstream repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the tests need, where it is missing
    Setup,
    /// Check and test everything, in the order in which faults are found fastest
    Test(test::Options),
    /// Build the decoder that the viewer loads
    Wasm(wasm::Options),
    /// Measure
    #[command(subcommand)]
    Bench(Bench),
    /// Make the pictures that `cargo xtask bench codec` measures on, and install what that takes
    Corpus(corpus::Options),
    /// Build the binary that is given away, without paths of this machine, and say how large it is
    Release,
    /// Make the picture of the page that README shows
    Screenshot(screenshot::Options),
    /// Make one part after the other fail, and tell how long it takes until the picture is exact again
    Chaos(chaos::Options),
    /// Have viewers come and go for a long time beside a hostile peer, and tell whether anything grows or slows down
    Soak(soak::Options),
}

#[derive(Subcommand)]
enum Bench {
    /// Latency from drawing on one display to seeing it in a browser on another, with pixel equality
    Glass(bench::Options),
    /// Frames in a page that is busy with work of its own, beside one that is not
    Busy(bench::busy::Options),
    /// Size and speed of each code on screenshots, beside other codecs
    Codec(bench::codec::Options),
    /// Time from a viewer's token until its first picture has arrived
    Connect(bench::connect::Options),
    /// Time that the picture stands still when the path of its pixels dies
    Cut(bench::cut::Options),
    /// How fast the viewer's decoder is in a browser, beside the native one
    Decode(bench::decode::Options),
    /// How latency and processor time grow with changed pixels, rate and screen size
    Growth(bench::growth::Options),
    /// Ours beside what people use today, in turn: VNC, MJPEG, HLS, WebRTC and others
    Peers(bench::peers::Options),
    /// What the border of a plugin costs, beside the built-in test pattern
    Plugin(bench::plugin::Options),
    /// What each browser engine takes from a local server, path by path
    Transports(bench::transports::Options),
    /// Films through FFmpeg: pictures painted, how long each took, what the server took for it
    Video(bench::video::Options),
}

pub(crate) fn run() -> anyhow::Result<()> {
    match Cli::parse().task {
        Task::Setup => setup::run(),
        Task::Test(options) => test::run(&options),
        Task::Wasm(options) => wasm::run(&options),
        Task::Bench(Bench::Glass(options)) => bench::run(&options),
        Task::Bench(Bench::Busy(options)) => bench::busy::run(&options),
        Task::Bench(Bench::Codec(options)) => bench::codec::run(&options),
        Task::Bench(Bench::Cut(options)) => bench::cut::run(&options),
        Task::Bench(Bench::Connect(options)) => bench::connect::run(&options),
        Task::Bench(Bench::Decode(options)) => bench::decode::run(&options),
        Task::Bench(Bench::Growth(options)) => bench::growth::run(&options),
        Task::Bench(Bench::Peers(options)) => bench::peers::run(&options),
        Task::Bench(Bench::Plugin(options)) => bench::plugin::run(&options),
        Task::Bench(Bench::Transports(options)) => bench::transports::run(&options),
        Task::Bench(Bench::Video(options)) => bench::video::run(&options),
        Task::Corpus(options) => corpus::run(&options),
        Task::Release => release::run(),
        Task::Screenshot(options) => screenshot::run(&options),
        Task::Chaos(options) => chaos::run(&options),
        Task::Soak(options) => soak::run(&options),
    }
}
