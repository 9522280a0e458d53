//! lanstream's end of the link: a plugin in another process as factories and sources like any other.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use lanstream_core::frame_buffer::{FrameBuffer, Layout, PixelMemory};
use lanstream_core::options::{OptionError, OptionValues};
use lanstream_core::region::Region;
use lanstream_core::registry::{Configured, SourceDescriptor, SourceFactory};
use lanstream_core::source::{Captured, Description, Error, ErrorKind, Event, Listener, Source};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fd::{AsFd as _, OwnedFd};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::HOST_COMMAND;
use super::channel::Channel;
use super::memory::SharedMemory;
use super::message::{Reply, Request};
use crate::error::LoadError;

/// Time that a plugin has to answer a request other than to wait. A camera on a slow network takes seconds to open.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Time that a plugin's process has to end by itself, once its socket is closed.
const EXIT_TIMEOUT: Duration = Duration::from_millis(300);
/// Time before the process of a plugin that ended unexpectedly is started again; it doubles with each end in a row.
const RESTART_PAUSE_MIN: Duration = Duration::from_millis(500);
/// Longest such time.
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(30);

/// A plugin that runs in a process of its own: one for each open source.
#[derive(Clone, Debug)]
pub struct RemotePlugin {
    program: Arc<Path>,
    path: Arc<Path>,
    name: String,
    version: String,
    sources: Vec<SourceDescriptor>,
}

impl RemotePlugin {
    /// Starts `program` with [`HOST_COMMAND`] and the plugin's `path`, asks what the plugin has, and ends the process.
    ///
    /// # Errors
    /// If it is no plugin, breaks a rule that can be checked, crashes or does not answer.
    pub fn load(program: &Path, path: &Path) -> Result<Self, LoadError> {
        let failed = |reason: String| LoadError::Process { path: path.to_owned(), reason };
        let mut link = Link::start(program, path).map_err(|error| failed(error.message))?;
        match link.ask(&Request::Describe) {
            Ok(Reply::Plugin { name, version, sources }) => {
                Ok(Self { program: program.into(), path: path.into(), name, version, sources })
            }
            Ok(_) => Err(failed("it answered something else than it was asked".to_owned())),
            Err(error) if error.kind == ErrorKind::Unsupported => Err(LoadError::Reported(error.message)),
            Err(error) => Err(failed(error.message)),
        }
    }

    /// Name of the plugin, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Version of the plugin, for people.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns a factory for each of its sources.
    pub fn factories(&self) -> impl Iterator<Item = impl SourceFactory + use<>> {
        let sources = self.sources.clone().into_iter().enumerate();
        let (program, path) = (Arc::clone(&self.program), Arc::clone(&self.path));
        sources.map(move |(index, descriptor)| RemoteFactory {
            program: Arc::clone(&program),
            path: Arc::clone(&path),
            index: index as u32,
            descriptor,
        })
    }
}

/// Factory of a source of a plugin.
#[derive(Debug)]
struct RemoteFactory {
    program: Arc<Path>,
    path: Arc<Path>,
    index: u32,
    descriptor: SourceDescriptor,
}

impl SourceFactory for RemoteFactory {
    fn descriptor(&self) -> SourceDescriptor {
        self.descriptor.clone()
    }

    fn configure(&self, values: &OptionValues, _listener: Listener) -> Result<Configured, OptionError> {
        if let Some((option, _)) = values.iter().find(|(_, value)| value.to_str().is_none()) {
            let message = "its value is not UTF-8, which plugins need".to_owned();
            return Err(OptionError { option: option.to_owned(), message });
        }
        let (program, path) = (Arc::clone(&self.program), Arc::clone(&self.path));
        let (name, open) =
            (self.descriptor.name.clone(), Request::Open { index: self.index, values: values.clone() });
        let mut restart = Restart::default();
        Ok(Configured::new(Box::new(move || {
            restart.check()?;
            let opened = RemoteSource::open(&program, &path, &open);
            let source = opened.map_err(|error| {
                Error::new(error.kind, format!("plugin source {name}: {}", error.message))
            })?;
            Ok(Box::new(source) as Box<dyn Source>)
        })))
    }
}

/// Pauses between starts of a process that ends again and again.
#[derive(Debug, Default)]
struct Restart {
    started: Option<Instant>,
    pause: Duration,
}

impl Restart {
    /// Returns an error if it is too early to start again.
    fn check(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        if let Some(started) = self.started {
            let ran = now.saturating_duration_since(started);
            if ran < self.pause {
                return Err(Error::new(ErrorKind::Lost, "it is started again in a moment"));
            }
            self.pause = if ran > RESTART_PAUSE_MAX {
                RESTART_PAUSE_MIN
            } else {
                (self.pause * 2).clamp(RESTART_PAUSE_MIN, RESTART_PAUSE_MAX)
            };
        }
        self.started = Some(now);
        Ok(())
    }
}

