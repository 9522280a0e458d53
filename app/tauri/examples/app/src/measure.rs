//! What the page `measure.html` asks for: what is rendered, the same images by `ipc::Response`, and a place for its
//! results.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::Value;
use tauri::ipc::Response;
use tauri::{AppHandle, command};

use crate::picture::{self, Load};

/// Size of the images.
pub(crate) const SIZE: (u32, u32) = (1920, 1080);

/// Whether every pixel changes.
static IS_ALL: AtomicBool = AtomicBool::new(false);
/// Number of the next image for `frame`.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Returns what is to be rendered.
pub(crate) fn load() -> Load {
    if IS_ALL.load(Ordering::Relaxed) { Load::All } else { Load::Box }
}

/// Chooses what is rendered.
#[command]
pub(crate) fn set_load(load: &str) {
    IS_ALL.store(load == "all", Ordering::Relaxed);
}

/// Returns an image, all of it, as an application without lanstream would.
#[command(async)]
pub(crate) fn frame() -> Response {
    let mut pixels = vec![0; (SIZE.0 * SIZE.1 * 4) as usize];
    picture::draw(Load::All, NUMBER.fetch_add(1, Ordering::Relaxed), SIZE.0, &mut pixels);
    Response::new(pixels)
}

/// Prints what was measured, and ends the application.
#[command]
pub(crate) fn report(app: AppHandle, result: Value) {
    println!("{result}");
    app.exit(0);
}
