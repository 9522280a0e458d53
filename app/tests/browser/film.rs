//! A film in browsers, picture by picture: what each holds and what each shows is what FFmpeg decodes, by number and
//! hash, for each pixel format and over each transport.

use std::process::{Command, Stdio};
use std::time::Duration;

use lanstream_core::planar::{Matrix, Planar};
use lanstream_ffmpeg::Pixels;
use lanstream_testkit::browser::chromium::Chromium;
use lanstream_testkit::browser::firefox::Firefox;
use lanstream_testkit::display::Display;
use serde::Deserialize;
use serde_json::{Value, json};
use sha1_smol::Sha1;
use tempfile::TempDir;

use crate::program::Lanstream;

const FRAMES: usize = 6;
const SIZE: (usize, usize) = (66, 50);

/// Formats by FFmpeg's names, how a clip in each is made, and the matrix that it says or that its size stands for.
const FORMATS: [(&str, &str, Matrix); 22] = [
    ("yuv420p", "-c:v libx264", Matrix::Bt601),
    ("yuv422p", "-c:v ffv1 -colorspace bt709", Matrix::Bt709),
    ("yuv444p", "-c:v ffv1", Matrix::Bt601),
    ("yuv411p", "-c:v ffv1", Matrix::Bt601),
    ("nv12", "-c:v rawvideo", Matrix::Bt601),
    ("yuvj420p", "-c:v libx264", Matrix::Bt601),
    ("yuvj422p", "-c:v mjpeg", Matrix::Bt601),
    ("yuvj444p", "-c:v mjpeg", Matrix::Bt601),
    ("yuv420p10le", "-c:v ffv1 -colorspace bt2020nc", Matrix::Bt2020),
    ("yuv422p10le", "-c:v ffv1", Matrix::Bt601),
    ("yuv444p10le", "-c:v ffv1", Matrix::Bt601),
    ("yuv420p12le", "-c:v ffv1", Matrix::Bt601),
    ("yuv422p12le", "-c:v ffv1 -colorspace bt2020nc", Matrix::Bt2020),
    ("yuv444p12le", "-c:v ffv1", Matrix::Bt601),
    ("gbrp", "-c:v utvideo", Matrix::Identity),
    ("gbrp10le", "-c:v ffv1", Matrix::Identity),
    ("gbrp12le", "-c:v ffv1", Matrix::Identity),
    ("gray", "-c:v ffv1", Matrix::Bt601),
    ("gray10le", "-c:v ffv1", Matrix::Bt601),
    ("gray12le", "-c:v ffv1", Matrix::Bt601),
    ("bgr0", "-c:v ffv1", Matrix::Identity),
    ("rgb0", "-c:v rawvideo", Matrix::Identity),
];

/// What the planes of a format mean; nothing where it has none.
fn planes(format: &str, matrix: Matrix) -> Option<Planar> {
    match format.parse::<Pixels>().unwrap() {
        Pixels::Planar(planar) => Some(Planar { matrix, ..planar }),
        Pixels::Packed(_) | Pixels::Veiled(_) => None,
    }
}

/// Puts a viewer for each transport side by side, and has the film go through them picture by picture. Every viewer has
/// seen each before the next is asked for. The one by WebSocket has attributes of its own.
const WATCH: &str = r#"async (frames, seconds, attributes) => {
  const first = window.lanstream;
  const viewers = ['http', 'websocket', 'webtransport'].map(transport => {
    const viewer = transport === 'http' ? first : document.createElement('lan-stream');
    viewer.setAttribute('transport', transport);
    if (transport === 'websocket') for (const [name, value] of Object.entries(attributes)) viewer.setAttribute(name, value);
    viewer.setAttribute('src', first.src);
    viewer.style.height = '60px';
    if (viewer !== first) document.body.append(viewer);
    return viewer;
  });
  const until = async (what, is) => {
    for (const began = Date.now(); !is();) {
      if (Date.now() - began > 20000) throw new Error(`${what}: ${JSON.stringify(viewers.map(viewer => viewer.state))}`);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  };
  const hash = async bytes => Array.from(new Uint8Array(await crypto.subtle.digest('SHA-1', bytes)), byte => byte.toString(16).padStart(2, '0')).join('');
  const isThere = viewer => viewer.state.hasPlayback && viewer.state.frames > 0 && viewer.state.transport === viewer.getAttribute('transport');
  await until('a film on each transport', () => viewers.every(isThere));
  first.pause();
  await until('a film that stands still', () => viewers.every(viewer => viewer.paused));
  first.currentTime = 0;
  const seen = [];
  for (let number = 0; number < frames; number += 1) {
    if (number > 0) first.step();
    await until(`picture ${number}`, () => viewers.every(viewer => Math.abs(viewer.currentTime - number * seconds) < 0.001 && viewer.state.frames > 0));
    for (const viewer of viewers) {
      const [pixels, planes] = [await viewer.readPixels({ of: 'canvas' }), await viewer.readPlanes()];
      seen.push({ transport: viewer.state.transport, presenter: viewer.state.presenter, codes: viewer.state.codes, time: viewer.currentTime, pixels: await hash(pixels.data), planes: planes && await hash(planes.block), kind: planes?.planar.code ?? null });
    }
  }
  return seen;
}"#;

