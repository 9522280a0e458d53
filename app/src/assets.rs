//! The viewer's files in the binary: exactly those of `viewer/`, at the same paths.

use lanstream_http::Asset;

macro_rules! assets {
    ($($path:literal => $file:literal),* $(,)?) => {
        &[$(Asset { path: $path, bytes: include_bytes!(concat!("../../viewer/", $file)) }),*]
    };
}

/// Every file that a viewer loads.
pub(crate) static VIEWER: &[Asset] = assets! {
    "/" => "index.html",
    "/page.js" => "page.js",
    "/page.css" => "page.css",
    "/src/arena.js" => "src/arena.js",
    "/src/canvas-reads.js" => "src/canvas-reads.js",
    "/src/clock.js" => "src/clock.js",
    "/src/codec.js" => "src/codec.js",
    "/src/codec.wasm" => "src/codec.wasm",
    "/src/cursor.js" => "src/cursor.js",
    "/src/engine-host.js" => "src/engine-host.js",
    "/src/engine.js" => "src/engine.js",
    "/src/film.js" => "src/film.js",
    "/src/hash.js" => "src/hash.js",
    "/src/inset-layer.js" => "src/inset-layer.js",
    "/src/lan-stream.js" => "src/lan-stream.js",
    "/src/layout.js" => "src/layout.js",
    "/src/meter.js" => "src/meter.js",
    "/src/overlay.js" => "src/overlay.js",
    "/src/patches.js" => "src/patches.js",
    "/src/picture-memory.js" => "src/picture-memory.js",
    "/src/picture.js" => "src/picture.js",
    "/src/planar.js" => "src/planar.js",
    "/src/port.js" => "src/port.js",
    "/src/present/canvas2d.js" => "src/present/canvas2d.js",
    "/src/present/choose.js" => "src/present/choose.js",
    "/src/present/inset.js" => "src/present/inset.js",
    "/src/present/planes.js" => "src/present/planes.js",
    "/src/present/whereabouts.js" => "src/present/whereabouts.js",
    "/src/present/webgl2-planes.js" => "src/present/webgl2-planes.js",
    "/src/present/webgl2-program.js" => "src/present/webgl2-program.js",
    "/src/present/webgl2-upload.js" => "src/present/webgl2-upload.js",
    "/src/present/webgl2.js" => "src/present/webgl2.js",
    "/src/protocol.js" => "src/protocol.js",
    "/src/reach.js" => "src/reach.js",
    "/src/rect.js" => "src/rect.js",
    "/src/segments.js" => "src/segments.js",
    "/src/session-end.js" => "src/session-end.js",
    "/src/session.js" => "src/session.js",
    "/src/sound-worklet.js" => "src/sound-worklet.js",
    "/src/sound.js" => "src/sound.js",
    "/src/style.js" => "src/style.js",
    "/src/surface.js" => "src/surface.js",
    "/src/thread.js" => "src/thread.js",
    "/src/tiles.js" => "src/tiles.js",
    "/src/title.js" => "src/title.js",
    "/src/transport/choose.js" => "src/transport/choose.js",
    "/src/transport/credit.js" => "src/transport/credit.js",
    "/src/transport/http.js" => "src/transport/http.js",
    "/src/transport/pieces.js" => "src/transport/pieces.js",
    "/src/transport/routes.js" => "src/transport/routes.js",
    "/src/transport/standstill.js" => "src/transport/standstill.js",
    "/src/transport/timers.js" => "src/transport/timers.js",
    "/src/transport/websocket.js" => "src/transport/websocket.js",
    "/src/transport/webtransport.js" => "src/transport/webtransport.js",
    "/src/update.js" => "src/update.js",
    "/src/worker.js" => "src/worker.js",
};
