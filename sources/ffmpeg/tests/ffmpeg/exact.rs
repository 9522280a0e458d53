//! Every frame that FFmpeg decodes is shown, as it is.

use lanstream_core::Size;
use lanstream_core::planar::{Matrix, Range};
use lanstream_core::source::{ErrorKind, Source};
use lanstream_ffmpeg::{Pacing, Play, Run, Speed};

use crate::cases::each;
use crate::clip::{Clip, run};
use crate::watch::{all, expect, expect_planes, first};

/// Fast, so that a test is not as long as its clip. A frame is taken before the next one is read, so none is skipped.
fn fast() -> Option<Pacing> {
    Some(Pacing::Timestamps(Speed::new(100.0).unwrap()))
}

fn open(clip: &Clip) -> Box<dyn Source> {
    Play { pace: fast(), ..Play::new(clip.path()) }.open().unwrap()
}

#[test]
fn every_frame_of_a_clip_by_number_and_pixel() {
    each(
        [
            ("ffv1.mkv", "-f lavfi -i testsrc2=size=319x181:rate=30:duration=1 -c:v ffv1 -pix_fmt bgr0"),
            ("film.gif", "-f lavfi -i testsrc=size=160x90:rate=25:duration=0.5 -pix_fmt pal8"),
        ],
        |(name, arguments)| {
            let clip = Clip::made(name, arguments);
            let (shown, end) = all(open(&clip).as_mut());
            assert_eq!(end.kind, ErrorKind::Finished, "{end}");
            expect(&shown, &rgb_of(&clip), name);
        },
    );
}

/// Not a bit is changed of what a decoder has.
#[test]
fn every_frame_in_planes_as_it_is() {
    each(
        [
            ("h264.mp4", "yuv420p", "-c:v libx264"),
            ("full.mp4", "yuvj420p", "-c:v libx264"),
            ("vp9.webm", "yuv420p", "-c:v libvpx-vp9 -cpu-used 8"),
            ("422.mkv", "yuv422p", "-c:v ffv1"),
            ("444.mkv", "yuv444p", "-c:v ffv1"),
            ("411.mkv", "yuv411p", "-c:v ffv1"),
            ("nv12.nut", "nv12", "-c:v rawvideo"),
            ("ten.mkv", "yuv420p10le", "-c:v ffv1"),
            ("fine.mkv", "yuv444p12le", "-c:v ffv1"),
            ("gbr.mkv", "gbrp", "-c:v libx264rgb -qp 0 -pix_fmt bgr24"),
            ("gbr10.mkv", "gbrp10le", "-c:v ffv1"),
            ("gray.mkv", "gray", "-c:v ffv1"),
            ("high.mov", "yuv422p10le", "-c:v prores_ks"),
        ],
        |(name, format, arguments)| {
            let words =
                if arguments.contains("-pix_fmt") { String::new() } else { format!("-pix_fmt {format}") };
            let source =
                format!("-f lavfi -i testsrc2=size=318x181:rate=25:duration=0.5 {words} {arguments}");
            let clip = Clip::made(
                name,
                &source.replace("318x181", if format == "gbrp" { "318x182" } else { "318x180" }),
            );
            let (shown, end) = all(open(&clip).as_mut());
            assert_eq!(end.kind, ErrorKind::Finished, "{name}: {end}");
            assert!(shown.len() >= 12, "{name}: {} frames", shown.len());
            expect_planes(&shown, &clip.decoded(format), name);
        },
    );
}

