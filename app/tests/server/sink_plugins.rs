//! Sinks of plugins: they get every frame exactly, with its damage and its sound, in a process of their own and in
//! lanstream's. What one does wrong ends it, with an error that names it, and nothing else.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use lanstream::{Event, NamedSink, Options, Registries, Server};
use lanstream_core::options::OptionValues;
use lanstream_core::source::Listener;
use lanstream_core::{Rect, Region, Size};
use lanstream_pattern::{Kind, draw, read_number};
use lanstream_plugin_host::{Launch, RemotePlugin};
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::process::children;
use lanstream_testkit::viewer::{Door, Transport, Viewer};
use lanstream_testkit::wait::until;
use rustix::process::{Pid, Signal, kill_process};

use crate::conformance::processes_of;
use crate::plugins::{built_in_c, built_in_rust, evil, name};
use crate::running::{Running, run, stderr, stdout};

const SIZE: Size = Size { width: 640, height: 360 };
/// A pattern whose frames tell their numbers.
const PATTERN: [&str; 8] = ["pattern", "--kind", "motion", "--size", "640x360", "--fps", "30", "--json"];

/// An image of a file of PAM images.
#[derive(Debug)]
struct Image {
    seq: u32,
    us: u64,
    damage: Region,
    size: Size,
    /// Red, green and blue.
    pixels: Vec<u8>,
}

/// Reads all images of a file.
fn images(mut bytes: &[u8]) -> Vec<Image> {
    let mut images = Vec::new();
    while !bytes.is_empty() {
        let (image, rest) = read_image(bytes).expect("a whole image");
        images.push(image);
        bytes = rest;
    }
    images
}

fn read_image(bytes: &[u8]) -> Option<(Image, &[u8])> {
    const END: &[u8] = b"\nENDHDR\n";
    let end = bytes.windows(END.len()).position(|window| window == END)? + END.len();
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let fields: BTreeMap<_, _> = head.lines().filter_map(|line| line.split_once(' ')).collect();
    let field = |name: &str| fields.get(name)?.parse().ok();
    let size = Size { width: field("WIDTH")?, height: field("HEIGHT")? };
    let [frame, us] = head.lines().nth(1)?.strip_prefix("# frame ")?.split(" at ").collect::<Vec<_>>()[..]
    else {
        return None;
    };
    let mut damage = Region::EMPTY;
    for line in head.lines().filter_map(|line| line.strip_prefix("# damage ")) {
        let numbers: Vec<u32> = line.split([',', ' ', 'x']).map(|number| number.parse().unwrap()).collect();
        let [x, y, width, height] = numbers[..] else { return None };
        damage.add(Rect { x, y, width, height });
    }
    let (pixels, rest) = bytes[end..].split_at_checked(size.area() * 3)?;
    let (seq, us) = (frame.parse().ok()?, us.strip_suffix(" us")?.parse().ok()?);
    Some((Image { seq, us, damage, size, pixels: pixels.to_vec() }, rest))
}

/// Returns the number of an image of the pattern, which must be exact.
fn number(image: &Image, kind: Kind) -> u32 {
    let pixels: Vec<u8> =
        image.pixels.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 0]).collect();
    let stride = image.size.width as usize * 4;
    let number = read_number(image.size, stride, &pixels).expect("the picture shows a number");
    let mut expected = vec![0; pixels.len()];
    draw(kind, number, image.size, stride, &mut expected);
    let same = pixels.as_chunks::<4>().0.iter().zip(expected.as_chunks::<4>().0);
    assert!(same.into_iter().all(|(a, b)| a[..3] == b[..3]), "frame {number} is not exact");
    number
}

/// Checks that what differs between two images lies in the damage of the second.
fn check_damage(before: &Image, image: &Image) {
    let width = image.size.width;
    let pairs = before.pixels.as_chunks::<3>().0.iter().zip(image.pixels.as_chunks::<3>().0);
    for (index, _) in (0..).zip(pairs).filter(|(_, (a, b))| a != b) {
        let pixel = Rect { x: index % width, y: index / width, width: 1, height: 1 };
        assert!(image.damage.contains(pixel), "{pixel:?} differs and is not in {:?}", image.damage);
    }
}

