//! The threads that encode beside the viewers' own tasks, from the start to the end of a server.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use lanstream_core::{ENCODE_THREADS_MAX, EncodePool};

use crate::clock;

/// Running threads, which end with it.
pub(crate) struct Encoders {
    pool: Arc<EncodePool>,
    threads: Vec<JoinHandle<()>>,
}

impl Encoders {
    /// As many threads as there are cores beside the one that a viewer's task is on.
    pub(crate) fn start() -> std::io::Result<Self> {
        let mut encoders = Self { pool: Arc::default(), threads: Vec::new() };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..(cores - 1).min(ENCODE_THREADS_MAX) {
            let pool = Arc::clone(&encoders.pool);
            let thread = thread::Builder::new().name("encode".into()).spawn(move || pool.work(clock::now))?;
            encoders.threads.push(thread);
        }
        Ok(encoders)
    }

    pub(crate) fn pool(&self) -> Arc<EncodePool> {
        Arc::clone(&self.pool)
    }
}

impl Drop for Encoders {
    fn drop(&mut self) {
        self.pool.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that encodes had panicked");
            }
        }
    }
}
