//! Watch over a connection: why a session ends, and whether the connection's path is dead.

use std::time::Instant;

use tokio::time::{Interval, MissedTickBehavior, interval};
use wtransport::Connection;

use crate::path_watchdog::{CHECK_INTERVAL, PathWatchdog};

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CloseReason {
    #[error("the viewer has left, or has another session")]
    Left,
    #[error("the connection is gone: {0}")]
    Gone(String),
    #[error("no packet came back: the path is dead")]
    Silent,
}

/// Looks at a connection's packets now and then.
pub(crate) struct ConnectionWatchdog<'a> {
    connection: &'a Connection,
    checks: Interval,
    watchdog: PathWatchdog,
}

impl<'a> ConnectionWatchdog<'a> {
    pub(crate) fn new(connection: &'a Connection) -> Self {
        let mut checks = interval(CHECK_INTERVAL);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { connection, checks, watchdog: PathWatchdog::default() }
    }

    /// What comes of `future`, unless the path dies meanwhile.
    pub(crate) async fn unless_dead<T>(&mut self, future: impl Future<Output = T>) -> Result<T, CloseReason> {
        let mut future = std::pin::pin!(future);
        loop {
            tokio::select! {
                biased;
                done = &mut future => return Ok(done),
                dead = self.check() => dead?,
            }
        }
    }

    pub(crate) async fn check(&mut self) -> Result<(), CloseReason> {
        self.checks.tick().await;
        let stats = self.connection.quic_connection().stats();
        let sent = stats.frame_tx;
        let asked = sent.stream + sent.datagram + sent.ping + sent.reset_stream;
        let is_dead = self.watchdog.check(asked, stats.udp_rx.datagrams, Instant::now());
        if is_dead { Err(CloseReason::Silent) } else { Ok(()) }
    }
}
