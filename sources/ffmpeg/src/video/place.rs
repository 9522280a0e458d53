//! Where a film is: it is sought in, begun again where it is repeated, and what has no picture after a place keeps its last one.

use std::time::Duration;

use lanstream_core::source::{Error, ErrorKind};

use super::{LAST_STAYS, Video, clock_text};
use crate::film::Begun;
use crate::frame_reader::DecodedFrame;
use crate::seek::SeekPoint;
use crate::stream::Pts;

/// How long before the end of a film its next turn is begun: what FFmpeg takes until it has decoded something, and some more.
const TURN_LEAD: Duration = Duration::from_millis(1000);
/// No one who looks for the end wants to see nothing: the last picture begins before it.
const LAST_PART: Duration = Duration::from_millis(100);
/// By so much what is said to be a film's duration may differ from when its last picture is over: it is rounded, and a track of
/// sound is rarely as long as the pictures.
const DURATION_SLACK: Duration = Duration::from_millis(500);
/// Where the last picture must be found, FFmpeg begins so long before it: it rounds what it is told.
const LAST_PICTURE_SLACK: Duration = Duration::from_millis(10);
/// Where there is no picture to begin at before a place, one is looked for so much earlier, and ten times as much from then on.
const BACK_AT_FIRST: Duration = Duration::from_secs(10);
/// By so much a recording must be longer than its timestamps tell to be one that was joined.
const JOINED_BY: Duration = Duration::from_secs(1);
/// FFmpeg's names for containers whose timestamps may begin again in the middle, and which can be joined end to end.
const JOINABLE: [&str; 2] = ["mpegts", "mpeg"];

/// A search for the picture that stays where none begins any more: the last of all.
#[derive(Default)]
pub(super) struct Search {
    /// Where the film must go on.
    to: Duration,
    /// How much earlier the next try begins.
    back: Duration,
    /// The last that came so far.
    found: Option<DecodedFrame>,
}

impl Search {
    fn to(to: Duration) -> Self {
        Self { to, ..Self::default() }
    }
}

impl Video {
    /// Whether a viewer can have it go on elsewhere: what has no known end is not a film of which all is there.
    pub(super) fn can_seek(&self) -> bool {
        self.film.is_some() && self.duration().is_some() && !self.is_still()
    }

    /// How long one turn of it takes: as it was said, or more where more of it was shown.
    pub(super) fn duration(&self) -> Option<Duration> {
        self.said_duration().map(|said| said.max(self.grown))
    }

    /// What was said of it before it was begun again counts until it is said again.
    fn said_duration(&self) -> Option<Duration> {
        let said = self.program.as_ref().and_then(|program| program.log().contents().duration);
        said.or(self.told_duration)
    }

    /// Of a film of which more is shown than there was said to be the length is told in whole seconds until it is over.
    pub(super) fn grow(&mut self) {
        let end = self.read_until.saturating_sub(self.began);
        let said = self.said_duration().filter(|_| self.film.is_some());
        if said.is_some_and(|said| end > self.grown.max(said + DURATION_SLACK)) {
            self.grown = Duration::from_secs(end.as_secs() + 1);
        }
    }

    /// Begins to read at a place, by the way that leads there.
    pub(super) fn place(&self, to: Duration) -> SeekPoint {
        if self.is_joined() && !to.is_zero() { SeekPoint::DecodeTo(to) } else { SeekPoint::Accurate(to) }
    }

    /// Whether one place has several timestamps: recordings that were joined.
    fn is_joined(&self) -> bool {
        let is_joinable = JOINABLE.contains(&self.contents.container.as_str());
        is_joinable && self.contents.duration.is_some_and(|duration| self.grown >= duration + JOINED_BY)
    }

    pub(super) fn seek(&mut self, to: Duration) {
        if !self.can_seek() {
            return;
        }
        let to = to.min(self.duration().unwrap_or_default().saturating_sub(LAST_PART));
        let last = self.pictures_end.filter(|last| *last < to);
        let from = last.map_or(to, |last| last.saturating_sub(LAST_PICTURE_SLACK));
        (self.began, self.next_iteration, self.is_iteration_prepared) = (Duration::ZERO, None, false);
        (self.last_at, self.read_until, self.sound_after, self.end) = (from, from, None, None);
        if self.begin_pictures(self.place(from)) {
            self.search = last.map(|_| Search::to(to));
            self.begin_sound(to);
            (self.ready, self.after, self.reported) = (None, None, false);
            self.clock.jump();
        }
    }

    /// Begins its pictures elsewhere. Returns `false` if they can't be had.
    fn begin_pictures(&mut self, place: SeekPoint) -> bool {
        let Some(film) = &self.film else { return false };
        let begun = film.pictures(place);
        self.told_duration = self.duration();
        match begun {
            Ok(Begun { frame_reader, program, sound }) => {
                (self.frame_reader, self.program) = (frame_reader, Some(program));
                self.begun_at = place;
                self.sound = sound.or_else(|| self.sound.take());
                true
            }
            Err(error) => {
                self.end_with(error);
                false
            }
        }
    }

    /// There are no more pictures: what stays, what comes next, or that it is over.
    pub(super) fn pictures_over(&mut self) {
        if self.awaits_writer() {
            return;
        }
        if !self.takes_found() && self.frame_reader.pictures() == 0 && self.searches_on() {
            return;
        }
        self.note_last();
        if !self.begin_iteration() {
            let error = self.ending();
            self.end_with(error);
        }
    }

