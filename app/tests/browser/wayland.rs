//! A Wayland compositor, and a browser on an X display: what is seen there is what another program sees here.

use lanstream_testkit::browser::Engine::{self, Chromium, Firefox};
use lanstream_testkit::compositor::Compositor;
use lanstream_testkit::display::Display;
use lanstream_testkit::picture::Picture;
use lanstream_testkit::screen::Screen;
use lanstream_testkit::wait::until;
use lanstream_testkit::wayland_painter::WaylandPainter;

use crate::program::Lanstream;

const WIDTH: u32 = 800;
const HEIGHT: u32 = 600;
const OUTPUT: &str = "HEADLESS-1";

/// Waits until the browser shows what the compositor does, while nothing moves there.
fn expect_the_same(compositor: &Compositor, there: &Screen) -> Picture {
    until("the same in the browser", || {
        let before = compositor.grab(OUTPUT);
        let seen = there.grab().part(0, 0, before.width, before.height);
        seen.expect(&before).map_err(|difference| difference.to_string())?;
        if compositor.grab(OUTPUT) == before { Ok(before) } else { Err("it moves".to_owned()) }
    })
}

fn desktop(engine: Engine, query: &str) {
    let compositor = Compositor::start(&[(WIDTH, HEIGHT)]);
    let viewing = Display::start(WIDTH + 1, HEIGHT + 1);
    let _terminal = compositor.program("foot", &["sh", "-c", "seq 1 4000; exec sleep 3600"]);
    let server = Lanstream::capture_from(&compositor, &["--display", OUTPUT]);
    let _browser = engine.open(&server.page(query), &viewing);
    let there = Screen::of(&viewing);
    server.event("viewer-joined", 0);
    let text = until("lines in the terminal", || {
        let picture = expect_the_same(&compositor, &there);
        if picture.colours() > 10 { Ok(picture) } else { Err("nothing is written") }
    });
    let mut painter = WaylandPainter::on(&compositor, OUTPUT);
    for step in 0..40 {
        if step % 10 == 0 {
            painter.noise(step)
        } else {
            painter.fill(step * 17, step * 11, 90, 60, step * 0x12345)
        }
    }
    let noise = expect_the_same(&compositor, &there);
    assert!(noise.colours() > 10_000, "the noise is on it: {} colours", noise.colours());
    drop(painter);
    let after = expect_the_same(&compositor, &there);
    after.expect(&text).unwrap();
    compositor.command(&format!("output {OUTPUT} transform flipped-180"));
    let turned = expect_the_same(&compositor, &there);
    assert_eq!((turned.width, turned.height), (WIDTH, HEIGHT));
    let stats = server.next_stats();
    assert_eq!((&stats["missed_damage"], &stats["viewers"]), (&0.into(), &1.into()), "{stats}");
}

#[test]
fn wayland_desktop_is_shown_over_http_in_chromium() {
    desktop(Chromium, "?transport=http");
}

#[test]
fn wayland_desktop_is_shown_over_websocket_in_firefox() {
    desktop(Firefox, "?transport=websocket");
}
