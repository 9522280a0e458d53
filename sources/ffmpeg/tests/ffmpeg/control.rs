//! A film stands still, goes on, shows one picture after the other, and goes on from another place.

use std::time::Duration;

use lanstream_core::Pts;
use lanstream_core::source::{ErrorKind, Event, PlaybackCommand, Source};
use lanstream_ffmpeg::{FramePipe, Pacing, Play, Run, Speed};

use crate::cases::each;
use crate::clip::Clip;
use crate::pipes::{fast, raw};
use crate::watch::{Shown, all, control, expect_planes, first, next, playback_of};

/// Two seconds of 25 pictures each, with a picture to begin at in every tenth.
fn clip() -> Clip {
    Clip::made(
        "a.mp4",
        "-f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -c:v libx264 -g 10 -pix_fmt yuv420p",
    )
}

fn at(shown: &Shown) -> Duration {
    let Some(Pts(us)) = shown.pts else { panic!("no timestamp") };
    Duration::from_micros(us.try_into().unwrap())
}

#[test]
fn a_step_is_one_picture_and_no_more() {
    let clip = clip();
    let mut source = Play::new(clip.path()).open().unwrap();
    assert!(playback_of(source.as_mut()).is_some_and(|playback| playback.is_playing && playback.can_seek));
    control(source.as_mut(), PlaybackCommand::Pause);
    assert!(playback_of(source.as_mut()).is_some_and(|playback| !playback.is_playing));
    let mut shown = Vec::new();
    for _ in 0..50 {
        control(source.as_mut(), PlaybackCommand::Step);
        shown.push(next(source.as_mut()).unwrap());
        assert_eq!(source.wait(Some(Duration::ZERO)), Ok(Event::TimedOut), "another picture is shown");
    }
    expect_planes(&shown, &clip.decoded("yuv420p"), "every picture by itself");
    for (number, picture) in (0..).zip(&shown) {
        assert_eq!(at(picture), Duration::from_millis(number * 40));
    }
    // At its end it stands as well, until it is to go on.
    control(source.as_mut(), PlaybackCommand::Step);
    assert_eq!(source.wait(Some(Duration::from_millis(1500))), Ok(Event::TimedOut));
    control(source.as_mut(), PlaybackCommand::Play);
    assert_eq!(next(source.as_mut()).err().unwrap().kind, ErrorKind::Finished);
}

#[test]
fn from_another_place_on() {
    let clip = clip();
    let whole = clip.decoded("yuv420p");
    let picture = 64 * 48 * 3 / 2;
    let mut source = Play { pace: fast(), ..Play::new(clip.path()) }.open().unwrap();
    first(source.as_mut(), 3);
    assert_eq!(playback_of(source.as_mut()).unwrap().duration, Some(Duration::from_secs(2)));
    for (to, number) in [(1480, 37), (200, 5), (0, 0)] {
        control(source.as_mut(), PlaybackCommand::Seek(Duration::from_millis(to)));
        let shown = first(source.as_mut(), 3);
        assert_eq!(at(&shown[0]), Duration::from_millis(to));
        expect_planes(&shown, &whole[number * picture..][..3 * picture], "after it");
    }
    // Beyond the end is near it.
    control(source.as_mut(), PlaybackCommand::Seek(Duration::from_secs(100)));
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
    control(source.as_mut(), PlaybackCommand::Pause);
    control(source.as_mut(), PlaybackCommand::Seek(Duration::from_secs(1)));
    assert_eq!(at(&next(source.as_mut()).unwrap()), Duration::from_secs(1));
    assert_eq!(source.wait(Some(Duration::from_millis(300))), Ok(Event::TimedOut));
    control(source.as_mut(), PlaybackCommand::Play);
    assert_eq!(at(&next(source.as_mut()).unwrap()), Duration::from_millis(1040));
}

