//! The screen cast as PipeWire has it: a stream of buffers, on a thread of its own that runs PipeWire's main loop.
//!
//! Nothing of PipeWire is used on another thread: the loop is told to end by a channel, and what comes is left in
//! [`Shared`]. The buffer with the newest picture is kept until a newer one is there.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::JoinHandle;

use pipewire::channel::{Receiver, Sender};
use pipewire::context::ContextRc;
use pipewire::core::CoreRc;
use pipewire::keys;
use pipewire::main_loop::MainLoopRc;
use pipewire::properties::properties;
use pipewire::spa::param::ParamType;
use pipewire::spa::pod::Pod;
use pipewire::spa::utils::Direction;
use pipewire::stream::{Stream, StreamFlags, StreamListener, StreamRc, StreamState};
use tokio::sync::mpsc::UnboundedSender;

use crate::failure::Failure;
use crate::frame_format::{self, FrameFormat};
use crate::map::Map;
use crate::pipewire_buffer::PipewireBuffer;
use crate::rows::{NoPicture, Rows};
use crate::shared::{Arrival, Shared};
use crate::view::View;

/// Where the stream is.
pub(crate) struct Target {
    /// A connection to PipeWire that sees nothing but the stream.
    pub(crate) socket: OwnedFd,
    pub(crate) node: u32,
    pub(crate) fps_max: Option<u32>,
}

/// The thread of the loop, which ends when this is dropped.
pub(crate) struct CastStream {
    orders: Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

/// What the loop is told.
enum Order {
    End,
    /// The stream is to stand, and to flow again.
    Restart,
}

impl CastStream {
    /// Starts the thread. Pictures go to `shared`, and what ends the stream to `failed`.
    pub(crate) fn start(
        target: Target,
        shared: Arc<Shared>,
        failed: UnboundedSender<Failure>,
    ) -> Result<Self, Failure> {
        let (orders, received) = pipewire::channel::channel();
        let thread = std::thread::Builder::new().name("pipewire".into()).spawn(move || {
            if let Err(failure) = run(target, shared, failed.clone(), received) {
                tell(&failed, failure);
            }
        });
        let thread = thread.map_err(|error| Failure::NoResources(error.to_string()))?;
        Ok(Self { orders, thread: Some(thread) })
    }

