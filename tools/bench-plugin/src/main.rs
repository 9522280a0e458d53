//! What the border of a plugin costs: one capture that does nothing, and the time from the start of `lanstream` to the
//! first picture. Prints one JSON object a line, each a [`Figure`].

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod start;

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("plugins run in a process of their own on Linux only");
    std::process::exit(1)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::Write as _;
    use std::path::PathBuf;

    use clap::Parser;
    use lanstream_plugin_host::HOST_COMMAND;
    use serde::Serialize;

    use crate::{calls, start};

    /// Measures what the border of a plugin costs.
    #[derive(Parser)]
    struct Options {
        /// The `lanstream` that is started
        lanstream: PathBuf,
        /// The test pattern as a plugin
        pattern: PathBuf,
        /// The plugin that does nothing
        empty: PathBuf,
        /// Times that each is started
        #[arg(long, default_value_t = 15)]
        starts: u32,
    }

    /// A figure of one subject: a time in microseconds.
    #[derive(Serialize)]
    pub(crate) struct Figure {
        pub(crate) figure: &'static str,
        pub(crate) subject: &'static str,
        pub(crate) us: f64,
    }

    pub(crate) fn main() -> anyhow::Result<()> {
        let arguments: Vec<_> = std::env::args_os().skip(1).collect();
        if let Some((command, rest)) = arguments.split_first()
            && command == HOST_COMMAND
        {
            return calls::serve(rest);
        }
        let options = Options::parse();
        calls::measure(&options.empty, say)?;
        start::measure(&options.lanstream, &options.pattern, options.starts, say)
    }

    fn say(figure: &Figure) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, figure)?;
        Ok(writeln!(out)?)
    }
}

#[cfg(target_os = "linux")]
use linux::Figure;
