//! `bench cut`: how long the picture stands still when the path of its pixels dies in mid-stream, without a word to
//! either end.

use std::time::Duration;

use anyhow::Context;
use lanstream_testkit::browser::Engine;

use super::content::Content;
use super::engines;
use super::glass::{Glass, Subject};
use super::load::Load;
use super::machine::Machine;
use super::sample::median;
use super::server::{Recipe, Server, Transport};
use crate::patience::Patience;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Times that it is measured, each with a browser that has just started
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// What shows the page
    #[arg(long, default_value = "chromium", value_parser = engines())]
    browser: Engine,
}

const SIZE: (u16, u16) = (1920, 1080);
/// Faster than any picture here needs.
const PIPE: f64 = 10e9;
/// Small and often: what stands still is the path.
const LOAD: Load = Load { content: Content::Flat, fps: 60, area: Some((400, 300)) };
const DURATION: Duration = Duration::from_secs(3);
/// From its beginning; the browser has come to rest.
const UNTIL_CUT: Duration = Duration::from_millis(1500);

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let recipe = Recipe::build_ours(Transport::Webtransport, None, Some(PIPE))?.with_udp_path();
    let patience = Patience::new()?;
    let (source, mirror) = (crate::screen::display(SIZE), crate::screen::display((SIZE.0 + 1, SIZE.1 + 1)));
    let (mut number, mut gaps) = (1, [Vec::new(), Vec::new()]);
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        let server = Server::start(&recipe, &source, &patience)?;
        let _browser = options.browser.open(&server.url, &mirror);
        let subject = Subject::Mirror(server.id());
        let mut glass = Glass::new(&source.name, &mirror.name, &patience, &mut number, subject)?;
        gaps[0].push(glass.run(&LOAD, DURATION)?.gap_ms);
        let udp = server.udp.as_ref().context("the server has no UDP path")?;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(UNTIL_CUT);
                udp.cut();
            });
            let cut = glass.run(&LOAD, DURATION)?;
            anyhow::ensure!(cut.pixels_differ == 0, "{} pixels differ", cut.pixels_differ);
            gaps[1].push(cut.gap_ms);
            anyhow::Ok(())
        })?;
    }
    println!("{}", Machine::look(&[options.browser]));
    println!("{:<48} {:>8} {:>8}", "longest time without a new frame, 60 a second", "median", "max");
    for (what, gaps) in ["over WebTransport", "cut in mid-stream"].iter().zip(gaps) {
        let max = gaps.iter().copied().fold(0.0, f64::max);
        println!("{what:<48} {:>8.1} {max:>8.1}", median(gaps).unwrap_or_default());
    }
    Ok(())
}