    /// Has the desktop send a picture, by having the stream stand and flow again. PipeWire loses one that is sent while
    /// this end is not ready yet, and nothing follows where nothing changes.
    pub(crate) fn restart(&self) {
        // Where the loop has ended, that was told.
        let _ended = self.orders.send(Order::Restart);
    }
}

impl Drop for CastStream {
    fn drop(&mut self) {
        // Where the loop has ended, nobody is left to be told.
        let _ended = self.orders.send(Order::End);
        let _panicked = self.thread.take().map(JoinHandle::join);
    }
}

/// Runs the loop until it is told to end.
fn run(
    target: Target,
    shared: Arc<Shared>,
    failed: UnboundedSender<Failure>,
    received: Receiver<Order>,
) -> Result<(), Failure> {
    pipewire::init();
    let main_loop = MainLoopRc::new(None).map_err(no_pipewire)?;
    let context = ContextRc::new(&main_loop, None).map_err(no_pipewire)?;
    let core = context.connect_fd_rc(target.socket, None).map_err(no_pipewire)?;
    let gone = failed.clone();
    let _core_listener = core
        .add_listener_local()
        .error(move |id, _, result, message| tell(&gone, core_failure(id, result, message)))
        .register();
    let stream = open(core).map_err(no_pipewire)?;
    let _stream_listener = listen(&stream, StreamReceiver::new(shared, failed)).map_err(no_pipewire)?;
    connect(&stream, target.node, target.fps_max).map_err(no_pipewire)?;
    let (ended, ordered) = (main_loop.clone(), stream.clone());
    let _orders = received.attach(main_loop.loop_(), move |order| match order {
        Order::End => ended.quit(),
        Order::Restart => restart(&ordered),
    });
    main_loop.run();
    Ok(())
}

fn open(core: CoreRc) -> Result<StreamRc, pipewire::Error> {
    let properties = properties! {
        *keys::MEDIA_TYPE => "Video",
        *keys::MEDIA_CATEGORY => "Capture",
        *keys::MEDIA_ROLE => "Screen",
    };
    StreamRc::new(core, "lanstream", properties)
}

/// Has a receiver take in what a stream tells, until what is returned is dropped.
fn listen(
    stream: &Stream,
    receiver: StreamReceiver,
) -> Result<StreamListener<StreamReceiver>, pipewire::Error> {
    stream
        .add_local_listener_with_user_data(receiver)
        .state_changed(|_, receiver, _, state| receiver.follow(state))
        .param_changed(|stream, receiver, id, param| receiver.agree(stream, id, param))
        .add_buffer(|_, receiver, buffer| receiver.add(PipewireBuffer::new(buffer)))
        .remove_buffer(|_, receiver, buffer| receiver.remove(PipewireBuffer::new(buffer)))
        .process(|stream, receiver| receiver.receive(stream))
        .register()
}

fn connect(stream: &Stream, node: u32, fps_max: Option<u32>) -> Result<(), pipewire::Error> {
    let formats = frame_format::formats(fps_max);
    let mut params: Vec<_> = Pod::from_bytes(&formats).into_iter().collect();
    let flags = StreamFlags::AUTOCONNECT | StreamFlags::DONT_RECONNECT;
    stream.connect(Direction::Input, Some(node), flags, &mut params)
}

/// Has a stream stand and flow again, if it flows. One that cannot has failed, which is told.
fn restart(stream: &Stream) {
    if stream.state() == StreamState::Streaming {
        let _failed = stream.set_active(false).and_then(|()| stream.set_active(true));
    }
}

/// Object of a connection to PipeWire that stands for all of it.
const CORE: u32 = pipewire::core::PW_ID_CORE;

fn core_failure(id: u32, result: i32, message: &str) -> Failure {
    // What calls return where the other end has closed the connection.
    let closed = -rustix::io::Errno::PIPE.raw_os_error();
    if id == CORE && result == closed {
        Failure::PipeWireGone
    } else {
        Failure::StreamGone(message.to_owned())
    }
}

fn no_pipewire(error: pipewire::Error) -> Failure {
    Failure::NoPipeWire(error.to_string())
}

/// Tells what ends the stream. Once nobody listens any more, another end was told first.
fn tell(failed: &UnboundedSender<Failure>, failure: Failure) {
    let _ended = failed.send(failure);
}

/// What the stream tells, taken in on the loop's thread.
struct StreamReceiver {
    shared: Arc<Shared>,
    failed: UnboundedSender<Failure>,
    format: Option<FrameFormat>,
    /// Memory of the buffers that there are.
    maps: Vec<(PipewireBuffer, Arc<Map>)>,
    /// The buffer with the newest picture.
    held: Option<PipewireBuffer>,
    /// It has sent pictures.
    was_live: bool,
}

/// Why no pictures come while the stream stands.
const PAUSED: &str = "the desktop has paused the screen cast";

impl StreamReceiver {
    fn new(shared: Arc<Shared>, failed: UnboundedSender<Failure>) -> Self {
        Self { shared, failed, format: None, maps: Vec::new(), held: None, was_live: false }
    }

    fn follow(&mut self, state: StreamState) {
        match state {
            StreamState::Error(message) => tell(&self.failed, stream_failure(message, self.was_live)),
            StreamState::Unconnected if self.was_live => {
                tell(&self.failed, Failure::StreamGone("the desktop has closed it".into()));
            }
            StreamState::Paused if self.was_live => self.shared.change(|state| state.stalled = Some(PAUSED)),
            StreamState::Streaming => {
                self.was_live = true;
                self.shared.change(|state| state.stalled = state.stalled.filter(|why| *why != PAUSED));
            }
            _ => {}
        }
    }

