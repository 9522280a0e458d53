//! `lanstream play`, `ffmpeg` and `pipe` where they can't begin: one clear line and the right exit status.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Status and stderr of a run with these arguments, these bytes on stdin and this PATH.
fn run(arguments: &[&str], stdin: Option<&[u8]>, path: Option<&str>) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanstream"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(stdin.map_or_else(Stdio::null, |_| Stdio::piped()));
    command.envs(path.map(|path| ("PATH", path)));
    let mut child = command.spawn().unwrap();
    if let (Some(bytes), Some(mut pipe)) = (stdin, child.stdin.take()) {
        // It may be at its end before it has read all.
        let _gone = pipe.write_all(bytes);
    }
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn expect(arguments: &[&str], stdin: Option<&[u8]>, path: Option<&str>, status: i32, words: &[&str]) {
    let (code, stderr) = run(arguments, stdin, path);
    assert_eq!(code, Some(status), "{arguments:?}: {stderr}");
    assert!(words.iter().all(|word| stderr.contains(word)), "{words:?} for {arguments:?}: {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn no_ffmpeg_on_the_path() {
    for arguments in [&["ffmpeg", "--", "-i", "x"][..], &["play", env!("CARGO_BIN_EXE_lanstream")]] {
        let words = ["there is no FFmpeg on the PATH", "nstall"];
        expect(arguments, None, Some("/nonexistent"), 1, &words);
    }
}

#[test]
fn what_cannot_be_shown() {
    expect(&["play", "none.mp4"], None, None, 1, &["there is no file none.mp4"]);
    expect(&["play", ""], None, None, 1, &["the name of what is to be played is empty"]);
    expect(&["play", env!("CARGO_BIN_EXE_lanstream")], None, None, 1, &["Invalid data found"]);
    expect(&["ffmpeg", "--", "-i", "none.mp4"], None, None, 1, &["No such file or directory"]);
    expect(&["ffmpeg", "--", "-vf", "null"], None, None, 1, &["FFmpeg needs an input"]);
}

#[test]
fn stdin_that_is_closed_or_something_else() {
    expect(&["pipe"], None, None, 1, &["stdin: it ended before its first byte"]);
    expect(&["pipe"], Some(b"YUV4"), None, 1, &["after 4 bytes, inside its header"]);
    expect(&["pipe"], Some(b"\x1b[2Jhello\n"), None, 1, &[r"it isn't YUV4MPEG2: it begins with "]);
    expect(&["pipe"], Some(b"YUV4MPEG2 W0 H1\n"), None, 1, &["W0", "no side"]);
}

/// What a run with `--json` says.
fn events(arguments: &[&str]) -> (Option<i32>, Vec<Value>) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_lanstream")).arg("--json").args(arguments).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn what_ffmpeg_says_is_told_as_events() {
    let film = ["-re", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=20:duration=2"];
    let (status, told) = events(&[&["ffmpeg", "--pace", "newest", "--"][..], &film].concat());
    assert_eq!(status, Some(0), "{told:?}");
    let of = |kind: &'static str| told.iter().filter(move |event| event["event"] == kind);
    let frames: Vec<_> = of("progress").map(|event| event["frames"].as_u64().unwrap()).collect();
    assert!(frames.is_sorted() && frames.last().is_some_and(|last| *last > 10), "{frames:?}");
    assert!(of("progress").all(|event| event["time"].as_str().unwrap().starts_with("00:00:0")));
    assert!(of("log").any(|event| event["is_error"] == false && event["text"].is_string()));
    assert!(of("log").chain(of("progress")).all(|event| event["sink"].is_null()), "it is the source's");

    let (status, told) = events(&["ffmpeg", "--", "-i", "none.mp4"]);
    assert_eq!(status, Some(1));
    let is_why =
        |event: &Value| event["is_error"] == true && event["text"].as_str().unwrap().contains("No such file");
    assert!(told.iter().any(is_why), "{told:?}");
    assert_eq!(told.last().unwrap()["event"], "error");
}

/// What FFmpeg makes of these arguments, in a folder of its own.
fn clip(name: &str, arguments: &[&str]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name).to_string_lossy().into_owned();
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-f", "lavfi", "-i"]).args(arguments).arg(&path);
    let status = command.status().expect("`cargo xtask setup` installs what these tests need");
    assert!(status.success(), "{arguments:?}");
    (folder, path)
}

#[test]
fn a_place_that_is_not_there() {
    let (_folder, path) = clip("a.mkv", &["testsrc=size=64x64:rate=10:duration=8", "-c:v", "ffv1"]);
    let words = ["a.mkv ends at 0:08: it can't begin at 1:40"];
    expect(&["play", &path, "--start", "100"], None, None, 1, &words);
    expect(&["play", &path, "--audio", "1"], None, None, 1, &["there is no sound in a.mkv, so no track 1"]);
}

/// It waits for a stream that nobody sends: when it is asked to end, it does.
#[test]
fn what_is_being_opened_is_given_up() {
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanstream"));
    command
        .args(["-v", "play", &format!("udp://127.0.0.1:{port}")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    let stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut lines = std::io::BufRead::lines(stderr).map_while(Result::ok);
    assert!(lines.any(|line| line.contains("running")), "FFmpeg is not run");
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    let rest: Vec<_> = lines.collect();
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}: {rest:?}");
    assert!(!rest.iter().any(|line| line.contains("left behind")), "{rest:?}");
}

#[test]
fn words_that_make_no_sense() {
    for (arguments, words) in [
        (&["pipe", "--size", "10x10"][..], "--format"),
        (&["pipe", "--format", "rgba"], "--size"),
        (&["pipe", "--fps", "60"], "--size"),
        (&["pipe", "--size", "0x10", "--format", "rgba"], "WIDTHxHEIGHT"),
        (&["pipe", "--size", "1x1", "--format", "yuv420p16be"], "formats are rgb0"),
        (&["play"], "FILE|URL"),
        (&["play", "x", "--start", "1:2:3:4"], "01:30"),
        (&["play", "x", "--speed", "0"], "a speed is"),
        (&["ffmpeg"], "FFMPEG ARGUMENTS"),
        (&["play", "x", "--start", "1:99"], "99 is no number of minutes or seconds after a colon"),
        (&["play", "x", "--start", "-5"], "a time is"),
        (&["play", "x", "--start=-1:30"], "a time is"),
        (&["play", "x", "--speed", "-1"], "a speed is"),
        (&["play", "x", "--filter", ""], "it is empty"),
        (&["play", "x", "--audio", "-1"], "a track is"),
        (&["play", "x", "--audio", "german"], "three letters"),
        (&["pipe", "--size", "-1x1", "--format", "rgba"], "WIDTHxHEIGHT"),
        (&["pipe", "--size", "1x1", "--format", "rgba", "--fps", "-1"], "a rate is"),
    ] {
        expect(arguments, None, None, 2, &[words]);
        let (_, stderr) = run(arguments, None, None);
        assert!(!stderr.contains("-- -"), "it would be taken for a file's name: {stderr}");
    }
}
