//! Codes in real browsers: a desktop through a slow pipe, where they are worth while, and the module against the crate
//! it is made of.

use std::process::{Command, Stdio};

use lanstream_codec::{Code, decode, encode};
use lanstream_core::Size;
use lanstream_core::picture_hash;
use lanstream_testkit::browser::chromium::Chromium;
use lanstream_testkit::browser::firefox::Firefox;
use lanstream_testkit::browser::webkit::Webkit;
use lanstream_testkit::display::Display;
use lanstream_testkit::painter::Painter;
use lanstream_testkit::process::Process;
use lanstream_testkit::relay::Relay;
use lanstream_testkit::wait::until;
use serde_json::{Value, json};

use crate::program::Lanstream;

/// Of the pipe, in bits a second.
const SLOW: f64 = 100e6;
/// Updates that must be proven.
const PROOFS: u64 = 60;
/// Share of the pixels that must have been coded in some second: most of the others are moved or of one colour.
const CODED_MIN: f64 = 0.1;
/// Side of the window that moves.
const SIDE: u16 = 200;
/// Random codes that both decoders get, of each kind.
const STREAMS: u32 = 120;
/// Places of the encodings in a page's mix from which on they are codes.
const FIRST_CODE: usize = 3;
/// Decodes codes in the page, and tells each picture's hash, or `null` where there is none.
const DECODE: &str = "(async streams => {
    const [{ Codec }, { pictureHash }] = await Promise.all([import('/src/decode/codec.js'), import('/src/protocol/hash.js')]);
    const codec = await Codec.open();
    return streams.map(({ code, width, height, bytes }) => {
        try {
            codec.decode(3 + code, Uint8Array.from(bytes), width, height, 0);
            return String(pictureHash(codec.reserve(0).subarray(0, width * height * 4)));
        } catch (error) {
            if (error.name !== 'ProtocolError') throw error;
            return null;
        }
    });
})";

/// A terminal in which lines run on and on, and a window of noise that is dragged over it.
struct Desktop {
    display: Display,
    painter: Painter,
    window: u32,
    _terminal: Process,
}

impl Desktop {
    fn start() -> Self {
        let display = Display::start(1280, 800);
        let painter = Painter::on(&display);
        painter.paint_background(0x2f_6f_4f);
        let window = painter.window("moving", 700, 300, SIDE, SIDE);
        painter.noise(window, SIDE, SIDE, 5);
        let script = "while :; do seq -f 'line %g of a desktop that is mirrored' 1 50; sleep 0.1; done";
        let mut command = Command::new("xterm");
        command.args(["-geometry", "100x40+40+40", "-e", "sh", "-c", script]).env("DISPLAY", &display.name);
        let terminal = Process::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
        Self { display, painter, window, _terminal: terminal }
    }

    fn drag(&self, step: i32) {
        self.painter.shift(self.window, 20 + step * 13 % 1000, 10 + step * 7 % 600);
    }
}

/// Looks at a desktop through a slow pipe until enough is proven and what came was coded, then asks the page, by
/// `state`.
fn expect_codes(desktop: &Desktop, server: &Lanstream, state: impl Fn() -> Value) {
    let (mut step, mut coded) = (0, 0.0);
    let stats = until("proofs of coded updates", || {
        desktop.drag(step);
        step += 1;
        let mix = &state()["stats"]["mix"];
        let shares = mix.as_array().into_iter().flatten().skip(FIRST_CODE).filter_map(Value::as_f64);
        coded = shares.sum::<f64>().max(coded);
        let stats = server.events("stats").pop().unwrap_or_default();
        let is_enough = stats["proven"].as_u64() > Some(PROOFS) && coded > CODED_MIN;
        if is_enough { Ok(stats) } else { Err(format!("{coded} were coded: {stats}")) }
    });
    assert_eq!(stats["refuted"], 0, "{stats}");
    // A page that has just moved to another thread has proven nothing there yet.
    let state = until("a proof where the page runs now", || {
        let state = state();
        if state["exact"].is_null() { Err(state) } else { Ok(state) }
    });
    let found = (&state["codes"], &state["exact"], &state["refuted"], &state["reconnects"]);
    assert_eq!(found, (&true.into(), &true.into(), &0.into(), &0.into()), "{state}");
}

/// A server of the desktop's display, and its page behind the pipe.
fn serve_slowly(desktop: &Desktop, transport: &str) -> (Lanstream, String) {
    let relay = Relay::of(SLOW);
    let (host, origin) = (format!("127.0.0.1:{}", relay.port), format!("http://127.0.0.1:{}", relay.port));
    let arguments = ["--display", "0", "--cursor", "off", "--allow-host", &host, "--allow-origin", &origin];
    let server = Lanstream::capture(&desktop.display, &arguments);
    let page = server.page(&format!("?verify=1&stats=1&transport={transport}"));
    let page = page.replace(server.origin(), &origin);
    relay.lead_to(server.port().parse().unwrap());
    (server, page)
}