/// What FFmpeg says of a clip is what viewers are told.
#[test]
fn matrix_and_range_are_the_clips_own() {
    each(
        [
            ("-colorspace bt709 -color_range tv", Matrix::Bt709, Range::Limited),
            ("-colorspace smpte170m -color_range pc", Matrix::Bt601, Range::Full),
            ("-colorspace bt2020nc -color_range tv", Matrix::Bt2020, Range::Limited),
            ("", Matrix::Bt601, Range::Limited),
        ],
        |(words, matrix, range)| {
            let source = "-f lavfi -i testsrc2=size=64x48:rate=5:duration=0.4 -pix_fmt yuv420p -c:v libx264";
            let clip = Clip::made("a.mp4", &format!("{source} {words}"));
            let file = clip.path();
            let run = Run { pace: fast(), ..Run::new(["-i".as_ref(), file.as_os_str()]) };
            for source in [open(&clip), run.open().unwrap()] {
                let mut source = source;
                let planar = first(source.as_mut(), 1)[0].planes.as_ref().map(|(planar, _)| *planar);
                assert_eq!(
                    planar.map(|planar| (planar.matrix, planar.range)),
                    Some((matrix, range)),
                    "{words}"
                );
            }
        },
    );
}

/// In the format that is asked for: FFmpeg's way to three bytes differs from that to four in a rounding.
fn rgb_of(clip: &Clip) -> Vec<u8> {
    without_fourth(&clip.decoded("rgb0"))
}

fn without_fourth(rgb0: &[u8]) -> Vec<u8> {
    rgb0.as_chunks::<4>().0.iter().flat_map(|pixel| &pixel[..3]).copied().collect()
}

#[test]
fn odd_and_extreme_sizes() {
    each(["1x1", "1x1081", "3x2", "1081x1", "16384x16"], |size| {
        let clip = Clip::made(
            "s.mkv",
            &format!("-f lavfi -i testsrc=size={size}:rate=5:duration=0.6 -c:v ffv1 -pix_fmt bgr0"),
        );
        let shown = first(open(&clip).as_mut(), 3);
        assert!(shown.iter().all(|picture| picture.size.to_string() == size));
        expect(&shown, &clip.decoded("rgb24"), size);
    });
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
    each(
        [(&plain, 64, 32), (&rotated, 32, 64), (&wide, 128, 32), (&high, 64, 64)],
        |(clip, width, height)| {
            let (shown, end) = all(open(clip).as_mut());
            assert_eq!((end.kind, shown.len()), (ErrorKind::Finished, 2), "{end}");
            assert!(shown.iter().all(|picture| picture.size == Size { width, height }), "{:?}", clip.path());
        },
    );
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
    let wanted = last.decoded("yuv420p");
    expect_planes(&shown[shown.len() - 1..], &wanted[wanted.len() - 480 * 160 * 3 / 2..], "the last picture");
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
    let clip = Clip::made("a.mkv", &format!("{arguments} -c:v ffv1"));
    let words = || arguments.split(' ');
    let (shown, end) = all(Run { pace: fast(), ..Run::new(words()) }.open().unwrap().as_mut());
    assert_eq!(end.kind, ErrorKind::Finished, "{end}");
    assert_eq!(shown.len(), 10);
    expect_planes(&shown, &clip.decoded("yuv420p"), "negative");
    each([("rgb0", "rgb0"), ("nv12", "nv12"), ("yuv444p10le", "yuv444p10le")], |(asked, format)| {
        let pixels = Some(asked.parse().unwrap());
        let (shown, _) = all(Run { pixels, pace: fast(), ..Run::new(words()) }.open().unwrap().as_mut());
        match format {
            "rgb0" => assert!(shown.iter().all(|picture| picture.planes.is_none())),
            _ => expect_planes(&shown, &clip.decoded(format), format),
        }
    });
    let size = Size { width: 32, height: 24 };
    let (shown, _) =
        all(Run { size: Some(size), pace: fast(), ..Run::new(words()) }.open().unwrap().as_mut());
    assert!(shown.len() == 10 && shown.iter().all(|picture| picture.size == size));
}

