//! What must hold for any sequence of what viewers do while a source goes on: each is answered or sent away, none keeps
//! the source from going on, and whatever pixels a viewer gets build, band by band, a picture.
//!
//! The source leads: whenever the pipeline waits for it, it takes the next step from the input, so that all happens on
//! one thread and in one order.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::BytesMut;
use lanstream_core::admission::{Admission, Guard, Secret, Settings, ViewerGuard};
use lanstream_core::pipeline::{self, Marker, Pipeline, PipelineState};
use lanstream_core::protocol::{
    Ack, HEADER_BYTES, Hello, Route, ServerMessage, TransportId, VERSION, ViewerMessage, kind,
};
use lanstream_core::sink::{TransportInfo, Transports};
use lanstream_core::source::{Captured, Description, Error, Event, Source};
use lanstream_core::viewer::{Control, ControlOutput, Pump};
use lanstream_core::{FrameBuffer, Layout, Micros, Picture, PixelFormat, Region, Size};

/// Viewers at a time: enough to be in each other's way.
const VIEWERS_MAX: usize = 3;
/// Messages of the server that are taken in one step.
const MESSAGES_MAX: usize = 16;
/// Chunks of pixels that are taken in one step.
const CHUNKS_MAX: usize = 8;
const SIZES: [Size; 3] =
    [Size { width: 70, height: 40 }, Size { width: 64, height: 64 }, Size { width: 1, height: 130 }];
const TRANSPORT: TransportInfo = TransportInfo {
    id: TransportId::new(2).expect("the number is in range"),
    name: "fuzz",
    summary: "",
    band_bytes: 4096,
    is_universal: true,
    is_listed: true,
    endpoint: None,
};

thread_local! {
    /// The pipeline's clock, which steps set.
    static NOW: Cell<u64> = const { Cell::new(1) };
    static DRAWN: Cell<u64> = const { Cell::new(0) };
}

fn now() -> Micros {
    Micros(NOW.get())
}

fn draw() -> [u8; 32] {
    DRAWN.set(DRAWN.get() + 1);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&DRAWN.get().to_le_bytes());
    bytes
}

/// Has viewers and a source do what the input says.
pub(crate) fn check(input: &[u8]) {
    NOW.set(1);
    DRAWN.set(0);
    let (feed, feed_handle) = pipeline::feed();
    let state = Arc::<PipelineState>::default();
    let token = Secret::new([7; 32]);
    let admission = Arc::new(Admission::new(Settings {
        guard: Guard::new(&[], &[], &[]),
        token: token.clone(),
        feed_handle,
        clock: now,
        state: Arc::clone(&state),
        transports: Transports::new(vec![TRANSPORT], None).expect("there is one"),
        encoders: Arc::default(),
        draw,
        observer: Box::new(|_| {}),
    }));
    let marker = Marker::of(admission.epoch());
    let mut pipeline = Pipeline::new(feed, None, now, Arc::clone(&state), marker, Box::new(|_| {}));
    let mut film =
        Film { input: Input(input), size: 0, shade: 0, viewers: Vec::new(), admission, token, state };
    let ended = pipeline.run(&mut film);
    assert!(ended.is_ok(), "{ended:?}");
}

/// What is left of the input.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// As many bytes as the next one says, where there are so many.
    fn bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.byte().unwrap_or_default()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        bytes
    }
}

/// A source that leads all.
struct Film<'a> {
    input: Input<'a>,
    /// Index of the size.
    size: usize,
    shade: u8,
    viewers: Vec<FuzzViewer>,
    admission: Arc<Admission>,
    token: Secret,
    state: Arc<PipelineState>,
}

impl Source for Film<'_> {
    fn description(&self) -> Description {
        Description { name: "film".into(), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        Layout::packed(SIZES[self.size], PixelFormat::Rgbx8)
    }

    fn waker(&self) -> Waker {
        Waker::noop().clone()
    }

    fn wait(&mut self, _: Option<Duration>) -> Result<Event, Error> {
        let Some(step) = self.input.byte() else {
            self.state.stop.store(true, Ordering::SeqCst);
            return Ok(Event::Woken);
        };
        Ok(match step % 4 {
            0 => Event::Damaged,
            1 => {
                NOW.set(NOW.get() + (u64::from(self.input.byte().unwrap_or_default()) << 12) + 1);
                Event::TimedOut
            }
            2 if step >= 128 => {
                self.size = usize::from(step) % SIZES.len();
                Event::Resized
            }
            _ => {
                self.step(step / 4);
                Event::Woken
            }
        })
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _: &Region) -> Result<Captured, Error> {
        self.shade = self.shade.wrapping_add(1);
        let bytes = frame.bytes_mut();
        let from = usize::from(self.shade) * 16 % bytes.len();
        let to = bytes.len().min(from + 1000);
        bytes[from..to].fill(self.shade);
        Ok(Captured::all(self.layout()))
    }
}

