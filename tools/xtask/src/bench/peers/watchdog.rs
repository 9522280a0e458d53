//! Ends the programs of a system that has hung, from beside whoever waits for it: an X server that does not answer
//! blocks its client for as long as it lives.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use super::process_tree;
use crate::patience::Patience;

/// Between two looks at whether the person has had enough.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A thread that waits for a deadline or for Ctrl-C.
pub(super) struct Watchdog<'scope> {
    looks: Sender<()>,
    thread: ScopedJoinHandle<'scope, bool>,
}

impl<'scope> Watchdog<'scope> {
    /// Ends all processes that are marked by a variable once `limit` has passed.
    pub(super) fn start<'env: 'scope>(
        scope: &'scope Scope<'scope, 'env>,
        variable: String,
        limit: Duration,
        patience: &'env Patience,
    ) -> Self {
        let (looks, ended) = mpsc::channel::<()>();
        let thread = scope.spawn(move || {
            let deadline = Instant::now() + limit;
            while ended.recv_timeout(POLL_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                if Instant::now() >= deadline || patience.check().is_err() {
                    process_tree::end(&variable);
                    return true;
                }
            }
            false
        });
        Self { looks, thread }
    }

    /// Ends the watch, and says whether anything was ended by it.
    pub(super) fn stop(self) -> bool {
        drop(self.looks);
        self.thread.join().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use lanstream_testkit::process::Process;

    use super::*;

    #[test]
    fn what_hangs_is_ended_with_all_that_it_started() {
        let variable = format!("LANSTREAM_WATCHDOG_TEST={}", std::process::id());
        let (name, value) = variable.split_once('=').unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "setsid sleep 1000 & wait"]).env(name, value);
        let mut process = Process::start(&mut command);
        let patience = Patience::new().unwrap();
        std::thread::scope(|scope| {
            let watchdog = Watchdog::start(scope, variable.clone(), Duration::ZERO, &patience);
            process.wait();
            assert!(watchdog.stop());
        });
        assert_eq!(process_tree::marked(&variable), []);
    }

    #[test]
    fn what_is_done_in_time_is_left_alone() {
        let patience = Patience::new().unwrap();
        std::thread::scope(|scope| {
            let limit = Duration::from_secs(1000);
            assert!(!Watchdog::start(scope, "LANSTREAM_NOBODY=1".to_owned(), limit, &patience).stop());
        });
    }
}
