//! Sinks of a run: opened as the options choose, and served until the end.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use lanstream_core::admission::Admission;
use lanstream_core::protocol::TransportId;
use lanstream_core::sink::{Sink, TransportInfo, Transports};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle as Task;
use tokio_util::sync::CancellationToken;

use super::{Options, StartError, TransportChoice};
use crate::sinks::{self, Opening, SinkFactory};

/// Sinks that are open and wait for admission.
pub(super) struct OpenSinks {
    /// Where the page is.
    pub(super) page: SocketAddr,
    sinks: Vec<Box<dyn Sink>>,
    /// Transports that viewers are offered, if their sink is open.
    admitted: Vec<TransportId>,
    preferred: Option<TransportId>,
}

impl OpenSinks {
    pub(super) fn open(runtime: &Runtime, options: &Options) -> Result<Self, StartError> {
        let _entered = runtime.enter();
        let mut factories = sinks::built_in();
        factories.extend(options.sinks.iter().cloned());
        let wanted = wanted(&options.transport, &factories)?;
        factories.retain(|factory| is_admitted(factory, wanted.as_ref()));
        let listeners = lanstream_http::bind(options.bind, options.port)?;
        let page = listeners.addresses().to_vec();
        let mut sinks = Vec::from(sinks::page(listeners));
        for factory in &factories {
            let is_wanted = wanted.is_some_and(|wanted| factory.transports.contains(&wanted));
            let opening = Opening {
                page: &page,
                tls: options.tls.as_ref(),
                wall_clock: options.wall_clock.unwrap_or(SystemTime::now),
                is_required: is_wanted || factories.len() == 1,
            };
            if let Some(open) = &factory.open {
                sinks.extend(open(&opening).map_err(StartError::Sink)?);
            }
        }
        let admitted = factories.iter().flat_map(|factory| &factory.transports).map(|row| row.id).collect();
        let preferred = wanted.filter(|wanted| !wanted.is_universal).map(|wanted| wanted.id);
        let page = page.first().copied().unwrap_or_else(|| (Ipv4Addr::UNSPECIFIED, 0).into());
        Ok(Self { page, sinks, admitted, preferred })
    }

    /// Returns the transports that viewers are offered.
    pub(super) fn transports(&self) -> Result<Transports, StartError> {
        let open = self.sinks.iter().flat_map(|sink| sink.transports());
        let rows: Vec<_> = open.filter(|row| self.admitted.contains(&row.id)).collect();
        if rows.is_empty() {
            Err(StartError::NoTransport)
        } else {
            Ok(Transports::new(rows, self.preferred)?)
        }
    }

    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.sinks.iter().flat_map(|sink| sink.addresses()).collect()
    }

    /// Starts the sinks, which run until `shutdown`.
    pub(super) fn serve(
        self,
        runtime: &Runtime,
        admission: &Arc<Admission>,
        shutdown: &CancellationToken,
    ) -> Vec<Task<()>> {
        let _entered = runtime.enter();
        let serve = |sink: Box<dyn Sink>| {
            let shutdown = Box::pin(shutdown.clone().cancelled_owned());
            runtime.spawn(sink.serve(Arc::clone(admission), shutdown))
        };
        self.sinks.into_iter().map(serve).collect()
    }
}

/// Returns the transport that the choice names.
fn wanted(choice: &TransportChoice, factories: &[SinkFactory]) -> Result<Option<TransportInfo>, StartError> {
    let TransportChoice::Named(name) = choice else { return Ok(None) };
    let listed = factories.iter().flat_map(|factory| &factory.transports).filter(|row| row.is_listed);
    match listed.clone().find(|row| row.name == name) {
        Some(row) => Ok(Some(*row)),
        None => {
            let known = listed.map(|row| row.name).collect::<Vec<_>>().join(", ");
            Err(StartError::TransportUnknown { name: name.clone(), known })
        }
    }
}

/// Whether the sink is opened: one that every viewer can have needs none beside it.
fn is_admitted(factory: &SinkFactory, wanted: Option<&TransportInfo>) -> bool {
    wanted.is_none_or(|wanted| !wanted.is_universal || factory.transports.contains(wanted))
}

/// Where this machine reaches a listener: one on all addresses is no place to go to.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
