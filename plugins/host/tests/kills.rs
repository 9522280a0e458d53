//! Processes of plugins, and lanstream's own, that are killed while a frame is drawn: nothing is left of them.
//!
//! This program is its own host, and counts what it has open, so it has no test harness.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "the process of a plugin is served")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lanstream_core::frame_sink::{Backlog, FrameSinkErrorKind, SinkFrame, StreamInfo};
use lanstream_core::options::OptionValues;
use lanstream_core::source::{Description, ErrorKind, Listener, Source};
use lanstream_core::{Frame, FrameBuffer, Layout, Micros, PixelFormat, Region, Size};
use lanstream_plugin_host::{HOST_COMMAND, Launch, RemotePlugin, serve};
use lanstream_testkit::process::children;
use lanstream_wakeup::poll_until;
use rustix::fd::AsFd as _;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

/// Processes that are killed, one after the other.
const KILLS: u32 = 1000;
/// Kills after which everything that is made once has been made.
const WARM_UP: u32 = 20;
/// Memory that may be added after that: the allocator keeps some of what was freed.
const GROWTH_MAX_KIB: u64 = 2048;
/// First argument of the process that is killed as lanstream might be: it captures until then.
const VICTIM_COMMAND: &str = "victim";

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // SAFETY: the test built the library, and this process does nothing else.
        [HOST_COMMAND, ..] => unsafe { serve(std::env::args_os().skip(2)) }.unwrap(),
        [VICTIM_COMMAND, path] => capture_for_ever(Path::new(path)),
        _ => run(&arguments),
    }
}

/// Runs all tests, if the words on the command line select this program.
fn run(words: &[String]) {
    let names = words.iter().filter(|word| !word.starts_with('-')).collect::<Vec<_>>();
    if !names.is_empty() && !names.iter().any(|name| "kills".contains(name.as_str())) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let plasma = plasma(folder.path());
    processes_that_are_killed_leave_nothing(|kill| kill_while_it_draws(&plasma, kill));
    let tape = compiled(folder.path(), "tape", "fixtures/tape.c");
    processes_that_are_killed_leave_nothing(|kill| kill_while_it_takes(&tape, kill));
    a_plugin_ends_with_lanstream(&plasma);
    println!("test result: ok. 3 passed; {KILLS} processes of a source and of a sink were killed at work");
}

fn plasma(folder: &Path) -> PathBuf {
    compiled(folder, "plasma", "examples/plasma/plasma.c")
}

/// Builds a plugin in C.
fn compiled(folder: &Path, name: &str, source: &str) -> PathBuf {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let library = folder.join(name).with_extension("so");
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", "-O2", "-I"]).arg(plugins.join("include")).arg("-o").arg(&library);
    command.arg(plugins.join(source)).arg("-lm");
    assert!(command.status().expect("a C compiler is installed").success());
    library
}

fn open(library: &Path) -> Box<dyn Source> {
    let launch = Launch::new(&std::env::current_exe().unwrap(), library);
    let plugin = RemotePlugin::load(launch).unwrap();
    let factory = plugin.factories().remove(0);
    let values = OptionValues::default().with("size", "320x180");
    let mut configured = factory.configure(&values, Listener::default()).unwrap();
    (configured.open)().unwrap()
}

fn buffer(source: &mut dyn Source) -> FrameBuffer {
    FrameBuffer::new(source.layout(), source.allocate().unwrap()).unwrap()
}

/// Kills process after process by `kill`, which is given the number of each.
fn processes_that_are_killed_leave_nothing(kill_one: impl Fn(u32)) {
    let before = Usage::now();
    let mut warm = before.clone();
    for kill in 0..KILLS {
        kill_one(kill);
        if kill == WARM_UP {
            warm = Usage::now();
        }
    }
    let after = Usage::now();
    assert_eq!(after.descriptors, before.descriptors);
    assert_eq!(after.frames, before.frames);
    assert_eq!(after.threads, before.threads);
    assert_eq!(own_children(), [0_u32; 0]);
    let growth = after.memory_kib.saturating_sub(warm.memory_kib);
    assert!(growth < GROWTH_MAX_KIB, "{growth} KiB were added by {KILLS} kills");
}

