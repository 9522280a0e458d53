//! lanstream: the release build of this tree.

use std::process::Command;

use super::super::server::url_from_event;
use super::peer::Peer;
use super::testbed::Testbed;
use crate::lanstream;
use crate::patience::Patience;

/// What it is called in tables.
pub(super) const NAME: &str = "lanstream";

/// This tree's build.
pub(super) struct Ours;

impl Peer for Ours {
    fn name(&self) -> &str {
        NAME
    }

    fn install(&self, _: &Patience) -> anyhow::Result<()> {
        lanstream::build()
    }

    fn versions(&self) -> Vec<String> {
        vec![format!("lanstream {}", env!("CARGO_PKG_VERSION"))]
    }

    fn start(&self, testbed: &mut Testbed<'_>) -> anyhow::Result<()> {
        let mut command = Command::new(lanstream::path());
        command.args(["capture", "--display", "0", "--cursor", "off", "--port", "0", "--json"]);
        command.env("DISPLAY", testbed.source());
        let lines = testbed.start_talking(&mut command)?;
        let url = testbed.line("ready event", &lines, url_from_event)?;
        testbed.open(&url);
        Ok(())
    }
}
