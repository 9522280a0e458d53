//! A film stands still, goes on, shows one picture after the other, and goes on from another place.

use std::time::Duration;

use lanstream_core::source::{Command, ErrorKind, Event};
use lanstream_core::time::Pts;
use lanstream_ffmpeg::{Pace, Pipe, Play, Run, Speed};

use crate::clip::Clip;
use crate::pipes::{fast, raw};
use crate::watch::{Shown, all, expect_planes, first, next};

/// Two seconds of 25 pictures each, with a picture to begin at in every tenth.
fn clip() -> Clip {
    Clip::made(
        "a.mp4",
        "-f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -c:v libx264 -g 10 -pix_fmt yuv420p",
    )
}

fn at(shown: &Shown) -> Duration {
    let Some(Pts(us)) = shown.pts else { panic!("no timestamp") };
    Duration::from_micros(us as u64)
}

#[test]
fn a_step_is_one_picture_and_no_more() {
    let clip = clip();
    let mut source = Play::new(clip.path()).open().unwrap();
    assert!(source.playback().is_some_and(|playback| playback.is_playing && playback.can_seek));
    source.steer(Command::Pause);
    assert!(source.playback().is_some_and(|playback| !playback.is_playing));
    let mut shown = Vec::new();
    for _ in 0..50 {
        source.steer(Command::Step);
        shown.push(next(source.as_mut()).unwrap());
        assert_eq!(source.wait(Some(Duration::ZERO)), Ok(Event::TimedOut), "another picture is shown");
    }
    expect_planes(&shown, &clip.decoded("yuv420p"), "every picture by itself");
    for (number, picture) in (0..).zip(&shown) {
        assert_eq!(at(picture), Duration::from_millis(number * 40));
    }
    // At its end it stands as well, until it is to go on.
    source.steer(Command::Step);
    assert_eq!(source.wait(Some(Duration::from_millis(1500))), Ok(Event::TimedOut));
    source.steer(Command::Play);
    assert_eq!(next(source.as_mut()).err().unwrap().kind, ErrorKind::Finished);
}

#[test]
fn from_another_place_on() {
    let clip = clip();
    let whole = clip.decoded("yuv420p");
    let picture = 64 * 48 * 3 / 2;
    let mut source = Play { pace: fast(), ..Play::new(clip.path()) }.open().unwrap();
    first(source.as_mut(), 3);
    assert_eq!(source.playback().unwrap().duration, Some(Duration::from_secs(2)));
    for (to, number) in [(1480, 37), (200, 5), (0, 0)] {
        source.steer(Command::Seek(Duration::from_millis(to)));
        let shown = first(source.as_mut(), 3);
        assert_eq!(at(&shown[0]), Duration::from_millis(to));
        expect_planes(&shown, &whole[number * picture..][..3 * picture], "after it");
    }
    // Beyond the end is near it.
    source.steer(Command::Seek(Duration::from_secs(100)));
    let (shown, end) = all(source.as_mut());
    assert_eq!(end.kind, ErrorKind::Finished, "{end}");
    assert!((1..=3).contains(&shown.len()), "{} pictures", shown.len());
    expect_planes(&shown, &whole[whole.len() - shown.len() * picture..], "the end");
}

#[test]
fn a_place_is_shown_while_it_stands_still() {
    let clip = clip();
    let mut source = Play::new(clip.path()).open().unwrap();
    first(source.as_mut(), 1);
    source.steer(Command::Pause);
    source.steer(Command::Seek(Duration::from_secs(1)));
    assert_eq!(at(&next(source.as_mut()).unwrap()), Duration::from_secs(1));
    assert_eq!(source.wait(Some(Duration::from_millis(300))), Ok(Event::TimedOut));
    source.steer(Command::Play);
    assert_eq!(at(&next(source.as_mut()).unwrap()), Duration::from_millis(1040));
}

#[test]
fn what_can_be_steered_and_how_far() {
    let run = Run::new(["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=1"]).open().unwrap();
    let playback = run.playback().unwrap();
    assert!(playback.is_playing && !playback.can_seek);
    let live = Run { pace: Some(Pace::Newest), ..Run::new(["-f", "lavfi", "-i", "testsrc2=size=64x48"]) };
    let mut live = live.open().unwrap();
    assert_eq!(live.playback(), None);
    live.steer(Command::Pause);
    first(live.as_mut(), 2);
    let clip =
        Clip::made("raw", "-f lavfi -i testsrc=size=16x16:rate=5:duration=2 -pix_fmt rgb0 -f rawvideo");
    let pace = Some(Pace::Timestamps(Speed::REAL));
    let mut pipe = Pipe { input: Some(clip.path()), pace, ..Pipe::new(raw("16x16", "rgb0")) }.open().unwrap();
    pipe.steer(Command::Seek(Duration::from_secs(1)));
    pipe.steer(Command::Step);
    assert_eq!(at(&next(pipe.as_mut()).unwrap()), Duration::ZERO);
    assert_eq!(pipe.wait(Some(Duration::from_millis(100))), Ok(Event::TimedOut));
}

