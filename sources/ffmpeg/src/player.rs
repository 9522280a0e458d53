//! Player of a stream of frames, the [`Source`]: reads one frame ahead, reports when it is due, and hands its memory to
//! the [`FrameBuffer`] that is captured into.
//!
//! All of it happens in `wait`, on the thread that waits: bytes are read as they come, so that a waker, FFmpeg's log
//! and a stream that stops in the middle of a frame are noticed at once. A frame is read into memory of the size of a
//! buffer's, and `capture` exchanges the two: no byte is copied, and what the buffer had takes the next frame.

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_core::source::{
    AudioChunk, AudioSource, Captured, Description, Error, ErrorKind, Event, Flow, FlowControl, Playback,
    PlaybackCommand, PlaybackSource, Position, Source,
};
use lanstream_core::{FrameBuffer, Layout, Region};
use lanstream_wakeup::{Wakeup, Woken};

use crate::pace::{Pacing, PlaybackClock};
use crate::stream::Pts;

mod audio;
mod end;
mod frame_queue;
mod frame_stream;
mod playlist;
mod search;
mod status;
mod timeline;
mod video;

pub(crate) use audio::Audio;
use end::{EndOfStream, LAST_FRAME_STAYS};
use frame_queue::FrameQueue;
pub(crate) use frame_stream::{FrameStream, Reopen, cannot_show};
pub(crate) use playlist::Playlist;
use status::STALLED_AFTER;
pub(crate) use status::Status;
pub(crate) use video::Video;

/// How long before its frames sound goes to viewers, so that it is never late: what a sound card takes, and some more.
const SOUND_LEAD: Duration = Duration::from_millis(300);

/// Player of a stream.
pub(crate) struct Player {
    wakeup: Arc<Wakeup>,
    pace: Pacing,
    clock: PlaybackClock,
    layout: Layout,
    queue: FrameQueue,
    video: Video,
    audio: Audio,
    status: Status,
    end: Option<EndOfStream>,
}

impl Player {
    /// Returns a player of a stream that is open, whose first frame has this layout.
    pub(crate) fn new(
        wakeup: Arc<Wakeup>,
        pace: Pacing,
        layout: Layout,
        video: Video,
        audio: Audio,
        status: Status,
    ) -> Self {
        Self {
            wakeup,
            pace,
            clock: PlaybackClock::new(pace),
            layout,
            queue: FrameQueue::default(),
            video,
            audio,
            status,
            end: None,
        }
    }
}

impl Source for Player {
    fn description(&self) -> Description {
        self.status.describe()
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if self.clock.is_held() {
            return self.wait_held(deadline);
        }
        loop {
            let now = Instant::now();
            if let Some(event) = self.advance(now)? {
                return Ok(event);
            }
            let stands_at = self.stands_at(now);
            let Woken { by_waker, ready: [frames] } = self.sleep(now, deadline, stands_at)?;
            let has_passed = |moment: Option<Instant>| moment.is_some_and(|moment| moment <= Instant::now());
            if by_waker {
                return Ok(Event::Woken);
            }
            if frames {
                self.read();
            } else if has_passed(stands_at) {
                return Ok(Event::PlaybackChanged);
            } else if has_passed(deadline) {
                return Ok(Event::TimedOut);
            }
        }
    }

    /// All of the frame or nothing: finding what differs is the pipeline's.
    fn damage(&self) -> Option<Region> {
        Some(if self.queue.is_reported() { Region::full(self.layout.cells()) } else { Region::EMPTY })
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let fits = frame.layout() == self.layout;
        let Some(decoded) = fits.then(|| self.queue.take_reported()).flatten() else {
            return Err(Error::new(ErrorKind::Retry, "there is no picture of this size now"));
        };
        self.clock.shown(decoded.pts, Instant::now());
        frame.set_pts(decoded.pts);
        let old = frame.exchange(decoded.bytes);
        self.video.stream.recycle(old);
        Ok(Captured::all(self.layout))
    }

    fn playback(&mut self) -> Option<&mut dyn PlaybackSource> {
        Some(self)
    }

    fn audio(&mut self) -> Option<&mut dyn AudioSource> {
        Some(self)
    }

    fn flow_control(&mut self) -> Option<&mut dyn FlowControl> {
        Some(self)
    }
}