/// Checks images of the motion pattern: each is exact, none is missing, and their damage covers what changes and no
/// more than there is.
fn check_images(images: &[Image]) {
    let numbers: Vec<_> = images.iter().map(|image| number(image, Kind::Motion)).collect();
    assert!(numbers.is_sorted() && numbers.first() < numbers.last(), "{numbers:?}");
    assert!(images.is_sorted_by(|a, b| a.us < b.us));
    assert_eq!(images[0].damage.area(), SIZE.area(), "all of the first frame");
    for [before, image] in images.array_windows() {
        check_damage(before, image);
        assert_eq!(image.damage.is_empty(), image.seq == before.seq, "nothing is damaged if it still stands");
        assert!(image.seq <= before.seq + 1, "frame {} comes after {}", image.seq, before.seq);
    }
    assert!(images.iter().skip(1).any(|image| image.damage.area() < SIZE.area() / 2), "most of it stands");
}

/// A folder, and the path of a file in it as a word.
fn place(name: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name).to_string_lossy().into_owned();
    (folder, path)
}

/// Returns the process of the one plugin of a run.
fn process_of(running: &Running) -> Pid {
    let process =
        until("the plugin's process", || children(running.pid()).first().copied().ok_or("there is none"));
    Pid::from_raw(process.cast_signed()).expect("a process has a number")
}

#[test]
fn frames_are_recorded_exactly_with_their_damage_in_a_process_of_their_own_and_in_this_one() {
    let library = built_in_rust("pam");
    for flags in [&[][..], &["--in-process"]] {
        let (_folder, path) = place("pattern.pam");
        let sink = ["--plugin", name(&library), "--sink", "pam", "--pam.file", &path];
        let running = Running::start(&[&PATTERN[..], &sink, flags].concat());
        let mut viewer = Viewer::join(&running.door(), Transport::Http);
        viewer.watch(Kind::Motion, 20);
        drop(viewer);
        running.signal(Signal::INT);
        let (status, rest, stderr) = running.end(PATIENCE);
        assert!(status.success(), "{stderr}");
        assert!(rest.contains(r#""sink":"pam","state":"finished""#), "{rest}");
        let images = images(&fs::read(&path).unwrap());
        assert!(images.len() >= 20, "{} frames", images.len());
        check_images(&images);
    }
}

#[test]
fn a_slow_sink_has_captures_wait_and_loses_no_frame() {
    let library = built_in_rust("pam");
    let (_folder, path) = place("pipe");
    make_pipe(&path);
    let sink = ["--plugin", name(&library), "--sink", "pam", "--pam.file", &path];
    let opener = std::thread::spawn({
        let path = path.clone();
        move || File::open(path).unwrap()
    });
    let running = Running::start(&[&PATTERN[..], &sink].concat());
    let mut pipe = opener.join().unwrap();
    // Nobody reads, and a pipe holds no frame.
    let stats = running.next_where("sink-stats", |stats| stats["held_ms"].as_u64() > Some(0));
    assert_eq!((&stats["sink"], &stats["skipped"]), (&"pam".into(), &0.into()), "{stats}");
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).map(|_| bytes)
    });
    let taken = stats["frames"].as_u64().unwrap();
    running.next_where("sink-stats", |stats| stats["frames"].as_u64() > Some(taken + 10));
    running.signal(Signal::INT);
    let (status, _, stderr) = running.end(PATIENCE);
    assert!(status.success(), "{stderr}");
    check_images(&images(&reader.join().unwrap().unwrap()));
}

fn make_pipe(path: &str) {
    let made = Command::new("mkfifo").arg(path).status().expect("it is installed");
    assert!(made.success(), "{path}");
}

