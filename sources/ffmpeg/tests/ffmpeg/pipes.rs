//! Frames from other programs: exact where they are RGB, by the documented formula where they are YUV.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;

use lanstream_core::Size;
use lanstream_core::planar::Matrix;
use lanstream_core::source::{ErrorKind, Source};
use lanstream_ffmpeg::{Content, FramePipe, Pacing, Speed};

use crate::cases::each;
use crate::clip::{Clip, quiet, run, words};
use crate::watch::{all, expect, expect_planes, first};

pub(crate) fn fast() -> Option<Pacing> {
    Some(Pacing::Timestamps(Speed::new(100.0).unwrap()))
}

pub(crate) fn raw(size: &str, format: &str) -> Content {
    let (width, height) = size.split_once('x').unwrap();
    let size = Size::new(width.parse().unwrap(), height.parse().unwrap()).unwrap();
    Content::Raw { size, pixels: format.parse().unwrap(), fps: Some(60.0) }
}

/// Reads a file as if it were a pipe: it is read in the same pieces.
fn open(path: &Path, content: Content) -> Box<dyn Source> {
    FramePipe { input: Some(path.to_owned()), pace: fast(), ..FramePipe::new(content) }.open().unwrap()
}

#[test]
fn rgb_of_any_kind_and_size_is_exact() {
    each(["rgba", "bgra", "rgb0", "bgr0", "argb", "0rgb", "abgr", "0bgr", "rgb24", "bgr24"], |format| {
        for size in ["1x1", "1x1081", "17x5", "320x240"] {
            let source = format!("-f lavfi -i testsrc=size={size}:rate=5:duration=0.6");
            let clip = Clip::made("raw", &format!("{source} -pix_fmt {format} -f rawvideo"));
            let mut wanted = Command::new("ffmpeg");
            wanted.args(quiet()).args(["-f", "rawvideo", "-video_size", size, "-pixel_format", format, "-i"]);
            let wanted = run(wanted.arg(clip.path()).args(words("-f rawvideo -pix_fmt rgb24 -")));
            let shown = first(open(&clip.path(), raw(size, format)).as_mut(), 3);
            expect(&shown, &wanted, &format!("{format} {size}"));
        }
    });
}

/// FFmpeg's own way with exact rounding, for pixels that all have chroma of their own: nothing is interpolated then.
#[test]
fn yuv_is_within_one_of_what_ffmpeg_makes_of_it() {
    let noise = "nullsrc=size=64x48:rate=5:duration=0.6,geq=lum='16+mod(X*Y*7+N*31,220)':cb='80+mod(X*11+Y*3,97)':cr='80+mod(X*5+Y*13,97)'";
    let kinds = ["yuv444p", "yuv444p10le", "yuv444p12le"]
        .into_iter()
        .flat_map(|format| [(format, "tv"), (format, "pc")]);
    each(kinds, |(format, range)| {
        let words = format!("-f lavfi -i {noise},format={format} -color_range {range} -strict -1");
        let clip = Clip::made("a.y4m", &format!("{words} -f yuv4mpegpipe"));
        for (matrix, name) in [(Matrix::Bt601, "bt601"), (Matrix::Bt709, "bt709"), (Matrix::Bt2020, "bt2020")]
        {
            let mut ffmpeg = Command::new("ffmpeg");
            ffmpeg.args(quiet()).arg("-i").arg(clip.path());
            let filter = format!(
                "scale=in_color_matrix={name}:in_range={range}:flags=accurate_rnd+full_chroma_int+bitexact,format=rgb24"
            );
            let wanted = run(ffmpeg.args(["-vf", &filter, "-f", "rawvideo", "-"]));
            let pipe = FramePipe {
                input: Some(clip.path()),
                pace: fast(),
                matrix: Some(matrix),
                ..FramePipe::new(Content::Y4m)
            };
            let (shown, end) = all(pipe.open().unwrap().as_mut());
            assert_eq!((end.kind, shown.len()), (ErrorKind::Finished, 3), "{end}");
            let own: Vec<u8> = shown.into_iter().flat_map(|picture| picture.rgb).collect();
            assert_eq!(own.len(), wanted.len());
            let worst = own.iter().zip(&wanted).map(|(own, wanted)| own.abs_diff(*wanted)).max();
            assert!(worst <= Some(1), "{format}, {range}, {name}: off by {worst:?}");
        }
    });
}

