//! The source's thread: runs the pipeline, reopens a source that was lost, and reports how it ended.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use lanstream_core::pipeline::{Pipeline, PipelineState, Status};
use lanstream_core::source::{Error, ErrorKind, Opener, Source};
use tokio_util::sync::CancellationToken;

use super::{Observer, unpark};
use crate::event::Event;

/// Time between two attempts to open a source that was lost.
const REOPEN_PAUSE: Duration = Duration::from_millis(500);

/// What the source's thread runs.
pub(super) struct SourceRun {
    pub(super) open: Opener,
    pub(super) pipeline: Pipeline,
    pub(super) state: Arc<PipelineState>,
    pub(super) observer: Observer,
    pub(super) ended: CancellationToken,
    pub(super) ending: Arc<OnceLock<Error>>,
}

impl SourceRun {
    /// Starts the thread. Returns also what is cancelled when it is at its end.
    pub(super) fn spawn(
        self,
        source: Box<dyn Source>,
    ) -> Result<(JoinHandle<()>, CancellationToken), std::io::Error> {
        let gone = CancellationToken::new();
        let at_end = gone.clone().drop_guard();
        let thread = std::thread::Builder::new().name("source".into()).spawn(move || {
            self.run(source);
            drop(at_end);
        })?;
        Ok((thread, gone))
    }

    fn run(mut self, mut source: Box<dyn Source>) {
        let mut state = "live";
        loop {
            let name = source.description().name;
            (self.observer)(Event::Source { state, text: name.clone() });
            self.pipeline.announce(Status::Live { name });
            let Err(error) = self.pipeline.run(source.as_mut()) else { return };
            drop(source);
            if error.kind != ErrorKind::Lost {
                return self.end(error);
            }
            (self.observer)(Event::Source { state: "lost", text: error.message.clone() });
            let Some(reopened) = self.reopen(&error.message) else { return };
            source = reopened;
            state = "back";
        }
    }

    fn end(mut self, error: Error) {
        (self.observer)(Event::Source { state: "ended", text: error.message.clone() });
        let status = Status::Ended { reason: error.message.clone() };
        self.pipeline.announce(status.clone());
        // It ends once, so nothing is there yet.
        let _first = self.ending.set(error);
        self.ended.cancel();
        let waker = unpark::waker();
        while !self.state.stop.load(Ordering::SeqCst) {
            if !self.pipeline.listen(&waker) {
                std::thread::park();
            }
            // To those who come after it, too.
            self.pipeline.announce(status.clone());
        }
    }

    /// Tries until the source is back, or the server stops.
    fn reopen(&mut self, reason: &str) -> Option<Box<dyn Source>> {
        while !self.state.stop.load(Ordering::SeqCst) {
            self.pipeline.announce(Status::Lost { reason: reason.to_owned() });
            std::thread::park_timeout(REOPEN_PAUSE);
            match (self.open)() {
                Ok(source) => return Some(source),
                Err(error) => tracing::debug!(%error, "the source is not back yet"),
            }
        }
        None
    }
}
