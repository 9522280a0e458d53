//! The frame sink `ffmpeg` with the real FFmpeg: what is recorded, and what happens where nothing can be.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc::channel;
use std::task::Waker;
use std::time::Duration;

use lanstream::{Event, NamedSink, Options, Server, SourceError, SourceErrorKind, frame_sinks};
use lanstream_core::frame_sink::SinkOpener;
use lanstream_core::options::OptionValues;
use lanstream_core::source::{Captured, Description, Event as SourceEvent, Source};
use lanstream_core::{FrameBuffer, Layout, PixelFormat, Region, Size};
use lanstream_pattern::{Kind, draw, read_number};
use lanstream_testkit::display::Display;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::painter::Painter;
use lanstream_testkit::viewer::{Transport, Viewer};
use lanstream_testkit::wait;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::running::{Running, SCREEN, lanstream, on, run, stderr, stdout};

/// A folder, and the path of a file in it as a word.
fn place(name: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name).to_string_lossy().into_owned();
    (folder, path)
}

/// What a program prints; it must succeed.
fn printed(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output =
        Command::new(program).args(arguments).output().expect("`cargo xtask setup` installs what is needed");
    assert!(output.status.success(), "{program} {arguments:?}: {}", stderr(&output));
    output.stdout
}

/// Makes a film.
fn make(arguments: &[&str], path: &str) {
    printed("ffmpeg", &[&["-nostdin", "-v", "error"][..], arguments, &[path]].concat());
}

