//! Video in a browser: what FFmpeg decodes is what the page shows in the end, pixel by pixel, and then all is well.

use std::process::{Command, Stdio};

use lanstream_core::planar::{Chroma, Depth, Matrix, Planar, Range};
use lanstream_testkit::browser::chromium::{Chromium, Page};
use lanstream_testkit::display::Display;
use lanstream_testkit::picture::Picture;
use lanstream_testkit::wait::until;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::Lanstream;

const WIDTH: u32 = 322;
const HEIGHT: u32 = 242;
/// The canvas as its words of four bytes.
const PIXELS: &str =
    "window.lanstream.readPixels().then(({ data }) => Array.from(new Uint32Array(data.buffer)))";

fn ffmpeg(arguments: &str) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error"]).args(arguments.split(' ')).stdin(Stdio::null());
    command
}

fn run(mut command: Command) -> Vec<u8> {
    let output = command.output().expect("`cargo xtask setup` installs what these tests need");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// One and a half seconds that differ in every frame.
fn clip(folder: &TempDir) -> String {
    let path = folder.path().join("clip.mp4").to_string_lossy().into_owned();
    let source = format!("-f lavfi -i testsrc2=size={WIDTH}x{HEIGHT}:rate=20:duration=1.5");
    let mut command = ffmpeg(&format!("{source} -c:v libx264 -pix_fmt yuv444p -g 10"));
    command.arg(&path);
    run(command);
    path
}

/// The last frame as FFmpeg decodes it, and what the documented formula makes of it.
fn last_frame(clip: &str) -> Picture {
    let frames = run(ffmpeg(&format!("-i {clip} -pix_fmt yuv444p -f rawvideo -")));
    let planar =
        Planar { chroma: Chroma::C444, depth: Depth::Eight, matrix: Matrix::Bt601, range: Range::Limited };
    let size = (WIDTH as usize, HEIGHT as usize);
    let block = frames.chunks_exact(planar.bytes(size.0, size.1)).next_back().unwrap();
    let mut pixels = vec![0; size.0 * size.1];
    planar.convert(size, block, 0..size.1, &mut pixels);
    let bytes = pixels.into_iter().flat_map(u32::to_le_bytes).collect();
    Picture { width: WIDTH, height: HEIGHT, bytes }
}

/// The last frame as FFmpeg makes red, green and blue of it.
fn last_colours(clip: &str) -> Picture {
    let frames = run(ffmpeg(&format!("-i {clip} -pix_fmt rgba -f rawvideo -")));
    let frame = frames.chunks_exact((WIDTH * HEIGHT * 4) as usize).next_back().unwrap();
    let bytes = frame.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue, 255]);
    Picture { width: WIDTH, height: HEIGHT, bytes: bytes.collect() }
}

fn shown(page: &Page<'_>) -> Picture {
    let words = page.evaluate(PIXELS);
    let words = words
        .as_array()
        .expect("it is a list")
        .iter()
        .map(|word| u32::try_from(word.as_u64().unwrap()).unwrap());
    Picture { width: WIDTH, height: HEIGHT, bytes: words.flat_map(u32::to_le_bytes).collect() }
}

/// Watches to the end. Then the page still has the last picture, and the server says that nothing was wrong.
fn expect_last_picture(mut server: Lanstream, transport: &str, wanted: &Picture) {
    assert_eq!(server.event("ready", 0)["size"], serde_json::json!([WIDTH, HEIGHT]));
    let viewing = Display::start(WIDTH + 1, HEIGHT + 1);
    let chromium = Chromium::open(&server.page(&format!("?verify=1&transport={transport}")), &viewing);
    let page = chromium.page();
    let ended = |event: &Value| event["state"] == "ended";
    until("the end", || server.events("source").into_iter().find(ended).ok_or("it is not told of"));
    let status = server.process.wait();
    assert!(status.success(), "{status}");
    shown(&page).expect(wanted).unwrap_or_else(|difference| panic!("{difference}"));
    assert!(wanted.colours() > 100, "a plain picture proves little");
    let stats = server.events("stats").pop().unwrap();
    assert_eq!(stats["refuted"], 0, "{stats}");
    let proven: u64 =
        server.events("stats").iter().filter_map(|stats| stats["proven"].as_u64()).max().unwrap();
    assert!(proven > 0, "no update was proven");
}

#[test]
fn a_file_to_its_last_picture() {
    let folder = tempfile::tempdir().unwrap();
    let clip = clip(&folder);
    let server = Lanstream::run(&["play", &clip], Stdio::null());
    expect_last_picture(server, "http", &last_frame(&clip));
}

#[test]
fn frames_of_another_ffmpeg_to_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let clip = clip(&folder);
    let mut writer = ffmpeg(&format!("-i {clip} -pix_fmt rgba -f rawvideo -"));
    let mut writer = writer.stdout(Stdio::piped()).spawn().unwrap();
    let size = format!("{WIDTH}x{HEIGHT}");
    let arguments = ["pipe", "--size", &size, "--format", "rgba", "--fps", "20"];
    let server = Lanstream::run(&arguments, writer.stdout.take().unwrap().into());
    expect_last_picture(server, "websocket", &last_colours(&clip));
    assert!(writer.wait().unwrap().success());
}
