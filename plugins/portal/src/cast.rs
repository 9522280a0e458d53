//! The screen cast as the portal has it: a session on D-Bus, on a thread of its own, with the user's choice in between.

use std::convert::Infallible;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ashpd::desktop::screencast::{CursorMode, Screencast, SelectSourcesOptions, SourceType, Stream, Streams};
use ashpd::desktop::{PersistMode, ResponseError, Session};
use ashpd::enumflags2::BitFlags;
use ashpd::zbus;
use futures_util::StreamExt as _;
use lanstream_plugin::core::source::{Listener, Report};
use tokio::sync::{Notify, mpsc};

use crate::cast_stream::{CastStream, Target};
use crate::failure::Failure;
use crate::options::{Kind, Options, Pointer};
use crate::restore_token::RestoreToken;
use crate::shared::{Asked, Shared};

/// Time for the other of two connections to say the same: where the user ends a cast, the portal says so and the stream
/// breaks off, in either order.
const GRACE: Duration = Duration::from_millis(500);
/// Time for the portal to close a session.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// Time without a first picture after which the stream is to begin anew: a busy desktop sends it within this.
const RESTART_AFTER: Duration = Duration::from_millis(500);
/// Longest such time: a minimised window has no picture, and is left alone.
const RESTART_AFTER_MAX: Duration = Duration::from_secs(8);
/// Time for PipeWire and what links its streams to bring both ends together, which takes them milliseconds. Nobody
/// tells where they cannot.
const AGREE_WITHIN: Duration = Duration::from_secs(7);
/// Why no picture comes while the dialog is open.
const CHOOSING: &str = "waiting for a choice in the dialog of the desktop";
/// Why no picture comes after the choice.
const STARTING: &str = "the desktop has not sent a picture yet";

/// What is asked of the portal.
pub(crate) struct Request {
    pub(crate) options: Options,
    pub(crate) token: RestoreToken,
    pub(crate) listener: Listener,
}

/// The thread of a session, which ends when this is dropped.
pub(crate) struct Cast {
    stop: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

impl Cast {
    /// Starts the thread. What comes of it is in `shared`.
    pub(crate) fn start(request: Request, shared: Arc<Shared>) -> Result<Self, Failure> {
        let stop = Arc::new(Notify::new());
        let no_thread = |error: std::io::Error| Failure::NoResources(error.to_string());
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("portal".into()).spawn(move || {
            let _unexpected = FailAtEnd(Arc::clone(&shared));
            runtime.block_on(run(&request, &shared, &stopped));
        });
        Ok(Self { stop, thread: Some(thread.map_err(no_thread)?) })
    }
}

impl Drop for Cast {
    fn drop(&mut self) {
        self.stop.notify_one();
        // A panic was told as the reason why there is no more.
        let _told = self.thread.take().map(JoinHandle::join);
    }
}

/// Tells of an end that nothing else has told of.
struct FailAtEnd(Arc<Shared>);

impl Drop for FailAtEnd {
    fn drop(&mut self) {
        self.0.fail(Failure::Refused("its answers make no sense".into()));
    }
}

/// Runs a session until it fails or is stopped.
async fn run(request: &Request, shared: &Arc<Shared>, stopped: &Notify) {
    let mut session = None;
    tokio::select! {
        () = stopped.notified() => {}
        Err(failure) = cast(request, shared, &mut session) => shared.fail(failure),
    }
    if let Some(session) = session {
        // The connection is closed next, which ends the session as well.
        let _late = tokio::time::timeout(CLOSE_WITHIN, session.close()).await;
    }
}

/// Opens a session and stays with it, until it fails. The session is left in `opened`.
async fn cast(
    request: &Request,
    shared: &Arc<Shared>,
    opened: &mut Option<Session<Screencast>>,
) -> Result<Infallible, Failure> {
    let connection = zbus::Connection::session().await.map_err(|error| Failure::NoBus(error.to_string()))?;
    let portal = Screencast::with_connection(connection).await.map_err(no_portal)?;
    let offer = Offer::find(&portal, &request.options).await?;
    let session = opened.insert(portal.create_session(Default::default()).await.map_err(refused)?);
    let closed = Box::pin(session.receive_closed().await.map_err(refused)?);
    select(&portal, session, request, &offer).await?;
    shared.change(|state| (state.asked, state.stalled) = (Some(offer.asked()), Some(CHOOSING)));
    let (sender, failed) = mpsc::unbounded_channel();
    let stream = start(&portal, session, request, shared, sender).await?;
    tokio::select! {
        failure = watch(closed, failed) => Err(failure),
        failure = see_to_a_picture(&stream, shared) => Err(failure),
    }
}

/// What the dialog is to offer.
struct Offer {
    kinds: BitFlags<SourceType>,
    mode: CursorMode,
    is_pointer_shown: bool,
}

impl Offer {
    async fn find(portal: &Screencast, options: &Options) -> Result<Self, Failure> {
        let kinds = kinds(options.kind, portal.available_source_types().await.map_err(no_portal)?)?;
        // Portals of version 1 draw the pointer.
        let modes = portal.available_cursor_modes().await.unwrap_or(CursorMode::Embedded.into());
        let mode = cursor_mode(options.pointer, modes);
        Ok(Self { kinds, mode, is_pointer_shown: options.pointer != Pointer::Hidden })
    }