#[test]
fn what_can_be_controlled_and_how_far() {
    let mut run = Run::new(["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=1"]).open().unwrap();
    let playback = playback_of(run.as_mut()).unwrap();
    assert!(playback.is_playing && !playback.can_seek);
    let live = Run { pace: Some(Pacing::Newest), ..Run::new(["-f", "lavfi", "-i", "testsrc2=size=64x48"]) };
    let mut live = live.open().unwrap();
    assert_eq!(playback_of(live.as_mut()), None);
    control(live.as_mut(), PlaybackCommand::Pause);
    first(live.as_mut(), 2);
    let clip =
        Clip::made("raw", "-f lavfi -i testsrc=size=16x16:rate=5:duration=2 -pix_fmt rgb0 -f rawvideo");
    let pace = Some(Pacing::Timestamps(Speed::REAL));
    let mut pipe =
        FramePipe { input: Some(clip.path()), pace, ..FramePipe::new(raw("16x16", "rgb0")) }.open().unwrap();
    control(pipe.as_mut(), PlaybackCommand::Seek(Duration::from_secs(1)));
    control(pipe.as_mut(), PlaybackCommand::Step);
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
    assert_eq!(playback_of(source.as_mut()).unwrap().began, Pts(4_000_000));
    let whole = clip.decoded("yuv420p");
    expect_planes(&shown, &[&whole[..], &whole, &whole[..whole.len() / 5 * 2]].concat(), "turn after turn");
    control(source.as_mut(), PlaybackCommand::Seek(Duration::from_secs(1)));
    assert_eq!(at(&first(source.as_mut(), 1)[0]), Duration::from_secs(1));
    control(source.as_mut(), PlaybackCommand::Seek(Duration::MAX));
    assert!(at(&first(source.as_mut(), 1)[0]) >= Duration::from_millis(1880));
}

/// Repeated or not, it stays, and nothing is done for it: neither here nor by FFmpeg.
#[test]
fn a_still_picture_stays_until_nobody_wants_it() {
    each(
        [
            ("a.png", "-f lavfi -i testsrc=size=64x48:rate=25:duration=0.04 -frames:v 1"),
            ("a.mp4", "-f lavfi -i testsrc2=size=64x48:rate=25:duration=0.04 -frames:v 1 -c:v libx264"),
        ],
        |(name, words)| {
            let clip = Clip::made(name, words);
            for repeat in [false, true] {
                let mut source = Play { repeat, ..Play::new(clip.path()) }.open().unwrap();
                assert_eq!(at(&next(source.as_mut()).unwrap()), Duration::ZERO);
                let cpu = cpu_of(|| {
                    assert_eq!(source.wait(Some(Duration::from_millis(2500))), Ok(Event::TimedOut));
                });
                assert!(cpu < Duration::from_millis(100), "{name}: it took {cpu:?} of the processor");
                assert!(!is_read(&clip), "{name}: FFmpeg runs");
                let playback = playback_of(source.as_mut()).unwrap();
                assert!(!playback.can_seek && playback.duration.is_none(), "{name}: {playback:?}");
            }
        },
    );
}

/// Whether a process reads it.
fn is_read(clip: &Clip) -> bool {
    let name = clip.path().to_string_lossy().into_owned();
    std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).any(|process| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&name)
    })
}

/// What this thread takes of the processor meanwhile.
fn cpu_of(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).unwrap()
    };
    let before = now();
    work();
    now() - before
}

/// Where no picture begins after a place, the last one is shown at it.
#[test]
fn a_place_after_the_last_picture() {
    let slow = "-f lavfi -i testsrc2=size=64x48:rate=2:duration=4 -c:v ffv1";
    let long =
        "-f lavfi -i testsrc2=size=64x48:rate=25:duration=1 -f lavfi -i sine=duration=6 -c:v ffv1 -c:a flac";
    each([(slow, 3900), (long, 5900)], |(words, place)| {
        let clip = Clip::made("a.mkv", words);
        let whole = clip.decoded("yuv420p");
        let last = &whole[whole.len() - 64 * 48 * 3 / 2..];
        let mut source = Play::new(clip.path()).open().unwrap();
        first(source.as_mut(), 1);
        control(source.as_mut(), PlaybackCommand::Pause);
        let known = |source: &mut dyn Source| {
            playback_of(source).map(|playback| (playback.can_seek, playback.duration))
        };
        let before = known(source.as_mut());
        control(source.as_mut(), PlaybackCommand::Seek(Duration::from_secs(100)));
        assert_eq!(known(source.as_mut()), before, "what is known of it is forgotten");
        let shown = first(source.as_mut(), 1);
        assert_eq!(at(&shown[0]), Duration::from_millis(place));
        expect_planes(&shown, last, "the last picture");
        // It is known from now on.
        control(source.as_mut(), PlaybackCommand::Seek(Duration::from_millis(place - 200)));
        let shown = first(source.as_mut(), 1);
        assert_eq!(at(&shown[0]), Duration::from_millis(place - 200));
        expect_planes(&shown, last, "the last picture again");
        let from = Play { start: Duration::from_millis(place), ..Play::new(clip.path()) };
        let shown = first(from.open().unwrap().as_mut(), 1);
        assert_eq!(at(&shown[0]), Duration::from_millis(place));
        expect_planes(&shown, last, "the last picture at the beginning");
    });
}

