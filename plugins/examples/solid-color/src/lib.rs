//! A plugin with one source, `solid-color`, which shows a colour that never changes.

use std::task::Waker;
use std::time::Duration;

use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_plugin::core::source::{Captured, Description, Error, Event, Listener, Source, Wakeup};
use lanstream_plugin::core::{FrameBuffer, Layout, PIXEL_BYTES, PixelFormat, Region, Size};

#[derive(Default)]
struct SolidColorFactory;

impl SourceFactory for SolidColorFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "solid-color".into(),
            about: "Show one colour".into(),
            examples: "Examples:\n  lanstream --plugin libsolid_color.so solid-color --color ff8000".into(),
            options: vec![
                OptionSpec::text("color", "RRGGBB", "The colour").default("336699"),
                OptionSpec::parsed::<Size>("size", "WxH", "Size in pixels").default("640x360"),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, _: Listener) -> Result<Configured, OptionError> {
        let color = values.parse_with("color", parse_color)?.unwrap_or_default();
        let size = values.parse("size")?.unwrap_or(Size { width: 640, height: 360 });
        Ok(Configured::new(Box::new(move || {
            Ok(Box::new(SolidColor { color, size, is_told: false, wakeup: Wakeup::default() }))
        })))
    }
}

/// Parses red, green and blue in two hexadecimal digits each.
fn parse_color(text: &str) -> Result<[u8; 3], String> {
    let number = u32::from_str_radix(text, 16).ok().filter(|_| text.len() == 6);
    let [_, red, green, blue] = number.ok_or("a colour is RRGGBB, such as ff8000")?.to_be_bytes();
    Ok([red, green, blue])
}

struct SolidColor {
    color: [u8; 3],
    size: Size,
    is_told: bool,
    wakeup: Wakeup,
}

impl Source for SolidColor {
    fn description(&self) -> Description {
        let [red, green, blue] = self.color;
        Description { name: format!("colour {red:02x}{green:02x}{blue:02x}"), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        Layout::packed(self.size, PixelFormat::Rgbx8)
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        if !std::mem::replace(&mut self.is_told, true) {
            return Ok(Event::Damaged);
        }
        Ok(if self.wakeup.sleep(timeout) { Event::Woken } else { Event::TimedOut })
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let [red, green, blue] = self.color;
        let layout = frame.layout();
        let row_bytes = layout.size.width as usize * PIXEL_BYTES;
        // Rows may be longer than their pixels: the host decides.
        for row in frame.bytes_mut().chunks_mut(layout.stride) {
            row[..row_bytes].as_chunks_mut().0.fill([red, green, blue, 255]);
        }
        Ok(Captured::all(layout))
    }
}

lanstream_plugin::export!(SolidColorFactory);
// It needs nothing but the processor.
lanstream_plugin::manifest!("");
