//! Every frame that FFmpeg decodes is shown, as it is.

use lanstream_core::geometry::Size;
use lanstream_core::source::{ErrorKind, Source};
use lanstream_ffmpeg::{Pace, Play, Run, Speed};

use crate::clip::{Clip, run};
use crate::watch::{all, expect, first};

/// Fast, so that a test is not as long as its clip. A frame is taken before the next one is read, so none is skipped.
fn fast() -> Option<Pace> {
    Some(Pace::Timestamps(Speed::new(100.0).unwrap()))
}

fn open(clip: &Clip) -> Box<dyn Source> {
    Play { pace: fast(), ..Play::new(clip.path()) }.open().unwrap()
}

#[test]
fn every_frame_of_a_clip_by_number_and_pixel() {
    for (name, arguments) in [
        ("h264.mp4", "-f lavfi -i testsrc2=size=320x180:rate=25:duration=2 -c:v libx264 -pix_fmt yuv420p"),
        ("ffv1.mkv", "-f lavfi -i testsrc2=size=319x181:rate=30:duration=1 -c:v ffv1 -pix_fmt bgr0"),
        ("vp9.webm", "-f lavfi -i testsrc2=size=160x90:rate=25:duration=1 -c:v libvpx-vp9 -cpu-used 8"),
        ("high.mkv", "-f lavfi -i testsrc2=size=320x180:rate=25:duration=0.5 -c:v ffv1 -pix_fmt yuv444p10le"),
    ] {
        let clip = Clip::made(name, arguments);
        let (shown, end) = all(open(&clip).as_mut());
        assert_eq!(end.kind, ErrorKind::Finished, "{end}");
        assert!(shown.len() >= 12, "{name}: {} frames", shown.len());
        expect(&shown, &rgb_of(&clip), name);
    }
}

/// In the format that is asked for: FFmpeg's way to three bytes differs from that to four in a rounding.
fn rgb_of(clip: &Clip) -> Vec<u8> {
    let rgb0 = clip.decoded("rgb0");
    rgb0.as_chunks::<4>().0.iter().flat_map(|pixel| &pixel[..3]).copied().collect()
}

#[test]
fn odd_and_extreme_sizes() {
    for size in ["1x1", "1x1081", "3x2", "1081x1", "16384x16"] {
        let clip = Clip::made(
            "s.mkv",
            &format!("-f lavfi -i testsrc=size={size}:rate=5:duration=0.6 -c:v ffv1 -pix_fmt bgr0"),
        );
        let shown = first(open(&clip).as_mut(), 3);
        assert!(shown.iter().all(|picture| picture.size.to_string() == size));
        expect(&shown, &clip.decoded("rgb24"), size);
    }
}

#[test]
fn rotation_and_pixels_that_are_not_square() {
    let plain = Clip::made(
        "a.mp4",
        "-f lavfi -i testsrc=size=64x32:rate=5:duration=0.4 -c:v libx264 -pix_fmt yuv420p",
    );
    let rotated = Clip::empty("b.mp4");
    let mut command = std::process::Command::new("ffmpeg");
    command.args(crate::clip::quiet()).arg("-i").arg(plain.path());
    run(command.args(["-c", "copy", "-metadata:s:v", "rotate=90"]).arg(rotated.path()));
    let wide =
        Clip::made("c.mkv", "-f lavfi -i testsrc=size=64x32:rate=5:duration=0.4 -vf setsar=2/1 -c:v ffv1");
    let high =
        Clip::made("d.mkv", "-f lavfi -i testsrc=size=64x32:rate=5:duration=0.4 -vf setsar=1/2 -c:v ffv1");
    for (clip, width, height) in [(&plain, 64, 32), (&rotated, 32, 64), (&wide, 128, 32), (&high, 64, 64)] {
        let (shown, end) = all(open(clip).as_mut());
        assert_eq!((end.kind, shown.len()), (ErrorKind::Finished, 2), "{end}");
        assert!(shown.iter().all(|picture| picture.size == Size { width, height }), "{:?}", clip.path());
    }
}

