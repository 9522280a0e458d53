//! A window with the page in it, in the system's own webview. It belongs to the main thread, as systems want it; other
//! threads close it by a [`Closer`].

mod page;

use std::thread;

use tao::dpi::{LogicalSize, PhysicalSize};
use tao::event::{Event, WindowEvent};
use tao::event_loop::{ControlFlow, EventLoop, EventLoopBuilder, EventLoopProxy};
use tao::platform::run_return::EventLoopExtRunReturn;
use tao::window::{Window, WindowBuilder};
use tokio_util::sync::CancellationToken;

use crate::cli;
use crate::report::Reporter;

/// Size of the window until the page tells that of its picture.
const FIRST_SIZE: LogicalSize<u32> = LogicalSize::new(800, 600);
/// Title of the window until the page tells its own.
const FIRST_TITLE: &str = "lanstream";

/// What the window is asked to do.
#[derive(Debug)]
enum Request {
    /// Be gone.
    Close,
    /// Have another title.
    Title(String),
    /// Have room for a picture of this size.
    Fit(PhysicalSize<u32>),
    /// Say what is wrong in the page.
    Say(String),
}

/// The connection to the system's display, of which there is one in a process.
pub(crate) struct Toolkit {
    event_loop: EventLoop<Request>,
}

/// Closes the window when it is dropped.
pub(crate) struct Closer(EventLoopProxy<Request>);

impl Toolkit {
    /// Connects to the display.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn start() -> Result<Self, String> {
        #[cfg(all(unix, not(target_vendor = "apple")))]
        gtk::init().map_err(|_| {
            "no window can be opened, there is no display: set DISPLAY or WAYLAND_DISPLAY, or leave out --webview"
        })?;
        Ok(Self { event_loop: EventLoopBuilder::with_user_event().build() })
    }

    /// Returns what closes the window.
    pub(crate) fn closer(&self) -> Closer {
        Closer(self.event_loop.create_proxy())
    }

    /// Shows the page at `url` until the window is closed.
    ///
    /// # Errors
    /// Where the system gives no window or no webview.
    pub(crate) fn show(mut self, url: &str, look: &cli::Window, reporter: &Reporter) -> Result<(), String> {
        let window = self.window(look).map_err(|error| format!("no window can be opened: {error}"))?;
        let _webview = page::open(&window, url, &self.event_loop.create_proxy())
            .map_err(|error| format!("no webview can be had: {error}"))?;
        window.set_visible(true);
        self.event_loop.run_return(|event, _, flow| {
            *flow = ControlFlow::Wait;
            match event {
                Event::UserEvent(Request::Close)
                | Event::WindowEvent { event: WindowEvent::CloseRequested, .. } => *flow = ControlFlow::Exit,
                Event::UserEvent(Request::Title(title)) if look.title.is_none() => window.set_title(&title),
                Event::UserEvent(Request::Fit(picture)) => fit(&window, picture),
                Event::UserEvent(Request::Say(text)) => reporter.say(&text),
                _ => {}
            }
        });
        Ok(())
    }

    fn window(&self, look: &cli::Window) -> Result<Window, tao::error::OsError> {
        WindowBuilder::new()
            .with_title(look.title.as_deref().unwrap_or(FIRST_TITLE))
            .with_decorations(!look.borderless)
            .with_always_on_top(look.always_on_top)
            .with_inner_size(FIRST_SIZE)
            // Not before there is something in it.
            .with_visible(false)
            .build(&self.event_loop)
    }
}

impl Drop for Closer {
    fn drop(&mut self) {
        // Where the window is gone already, nobody listens.
        let _gone = self.0.send_event(Request::Close);
    }
}

/// Gives the window the size of the picture, or of the monitor where that is smaller. A window that fills its monitor
/// stays as it is.
fn fit(window: &Window, picture: PhysicalSize<u32>) {
    if window.is_maximized() || window.fullscreen().is_some() {
        return;
    }
    let monitor = window.current_monitor().map_or(picture, |monitor| monitor.size());
    window.set_inner_size(PhysicalSize::new(
        picture.width.min(monitor.width),
        picture.height.min(monitor.height),
    ));
}

/// Does `work` in a thread of its own while the window shows the page at `url`: the end of either ends the other, as
/// `stop` asks the work to end.
///
/// # Errors
/// Where the system gives no window, no webview or no thread.
pub(crate) fn beside<T: Send>(
    toolkit: Toolkit,
    url: &str,
    (look, reporter): (&cli::Window, &Reporter),
    stop: &CancellationToken,
    work: impl FnOnce() -> T + Send,
) -> Result<T, String> {
    thread::scope(|scope| {
        let closer = toolkit.closer();
        let work = move || {
            let _closed_at_the_end = closer;
            work()
        };
        let worker = thread::Builder::new().name("serve".to_owned()).spawn_scoped(scope, work);
        let worker = worker.map_err(|error| format!("the system gives no thread: {error}"))?;
        let shown = toolkit.show(url, look, reporter);
        stop.cancel();
        let done = worker.join().map_err(|_| "the run had panicked".to_owned())?;
        shown.map(|()| done)
    })
}