#[test]
fn a_sink_that_is_given_up_ends_soon() {
    let (folder, path) = place("pipe");
    make_pipe(&path);
    // A name of its own, by which its processes are found.
    let library = folder.path().join("given-up.so");
    fs::copy(built_in_rust("pam"), &library).unwrap();
    let sink = ["--plugin", name(&library), "--sink", "pam", "--pam.file", &path];
    let opener = std::thread::spawn({
        let path = path.clone();
        move || File::open(path).unwrap()
    });
    let running = Running::start(&[&PATTERN[..], &sink].concat());
    let _pipe_that_nobody_reads = opener.join().unwrap();
    running.next_where("sink-stats", |stats| stats["held_ms"].as_u64() > Some(0));
    running.signal(Signal::INT);
    running.next_where("sink", |event| event["state"] == "finishing");
    running.signal(Signal::INT);
    let failed = running.next_where("sink", |event| event["state"] == "failed");
    let text = failed["text"].as_str().unwrap();
    assert!(text.contains("plugin pam (") && text.contains("given up before it had finished"), "{text}");
    assert_eq!(running.end(PATIENCE).0.code(), Some(1));
    assert_eq!(processes_of("plugin-host", &library), [""; 0]);
}

#[test]
fn a_sink_whose_process_is_killed_ends_alone() {
    let library = built_in_rust("pam");
    let (_folder, path) = place("pattern.pam");
    let sink = ["--plugin", name(&library), "--sink", "pam", "--pam.file", &path];
    let running = Running::start(&[&PATTERN[..], &sink].concat());
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    viewer.watch(Kind::Motion, 5);
    kill_process(process_of(&running), Signal::KILL).unwrap();
    let failed = running.next_where("sink", |event| event["state"] == "failed");
    let text = failed["text"].as_str().unwrap();
    assert!(text.contains(&format!("plugin pam ({})", name(&library))), "{text}");
    assert!(text.contains("ended unexpectedly: signal: 9"), "{text}");
    viewer.watch(Kind::Motion, 20);
    assert!(running.goes_on());
    running.signal(Signal::TERM);
    let (status, _, stderr) = running.end(PATIENCE);
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("the sink pam has failed: plugin pam"), "{stderr}");
}

/// Returns a sink of the evil plugin in a file, which has half a second to answer.
fn evil_sink(file: &Path) -> NamedSink {
    let program = Path::new(env!("CARGO_BIN_EXE_lanstream"));
    let launch = Launch::new(program, file).answer_within(Duration::from_millis(500));
    let plugin = RemotePlugin::load(launch).unwrap();
    let mut registries = Registries::default();
    lanstream::plugins::register_loaded(&mut registries, &plugin, file).unwrap();
    let open = registries.sinks.configure("evil-sink", OptionValues::default(), Listener::default()).unwrap();
    NamedSink { name: "evil-sink".to_owned(), open }
}

/// Deeds of the evil sink while it is used, and what its error says.
const DEEDS: [(&str, &str); 19] = [
    ("sink-begin:segv", "ended unexpectedly: signal: 11"),
    ("sink-begin:hang", "did not answer within 0.5 s"),
    ("sink-begin:refuse", "it takes no such frames"),
    ("sink-begin:silent", "it failed and did not say why"),
    ("sink-frame:segv", "ended unexpectedly: signal: 11"),
    ("sink-frame:abort", "ended unexpectedly: signal: 6"),
    ("sink-frame:exit", "ended unexpectedly: exit status: 0"),
    ("sink-frame:overflow", "ended unexpectedly: signal"),
    ("sink-frame:hang", "did not answer within 0.5 s"),
    ("sink-frame:close", "ended unexpectedly"),
    ("sink-frame:status", "it breaks a rule: frame set the unknown status 77"),
    ("sink-frame:fail", "the disk is full"),
    ("sink-error:utf8", "it failed and did not say why"),
    ("sink-write:pixel", "ended unexpectedly: signal"),
    ("sink-finish:fail", "the disk is full"),
    ("sink-finish:segv", "ended unexpectedly: signal: 11"),
    ("sink-finish:hang", "did not answer within 1.5 s"),
    ("sink-destroy:abort", "ended unexpectedly: signal: 6"),
    ("sink-destroy:hang", "did not answer within 1.5 s"),
];

