//! Work on frames' shelves for threads that someone else has started.
//!
//! They only help: a viewer's task encodes what it needs next itself, if nobody has begun it. So nothing waits for a thread to
//! wake up, and a pool that is busy or has no threads costs speed and nothing else.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::encoder::Encoder;
use crate::frame::Frame;
use crate::time::Clock;

/// Threads that are of any use: each takes a core from the programs that are captured.
pub const THREADS_MAX: usize = 3;
/// Calls for help that wait for a thread; the oldest makes way.
const QUEUE_MAX: usize = 4;
/// Frames that a pool may hold.
pub const FRAMES_MAX: usize = THREADS_MAX + QUEUE_MAX;

/// Where frames wait whose parts are to be encoded.
#[derive(Debug, Default)]
pub struct Pool {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Arc<Frame>>,
    threads: usize,
    is_closed: bool,
}

impl Pool {
    /// Encodes what comes, until the pool is closed; `clock` tells what that takes.
    pub fn work(&self, clock: Clock) {
        let mut encoder = Encoder::new(clock);
        self.lock().threads += 1;
        while let Some(frame) = self.next() {
            while frame.shelf.work(&frame, &mut encoder) {}
        }
        self.lock().threads -= 1;
    }

    /// Has all threads return.
    pub fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.frames.clear();
        self.changed.notify_all();
    }

    /// So many parts of `frame` wait on its shelf.
    pub(super) fn help(&self, frame: &Arc<Frame>, parts: usize) {
        let mut state = self.lock();
        for _ in 0..parts.min(state.threads) {
            if state.frames.len() == QUEUE_MAX {
                state.frames.pop_front();
            }
            state.frames.push_back(Arc::clone(frame));
            self.changed.notify_one();
        }
    }

    /// Waits for a frame; `None`: the pool is closed.
    fn next(&self) -> Option<Arc<Frame>> {
        let mut state = self.lock();
        while state.frames.is_empty() && !state.is_closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_closed { None } else { state.frames.pop_front() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