/// A source in another process.
struct RemoteSource {
    link: Link,
    description: Description,
    layout: Layout,
    /// A request to wait was sent, and its reply has not come.
    is_waiting: bool,
    /// An event that came while another reply was awaited.
    pending: Option<Event>,
    wakeup: Arc<Wakeup>,
    buffers: Vec<(u64, Arc<AtomicBool>)>,
    next_id: u64,
}

impl RemoteSource {
    fn open(program: &Path, path: &Path, open: &Request) -> Result<Self, Error> {
        let mut link = Link::start(program, path)?;
        let Reply::Opened(description, layout) = link.ask(open)? else { return Err(link.out_of_order()) };
        let wakeup = Arc::new(Wakeup::new().map_err(|error| Error::new(ErrorKind::Lost, error.to_string()))?);
        Ok(Self {
            link,
            description,
            layout,
            is_waiting: false,
            pending: None,
            wakeup,
            buffers: Vec::new(),
            next_id: 1,
        })
    }

    /// Takes the reply to a request to wait. Returns `None` if the plugin was only woken.
    fn take_event(&mut self, reply: Reply) -> Result<Option<Event>, Error> {
        self.is_waiting = false;
        let Reply::Event { event, described } = reply else { return Err(self.link.out_of_order()) };
        if let Some((description, layout)) = described {
            (self.description, self.layout) = (description, layout);
        }
        Ok((!matches!(event, Event::Woken | Event::TimedOut)).then_some(event))
    }

    /// Has the other process forget the memory of frames that are no more.
    fn release_buffers(&mut self) -> Result<(), Error> {
        let (kept, gone) = std::mem::take(&mut self.buffers)
            .into_iter()
            .partition(|(_, is_alive)| is_alive.load(Ordering::Acquire));
        self.buffers = kept;
        let gone: Vec<(u64, Arc<AtomicBool>)> = gone;
        gone.into_iter().try_for_each(|(id, _)| self.link.send(&Request::Release { id }))
    }
}

impl Source for RemoteSource {
    fn description(&self) -> Description {
        self.description.clone()
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.wakeup))
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        if let Some(event) = self.pending.take() {
            return Ok(event);
        }
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            if !self.is_waiting {
                self.link.send(&Request::Wait)?;
                self.is_waiting = true;
            }
            match self.wakeup.sleep(&self.link.channel, deadline).map_err(|error| self.link.broken(&error))? {
                WakeReason::Waker => return Ok(Event::Woken),
                WakeReason::Timeout => return Ok(Event::TimedOut),
                WakeReason::Socket => {
                    let reply = self.link.receive();
                    if let Some(event) = self.take_event(reply?)? {
                        return Ok(event);
                    }
                }
            }
        }
    }

    fn capture(&mut self, frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
        let (id, layout) = (frame.memory_id(), frame.layout());
        self.link.send(&Request::Capture { id, layout, region: *region })?;
        if self.is_waiting {
            let reply = self.link.answer()?;
            if let Some(event) = self.take_event(reply)? {
                self.pending = Some(event);
            }
        }
        let Reply::Captured { captured, pts } = self.link.answer()? else {
            return Err(self.link.out_of_order());
        };
        let bounds = layout.cells().bounds();
        let is_inside = |region: &Region| region.rects().iter().all(|rect| bounds.contains(*rect));
        if !is_inside(&captured.updated) || !is_inside(&captured.damage) {
            return Err(self.link.out_of_order());
        }
        frame.set_pts(pts);
        Ok(captured)
    }

    fn allocate(&mut self) -> Result<Box<dyn PixelMemory>, Error> {
        self.release_buffers()?;
        let (id, len) = (self.next_id, self.layout.bytes());
        let no_memory =
            |error: io::Error| Error::new(ErrorKind::Lost, format!("no shared memory for frames: {error}"));
        let (memory, file) = SharedMemory::create(id, len).map_err(no_memory)?;
        self.link.send_with(&Request::Buffer { id, len: len as u64 }, &file)?;
        self.next_id += 1;
        let is_alive = Arc::new(AtomicBool::new(true));
        self.buffers.push((id, Arc::clone(&is_alive)));
        Ok(Box::new(FrameMemory { memory, is_alive }))
    }
}

/// Memory of a frame, which says when it is no more.
struct FrameMemory {
    memory: SharedMemory,
    is_alive: Arc<AtomicBool>,
}

impl PixelMemory for FrameMemory {
    fn byte_len(&self) -> usize {
        self.memory.byte_len()
    }

    fn bytes(&self, range: std::ops::Range<usize>) -> &[u8] {
        self.memory.bytes(range)
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self.memory.bytes_mut()
    }

    fn id(&self) -> u64 {
        self.memory.id()
    }
}

impl Drop for FrameMemory {
    fn drop(&mut self) {
        self.is_alive.store(false, Ordering::Release);
    }
}

/// The process of a plugin, and the socket to it.
struct Link {
    channel: Channel,
    child: Child,
    path: PathBuf,
    out: Vec<u8>,
}

