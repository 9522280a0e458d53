//! The process of a plugin: loads it, and carries out requests one after the other.
//!
//! Requests are received on a thread of their own, so that one that comes while the plugin waits for an event ends the
//! wait, and so that the process ends when lanstream does, whatever the plugin is doing.

use std::ffi::OsString;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use lanstream_core::source::{Error, ErrorKind, Event, PlaybackCommand};
use lanstream_core::{Layout, PixelMemory as _, Region};
use rustix::fd::OwnedFd;
use rustix::stdio;

use super::channel::Channel;
use super::containment;
use super::cursor::ServedCursor;
use super::descriptor::PluginInfo;
use super::launch::Served;
use super::memory::SharedMemory;
use super::message::{Capabilities, Reply, Request, lost};
use super::serve_sink::ServedSink;
use crate::instance::{Capture, Instance};
use crate::loaded::LoadedPlugin;
use crate::sandbox;

/// A request, and the descriptor that came with it.
type Received = (Request, Option<OwnedFd>);

/// Loads the plugin that `arguments` name, which follow [`HOST_COMMAND`](super::HOST_COMMAND), and serves it to the
/// process at the other end of standard input, until that closes it.
///
/// # Safety
/// The library has to be sound, as for [`LoadedPlugin::load`]: its code runs in this process, which is meant to do
/// nothing else.
///
/// # Errors
/// If standard input is not the socket that lanstream passes, or the arguments are not its own.
#[allow(unsafe_code, reason = "a plugin is loaded")]
pub unsafe fn serve(arguments: impl IntoIterator<Item = OsString>) -> io::Result<()> {
    let Served { path, trust, given } = Served::parse(arguments).ok_or(io::ErrorKind::InvalidInput)?;
    containment::contain();
    // Before there is a second thread, which would not be confined.
    let confined = sandbox::enter(&path, trust, &given);
    let socket = take_standard_input()?;
    let replies = Channel::new(socket.try_clone()?);
    let gate = Arc::new(Gate::default());
    let (sender, requests) = channel();
    let receiving = Arc::clone(&gate);
    std::thread::Builder::new()
        .name("requests".into())
        .spawn(move || receive(Channel::new(socket), &sender, &receiving))?;
    // SAFETY: the caller's promise.
    let plugin = confined.and_then(|()| unsafe { LoadedPlugin::load(&path, trust) });
    let plugin = plugin.map_err(|error| Error::new(ErrorKind::Unsupported, error.to_string()));
    let (buffers, out) = (Vec::new(), Vec::new());
    Server { plugin, instance: None, cursor: None, sink: None, buffers, replies, out, gate }.run(&requests)
}

/// Returns the socket that is standard input. The plugin finds an empty input, and what it prints goes to standard
/// error.
fn take_standard_input() -> io::Result<OwnedFd> {
    let socket = rustix::io::fcntl_dupfd_cloexec(stdio::stdin(), stdio::raw_stderr() + 1)?;
    stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    stdio::dup2_stdout(stdio::stderr())?;
    Ok(socket)
}

/// Says whether the plugin waits, so that a request ends its wait, and interrupts a sink.
#[derive(Debug, Default)]
struct Gate {
    is_waiting: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Gate {
    /// Ends the plugin's wait, if it waits.
    fn open(&self) {
        if self.is_waiting.swap(false, Ordering::SeqCst) {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }

    fn set(&self, waker: Waker) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker);
    }
}

/// Receives requests until the other end is closed, and ends the process then.
fn receive(mut channel: Channel, requests: &Sender<Received>, gate: &Gate) {
    while let Ok((bytes, descriptor)) = channel.receive() {
        let Ok(request) = Request::read(bytes) else { break };
        if matches!(request, Request::Interrupt) {
            gate.wake();
            continue;
        }
        if requests.send((request, descriptor)).is_err() {
            break;
        }
        gate.open();
    }
    std::process::exit(0)
}

/// What carries out requests.
struct Server {
    plugin: Result<LoadedPlugin, Error>,
    instance: Option<Instance>,
    /// Of a source that has one, once its memory has come.
    cursor: Option<ServedCursor>,
    sink: Option<ServedSink>,
    buffers: Vec<SharedMemory>,
    replies: Channel,
    out: Vec<u8>,
    gate: Arc<Gate>,
}

impl Server {
    fn run(mut self, requests: &Receiver<Received>) -> io::Result<()> {
        while let Ok((request, descriptor)) = requests.recv() {
            match self.carry_out(request, descriptor, requests) {
                Ok(None) => {}
                Ok(Some(reply)) => self.reply(&reply)?,
                Err(error) => self.reply(&Reply::Failed(error))?,
            }
        }
        Ok(())
    }

    fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        reply.write(&mut self.out);
        self.replies.send(&self.out)
    }

    fn carry_out(
        &mut self,
        request: Request,
        descriptor: Option<OwnedFd>,
        requests: &Receiver<Received>,
    ) -> Result<Option<Reply>, Error> {
        match request {
            Request::Describe => self.describe().map(Some),
            Request::Open { index, values } => {
                let plugin = self.plugin.as_ref().map_err(Clone::clone)?;
                let mut instance = plugin.open(index as usize, &values)?;
                let (description, layout) = instance.describe()?;
                let capabilities = Capabilities {
                    has_cursor: instance.has_cursor(),
                    has_audio: instance.has_audio(),
                    has_playback: instance.has_playback(),
                };
                self.gate.set(instance.waker());
                self.instance = Some(instance);
                Ok(Some(Reply::Opened { description, layout, capabilities }))
            }
            Request::Cursor => self.open_cursor(descriptor).map(Some),
            Request::Playback => self.control(None).map(Some),
            Request::Control(command) => self.control(Some(command)).map(Some),
            Request::Wait => self.wait(requests),
            Request::Buffer { id, len } => {
                let file = descriptor.ok_or_else(|| lost("a buffer came without its descriptor"))?;
                let len = usize::try_from(len).map_err(|_| lost("a buffer is larger than memory"))?;
                let memory = SharedMemory::open(id, &file, len).map_err(|error| lost(error.to_string()))?;
                self.buffers.push(memory);
                Ok(None)
            }
            Request::Release { id } => {
                self.buffers.retain(|buffer| buffer.id() != id);
                Ok(None)
            }
            Request::Capture { id, layout, region } => self.capture(id, layout, &region).map(Some),
            Request::OpenSink { index, values } => {
                let plugin = self.plugin.as_ref().map_err(Clone::clone)?;
                let sink = ServedSink::new(plugin.open_sink(index as usize, &values)?);
                self.gate.set(sink.interrupter());
                let delivery = sink.delivery();
                self.sink = Some(sink);
                Ok(Some(Reply::SinkOpened(delivery)))
            }
            Request::Begin(_) | Request::Frame(_) | Request::Audio(_) | Request::Finish => {
                self.give_sink(request, descriptor).map(Some)
            }
            // It was carried out when it came.
            Request::Interrupt => Ok(None),
        }
    }

    /// Has the sink carry out a request. It is closed before the last reply: what it does then is part of its end.
    fn give_sink(&mut self, request: Request, descriptor: Option<OwnedFd>) -> Result<Reply, Error> {
        let mut sink = self.sink.take().ok_or_else(|| lost("no sink is open"))?;
        let is_last = matches!(request, Request::Finish);
        let status = sink.carry_out(request, descriptor)?;
        if !is_last {
            self.sink = Some(sink);
        }
        Ok(Reply::Taken(status))
    }

    fn describe(&self) -> Result<Reply, Error> {
        let plugin = self.plugin.as_ref().map_err(Clone::clone)?;
        Ok(Reply::Plugin(PluginInfo {
            name: plugin.name().to_owned(),
            version: plugin.version().to_owned(),
            sources: plugin.sources().cloned().collect(),
            sinks: plugin.sinks().cloned().collect(),
        }))
    }

    /// Waits for an event. A request that is there already, or comes meanwhile, ends it.
    fn wait(&mut self, requests: &Receiver<Received>) -> Result<Option<Reply>, Error> {
        let instance = self.instance.as_mut().ok_or_else(not_open)?;
        self.gate.is_waiting.store(true, Ordering::SeqCst);
        if let Ok((request, descriptor)) = requests.try_recv() {
            self.gate.is_waiting.store(false, Ordering::SeqCst);
            let woken = Reply::event(Event::Woken);
            self.reply(&woken).map_err(|error| lost(error.to_string()))?;
            return self.carry_out(request, descriptor, requests);
        }
        let event = instance.wait(None);
        self.gate.is_waiting.store(false, Ordering::SeqCst);
        let event = event?;
        let is_described = matches!(event, Event::Resized | Event::Described);
        let described = is_described.then(|| instance.describe()).transpose()?;
        let cursor = match &mut self.cursor {
            Some(cursor) if event == Event::CursorMoved => instance.cursor()?.map(|now| cursor.tell(&now)),
            _ => None,
        };
        let sound = if event == Event::Sounded { instance.take_sound()? } else { None };
        let has_changed = event == Event::PlaybackChanged;
        let playback = has_changed.then(|| instance.playback()).transpose()?;
        Ok(Some(Reply::Event { event, described, cursor, sound, playback }))
    }

    /// Carries out a viewer's command, if there is one, and tells how playback stands.
    fn control(&mut self, command: Option<PlaybackCommand>) -> Result<Reply, Error> {
        let instance = self.instance.as_mut().ok_or_else(not_open)?;
        command.map_or(Ok(()), |command| instance.control(command))?;
        instance.playback().map(Reply::Playback)
    }

    /// Maps the memory for the pixels of the source's cursor, and tells of the cursor.
    fn open_cursor(&mut self, descriptor: Option<OwnedFd>) -> Result<Reply, Error> {
        let instance = self.instance.as_mut().ok_or_else(not_open)?;
        let now = instance.cursor()?.ok_or_else(|| lost("the source has no cursor"))?;
        let file = descriptor.ok_or_else(|| lost("a cursor came without the descriptor of its memory"))?;
        let cursor = ServedCursor::open(&file).map_err(|error| lost(error.to_string()))?;
        Ok(Reply::Cursor(self.cursor.insert(cursor).tell(&now)))
    }

    fn capture(&mut self, id: u64, layout: Layout, region: &Region) -> Result<Reply, Error> {
        let instance = self.instance.as_mut().ok_or_else(not_open)?;
        let buffer = self.buffers.iter_mut().find(|buffer| buffer.id() == id);
        let buffer = buffer.ok_or_else(|| lost("there is no such buffer"))?;
        let bytes =
            buffer.bytes_mut().get_mut(..layout.bytes()).ok_or_else(|| lost("the buffer is too short"))?;
        let Capture { captured, pts } = instance.capture(bytes, layout, region)?;
        Ok(Reply::Captured { captured, pts })
    }
}

fn not_open() -> Error {
    lost("no source is open")
}
