//! A plugin with one source, `scap`: a screen or a window, captured by the `scap` library. On Linux that is what the
//! user picks in the dialog of the desktop's portal.
//!
//! scap reports no damage, so each capture is of the whole picture.

mod picture;
mod reader;
mod source;

use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_plugin::core::source::Listener;

use source::ScapSource;

const EXAMPLES: &str = "Examples:
  lanstream --plugin liblanstream_scap.so scap
  lanstream --plugin liblanstream_scap.so scap --cursor --fps 30";
const FPS_MAX: i64 = 240;

#[derive(Default)]
struct ScapFactory;

impl SourceFactory for ScapFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "scap".into(),
            about: "Capture what the desktop's portal offers, by scap".into(),
            examples: EXAMPLES.into(),
            options: vec![
                OptionSpec::integer("fps", 1, FPS_MAX, "Frames a second that are asked for").default("60"),
                OptionSpec::switch("cursor", "Have the cursor drawn into the picture"),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, _: Listener) -> Result<Configured, OptionError> {
        let fps: u32 = values.parse("fps")?.unwrap_or(60);
        let show_cursor = values.is_set("cursor");
        Ok(Configured::new(Box::new(move || Ok(Box::new(ScapSource::open(fps, show_cursor)?)))))
    }
}

lanstream_plugin::export!(ScapFactory);