impl Link {
    fn start(program: &Path, path: &Path) -> Result<Self, Error> {
        let failed = |error: io::Error| {
            Error::new(
                ErrorKind::Lost,
                format!("the process for {} can't be started: {error}", path.display()),
            )
        };
        let (channel, socket) = Channel::pair().map_err(failed)?;
        let mut command = Command::new(program);
        command.arg(HOST_COMMAND).arg(path).stdin(Stdio::from(socket)).stdout(Stdio::null());
        // An interrupt at the terminal is for lanstream, which then ends this process.
        command.process_group(0);
        let child = command.spawn().map_err(failed)?;
        Ok(Self { channel, child, path: path.to_owned(), out: Vec::new() })
    }

    fn send(&mut self, request: &Request) -> Result<(), Error> {
        request.write(&mut self.out);
        let sent = self.channel.send(&self.out);
        sent.map_err(|error| self.broken(&error))
    }

    fn send_with(&mut self, request: &Request, file: &OwnedFd) -> Result<(), Error> {
        request.write(&mut self.out);
        let sent = self.channel.send_with(&self.out, file.as_fd());
        sent.map_err(|error| self.broken(&error))
    }

    /// Sends a request and returns the reply.
    fn ask(&mut self, request: &Request) -> Result<Reply, Error> {
        self.send(request)?;
        self.answer()
    }

    /// Waits for a reply, which has to come soon.
    fn answer(&mut self) -> Result<Reply, Error> {
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        loop {
            let left = timespec(deadline.saturating_duration_since(Instant::now()));
            match poll(&mut [PollFd::new(&self.channel, PollFlags::IN)], Some(&left)) {
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(self.broken(&error.into())),
                Ok(0) => {
                    let message = format!("it did not answer within {} s", ANSWER_TIMEOUT.as_secs());
                    return Err(Error::new(ErrorKind::Lost, message));
                }
                Ok(_) => return self.receive(),
            }
        }
    }

    /// Receives the reply that is there. An error of the plugin is returned as such.
    fn receive(&mut self) -> Result<Reply, Error> {
        let received = self
            .channel
            .receive()
            .map(|(bytes, _)| if bytes.is_empty() { None } else { Some(Reply::read(bytes)) });
        match received {
            Ok(Some(Ok(Reply::Failed(error)))) => Err(error),
            Ok(Some(Ok(reply))) => Ok(reply),
            Ok(Some(Err(malformed))) => Err(Error::new(ErrorKind::Ended, malformed.to_string())),
            Ok(None) => Err(self.broken(&io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// Returns the error of a process that ended, or whose socket broke.
    fn broken(&mut self, error: &io::Error) -> Error {
        let message = match self.wait(EXIT_TIMEOUT) {
            Some(status) => format!("its process ended unexpectedly: {status}"),
            None => format!("its process can't be reached: {error}"),
        };
        Error::new(ErrorKind::Lost, message)
    }

    fn out_of_order(&self) -> Error {
        let message = format!("plugin {} answered something else than it was asked", self.path.display());
        Error::new(ErrorKind::Ended, message)
    }

    /// Waits for the end of the process.
    fn wait(&mut self, timeout: Duration) -> Option<std::process::ExitStatus> {
        let ended = pidfd_open(Pid::from_child(&self.child), PidfdFlags::empty()).ok()?;
        let deadline = Instant::now() + timeout;
        loop {
            let left = timespec(deadline.saturating_duration_since(Instant::now()));
            match poll(&mut [PollFd::new(&ended, PollFlags::IN)], Some(&left)) {
                Err(rustix::io::Errno::INTR) => {}
                _ => return self.child.try_wait().ok().flatten(),
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // The process ends when the socket does; one that hangs is killed.
        let _ = rustix::net::shutdown(&self.channel, rustix::net::Shutdown::Both);
        if self.wait(EXIT_TIMEOUT).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Wakes a source that waits for the other process. It stays notified until the next sleep.
#[derive(Debug)]
struct Wakeup(OwnedFd);

/// Reason why a sleep ended.
enum WakeReason {
    Socket,
    Waker,
    Timeout,
}

impl Wakeup {
    fn new() -> io::Result<Self> {
        Ok(Self(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    /// Sleeps until the socket can be read, until woken or until `deadline`.
    fn sleep(&self, socket: &Channel, deadline: Option<Instant>) -> io::Result<WakeReason> {
        loop {
            let left = deadline.map(|deadline| timespec(deadline.saturating_duration_since(Instant::now())));
            let mut fds = [PollFd::new(socket, PollFlags::IN), PollFd::new(&self.0, PollFlags::IN)];
            match poll(&mut fds, left.as_ref()) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(0) => return Ok(WakeReason::Timeout),
                Ok(_) => {}
            }
            if !fds[0].revents().is_empty() {
                return Ok(WakeReason::Socket);
            }
            // It can only fail by being silent already.
            let _ = rustix::io::read(&self.0, &mut [0; 8]);
            return Ok(WakeReason::Waker);
        }
    }
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // It can only fail by being notified already.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: duration.as_secs() as i64, tv_nsec: i64::from(duration.subsec_nanos()) }
}
