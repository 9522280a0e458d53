//! Test: the timestamps that come with pixels are those of the file, whatever its rate does.

use std::process::Command;

use crate::Play;
use crate::intake::{Intake, Next};
use crate::pixel::Pixels;
use crate::program::Program;
use crate::stream::Pts;
use crate::stream::nut::Nut;

fn run(program: &str, arguments: &str, path: &std::path::Path) -> String {
    let mut command = Command::new(program);
    command.args(arguments.split(' ')).arg(path).stdin(std::process::Stdio::null());
    let output = command.output().expect("`cargo xtask setup` installs what these tests need");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Microseconds of every picture as they come to us.
fn ours(play: &Play) -> Vec<i64> {
    let (mut program, pixels) = Program::start("ffmpeg".as_ref(), &play.command().unwrap(), None).unwrap();
    let mut intake = Intake::new(pixels, Box::new(Nut::new(Pixels::RGB0)));
    let mut times = Vec::new();
    loop {
        match intake.next(&mut || program.next_size()).unwrap() {
            Next::Picture(picture) => times.push(picture.pts.map(|Pts(us)| us).unwrap()),
            Next::Began(_) => {}
            Next::Bytes if intake.read().unwrap() => return times,
            Next::Bytes => {}
        }
    }
}

#[test]
fn variable_rates_are_as_ffprobe_tells_them() {
    let folder = tempfile::tempdir().unwrap();
    let source = "-nostdin -v error -y -f lavfi -i testsrc2=size=64x48:rate=1000:duration=3";
    let vary = "select='not(mod(n,33))+not(mod(n,100))+between(n,500,520)'";
    for (name, codec) in [
        ("a.mp4", "-c:v libx264 -video_track_timescale 90000"),
        ("a.mkv", "-c:v ffv1"),
        ("a.ts", "-c:v mpeg2video -strict -1 -r 25 -f mpegts"),
    ] {
        let path = folder.path().join(name);
        let vary = if name == "a.ts" { "null".to_owned() } else { format!("{vary} -fps_mode vfr") };
        run("ffmpeg", &format!("{source} -vf {vary} {codec}"), &path);
        let probe = "-v error -select_streams v -show_entries frame=best_effort_timestamp_time -of csv=p=0";
        let told = run("ffprobe", probe, &path);
        let told: Vec<f64> = told.lines().filter_map(|line| line.trim_matches(',').parse().ok()).collect();
        let ours = ours(&Play::new(&path));
        assert_eq!(ours.len(), told.len(), "{name}");
        assert!(told.len() >= 70, "{name}: {} frames", told.len());
        for (own, told_at) in ours.iter().zip(&told) {
            let (own, told) = ((own - ours[0]) as f64 / 1e6, told_at - told[0]);
            assert!((own - told).abs() < 0.001, "{name}: {own} s instead of {told} s");
        }
    }
}
