//! What a system is to the bench: how it is had, which versions it consists of, and how it is started.

use std::time::Duration;

use super::testbed::Testbed;
use crate::patience::Patience;

/// How long the last picture of a load is waited for where none is held back.
const SETTLE_LIMIT: Duration = Duration::from_millis(1500);

/// A system that shows a display in a page.
pub(super) trait Peer {
    /// Returns what it is called in tables, with the options that tell it from its other rows.
    fn name(&self) -> &str;

    /// Installs its packages, where they are missing.
    ///
    /// # Errors
    /// Where one can't be had.
    fn install(&self, patience: &Patience) -> anyhow::Result<()>;

    /// Returns the names and versions of what it consists of.
    fn versions(&self) -> Vec<String>;

    /// Starts it and opens its page.
    ///
    /// # Errors
    /// Where it does not come up.
    fn start(&self, testbed: &mut Testbed<'_>) -> anyhow::Result<()>;

    /// Returns how long a picture may take by design: so long the last one of a load is waited for.
    fn settle(&self) -> Duration {
        SETTLE_LIMIT
    }
}