/// Timestamps of a file's pictures in microseconds.
fn times(path: &str) -> Vec<u128> {
    let arguments =
        ["-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path];
    let text = String::from_utf8(printed("ffprobe", &arguments)).unwrap();
    let seconds = text.lines().map(|line| line.trim_end_matches(',').parse().unwrap());
    seconds.map(|seconds| (Duration::from_secs_f64(seconds).as_nanos() + 500) / 1000).collect()
}

/// Pixels of all of a file's pictures, in this format.
fn pixels(path: &str, format: &str) -> Vec<u8> {
    let arguments =
        ["-v", "error", "-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-pix_fmt", format];
    printed("ffmpeg", &[&arguments[..], &["-f", "rawvideo", "-"]].concat())
}

/// Samples of a file's sound.
fn sound(path: &str) -> Vec<u8> {
    printed("ffmpeg", &["-v", "error", "-i", path, "-map", "0:a", "-c:a", "pcm_f32le", "-f", "f32le", "-"])
}

/// Numbers of a pattern's frames in a file, each of which must be exact.
fn numbers(path: &str, kind: Kind, size: Size) -> Vec<u32> {
    let stride = size.width as usize * 4;
    let mut expected = vec![0; size.area() * 4];
    let number = |frame: &[u8]| {
        let number = read_number(size, stride, frame).expect("the picture shows a number");
        draw(kind, number, size, stride, &mut expected);
        let same = frame.as_chunks::<4>().0.iter().zip(expected.as_chunks::<4>().0);
        assert!(same.into_iter().all(|(a, b)| a[..3] == b[..3]), "frame {number} is not exact");
        number
    };
    pixels(path, "rgb0").chunks_exact(size.area() * 4).map(number).collect()
}

/// Processes that this one has started.
fn children(pid: u32) -> Vec<Pid> {
    let path = format!("/proc/{pid}/task");
    let tasks = std::fs::read_dir(path).into_iter().flatten().flatten();
    let of = |task: PathBuf| std::fs::read_to_string(task.join("children")).unwrap_or_default();
    let all = tasks.map(|task| of(task.path())).collect::<String>();
    all.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// The one FFmpeg of a run that has begun to record.
fn ffmpeg_of(running: &Running) -> Pid {
    wait::until("FFmpeg is started", || children(running.pid()).first().copied().ok_or("there is none"))
}

fn is_gone(process: Pid) -> bool {
    !Path::new(&format!("/proc/{}", process.as_raw_nonzero())).exists()
}

#[test]
fn a_film_is_recorded_frame_by_frame_with_its_times_and_its_sound() {
    let (_folder, film) = place("film.mkv");
    let source = "testsrc2=size=98x62:rate=30000/1001:duration=1.5[out0];sine=frequency=600:duration=1.5,\
                  aformat=channel_layouts=stereo:sample_rates=48000:sample_fmts=flt[out1]";
    make(&["-f", "lavfi", "-i", source, "-c:v", "ffv1", "-c:a", "pcm_f32le", "-pix_fmt", "yuv422p"], &film);
    let (_folder, recorded) = place("again.mkv");
    let words = ["--sink", "ffmpeg", "--", "-c:v", "ffv1", "-c:a", "pcm_f32le", &recorded];
    let output = run(&[&["--json", "play", &film], &words[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains(r#""sink":"ffmpeg","state":"finished""#), "{}", stdout(&output));
    assert_eq!(times(&recorded), times(&film));
    assert_eq!(times(&film).len(), 45);
    assert!(pixels(&recorded, "yuv422p") == pixels(&film, "yuv422p"), "every frame is exact");
    assert!(sound(&recorded) == sound(&film), "every sample is exact");
}

#[test]
fn microseconds_are_kept_where_the_output_has_them() {
    let (_folder, film) = place("film.nut");
    make(
        &["-f", "lavfi", "-i", "testsrc=size=64x64:rate=60000/1001:duration=0.5", "-c:v", "rawvideo"],
        &film,
    );
    let (_folder, recorded) = place("again.nut");
    let output = run(&["play", &film, "--sink", "ffmpeg", "--", "-c:v", "rawvideo", &recorded]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(times(&recorded), times(&film));
    assert_eq!(times(&film)[1], 16_683);
}

#[test]
fn planes_keep_their_format_and_their_meaning() {
    let first = ["-f", "lavfi", "-i", "testsrc2=size=35x21:rate=10:duration=0.4"];
    for (format, codec) in [("nv12", "rawvideo"), ("gbrp", "rawvideo"), ("gray", "ffv1"), ("yuv422p", "ffv1")]
    {
        let (_folder, film) = place("film.nut");
        make(&[&first[..], &["-pix_fmt", format, "-c:v", "rawvideo"]].concat(), &film);
        let (_folder, recorded) = place("again.nut");
        let output = run(&["play", &film, "--sink", "ffmpeg", "--", "-c:v", codec, &recorded]);
        assert!(output.status.success(), "{format}: {}", stderr(&output));
        assert_eq!(colours(&recorded).split(',').next(), Some(format));
        assert!(pixels(&recorded, format) == pixels(&film, format), "{format}");
    }
    let (_folder, film) = place("film.mkv");
    let colour = ["-color_range", "pc", "-colorspace", "bt2020nc", "-pix_fmt", "yuv420p10le", "-c:v", "ffv1"];
    make(&[&first[..], &colour].concat(), &film);
    let (_folder, recorded) = place("again.mkv");
    let output = run(&["play", &film, "--sink", "ffmpeg", "--", "-c:v", "ffv1", &recorded]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(colours(&film), "yuv420p10le,pc,bt2020nc");
    assert_eq!(colours(&recorded), colours(&film));
    assert!(pixels(&recorded, "yuv420p10le") == pixels(&film, "yuv420p10le"));
}

/// A file's format of pixels, their range and their matrix, in FFmpeg's words.
fn colours(path: &str) -> String {
    let entries = "stream=pix_fmt,color_range,color_space";
    let told = printed("ffprobe", &["-v", "error", "-show_entries", entries, "-of", "csv=p=0", path]);
    String::from_utf8(told).unwrap().trim().to_owned()
}

#[test]
fn a_slow_ffmpeg_has_a_film_wait_and_loses_no_frame() {
    let (_folder, film) = place("film.mkv");
    make(
        &["-f", "lavfi", "-i", "testsrc2=size=640x480:rate=60:duration=1.5", "-c:v", "ffv1", "-g", "1"],
        &film,
    );
    let (_folder, recorded) = place("again.mkv");
    // Half as fast as the film goes.
    let words = ["--sink", "ffmpeg", "--", "-vf", "realtime=speed=0.5", "-c:v", "ffv1", "-g", "1", &recorded];
    let running = Running::start(&[&["--json", "play", &film], &words[..]].concat());
    let stats = running.next_where("sink-stats", |stats| stats["held_ms"].as_u64() > Some(0));
    assert_eq!((&stats["sink"], &stats["skipped"]), (&"ffmpeg".into(), &0.into()), "{stats}");
    let (status, _, stderr) = running.end(PATIENCE);
    assert!(status.success(), "{stderr}");
    assert_eq!(times(&recorded), times(&film));
    assert!(pixels(&recorded, "yuv420p") == pixels(&film, "yuv420p"), "every frame is exact");
}

#[test]
fn a_pattern_is_recorded_exactly_beside_a_viewer_until_it_is_stopped() {
    const SIZE: Size = Size { width: 640, height: 360 };
    let (_folder, recorded) = place("pattern.mkv");
    let pattern = ["pattern", "--kind", "motion", "--size", "640x360", "--fps", "30", "--json"];
    let words = ["--sink", "ffmpeg", "--", "-c:v", "ffv1", &recorded];
    let running = Running::start(&[&pattern[..], &words].concat());
    let ffmpeg = {
        let mut viewer = Viewer::join(&running.door(), Transport::WebSocket);
        viewer.watch(Kind::Motion, 20);
        ffmpeg_of(&running)
    };
    running.signal(Signal::INT);
    let (status, rest, stderr) = running.end(PATIENCE);
    assert!(status.success(), "{stderr}");
    assert!(rest.lines().last().is_some_and(|line| line.contains(r#""code":"stopped""#)), "{rest}");
    assert!(is_gone(ffmpeg));
    let mut numbers = numbers(&recorded, Kind::Motion, SIZE);
    assert!(numbers.len() >= 20 && times(&recorded).is_sorted_by(|a, b| a < b), "{numbers:?}");
    // The last picture is given once more, so that it lasts until the end.
    numbers.dedup();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

#[test]
fn a_display_is_recorded_without_a_viewer() {
    const COLOURS: [u32; 5] = [0x11_22_33, 0xfe_dc_ba, 0x00_00_01, 0x80_7f_00, 0xff_ff_ff];
    let display = Display::start(SCREEN.0, SCREEN.1);
    let (_folder, recorded) = place("screen.mkv");
    let words = ["--sink", "ffmpeg", "--", "-c:v", "ffv1", &recorded];
    let running =
        Running::spawn(on(&display, &[&["capture", "--cursor", "off", "--json"], &words[..]].concat()));
    let painter = Painter::on(&display);
    let taken = || running.next("sink-stats")["frames"].as_u64().unwrap();
    let [width, height] = [SCREEN.0, SCREEN.1].map(|side| u16::try_from(side).unwrap());
    let mut before = 0;
    for colour in COLOURS {
        while taken() == before {}
        before = taken();
        painter.fill(painter.root, 0, 0, width, height, colour);
        painter.sync();
    }
    while taken() == before {}
    running.signal(Signal::TERM);
    let (status, _, stderr) = running.end(PATIENCE);
    assert!(status.success(), "{stderr}");
    let all = pixels(&recorded, "rgb24");
    let mut seen = Vec::new();
    for frame in all.chunks_exact(SCREEN.0 as usize * SCREEN.1 as usize * 3) {
        let pixels = frame.as_chunks::<3>().0;
        let [red, green, blue] = pixels[0].map(u32::from);
        if pixels.iter().all(|pixel| *pixel == pixels[0]) {
            seen.push(red << 16 | green << 8 | blue);
        }
    }
    seen.dedup();
    assert!(seen.ends_with(&COLOURS), "{seen:x?}");
}

/// A media server that takes nothing for a while.
#[test]
fn an_address_gets_the_newest_frames_and_viewers_do_not_wait_for_it() {
    const SIZE: Size = Size { width: 640, height: 360 };
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", server.local_addr().unwrap());
    let words = ["--sink", "ffmpeg", "--", "-c:v", "rawvideo", "-f", "nut", &address];
    let pattern = ["pattern", "--kind", "noise", "--size", "640x360", "--fps", "60", "--json"];
    let running = Running::start(&[&pattern[..], &words].concat());
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    let (mut stream, _) = server.accept().unwrap();
    // What fits into sockets and into FFmpeg is full long before.
    viewer.watch(Kind::Noise, 90);
    let stats = running.next_where("sink-stats", |stats| stats["skipped"].as_u64() > Some(30));
    assert_eq!((&stats["waiting"], &stats["held_ms"]), (&0.into(), &0.into()), "{stats}");
    let received = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).map(|_| bytes)
    });
    let taken = stats["frames"].as_u64().unwrap();
    running.next_where("sink-stats", |stats| stats["frames"].as_u64() > Some(taken + 10));
    running.signal(Signal::INT);
    let (status, _, stderr) = running.end(PATIENCE);
    assert!(status.success(), "{stderr}");
    let (_folder, path) = place("received.nut");
    std::fs::write(&path, received.join().unwrap().unwrap()).unwrap();
    let numbers = numbers(&path, Kind::Noise, SIZE);
    assert!(numbers.len() > 10 && numbers.is_sorted(), "{numbers:?}");
    assert!(
        numbers.windows(2).any(|pair| pair[1] > pair[0] + 30),
        "what it could not take was skipped: {numbers:?}"
    );
}

/// A run that can't record: its status, and what it says.
fn fails(command: &mut Command, words: &[&str]) {
    let output: Output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} for:\n{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn what_cannot_be_recorded_says_why() {
    let record = |words: &[&str]| {
        let pattern = ["pattern", "--size", "640x360", "--sink", "ffmpeg", "--"];
        lanstream(&[&pattern[..], words].concat())
    };
    let (folder, path) = place("a.mkv");
    let nowhere = folder.path().join("nowhere/a.mkv");
    fails(record(&[&path]).env("PATH", "/nonexistent"), &["the sink ffmpeg: there is no FFmpeg on the PATH"]);
    fails(
        &mut record(&["-c:v", "nonsense", &path]),
        &["the sink ffmpeg has failed", "Unknown encoder 'nonsense'"],
    );
    fails(
        &mut record(&[nowhere.to_str().unwrap()]),
        &["the sink ffmpeg has failed", "No such file or directory"],
    );
    std::fs::write(&path, "precious").unwrap();
    fails(&mut record(&[&path]), &["already exists"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    let address = "rtmp://127.0.0.1:1/live/s3cretkey";
    let words = ["-v", "-v", "pattern", "--size", "640x360", "--sink", "ffmpeg", "--", "-f", "flv", address];
    fails(&mut lanstream(&words), &["the sink ffmpeg has failed", "rtmp://127.0.0.1:1/…"]);
    let said = stderr(&run(&words));
    assert!(!said.contains("s3cretkey"), "{said}");
}

#[test]
fn an_ffmpeg_that_has_all_it_wants_ends_the_run_well() {
    let (_folder, path) = place("a.mkv");
    let pattern = ["pattern", "--size", "640x360", "--json"];
    let words = ["--sink", "ffmpeg", "--", "-frames:v", "5", "-c:v", "ffv1", &path];
    let output = run(&[&pattern[..], &words].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(times(&path).len(), 5);
    let told: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let of_sink = |event: &&Value| event["event"] == "log" && event["sink"] == "ffmpeg";
    assert!(told.iter().any(|event| of_sink(&event)), "it is said which FFmpeg wrote a line: {told:?}");
    assert_eq!(told.last().expect("it ended")["code"], "sinks-ended", "{told:?}");
}

#[test]
fn viewers_go_on_when_a_sink_has_failed_and_the_status_tells_of_it() {
    let words = ["--sink", "ffmpeg", "--", "-c:v", "ffv1", "-f", "null", "-"];
    let running = Running::start(
        &[&["pattern", "--kind", "motion", "--size", "640x360", "--json"], &words[..]].concat(),
    );
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    viewer.watch(Kind::Motion, 3);
    kill_process(ffmpeg_of(&running), Signal::KILL).unwrap();
    let failed = running.next_where("sink", |sink| sink["state"] == "failed");
    assert!(failed["text"].as_str().unwrap().contains("ended by signal 9"), "{failed}");
    viewer.watch(Kind::Motion, 10);
    running.signal(Signal::TERM);
    let (status, _, stderr) = running.end(PATIENCE);
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("the sink ffmpeg has failed"), "{stderr}");
}

#[test]
fn a_second_request_to_stop_ends_what_hangs() {
    let words = ["--sink", "ffmpeg", "--", "-c:v", "ffv1", "-f", "null", "-"];
    let running = Running::start(
        &[&["pattern", "--kind", "noise", "--size", "640x360", "--json"], &words[..]].concat(),
    );
    running.next_where("sink-stats", |stats| stats["frames"].as_u64() > Some(3));
    let ffmpeg = ffmpeg_of(&running);
    kill_process(ffmpeg, Signal::STOP).unwrap();
    running.next_where("sink-stats", |stats| stats["waiting"] == 8);
    running.signal(Signal::INT);
    running.next_where("sink", |sink| sink["state"] == "finishing");
    running.signal(Signal::INT);
    let (status, _, stderr) = running.end(PATIENCE);
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("may be cut off"), "{stderr}");
    assert!(is_gone(ffmpeg));
}

#[test]
fn words_of_sinks_that_make_no_sense() {
    for (line, reason) in [
        (&["pattern", "--sink", "tape"][..], "[possible values: ffmpeg]"),
        (&["pattern", "--sink", "ffmpeg"], "the sink ffmpeg needs words after --"),
        (&["pattern", "--sink", "ffmpeg", "--sink", "ffmpeg", "--", "x"], "is named twice"),
        (&["pattern", "--", "x"], "no sink that takes any is named"),
        (&["--sink", "ffmpeg"], "a sink needs a source before it"),
        (&["pattern", "--ffmpeg.delivery", "newest"], "--ffmpeg.delivery needs --sink ffmpeg"),
        (&["pattern", "--ffmpeg.delivery", "soon", "--sink", "ffmpeg"], "every, newest"),
        (&["ffmpeg", "--sink", "ffmpeg", "--", "-i", "x", "y.mkv"], "separate them by another --"),
    ] {
        let output = run(line);
        assert_eq!(output.status.code(), Some(2), "{line:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(reason), "{line:?}: {}", stderr(&output));
    }
}

#[test]
fn a_source_and_a_sink_that_both_take_words() {
    let (_folder, path) = place("a.mkv");
    let words = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=20:duration=1", "--", "-c:v", "ffv1", &path];
    let output = run(&[&["ffmpeg", "--sink", "ffmpeg", "--"], &words[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(times(&path).len(), 20);
}

#[test]
fn sinks_are_listed_with_their_options() {
    let text = stdout(&run(&["sinks"]));
    for part in ["--sink ffmpeg", "--ffmpeg.delivery", "[default: auto]", "-- FFMPEG ARGUMENTS", "rtmp://"] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    let line: Value = serde_json::from_slice(&run(&["sinks", "--json"]).stdout).unwrap();
    assert_eq!((&line["name"], &line["options"][0]["name"]), (&"ffmpeg".into(), &"delivery".into()));
    assert!(stdout(&run(&["capture", "--help"])).contains("--sink"));
}

/// Shows a size for so many pictures, and then the next.
struct Sizes {
    left: Vec<(Size, u8)>,
    shown: u8,
    is_resized: bool,
}

impl Sizes {
    const EACH: u8 = 5;

    fn open(sizes: &[Size]) -> lanstream::Opener {
        let mut left: Vec<_> = sizes.iter().map(|size| (*size, Self::EACH)).collect();
        left.reverse();
        Box::new(move || Ok(Box::new(Self { left: left.clone(), shown: 0, is_resized: false })))
    }
}

impl Source for Sizes {
    fn description(&self) -> Description {
        Description { name: "sizes".into(), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        let size = self.left.last().map_or(Size { width: 8, height: 8 }, |(size, _)| *size);
        Layout::packed(size, PixelFormat::Bgrx8)
    }

    fn waker(&self) -> Waker {
        Waker::noop().clone()
    }

    fn wait(&mut self, _: Option<Duration>) -> Result<SourceEvent, SourceError> {
        if self.left.is_empty() {
            return Err(SourceError::new(SourceErrorKind::Finished, "all sizes were shown"));
        }
        Ok(if std::mem::take(&mut self.is_resized) { SourceEvent::Resized } else { SourceEvent::Damaged })
    }

    fn damage(&self) -> Option<Region> {
        let can_show = !self.left.is_empty() && !self.is_resized;
        Some(if can_show { Region::full(self.layout().size) } else { Region::EMPTY })
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _: &Region) -> Result<Captured, SourceError> {
        self.shown += 1;
        frame.bytes_mut().fill(self.shown);
        let captured = Captured::all(self.layout());
        if let Some((_, left)) = self.left.last_mut() {
            *left -= 1;
        }
        self.is_resized = self.left.pop_if(|(_, left)| *left == 0).is_some();
        Ok(captured)
    }
}

/// Records a source whose size changes. Returns how the sink ended.
fn record_sizes(output: &str) -> (String, String) {
    let values =
        OptionValues::default().with("arguments", "-c:v").with("arguments", "ffv1").with("arguments", output);
    let open: SinkOpener = frame_sinks::registry().configure("ffmpeg", values, Default::default()).unwrap();
    let sink = NamedSink { name: "ffmpeg".into(), open };
    let options = Options { frame_sinks: vec![sink], ..Options::default() };
    let (sender, events) = channel();
    let tell = move |event| {
        if let Event::Sink { state, text, .. } = event {
            let _test_is_over = sender.send((state.to_owned(), text));
        }
    };
    let sizes = [Size { width: 64, height: 48 }, Size { width: 32, height: 80 }];
    let server = Server::start(Sizes::open(&sizes), &options, tell).unwrap();
    server.block_on(server.ended().cancelled());
    server.stop();
    events.iter().find(|(state, _)| state != "finishing").unwrap()
}

#[test]
fn a_size_that_changes_ends_a_file_or_begins_the_next() {
    let (folder, path) = place("one.mkv");
    let (state, text) = record_sizes(&path);
    assert_eq!(state, "failed");
    assert!(text.contains("from 64x48 to 32x80") && text.contains("{part}"), "{text}");
    assert_eq!(times(&path).len(), usize::from(Sizes::EACH));
    let (state, text) = record_sizes(&folder.path().join("part-{part}.mkv").to_string_lossy());
    assert_eq!(state, "finished", "{text}");
    for (part, area) in [("part-1.mkv", 64 * 48), ("part-2.mkv", 32 * 80)] {
        let path = folder.path().join(part);
        let all = pixels(&path.to_string_lossy(), "gray");
        assert!(all.len() >= area * usize::from(Sizes::EACH) && all.len().is_multiple_of(area), "{part}");
    }
}