#[test]
fn what_an_evil_sink_does_ends_it_with_an_error_that_names_it_and_viewers_go_on() {
    for (deed, reason) in DEEDS {
        let file = evil(deed);
        let (sender, events) = channel();
        let tell = move |event: Event| {
            if let Event::Sink { state, text, .. } = event {
                let _test_is_over = sender.send((state, text));
            }
        };
        let source = Registries::built_in();
        let values = OptionValues::default().with("kind", "motion").with("size", "640x360");
        let source = source.sources.configure("pattern", values, Listener::default()).unwrap();
        let options = Options { frame_sinks: vec![evil_sink(&file)], ..Options::default() };
        let server = Server::start(source.open, &options, tell).unwrap();
        let mut viewer = Viewer::join(&Door::from_url(server.url()), Transport::Http);
        viewer.watch(Kind::Motion, 5);
        let is_at_the_end = deed.starts_with("sink-finish") || deed.starts_with("sink-destroy");
        let failure = server.sink_failure();
        if !is_at_the_end {
            let (state, text) = events.recv_timeout(PATIENCE).unwrap();
            assert_eq!(state, "failed", "{deed}: {text}");
            viewer.watch(Kind::Motion, 5);
        }
        drop(viewer);
        server.stop();
        let said = failure().unwrap_or_default();
        let plugin = format!("plugin evil-sink ({})", name(&file));
        assert!(said.contains(&plugin) && said.contains(reason), "{deed}: {said}");
        assert_eq!(processes_of("plugin-host", &file), [""; 0], "{deed}");
    }
}

