//! A plugin with one source, `xcap`: a monitor or a window, captured by the `xcap` library.
//!
//! xcap reports no damage, so each capture is of the whole picture.

mod source;
mod target;

use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_plugin::core::source::Listener;

use source::XcapSource;
use target::Target;

const EXAMPLES: &str = "Examples:
  lanstream --plugin liblanstream_xcap.so xcap
  lanstream --plugin liblanstream_xcap.so xcap --monitor 1 --fps 15
  lanstream --plugin liblanstream_xcap.so xcap --window Terminal";
/// Monitors that a number can select.
const MONITORS_MAX: i64 = 64;
const FPS_MAX: i64 = 240;

#[derive(Default)]
struct XcapFactory;

impl SourceFactory for XcapFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "xcap".into(),
            about: "Capture a monitor or a window by xcap".into(),
            examples: EXAMPLES.into(),
            options: vec![
                OptionSpec::integer("monitor", 0, MONITORS_MAX, "Number of the monitor, from 0").default("0"),
                OptionSpec::text(
                    "window",
                    "TITLE",
                    "Window whose title contains this, in place of a monitor",
                ),
                OptionSpec::integer("fps", 1, FPS_MAX, "Captures a second while somebody watches")
                    .default("30"),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, _: Listener) -> Result<Configured, OptionError> {
        let monitor: usize = values.parse("monitor")?.unwrap_or_default();
        let window = values.text("window").map(str::to_owned);
        let fps: u32 = values.parse("fps")?.unwrap_or(30);
        Ok(Configured::new(Box::new(move || {
            let target = match &window {
                Some(title) => Target::window(title)?,
                None => Target::monitor(monitor)?,
            };
            Ok(Box::new(XcapSource::open(target, fps)?))
        })))
    }
}

lanstream_plugin::export!(XcapFactory);
