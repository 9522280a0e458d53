//! What one capture of a plugin takes that does nothing, in this process and in one of its own.
#![allow(unsafe_code, reason = "a plugin is loaded")]

use std::ffi::OsString;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use lanstream_core::options::OptionValues;
use lanstream_core::registry::SourceFactory;
use lanstream_core::source::{Listener, Source};
use lanstream_core::{FrameBuffer, Region};
use lanstream_plugin_host::{Launch, LoadedPlugin, RemotePlugin, Trust};

use crate::Figure;

/// Captures before any counts.
const WARM_UP: usize = 1_000;
/// Captures that are timed together in this process, where one takes less than reading the clock.
const BATCH: u32 = 100;
/// Times that are taken, of which the median counts.
const TIMES: usize = 2_000;

/// Serves a plugin, as the process that this program starts for it.
pub(crate) fn serve(arguments: &[OsString]) -> anyhow::Result<()> {
    // SAFETY: the bench built the library, and this process does nothing else.
    Ok(unsafe { lanstream_plugin_host::serve(arguments.to_vec()) }?)
}

/// Measures the sources of the library `empty`.
pub(crate) fn measure(empty: &Path, say: impl Fn(&Figure) -> anyhow::Result<()>) -> anyhow::Result<()> {
    // SAFETY: the bench built the library.
    let loaded = unsafe { LoadedPlugin::load(empty, Trust::Named) }?;
    let remote = RemotePlugin::load(Launch::new(&std::env::current_exe()?, empty))?;
    for (figure, index) in [("capture", 0), ("capture, lent", 1)] {
        let us = capture_us(loaded.factories()[index].as_ref(), BATCH)?;
        say(&Figure { figure, subject: "in process", us })?;
        let us = capture_us(remote.factories()[index].as_ref(), 1)?;
        say(&Figure { figure, subject: "own process", us })?;
    }
    Ok(())
}

/// Returns the median time of a capture, in microseconds.
fn capture_us(factory: &dyn SourceFactory, batch: u32) -> anyhow::Result<f64> {
    let mut open = factory.configure(&OptionValues::default(), Listener::default())?.open;
    let mut source = open()?;
    let layout = source.layout();
    let mut frame = FrameBuffer::new(layout, source.allocate()?).context("the memory holds the layout")?;
    let all = Region::full(layout.size);
    let mut capture = |source: &mut dyn Source| source.capture(&mut frame, &all).map(drop);
    for _ in 0..WARM_UP {
        capture(source.as_mut())?;
    }
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        for _ in 0..batch {
            capture(source.as_mut())?;
        }
        times.push(began.elapsed() / batch);
    }
    times.sort_unstable();
    Ok(times[TIMES / 2].as_secs_f64() * 1e6)
}
