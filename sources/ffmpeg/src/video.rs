//! The source: reads one picture ahead, says when it is due, and hands its memory to the frame that asks for it.
//!
//! All of it happens in `wait`, on the thread that waits: bytes are read as they come, so that a waker, FFmpeg's log and a
//! stream that stops in the middle of a picture are heard at once. A picture is read into memory of the size of a frame's,
//! and `capture` exchanges the two: no byte is copied, and what the frame had takes the next picture.

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_core::frame_buffer::{FrameBuffer, Layout};
use lanstream_core::geometry::Size;
use lanstream_core::region::Region;
use lanstream_core::source::{
    AudioChunk, AudioSource, Captured, Description, Error, ErrorKind, Event, Playback, PlaybackCommand,
    PlaybackSource, Source,
};

use crate::alterations::Alterations;
use crate::contents::Contents;
use crate::film::{Begun, Film};
use crate::frame_reader::{DecodedFrame, FrameReader, ReadOutcome};
use crate::log::Log;
use crate::mix::Mix;
use crate::pace::{Pace, PlaybackClock};
use crate::program::Program;
use crate::seek::SeekPoint;
use crate::sound::SoundTrack;
use crate::stream::{BadStream, Pts};
use crate::wakeup::Wakeup;

mod builder;
mod described;
mod heard;
mod place;

pub(crate) use builder::{Again, Builder, OpenError, START_TIMEOUT};
use place::Search;

/// How long the last picture stays, so that every viewer takes it, before the source says that it is over.
const LAST_STAYS: Duration = Duration::from_secs(1);
/// A stream of pictures.
pub(crate) struct Video {
    name: String,
    /// Goes before the program: FFmpeg hears at once that no one reads it.
    frame_reader: FrameReader,
    program: Option<Program>,
    has_showinfo: bool,
    wakeup: Arc<Wakeup>,
    pace: Pace,
    clock: PlaybackClock,
    layout: Layout,
    /// Where its pictures begin to be read.
    begun_at: SeekPoint,
    /// What it is begun again from.
    film: Option<Film>,
    /// How the next writer to it is heard.
    again: Option<Again>,
    /// What FFmpeg said of it when it was opened.
    contents: Contents,
    repeat: bool,
    /// When it began, by the clock of its pictures: what is begun again goes on with later timestamps.
    began: Duration,
    /// The next turn of what is repeated, which begins to be read when this one is at its end; whether that was tried.
    next_iteration: Option<Begun>,
    is_iteration_prepared: bool,
    /// What is heard after `sound`.
    sound_after: Option<SoundTrack>,
    /// When the last picture that was read begins and is over, by that clock.
    last_at: Duration,
    read_until: Duration,
    /// How long one turn takes, as it was said before it was begun again, and as it turned out to be.
    told_duration: Option<Duration>,
    grown: Duration,
    /// When its last picture begins, once that was seen.
    pictures_end: Option<Duration>,
    /// That picture is searched for.
    search: Option<Search>,
    sound: Option<SoundTrack>,
    /// What its tracks are called, which of them is heard, and how it is mixed.
    track_names: Arc<[String]>,
    track: Option<usize>,
    mix: Mix,
    /// The picture to be captured next. It may not be due yet.
    ready: Option<DecodedFrame>,
    /// Whether `wait` told of it, which is when it is due.
    reported: bool,
    /// A picture that is whole while the one before it still waits for a viewer. It is not due yet.
    after: Option<DecodedFrame>,
    end: Option<End>,
    /// In what it differs from its source, and whether `wait` has told of that.
    alterations: Alterations,
    is_described: bool,
    /// When the last picture came, and whether none has come for so long that it was told.
    came_at: Instant,
    is_stalled: bool,
    /// The last writer has left, and the next is waited for.
    has_no_writer: bool,
}

/// Why there is nothing more to read.
struct End {
    error: Error,
    /// When to say so, once all is shown.
    due: Option<Instant>,
    /// It is one picture, which stays for as long as somebody wants to look at it.
    stays: bool,
}

