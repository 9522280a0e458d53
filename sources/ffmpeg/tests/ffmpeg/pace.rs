//! When pictures are shown, and that nothing is read that nobody watches.

use std::fs;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use lanstream_core::source::{ErrorKind, Event, Source};
use lanstream_ffmpeg::{Content, FramePipe, Pacing, Play, Speed};
use lanstream_testkit::wait::until;

use crate::clip::Clip;
use crate::pipes::raw;
use crate::watch::{all, next};

/// A pipe's end as a path, as other programs would open it.
fn open(pipe: &OwnedFd, content: Content, pace: Option<Pacing>) -> Box<dyn Source> {
    let path = format!("/proc/self/fd/{}", pipe.as_raw_fd());
    FramePipe { input: Some(path.into()), pace, ..FramePipe::new(content) }.open().unwrap()
}

fn without_rate() -> Content {
    match raw("2x2", "rgba") {
        Content::Raw { size, pixels, .. } => Content::Raw { size, pixels, fps: None },
        other @ Content::Y4m => other,
    }
}

fn frame(number: u8) -> [u8; 16] {
    [number; 16]
}

/// None is early, and the whole takes at least as long as it should; how much longer depends on the machine.
#[test]
fn a_file_is_shown_by_its_own_timestamps() {
    let clip = Clip::made(
        "vfr.mkv",
        "-f lavfi -i testsrc2=size=64x48:rate=50:duration=1 -vf select='lt(mod(n,10),2)+eq(mod(n,10),7)' -fps_mode vfr -c:v ffv1",
    );
    let (shown, end) = all(Play::new(clip.path()).open().unwrap().as_mut());
    assert_eq!(end.kind, ErrorKind::Finished, "{end}");
    // Frames 0, 1, 7 of each ten at 50 a second.
    let wanted = (0..5).flat_map(|ten| [0, 1, 7].map(|frame| Duration::from_millis(ten * 200 + frame * 20)));
    assert_eq!(shown.len(), 15);
    let early = Duration::from_millis(1);
    for (picture, wanted) in shown.iter().zip(wanted) {
        let at = picture.at - shown[0].at;
        assert!(at + early >= wanted, "{at:?} instead of {wanted:?}");
    }
}

#[test]
fn live_pictures_that_nobody_took_are_skipped() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut source = open(&reader.into(), without_rate(), None);
    for number in 0..100 {
        writer.write_all(&frame(number)).unwrap();
    }
    // It tells of some on the way; the last one is there in the end.
    let mut last = next(source.as_mut()).unwrap();
    while last.rgb[0] != 99 {
        last = next(source.as_mut()).unwrap();
    }
    for number in 100..200 {
        writer.write_all(&frame(number)).unwrap();
    }
    while source.wait(Some(Duration::ZERO)).unwrap() != Event::TimedOut {}
    assert_eq!(next(source.as_mut()).unwrap().rgb[0], 199);
}

/// A writer that fills the pipe stands still until a viewer comes, however long that takes.
#[test]
fn a_file_that_nobody_watches_is_not_read() {
    let (reader, writer) = std::io::pipe().unwrap();
    let content = raw("256x256", "rgba");
    let mut source = open(&reader.into(), content, Some(Pacing::Timestamps(Speed::REAL)));
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    let mut writer = writer;
    let mut fill = || {
        let mut bytes = 0;
        while let Ok(written) = writer.write(&[7; 65_536]) {
            bytes += written;
        }
        bytes
    };
    let (mut filled, mut rounds) = (fill(), 0);
    assert!(filled > 0);
    while filled > 0 {
        // It takes one picture ahead, and then none.
        while source.wait(Some(Duration::from_millis(50))).unwrap() != Event::TimedOut {}
        filled = fill();
        rounds += 1;
        assert!(rounds < 100, "it goes on reading");
    }
    assert!(!source.damage().unwrap().is_empty(), "a late viewer finds a picture");
    next(source.as_mut()).unwrap();
}

#[test]
fn a_waker_is_heard_in_the_middle_of_a_picture() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut source = open(&reader.into(), without_rate(), None);
    writer.write_all(&[1; 10]).unwrap();
    assert_eq!(source.wait(Some(Duration::ZERO)).unwrap(), Event::TimedOut);
    source.waker().wake();
    assert_eq!(source.wait(None).unwrap(), Event::Woken);
    writer.write_all(&[1; 6]).unwrap();
    assert_eq!(next(source.as_mut()).unwrap().rgb, [1; 12]);
}

/// However long it takes until somebody comes.
#[test]
fn the_first_viewer_sees_the_first_picture() {
    let clip =
        Clip::made("a.mkv", "-f lavfi -i testsrc2=size=64x48:rate=50:duration=2 -c:v ffv1 -pix_fmt bgr0");
    let mut source = Play::new(clip.path()).open().unwrap();
    for _ in 0..20 {
        source.wait(Some(Duration::from_millis(20))).unwrap();
    }
    let first = next(source.as_mut()).unwrap();
    assert!(first.rgb == clip.decoded("rgb24")[..first.rgb.len()], "it is another one");
}

/// A viewer that is too slow sees fewer pictures, at the right times.
#[test]
fn a_slow_viewer_is_not_left_behind() {
    let clip = Clip::made("a.mkv", "-f lavfi -i testsrc2=size=64x48:rate=50:duration=1 -c:v ffv1");
    let mut source = Play::new(clip.path()).open().unwrap();
    let mut shown = 0;
    loop {
        if next(source.as_mut()).is_err() {
            break;
        }
        shown += 1;
        // The pipeline waits so while its viewers are busy.
        let busy = std::time::Instant::now() + Duration::from_millis(100);
        while let Some(left) = busy.checked_duration_since(std::time::Instant::now()) {
            if source.wait(Some(left)).is_err() {
                break;
            }
        }
    }
    assert!((2..30).contains(&shown), "{shown} of 50 pictures in steps of 100 ms");
}

#[test]
fn ffmpeg_ends_with_its_source() {
    let clip = Clip::made("a.mkv", "-f lavfi -i testsrc2=size=640x480:rate=50:duration=4 -c:v ffv1");
    let mut source = Play::new(clip.path()).open().unwrap();
    next(source.as_mut()).unwrap();
    drop(source);
    let name = clip.path().to_string_lossy().into_owned();
    let is_running = || {
        fs::read_dir("/proc").unwrap().filter_map(Result::ok).any(|process| {
            let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&name)
        })
    };
    // It is killed, and nobody waits until it is gone.
    until("the end of FFmpeg", || if is_running() { Err("it runs") } else { Ok(()) });
}
