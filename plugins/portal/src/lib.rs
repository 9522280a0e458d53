//! A plugin with one source, `portal`: a screen or a window that the user picks in the dialog of the desktop's portal.
//!
//! The portal (xdg-desktop-portal) is asked over D-Bus, and answers with a stream of PipeWire. Both connections have a
//! thread of their own; what the source's thread has to know is in [`Shared`](shared::Shared).

mod cast;
mod cast_stream;
mod cursor;
mod failure;
mod frame_format;
mod map;
mod options;
mod pacing;
mod pipewire_buffer;
mod restore_token;
mod rows;
mod shared;
mod source;
mod view;

use lanstream_plugin::core::options::{OptionError, OptionValues};
use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_plugin::core::source::Listener;

use options::Options;
use source::PortalSource;

const EXAMPLES: &str = "Examples:
  lanstream --plugin liblanstream_portal.so portal
  lanstream --plugin liblanstream_portal.so portal --kind window --fps 30
  lanstream --plugin liblanstream_portal.so portal --forget";

/// Factory of the source `portal`.
#[derive(Default)]
pub struct PortalFactory;

impl SourceFactory for PortalFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "portal".into(),
            about: "Capture a screen or a window that is picked in the desktop's dialog (GNOME, KDE)".into(),
            examples: EXAMPLES.into(),
            options: options::specs(),
        }
    }

    fn configure(&self, values: &OptionValues, listener: Listener) -> Result<Configured, OptionError> {
        let mut options = Options::read(values)?;
        let fps_max = options.fps_max;
        let open = move || {
            let source = PortalSource::open(&options, &listener)?;
            // The dialog was opened anew once; a cast that is lost goes on with what was picked there.
            options.forget = false;
            Ok(Box::new(source) as _)
        };
        Ok(Configured { open: Box::new(open), fps_max })
    }
}

lanstream_plugin::export!(PortalFactory);
lanstream_plugin::manifest!(include_str!("../manifest.toml"));
