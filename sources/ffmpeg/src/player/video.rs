//! Video of a stream: reads its frames over seeks, iterations and writers, and knows where in the film they are.

use std::time::{Duration, Instant};

use lanstream_core::source::{Error, ErrorKind};

use super::audio::Audio;
use super::frame_stream::FrameStream;
use super::playlist::Playlist;
use super::search::FinalFrameSearch;
use super::status::Status;
use super::timeline::Timeline;
use crate::contents::Contents;
use crate::film::{Begun, Film};
use crate::frame_reader::{DecodedFrame, ReadOutcome};
use crate::mix::Mix;
use crate::seek::SeekPoint;
use crate::stream::StreamError;

/// How long before the end of a film its next iteration is started: what FFmpeg takes until it has decoded something,
/// and some more.
const ITERATION_LEAD: Duration = Duration::from_millis(1000);
/// Nobody who seeks to the end wants to see nothing: playback goes on at least so long before it.
const LAST_PART: Duration = Duration::from_millis(100);
/// FFmpeg begins so long before the final frame, where that must be found: it rounds times.
const FINAL_FRAME_SLACK: Duration = Duration::from_millis(10);

/// Video of a stream.
pub(crate) struct Video {
    pub(crate) stream: FrameStream,
    pub(crate) playlist: Playlist,
    pub(crate) timeline: Timeline,
    /// What FFmpeg reported of it when it was opened.
    pub(crate) contents: Contents,
    /// Search for the final frame, while there is one.
    search: Option<FinalFrameSearch>,
}

impl Video {
    pub(crate) fn new(stream: FrameStream, playlist: Playlist, start: Duration) -> Self {
        Self {
            stream,
            playlist,
            timeline: Timeline::new(SeekPoint::Accurate(start)),
            contents: Contents::default(),
            search: None,
        }
    }

    /// Returns the film, if it is one.
    pub(crate) fn film(&self) -> Option<&Film> {
        self.playlist.film()
    }

    /// Keeps what FFmpeg reported of the input by now.
    pub(crate) fn keep_contents(&mut self) {
        let Some(contents) = self.stream.contents() else { return };
        self.contents = contents.clone();
        self.timeline.final_frame_at = self.is_cover().then_some(Duration::ZERO);
    }

    /// Returns whether its frame is a song's cover, whose timestamp says nothing.
    fn is_cover(&self) -> bool {
        self.contents.video().is_some_and(|video| video.is_cover)
    }

    /// Returns whether the final frame is being searched for.
    pub(crate) fn is_searching(&self) -> bool {
        self.search.is_some()
    }

    /// Returns the next frame of the bytes that were read, or `None` if there must be more of them.
    ///
    /// # Errors
    /// Where the bytes make no frame that can be shown.
    pub(crate) fn next_frame(
        &mut self,
        status: &mut Status,
        now: Instant,
    ) -> Result<Option<DecodedFrame>, StreamError> {
        loop {
            match self.stream.next(status)? {
                ReadOutcome::Bytes => return Ok(None),
                ReadOutcome::Began(_) => {}
                ReadOutcome::Picture(frame) => {
                    status.note_frame(&frame, now);
                    let frame = self.stamp(frame);
                    let Some(search) = &mut self.search else { return Ok(Some(frame)) };
                    search.note(frame).into_iter().for_each(|frame| self.stream.recycle(frame.bytes));
                }
            }
        }
    }

    fn stamp(&mut self, frame: DecodedFrame) -> DecodedFrame {
        let frame = self.timeline.stamp(frame);
        if self.film().is_some() {
            self.timeline.grow(self.stream.stated_duration());
        }
        frame
    }

    /// Returns how long one iteration takes, if that is known.
    pub(crate) fn duration(&self) -> Option<Duration> {
        self.timeline.duration(self.stream.stated_duration())
    }

    /// Returns whether one frame without sound was all that FFmpeg had.
    pub(crate) fn is_one_frame(&self) -> bool {
        let is_whole = self.timeline.start == SeekPoint::START && self.timeline.iteration_start.is_zero();
        is_whole && self.stream.frames() == 1 && self.stream.has_program() && self.contents.tracks.is_empty()
    }

    /// Returns the point to begin to read at for a time.
    pub(crate) fn seek_point(&self, to: Duration) -> SeekPoint {
        self.timeline.seek_point(to, &self.contents)
    }