/// FFmpeg is asked for a format that is near.
#[test]
fn what_cannot_be_shown_as_it_is() {
    each(
        [("yuyv422", "yuv422p"), ("p010le", "yuv420p10le"), ("rgb48le", "rgb0"), ("nv21", "nv12")],
        |(format, nearest)| {
            let words = format!("-f lavfi -i testsrc2=size=64x48:rate=10:duration=0.5 -vf format={format}");
            let wanted = Clip::made("raw", &format!("{words} -pix_fmt {nearest} -f rawvideo"));
            let wanted = std::fs::read(wanted.path()).unwrap();
            let run = Run { pace: fast(), ..Run::new(words.split(' ')) };
            let (shown, end) = all(run.open().unwrap().as_mut());
            assert_eq!((shown.len(), end.kind), (5, ErrorKind::Finished), "{format}: {end}");
            match nearest {
                "rgb0" => expect(&shown, &without_fourth(&wanted), format),
                _ => expect_planes(&shown, &wanted, format),
            }
        },
    );
}

/// Its log is needed, whatever it is asked to say.
#[test]
fn an_ffmpeg_that_is_to_say_nothing() {
    let words = "-v quiet -f lavfi -i testsrc2=size=64x48:rate=10:duration=0.5";
    let (shown, end) = all(Run { pace: fast(), ..Run::new(words.split(' ')) }.open().unwrap().as_mut());
    assert_eq!((shown.len(), end.kind), (5, ErrorKind::Finished), "{end}");
}

/// What was read of a pipe is gone: it can't be begun anew.
#[test]
fn a_pipe_in_a_format_that_cannot_be_shown() {
    let clip = Clip::made(
        "a.mkv",
        "-f lavfi -i testsrc2=size=64x48:rate=10:duration=0.5 -c:v ffv1 -pix_fmt yuv410p",
    );
    let fifo = Clip::empty("fifo");
    run(std::process::Command::new("mkfifo").arg(fifo.path()));
    let (from, to) = (clip.path(), fifo.path());
    let writer = std::thread::spawn(move || std::fs::copy(from, to));
    let path = fifo.path();
    let error = Run::new(["-i".as_ref(), path.as_os_str()]).open().err().unwrap();
    drop(writer.join());
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.message.contains("add --format yuv420p"), "{error}");
}

#[test]
fn shell_words_in_names_are_names() {
    let plain = Clip::made("a.mkv", "-f lavfi -i testsrc=size=16x16:rate=5:duration=0.4 -c:v ffv1");
    each(
        [
            "-y.mkv",
            "$(touch x);`touch x`&touch x|'\".mkv",
            "a:b.mkv",
            "%03d.mkv",
            "two words\u{e9}.mkv",
            "a\nb.mkv",
            "100%d.mkv",
        ],
        |name| {
            let path = plain.folder().join(name);
            std::fs::copy(plain.path(), &path).unwrap();
            let (shown, end) = all(Play { pace: fast(), ..Play::new(&path) }.open().unwrap().as_mut());
            assert_eq!((shown.len(), end.kind), (2, ErrorKind::Finished), "{name}: {end}");
        },
    );
    assert!(!plain.folder().join("x").exists());
}

/// Also where FFmpeg takes a name for a pattern, and where what it would stand for is there as well.
#[test]
fn patterns_in_names_of_pictures_are_names() {
    each([("png", "png"), ("bmp", "bmp"), ("tiff", "tif"), ("gif", "gif")], |(codec, extension)| {
        let of = |source: &str| {
            Clip::made(
                &format!("a.{extension}"),
                &format!("-f lavfi -i {source}=size=16x16:rate=25:duration=0.04 -frames:v 1 -c:v {codec}"),
            )
        };
        let (own, other) = (of("testsrc"), of("testsrc2"));
        for name in ["100%d", "%03d", "a*", "a?", "{a,b}", "[ab]", "%%*"] {
            let path = own.folder().join(format!("{name}.{extension}"));
            std::fs::copy(own.path(), &path).unwrap();
            for sibling in ["1000", "1001", "000", "001", "ab"] {
                std::fs::copy(other.path(), own.folder().join(format!("{sibling}.{extension}"))).unwrap();
            }
            let shown = first(Play::new(&path).open().unwrap().as_mut(), 1);
            expect(&shown, &rgb_of(&own), &format!("{name}.{extension}"));
        }
    });
}