impl Source for Video {
    fn description(&self) -> Description {
        self.describe()
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let now = Instant::now();
            self.parse(now);
            self.prepare_iteration();
            self.change_sound();
            if let Some(event) = self.news(now) {
                return Ok(event);
            }
            if self.sounds_at(now).is_some_and(|moment| moment <= now) {
                return Ok(Event::Sounded);
            }
            self.check_stall(now);
            if !std::mem::replace(&mut self.is_described, true) {
                return Ok(Event::Described);
            }
            self.check_end(now)?;
            let stands = self.stands_at(now);
            let moments = [deadline, self.next_moment(now), self.sounds_at(now), self.stalls_at(now), stands];
            let due = moments.into_iter().flatten().min();
            let pipe = self.wants_picture(now).then(|| self.frame_reader.pipe());
            let log = self.program.as_ref().and_then(|program| program.log().pipe());
            let sound = self.sound.as_ref().and_then(SoundTrack::pipe);
            let woken = self.wakeup.sleep([pipe, log, sound], due).map_err(lost)?;
            if let Some(program) = self.program.as_mut().filter(|_| woken.second) {
                program.log_mut().read();
            }
            if woken.third {
                self.hear();
            }
            if woken.wakeup {
                return Ok(Event::Woken);
            }
            if woken.first {
                self.read();
            } else if stands.is_some_and(|moment| moment <= Instant::now()) {
                return Ok(Event::PlaybackChanged);
            } else if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(Event::TimedOut);
            }
        }
    }

    /// All of the picture or nothing: what differs is for the stage to find.
    fn damage(&self) -> Region {
        if self.reported { Region::full(self.layout.cells()) } else { Region::EMPTY }
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let fits = self.reported && frame.layout() == self.layout;
        let Some(picture) = self.ready.take_if(|_| fits) else {
            return Err(Error::new(ErrorKind::Retry, "there is no picture of this size now"));
        };
        self.reported = false;
        self.clock.shown(picture.pts, Instant::now());
        frame.set_pts(picture.pts);
        let old = frame.exchange(picture.bytes);
        self.frame_reader.recycle(old);
        Ok(Captured::all(self.layout))
    }

    fn playback(&mut self) -> Option<&mut dyn PlaybackSource> {
        Some(self)
    }

    fn audio(&mut self) -> Option<&mut dyn AudioSource> {
        Some(self)
    }
}

impl PlaybackSource for Video {
    fn playback(&self) -> Option<Playback> {
        self.clock.can_stop().then(|| Playback {
            is_playing: self.clock.is_going(),
            can_seek: self.can_seek(),
            began: Pts(self.began.as_micros() as i64),
            duration: self.duration().filter(|_| !self.is_still()),
            position: self.position(Instant::now()).filter(|_| !self.is_still()),
            tracks: Arc::clone(&self.track_names),
            track: self.track.map(|track| track as u32),
        })
    }

    fn control(&mut self, command: PlaybackCommand) {
        if !self.clock.can_stop() {
            return;
        }
        let now = Instant::now();
        match command {
            PlaybackCommand::Pause => self.clock.stop(now),
            PlaybackCommand::Play => self.clock.go(now),
            PlaybackCommand::Step => self.clock.step(now),
            PlaybackCommand::Seek(to) => self.seek(to),
            PlaybackCommand::Track(track) => self.hear_track(track as usize, now),
        }
    }
}

impl AudioSource for Video {
    fn take_chunk(&mut self) -> Option<AudioChunk> {
        let now = Instant::now();
        self.sounds_at(now).filter(|moment| *moment <= now)?;
        let sound = self.sound.as_mut()?.take();
        self.change_sound();
        sound
    }
}

impl Drop for Video {
    /// All of its programs end at the same time: each may take a while.
    fn drop(&mut self) {
        let next_iteration =
            self.next_iteration.as_mut().map(|Begun { program, sound, .. }| (program, sound));
        let (program, sound) =
            next_iteration.map_or((None, None), |(program, sound)| (Some(program), sound.as_mut()));
        self.program.as_mut().into_iter().chain(program).for_each(Program::dismiss);
        self.sound
            .as_mut()
            .into_iter()
            .chain(&mut self.sound_after)
            .chain(sound)
            .for_each(SoundTrack::dismiss);
    }
}