/// Kills the one process of a plugin after another time for each number.
fn kill_soon(number: u32) -> JoinHandle<()> {
    let process = *own_children().first().expect("the plugin has a process");
    let delay = Duration::from_micros(u64::from(number * 37 % 2000));
    std::thread::spawn(move || {
        std::thread::sleep(delay);
        kill_process(pid(process), Signal::KILL).unwrap();
    })
}

/// Kills the process of a sink at another point of its frames each time.
fn kill_while_it_takes(library: &Path, kill: u32) {
    let launch = Launch::new(&std::env::current_exe().unwrap(), library);
    let factory = RemotePlugin::load(launch).unwrap().sink_factories().remove(0);
    let values = OptionValues::default().with("sound", "/dev/null").with("lines", "/dev/null");
    let mut sink = (factory.configure(&values, Listener::default()).unwrap())().unwrap();
    let layout = Layout::packed(Size { width: 320, height: 180 }, PixelFormat::Rgbx8);
    let description = Description::default();
    sink.begin(&StreamInfo { layout, description, has_sound: false }).unwrap();
    let frame = Frame::new(FrameBuffer::new(layout, Box::new(vec![0; layout.bytes()])).unwrap());
    let damage = Region::full(layout.cells());
    let given = SinkFrame { frame: &frame, damage, at: Micros::ZERO, backlog: Backlog::default() };
    let killer = kill_soon(kill);
    let error = loop {
        if let Err(error) = sink.frame(&given) {
            break error;
        }
    };
    killer.join().unwrap();
    assert_eq!(error.kind, FrameSinkErrorKind::Broken, "{}", error.message);
}

/// Kills the process of a source at another point of its frames each time.
fn kill_while_it_draws(library: &Path, kill: u32) {
    let mut source = open(library);
    let mut frame = buffer(source.as_mut());
    let killer = kill_soon(kill);
    let all = Region::full(frame.size());
    let error = loop {
        if let Err(error) = source.capture(&mut frame, &all) {
            break error;
        }
    };
    killer.join().unwrap();
    assert_eq!(error.kind, ErrorKind::Lost, "{}", error.message);
}

/// A process that was started by a lanstream that is killed ends by itself.
fn a_plugin_ends_with_lanstream(library: &Path) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut victim = command.arg(VICTIM_COMMAND).arg(library).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(victim.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let plugin = pid(line.trim().parse().unwrap());
    let plugin = pidfd_open(plugin, PidfdFlags::empty()).unwrap();
    victim.kill().unwrap();
    victim.wait().unwrap();
    let ended = poll_until([plugin.as_fd()], Some(Instant::now() + Duration::from_secs(10)));
    assert_eq!(ended.unwrap(), [true], "the plugin outlives lanstream");
}

/// Captures until the process is killed, and says what process the plugin has.
fn capture_for_ever(library: &Path) {
    let mut source = open(library);
    let mut frame = buffer(source.as_mut());
    let all = Region::full(frame.size());
    source.capture(&mut frame, &all).unwrap();
    println!("{}", own_children()[0]);
    while source.capture(&mut frame, &all).is_ok() {}
}

/// What this process has.
#[derive(Clone, Debug)]
struct Usage {
    descriptors: usize,
    threads: usize,
    /// Frames that are mapped.
    frames: usize,
    memory_kib: u64,
}

impl Usage {
    fn now() -> Self {
        let count = |path: &str| std::fs::read_dir(path).unwrap().count();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        Self {
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            frames: maps.lines().filter(|line| line.contains("/memfd:")).count(),
            memory_kib: memory.trim().trim_end_matches(" kB").parse().unwrap(),
        }
    }
}

/// Returns the processes that this one has started and not waited for.
fn own_children() -> Vec<u32> {
    children(std::process::id())
}

fn pid(raw: u32) -> Pid {
    Pid::from_raw(raw.cast_signed()).expect("a process has a number")
}
