//! A source whose picture a test draws, and a viewer that applies what it is sent: the whole path without a device or a
//! network, on one thread.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part of this module")]

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::BytesMut;
use lanstream_core::pipeline::{Feed, FeedHandle, Marker, Observer, Pipeline, PipelineState, feed};
use lanstream_core::protocol::{
    Ack, BandHead, Encoding, Hello, Route, TransportId, VERSION, ViewerMessage, kind,
};
use lanstream_core::sink::{TransportInfo, Transports};
use lanstream_core::source::{
    Captured, Description, Error, ErrorKind, Event, LateRows, Source, UnreliableDamage,
};
use lanstream_core::viewer::{self, Control, ControlOutput, Counters, Pump, ViewerContext};
use lanstream_core::{
    Clock, EncodePool, FrameBuffer, Layout, Micros, Picture, PixelFormat, Rect, Region, Size,
};

static NOW: AtomicU64 = AtomicU64::new(1);

/// A clock that moves by a millisecond at every look, so that whatever is due becomes due.
pub fn clock() -> Micros {
    Micros(NOW.fetch_add(1000, Ordering::Relaxed))
}

/// What a screen shows, and what of it is told as damaged.
pub struct Screen {
    pub layout: Layout,
    /// In cells.
    pub size: Size,
    pub pixels: Vec<u8>,
    pub damage: Region,
    pub resized: bool,
    /// Every picture that was captured.
    pub captured: Vec<(Layout, Vec<u8>)>,
}

impl Screen {
    pub fn new(size: Size) -> Self {
        Self::laid_out(Layout::packed(size, PixelFormat::Bgrx8))
    }

    fn laid_out(layout: Layout) -> Self {
        let size = layout.cells();
        Self {
            layout,
            size,
            pixels: vec![0; size.area() * 4],
            damage: Region::full(size),
            resized: false,
            captured: Vec::new(),
        }
    }

    /// Fills a rectangle and, unless it lies, tells of it.
    pub fn draw(&mut self, rect: Rect, seed: u32, told: bool) {
        let Some(rect) = rect.intersection(self.size.bounds()) else { return };
        for y in rect.y..rect.bottom() {
            for x in rect.x..rect.right() {
                let start = (y as usize * self.size.width as usize + x as usize) * 4;
                let value = seed.wrapping_mul(0x9E37_79B1)
                    ^ if seed.is_multiple_of(3) { 0 } else { (x * 31 + y * 17).wrapping_mul(seed) };
                self.pixels[start..start + 4].copy_from_slice(&value.to_le_bytes());
            }
        }
        if told {
            self.damage.add(rect);
        }
    }

    /// Moves what a rectangle shows by so much within it; what comes in at its edges stays as it was.
    pub fn scroll(&mut self, rect: Rect, dx: i32, dy: i32) {
        let Some(rect) = rect.intersection(self.size.bounds()) else { return };
        let before = self.pixels.clone();
        let start = |x: u32, y: u32| (y as usize * self.size.width as usize + x as usize) * 4;
        for (y, x) in (rect.y..rect.bottom()).flat_map(|y| (rect.x..rect.right()).map(move |x| (y, x))) {
            let (from_x, from_y) = (x.wrapping_add_signed(-dx), y.wrapping_add_signed(-dy));
            if (rect.x..rect.right()).contains(&from_x) && (rect.y..rect.bottom()).contains(&from_y) {
                let (from, to) = (start(from_x, from_y), start(x, y));
                self.pixels[to..to + 4].copy_from_slice(&before[from..from + 4]);
            }
        }
        self.damage.add(rect);
    }

    pub fn resize(&mut self, size: Size) {
        self.lay_out(Layout::packed(size, PixelFormat::Bgrx8));
    }

    /// From now on it is another.
    pub fn lay_out(&mut self, layout: Layout) {
        *self =
            Self { resized: true, captured: std::mem::take(&mut self.captured), ..Self::laid_out(layout) };
    }

    /// Whether `picture` shows it.
    pub fn is_in(&self, picture: &Picture) -> bool {
        is_in(picture, self.layout, &self.pixels)
    }

    /// Which of what was captured `picture` shows.
    pub fn captured_in(&self, picture: &Picture) -> Option<usize> {
        self.captured.iter().rposition(|(layout, pixels)| is_in(picture, *layout, pixels))
    }
}

fn is_in(picture: &Picture, layout: Layout, pixels: &[u8]) -> bool {
    let planar = if let PixelFormat::Planar(planar) = layout.format { Some(planar) } else { None };
    if picture.size() != Some(layout.size) || picture.planar() != planar {
        return false;
    }
    match planar {
        Some(_) => picture.cells() == pixels,
        None => *picture.rgbx() == rgbx(pixels),
    }
}

fn rgbx(bgrx: &[u8]) -> Vec<u8> {
    bgrx.as_chunks::<4>().0.iter().flat_map(|[b, g, r, _]| [*r, *g, *b, 255]).collect()
}

