//! A few threads that encode parts of frames beside the viewers' own tasks.
//!
//! They only help: a viewer's task encodes what it needs next itself, if nobody has begun it. So nothing waits for a thread to
//! wake up, and a pool that is busy or has no threads costs speed and nothing else.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::encoder::Encoder;
use crate::frame::Frame;
use crate::time::Clock;

/// Most threads: each takes a core from the programs that are captured.
const THREADS_MAX: usize = 3;
/// Calls for help that wait for a thread; the oldest makes way.
const QUEUE_MAX: usize = 4;
/// Frames that a pool may hold.
pub const FRAMES_MAX: usize = THREADS_MAX + QUEUE_MAX;

/// Threads that encode; they end with it.
#[derive(Debug)]
pub struct Pool {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Arc<Frame>>,
    is_over: bool,
}

impl Pool {
    /// As many threads as the machine has cores beside the one that a viewer's task is on. Where no thread can be had there
    /// are fewer.
    pub fn new(clock: Clock) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let queue = Arc::new(Queue::default());
        let start = |number| {
            let queue = Arc::clone(&queue);
            let builder = thread::Builder::new().name(format!("encode {number}"));
            builder.spawn(move || queue.work(&mut Encoder::new(clock))).ok()
        };
        let threads = (1..cores.min(THREADS_MAX + 1)).filter_map(start).collect();
        Self { queue, threads }
    }

    /// So many parts of `frame` wait on its shelf.
    pub fn help(&self, frame: &Arc<Frame>, parts: usize) {
        for _ in 0..parts.min(self.threads.len()) {
            let mut state = self.queue.lock();
            if state.frames.len() == QUEUE_MAX {
                state.frames.pop_front();
            }
            state.frames.push_back(Arc::clone(frame));
            self.queue.changed.notify_one();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.lock().is_over = true;
        self.queue.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            drop(thread.join());
        }
    }
}

impl Queue {
    fn work(&self, encoder: &mut Encoder) {
        while let Some(frame) = self.next() {
            while frame.shelf.work(&frame, encoder) {}
        }
    }

    /// Waits for a frame; `None`: it is over.
    fn next(&self) -> Option<Arc<Frame>> {
        let mut state = self.lock();
        while state.frames.is_empty() && !state.is_over {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_over { None } else { state.frames.pop_front() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
