//! The floor under every mirror: what an engine takes to show pictures that it has, without a transport.
//!
//! The bench serves a page that paints numbered pictures by its own clock and reports when it began to paint each. Its
//! latency is from then until the pixels are on the display: the canvas, the compositor and the refresh are in it, and
//! nothing else.

mod clock;

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::barcode;
use super::http::{self, ISOLATED, Listener, Request};
use crate::patience::Patience;
use clock::Clock;

/// What the page may take beyond the last picture's due time: to fetch the pictures, and to paint late on a busy
/// machine.
const REPORT_LIMIT: Duration = Duration::from_secs(60);
/// A report has two dozen bytes a picture; there are at most 240 a second for a minute.
const REPORT_BYTES_MAX: usize = 1 << 20;

const PAGE: &str = include_str!("../../../bench-floor/page/index.html");
const SCRIPT: &str = include_str!("../../../bench-floor/page/floor.js");

/// A server of the page, until it goes.
pub(crate) struct Floor {
    listener: Listener,
    /// The threads of connections wait for an order until it goes.
    orders: Sender<Order>,
    reports: Receiver<Report>,
    shared: Arc<Shared>,
}

/// What the threads of connections use.
struct Shared {
    /// Taken by the page when it has done what it had.
    orders: Mutex<Receiver<Order>>,
    reports: Mutex<Sender<Report>>,
    /// Of the present order, as the page wants them.
    pictures: Mutex<Vec<Arc<Vec<u8>>>>,
    clock: Mutex<Clock>,
}

/// What the page is to paint.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    codes: Vec<u32>,
    due_ms: Vec<f64>,
    width: u16,
    height: u16,
    pictures: usize,
}

/// When it did, in milliseconds since 1970.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    began_ms: f64,
    painted_ms: Vec<f64>,
}

/// When pictures were painted.
pub(crate) struct Painted {
    pub(crate) began: Instant,
    pub(crate) each: Vec<Instant>,
}

impl Floor {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let (orders, taken) = mpsc::channel();
        let (reported, reports) = mpsc::channel();
        let shared = Arc::new(Shared {
            orders: Mutex::new(taken),
            reports: Mutex::new(reported),
            pictures: Mutex::default(),
            clock: Mutex::default(),
        });
        let theirs = Arc::clone(&shared);
        let listener = Listener::start("floor", move |connection| serve(connection, &theirs))?;
        Ok(Self { listener, orders, reports, shared })
    }

    /// The page to open.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.listener.address)
    }

    /// Has the page paint pictures (blue, green, red, unused) numbered from `first` on, each when it is due.
    ///
    /// # Errors
    /// Where the page does not report, or its clock is not this machine's.
    pub(crate) fn paint(
        &self,
        pictures: &[Vec<u8>],
        area: (u16, u16),
        due: &[Duration],
        first: u32,
        patience: &Patience,
    ) -> anyhow::Result<Painted> {
        *lock(&self.shared.pictures) = pictures.iter().map(|picture| Arc::new(rgba(picture))).collect();
        *lock(&self.shared.clock) = Clock::default();
        let order = Order {
            codes: (first..).take(due.len()).map(barcode::encode).collect(),
            due_ms: due.iter().map(|due| due.as_secs_f64() * 1e3).collect(),
            width: area.0,
            height: area.1,
            pictures: pictures.len(),
        };
        self.orders.send(order).ok().context("the floor's server ended")?;
        let limit = due.last().copied().unwrap_or_default() + REPORT_LIMIT;
        let report =
            patience.until("report of the floor's page", limit, || match self.reports.try_recv() {
                Ok(report) => Ok(Some(report)),
                Err(TryRecvError::Empty) => Ok(None),
                Err(TryRecvError::Disconnected) => bail!("the floor's server ended"),
            })?;
        let clock = lock(&self.shared.clock);
        clock.check()?;
        let each = report.painted_ms.iter().map(|ms| clock.instant(*ms)).collect();
        Ok(Painted { began: clock.instant(report.began_ms), each })
    }
}

fn serve(connection: &TcpStream, shared: &Shared) -> anyhow::Result<()> {
    while let Some(request) = Request::read(connection, REPORT_BYTES_MAX)? {
        if let Some(now_ms) = request.now_ms {
            lock(&shared.clock).heard(now_ms);
        }
        answer(connection, &request, shared)?;
    }
    Ok(())
}

fn answer(mut connection: &TcpStream, request: &Request, shared: &Shared) -> anyhow::Result<()> {
    match request.path.as_str() {
        "/" => http::write(connection, ISOLATED, "text/html", PAGE.as_bytes()),
        "/floor.js" => http::write(connection, ISOLATED, "text/javascript", SCRIPT.as_bytes()),
        "/clock" => http::write(connection, ISOLATED, "text/plain", b""),
        "/order" => {
            let order = lock(&shared.orders).recv().context("there are no more orders")?;
            http::write(connection, ISOLATED, "application/json", &serde_json::to_vec(&order)?)
        }
        "/report" => {
            lock(&shared.reports).send(serde_json::from_slice(&request.body)?)?;
            http::write(connection, ISOLATED, "text/plain", b"")
        }
        path => match picture(path, shared) {
            Some(picture) => http::write(connection, ISOLATED, "application/octet-stream", &picture),
            None => Ok(connection.write_all(http::NOT_FOUND)?),
        },
    }
}

fn picture(path: &str, shared: &Shared) -> Option<Arc<Vec<u8>>> {
    let number: usize = path.strip_prefix("/picture/")?.parse().ok()?;
    lock(&shared.pictures).get(number).cloned()
}

/// As a canvas takes pixels: opaque.
fn rgba(picture: &[u8]) -> Vec<u8> {
    let pixels = picture.as_chunks().0;
    pixels.iter().flat_map(|[blue, green, red, _]| [*red, *green, *blue, 0xff]).collect()
}

/// What a thread that panicked left is as good as any: each value is replaced as a whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
