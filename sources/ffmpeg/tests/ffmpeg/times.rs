//! The timestamps that come with pictures are those of the file, whatever its rate does.

use std::process::Command;

use lanstream_core::Pts;
use lanstream_ffmpeg::Play;

use crate::cases::each;
use crate::clip::{Clip, run, words};
use crate::pipes::fast;
use crate::watch::all;

#[test]
fn variable_rates_are_as_ffprobe_tells_them() {
    let source = "-f lavfi -i testsrc2=size=64x48:rate=1000:duration=3";
    let vary = "-vf select='not(mod(n,33))+not(mod(n,100))+between(n,500,520)' -fps_mode vfr";
    each(
        [
            ("a.mp4", format!("{vary} -c:v libx264 -video_track_timescale 90000")),
            ("a.mkv", format!("{vary} -c:v ffv1")),
            ("a.ts", "-c:v mpeg2video -strict -1 -r 25 -f mpegts".to_owned()),
        ],
        |(name, codec)| {
            let clip = Clip::made(name, &format!("{source} {codec}"));
            let (shown, _) = all(Play { pace: fast(), ..Play::new(clip.path()) }.open().unwrap().as_mut());
            let ours: Vec<Pts> = shown.iter().filter_map(|picture| picture.pts).collect();
            let told = told(&clip);
            assert_eq!(ours.len(), told.len(), "{name}");
            assert!(told.len() >= 70, "{name}: {} frames", told.len());
            for (own, told_at) in ours.iter().zip(&told) {
                let (own, told) = (own.since(ours[0]).unwrap().as_secs_f64(), told_at - told[0]);
                assert!((own - told).abs() < 0.001, "{name}: {own} s instead of {told} s");
            }
        },
    );
}

fn told(clip: &Clip) -> Vec<f64> {
    let probe = "-v error -select_streams v -show_entries frame=best_effort_timestamp_time -of csv=p=0";
    let told = run(Command::new("ffprobe").args(words(probe)).arg(clip.path()));
    let told = String::from_utf8(told).unwrap();
    told.lines().filter_map(|line| line.trim_matches(',').parse().ok()).collect()
}
