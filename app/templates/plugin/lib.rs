//! A lanstream plugin with one source, `@NAME@`: a gradient that moves. Change `capture` to show something else.

use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_plugin::core::source::{
    Captured, Description, Error, Event, Listener, Source, Wakeup,
};
use lanstream_plugin::core::{FrameBuffer, Layout, PixelFormat, Region, Size};

/// Time between two frames.
const FRAME: Duration = Duration::from_micros(16_667);

/// What lanstream knows of the source before it is opened.
#[derive(Default)]
struct GradientFactory;

impl SourceFactory for GradientFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "@NAME@".into(),
            about: "Show a gradient that moves".into(),
            examples: "".into(),
            options: vec![
                OptionSpec::parsed::<Size>("size", "WxH", "Size in pixels").default("640x360"),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, _: Listener) -> Result<Configured, OptionError> {
        let size = values.parse("size")?.unwrap_or(Size {
            width: 640,
            height: 360,
        });
        Ok(Configured::new(Box::new(move || {
            Ok(Box::new(Gradient::new(size)))
        })))
    }
}

/// An open source.
struct Gradient {
    size: Size,
    number: u32,
    next: Instant,
    wakeup: Wakeup,
}

impl Gradient {
    fn new(size: Size) -> Self {
        Self {
            size,
            number: 0,
            next: Instant::now(),
            wakeup: Wakeup::default(),
        }
    }
}

impl Source for Gradient {
    fn description(&self) -> Description {
        Description {
            name: "gradient".into(),
            ..Description::default()
        }
    }

    fn layout(&self) -> Layout {
        Layout::packed(self.size, PixelFormat::Rgbx8)
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let now = Instant::now();
            if now >= self.next {
                self.next = now + FRAME;
                self.number += 1;
                return Ok(Event::Damaged);
            }
            if end.is_some_and(|end| now >= end) {
                return Ok(Event::TimedOut);
            }
            let until = end.map_or(self.next, |end| end.min(self.next));
            if self.wakeup.sleep(Some(until - now)) {
                return Ok(Event::Woken);
            }
        }
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let layout = frame.layout();
        // Rows may be longer than their pixels.
        for (y, row) in (0..layout.size.height).zip(frame.bytes_mut().chunks_mut(layout.stride)) {
            for (x, pixel) in (0..layout.size.width).zip(row.as_chunks_mut().0) {
                *pixel = [(x + self.number) as u8, y as u8, 128, 255];
            }
        }
        Ok(Captured::all(layout))
    }
}

lanstream_plugin::export!(GradientFactory);

// What the source needs besides the processor: nothing yet. lanstream's docs/plugins.md has the words
// for a network, files, devices and programs, such as "network = 'any'".
lanstream_plugin::manifest!("");