    /// Takes in a format that was agreed on, and says what buffers are to be like.
    fn agree(&mut self, stream: &Stream, id: u32, param: Option<&Pod>) {
        let Some(param) = param.filter(|_| id == ParamType::Format.as_raw()) else { return };
        self.format = FrameFormat::read(param);
        if self.format.is_none() {
            return tell(&self.failed, Failure::NoFormat("another format came than was asked for".into()));
        }
        self.shared.change(|state| state.is_format_agreed = true);
        let params = frame_format::buffers();
        let mut params: Vec<_> = params.iter().filter_map(|param| Pod::from_bytes(param)).collect();
        if let Err(error) = stream.update_params(&mut params) {
            tell(&self.failed, Failure::NoPipeWire(error.to_string()));
        }
    }

    fn add(&mut self, buffer: Option<PipewireBuffer>) {
        let Some(buffer) = buffer else { return };
        match buffer.map() {
            Ok(map) => self.maps.push((buffer, Arc::new(map))),
            Err(reason) => tell(&self.failed, Failure::Unreadable(reason)),
        }
    }

    /// Forgets a buffer. What is in it may change from now on, so it is no picture any more.
    fn remove(&mut self, buffer: Option<PipewireBuffer>) {
        self.maps.retain(|(known, _)| Some(*known) != buffer);
        if self.held.take_if(|held| Some(*held) == buffer).is_some() {
            self.shared.change(|state| state.picture = None);
        }
    }

    /// Takes in all buffers that have come, and keeps the last one with a picture.
    fn receive(&mut self, stream: &Stream) {
        while let Some(buffer) = PipewireBuffer::take(stream) {
            let back = if self.take_in(buffer) { self.held.replace(buffer) } else { Some(buffer) };
            back.into_iter().for_each(|buffer| buffer.give_back(stream));
        }
    }

    /// Takes in a buffer, and returns whether it has a picture.
    fn take_in(&mut self, buffer: PipewireBuffer) -> bool {
        let map = self.maps.iter().find(|(known, _)| *known == buffer).map(|(_, map)| Arc::clone(map));
        let Some((map, format)) = map.zip(self.format) else { return false };
        let rows = Rows::find(buffer.chunk(), format.size, map.len());
        let arrival = Arrival {
            pixels: rows.ok().map(|rows| (map, rows)),
            view: View::new(format.size, buffer.crop(), buffer.orientation(), format.pixels),
            size: format.size,
            damage: buffer.damage(),
            cursor: buffer.cursor(),
        };
        let has_picture = arrival.pixels.is_some();
        self.shared.change(|state| {
            state.arrive(arrival);
            if let Err(NoPicture::Narrow(_) | NoPicture::Short { .. }) = rows {
                state.stalled = Some(BROKEN);
            }
        });
        has_picture
    }
}

/// Why no picture is shown although buffers come.
const BROKEN: &str = "the desktop sends pictures that are smaller than it says";

/// Returns what an error of the stream means.
fn stream_failure(message: String, was_live: bool) -> Failure {
    let is_format = ["format", "buffer"].iter().any(|word| message.contains(word));
    if is_format && !was_live { Failure::NoFormat(message) } else { Failure::StreamGone(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_without_a_common_format_is_told_from_one_that_broke_off() {
        let failure = |message: &str, was_live| stream_failure(message.into(), was_live);
        assert!(matches!(failure("no more input formats", false), Failure::NoFormat(_)));
        assert!(matches!(failure("no target node available", false), Failure::StreamGone(_)));
        assert!(matches!(failure("no more input formats", true), Failure::StreamGone(_)));
    }

    #[test]
    fn a_connection_that_broke_is_the_end_of_pipewire() {
        assert_eq!(core_failure(CORE, -32, "connection error"), Failure::PipeWireGone);
        assert!(matches!(core_failure(2, -32, "no"), Failure::StreamGone(_)));
    }
}