    /// Goes on at another time of the film. Returns that time, which is a little before the film's end at most.
    ///
    /// # Errors
    /// As [`Film::pictures`].
    pub(crate) fn seek(&mut self, to: Duration, audio: &mut Audio) -> Result<Duration, Error> {
        let to = to.min(self.duration().unwrap_or_default().saturating_sub(LAST_PART));
        let last = self.timeline.final_frame_at.filter(|last| *last < to);
        let from = last.map_or(to, |last| last.saturating_sub(FINAL_FRAME_SLACK));
        self.playlist.discard_next();
        audio.discard_next();
        self.timeline.jump(from);
        self.restart(self.seek_point(from), audio)?;
        self.search = last.map(|_| FinalFrameSearch::new(to));
        Ok(to)
    }

    /// Begins to read at another point.
    fn restart(&mut self, at: SeekPoint, audio: &mut Audio) -> Result<(), Error> {
        let Some(film) = self.playlist.film() else { return Ok(()) };
        let begun = film.pictures(at);
        self.timeline.keep_duration(self.stream.stated_duration());
        let Begun { frame_reader, program, sound } = begun?;
        self.stream.restart(frame_reader, program);
        self.timeline.start = at;
        audio.replace(sound);
        Ok(())
    }

    /// Begins to read a little earlier where no frame came, as after the final one. The sound goes on where it is.
    /// Returns `false` if no frame can be found earlier.
    ///
    /// # Errors
    /// As [`Film::pictures`].
    pub(crate) fn search_earlier(&mut self, audio: &mut Audio) -> Result<bool, Error> {
        let tried = self.timeline.start;
        if tried == SeekPoint::START || self.film().is_none() || !self.stream.ended_well() {
            return Ok(false);
        }
        let search = self.search.get_or_insert_with(|| FinalFrameSearch::new(tried.time()));
        let at = search.next_try();
        self.restart(at, audio)?;
        Ok(true)
    }

    /// Ends a search that has found something. Returns the frame.
    pub(crate) fn take_found(&mut self) -> Option<DecodedFrame> {
        self.search.take_if(|search| search.has_found())?.finish()
    }

    /// Takes note that the last frame was the final one, if it was.
    pub(crate) fn note_final_frame(&mut self) {
        if self.stream.frames() > 0 && self.film().is_some() && self.stream.ended_well() {
            self.timeline.note_final_frame(self.is_cover());
        }
    }

    /// Starts the next iteration a little before the end of this one, with this track.
    pub(crate) fn prepare_iteration(&mut self, track: Option<(usize, Mix)>) {
        if !self.playlist.wants_next() || self.is_searching() {
            return;
        }
        let Timeline { read_until, iteration_start, .. } = self.timeline;
        let is_near = |end: Duration| read_until + ITERATION_LEAD >= iteration_start + end;
        if self.duration().is_some_and(is_near) {
            self.playlist.prepare(track);
        }
    }

    /// Goes on with the next iteration, if this one was shown to a good end and it repeats.
    pub(crate) fn begin_iteration(&mut self, audio: &mut Audio) -> bool {
        let has_shown = self.stream.frames() > 0;
        if !self.playlist.repeats() || !has_shown || !self.stream.ended_well() {
            return false;
        }
        self.timeline.keep_duration(self.stream.stated_duration());
        let Some(Begun { frame_reader, program, sound }) = self.playlist.take_next(audio.choice()) else {
            return false;
        };
        self.timeline.next_iteration(self.stream.frames());
        self.stream.restart(frame_reader, program);
        audio.set_next(sound, self.timeline.iteration_start);
        true
    }

    /// Returns why it can't begin where it was to, if that is after its end; `name` is for people.
    pub(crate) fn starts_after_end(&self, name: &str) -> Option<Error> {
        let start = self.timeline.start.time();
        let end = self.duration().filter(|end| *end <= start)?;
        let (end, start) = (clock_text(end), clock_text(start));
        Some(Error::new(ErrorKind::NotFound, format!("{name} ends at {end}: it can't begin at {start}")))
    }

    /// Tells its programs to end, without waiting for that.
    pub(crate) fn dismiss(&mut self) {
        self.stream.dismiss();
        self.playlist.dismiss();
    }
}

/// Returns a time as people read it: `1:02:03`, or `0:08`.
fn clock_text(time: Duration) -> String {
    let (hours, minutes, seconds) = (time.as_secs() / 3600, time.as_secs() / 60 % 60, time.as_secs() % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}
