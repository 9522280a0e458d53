//! How long captures take. Not a check: `cargo test --release -p lanstream-screen -- --ignored --nocapture timing`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lanstream_core::{Rect, Region};

use crate::server::{Server, colours, frame_of, rect};

const ROUNDS: usize = 300;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn time(server: &Server, what: &str, rects: &[Rect]) {
    let mut source = server.screen();
    let mut frame = frame_of(source.as_mut());
    let mut region = Region::EMPTY;
    rects.iter().for_each(|rect| region.add(*rect));
    let times = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        source.capture(&mut frame, &region).unwrap();
        began.elapsed()
    });
    println!("{what}: {:?}", median(times.collect()));
}

#[test]
#[ignore = "it measures"]
fn timing() {
    let server = Server::start(1920, 1080, 24);
    let painter = server.painter();
    painter.noise(painter.root, 1920, 1080, 1);
    time(&server, "1920x1080 ", &[rect(0, 0, 1920, 1080)]);
    time(&server, "1920x300  ", &[rect(0, 100, 1920, 300)]);
    time(&server, "1900x300  ", &[rect(10, 100, 1900, 300)]);
    time(&server, "1000x300  ", &[rect(10, 100, 1000, 300)]);
    time(&server, "400x300   ", &[rect(10, 100, 400, 300)]);
    time(&server, "16x16     ", &[rect(10, 100, 16, 16)]);
    let scattered: Vec<_> = (0..16).map(|index| rect(index * 110, index * 60, 30, 20)).collect();
    time(&server, "16 x 30x20", &scattered);
}

/// Captures that show two states of a screen that another client keeps filling: X11 promises none of it.
#[test]
#[ignore = "it measures"]
fn mixed_pictures() {
    let server = Server::start(1920, 1080, 24);
    let mut source = server.screen();
    let mut frame = frame_of(source.as_mut());
    let painter = server.painter();
    painter.fill(painter.root, 0, 0, 1920, 1080, 0);
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    let filling = std::thread::spawn(move || {
        for colour in (0..).take_while(|_| !stopping.load(Ordering::Relaxed)) {
            painter.fill(painter.root, 0, 0, 1920, 1080, colour & 0xff_ffff);
        }
    });
    let mut region = Region::EMPTY;
    (0..16).for_each(|index| region.add(rect(index * 110, index * 60, 30, 20)));
    let mixed = (0..2000).filter(|_| {
        source.capture(&mut frame, &region).unwrap();
        let mut seen = region.rects().iter().flat_map(|rect| colours(&frame, *rect));
        let first = seen.next();
        seen.any(|colour| Some(colour) != first)
    });
    println!("mixed pictures: {} of 2000", mixed.count());
    stop.store(true, Ordering::Relaxed);
    filling.join().unwrap();
}