impl FlowControl for Player {
    fn set_flow(&mut self, flow: Flow) {
        let now = Instant::now();
        match flow {
            Flow::Held => self.clock.hold(now),
            Flow::Skip | Flow::Every => self.clock.release(now),
        }
        // What happens now is skipped while it is held.
        self.queue.keep_every(flow == Flow::Every || self.clock.is_held());
    }
}

impl PlaybackSource for Player {
    fn playback(&self) -> Option<Playback> {
        self.clock.can_stop().then(|| Playback {
            is_playing: self.clock.is_going(),
            can_seek: self.can_seek(),
            began: self.video.timeline.iteration_start_pts(),
            duration: self.video.duration().filter(|_| !self.is_still()),
            position: self.position(Instant::now()).filter(|_| !self.is_still()),
            tracks: self.audio.names(),
            track: self.audio.choice().and_then(|(track, _)| u32::try_from(track).ok()),
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
            PlaybackCommand::Track(track) => self.choose_track(track as usize, now),
        }
    }
}

impl AudioSource for Player {
    fn take_chunk(&mut self) -> Option<AudioChunk> {
        let now = Instant::now();
        self.sounds_at(now).filter(|moment| *moment <= now)?;
        let chunk = self.audio.take_chunk();
        self.audio.advance(self.video.timeline.iteration_start_pts());
        chunk
    }
}

impl Drop for Player {
    /// All of its programs end at the same time: each may take a while.
    fn drop(&mut self) {
        self.video.dismiss();
        self.audio.dismiss();
    }
}

// What `wait` does.
impl Player {
    /// Does all that can be done without waiting. Returns what is reported, if anything is.
    fn advance(&mut self, now: Instant) -> Result<Option<Event>, Error> {
        self.parse(now);
        if self.end.is_none() {
            self.video.prepare_iteration(self.audio.choice());
        }
        self.audio.advance(self.video.timeline.iteration_start_pts());
        if let Some(event) = self.report_frame(now) {
            return Ok(Some(event));
        }
        if self.sounds_at(now).is_some_and(|moment| moment <= now) {
            return Ok(Some(Event::Sounded));
        }
        self.check_stall(now);
        if self.status.take_change() {
            return Ok(Some(Event::Described));
        }
        self.check_end(now)?;
        Ok(None)
    }

    /// Waits until it is no longer held, and reads the log meanwhile: FFmpeg would pause for it.
    fn wait_held(&mut self, deadline: Option<Instant>) -> Result<Event, Error> {
        loop {
            let pipes = [self.video.stream.log_pipe()];
            let Woken { by_waker, ready: [log] } = self.wakeup.sleep(pipes, deadline).map_err(lost)?;
            if by_waker {
                return Ok(Event::Woken);
            }
            if !log {
                return Ok(Event::TimedOut);
            }
            self.video.stream.read_log();
        }
    }

    /// Sleeps until something comes or must be done, and reads the log and the sound that came. Returns whether frames
    /// came.
    fn sleep(
        &mut self,
        now: Instant,
        deadline: Option<Instant>,
        stands_at: Option<Instant>,
    ) -> Result<Woken<1>, Error> {
        let moments = [deadline, self.next_moment(now), self.sounds_at(now), self.stalls_at(now), stands_at];
        let due = moments.into_iter().flatten().min();
        let pipe = self.wants_frame(now).then(|| self.video.stream.pipe());
        let pipes = [pipe, self.video.stream.log_pipe(), self.audio.pipe()];
        let Woken { by_waker, ready: [frames, log, sound] } = self.wakeup.sleep(pipes, due).map_err(lost)?;
        if log {
            self.video.stream.read_log();
        }
        if sound {
            self.read_sound();
        }
        Ok(Woken { by_waker, ready: [frames] })
    }

    /// Returns whether there is room for another frame.
    fn wants_frame(&self, now: Instant) -> bool {
        let has_room = self.queue.has_room(self.clock.reads_on(now));
        self.end.is_none() && (has_room || self.video.is_searching())
    }