    fn asked(&self) -> Asked {
        Asked { is_cursor_apart: self.is_pointer_shown && self.mode == CursorMode::Metadata }
    }
}

/// Opens the dialog, and the stream of what is picked there.
async fn start(
    portal: &Screencast,
    session: &Session<Screencast>,
    request: &Request,
    shared: &Arc<Shared>,
    failed: mpsc::UnboundedSender<Failure>,
) -> Result<CastStream, Failure> {
    let streams = portal.start(session, None, Default::default()).await.map_err(refused)?;
    let streams = streams.response().map_err(refused)?;
    keep(&request.token, &streams, &request.listener);
    let stream = streams.streams().first().ok_or(Failure::Declined)?;
    shared.change(|state| (state.name, state.stalled) = (Some(name(stream)), Some(STARTING)));
    let socket = portal.open_pipe_wire_remote(session, Default::default()).await;
    let socket = socket.map_err(|error| Failure::NoPipeWire(error.to_string()))?;
    let target = Target { socket, node: stream.pipe_wire_node_id(), fps_max: request.options.fps_max };
    CastStream::start(target, Arc::clone(shared), failed)
}

/// Has the stream begin anew until there is a picture, less and less often. Returns where it cannot begin.
async fn see_to_a_picture(stream: &CastStream, shared: &Shared) -> Failure {
    let began = Instant::now();
    let mut pause = RESTART_AFTER;
    loop {
        tokio::time::sleep(pause).await;
        let (is_agreed, has_picture) = {
            let state = shared.lock();
            (state.is_format_agreed, state.layout.is_some())
        };
        if has_picture {
            return std::future::pending().await;
        }
        if !is_agreed && began.elapsed() >= AGREE_WITHIN {
            return Failure::NoFormat(format!("nothing was agreed on within {} s", AGREE_WITHIN.as_secs()));
        }
        stream.restart();
        pause = (pause * 2).min(RESTART_AFTER_MAX);
    }
}

/// Returns why a cast has ended, when it has.
async fn watch<C: futures_util::Stream + Unpin>(
    mut closed: C,
    mut failed: mpsc::UnboundedReceiver<Failure>,
) -> Failure {
    let ended = tokio::select! {
        Some(failure) = failed.recv() => failure,
        _ = closed.next() => Failure::Closed,
    };
    match ended {
        Failure::StreamGone(_) => match tokio::time::timeout(GRACE, closed.next()).await {
            Ok(_) => Failure::Closed,
            Err(_) => ended,
        },
        Failure::Closed => match tokio::time::timeout(GRACE, failed.recv()).await {
            Ok(Some(Failure::PipeWireGone)) => Failure::PipeWireGone,
            _ => ended,
        },
        other => other,
    }
}

/// Has the portal offer what was asked for. What was picked before is picked again, unless it is to be forgotten.
async fn select(
    portal: &Screencast,
    session: &Session<Screencast>,
    request: &Request,
    offer: &Offer,
) -> Result<(), Failure> {
    if request.options.forget {
        let forgotten = request.token.forget();
        forgotten.unwrap_or_else(|error| {
            report(&request.listener, format!("what was picked before is not forgotten: {error}"))
        });
    }
    let token = if request.options.forget { None } else { request.token.read() };
    let options = SelectSourcesOptions::default()
        .set_multiple(false)
        .set_sources(offer.kinds)
        .set_cursor_mode(offer.mode)
        .set_persist_mode(PersistMode::ExplicitlyRevoked)
        .set_restore_token(token.as_deref());
    let selected = portal.select_sources(session, options).await.map_err(refused)?;
    selected.response().map_err(refused)
}

/// Keeps the token of the next cast. Without one, the portal asks each time.
fn keep(token: &RestoreToken, streams: &Streams, listener: &Listener) {
    let kept = match streams.restore_token() {
        Some(next) => token.keep(next),
        None => token.forget(),
    };
    kept.unwrap_or_else(|error| {
        report(
            listener,
            format!("the desktop will ask again what to share, since that cannot be kept: {error}"),
        );
    });
}

fn report(listener: &Listener, text: String) {
    listener.report(Report::Line { is_error: true, text });
}

fn name(stream: &Stream) -> &'static str {
    match stream.source_type() {
        Some(SourceType::Monitor) => "monitor by the portal",
        Some(SourceType::Window) => "window by the portal",
        _ => "screen cast by the portal",
    }
}

