//! Queue of frames with entries to encode, for worker threads that the caller starts.
//!
//! They only help: a viewer's task encodes the entry that it needs next itself, if no thread has begun it. So nothing
//! waits for a thread to wake up, and a pool that is busy or has no threads costs speed and nothing else.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::rect_encoder::RectEncoder;
use crate::frame::Frame;
use crate::time::Clock;

/// Threads that are of any use: each takes a core from the programs that are captured.
pub const ENCODE_THREADS_MAX: usize = 3;
/// Calls for help that wait for a thread; the oldest makes way.
const QUEUE_MAX: usize = 4;
/// Frames that a pool may hold.
pub(crate) const FRAMES_MAX: usize = ENCODE_THREADS_MAX + QUEUE_MAX;

/// Queue of frames with entries to encode.
#[derive(Debug, Default)]
pub struct EncodePool {
    state: Mutex<PoolState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct PoolState {
    frames: VecDeque<Arc<Frame>>,
    threads: usize,
    is_closed: bool,
}

impl EncodePool {
    /// Encodes queued entries until the pool is closed; `clock` measures the time.
    pub fn work(&self, clock: Clock) {
        let mut rect_encoder = RectEncoder::new(clock);
        self.lock().threads += 1;
        while let Some(frame) = self.next() {
            while frame.encode_cache.encode_next(&frame, &mut rect_encoder) {}
        }
        self.lock().threads -= 1;
    }

    /// Makes all threads return.
    pub fn close(&self) {
        let mut pool_state = self.lock();
        pool_state.is_closed = true;
        pool_state.frames.clear();
        self.changed.notify_all();
    }

    /// Announces `parts` waiting entries of `frame` to the threads.
    pub(super) fn help(&self, frame: &Arc<Frame>, parts: usize) {
        let mut pool_state = self.lock();
        for _ in 0..parts.min(pool_state.threads) {
            if pool_state.frames.len() == QUEUE_MAX {
                pool_state.frames.pop_front();
            }
            pool_state.frames.push_back(Arc::clone(frame));
            self.changed.notify_one();
        }
    }

    /// Waits for a frame. Returns `None` if the pool is closed.
    fn next(&self) -> Option<Arc<Frame>> {
        let mut pool_state = self.lock();
        while pool_state.frames.is_empty() && !pool_state.is_closed {
            pool_state = self.changed.wait(pool_state).unwrap_or_else(PoisonError::into_inner);
        }
        if pool_state.is_closed { None } else { pool_state.frames.pop_front() }
    }

    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