impl Video {
    /// A picture on the clock of all of them.
    fn placed(&mut self, picture: DecodedFrame) -> DecodedFrame {
        let since = (self.began + self.begun_at.origin()).as_micros() as i64;
        let pts = picture.pts.map(|Pts(us)| Pts(us.saturating_add(since)));
        if let Some(Pts(us)) = pts {
            let at = Duration::from_micros(us.max(0) as u64);
            // It takes as long as the one before it.
            let took = at.saturating_sub(self.last_at).min(LAST_STAYS);
            (self.last_at, self.read_until) = (at, at + took);
            self.grow();
        }
        DecodedFrame { pts, ..picture }
    }

    /// Whether there is a place for another picture.
    fn wants_picture(&self, now: Instant) -> bool {
        let has_room = self.after.is_none() && (self.ready.is_none() || self.clock.reads_on(now));
        self.end.is_none() && (has_room || self.search.is_some())
    }

    /// Makes pictures of the bytes that were read, and the newest that is due the one to be captured.
    fn parse(&mut self, now: Instant) {
        self.promote(now);
        while self.wants_picture(now) {
            let log = self.program.as_mut().filter(|_| self.has_showinfo).map(Program::log_mut);
            match next_of(&mut self.frame_reader, log, &mut self.alterations, &mut self.is_described) {
                Ok(ReadOutcome::Picture(picture)) => {
                    self.note_came(&picture, now);
                    let picture = self.placed(picture);
                    match &self.search {
                        Some(_) => self.note_found(picture),
                        None => self.after = Some(picture),
                    }
                }
                Ok(ReadOutcome::Began(_)) => {}
                Ok(ReadOutcome::Bytes) => return,
                Err(error) => self.end_with(Error::new(ErrorKind::Ended, self.about(&error))),
            }
            self.promote(now);
        }
    }

    /// A picture takes the place of the one before it where that was captured, or when it is due.
    fn promote(&mut self, now: Instant) {
        let Some(after) = &self.after else { return };
        let takes_over = self.clock.is_going() && self.clock.is_due(after.pts, now);
        if self.ready.is_none() || takes_over {
            self.reported = false;
            let skipped = std::mem::replace(&mut self.ready, self.after.take());
            skipped.into_iter().for_each(|picture| self.frame_reader.recycle(picture.bytes));
        }
    }

    fn news(&mut self, now: Instant) -> Option<Event> {
        let picture = self.ready.as_ref().filter(|_| !self.reported)?;
        if !self.clock.is_due(picture.pts, now) {
            return None;
        }
        self.reported = true;
        self.clock.reported(now);
        if picture.layout == self.layout {
            return Some(Event::Damaged);
        }
        self.layout = picture.layout;
        Some(Event::Resized)
    }

    /// When something must be done although nothing comes.
    fn next_moment(&self, now: Instant) -> Option<Instant> {
        let ready =
            self.ready.as_ref().filter(|_| !self.reported).and_then(|picture| self.clock.due(picture.pts));
        let after = self.after.as_ref().and_then(|picture| self.clock.due(picture.pts));
        let end = self.end.as_ref().and_then(|end| end.due);
        [ready, after, end].into_iter().flatten().min().map(|moment| moment.max(now))
    }

    fn read(&mut self) {
        match self.frame_reader.read() {
            Ok(false) => {}
            Ok(true) => self.pictures_over(),
            Err(error) => self.end_with(lost(error)),
        }
    }

    fn end_with(&mut self, error: Error) {
        let stays = error.kind == ErrorKind::Finished && self.is_one_picture();
        self.end.get_or_insert(End { error, due: None, stays });
    }

    /// Whether one picture without a sound was all that FFmpeg had: a still picture is not over.
    fn is_one_picture(&self) -> bool {
        let is_whole =
            self.begun_at == SeekPoint::START && self.began.is_zero() && self.frame_reader.pictures() == 1;
        is_whole && self.program.is_some() && self.contents.tracks.is_empty() && self.pace != Pace::Newest
    }