    /// Makes frames of the bytes that were read, and the newest that is due the one to be captured.
    fn parse(&mut self, now: Instant) {
        self.promote(now);
        while self.wants_frame(now) {
            match self.video.next_frame(&mut self.status, now) {
                Ok(Some(frame)) => self.queue.push(frame),
                Ok(None) => return,
                Err(error) => {
                    let message = format!("{}: {error}", self.status.name());
                    self.end_with(Error::new(ErrorKind::Ended, message));
                }
            }
            self.promote(now);
        }
    }

    fn promote(&mut self, now: Instant) {
        let skipped = self.queue.promote(&self.clock, now);
        skipped.into_iter().for_each(|frame| self.video.stream.recycle(frame.bytes));
    }

    fn report_frame(&mut self, now: Instant) -> Option<Event> {
        let layout = self.queue.report(&self.clock, now)?;
        self.clock.reported(now);
        let is_resized = std::mem::replace(&mut self.layout, layout) != layout;
        Some(if is_resized { Event::Resized } else { Event::Damaged })
    }

    /// Returns when something must be done although nothing comes.
    fn next_moment(&self, now: Instant) -> Option<Instant> {
        let end = self.end.as_ref().and_then(EndOfStream::due);
        [self.queue.due(&self.clock), end].into_iter().flatten().min().map(|moment| moment.max(now))
    }

    fn read(&mut self) {
        match self.video.stream.read() {
            Ok(false) => {}
            Ok(true) => self.frames_over().unwrap_or_else(|error| self.end_with(error)),
            Err(error) => self.end_with(lost(error)),
        }
    }

    /// Reads the sound that came. What can't be mixed by its layout is mixed without it.
    fn read_sound(&mut self) {
        let Some(begins_at) = self.audio.read(&mut self.status) else { return };
        self.audio.report_mix(&self.video.contents, &mut self.status);
        self.begin_sound(begins_at);
    }

    /// Begins the chosen track at a time of all iterations.
    fn begin_sound(&mut self, at: Duration) {
        let iteration_start = self.video.timeline.iteration_start;
        let point = self.video.seek_point(at.saturating_sub(iteration_start));
        self.audio.begin(self.video.film(), point, iteration_start, &mut self.status);
    }
}

// Where it goes on, and how it ends.
impl Player {
    /// Returns whether a viewer can have it go on elsewhere: what has no known end is not a film of which all is there.
    fn can_seek(&self) -> bool {
        self.video.film().is_some() && self.video.duration().is_some() && !self.is_still()
    }

    fn seek(&mut self, to: Duration) {
        if !self.can_seek() {
            return;
        }
        self.end = None;
        match self.video.seek(to, &mut self.audio) {
            Ok(to) => {
                self.begin_sound(to);
                self.queue.clear();
                self.clock.jump();
            }
            Err(error) => self.end_with(error),
        }
    }

    /// Has another track be heard, from where the previous one was sent to.
    fn choose_track(&mut self, track: usize, now: Instant) {
        let at = self.audio.next_at().or_else(|| self.clock.position(now)).or_else(|| self.clock.stood());
        let last_frame_at = self.video.timeline.last_frame_at;
        let at = at.map_or(last_frame_at, Pts::time);
        if self.audio.choose(track, &self.video.contents) {
            self.video.playlist.discard_next();
            self.begin_sound(at);
            self.audio.report_mix(&self.video.contents, &mut self.status);
        }
    }

    /// Goes on where the pipe is at its end: with the next writer, a frame from further back, or the next iteration, or
    /// it is over.
    fn frames_over(&mut self) -> Result<(), Error> {
        if self.video.stream.reopen(&mut self.status)? {
            return Ok(());
        }
        if let Some(found) = self.video.take_found() {
            self.queue.push(found);
        } else if self.video.stream.frames() == 0 && self.video.search_earlier(&mut self.audio)? {
            return Ok(());
        }
        self.video.note_final_frame();
        if !self.is_one_frame() && self.video.begin_iteration(&mut self.audio) {
            return Ok(());
        }
        Err(self.video.stream.ending(self.status.name(), self.pace == Pacing::Newest))
    }

    fn end_with(&mut self, error: Error) {
        let is_still = error.kind == ErrorKind::Finished && self.is_one_frame();
        self.end.get_or_insert_with(|| EndOfStream::new(error, is_still));
    }

