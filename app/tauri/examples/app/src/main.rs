//! A Tauri application that shows images of its own renderer in a page. With `--measure` it shows 1920x1080 at 60 a
//! second instead, prints what the page got of them, and what `ipc::Response` brings, and ends.

mod measure;
mod picture;

use std::time::{Duration, Instant};

use tauri::{AppHandle, WebviewUrl, WebviewWindowBuilder};
use tauri_plugin_lanstream::LanstreamExt;
use tauri_plugin_lanstream::lanstream::{Format, Image, PushError, Pusher};

use picture::Load;

/// Name of the stream.
const STREAM: &str = "renderer";
/// Size of the images.
const SIZE: (u32, u32) = (640, 360);
/// Images a second.
const RATE: u32 = 60;
/// Time between two looks whether somebody watches.
const WATCH_INTERVAL: Duration = Duration::from_millis(50);

fn main() -> tauri::Result<()> {
    let is_measured = std::env::args().any(|argument| argument == "--measure");
    let (page, size) = if is_measured { ("measure.html", measure::SIZE) } else { ("index.html", SIZE) };
    tauri::Builder::default()
        .plugin(tauri_plugin_lanstream::init())
        .invoke_handler(tauri::generate_handler![measure::frame, measure::report, measure::set_load])
        .setup(move |app| {
            let pusher = app.lanstream().push(STREAM)?;
            let handle = app.handle().clone();
            std::thread::Builder::new()
                .name("renderer".into())
                .spawn(move || render(&handle, &pusher, size))?;
            WebviewWindowBuilder::new(app, "main", WebviewUrl::App(page.into()))
                .title("lanstream in Tauri")
                .inner_size(size.0.into(), size.1.into())
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
}

/// Renders and pushes while somebody watches, until the stream ends with the application.
fn render(app: &AppHandle, pusher: &Pusher, size: (u32, u32)) {
    let interval = Duration::from_secs(1) / RATE;
    let mut next = Instant::now();
    for number in 0.. {
        while matches!(app.lanstream().is_watched(STREAM), Ok(false)) {
            std::thread::sleep(WATCH_INTERVAL);
            next = Instant::now();
        }
        let load = if size == measure::SIZE { measure::load() } else { Load::All };
        if let Err(PushError::Stopped) = push(pusher, number, size, load) {
            return;
        }
        next += interval;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

/// Renders the image of this number into memory of an earlier one, and pushes it without a copy.
fn push(pusher: &Pusher, number: u32, (width, height): (u32, u32), load: Load) -> Result<(), PushError> {
    let mut pixels = pusher.take_buffer();
    pixels.resize((width * height * 4) as usize, 0);
    picture::draw(load, number, width, &mut pixels);
    pusher.push(Image::new(Format::Rgbx8, width, height, pixels))
}