fn in_chromium(transport: &str) {
    let (desktop, viewing) = (Desktop::start(), Display::start(1281, 801));
    let (server, page) = serve_slowly(&desktop, transport);
    let chromium = Chromium::open(&page, &viewing);
    let page = chromium.page();
    expect_codes(&desktop, &server, || page.state());
}

fn in_firefox(transport: &str) {
    let (desktop, viewing) = (Desktop::start(), Display::start(1281, 801));
    let (server, page) = serve_slowly(&desktop, transport);
    let firefox = Firefox::open(&page, &viewing);
    expect_codes(&desktop, &server, || firefox.evaluate("window.lanstream?.state ?? null"));
}

fn in_webkit(transport: &str) {
    let (desktop, viewing) = (Desktop::start(), Display::start(1281, 801));
    let (server, page) = serve_slowly(&desktop, transport);
    let webkit = Webkit::open(&page, &viewing);
    expect_codes(&desktop, &server, || webkit.evaluate("window.lanstream?.state ?? null"));
}

#[test]
fn a_desktop_is_coded_and_exact_over_a_slow_websocket_in_webkit() {
    in_webkit("websocket");
}

#[test]
fn a_desktop_is_coded_and_exact_over_slow_http_in_chromium() {
    in_chromium("http");
}

#[test]
fn a_desktop_is_coded_and_exact_over_a_slow_websocket_in_chromium() {
    in_chromium("websocket");
}

#[test]
fn a_desktop_is_coded_and_exact_over_slow_http_in_firefox() {
    in_firefox("http");
}

/// The same numbers in each run.
fn next(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}

/// Pixels as screens have them: runs, rows that repeat, few colours, noise.
fn picture(state: &mut u32) -> (usize, Vec<u32>) {
    let (width, height) = (1 + next(state) as usize % 60, 1 + next(state) as usize % 40);
    let colours: Vec<u32> = (0..=next(state) % 20).map(|_| next(state) | 0xff00_0000).collect();
    let mut pixels: Vec<u32> = Vec::new();
    while pixels.len() < width * height {
        let (kind, colour) = (next(state) % 5, colours[next(state) as usize % colours.len()]);
        for _ in 0..1 + next(state) % 90 {
            let left = pixels.last().copied().unwrap_or(0xff00_0000);
            pixels.push(match kind {
                0 => colour,
                1 => pixels.len().checked_sub(width).map_or(left, |above| pixels[above]),
                2 => colours[next(state) as usize % colours.len()],
                3 => left.wrapping_add(next(state) & 0x01_0101) | 0xff00_0000,
                _ => u32::try_from(colours.len()).unwrap() | next(state) | 0xff00_0000,
            });
        }
    }
    pixels.truncate(width * height);
    (width, pixels)
}

/// A code for the page, and what the crate makes of it.
fn stream(code: Code, width: usize, pixels: usize, bytes: &[u8]) -> (Value, Value) {
    let mut decoded = vec![0; pixels];
    let hash = decode(code, bytes, width, &mut decoded).ok().map(|()| {
        let rgbx: Vec<u8> = decoded.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
        let [width, height] = [width, pixels / width].map(|side| u32::try_from(side).unwrap());
        picture_hash(&rgbx, Size { width, height }, None).to_string()
    });
    (json!({ "code": code.number(), "width": width, "height": pixels / width, "bytes": bytes }), json!(hash))
}

#[test]
fn the_module_and_the_crate_agree_on_random_codes_in_chromium() {
    let mut state = 7;
    let (mut streams, mut expected) = (Vec::new(), Vec::new());
    for _ in 0..STREAMS {
        let (width, pixels) = picture(&mut state);
        for code in Code::ALL {
            let mut bytes = Vec::new();
            if !encode(code, &pixels, width, usize::MAX / 8, &mut bytes) {
                continue;
            }
            let mut broken = bytes.clone();
            let place = next(&mut state) as usize % broken.len();
            broken[place] ^= 1 << (next(&mut state) % 8);
            for bytes in [bytes, broken] {
                let (stream, hash) = stream(code, width, pixels.len(), &bytes);
                streams.push(stream);
                expected.push(hash);
            }
        }
    }
    let refused = expected.iter().filter(|hash| hash.is_null()).count();
    assert!((1..expected.len() / 2).contains(&refused), "{refused} of {} are refused", expected.len());
    let (server, viewing) = (Lanstream::pattern(&["--size", "320x200"]), Display::start(400, 300));
    let chromium = Chromium::open(&server.page(""), &viewing);
    let found = chromium.page().evaluate(&format!("{DECODE}({})", json!(streams)));
    for (number, (found, expected)) in found.as_array().unwrap().iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "{}", streams[number]);
    }
    assert_eq!(found.as_array().unwrap().len(), expected.len());
}