    /// Whether it is known to be a still picture.
    fn is_still(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.stays)
    }

    /// Says that it is over when the last picture was shown for a while. Of what happens now no one may be there to see it.
    fn check_end(&mut self, now: Instant) -> Result<(), Error> {
        if self.is_still() {
            return Ok(());
        }
        // What is paused does so at its end as well; what goes wrong is told at once.
        if !self.clock.is_going()
            && let Some(end) = self.end.as_mut().filter(|end| end.error.kind == ErrorKind::Finished)
        {
            // When it goes on, the last picture stays again for as long.
            end.due = None;
            return Ok(());
        }
        let is_heard = self.sound.as_ref().is_none_or(SoundTrack::is_over);
        let all_shown = self.ready.is_none() && self.after.is_none() && is_heard;
        let Some(end) = self.end.as_mut().filter(|_| all_shown || self.pace == Pace::Newest) else {
            return Ok(());
        };
        let due = *end.due.get_or_insert(now + LAST_STAYS);
        if now < due { Ok(()) } else { Err(end.error.clone()) }
    }

    /// What to say where there are no more bytes.
    fn ending(&mut self) -> Error {
        let missing = self.frame_reader.missing();
        let is_only_heard =
            self.program.as_ref().is_some_and(|program| program.log().contents().is_only_heard());
        let nothing =
            if is_only_heard { "there is no picture in it, only sound" } else { "there is no picture in it" };
        let none = (self.frame_reader.pictures() == 0).then_some(nothing);
        let Some(program) = &mut self.program else {
            return match missing.as_deref().or(none) {
                None => Error::new(ErrorKind::Finished, format!("{} has ended", self.name)),
                Some(what) => Error::new(ErrorKind::Ended, format!("{}: {what}", self.name)),
            };
        };
        let outcome = program.finish();
        let complaint = none.filter(|_| is_only_heard).map(str::to_owned).or_else(|| outcome.complaint());
        let Some(complaint) = complaint.or_else(|| none.map(str::to_owned)) else {
            return Error::new(ErrorKind::Finished, format!("{} has ended", self.name));
        };
        // What happens now may be there again in a moment.
        let kind = if self.pace == Pace::Newest { ErrorKind::Lost } else { ErrorKind::Ended };
        let far = match (self.frame_reader.pictures(), outcome.is_success()) {
            (0, _) => "",
            (_, true) => "it was shown as far as it goes, but it is damaged: ",
            (_, false) => "it broke off: ",
        };
        Error::new(kind, format!("{}: {far}{complaint}", self.name))
    }

    fn about(&self, error: &BadStream) -> String {
        format!("{}: {error}", self.name)
    }
}

/// The next of a stream's pictures, each of which is described by the showinfo filter in `log`, where there is one. What that reports of
/// colours goes to `alterations`, and clears `is_described` where it is new.
fn next_of(
    frame_reader: &mut FrameReader,
    log: Option<&mut Log>,
    alterations: &mut Alterations,
    is_described: &mut bool,
) -> Result<ReadOutcome, BadStream> {
    let Some(log) = log else { return frame_reader.next(&mut || None) };
    let mut unknown = None;
    let next = frame_reader.next(&mut || {
        // The showinfo filter always knows a size, whatever the stream's was.
        let info = log.next_frame_info()?;
        let shape = info.shape(Size { width: 1, height: 1 });
        let shape = shape.map_err(|format| unknown = Some(format.to_owned())).ok()?;
        *is_described &= !alterations.note_picture(&info, shape.pixels);
        Some(shape)
    });
    match unknown {
        Some(format) => Err(BadStream::Unsupported(cannot_show(&format))),
        None => next,
    }
}

/// What to say of FFmpeg's pixel format of this name.
fn cannot_show(format: &str) -> String {
    format!("pictures in {format} can't be shown")
}

/// A time as people read it: `1:02:03`, or `0:08`.
fn clock_text(time: Duration) -> String {
    let (hours, minutes, seconds) = (time.as_secs() / 3600, time.as_secs() / 60 % 60, time.as_secs() % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

fn lost(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Lost, format!("a pipe is gone: {error}"))
}
