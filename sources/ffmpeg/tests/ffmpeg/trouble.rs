//! Everything that can be wrong with FFmpeg, with a file and with a pipe: a clear word, and no panic.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use lanstream_core::source::{Error, ErrorKind, Source};
use lanstream_ffmpeg::{Content, FramePipe, Pacing, Play, Run, Speed, Track};
use rustix::process::{Pid, Signal, kill_process};

use crate::cases::each;
use crate::clip::{Clip, run};
use crate::pipes::{fast, raw};
use crate::watch::{all, next};

fn error_of(opened: Result<Box<dyn Source>, Error>) -> Error {
    opened.err().expect("it can't be opened")
}

fn expect_words(error: &Error, kind: ErrorKind, words: &[&str]) {
    assert_eq!(error.kind, kind, "{error}");
    for word in words {
        assert!(error.message.contains(word), "no {word:?} in {error}");
    }
}

/// A program that says what a script says.
fn fake(script: &str) -> Clip {
    let program = Clip::empty("ffmpeg");
    std::fs::write(program.path(), format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(program.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    program
}

#[test]
fn no_ffmpeg_an_old_one_and_something_else() {
    let run_with =
        |ffmpeg: &Clip| error_of(Run { ffmpeg: Some(ffmpeg.path().into()), ..Run::new(["-i", "x"]) }.open());
    expect_words(&run_with(&Clip::empty("ffmpeg")), ErrorKind::NotFound, &["there is no", "nstall"]);
    let old = fake("echo 'ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright (c) 2000-2021'");
    expect_words(&run_with(&old), ErrorKind::Unsupported, &["4.4.2", "too old", "5.1"]);
    let other = fake("echo hello");
    expect_words(&run_with(&other), ErrorKind::Unsupported, &["is not FFmpeg"]);
    let silent = fake("[ $1 = -version ] && echo 'ffmpeg version 6.0' && exit; exit 3");
    expect_words(&run_with(&silent), ErrorKind::Unsupported, &["status 3"]);
    let garbage = fake("[ $1 = -version ] && echo 'ffmpeg version 6.0' && exit; echo garbage");
    expect_words(&run_with(&garbage), ErrorKind::Unsupported, &["isn't NUT", "garbage"]);
}

#[test]
fn what_is_no_video() {
    let missing = Clip::empty("none.mp4");
    expect_words(&error_of(Play::new(missing.path()).open()), ErrorKind::NotFound, &["no file", "none.mp4"]);
    let text = Clip::empty("text.mp4");
    std::fs::write(text.path(), "this is no video\n".repeat(100)).unwrap();
    expect_words(
        &error_of(Play::new(text.path()).open()),
        ErrorKind::Unsupported,
        &["text.mp4", "Invalid data found"],
    );
    expect_words(&error_of(Play::new(missing.folder()).open()), ErrorKind::Unsupported, &["directory"]);
    let filtered = Clip::made("a.mkv", "-f lavfi -i testsrc=size=16x16:rate=5:duration=0.4 -c:v ffv1");
    let wrong = Play { filter: Some("nosuchfilter".to_owned()), ..Play::new(filtered.path()) };
    expect_words(&error_of(wrong.open()), ErrorKind::Unsupported, &["nosuchfilter"]);
    let after = Play { start: Duration::from_secs(3725), ..Play::new(filtered.path()) };
    expect_words(
        &error_of(after.open()),
        ErrorKind::NotFound,
        &["a.mkv ends at 0:00: it can't begin at 1:02:05"],
    );
    expect_words(&error_of(Play::new("").open()), ErrorKind::NotFound, &["is empty"]);
    let third = Play { track: Track::Number(2), ..Play::new(filtered.path()) };
    expect_words(&error_of(third.open()), ErrorKind::NotFound, &["there is no sound in a.mkv"]);
    expect_words(&error_of(Run::new(["-vf", "null"]).open()), ErrorKind::Unsupported, &["needs an input"]);
}

#[test]
fn a_truncated_file_is_shown_as_far_as_it_goes() {
    let clip = Clip::made("a.mkv", "-f lavfi -i testsrc2=size=320x240:rate=10:duration=3 -c:v ffv1");
    let bytes = std::fs::read(clip.path()).unwrap();
    std::fs::write(clip.path(), &bytes[..bytes.len() / 2]).unwrap();
    let (shown, end) = all(Play { pace: fast(), ..Play::new(clip.path()) }.open().unwrap().as_mut());
    assert!((5..25).contains(&shown.len()), "{} frames", shown.len());
    expect_words(&end, ErrorKind::Ended, &["a.mkv", "as far as it goes", "FFmpeg said"]);
}

/// The FFmpeg that reads this file.
fn ffmpeg_of(clip: &Clip) -> Pid {
    programs_of(clip).pop().expect("it runs")
}

/// All that read it.
fn programs_of(clip: &Clip) -> Vec<Pid> {
    let name = clip.path().to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let own = processes.filter(|process| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        line.starts_with(b"ffmpeg\0") && String::from_utf8_lossy(&line).contains(&name)
    });
    own.map(|process| Pid::from_raw(process.file_name().to_string_lossy().parse().unwrap()).unwrap())
        .collect()
}

#[test]
fn ffmpeg_is_killed_in_the_middle_of_a_frame() {
    let clip = Clip::made("a.mkv", "-f lavfi -i testsrc2=size=1280x720:rate=10:duration=10 -c:v ffv1");
    let mut source = Play { pace: fast(), ..Play::new(clip.path()) }.open().unwrap();
    next(source.as_mut()).unwrap();
    // It is held up in the middle of a frame, since a pipe holds less than one.
    kill_process(ffmpeg_of(&clip), Signal::KILL).unwrap();
    let (_, end) = all(source.as_mut());
    expect_words(&end, ErrorKind::Ended, &["a.mkv", "broke off", "signal 9"]);
}

#[test]
fn an_input_that_disappears_may_come_back() {
    let clip = Clip::made("a.mkv", "-f lavfi -i testsrc2=size=1280x720:rate=10:duration=10 -c:v ffv1");
    let live = Play { pace: Some(Pacing::Newest), ..Play::new(clip.path()) };
    let mut source = live.open().unwrap();
    next(source.as_mut()).unwrap();
    kill_process(ffmpeg_of(&clip), Signal::KILL).unwrap();
    let (_, end) = all(source.as_mut());
    expect_words(&end, ErrorKind::Lost, &["a.mkv"]);
}

fn piped(content: Content, bytes: &[u8]) -> Result<Box<dyn Source>, Error> {
    let file = Clip::empty("bytes");
    std::fs::write(file.path(), bytes).unwrap();
    // The file goes; what is open stays.
    FramePipe { input: Some(file.path()), pace: fast(), ..FramePipe::new(content) }.open()
}

#[test]
fn y4m_that_is_none_or_absurd() {
    each(
        [
            (&b""[..], "before its first byte"),
            (b"YUV4MP", "after 6 bytes, inside its header"),
            (b"GARBAGE\x1b[2J", r"it isn't YUV4MPEG2: it begins with"),
            (b"YUV4MPEG2 W0 H16 F25:1\nFRAME\n", "W0"),
            (b"YUV4MPEG2 W99999 H99999\n", "W99999"),
            (b"YUV4MPEG2 H4\n", "lacks its width or height"),
            (b"YUV4MPEG2 W4 H4 C420p16\n", "-pix_fmt yuv420p"),
        ],
        |(bytes, words)| {
            let error = error_of(piped(Content::Y4m, bytes));
            expect_words(&error, ErrorKind::Unsupported, &["bytes: ", words]);
        },
    );
}

#[test]
fn frames_that_are_cut_or_of_another_size_say_by_how_much() {
    let (shown, end) = all(piped(raw("10x10", "rgba"), &[1; 1000]).unwrap().as_mut());
    assert_eq!(shown.len(), 2);
    expect_words(
        &end,
        ErrorKind::Ended,
        &["inside frame 3", "of its 400 bytes (10x10 rgba) the last 200 are missing"],
    );
    let y4m = [&b"YUV4MPEG2 W4 H4\nFRAME\n"[..], &[9; 24], b"FRAME\n", &[9; 23]].concat();
    let (shown, end) = all(piped(Content::Y4m, &y4m).unwrap().as_mut());
    assert_eq!(shown.len(), 1);
    expect_words(&end, ErrorKind::Ended, &["inside frame 2", "(4x4 yuv420p)", "the last 1 are missing"]);
    let slipped = [&b"YUV4MPEG2 W4 H4\nFRAME\n"[..], &[9; 25], b"FRAME\n"].concat();
    let (_, end) = all(piped(Content::Y4m, &slipped).unwrap().as_mut());
    expect_words(&end, ErrorKind::Ended, &["where frame 2 should begin"]);
    let (shown, end) = all(piped(raw("10x10", "rgba"), b"").unwrap().as_mut());
    assert_eq!(shown.len(), 0);
    expect_words(&end, ErrorKind::Ended, &["there is no picture in it"]);
}

#[test]
fn a_fifo_without_a_writer_and_what_is_no_file() {
    let fifo = Clip::empty("frames");
    run(Command::new("mkfifo").arg(fifo.path()));
    let pipe = FramePipe {
        input: Some(fifo.path()),
        timeout: Duration::from_millis(50),
        ..FramePipe::new(Content::Y4m)
    };
    expect_words(&error_of(pipe.open()), ErrorKind::NotFound, &["frames", "does anybody write to it"]);
    let nowhere = FramePipe { input: Some(fifo.folder().join("none")), ..FramePipe::new(Content::Y4m) };
    expect_words(&error_of(nowhere.open()), ErrorKind::NotFound, &["none", "No such file"]);
    let folder = FramePipe { input: Some(fifo.folder().to_owned()), ..FramePipe::new(Content::Y4m) };
    expect_words(&error_of(folder.open()), ErrorKind::NotFound, &["can't be read"]);
}

/// What comes before the pictures may be anything: it must not be read forever.
#[test]
fn a_header_without_end() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
    let written = std::thread::spawn(move || {
        let mut bytes = 0;
        let mut write = |part: &[u8]| writer.write_all(part).map(|()| bytes += part.len());
        let done = write(b"YUV4MPEG2 ").and_then(|()| (0..1 << 20).try_for_each(|_| write(&[b'X'; 64])));
        (done.is_err(), bytes)
    });
    let pace = Some(Pacing::Timestamps(Speed::REAL));
    let opened = FramePipe { input: Some(path.into()), pace, ..FramePipe::new(Content::Y4m) }.open();
    expect_words(&error_of(opened), ErrorKind::Unsupported, &["longer than 4096 bytes"]);
    drop(reader);
    assert!(written.join().unwrap().0, "all 64 MiB of it were read");
}

/// Stopped so that it hears nothing, as where every core is busy: whoever ends a source does not wait for it.
#[test]
fn an_ffmpeg_that_does_not_end_is_left_behind() {
    let clip = Clip::made(
        "a.mkv",
        "-f lavfi -i testsrc2=size=1280x720:rate=10:duration=10 -f lavfi -i sine=d=10 -c:v ffv1 -c:a flac",
    );
    let mut source = Play::new(clip.path()).open().unwrap();
    next(source.as_mut()).unwrap();
    let mine = programs_of(&clip);
    assert_eq!(mine.len(), 2, "one for pictures and one for sound");
    mine.iter().for_each(|pid| kill_process(*pid, Signal::STOP).unwrap());
    let began = std::time::Instant::now();
    drop(source);
    let took = began.elapsed();
    // Twice as long as one may take, and no longer for two.
    assert!(took < Duration::from_millis(190), "{took:?}");
    let gone = std::time::Instant::now() + Duration::from_secs(10);
    while !programs_of(&clip).is_empty() {
        assert!(std::time::Instant::now() < gone, "FFmpeg is left behind");
        std::thread::yield_now();
    }
}