    /// Returns whether one frame without sound was all that there was: a still image is not over.
    fn is_one_frame(&self) -> bool {
        self.video.is_one_frame() && self.pace != Pacing::Newest
    }

    /// Returns whether it is known to be a still image.
    fn is_still(&self) -> bool {
        self.end.as_ref().is_some_and(EndOfStream::is_still)
    }

    /// Reports the end when the last frame was shown for a while. Of what is live there may be nobody to see it.
    fn check_end(&mut self, now: Instant) -> Result<(), Error> {
        let Some(end) = self.end.as_mut().filter(|end| !end.is_still()) else { return Ok(()) };
        if !self.clock.is_going() && end.postpone() {
            return Ok(());
        }
        let all_shown = self.queue.is_empty() && self.audio.is_over();
        let is_seen_by_nobody = self.pace == Pacing::Newest && !self.queue.keeps_every();
        if all_shown || is_seen_by_nobody { end.report(now) } else { Ok(()) }
    }
}

// Where it is, and whether it waits.
impl Player {
    /// Returns where it is by its clock, and how fast that goes on.
    fn position(&self, now: Instant) -> Option<Position> {
        let Some(at) = self.clock.position(now) else {
            return self.clock.stood().map(|at| Position { at, us_per_s: 0 });
        };
        if self.clock.is_held() {
            return Some(Position { at, us_per_s: 0 });
        }
        match self.awaited_limit().filter(|limit| *limit <= at) {
            Some(limit) => Some(Position { at: limit, us_per_s: 0 }),
            None => Some(Position { at, us_per_s: self.clock.us_per_s() }),
        }
    }

    /// Returns when it stands although its clock goes on, because nothing comes.
    fn stands_at(&self, now: Instant) -> Option<Instant> {
        self.clock.due(Some(self.awaited_limit()?)).filter(|moment| *moment > now)
    }

    /// Returns when the next audio chunk must go to viewers: a little before its frames. Returns `None` if it is not
    /// there, or the film is paused.
    fn sounds_at(&self, now: Instant) -> Option<Instant> {
        let next = self.audio.next_at()?;
        let position = self.clock.position(now)?;
        let waiting = self.queue.waiting();
        let limit = [waiting, self.awaited_limit()].into_iter().flatten().min();
        let position = limit.map_or(position, |limit| position.min(limit));
        let ahead = next.since(position).unwrap_or_default();
        match ahead.checked_sub(SOUND_LEAD) {
            None => Some(now),
            Some(_) if waiting.is_some() => None,
            Some(_) if limit.is_some_and(|limit| limit <= position) => None,
            Some(left) => Some(now + left),
        }
    }

    /// Returns how far the film can be, whatever its clock says, where frames are awaited: a moment beyond the last
    /// one.
    fn awaited_limit(&self) -> Option<Pts> {
        let is_awaited = self.queue.is_empty() && self.end.is_none();
        is_awaited.then(|| Pts::at(self.video.timeline.read_until + LAST_FRAME_STAYS))
    }

    /// Reports that nothing comes, or that it comes again.
    fn check_stall(&mut self, now: Instant) {
        let is_stalled = self.stall_moment().is_some_and(|moment| moment <= now);
        self.status.set_stalled(is_stalled);
    }

    /// Returns when that must be reported next.
    fn stalls_at(&self, now: Instant) -> Option<Instant> {
        self.stall_moment().filter(|moment| !self.status.is_stalled() && *moment > now)
    }

    /// Returns when it will have been silent for too long, where a frame is awaited. What is written to a pipe as it
    /// comes may be as rare as it likes.
    fn stall_moment(&self) -> Option<Instant> {
        if self.end.is_some() {
            return None;
        }
        let came_at = self.status.frame_came_at();
        let since = match self.pace {
            Pacing::Newest => self.video.stream.has_program().then_some(came_at)?,
            Pacing::Timestamps(_) => {
                let is_awaited = self.queue.is_empty() && self.clock.is_going();
                let read_until = Pts::at(self.video.timeline.read_until);
                let due = self.clock.due(Some(read_until));
                due.filter(|_| is_awaited)?.max(came_at)
            }
        };
        Some(since + STALLED_AFTER)
    }
}

fn lost(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Lost, format!("a pipe is gone: {error}"))
}
