//! Options of the plugin, and the events at which streams end.

use lanstream::Options;
use lanstream::core::registry::Registry;
use tauri::plugin::{Builder as PluginBuilder, TauriPlugin};
use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, Manager, RunEvent, Runtime, WindowEvent};

use crate::streams::Streams;
use crate::{LanstreamExt, commands, origins};

/// Name by which pages and capabilities know the plugin.
const NAME: &str = "lanstream";

/// How streams are served, and what pages may start.
#[derive(Debug)]
pub struct Builder {
    options: Options,
    sources: Registry,
    page_sources: Vec<String>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            options: Options::default(),
            sources: lanstream::sources::registry(),
            page_sources: Vec::new(),
        }
    }
}

impl Builder {
    /// Sets how streams are served. The application's own pages are allowed besides the origins that it names; each
    /// stream has a server, so a port other than 0 is for one stream.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Sets the sources that there are, such as plugins and sources of the application's own besides the built-in ones.
    #[must_use]
    pub fn sources(mut self, sources: Registry) -> Self {
        self.sources = sources;
        self
    }

    /// Lets pages start the source of this name, with any of its options. None is allowed by default: `capture` shows
    /// the screen to the page, and `ffmpeg` runs FFmpeg with arguments of the page's.
    #[must_use]
    pub fn allow_source(mut self, name: impl Into<String>) -> Self {
        self.page_sources.push(name.into());
        self
    }

    /// Returns the plugin.
    pub fn build<R: Runtime>(self) -> TauriPlugin<R> {
        PluginBuilder::new(NAME)
            .invoke_handler(tauri::generate_handler![commands::open, commands::start, commands::stop])
            .setup(|app, _| {
                let Self { mut options, sources, page_sources } = self;
                options.allow_origins.extend(origins::of(app.config()));
                app.manage(Streams::new(options, sources, page_sources));
                Ok(())
            })
            .on_page_load(|webview, payload| {
                // The page before it is gone, and with it whoever could stop what it had started.
                if payload.event() == PageLoadEvent::Started {
                    webview.lanstream().leave(webview.label());
                }
            })
            .on_event(end)
            .build()
    }
}

/// Ends the streams of a window that is gone, and all when the application ends.
fn end<R: Runtime>(app: &AppHandle<R>, event: &RunEvent) {
    match event {
        RunEvent::WindowEvent { label, event: WindowEvent::Destroyed, .. } => app.lanstream().leave(label),
        RunEvent::Exit => app.lanstream().end(),
        _ => {}
    }
}
