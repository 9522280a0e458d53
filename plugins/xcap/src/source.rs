//! The source: captures by xcap at a rate, while a viewer waits for frames.

use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_plugin::core::source::{Captured, Description, Error, ErrorKind, Event, Source, Wakeup};
use lanstream_plugin::core::{FrameBuffer, Layout, PixelFormat, Region, Size};
use xcap::image::RgbaImage;

use crate::target::Target;

/// A monitor or a window that is captured.
pub(crate) struct XcapSource {
    target: Target,
    size: Size,
    /// Size of a capture that did not fit the frame: the next layout's.
    resized: Option<Size>,
    interval: Duration,
    /// When the next capture is due.
    due: Instant,
    wakeup: Wakeup,
}

impl XcapSource {
    pub(crate) fn open(target: Target, fps: u32) -> Result<Self, Error> {
        let size = size_of(&capture(&target)?)?;
        let (interval, due) = (Duration::from_secs(1) / fps, Instant::now());
        Ok(Self { target, size, resized: None, interval, due, wakeup: Wakeup::default() })
    }
}

impl Source for XcapSource {
    fn description(&self) -> Description {
        Description { name: format!("{} by xcap", self.target.name()), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        Layout::packed(self.size, PixelFormat::Rgbx8)
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        if let Some(size) = self.resized.take() {
            self.size = size;
            return Ok(Event::Resized);
        }
        let until_due = self.due.saturating_duration_since(Instant::now());
        let sleep = timeout.map_or(until_due, |timeout| timeout.min(until_due));
        if self.wakeup.sleep(Some(sleep)) {
            return Ok(Event::Woken);
        }
        let now = Instant::now();
        if now < self.due {
            return Ok(Event::TimedOut);
        }
        self.due = now + self.interval;
        Ok(Event::Damaged)
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let image = capture(&self.target)?;
        let size = size_of(&image)?;
        if size != self.size {
            self.resized = Some(size);
            self.due = Instant::now();
            return Err(Error::new(ErrorKind::Retry, "the size has changed"));
        }
        let (stride, row_bytes) = (frame.layout().stride, size.width as usize * 4);
        let rows = frame.bytes_mut().chunks_mut(stride).zip(image.as_raw().chunks_exact(row_bytes));
        for (row, pixels) in rows {
            row[..row_bytes].copy_from_slice(pixels);
        }
        Ok(Captured::all(self.layout()))
    }
}

/// Captures the target. A monitor that was unplugged, or a window that was closed, may come back.
fn capture(target: &Target) -> Result<RgbaImage, Error> {
    target.capture().map_err(|error| Error::new(ErrorKind::Lost, format!("xcap cannot capture: {error}")))
}

fn size_of(image: &RgbaImage) -> Result<Size, Error> {
    let (width, height) = image.dimensions();
    Size::new(width, height)
        .ok_or_else(|| Error::new(ErrorKind::Lost, format!("{width}x{height} cannot be shown")))
}
