//! The wish to stop: interrupt, termination, or the terminal's end.

use tokio_util::sync::CancellationToken;

/// Returns a token that is cancelled when this process is asked to stop. `interrupt` is called then, to end what blocks
/// elsewhere, and `give_up` when it is asked again, to end what is being finished. From its return on, no such signal
/// ends the process by force.
///
/// # Errors
/// Where the system refuses handlers or a thread.
#[cfg(unix)]
pub(crate) fn on_request(
    interrupt: impl FnOnce() + Send + 'static,
    give_up: impl Fn() + Send + 'static,
) -> std::io::Result<CancellationToken> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let stop = CancellationToken::new();
    let requested = stop.clone();
    let wait = move || {
        let mut requests = signals.forever();
        if requests.next().is_some() {
            requested.cancel();
            interrupt();
        }
        requests.for_each(|_| give_up());
    };
    // It waits as long as the process lives, so it is never joined.
    std::thread::Builder::new().name("signals".into()).spawn(wait)?;
    Ok(stop)
}

/// The same, by the console's interrupt.
///
/// # Errors
/// Where the system gives no runtime or thread.
#[cfg(not(unix))]
pub(crate) fn on_request(
    interrupt: impl FnOnce() + Send + 'static,
    give_up: impl Fn() + Send + 'static,
) -> std::io::Result<CancellationToken> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = CancellationToken::new();
    let requested = stop.clone();
    let wait = move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            requested.cancel();
            interrupt();
        }
        while runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            give_up();
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(wait)?;
    Ok(stop)
}
