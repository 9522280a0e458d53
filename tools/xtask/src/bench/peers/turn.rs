//! One system's turn: it is started, put under each load, and ended, whatever it does.

use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde::{Serialize, Serializer};

use super::super::glass::{Glass, Subject};
use super::super::load::Load;
use super::super::sample::Sample;
use super::super::{WARM_UP, WARM_UP_DURATION};
use super::meter::{Memory, Meter, Used};
use super::peer::Peer;
use super::testbed::Testbed;
use super::watchdog::Watchdog;
use crate::patience::Patience;

/// What a turn may take besides its loads: to start, to show a first picture and to warm up.
const START_LIMIT: Duration = Duration::from_secs(150);
/// What a load may take besides its frames: its pictures are made, the last one appears, and pixels are compared.
const LOAD_LIMIT: Duration = Duration::from_secs(30);

/// What every system is put under.
#[derive(Clone, Serialize)]
pub(super) struct Conditions {
    pub(super) size: (u16, u16),
    #[serde(serialize_with = "as_words")]
    pub(super) loads: Vec<Load>,
    /// How long each load is drawn for.
    pub(super) duration: Duration,
    pub(super) warm_up: Duration,
    /// How long a turn may take before it counts as hung.
    pub(super) limit: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Turn {
    pub(super) system: String,
    pub(super) round: u32,
    pub(super) loads: Vec<Loaded>,
    /// From the start of its first program until its page is opened.
    pub(super) start_ms: Option<f64>,
    /// From then until a picture of the display is seen, the start of the browser included.
    pub(super) first_picture_ms: Option<f64>,
    pub(super) memory: Option<Memory>,
    /// Why there are not all of the loads.
    pub(super) failure: Option<String>,
    /// Programs that were still there after all groups of programs had been ended.
    pub(super) left_behind: Vec<String>,
}

/// One load, and what it took.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Loaded {
    #[serde(flatten)]
    pub(super) sample: Sample,
    pub(super) used: Used,
}

impl Turn {
    /// Gives a system its turn. What its programs say goes into the folder `logs`.
    ///
    /// # Errors
    /// After Ctrl-C, or where the bench itself can't go on; what the system does wrong is in the turn.
    pub(super) fn take(
        peer: &dyn Peer,
        conditions: &Conditions,
        round: u32,
        logs: &Path,
        patience: &Patience,
    ) -> anyhow::Result<Self> {
        let mut turn = Self { system: peer.name().to_owned(), round, ..Self::default() };
        let mut testbed = Testbed::new(conditions.size, logs, patience)?;
        let limit = conditions.limit;
        let (outcome, has_hung) = thread::scope(|scope| {
            let watchdog = Watchdog::start(scope, testbed.variable(), limit, patience);
            let outcome = turn.measure(peer, conditions, &mut testbed);
            (outcome, watchdog.stop())
        });
        let last_line = testbed.last_line();
        turn.left_behind = testbed.end();
        patience.check()?;
        if let Err(error) = outcome {
            turn.failure = Some(match last_line {
                _ if has_hung => format!("it hung, and was ended after {} s", limit.as_secs()),
                // What it said itself is nearer to the reason than that nothing came.
                Some(line) => line,
                None => format!("{error:#}"),
            });
        }
        Ok(turn)
    }

    fn measure(
        &mut self,
        peer: &dyn Peer,
        conditions: &Conditions,
        testbed: &mut Testbed<'_>,
    ) -> anyhow::Result<()> {
        let began = Instant::now();
        peer.start(testbed).context("it did not start")?;
        let opened = testbed.opened().unwrap_or(began);
        self.start_ms = Some(milliseconds(opened.duration_since(began)));
        let meter = Meter::start(testbed.roots())?;
        let (source, patience, mut number) = (testbed.source(), testbed.patience, 1);
        let glass = Glass::new(&source, testbed.mirror(), patience, &mut number, Subject::Peer(&meter))?;
        self.first_picture_ms = Some(milliseconds(opened.elapsed()));
        let mut glass = glass.with_settle(peer.settle());
        glass.run(&WARM_UP, conditions.warm_up)?;
        for load in &conditions.loads {
            let sample = glass.run(load, conditions.duration)?;
            if let Some(line) = testbed.last_line() {
                bail!("{line}");
            }
            self.loads.push(Loaded { sample, used: meter.used()? });
            self.memory = Some(meter.peak());
        }
        let has_shown = |load: &Loaded| !load.sample.latencies_ms.is_empty();
        ensure!(self.loads.iter().any(has_shown), "no frame of a load was seen");
        Ok(())
    }
}

impl Conditions {
    /// Returns those of a usual run.
    pub(super) fn new(size: (u16, u16), loads: Vec<Load>, duration: Duration) -> Self {
        let count = u32::try_from(loads.len()).unwrap_or(u32::MAX);
        let limit = START_LIMIT + count * (duration + LOAD_LIMIT);
        Self { size, loads, duration, warm_up: WARM_UP_DURATION, limit }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

impl Display for Turn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for Loaded { sample, .. } in &self.loads {
            let p50 = sample.latency_ms(0.5).map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1} ms"));
            write!(f, "{}: {p50}, {} of {}; ", sample.load, sample.latencies_ms.len(), sample.sent)?;
        }
        f.write_str(self.failure.as_deref().unwrap_or("done"))
    }
}

fn as_words<S: Serializer>(loads: &[Load], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(loads.iter().map(ToString::to_string))
}