/// Its timestamps go on, so that nothing runs back, and it can be sought in like any other.
#[test]
fn a_film_that_is_repeated() {
    let clip = clip();
    let play = Play { repeat: true, pace: fast(), ..Play::new(clip.path()) };
    let mut source = play.open().unwrap();
    let shown = first(source.as_mut(), 120);
    for (number, picture) in (0..).zip(&shown) {
        assert_eq!(at(picture), Duration::from_millis(number * 40), "picture {number}");
    }
    assert_eq!(source.playback().unwrap().began, Pts(4_000_000));
    let whole = clip.decoded("yuv420p");
    expect_planes(&shown, &[&whole[..], &whole, &whole[..whole.len() / 5 * 2]].concat(), "turn after turn");
    source.steer(Command::Seek(Duration::from_secs(1)));
    assert_eq!(at(&first(source.as_mut(), 1)[0]), Duration::from_secs(1));
    source.steer(Command::Seek(Duration::MAX));
    assert!(at(&first(source.as_mut(), 1)[0]) >= Duration::from_millis(1880));
}

/// A still picture is begun anew once a second, no more often.
#[test]
fn a_picture_that_is_repeated() {
    let clip = Clip::made("a.png", "-f lavfi -i testsrc=size=64x48:rate=25:duration=0.04 -frames:v 1");
    let mut source = Play { repeat: true, ..Play::new(clip.path()) }.open().unwrap();
    let shown = first(source.as_mut(), 3);
    assert_eq!(shown.iter().map(at).collect::<Vec<_>>(), [0, 1, 2].map(Duration::from_secs));
}

/// Where no picture begins after a place, the film goes on from one before it.
#[test]
fn a_place_after_the_last_picture() {
    let slow = "-f lavfi -i testsrc2=size=64x48:rate=2:duration=4 -c:v ffv1";
    let long =
        "-f lavfi -i testsrc2=size=64x48:rate=25:duration=1 -f lavfi -i sine=duration=6 -c:v ffv1 -c:a flac";
    for (words, last) in [(slow, 3500), (long, 960)] {
        let clip = Clip::made("a.mkv", words);
        let mut source = Play::new(clip.path()).open().unwrap();
        first(source.as_mut(), 1);
        source.steer(Command::Pause);
        let before = source.playback();
        source.steer(Command::Seek(Duration::from_secs(100)));
        assert_eq!(source.playback(), before, "what is known of it is forgotten");
        let shown = first(source.as_mut(), 1);
        assert!(at(&shown[0]) <= Duration::from_millis(last), "at {:?}", at(&shown[0]));
    }
}

/// Nothing is to be done then, for as long as that takes.
#[test]
fn it_stands_still_in_its_last_second() {
    let clip = Clip::made("a.mkv", "-f lavfi -i testsrc2=size=64x48:rate=25:duration=0.2 -c:v ffv1");
    let mut source = Play::new(clip.path()).open().unwrap();
    first(source.as_mut(), 5);
    assert_eq!(source.wait(Some(Duration::from_millis(300))), Ok(Event::TimedOut));
    source.steer(Command::Pause);
    let before = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    assert_eq!(source.wait(Some(Duration::from_millis(1500))), Ok(Event::TimedOut));
    let after = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let cpu = Duration::try_from(after).unwrap() - Duration::try_from(before).unwrap();
    assert!(cpu < Duration::from_millis(100), "it took {cpu:?} of the processor");
    source.steer(Command::Play);
    assert_eq!(next(source.as_mut()).err().unwrap().kind, ErrorKind::Finished);
}

/// Its file is gone meanwhile: it says so, and does not show what is not there.
#[test]
fn a_place_that_cannot_be_had() {
    let clip = clip();
    let mut source = Play::new(clip.path()).open().unwrap();
    first(source.as_mut(), 1);
    std::fs::remove_file(clip.path()).unwrap();
    source.steer(Command::Pause);
    source.steer(Command::Seek(Duration::from_secs(1)));
    let error = next(source.as_mut()).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Ended);
    assert!(error.message.contains("No such file"), "{error}");
}

#[test]
fn a_step_right_after_a_seek() {
    let clip = clip();
    let mut source = Play::new(clip.path()).open().unwrap();
    first(source.as_mut(), 1);
    source.steer(Command::Pause);
    source.steer(Command::Seek(Duration::ZERO));
    source.steer(Command::Step);
    assert_eq!(at(&next(source.as_mut()).unwrap()), Duration::ZERO);
    assert_eq!(at(&next(source.as_mut()).unwrap()), Duration::from_millis(40));
}