/// What a viewer said of a picture.
#[derive(Debug, Deserialize)]
struct Seen {
    transport: String,
    presenter: String,
    codes: bool,
    time: f64,
    pixels: String,
    planes: Option<String>,
    kind: Option<u32>,
}

fn ffmpeg(arguments: &str) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error"]).args(arguments.split(' ')).stdin(Stdio::null());
    let output = command.output().expect("`cargo xtask setup` installs what these tests need");
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn clip(folder: &TempDir, format: &str, codec: &str) -> String {
    // Matroska keeps what colours mean; NUT has a name for every raw format.
    let kind = if codec.contains("rawvideo") { "nut" } else { "mkv" };
    let path = folder.path().join(format!("{format}.{kind}")).to_string_lossy().into_owned();
    let source = format!("testsrc2=size={}x{}:rate=25:duration=1", SIZE.0, SIZE.1);
    ffmpeg(&format!("-f lavfi -i {source} -pix_fmt {format} {codec} {path}"));
    path
}

/// The hashes of each picture's pixels and planes, as FFmpeg decodes them.
fn decoded(clip: &str, format: &str, planar: Option<Planar>) -> Vec<(String, Option<String>)> {
    let bytes = ffmpeg(&format!("-i {clip} -pix_fmt {format} -f rawvideo -"));
    let hash = |bytes: &[u8]| Sha1::from(bytes).digest().to_string();
    let Some(planar) = planar else {
        let frames = bytes.chunks_exact(SIZE.0 * SIZE.1 * 4);
        let order = if format == "bgr0" { [2, 1, 0] } else { [0, 1, 2] };
        let rgba = |frame: &[u8]| -> Vec<u8> {
            let pixels = frame.as_chunks::<4>().0.iter();
            pixels.flat_map(|pixel| [pixel[order[0]], pixel[order[1]], pixel[order[2]], 255]).collect()
        };
        return frames.map(|frame| (hash(&rgba(frame)), None)).collect();
    };
    let frames = bytes.chunks_exact(planar.bytes(SIZE.0, SIZE.1));
    let shown = |block: &[u8]| {
        let mut pixels = vec![0; SIZE.0 * SIZE.1];
        planar.convert(SIZE, block, 0..SIZE.1, &mut pixels);
        let rgba: Vec<u8> = pixels.into_iter().flat_map(u32::to_le_bytes).collect();
        (hash(&rgba), Some(hash(block)))
    };
    frames.map(shown).collect()
}

/// Compares all that viewers saw of films in each format; `watch` opens a page and has it run a script. The viewer by
/// WebSocket has these attributes, and so that presenter, and takes codes or not.
fn expect_every_frame(
    attributes: &Value,
    by_websocket: (&str, bool),
    mut watch: impl FnMut(&str, &str) -> Value,
) {
    let folder = tempfile::tempdir().unwrap();
    for (format, codec, matrix) in FORMATS {
        let planar = planes(format, matrix);
        let clip = clip(&folder, format, codec);
        let wanted = decoded(&clip, format, planar);
        let server = Lanstream::run(&["play", &clip, "--loop"], Stdio::null());
        let seen = watch(&server.page(""), &format!("({WATCH})({FRAMES}, 0.04, {attributes})"));
        let seen: Vec<Seen> = serde_json::from_value(seen).unwrap();
        assert_eq!(seen.len(), FRAMES * 3);
        let due_at = |index: usize| Duration::from_millis(40 * (index / 3) as u64).as_secs_f64();
        for (index, seen) in seen.iter().enumerate() {
            let (pixels, planes) = &wanted[index / 3];
            let what = format!("{format}, picture {} over {}", index / 3, seen.transport);
            assert_eq!(seen.transport, ["http", "websocket", "webtransport"][index % 3], "{what}");
            let as_asked = if seen.transport == "websocket" { by_websocket } else { ("2d", true) };
            assert_eq!((seen.presenter.as_str(), seen.codes), as_asked, "{what}");
            assert!((seen.time - due_at(index)).abs() < 0.001, "{what}: at {}", seen.time);
            assert_eq!(
                seen.kind,
                planar.map(|planar| u32::from_le_bytes(planar.to_wire())),
                "{what}: its kind"
            );
            assert_eq!(seen.planes, *planes, "{what}: its planes differ");
            assert_eq!(seen.pixels, *pixels, "{what}: its pixels differ");
        }
    }
}

/// Planes become pixels in WebAssembly, and in one viewer without it.
#[test]
fn every_frame_of_every_format_over_every_transport_in_chromium() {
    let viewing = Display::start(321, 241);
    let watch = |url: &str, script: &str| Chromium::open(url, &viewing).page().evaluate(script);
    expect_every_frame(&json!({ "codes": "off" }), ("2d", false), watch);
}

/// Planes become pixels in WebAssembly, and in one viewer in WebGL2.
#[test]
fn every_frame_of_every_format_over_every_transport_in_firefox() {
    let viewing = Display::start(321, 241);
    let firefox = Firefox::open("about:blank", &viewing);
    let watch = |url: &str, script: &str| {
        firefox.navigate(&url.replace("/#", "/?present=2d#"));
        firefox.evaluate(script)
    };
    expect_every_frame(&json!({ "present": "webgl2" }), ("webgl2", true), watch);
}
