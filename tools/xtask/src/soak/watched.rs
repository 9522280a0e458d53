//! A server with the page that watches it all the time, and what is measured of both.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::time::Duration;

use lanstream_testkit::browser::chromium::{Chromium, Page};
use lanstream_testkit::display::Display;
use lanstream_testkit::process::children;
use serde_json::{Value, json};

use super::SIZE;
use super::series::{Quantity, Series, Worse};
use crate::lanstream::Lanstream;
use crate::patience::Patience;
use crate::usage::Usage;

/// What is measured, in the order of [`Watched::measure`].
const QUANTITIES: [Quantity; 7] = [
    Quantity { name: "server MiB", worse: Worse::Rising, share: 0.05, absolute: 3.0 },
    Quantity { name: "descriptors", worse: Worse::Rising, share: 0.0, absolute: 4.0 },
    Quantity { name: "threads", worse: Worse::Rising, share: 0.0, absolute: 2.0 },
    Quantity { name: "frames/s", worse: Worse::Falling, share: 0.1, absolute: 0.0 },
    Quantity { name: "page heap MiB", worse: Worse::Rising, share: 0.1, absolute: 1.0 },
    Quantity { name: "page nodes", worse: Worse::Rising, share: 0.05, absolute: 10.0 },
    Quantity { name: "browser MiB", worse: Worse::Rising, share: 0.1, absolute: 30.0 },
];
const MIB: f64 = (1 << 20) as f64;
const SEEK: &str = "void (window.lanstream.currentTime = Math.random() * window.lanstream.duration)";

/// A server, and the browser with the page that watches it.
pub(crate) struct Served {
    name: &'static str,
    browser: Chromium,
    server: Lanstream,
    _display: Display,
}

impl Served {
    /// Starts a server, and a page whose every frame is proven.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        patience: &Patience,
    ) -> anyhow::Result<Self> {
        command.args(["--json", "--port", "0"]).stderr(Stdio::null());
        let server = Lanstream::start(command, patience)?;
        let display = Display::start(SIZE.0 + 1, SIZE.1 + 1);
        let browser = Chromium::open(&server.url("verify=1"), &display);
        Ok(Self { name, browser, server, _display: display })
    }

    /// Returns the address that the server listens on.
    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok((Ipv4Addr::LOCALHOST, self.server.port()?).into())
    }

    /// Returns the URL for another viewer, whose every frame is proven, too.
    pub(crate) fn url(&self) -> String {
        self.server.url("verify=1")
    }
}

/// The page of a server, and what was measured of both.
pub(crate) struct Watched<'a> {
    served: &'a Served,
    page: Page<'a>,
    series: [Series; QUANTITIES.len()],
    /// Frames of the page at the last measurement, and when that was.
    frames: Option<(Duration, f64)>,
    proven: u64,
    refuted: u64,
}

impl<'a> Watched<'a> {
    /// Waits until the page shows frames.
    pub(crate) fn new(served: &'a Served) -> Self {
        let page = served.browser.page();
        page.playing();
        page.command("Performance.enable", &json!({}));
        let series = QUANTITIES.map(Series::new);
        Self { served, page, series, frames: None, proven: 0, refuted: 0 }
    }

    /// Has the page go to another place of the film.
    pub(crate) fn seek(&self) {
        self.page.evaluate(SEEK);
    }

    /// Measures all quantities.
    pub(crate) fn measure(&mut self, at: Duration) -> anyhow::Result<()> {
        let usage = Usage::of(self.served.server.id())?;
        let (state, heap_bytes, nodes) = self.look();
        let frames = state["frames"].as_f64().unwrap_or_default();
        let before = self.frames.replace((at, frames));
        let rate = before.map(|(since, before)| (frames - before) / (at - since).as_secs_f64());
        self.proven = state["proven"].as_u64().unwrap_or_default();
        self.refuted = state["refuted"].as_u64().unwrap_or_default();
        let values = [
            Some(usage.memory_mib),
            Some(usage.descriptors),
            Some(usage.threads),
            rate,
            Some(heap_bytes / MIB),
            Some(nodes),
            Some(memory_mib_of_all(self.served.browser.id())),
        ];
        for (series, value) in self.series.iter_mut().zip(values) {
            value.into_iter().for_each(|value| series.add(at, value));
        }
        Ok(())
    }

    /// Returns the viewer's state, the bytes of the page's heap and the number of its nodes, without garbage.
    fn look(&self) -> (Value, f64, f64) {
        self.page.command("HeapProfiler.collectGarbage", &json!({}));
        let metrics = self.page.command("Performance.getMetrics", &json!({}));
        let of = |name: &str| {
            let mut all = metrics["metrics"].as_array().into_iter().flatten();
            all.find(|metric| metric["name"] == name).and_then(|metric| metric["value"].as_f64())
        };
        (self.page.state(), of("JSHeapUsedSize").unwrap_or_default(), of("Nodes").unwrap_or_default())
    }

    /// Prints the trends, and returns whether all of them are level and every proof held.
    pub(crate) fn report(&self) -> bool {
        let Self { served: Served { name, .. }, proven, refuted, .. } = self;
        let mut is_well = *proven > 0 && *refuted == 0;
        for series in &self.series {
            let trend = series.trend();
            is_well &= trend.is_some_and(|trend| trend.is_level);
            let text = trend.map_or_else(|| "too little was measured".to_owned(), |trend| trend.to_string());
            println!("{name:<8} {:<16} {text}", series.name());
        }
        println!("{name:<8} {:<16} {proven:>9} held, {refuted} did not", "proofs");
        is_well
    }
}

/// Returns the memory of a process and all that it has started, without what they share. Those that end meanwhile have
/// none.
fn memory_mib_of_all(pid: u32) -> f64 {
    let own = Usage::of(pid).map_or(0.0, |usage| usage.unshared_mib);
    own + children(pid).into_iter().map(memory_mib_of_all).sum::<f64>()
}
