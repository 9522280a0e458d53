//! The part of lanstream that is neither a device nor a network: frames, damage, pipeline, protocol, viewers.
//!
//! ```text
//! Source ── wait, capture ──▶ Frame ── changed tiles are stamped ──▶ feed ── newest frame of each viewer ──▶ bytes
//!                                                                   └─ slot or queue of each frame sink ──▶ frames
//! ```
//!
//! A [`source::Source`] brings a pooled [`FrameBuffer`] up to date. A [`pipeline::Pipeline`] compares it with the frame
//! before, stamps the tiles that differ, and publishes it as a [`Frame`] through its [`pipeline::Feed`]. A
//! [`viewer::Pump`] turns the newest frame, and what its viewer holds, into the bytes of one update, which a
//! [`sink::Sink`] carries. A viewer applies them to its [`Picture`]. A [`frame_sink::FrameSink`] gets whole
//! frames: a recorder, a stream to a media server.
//!
//! Nothing here opens a socket, reads a clock, starts a thread or calls the system: time is an argument.
//!
//! From a source through an update to an applied picture:
//!
//! ```
//! use std::sync::Arc;
//! use std::task::{Context, Poll, Waker};
//! use std::time::Duration;
//!
//! use bytes::BytesMut;
//! use lanstream_core::pipeline::{Marker, Pipeline, PipelineState, feed};
//! use lanstream_core::protocol::{Hello, Route, TransportId, VERSION, ViewerMessage};
//! use lanstream_core::sink::{TransportInfo, Transports};
//! use lanstream_core::source::{Captured, Description, Error, ErrorKind, Event, Source};
//! use lanstream_core::viewer::{Control, ControlOutput, ViewerContext};
//! use lanstream_core::{FrameBuffer, Layout, Micros, Picture, PixelFormat, Region, Size};
//!
//! /// One picture of a gradient.
//! struct Gradient {
//!     layout: Layout,
//!     is_captured: bool,
//! }
//!
//! impl Source for Gradient {
//!     fn description(&self) -> Description {
//!         Description { name: "gradient".into(), ..Description::default() }
//!     }
//!
//!     fn layout(&self) -> Layout {
//!         self.layout
//!     }
//!
//!     fn waker(&self) -> Waker {
//!         Waker::noop().clone()
//!     }
//!
//!     fn wait(&mut self, _timeout: Option<Duration>) -> Result<Event, Error> {
//!         match self.is_captured {
//!             true => Err(Error::new(ErrorKind::Finished, "one picture is all")),
//!             false => Ok(Event::Damaged),
//!         }
//!     }
//!
//!     fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
//!         for (pixel, red) in frame.bytes_mut().as_chunks_mut().0.iter_mut().zip((0..=255).cycle()) {
//!             *pixel = [red, 128, 0, 255];
//!         }
//!         self.is_captured = true;
//!         Ok(Captured::all(self.layout))
//!     }
//! }
//!
//! // The pipeline, and a viewer of it that asks for pixels by the one transport that there is.
//! let (feed, feed_handle) = feed();
//! let (clock, state) = (|| Micros(1), Arc::new(PipelineState::default()));
//! let mut pipeline = Pipeline::new(feed, None, clock, state.clone(), Marker::of(1), Box::new(|_| {}));
//! let transport = TransportInfo {
//!     id: TransportId::new(1).ok_or("number out of range")?,
//!     name: "call",
//!     summary: "A function call",
//!     band_bytes: 1 << 20,
//!     is_universal: true,
//!     is_listed: true,
//!     endpoint: None,
//! };
//! let mut control = Control::new(ViewerContext {
//!     events: feed_handle.subscribe_events().ok_or("the feed is gone")?,
//!     feed_handle,
//!     epoch: 1,
//!     clock,
//!     state,
//!     counters: Arc::default(),
//!     encoders: Arc::default(),
//!     token_exchanged_at: Micros::ZERO,
//!     transports: Arc::new(Transports::new(vec![transport.clone()], None)?),
//!     certificates: Arc::default(),
//!     control_waker: Arc::default(),
//! });
//! let mut send = |message: ViewerMessage| {
//!     let mut bytes = Vec::new();
//!     message.write(&mut bytes);
//!     control.handle(&bytes)
//! };
//! send(ViewerMessage::Hello(Hello { version: VERSION, flags: 0 }))?;
//! let route = Route { number: 1, transport: transport.id, flags: 0, epoch: 1, held_seq: 0 };
//! let ControlOutput::Start(mut pump) = send(ViewerMessage::Route(route))? else { return Err("no pixels".into()) };
//!
//! // The pump confirms the route and waits for a frame; the source is captured, and ends.
//! let (mut bytes, context) = (BytesMut::new(), Context::from_waker(Waker::noop()));
//! while let Poll::Ready(_) = pump.poll_bytes(&context, &mut bytes, 1 << 20) {}
//! bytes.clear();
//! let layout = Layout::packed(Size { width: 64, height: 32 }, PixelFormat::Rgbx8);
//! pipeline.run(&mut Gradient { layout, is_captured: false }).expect_err("the source finishes");
//!
//! // The update of that frame, applied band by band.
//! while let Poll::Ready(_) = pump.poll_bytes(&context, &mut bytes, 1 << 20) {}
//! let mut picture = Picture::default();
//! while let Some(len) = Picture::message_len(&bytes)? {
//!     picture.take(&bytes.split_to(len))?;
//! }
//! assert_eq!(picture.size(), Some(layout.size));
//! assert_eq!(picture.rgbx()[..8], [0, 128, 0, 255, 1, 128, 0, 255]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// The contracts that other crates implement and use, each with a list of its own.
#[cfg(not(loom))]
pub mod admission;
#[cfg(not(loom))]
pub mod frame_sink;
pub mod options;
#[cfg(not(loom))]
pub mod pipeline;
pub mod protocol;
pub mod registry;
#[cfg(not(loom))]
pub mod sink;
pub mod source;
pub mod text;
#[cfg(not(loom))]
pub mod viewer;

// What these contracts speak of.
pub use encode::{ENCODE_THREADS_MAX, EncodePool};
pub use frame::Frame;
pub use frame_buffer::{FrameBuffer, Layout, PIXEL_BYTES, PixelFormat, PixelMemory};
pub use geometry::{ParseSizeError, Rect, SIDE_MAX, Size};
pub use hash::picture_hash;
pub use lanstream_codec::planar;
pub use orientation::Orientation;
pub use picture::{ApplyError, BAND_BYTES_MAX, Picture};
pub use region::{RECTS_MAX, Region};
pub use slot::Slot;
pub use time::{Clock, Micros, Pts};

mod audience;
mod demand;
mod encode;
#[cfg(not(loom))]
mod feed;
mod frame;
mod frame_buffer;
mod geometry;
mod hash;
#[cfg(all(test, loom))]
mod lock_free_loom;
mod orientation;
mod picture;
mod pool;
mod queue;
mod region;
mod self_capture;
mod session;
mod slot;
mod stage;
mod stamps;
mod state;
mod sync;
mod tile;
mod time;
#[cfg(not(loom))]
mod transport;