/// Returns what the dialog is to offer, of what it can.
fn kinds(kind: Kind, offered: BitFlags<SourceType>) -> Result<BitFlags<SourceType>, Failure> {
    let wanted = match kind {
        Kind::Any => SourceType::Monitor | SourceType::Window,
        Kind::Monitor => SourceType::Monitor.into(),
        Kind::Window => SourceType::Window.into(),
    };
    let both = wanted & offered;
    if both.is_empty() { Err(Failure::NoSuchKind(kind.word())) } else { Ok(both) }
}

/// Returns how the pointer is shown, of the ways that the portal knows.
fn cursor_mode(pointer: Pointer, offered: BitFlags<CursorMode>) -> CursorMode {
    let preferred = match pointer {
        Pointer::Shown => [CursorMode::Metadata, CursorMode::Embedded, CursorMode::Hidden],
        Pointer::Drawn => [CursorMode::Embedded, CursorMode::Metadata, CursorMode::Hidden],
        Pointer::Hidden => [CursorMode::Hidden, CursorMode::Metadata, CursorMode::Embedded],
    };
    preferred.into_iter().find(|mode| offered.contains(*mode)).unwrap_or(CursorMode::Embedded)
}

fn no_portal(error: ashpd::Error) -> Failure {
    Failure::NoPortal(error.to_string())
}

fn refused(error: ashpd::Error) -> Failure {
    match error {
        ashpd::Error::Response(ResponseError::Cancelled) => Failure::Declined,
        ashpd::Error::Portal(ashpd::PortalError::Cancelled(_)) => Failure::Declined,
        ashpd::Error::Response(ResponseError::Other) => Failure::Refused("it gives no reason".into()),
        other => Failure::Refused(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialog_offers_what_was_asked_for_and_is_there() {
        let monitors = BitFlags::from(SourceType::Monitor);
        assert_eq!(kinds(Kind::Any, monitors), Ok(monitors));
        assert_eq!(kinds(Kind::Window, monitors), Err(Failure::NoSuchKind("window")));
        assert_eq!(kinds(Kind::Monitor, BitFlags::all()), Ok(monitors));
    }

    #[test]
    fn the_pointer_is_apart_where_that_is_known() {
        let drawn_or_not = CursorMode::Hidden | CursorMode::Embedded;
        for (pointer, offered, mode) in [
            (Pointer::Shown, BitFlags::all(), CursorMode::Metadata),
            (Pointer::Shown, drawn_or_not, CursorMode::Embedded),
            (Pointer::Drawn, BitFlags::all(), CursorMode::Embedded),
            (Pointer::Hidden, drawn_or_not, CursorMode::Hidden),
            (Pointer::Hidden, BitFlags::empty(), CursorMode::Embedded),
        ] {
            assert_eq!(cursor_mode(pointer, offered), mode, "{pointer:?} {offered:?}");
        }
    }
}