/// How captured pixels come to be there.
#[derive(Clone, Copy, Debug)]
pub struct Arrivals {
    /// Rows of a picture that come at a time. `step` runs in between.
    pub rows: u32,
    /// Of one capture in so many only the first piece comes: the rest is what nobody may ever see.
    pub lost_each: u32,
    /// So many more are lost.
    pub losses: u32,
    /// Captures so far.
    pub count: u32,
    /// What is damaged still, where the rest of the last capture is lost.
    pub lost: Option<Region>,
    /// A capture reads all of the picture, whatever it was asked for.
    pub all: bool,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self { rows: u32::MAX, lost_each: u32::MAX, losses: 0, count: 0, lost: None, all: false }
    }
}

impl Arrivals {
    fn is_lost(&mut self) -> bool {
        self.count += 1;
        let is_lost = self.losses > 0 && self.count.is_multiple_of(self.lost_each);
        self.losses -= u32::from(is_lost);
        is_lost
    }
}

/// Runs `step` whenever the pipeline waits; ends the run when that returns false.
pub struct Scripted<F> {
    pub arrivals: Arrivals,
    pub screen: Arc<Mutex<Screen>>,
    pub step: F,
    pub state: Arc<PipelineState>,
    pub record: bool,
}

impl<F: FnMut() -> bool + Send> Source for Scripted<F> {
    fn description(&self) -> Description {
        Description { name: "scripted".into(), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        self.screen.lock().unwrap().layout
    }

    fn waker(&self) -> Waker {
        Waker::noop().clone()
    }

    fn wait(&mut self, _timeout: Option<Duration>) -> Result<Event, Error> {
        if !(self.step)() {
            self.state.stop.store(true, Ordering::SeqCst);
        }
        let resized = std::mem::take(&mut self.screen.lock().unwrap().resized);
        Ok(if resized { Event::Resized } else { Event::Damaged })
    }

    fn damage(&self) -> Option<Region> {
        Some(self.screen.lock().unwrap().damage)
    }

    fn capture(&mut self, frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
        let mut screen = self.screen.lock().unwrap();
        let stride = frame.layout().stride;
        let mut updated = if self.arrivals.all { Region::full(screen.size) } else { *region };
        // All damage is taken below, also what the pipeline has not been told of yet, as at a rescan.
        updated.merge(&screen.damage);
        let updated = updated.clipped(screen.size.bounds());
        for rect in updated.rects() {
            for y in rect.y as usize..rect.bottom() as usize {
                let range = y * stride + rect.x as usize * 4..y * stride + rect.right() as usize * 4;
                frame.bytes_mut()[range.clone()].copy_from_slice(&screen.pixels[range]);
            }
        }
        let told = std::mem::take(&mut screen.damage);
        if self.arrivals.rows < screen.size.height && self.arrivals.is_lost() {
            self.arrivals.lost = Some(told);
            let came = self.arrivals.rows as usize * stride;
            frame.bytes_mut().iter_mut().skip(came).for_each(|byte| *byte ^= 0x55);
        } else if self.record {
            let copy = (screen.layout, frame.rows(0..frame.cells().height).to_vec());
            screen.captured.push(copy);
        }
        Ok(Captured { updated, damage: told })
    }

    fn late_rows(&mut self) -> Option<&mut dyn LateRows> {
        Some(self)
    }

    fn unreliable_damage(&self) -> Option<&dyn UnreliableDamage> {
        Some(self)
    }
}

impl<F: FnMut() -> bool + Send> LateRows for Scripted<F> {
    fn arrived(&mut self, rows: u32) -> Result<u32, Error> {
        if self.arrivals.rows == u32::MAX {
            return Ok(u32::MAX);
        }
        if rows > 0 && !(self.step)() {
            self.state.stop.store(true, Ordering::SeqCst);
        }
        if rows > 0
            && let Some(damage) = self.arrivals.lost.take()
        {
            self.screen.lock().unwrap().damage.merge(&damage);
            return Err(Error::new(ErrorKind::Retry, "the rest was lost"));
        }
        Ok(rows + self.arrivals.rows)
    }
}

impl<F: FnMut() -> bool + Send> UnreliableDamage for Scripted<F> {
    fn needs_rescan(&self) -> bool {
        true
    }
}

/// A pipeline with nothing in it yet.
pub fn pipeline() -> (Pipeline, FeedHandle, Arc<PipelineState>) {
    pipeline_observed_by(Box::new(|_| {}))
}

/// The same, of whose source `observer` is told.
pub fn pipeline_observed_by(observer: Box<Observer>) -> (Pipeline, FeedHandle, Arc<PipelineState>) {
    let (feed, feed_handle): (Feed, FeedHandle) = feed();
    let state = Arc::new(PipelineState::default());
    let pipeline = Pipeline::new(feed, None, clock, Arc::clone(&state), Marker::of(EPOCH), observer);
    (pipeline, feed_handle, state)
}

/// A viewer that applies what it gets.
pub struct Viewer {
    pub control: Control,
    pub pump: Box<Pump>,
    pub picture: Picture,
    pub counters: Arc<Counters>,
    pub bytes: usize,
    /// Pixels that came in each encoding.
    pub pixels_by: [usize; Encoding::ALL.len()],
    buffer: BytesMut,
}

/// Names the run of the source.
const EPOCH: u64 = 7;
/// The one transport that there is.
const TRANSPORT: TransportId = TransportId::new(2).expect("the number is in range");
static ROUTES: AtomicU32 = AtomicU32::new(1);

fn transports(band_bytes: usize) -> Transports {
    let row = TransportInfo {
        id: TRANSPORT,
        name: "test",
        summary: "A function call",
        band_bytes,
        is_universal: true,
        is_listed: true,
        endpoint: None,
    };
    Transports::new(vec![row], None).unwrap()
}

fn open_route(control: &mut Control, picture: &Picture, flags: u8) -> Result<Box<Pump>, viewer::Error> {
    let number = ROUTES.fetch_add(1, Ordering::Relaxed);
    let route = Route { number, transport: TRANSPORT, flags, epoch: EPOCH, held_seq: picture.seq() };
    match control.handle(&bytes_of(ViewerMessage::Route(route)))? {
        ControlOutput::Start(pump) => Ok(pump),
        ControlOutput::None | ControlOutput::Ticket => panic!("a route starts the pixels"),
    }
}

impl Viewer {
    pub fn join(feed_handle: &FeedHandle, state: &Arc<PipelineState>, band_bytes: usize, flags: u16) -> Self {
        Self::join_by(clock, &Arc::default(), feed_handle, state, band_bytes, flags)
    }

