//! What is said on standard output: one JSON object a line.

use std::io::Write;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::picture::Picture;

/// A line.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event<'a> {
    /// The page can be opened.
    Ready { url: &'a str },
    /// A picture was measured.
    Picture {
        #[serde(flatten)]
        picture: &'a Picture,
        #[serde(flatten)]
        times: Times,
    },
    /// All were.
    Done,
}

/// What decoding a picture took, round by round.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Times {
    #[serde(rename = "page_us", serialize_with = "micros")]
    pub(crate) page: Vec<Duration>,
    #[serde(rename = "native_us", serialize_with = "micros")]
    pub(crate) native: Vec<Duration>,
}

impl Event<'_> {
    /// Prints it.
    ///
    /// # Errors
    /// Where nobody reads.
    pub(crate) fn say(&self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, self)?;
        writeln!(out)?;
        Ok(out.flush()?)
    }
}

fn micros<S: Serializer>(times: &[Duration], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(times.iter().map(|time| time.as_secs_f64() * 1e6))
}
