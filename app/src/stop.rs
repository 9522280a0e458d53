//! The wish to stop: interrupt, termination, or the terminal's end. It is granted in time, whatever the rest of the
//! process waits for.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

#[cfg(unix)]
use unix as imp;
#[cfg(windows)]
use windows as imp;

/// Time from the last request until the process is ended by force, where it did not end by itself. All that is waited
/// for at the end takes less, unless a system's service does not answer.
const END_TIMEOUT: Duration = Duration::from_millis(950);
/// The same where sinks were being finished, and are given up: their processes are ended, and the reasons told.
const GIVE_UP_TIMEOUT: Duration = Duration::from_secs(5);

/// Returns a token that is cancelled when this process is asked to stop. `interrupt` is called then, to end what blocks
/// elsewhere, and `give_up` when it is asked again, to end what is being finished. From its return on, no such request
/// ends the process at once; but after `requests_max` of them, at least 1, it is ended in any case.
///
/// # Errors
/// Where the system refuses handlers or a thread.
pub(crate) fn on_request(
    requests_max: usize,
    interrupt: impl FnOnce() + Send + 'static,
    give_up: impl Fn() + Send + 'static,
) -> std::io::Result<CancellationToken> {
    let requests = imp::Requests::new()?;
    let stop = CancellationToken::new();
    let requested = stop.clone();
    let last = end_by_force(requests_max)?;
    let (mut interrupt, mut number) = (Some(interrupt), 0);
    let request = move || {
        number += 1;
        if number >= requests_max {
            last.notify();
        }
        requested.cancel();
        match interrupt.take() {
            Some(interrupt) => interrupt(),
            None => give_up(),
        }
    };
    // It waits as long as the process lives, so it is never joined.
    std::thread::Builder::new().name("signals".into()).spawn(move || requests.for_each(request))?;
    Ok(stop)
}

/// What has the process ended.
struct Deadline(std::sync::mpsc::SyncSender<()>);

impl Deadline {
    /// From now on it has no more than its time.
    fn notify(&self) {
        let _set_already = self.0.try_send(());
    }
}

/// Starts the thread that ends the process in time: a thread of its own, so that nothing else is before it.
fn end_by_force(requests_max: usize) -> std::io::Result<Deadline> {
    let (sender, requested) = std::sync::mpsc::sync_channel(1);
    let (timeout, status) = if requests_max > 1 { (GIVE_UP_TIMEOUT, 1) } else { (END_TIMEOUT, 0) };
    let end = move || {
        if requested.recv().is_ok() {
            std::thread::sleep(timeout);
            std::process::exit(status);
        }
    };
    std::thread::Builder::new().name("deadline".into()).spawn(end)?;
    Ok(Deadline(sender))
}