#[test]
fn a_sink_that_cannot_be_opened_says_why_and_nothing_runs() {
    let deeds = [
        ("sink-create:segv", "ended unexpectedly: signal: 11"),
        ("sink-create:refuse", "there is no disk"),
        ("sink-create:null-instance", "create succeeded without an instance"),
        ("sink-delivery:unknown", "delivery returned the unknown number 7"),
    ];
    for (deed, reason) in deeds {
        let file = evil(deed);
        let output = run(&["--plugin", name(&file), "pattern", "--size", "640x360", "--sink", "evil-sink"]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{deed}: {said}");
        assert!(
            said.contains("the sink evil-sink: plugin evil-sink") && said.contains(reason),
            "{deed}: {said}"
        );
    }
}

#[test]
fn tables_of_sinks_that_break_a_rule_are_refused_with_the_rule() {
    let deeds = [
        ("sink-table:size", "its table ls_sink says it has 16 bytes"),
        ("sink-table:name", "its sink's name \"Evil Sink\" is not of lower-case letters"),
        ("sink-table:name-ffmpeg", "there are two sinks named ffmpeg"),
        ("sink-table:no-frame", "the function frame of its sink evil-sink is null"),
        ("sink-factory:endless", "it has more than 64 sinks"),
        ("sink-option:positional", "its option level is a word without a name, which sinks cannot have"),
        ("sink-option:range", "its option level is a number from 3 to 2"),
    ];
    for (deed, rule) in deeds {
        let file = evil(deed);
        let output = run(&["--plugin", name(&file), "sinks"]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{deed}: {said}");
        assert!(said.contains(name(&file)) && said.contains(rule), "{rule:?} is not in: {said}");
    }
}

#[test]
fn a_sink_that_has_all_it_wants_ends_the_run_well() {
    for flags in [&[][..], &["--in-process"]] {
        let file = evil("sink-frame:complete");
        let line = ["--plugin", name(&file), "--json", "pattern", "--size", "640x360", "--sink", "evil-sink"];
        let output = run(&[&line, flags].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).contains(r#""sink":"evil-sink","state":"finished""#), "{}", stdout(&output));
    }
}

#[test]
fn sinks_of_plugins_are_listed_with_their_options() {
    let library = built_in_rust("pam");
    let text = stdout(&run(&["--plugin", name(&library), "sinks"]));
    assert!(text.contains("--sink pam") && text.contains("--pam.file"), "{text}");
    let help = stdout(&run(&["--plugin", name(&library), "pattern", "--help"]));
    assert!(help.contains("Write frames into a file") && help.contains("--pam.delivery"), "{help}");
    let missing = run(&["--plugin", name(&library), "pattern", "--size", "640x360", "--sink", "pam"]);
    assert!(stderr(&missing).contains("say where frames are written to"), "{}", stderr(&missing));
}

#[test]
fn a_plugin_of_minor_version_0_is_loaded_shown_and_not_asked_for_sinks() {
    let file = built_in_c("minor-0", "fixtures/minor-0.c", &[]);
    for flags in [&[][..], &["--in-process"]] {
        let running = Running::start(&[&["--plugin", name(&file), "old-grey", "--json"], flags].concat());
        let mut viewer = Viewer::join(&running.door(), Transport::Http);
        viewer.take_update();
        assert_eq!(viewer.picture.size(), Size::new(48, 32));
        assert!(viewer.picture.rgbx().as_chunks::<4>().0.iter().all(|pixel| pixel[..3] == [0x5a; 3]));
    }
    let sinks = stdout(&run(&["--plugin", name(&file), "sinks", "--json"]));
    assert!(!sinks.contains("old-grey"), "{sinks}");
}

/// What the plugin `tape` wrote.
#[cfg(feature = "ffmpeg")]
fn recorded_on_tape(film: &str, flags: &[&str]) -> (Vec<u8>, Vec<String>) {
    let library = built_in_c("tape", "fixtures/tape.c", &[]);
    let ((_folder, sound), (_other, lines)) = (place("sound"), place("lines"));
    let sink = ["--plugin", name(&library), "--sink", "tape", "--tape.sound", &sound, "--tape.lines", &lines];
    let output = run(&[&["play", film], &sink[..], flags].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines = fs::read_to_string(lines).unwrap();
    (fs::read(sound).unwrap(), lines.lines().map(str::to_owned).collect())
}

#[cfg(feature = "ffmpeg")]
#[test]
fn sound_and_times_of_a_film_come_as_they_are() {
    let (_folder, film) = place("film.mkv");
    let source = "testsrc2=size=98x62:rate=30:duration=1.5[out0];sine=frequency=600:duration=1.5,\
                  aformat=channel_layouts=stereo:sample_rates=48000:sample_fmts=flt[out1]";
    let make =
        ["-nostdin", "-v", "error", "-f", "lavfi", "-i", source, "-c:v", "ffv1", "-c:a", "pcm_f32le", &film];
    assert!(Command::new("ffmpeg").args(make).status().unwrap().success());
    let decode = ["-v", "error", "-i", &film, "-map", "0:a", "-c:a", "pcm_f32le", "-f", "f32le", "-"];
    let expected = Command::new("ffmpeg").args(decode).output().unwrap().stdout;
    for flags in [&[][..], &["--in-process"]] {
        let (sound, lines) = recorded_on_tape(&film, flags);
        assert!(sound == expected, "every sample is exact");
        assert_eq!(lines[0], "begin 98x62 1 48000 2");
        assert!(lines.ends_with(&["finish".to_owned(), "destroy".to_owned()]), "{lines:?}");
        let frames: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("frame 1 ")).collect();
        assert_eq!(frames.len(), 45, "{lines:?}");
        assert_eq!((frames[0], frames[3]), ("0", "100000"));
        let mut next = 0;
        for line in lines.iter().filter_map(|line| line.strip_prefix("audio ")) {
            let (at, bytes) = line.split_once(' ').unwrap();
            let (at, bytes): (i64, i64) = (at.parse().unwrap(), bytes.parse().unwrap());
            assert!((at - next).abs() <= 1, "{at} follows {next}");
            next = at + bytes / 8 * 1_000_000 / 48_000;
        }
    }
}
