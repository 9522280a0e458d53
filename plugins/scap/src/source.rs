//! The source: copies the newest picture that the reader has.

use std::task::Waker;
use std::time::Duration;

use lanstream_plugin::core::source::{Captured, Description, Error, ErrorKind, Event, Source, Wakeup};
use lanstream_plugin::core::{FrameBuffer, Layout, Region};

use crate::picture::Picture;
use crate::reader::Reader;

/// What scap captures.
pub(crate) struct ScapSource {
    reader: Reader,
    /// The newest picture that `wait` found.
    picture: Picture,
    /// Layout that was announced.
    layout: Layout,
    /// Whether `picture` was reported.
    is_reported: bool,
    wakeup: Wakeup,
}

impl ScapSource {
    pub(crate) fn open(fps: u32, show_cursor: bool) -> Result<Self, Error> {
        let wakeup = Wakeup::default();
        let (reader, picture) = Reader::start(fps, show_cursor, wakeup.waker())?;
        let layout = picture.layout;
        Ok(Self { reader, picture, layout, is_reported: false, wakeup })
    }
}

impl Source for ScapSource {
    fn description(&self) -> Description {
        Description { name: "screen cast by scap".into(), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        if let Some(picture) = self.reader.take()? {
            self.picture = picture;
            self.is_reported = false;
        }
        if self.picture.layout != self.layout {
            self.layout = self.picture.layout;
            return Ok(Event::Resized);
        }
        if !std::mem::replace(&mut self.is_reported, true) {
            return Ok(Event::Damaged);
        }
        Ok(if self.wakeup.sleep(timeout) { Event::Woken } else { Event::TimedOut })
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        if self.picture.layout != self.layout {
            return Err(Error::new(ErrorKind::Retry, "the layout has changed"));
        }
        let (stride, row_bytes) = (frame.layout().stride, self.layout.size.width as usize * 4);
        let rows = frame.bytes_mut().chunks_mut(stride).zip(self.picture.pixels.chunks_exact(row_bytes));
        for (row, pixels) in rows {
            row[..row_bytes].copy_from_slice(pixels);
        }
        Ok(Captured::all(self.layout))
    }
}