impl Film<'_> {
    /// Has somebody come, or one of those that are here do something.
    fn step(&mut self, step: u8) {
        let index = usize::from(step) % (VIEWERS_MAX + 1);
        if index >= self.viewers.len() {
            if self.viewers.len() < VIEWERS_MAX {
                self.viewers.extend(FuzzViewer::enter(&self.admission, &self.token));
            }
            return;
        }
        let stays = self.viewers[index].act(step / 8, &mut self.input);
        if !stays {
            self.viewers.remove(index);
        }
    }
}

/// A viewer that was let in.
struct FuzzViewer {
    control: Control,
    guard: ViewerGuard,
    pump: Option<Box<Pump>>,
    picture: Picture,
    epoch: u64,
    route: u32,
    /// Pixels that came and are no whole band yet.
    unread: Vec<u8>,
    /// Whether it has said only what it means: one that lies about its picture gets bands that do not fit.
    is_honest: bool,
}

impl FuzzViewer {
    fn enter(admission: &Admission, token: &Secret) -> Option<Self> {
        let key = admission.exchange(token).ok()?;
        let (control, guard) = admission.enter(&key).expect("the key is new");
        let (pump, picture, unread) = (None, Picture::default(), Vec::new());
        Some(Self { control, guard, pump, picture, epoch: 0, route: 0, unread, is_honest: true })
    }

    /// Returns whether it stays.
    fn act(&mut self, step: u8, input: &mut Input<'_>) -> bool {
        match step {
            0 => self.say(&ViewerMessage::Hello(Hello {
                version: VERSION,
                flags: input.byte().unwrap_or(0).into(),
            })),
            1 => self.take_route(input),
            2 => self.take_pixels(),
            3 => self.say(&ViewerMessage::Ack(Ack { seq: self.picture.seq(), ..Ack::default() })),
            4 => self.listen(),
            5 => self.lie(input.bytes()),
            6 => self.lie(&headed(input.byte().unwrap_or_default(), input.bytes())),
            _ => match input.byte().unwrap_or_default() {
                0 => false,
                1 => self.control.report().is_ok(),
                2 => {
                    self.pump = None;
                    true
                }
                3 => self.say(&ViewerMessage::Refresh),
                flow => self.say(&ViewerMessage::Flow { paused: flow % 2 == 0 }),
            },
        }
    }

    fn say(&mut self, message: &ViewerMessage) -> bool {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        self.handle(&bytes)
    }

    fn lie(&mut self, bytes: &[u8]) -> bool {
        self.is_honest = false;
        self.handle(bytes)
    }

    /// As a control channel does.
    fn handle(&mut self, bytes: &[u8]) -> bool {
        match self.control.handle(bytes) {
            Ok(ControlOutput::Start(pump)) => {
                // Pixels of the route before are of no more use.
                self.picture.forget_pending();
                self.unread.clear();
                self.pump = Some(pump);
            }
            Ok(ControlOutput::Ticket) => assert!(Secret::from_hex(&self.guard.ticket()).is_some()),
            Ok(ControlOutput::None) => {}
            Err(_) => return false,
        }
        self.control.violation().is_none()
    }

    fn take_route(&mut self, input: &mut Input<'_>) -> bool {
        self.route += 1;
        let flags = input.byte().unwrap_or_default() & 1;
        let held_seq = if self.epoch == 0 { 0 } else { self.picture.seq() };
        let route = Route { number: self.route, transport: TRANSPORT.id, flags, epoch: self.epoch, held_seq };
        self.say(&ViewerMessage::Route(route))
    }

    fn take_pixels(&mut self) -> bool {
        let context = Context::from_waker(Waker::noop());
        let Some(pump) = &mut self.pump else { return true };
        for _ in 0..CHUNKS_MAX {
            let mut chunk = BytesMut::new();
            match pump.poll_bytes(&context, &mut chunk, 4096) {
                std::task::Poll::Ready(Some(_)) => self.unread.extend_from_slice(&chunk),
                std::task::Poll::Ready(None) => {
                    self.pump = None;
                    break;
                }
                std::task::Poll::Pending => break,
            }
        }
        self.apply();
        true
    }

    fn apply(&mut self) {
        while let Some(len) = Picture::message_len(&self.unread).expect("a band is not endless") {
            if self.unread.len() < len {
                return;
            }
            let message: Vec<_> = self.unread.drain(..len).collect();
            if message[4] == kind::BAND {
                let taken = self.picture.take(&message);
                assert!(
                    taken.is_ok() || !self.is_honest,
                    "a band does not build on what the viewer holds: {taken:?}"
                );
            }
        }
    }

    fn listen(&mut self) -> bool {
        let context = Context::from_waker(Waker::noop());
        for _ in 0..MESSAGES_MAX {
            let std::task::Poll::Ready(bytes) = self.control.poll_message(&context) else { break };
            let (message, len) = ServerMessage::read(&bytes).expect("it is a message").expect("it is whole");
            assert_eq!(len, bytes.len());
            if let ServerMessage::Welcome { epoch, .. } = message {
                self.epoch = epoch;
            }
        }
        true
    }
}

/// A message with a header that fits.
fn headed(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len()).expect("a byte has said its length");
    let mut message = len.to_le_bytes().to_vec();
    message.extend([kind, 0, 0, 0]);
    assert_eq!(message.len(), HEADER_BYTES);
    message.extend_from_slice(body);
    message
}