/// Two recordings of which each has the same timestamps, end to end.
fn joined() -> (Clip, Vec<u8>) {
    let part = |source: &str| {
        let words =
            format!("-f lavfi -i {source}=size=64x48:rate=25:duration=4 -c:v libx264 -g 25 -pix_fmt yuv420p");
        Clip::made("part.ts", &words)
    };
    let parts = [part("testsrc"), part("testsrc2")];
    let clip = Clip::empty("joined.ts");
    std::fs::write(clip.path(), parts.each_ref().map(|part| std::fs::read(part.path()).unwrap()).concat())
        .unwrap();
    (clip, parts.map(|part| part.decoded("yuv420p")).concat())
}

/// Its length grows while more of it is shown than there was said to be, and then every place of it can be had.
#[test]
fn recordings_that_were_joined() {
    let (clip, whole) = joined();
    let picture = 64 * 48 * 3 / 2;
    let mut source = Play { pace: fast(), repeat: true, ..Play::new(clip.path()) }.open().unwrap();
    let duration = |source: &mut dyn Source| playback_of(source).unwrap().duration.unwrap();
    assert_eq!(duration(source.as_mut()), Duration::from_secs(4));
    let shown = first(source.as_mut(), 150);
    expect_planes(&shown, &whole[..150 * picture], "the first six seconds");
    assert!(duration(source.as_mut()) >= at(&shown[149]), "{:?}", duration(source.as_mut()));
    first(source.as_mut(), 60);
    assert_eq!(duration(source.as_mut()), Duration::from_secs(8));
    for number in [150_u32, 50, 190, 0] {
        let start = number * Duration::from_millis(40);
        control(source.as_mut(), PlaybackCommand::Seek(start));
        let shown = first(source.as_mut(), 2);
        assert_eq!(at(&shown[0]), start);
        let number = number as usize;
        expect_planes(
            &shown,
            &whole[number * picture..][..2 * picture],
            &format!("from picture {number} on"),
        );
    }
}

/// Nothing is to be done then, for as long as that takes.
#[test]
fn it_stands_still_in_its_last_second() {
    let clip = Clip::made("a.mkv", "-f lavfi -i testsrc2=size=64x48:rate=25:duration=0.2 -c:v ffv1");
    let mut source = Play::new(clip.path()).open().unwrap();
    first(source.as_mut(), 5);
    assert_eq!(source.wait(Some(Duration::from_millis(300))), Ok(Event::TimedOut));
    control(source.as_mut(), PlaybackCommand::Pause);
    let cpu = cpu_of(|| assert_eq!(source.wait(Some(Duration::from_millis(1500))), Ok(Event::TimedOut)));
    assert!(cpu < Duration::from_millis(100), "it took {cpu:?} of the processor");
    control(source.as_mut(), PlaybackCommand::Play);
    assert_eq!(next(source.as_mut()).err().unwrap().kind, ErrorKind::Finished);
}

/// Its file is gone meanwhile: it says so, and does not show what is not there.
#[test]
fn a_place_that_cannot_be_had() {
    let clip = clip();
    let mut source = Play::new(clip.path()).open().unwrap();
    first(source.as_mut(), 1);
    std::fs::remove_file(clip.path()).unwrap();
    control(source.as_mut(), PlaybackCommand::Pause);
    control(source.as_mut(), PlaybackCommand::Seek(Duration::from_secs(1)));
    let error = next(source.as_mut()).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Ended);
    assert!(error.message.contains("No such file"), "{error}");
}

#[test]
fn a_step_right_after_a_seek() {
    let clip = clip();
    let mut source = Play::new(clip.path()).open().unwrap();
    first(source.as_mut(), 1);
    control(source.as_mut(), PlaybackCommand::Pause);
    control(source.as_mut(), PlaybackCommand::Seek(Duration::ZERO));
    control(source.as_mut(), PlaybackCommand::Step);
    assert_eq!(at(&next(source.as_mut()).unwrap()), Duration::ZERO);
    assert_eq!(at(&next(source.as_mut()).unwrap()), Duration::from_millis(40));
}

/// What has no known end is not a film of which all is there.
#[test]
fn nothing_is_sought_in_without_a_duration() {
    let clip =
        Clip::made("a.h264", "-f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -c:v libx264 -f h264");
    let mut source = Play::new(clip.path()).open().unwrap();
    first(source.as_mut(), 2);
    let playback = playback_of(source.as_mut()).unwrap();
    assert_eq!((playback.can_seek, playback.duration), (false, None));
    control(source.as_mut(), PlaybackCommand::Seek(Duration::from_secs(1)));
    assert!(at(&first(source.as_mut(), 1)[0]) < Duration::from_millis(200));
}