    /// Waits for the next writer, if there may be one. What the last one left unfinished is forgotten.
    pub(super) fn awaits_writer(&mut self) -> bool {
        let Some(again) = &self.again else { return false };
        if let Some(missing) = self.frame_reader.missing() {
            tracing::info!("{}: {missing}", self.name);
        }
        match again() {
            Ok(frame_reader) => self.frame_reader = frame_reader,
            Err(error) => self.end_with(error),
        }
        (self.has_no_writer, self.is_described) = (true, false);
        true
    }

    /// The picture that was searched for is the one that is shown at the place that was asked for.
    fn takes_found(&mut self) -> bool {
        let Some(search) = self.search.take_if(|search| search.found.is_some()) else { return false };
        let at = Pts(search.to.as_micros() as i64);
        self.after =
            search.found.map(|found| DecodedFrame { pts: found.pts.map(|pts| pts.max(at)), ..found });
        true
    }

    /// Keeps what came of a search so far.
    pub(super) fn note_found(&mut self, picture: DecodedFrame) {
        let Some(search) = &mut self.search else { return };
        let before = search.found.replace(picture);
        before.into_iter().for_each(|before| self.frame_reader.recycle(before.bytes));
    }

    /// When the last picture of all begins is known from now on.
    fn note_last(&mut self) {
        if self.frame_reader.pictures() == 0 || self.film.is_none() || !self.ended_well() {
            return;
        }
        // The timestamp of a cover says nothing.
        let is_cover = self.contents.video().is_some_and(|video| video.is_cover);
        self.pictures_end =
            Some(if is_cover { Duration::ZERO } else { self.last_at.saturating_sub(self.began) });
        if !self.grown.is_zero() {
            self.grown = self.read_until.saturating_sub(self.began);
        }
    }

    /// Begins the pictures a little earlier where there was none any more, as after the last one. The sound goes on where it is.
    pub(super) fn searches_on(&mut self) -> bool {
        let tried = self.begun_at;
        if tried == SeekPoint::START || self.film.is_none() || !self.ended_well() {
            return false;
        }
        let search = self.search.get_or_insert_with(|| Search::to(tried.time()));
        let from = search.to.saturating_sub(search.back);
        search.back = (search.back * 10).max(BACK_AT_FIRST);
        let place = if from.is_zero() { SeekPoint::Accurate(from) } else { SeekPoint::Keyframe(from) };
        self.begin_pictures(place)
    }

    /// Whether a program gave all that it had, now that there is no more of it.
    fn ended_well(&mut self) -> bool {
        self.program.as_mut().is_some_and(|program| program.finish().is_success())
    }

    /// Why it can't begin where it was to, if that is after its end.
    pub(super) fn starts_after_end(&self) -> Option<Error> {
        let start = self.begun_at.time();
        let end = self.duration().filter(|end| *end <= start)?;
        let (name, end, start) = (&self.name, clock_text(end), clock_text(start));
        Some(Error::new(ErrorKind::NotFound, format!("{name} ends at {end}: it can't begin at {start}")))
    }

    /// Of what is repeated the next turn is begun a little before the end of this one.
    pub(super) fn prepare_iteration(&mut self) {
        let is_near = |end: Duration| self.read_until + TURN_LEAD >= self.began + end;
        let is_wanted =
            self.repeat && !self.is_iteration_prepared && self.end.is_none() && self.search.is_none();
        if is_wanted && self.duration().is_some_and(is_near) {
            self.is_iteration_prepared = true;
            self.next_iteration = self.start_iteration();
        }
    }

    fn start_iteration(&self) -> Option<Begun> {
        let film = self.film.as_ref()?;
        let mut begun = film.pictures(SeekPoint::START).ok()?;
        let sound = self.track.and_then(|track| film.sound(SeekPoint::START, track, self.mix).ok().flatten());
        begun.sound = begun.sound.or(sound);
        Some(begun)
    }

    /// Goes on with the next turn of what is repeated, if this one was shown to a good end.
    fn begin_iteration(&mut self) -> bool {
        let has_shown = self.frame_reader.pictures() > 0 && !self.is_one_picture();
        if !self.repeat || !has_shown || !self.ended_well() {
            return false;
        }
        self.told_duration = self.duration();
        let Some(Begun { frame_reader, program, sound }) =
            self.next_iteration.take().or_else(|| self.start_iteration())
        else {
            return false;
        };
        (self.began, self.is_iteration_prepared) = (self.iteration_end(), false);
        self.begun_at = SeekPoint::START;
        (self.last_at, self.read_until) = (self.began, self.began);
        (self.frame_reader, self.program, self.sound_after) = (frame_reader, Some(program), sound);
        self.sound_after.iter_mut().for_each(|sound| sound.delay(self.began));
        true
    }

    /// When this turn is over: with its last picture, or with its sound where that is longer.
    fn iteration_end(&self) -> Duration {
        let shown =
            if self.frame_reader.pictures() == 1 { self.last_at + LAST_STAYS } else { self.read_until };
        let whole = self.told_duration.map_or(Duration::ZERO, |duration| self.began + duration);
        if whole > shown + DURATION_SLACK { whole } else { shown }
    }
}
