//! Requests to stop on Windows: events of the console, which come by Ctrl+C and Ctrl+Break, when its window is closed,
//! and at the end of the session. A process that another one terminates is not asked: there is no such request on
//! Windows.

use std::io::Result;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_logoff,
    ctrl_shutdown,
};

/// Console events that ask this process to stop. While it exists, none of them ends the process at once: the system
/// gives a process five seconds after its console was closed.
pub(super) struct Requests {
    runtime: Runtime,
    interrupt: CtrlC,
    stop: CtrlBreak,
    close: CtrlClose,
    log_off: CtrlLogoff,
    shut_down: CtrlShutdown,
}

impl Requests {
    /// # Errors
    /// Where the system refuses a handler or what a runtime needs.
    pub(super) fn new() -> Result<Self> {
        let runtime = Builder::new_current_thread().build()?;
        Ok(Self {
            runtime,
            interrupt: ctrl_c()?,
            stop: ctrl_break()?,
            close: ctrl_close()?,
            log_off: ctrl_logoff()?,
            shut_down: ctrl_shutdown()?,
        })
    }

    /// Calls `request` for each event, for as long as the process lives. Events that come at the same time may count
    /// as one.
    pub(super) fn for_each(mut self, mut request: impl FnMut()) {
        self.runtime.block_on(async {
            loop {
                let event = tokio::select! {
                    event = self.interrupt.recv() => event,
                    event = self.stop.recv() => event,
                    event = self.close.recv() => event,
                    event = self.log_off.recv() => event,
                    event = self.shut_down.recv() => event,
                };
                if event.is_none() {
                    return;
                }
                request();
            }
        });
    }
}
