//! The sound of a film: what FFmpeg decodes, at its own time, before its pictures.

use std::time::{Duration, Instant};

use lanstream_core::Pts;
use lanstream_core::source::{AudioChunk, Event, Listener, PlaybackCommand, Report, SOUND_RATE, Source};
use lanstream_ffmpeg::{Pacing, Play, Speed, Track};
use lanstream_testkit::wait::until;

use crate::cases::each;
use crate::clip::{Clip, run, words};
use crate::watch::{control, next, playback_of, sound_of, take};

/// A tone of another height in each half second, and its pictures.
const CLIP: &str = "-f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -f lavfi -i \
    aevalsrc='sin(2*PI*(200+100*floor(t*2))*t)|cos(2*PI*300*t):s=48000:d=2' -c:v libx264 -g 5 -c:a flac";

/// Time in which something is heard of a film that has sound, on a machine that is busy.
const FIRST_SOUND_WITHIN: Duration = Duration::from_secs(30);

/// What is heard of it, as FFmpeg decodes it.
fn decoded(clip: &Clip) -> Vec<u8> {
    decoded_by(clip, "")
}

fn decoded_by(clip: &Clip, filter: &str) -> Vec<u8> {
    let mut command = std::process::Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-i"]).arg(clip.path()).args(words(filter));
    run(command.args(words("-vn -ac 2 -ar 48000 -c:a pcm_f32le -f f32le -")))
}

/// Sound and pictures as they come for so long, with where the film was.
fn listen(source: &mut dyn Source, time: Duration) -> Vec<(AudioChunk, Option<Pts>)> {
    let (end, mut heard, mut shown) = (Instant::now() + time, Vec::new(), None);
    while Instant::now() < end {
        match source.wait(Some(end.saturating_duration_since(Instant::now()))) {
            Ok(Event::Damaged | Event::Resized) => shown = take(source).unwrap().pts,
            Ok(_) => {}
            Err(_) => return heard,
        }
        while let Some(sound) = sound_of(source) {
            heard.push((sound, shown));
        }
    }
    heard
}

/// Sound and pictures as they come for so long from the first sound on: a machine that is busy may begin late.
fn listen_from_first(source: &mut dyn Source, time: Duration) -> Vec<(AudioChunk, Option<Pts>)> {
    let (end, mut heard) = (Instant::now() + FIRST_SOUND_WITHIN, Vec::new());
    while heard.is_empty() && Instant::now() < end {
        heard = listen(source, Duration::from_millis(10));
    }
    heard.extend(listen(source, time));
    heard
}

/// It comes before its pictures, but where FFmpeg has just begun to decode it.
fn expect_ahead(sound: &AudioChunk, shown: Option<Pts>) {
    let ahead = sound.at.0 - shown.expect("no sound before the first picture").0;
    let least = if sound.at.0 % 2_000_000 < 1_000_000 { -1_000_000 } else { -40_000 };
    assert!((least..=400_000).contains(&ahead), "{ahead} us ahead of its picture");
}

fn frames(at: Pts) -> usize {
    usize::try_from(at.0 * i64::from(SOUND_RATE) / 1_000_000).unwrap()
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
    control(source.as_mut(), PlaybackCommand::Pause);
    assert!(listen(source.as_mut(), Duration::from_millis(300)).is_empty());
    control(source.as_mut(), PlaybackCommand::Seek(Duration::from_secs(1)));
    assert!(listen(source.as_mut(), Duration::from_millis(300)).is_empty());
    control(source.as_mut(), PlaybackCommand::Play);
    let heard = listen_from_first(source.as_mut(), Duration::from_millis(500));
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
            heard += std::iter::from_fn(|| sound_of(source.as_mut())).count();
        }
        heard
    };
    let first = until("the first sound", || match heard_for(Duration::from_millis(20)) {
        0 => Err("silence"),
        heard => Ok(heard),
    });
    // A second is what a slow viewer may take.
    let heard = first + heard_for(Duration::from_millis(1400));
    assert!(heard < 75, "{heard} stretches of 20 ms");
    assert_eq!(heard_for(Duration::from_millis(400)), 0);
}