/// Also where the new size has as many pixels as the old one.
#[test]
fn sizes_change_in_the_middle() {
    let part = |size: &str| {
        let source =
            format!("-f lavfi -i testsrc2=size={size}:rate=10:duration=0.5 -c:v mpeg2video -f mpegts");
        std::fs::read(Clip::made("part.ts", &source).path()).unwrap()
    };
    let clip = Clip::empty("changes.ts");
    let sizes = ["320x240", "240x320", "480x160"];
    std::fs::write(clip.path(), sizes.map(part).concat()).unwrap();
    let (shown, _) = all(open(&clip).as_mut());
    let mut seen: Vec<String> = shown.iter().map(|picture| picture.size.to_string()).collect();
    seen.dedup();
    assert_eq!(seen, sizes);
    let last = Clip::made(
        "last.ts",
        "-f lavfi -i testsrc2=size=480x160:rate=10:duration=0.5 -c:v mpeg2video -f mpegts",
    );
    let wanted = rgb_of(&last);
    let wanted = &wanted[wanted.len() - 480 * 160 * 3..];
    assert!(shown.last().unwrap().rgb == wanted, "the last picture differs");
}

#[test]
fn a_start_a_filter_and_the_file_again() {
    let clip =
        Clip::made("a.mkv", "-f lavfi -i testsrc2=size=64x48:rate=10:duration=2 -c:v ffv1 -pix_fmt bgr0");
    let whole = clip.decoded("rgb24");
    let from = Play { start: std::time::Duration::from_millis(1500), pace: fast(), ..Play::new(clip.path()) };
    let (shown, _) = all(from.open().unwrap().as_mut());
    expect(&shown, &whole[whole.len() - 5 * 64 * 48 * 3..], "the last half second");
    let flipped =
        Play { filter: Some("vflip,crop=64:1:0:0".to_owned()), pace: fast(), ..Play::new(clip.path()) };
    let (shown, _) = all(flipped.open().unwrap().as_mut());
    let rows: Vec<u8> = whole.chunks(64 * 48 * 3).flat_map(|frame| &frame[64 * 47 * 3..]).copied().collect();
    expect(&shown, &rows, "the last rows");
    let again = Play { repeat: true, pace: fast(), ..Play::new(clip.path()) };
    let shown = first(again.open().unwrap().as_mut(), 45);
    expect(&shown, &[&whole[..], &whole, &whole[..whole.len() / 4]].concat(), "again");
}

#[test]
fn whatever_ffmpeg_makes() {
    let arguments = "-f lavfi -i testsrc2=size=64x48:rate=10:duration=1 -vf negate";
    let clip = Clip::made("a.mkv", &format!("{arguments} -c:v ffv1 -pix_fmt bgr0"));
    let wanted = rgb_of(&clip);
    let words = || arguments.split(' ');
    let (shown, end) = all(Run { pace: fast(), ..Run::new(words()) }.open().unwrap().as_mut());
    assert_eq!(end.kind, ErrorKind::Finished, "{end}");
    assert_eq!(shown.len(), 10);
    expect(&shown, &wanted, "negative");
    let size = Size { width: 32, height: 24 };
    let (shown, _) =
        all(Run { size: Some(size), pace: fast(), ..Run::new(words()) }.open().unwrap().as_mut());
    assert!(shown.len() == 10 && shown.iter().all(|picture| picture.size == size));
}

#[test]
fn shell_words_in_names_are_names() {
    let plain = Clip::made("a.mkv", "-f lavfi -i testsrc=size=16x16:rate=5:duration=0.4 -c:v ffv1");
    for name in [
        "-y.mkv",
        "$(touch x);`touch x`&touch x|'\".mkv",
        "a:b.mkv",
        "%03d.mkv",
        "two words\u{e9}.mkv",
        "a\nb.mkv",
    ] {
        let path = plain.folder().join(name);
        std::fs::copy(plain.path(), &path).unwrap();
        let (shown, end) = all(Play { pace: fast(), ..Play::new(&path) }.open().unwrap().as_mut());
        assert_eq!((shown.len(), end.kind), (2, ErrorKind::Finished), "{name}: {end}");
    }
    assert!(!plain.folder().join("x").exists());
}