    /// The same, of whom everything is timed by this clock and encoded in this pool.
    pub fn join_by(
        clock: Clock,
        encoders: &Arc<EncodePool>,
        feed_handle: &FeedHandle,
        state: &Arc<PipelineState>,
        band_bytes: usize,
        flags: u16,
    ) -> Self {
        state.viewers.fetch_add(1, Ordering::Relaxed);
        let events = feed_handle.subscribe_events().unwrap();
        let counters = Arc::new(Counters::default());
        let encoders = Arc::clone(encoders);
        let mut control = Control::new(ViewerContext {
            feed_handle: feed_handle.clone(),
            events,
            epoch: EPOCH,
            clock,
            state: Arc::clone(state),
            counters: Arc::clone(&counters),
            encoders,
            token_exchanged_at: Micros(0),
            transports: Arc::new(transports(band_bytes)),
            certificates: Arc::default(),
            control_waker: Arc::default(),
        });
        let hello = ViewerMessage::Hello(Hello { version: VERSION, flags });
        control.handle(&bytes_of(hello)).unwrap();
        let picture = Picture::default();
        let pump = open_route(&mut control, &picture, 0).unwrap();
        Self {
            control,
            pump,
            picture,
            counters,
            bytes: 0,
            pixels_by: [0; Encoding::ALL.len()],
            buffer: BytesMut::with_capacity(4 << 20),
        }
    }

    /// Goes on by another route. What was on its way is lost. Returns what hangs then.
    pub fn reroute(&mut self) -> Box<Pump> {
        self.try_reroute().expect("another route can be had")
    }

    pub fn try_reroute(&mut self) -> Result<Box<Pump>, viewer::Error> {
        self.reroute_with(0)
    }

    /// The same, with flags of the route's.
    pub fn reroute_with(&mut self, flags: u8) -> Result<Box<Pump>, viewer::Error> {
        let held = if flags == 0 { &self.picture } else { &Picture::default() };
        let pump = open_route(&mut self.control, held, flags)?;
        self.picture.forget_pending();
        self.buffer.clear();
        Ok(std::mem::replace(&mut self.pump, pump))
    }

    /// Takes what there is, up to one update. Returns its number once it is complete; it is not acknowledged yet.
    pub fn receive(&mut self, limit: usize) -> Option<u32> {
        self.receive_or_wake(limit, Waker::noop())
    }

    /// The same; `waker` is used when there is more.
    pub fn receive_or_wake(&mut self, limit: usize, waker: &Waker) -> Option<u32> {
        let context = Context::from_waker(waker);
        while let Poll::Ready(filled) = self.pump.poll_bytes(&context, &mut self.buffer, limit) {
            filled.expect("the viewer broke no rule");
            while let Some(len) =
                Picture::message_len(&self.buffer).unwrap().filter(|len| *len <= self.buffer.len())
            {
                let band = self.buffer.split_to(len);
                if kind::of(&band) == Some(kind::ROUTED) {
                    continue;
                }
                self.bytes += len;
                let (_, patches, _) = BandHead::read(&band).unwrap();
                for patch in patches {
                    self.pixels_by[usize::from(patch.encoding.number())] += patch.rect.area();
                }
                if self.picture.take(&band).unwrap() {
                    assert!(self.buffer.is_empty(), "nothing follows a commit before its acknowledgement");
                    return Some(self.picture.seq());
                }
            }
        }
        None
    }

    pub fn say(&mut self, message: ViewerMessage) {
        self.control.handle(&bytes_of(message)).unwrap();
    }

    pub fn acknowledge(&mut self, seq: u32) {
        self.say(ViewerMessage::Ack(Ack { seq, ..Ack::default() }));
    }
}

pub fn bytes_of(message: ViewerMessage) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.write(&mut bytes);
    bytes
}
