//! Everything that is measured in one browser: opens the ports, waits for the page, goes through the cells.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use tokio::time::timeout;
use wtransport::Identity;

use crate::control::{Control, Said, Tell};
use crate::endpoint;
use crate::event::{Event, Figures};
use crate::gate::{Arrival, Gate};
use crate::link::Link;
use crate::path::Path;
use crate::plan::Cell;
use crate::run::{Run, Times};
use crate::tuning::Tuning;

/// How long the page may take to open a path, or to close it.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A browser that has just started compiles scripts and tidies up: what the first cell gives for so long does not
/// count.
const SETTLE: Times = Times { warm_up: Duration::from_secs(3), measured: Duration::ZERO };

/// Ports that the page opens paths to.
pub(crate) struct Bench {
    gate: Gate,
    tunings: Vec<Tuning>,
    /// A port for each tuning.
    ports: Vec<u16>,
    plain_port: u16,
}

/// How the page opened a path.
enum Opening {
    Open(Link),
    Failed(Figures),
}

impl Bench {
    /// Opens all ports, with a certificate of their own.
    ///
    /// # Errors
    /// The kernel's.
    pub(crate) fn open(tunings: Vec<Tuning>) -> anyhow::Result<Self> {
        let identity = Identity::self_signed(["localhost", "127.0.0.1"])?;
        let gate = Gate::open(&hash(&identity)?)?;
        let port = |tuning| endpoint::open(identity.clone_identity(), tuning, gate.sender.clone());
        let ports = tunings.iter().map(port).collect::<anyhow::Result<_>>()?;
        let plain_port = endpoint::open_plain(identity.clone_identity(), gate.sender.clone())?;
        Ok(Self { gate, tunings, ports, plain_port })
    }

    /// Waits for the page and measures all cells, each said when it was.
    ///
    /// # Errors
    /// Where the page is gone, or nobody listens.
    pub(crate) async fn run(mut self, cells: &[Cell], times: Times) -> anyhow::Result<()> {
        Event::Ready { url: &self.gate.url }.say()?;
        let mut control = self.control().await?;
        if let Some(cell) = cells.first() {
            self.measure(&mut control, 0, cell, SETTLE).await?;
        }
        for (number, cell) in (1..).zip(cells) {
            let figures = self.measure(&mut control, number, cell, times).await?;
            let tuning = &self.tunings[cell.tuning].text;
            Event::Cell { path: cell.path, tuning, bytes: cell.bytes, in_flight: cell.in_flight, figures }
                .say()?;
        }
        Event::Done.say()
    }

    async fn control(&mut self) -> anyhow::Result<Control> {
        loop {
            if let Arrival::Control(socket) = self.gate.arrivals.recv().await.context("nobody listens")? {
                return Ok(Control::new(*socket));
            }
        }
    }

    async fn measure(
        &mut self,
        control: &mut Control,
        number: u32,
        cell: &Cell,
        times: Times,
    ) -> anyhow::Result<Figures> {
        let port = if cell.path == Path::StreamPlain { self.plain_port } else { self.ports[cell.tuning] };
        control.tell(&Tell::Open { cell: number, path: cell.path, bytes: cell.bytes, port }).await?;
        let opening = timeout(ANSWER_LIMIT, self.link(control, number, cell.path)).await;
        let figures = match opening {
            Ok(Ok(Opening::Open(mut link))) => {
                let message = message(cell.bytes);
                let run = Run::new(control, &mut link, number, &message, cell.in_flight);
                run.measure(times)
                    .await
                    .map_or_else(|error| Figures::Broken(format!("{error:#}")), Figures::Measured)
            }
            Ok(Ok(Opening::Failed(figures))) => figures,
            Ok(Err(error)) => Figures::Broken(format!("{error:#}")),
            Err(_) => Figures::Broken("the page did not open the path".to_owned()),
        };
        close(control, number).await?;
        Ok(figures)
    }

    async fn link(&mut self, control: &mut Control, number: u32, path: Path) -> anyhow::Result<Opening> {
        loop {
            tokio::select! {
                arrival = self.gate.arrivals.recv() => match arrival.context("nobody listens")? {
                    Arrival::Path(of, opened) if of == number => return Ok(Opening::Open(Link::new(opened, path).await?)),
                    Arrival::Path(..) | Arrival::Control(_) => {}
                },
                said = control.hear(number) => match said? {
                    Said::Absent(reason) => return Ok(Opening::Failed(Figures::Absent(reason))),
                    Said::Broken(reason) => return Ok(Opening::Failed(Figures::Broken(reason))),
                    Said::Acknowledged { .. } | Said::Closed => bail!("the page speaks of a path that is not open"),
                },
            }
        }
    }
}

async fn close(control: &mut Control, number: u32) -> anyhow::Result<()> {
    control.tell(&Tell::Close).await?;
    let closed = async {
        while !matches!(control.hear(number).await?, Said::Closed) {}
        Ok(())
    };
    timeout(ANSWER_LIMIT, closed).await.context("the page does not close a path")?
}

/// Bytes of no meaning.
fn message(bytes: u32) -> Bytes {
    (0..bytes).map(|at| at.to_le_bytes()[1]).collect::<Vec<_>>().into()
}

/// The certificate's hash in hexadecimal, for the page to trust it by.
fn hash(identity: &Identity) -> anyhow::Result<String> {
    let chain = identity.certificate_chain().as_slice();
    let hash = chain.first().context("an identity without a certificate")?.hash();
    Ok(hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}
