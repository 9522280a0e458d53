//! The sound of a film: what FFmpeg decodes, at its own time, before its pictures.

use std::time::{Duration, Instant};

use lanstream_core::source::{Command, Event, SOUND_RATE, Sound, Source};
use lanstream_core::time::Pts;
use lanstream_ffmpeg::{Pace, Play, Speed};

use crate::clip::{Clip, run, words};
use crate::watch::{next, take};

/// A tone of another height in each half second, and its pictures.
const CLIP: &str = "-f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -f lavfi -i \
    aevalsrc='sin(2*PI*(200+100*floor(t*2))*t)|cos(2*PI*300*t):s=48000:d=2' -c:v libx264 -g 5 -c:a flac";

/// What is heard of it, as FFmpeg decodes it.
fn decoded(clip: &Clip) -> Vec<u8> {
    let mut command = std::process::Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-i"]).arg(clip.path());
    run(command.args(words("-vn -ac 2 -ar 48000 -c:a pcm_f32le -f f32le -")))
}

/// Sound and pictures as they come for so long, with where the film was.
fn listen(source: &mut dyn Source, time: Duration) -> Vec<(Sound, Option<Pts>)> {
    let (end, mut heard, mut shown) = (Instant::now() + time, Vec::new(), None);
    while Instant::now() < end {
        match source.wait(Some(end.saturating_duration_since(Instant::now()))) {
            Ok(Event::Damaged | Event::Resized) => shown = take(source).unwrap().pts,
            Ok(_) => {}
            Err(_) => return heard,
        }
        while let Some(sound) = source.sound() {
            heard.push((sound, shown));
        }
    }
    heard
}

/// It comes before its pictures, but where FFmpeg has just begun to decode it.
fn expect_ahead(sound: &Sound, shown: Option<Pts>) {
    let ahead = sound.at.0 - shown.expect("no sound before the first picture").0;
    let least = if sound.at.0 % 2_000_000 < 1_000_000 { -1_000_000 } else { -40_000 };
    assert!((least..=400_000).contains(&ahead), "{ahead} us ahead of its picture");
}

fn frames(at: Pts) -> usize {
    (at.0 * i64::from(SOUND_RATE) / 1_000_000) as usize
}

#[test]
fn every_sample_at_its_time_and_ahead_of_its_pictures() {
    let clip = Clip::made("a.mkv", CLIP);
    let wanted = decoded(&clip);
    let mut source = Play::new(clip.path()).open().unwrap();
    let heard = listen(source.as_mut(), Duration::from_secs(10));
    assert_eq!(heard.len(), 100, "two seconds are a hundred stretches");
    for (sound, shown) in &heard {
        let start = frames(sound.at) * 8;
        assert!(sound.samples == wanted[start..][..sound.samples.len()], "at {:?}", sound.at);
        expect_ahead(sound, *shown);
    }
}

#[test]
fn sound_stands_still_with_its_film_and_goes_where_it_goes() {
    let clip = Clip::made("a.mkv", CLIP);
    let wanted = decoded(&clip);
    let mut source = Play::new(clip.path()).open().unwrap();
    listen(source.as_mut(), Duration::from_millis(200));
    source.steer(Command::Pause);
    assert!(listen(source.as_mut(), Duration::from_millis(300)).is_empty());
    source.steer(Command::Seek(Duration::from_secs(1)));
    assert!(listen(source.as_mut(), Duration::from_millis(300)).is_empty());
    source.steer(Command::Play);
    let heard = listen(source.as_mut(), Duration::from_millis(500));
    assert_eq!(heard[0].0.at, Pts(1_000_000));
    for (sound, _) in &heard {
        assert!(sound.samples == wanted[frames(sound.at) * 8..][..sound.samples.len()], "at {:?}", sound.at);
    }
}

/// Nobody takes its pictures: what would be heard alone waits for them.
#[test]
fn a_film_that_nobody_watches_is_not_heard() {
    let clip = Clip::made("a.mkv", CLIP);
    let mut source = Play::new(clip.path()).open().unwrap();
    next(source.as_mut()).unwrap();
    let mut heard_for = |time| {
        let (end, mut heard) = (Instant::now() + time, 0);
        while Instant::now() < end {
            source.wait(Some(Duration::from_millis(10))).unwrap();
            heard += std::iter::from_fn(|| source.sound()).count();
        }
        heard
    };
    // A second is what a slow viewer may take.
    let heard = heard_for(Duration::from_millis(1400));
    assert!((1..75).contains(&heard), "{heard} stretches of 20 ms");
    assert_eq!(heard_for(Duration::from_millis(400)), 0);
}

#[test]
fn films_without_sound_and_those_that_are_not_to_be_heard() {
    let silent = Clip::made("a.mkv", "-f lavfi -i testsrc2=size=64x48:rate=25:duration=0.5 -c:v libx264");
    let mut source = Play::new(silent.path()).open().unwrap();
    assert!(listen(source.as_mut(), Duration::from_secs(5)).is_empty());
    let clip = Clip::made("b.mkv", CLIP);
    let muted = Play { sound: false, ..Play::new(clip.path()) };
    let fast = Play { pace: Some(Pace::Timestamps(Speed::new(1.5).unwrap())), ..Play::new(clip.path()) };
    for play in [muted, fast] {
        assert!(listen(play.open().unwrap().as_mut(), Duration::from_millis(400)).is_empty());
    }
}

/// One turn after the other, each as the first.
#[test]
fn a_film_that_is_repeated_is_heard_again() {
    let clip = Clip::made("a.mkv", CLIP);
    let wanted = decoded(&clip);
    let mut source = Play { repeat: true, ..Play::new(clip.path()) }.open().unwrap();
    let heard = listen(source.as_mut(), Duration::from_millis(4600));
    assert!(heard.len() > 190, "{} stretches of 20 ms", heard.len());
    for (sound, shown) in &heard {
        let start = frames(sound.at) * 8 % wanted.len();
        assert!(sound.samples == wanted[start..][..sound.samples.len()], "at {:?}", sound.at);
        expect_ahead(sound, *shown);
    }
}

/// A cover and its song: the last picture stays for as long as something is heard.
#[test]
fn sound_that_is_longer_than_its_pictures() {
    let words = "-f lavfi -i testsrc2=size=64x48:rate=25:duration=0.2 -f lavfi -i sine=duration=3.01 -c:v libx264 -c:a flac";
    let clip = Clip::made("a.mkv", words);
    let wanted = decoded(&clip);
    let mut source = Play::new(clip.path()).open().unwrap();
    let heard = listen(source.as_mut(), Duration::from_secs(10));
    let all: Vec<u8> = heard.into_iter().flat_map(|(sound, _)| sound.samples).collect();
    assert!(all == wanted, "{} bytes of {}", all.len(), wanted.len());
}
