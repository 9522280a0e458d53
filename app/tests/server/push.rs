//! Images that a program pushes, as viewers get them.

use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use lanstream::core::protocol::ViewerMessage;
use lanstream::core::{Rect, Size};
use lanstream::{Event, Format, Image, PushError, Stream};
use lanstream_testkit::machine;
use lanstream_testkit::viewer::{ALL, Door, Transport, Viewer};
use lanstream_testkit::wait::until;

const SIZE: Size = Size { width: 200, height: 100 };

fn door(stream: &Stream) -> Door {
    Door::from_url(stream.url())
}

/// Pixels of a number: no two of them alike, and each with all colours of its own.
fn pixels(number: u8) -> Vec<u8> {
    let cells = (0..SIZE.area()).map(|index| index.to_le_bytes());
    cells.flat_map(|[low, high, ..]| [low ^ number, high, number, 255]).collect()
}

fn push(stream: &Stream, pixels: &[u8]) {
    stream.push(Image::new(Format::Rgbx8, SIZE.width, SIZE.height, pixels)).unwrap();
}

/// Takes updates until the viewer shows `pixels`.
fn see(viewer: &mut Viewer, pixels: &[u8]) {
    loop {
        viewer.take_update();
        viewer.acknowledge();
        if *viewer.picture.rgbx() == *pixels {
            return;
        }
    }
}

#[test]
fn images_arrive_as_they_were_pushed_by_every_transport() {
    let _machine = machine::share();
    let stream = Stream::builder().name("numbers").open().unwrap();
    let mut viewers = ALL.map(|transport| Viewer::join(&door(&stream), transport));
    let mut canvas = pixels(0);
    for number in 0..20 {
        canvas = pixels(number);
        push(&stream, &canvas);
        viewers.iter_mut().for_each(|viewer| see(viewer, &canvas));
    }
    let rect = Rect { x: 7, y: 9, width: 3, height: 2 };
    for y in rect.y..rect.bottom() {
        let start = ((y * SIZE.width + rect.x) * 4) as usize;
        canvas[start..][..12].fill(255);
    }
    let image = Image::new(Format::Rgbx8, SIZE.width, SIZE.height, &canvas);
    stream.push(image.damage(rect.into())).unwrap();
    viewers.iter_mut().for_each(|viewer| see(viewer, &canvas));
    assert_eq!(stream.stats().push.pushed, 21);
}

#[test]
fn who_comes_late_sees_the_newest_image() {
    let _machine = machine::share();
    let stream = Stream::open().unwrap();
    (0..10).for_each(|number| push(&stream, &pixels(number)));
    let mut viewer = Viewer::join(&door(&stream), Transport::WebSocket);
    see(&mut viewer, &pixels(9));
    assert_eq!(viewer.picture.size(), Some(SIZE));
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn a_program_is_told_while_somebody_watches() {
    let _machine = machine::share();
    let stream = Stream::open().unwrap();
    let woken = Arc::<Woken>::default();
    let waker = Waker::from(Arc::clone(&woken));
    let mut watched = pin!(stream.watched());
    let mut poll = || watched.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(!stream.is_watched() && poll().is_pending());
    let mut viewer = Viewer::join(&door(&stream), Transport::Http);
    until("the waker to be used", || woken.0.load(Ordering::Acquire).then_some(()).ok_or("it is not"));
    assert!(stream.is_watched());
    assert_eq!(poll(), Poll::Ready(()));
    let is_watched = |expected| {
        until(
            "the viewer",
            || if stream.is_watched() == expected { Ok(()) } else { Err("it is not so yet") },
        );
    };
    viewer.control.say(ViewerMessage::Flow { paused: true });
    is_watched(false);
    viewer.control.say(ViewerMessage::Flow { paused: false });
    is_watched(true);
    drop(viewer);
    is_watched(false);
}

#[test]
fn streams_are_apart() {
    let _machine = machine::share();
    let streams = [Stream::open().unwrap(), Stream::open().unwrap()];
    let [mut first, mut second] =
        streams.each_ref().map(|stream| Viewer::join(&door(stream), Transport::WebSocket));
    push(&streams[0], &pixels(1));
    push(&streams[1], &pixels(2));
    see(&mut first, &pixels(1));
    see(&mut second, &pixels(2));
}

#[test]
fn nothing_waits_for_a_viewer_that_reads_nothing() {
    let _machine = machine::share();
    let stream = Stream::open().unwrap();
    let mut slow = Viewer::join(&door(&stream), Transport::Http);
    push(&stream, &pixels(0));
    slow.take_update();
    let begin = Instant::now();
    (0..=u8::MAX).for_each(|number| push(&stream, &pixels(number)));
    let mut other = Viewer::join(&door(&stream), Transport::WebSocket);
    see(&mut other, &pixels(255));
    assert!(begin.elapsed() < lanstream_testkit::http::PATIENCE);
}

#[test]
fn a_wrong_image_is_refused_and_viewers_keep_the_last() {
    let _machine = machine::share();
    let stream = Stream::open().unwrap();
    let mut viewer = Viewer::join(&door(&stream), Transport::WebSocket);
    push(&stream, &pixels(1));
    see(&mut viewer, &pixels(1));
    let wrong = stream.push(Image::new(Format::Rgbx8, SIZE.width, SIZE.height, &pixels(2)[1..]));
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "an image of 200x100 pixels in Rgbx8 has 80000 bytes, not 79999"
    );
    let mut late = Viewer::join(&door(&stream), Transport::WebSocket);
    see(&mut late, &pixels(1));
}

#[test]
fn a_stream_that_stops_says_so_to_viewers_and_to_pushers() {
    let _machine = machine::share();
    let ended = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&ended);
    let observer = move |event| {
        if matches!(event, Event::Ended { .. }) {
            tell.store(true, Ordering::Release);
        }
    };
    let stream = Stream::builder().on_event(observer).open().unwrap();
    let pusher = stream.pusher();
    pusher.push(Image::new(Format::Gray8, 1, 1, vec![1])).unwrap();
    stream.stop();
    assert!(ended.load(Ordering::Acquire));
    assert_eq!(pusher.push(Image::new(Format::Gray8, 1, 1, vec![2])), Err(PushError::Stopped));
}