#[test]
fn films_without_sound_and_those_that_are_not_to_be_heard() {
    let silent = Clip::made("a.mkv", "-f lavfi -i testsrc2=size=64x48:rate=25:duration=0.5 -c:v libx264");
    let mut source = Play::new(silent.path()).open().unwrap();
    assert!(listen(source.as_mut(), Duration::from_secs(5)).is_empty());
    let clip = Clip::made("b.mkv", CLIP);
    let muted = Play { sound: false, ..Play::new(clip.path()) };
    let fast = Play { pace: Some(Pacing::Timestamps(Speed::new(1.5).unwrap())), ..Play::new(clip.path()) };
    each([muted, fast], |play| {
        assert!(listen(play.open().unwrap().as_mut(), Duration::from_millis(400)).is_empty());
    });
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

/// A song and its cover.
fn song() -> Clip {
    Clip::made(
        "cover.mp3",
        "-f lavfi -i sine=duration=12 -f lavfi -i testsrc=size=96x96:duration=0.04 -map 0 -map 1 -c:v mjpeg \
         -pix_fmt yuvj420p -disposition:v attached_pic",
    )
}

/// The FFmpegs that read it.
fn programs(clip: &Clip) -> usize {
    let name = clip.path().to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = processes.map(|process| std::fs::read(process.path().join("cmdline")).unwrap_or_default());
    lines.filter(|line| String::from_utf8_lossy(line).contains(&name)).count()
}

/// Its cover stays, and the sound goes on where it was asked for.
#[test]
fn a_song_with_a_cover_is_sought_in() {
    let clip = song();
    let wanted = decoded(&clip);
    let cover = clip.decoded("yuvj420p");
    let is_log = |report: Report| matches!(report, Report::Line { text, .. } if text.starts_with("Input #0"));
    let (sender, begun) = std::sync::mpsc::channel();
    let listener = Listener::new(move |report| {
        if is_log(report) {
            sender.send(()).unwrap();
        }
    });
    let play = Play { listener: Some(listener), ..Play::new(clip.path()) };
    for start in [0, 6] {
        let mut source = Play { start: Duration::from_secs(start), ..play.clone() }.open().unwrap();
        let shown = next(source.as_mut()).unwrap();
        assert!(shown.planes.as_ref().is_some_and(|(_, planes)| *planes == cover));
        let heard = listen_from_first(source.as_mut(), Duration::from_millis(400));
        assert_eq!(heard[0].0.at, Pts::at(Duration::from_secs(start)));
        begun.try_iter().for_each(drop);
        control(source.as_mut(), PlaybackCommand::Seek(Duration::from_secs(9)));
        let shown = next(source.as_mut()).unwrap();
        assert_eq!(shown.pts, Some(Pts(9_000_000)), "it is shown at the place that was asked for");
        assert!(shown.planes.as_ref().is_some_and(|(_, planes)| *planes == cover));
        // The one for its pictures says what it reads, and the one for its sound does not.
        assert_eq!(begun.try_iter().count(), 1, "the cover is looked for once");
        assert!(programs(&clip) <= 2);
        let heard = listen(source.as_mut(), Duration::from_secs(20));
        assert_eq!(heard[0].0.at, Pts(9_000_000));
        let all: Vec<u8> = heard.into_iter().flat_map(|(sound, _)| sound.samples).collect();
        let after = &wanted[9 * 48_000 * 8..];
        assert!(all.len().abs_diff(after.len()) < 8 * 4800, "{} bytes of {}", all.len(), after.len());
    }
}

/// The next turn begins when its sound is over, not when its picture is.
#[test]
fn a_song_with_a_cover_is_repeated_as_a_whole() {
    let words = "-f lavfi -i testsrc2=size=64x48:rate=25:duration=0.2 -f lavfi -i sine=duration=2 -c:v libx264 -c:a flac";
    let clip = Clip::made("a.mkv", words);
    let wanted = decoded(&clip);
    let mut source = Play { repeat: true, ..Play::new(clip.path()) }.open().unwrap();
    let heard = listen(source.as_mut(), Duration::from_millis(4400));
    assert!(heard.len() > 190, "{} stretches of 20 ms", heard.len());
    for (sound, _) in &heard {
        let start = frames(sound.at) * 8 % wanted.len();
        assert!(sound.samples == wanted[start..][..sound.samples.len()], "at {:?}", sound.at);
    }
}

/// Twelve channels that nobody knows the loudspeakers of: the first two are left and right.
#[test]
fn channels_without_a_layout() {
    let channels: Vec<_> = (1..=12).map(|channel| format!("0.0{channel:02}")).collect();
    let words = format!(
        "-f lavfi -i testsrc2=size=96x64:rate=10:duration=1 -f lavfi -i aevalsrc={}:s=48000:d=1 -c:v libx264 -c:a pcm_f32le",
        channels.join("|")
    );
    let clip = Clip::made("twelve.mkv", &words);
    let heard = listen(Play::new(clip.path()).open().unwrap().as_mut(), Duration::from_secs(10));
    let all: Vec<u8> = heard.into_iter().flat_map(|(sound, _)| sound.samples).collect();
    assert_eq!(all.len(), 48_000 * 8);
    let frame = [0.001_f32.to_le_bytes(), 0.002_f32.to_le_bytes()].concat();
    assert!(all.chunks(8).all(|own| own == frame), "{:?}", &all[..8]);
}

/// A film with two tracks, the second of which is the default one.
fn two_tracks() -> Clip {
    Clip::made(
        "two.mkv",
        "-f lavfi -i testsrc2=size=96x64:rate=10:duration=3 -f lavfi -i aevalsrc=0.25|0.25:s=48000:d=3 -f lavfi -i \
         aevalsrc=0.5|0.5:s=48000:d=3 -map 0 -map 1 -map 2 -c:v libx264 -c:a flac -disposition:a:0 0 -disposition:a:1 default \
         -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu",
    )
}

fn level(sound: &AudioChunk) -> f32 {
    f32::from_le_bytes(sound.samples[..4].try_into().unwrap())
}

#[test]
fn the_default_track_or_the_one_that_is_asked_for() {
    let clip = two_tracks();
    each(
        [
            (Track::Default, 0.5),
            (Track::Number(0), 0.25),
            (Track::Number(1), 0.5),
            (Track::Language("eng".to_owned()), 0.25),
        ],
        |(track, wanted)| {
            let play = Play { track: track.clone(), ..Play::new(clip.path()) };
            let heard = listen_from_first(play.open().unwrap().as_mut(), Duration::from_millis(1500));
            assert!(heard.len() > 5 && heard.iter().all(|(sound, _)| level(sound) == wanted), "{track}");
        },
    );
    let third = Play { track: Track::Number(2), ..Play::new(clip.path()) }.open().err().unwrap();
    assert!(
        third.message.contains("there is no track 2 in two.mkv: its tracks of sound are 0 (eng), 1 (deu)"),
        "{third}"
    );
}

/// What is only heard is shown by its waves, and is a film like any other.
#[test]
fn sound_without_a_picture() {
    each(
        [
            ("a.wav", "-f lavfi -i sine=duration=2"),
            ("a.flac", "-f lavfi -i sine=duration=2"),
            ("a.m4b", "-f lavfi -i sine=duration=2 -c:a aac -f ipod"),
            ("twelve.wav", "-f lavfi -i aevalsrc=0.1|0.2|0|0|0|0|0|0|0|0|0|0:d=2"),
        ],
        |(name, words)| {
            let clip = Clip::made(name, words);
            let wanted =
                decoded_by(&clip, if name == "twelve.wav" { "-af pan=stereo|c0=c0|c1=c1" } else { "" });
            let mut source = Play::new(clip.path()).open().unwrap();
            let duration = playback_of(source.as_mut()).unwrap().duration.unwrap();
            assert!(duration.as_millis().abs_diff(2000) < 60, "{name}: {duration:?}");
            let first = next(source.as_mut()).unwrap();
            assert!(first.rgb.chunks(3).any(|pixel| pixel != [0; 3]), "{name}: there are no waves");
            let heard = listen(source.as_mut(), Duration::from_secs(10));
            let shown = heard.last().unwrap().1.unwrap();
            // On a machine that is busy, the last sound is heard half a second ahead of the pictures.
            assert!(shown >= Pts(1_000_000), "{name}: the picture stood at {shown:?}");
            let all: Vec<u8> = heard.into_iter().flat_map(|(sound, _)| sound.samples).collect();
            assert!(all == wanted, "{name}: {} bytes of {}", all.len(), wanted.len());
            let mut source = Play { start: Duration::from_secs(1), ..Play::new(clip.path()) }.open().unwrap();
            let heard = listen(source.as_mut(), Duration::from_secs(10));
            assert_eq!(heard[0].0.at, Pts(1_000_000), "{name}");
        },
    );
}

/// Another track is heard from where the one before it was sent to.
#[test]
fn another_track_is_chosen() {
    let clip = two_tracks();
    let mut source = Play::new(clip.path()).open().unwrap();
    let playback = playback_of(source.as_mut()).unwrap();
    assert_eq!((&playback.tracks[..], playback.track), (&["eng".to_owned(), "deu".to_owned()][..], Some(1)));
    let before = listen(source.as_mut(), Duration::from_millis(700));
    control(source.as_mut(), PlaybackCommand::Track(0));
    assert_eq!(playback_of(source.as_mut()).unwrap().track, Some(0));
    let after = listen(source.as_mut(), Duration::from_millis(1200));
    let all: Vec<_> = before.iter().chain(&after).map(|(sound, _)| sound).collect();
    assert!(
        before.iter().all(|(sound, _)| level(sound) == 0.5)
            && after.iter().all(|(sound, _)| level(sound) == 0.25)
    );
    assert!(all.windows(2).all(|pair| pair[1].at.0 - pair[0].at.0 == 20_000), "there is a gap");
    control(source.as_mut(), PlaybackCommand::Track(7));
    assert_eq!(playback_of(source.as_mut()).unwrap().track, Some(0));
}

/// While it is heard without a new picture its place goes on, and stands where it is stopped.
#[test]
fn a_film_is_where_its_clock_is() {
    let clip = song();
    let mut source = Play::new(clip.path()).open().unwrap();
    listen(source.as_mut(), Duration::from_millis(1500));
    let position = |source: &mut dyn Source| playback_of(source).unwrap().position.unwrap();
    let going = position(source.as_mut());
    assert!((1_000_000..3_000_000).contains(&going.at.0) && going.us_per_s == 1_000_000, "{going:?}");
    control(source.as_mut(), PlaybackCommand::Pause);
    let stood = position(source.as_mut());
    assert!(stood.at >= going.at && stood.us_per_s == 0, "{stood:?}");
    assert!(listen(source.as_mut(), Duration::from_millis(300)).is_empty());
    assert_eq!(position(source.as_mut()), stood);
    control(source.as_mut(), PlaybackCommand::Play);
    let heard = listen(source.as_mut(), Duration::from_millis(700));
    assert!(!heard.is_empty(), "it is not heard any more");
    let going = position(source.as_mut());
    assert!(going.at.0 - stood.at.0 >= 500_000, "{going:?} after {stood:?}");
    control(source.as_mut(), PlaybackCommand::Pause);
    control(source.as_mut(), PlaybackCommand::Seek(Duration::from_secs(9)));
    next(source.as_mut()).unwrap();
    assert_eq!(playback_of(source.as_mut()).unwrap().position, None, "its picture tells where it is");
}

/// Writes a list of pieces that grows, until it is dropped.
struct Sender(std::process::Child);

impl Drop for Sender {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Both are of one moment, since they come from one FFmpeg; and nothing is sought in.
#[test]
fn pictures_and_sound_of_a_live_list() {
    let list = Clip::empty("live.m3u8");
    let picture = "color=black:size=64x64:rate=25,geq=lum='40+50*mod(floor(T),4)':cb=128:cr=128";
    let tone = "aevalsrc='sin(2*PI*(200+200*mod(floor(t),4))*t)':s=48000";
    let mut command = std::process::Command::new("ffmpeg");
    command
        .args(words("-nostdin -v error -re -f lavfi -i"))
        .arg(picture)
        .args(words("-re -f lavfi -i"))
        .arg(tone);
    command.args(words("-c:v libx264 -g 25 -pix_fmt yuv420p -c:a mp2 -f hls -hls_time 1 -hls_list_size 4 -hls_flags delete_segments"));
    let _sender = Sender(command.arg(list.path()).stdin(std::process::Stdio::null()).spawn().unwrap());
    let deadline = Instant::now() + crate::watch::PATIENCE;
    while !std::fs::read_to_string(list.path()).is_ok_and(|text| text.matches("#EXTINF").count() >= 4) {
        assert!(Instant::now() < deadline, "no list is written");
        std::thread::yield_now();
    }
    let mut source = Play::new(list.path()).open().unwrap();
    let playback = playback_of(source.as_mut()).unwrap();
    assert!(!playback.can_seek && playback.duration.is_none());
    let (mut shown, mut heard) = (Vec::new(), Vec::new());
    let end = Instant::now() + Duration::from_secs(6);
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        if let Event::Damaged | Event::Resized = source.wait(Some(left)).unwrap() {
            let picture = take(source.as_mut()).unwrap();
            shown.push((picture.pts.unwrap(), picture.planes.unwrap().1[32 * 64 + 32]));
        }
        heard.extend(std::iter::from_fn(|| sound_of(source.as_mut())));
    }
    // The sender and the one that is played.
    assert_eq!(programs(&list), 2, "one FFmpeg has both");
    assert!(heard.len() > 100 && shown.len() > 50, "{} stretches, {} pictures", heard.len(), shown.len());
    let mut compared = 0;
    for sound in &heard {
        let Some((_, luma)) = shown.iter().rfind(|(pts, _)| *pts <= sound.at) else { continue };
        let samples: Vec<f32> =
            sound.samples.chunks(8).map(|frame| f32::from_le_bytes(frame[..4].try_into().unwrap())).collect();
        let crossings =
            samples.windows(2).map(|pair| f64::from(u8::from(pair[0] * pair[1] < 0.0))).sum::<f64>();
        // 200 Hz cross 8 times in 20 ms.
        let (by_sound, by_picture) = ((crossings / 8.0).round(), (f64::from(*luma) - 40.0) / 50.0 + 1.0);
        compared += usize::from((by_sound - by_picture.round()).abs() < 0.5);
    }
    // Around a change a stretch is of both.
    assert!(compared * 10 >= heard.len() * 8, "{compared} of {} stretches are of their picture", heard.len());
}

#[test]
fn a_list_without_sound() {
    let list = Clip::empty("a.m3u8");
    let words = "-f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -c:v libx264 -g 25 -f hls -hls_time 1 -hls_list_size 0";
    let mut command = std::process::Command::new("ffmpeg");
    run(command.args(crate::clip::quiet()).args(crate::clip::words(words)).arg(list.path()));
    let mut source = Play::new(list.path()).open().unwrap();
    assert!(playback_of(source.as_mut()).unwrap().can_seek);
    next(source.as_mut()).unwrap();
    control(source.as_mut(), PlaybackCommand::Seek(Duration::from_secs(1)));
    assert!(next(source.as_mut()).unwrap().pts.is_some_and(|pts| pts >= Pts(1_000_000)));
}