#[test]
fn y4m_of_every_chroma_and_odd_sizes() {
    each(
        [
            "yuv420p",
            "yuvj420p",
            "yuv422p",
            "yuv444p",
            "yuv411p",
            "gray",
            "yuv420p10le",
            "yuv422p12le",
            "gray10le",
        ],
        |format| {
            // FFmpeg itself writes half a sample of chroma where a width is odd and samples have two bytes.
            let odd = ["1x1", "1x1081", "17x5", "16384x16"];
            let sizes = if format.ends_with("le") { ["2x1", "2x1081", "18x5", "16384x16"] } else { odd };
            for size in sizes {
                let source = format!("-f lavfi -i testsrc=size={size}:rate=5:duration=0.6 -pix_fmt {format}");
                let y4m = Clip::made("a.y4m", &format!("{source} -f yuv4mpegpipe -strict -1"));
                let shown = first(open(&y4m.path(), Content::Y4m).as_mut(), 3);
                assert!(shown.iter().all(|picture| picture.size.to_string() == size));
                // The same samples with nothing between them are the same pictures.
                let plain = Clip::made("raw", &format!("{source} -f rawvideo"));
                let again = first(open(&plain.path(), raw(size, format)).as_mut(), 3);
                let wanted = std::fs::read(plain.path()).unwrap();
                expect_planes(&shown, &wanted, &format!("{format} {size}"));
                expect_planes(&again, &wanted, &format!("{format} {size}, plain"));
            }
        },
    );
}

#[test]
fn a_fifo_whose_writer_comes_later() {
    let fifo = Clip::empty("frames");
    run(Command::new("mkfifo").arg(fifo.path()));
    let path = fifo.path();
    let writer = std::thread::spawn(move || {
        // It waits for the reader.
        let mut fifo = File::options().write(true).custom_flags(0).open(path).unwrap();
        (0..3_u8).for_each(|number| fifo.write_all(&[number; 4 * 4 * 4]).unwrap());
    });
    let (shown, end) = all(open(&fifo.path(), raw("4x4", "rgba")).as_mut());
    writer.join().unwrap();
    assert_eq!(end.kind, ErrorKind::Finished, "{end}");
    let wanted: Vec<u8> = (0..3).flat_map(|number| [number; 4 * 4 * 3]).collect();
    expect(&shown, &wanted, "a FIFO");
}

/// When a writer has left, the next is waited for, whatever it writes.
#[test]
fn a_fifo_is_read_from_one_writer_after_the_other() {
    let fifo = Clip::empty("frames");
    run(Command::new("mkfifo").arg(fifo.path()));
    let path = fifo.path();
    let write = move |bytes: Vec<u8>| {
        let path = path.clone();
        std::thread::spawn(move || std::fs::write(path, bytes))
    };
    let y4m = |size: &str, luma: u8, pixels: usize| {
        let header = format!("YUV4MPEG2 {size} F25:1 Cmono\nFRAME\n");
        [header.as_bytes(), &vec![luma; pixels][..]].concat()
    };
    let first_writer = write([y4m("W4 H2", 100, 8), b"FRAME\nshort".to_vec()].concat());
    let pipe = FramePipe { input: Some(fifo.path()), reopen: true, ..FramePipe::new(Content::Y4m) };
    let mut source = pipe.open().unwrap();
    assert_eq!(first(source.as_mut(), 1)[0].rgb.len(), 24);
    first_writer.join().unwrap().unwrap();
    let until = |source: &mut dyn Source, stalled: Option<String>| {
        let deadline = std::time::Instant::now() + crate::watch::PATIENCE;
        while source.description().stalled != stalled {
            assert!(std::time::Instant::now() < deadline, "{:?}", source.description());
            source.wait(Some(std::time::Duration::from_millis(100))).unwrap();
        }
    };
    let name = fifo.path().to_string_lossy().into_owned();
    until(source.as_mut(), Some(format!("nobody writes to {name}")));
    let second_writer = write(y4m("W2 H2", 200, 4));
    until(source.as_mut(), None);
    assert_eq!(first(source.as_mut(), 1)[0].rgb.len(), 12);
    second_writer.join().unwrap().unwrap();
    let file = Clip::empty("file");
    std::fs::write(file.path(), y4m("W2 H2", 1, 4)).unwrap();
    let error = FramePipe { input: Some(file.path()), reopen: true, ..FramePipe::new(Content::Y4m) }
        .open()
        .err()
        .unwrap();
    assert!(error.message.contains("is no FIFO"), "{error}");
}
