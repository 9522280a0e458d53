//! The source: tells of changes, and copies what has changed from the desktop's buffer into the frame.

use std::sync::{Arc, MutexGuard};
use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_plugin::core::source::{
    Captured, Cursor, CursorSource, Description, Error, ErrorKind, Event, Listener, Source,
};
use lanstream_plugin::core::{FrameBuffer, Layout, PixelFormat, Region, Size};

use crate::cast::{Cast, Request};
use crate::failure::Failure;
use crate::options::Options;
use crate::pacing::Pacing;
use crate::restore_token::RestoreToken;
use crate::shared::{Asked, Shared, State};

/// Time for the portal to open its dialog. lanstream gives a source 20 s to open, of which D-Bus needs some where it
/// starts the portal first.
const ANSWER_WITHIN: Duration = Duration::from_secs(12);
/// Time that opening waits for a picture, which comes at once where nothing has to be picked. After it viewers are told
/// what is waited for.
const PICTURE_WITHIN: Duration = Duration::from_secs(5);
/// Size of the empty picture while the dialog is open.
const SIZE_BEFORE: Size = Size { width: 640, height: 360 };
const NAME_BEFORE: &str = "screen cast by the portal";

/// A screen cast.
pub(crate) struct PortalSource {
    shared: Arc<Shared>,
    asked: Asked,
    /// Layout that was announced.
    layout: Layout,
    /// Description that was announced.
    described: Description,
    pacing: Pacing,
    /// It ends the cast when it is dropped.
    _cast: Cast,
}

impl PortalSource {
    /// Opens the dialog. Returns when there is a picture, or when picking one takes longer.
    pub(crate) fn open(options: &Options, listener: &Listener) -> Result<Self, Error> {
        let shared = Arc::new(Shared::default());
        let token = RestoreToken::of_user(options.kind);
        let request = Request { options: *options, token, listener: listener.clone() };
        let cast = Cast::start(request, Arc::clone(&shared))?;
        let asked = wait_until_asked(&shared)?;
        let until = Instant::now() + PICTURE_WITHIN;
        let state = shared.wait_for(until, |state| state.layout.is_some() || state.failure.is_some());
        // What ends it for good is told by the first wait: where opening fails after a loss, it is tried again.
        let failure = state.failure.clone().map(Error::from).filter(|error| error.kind != ErrorKind::Ended);
        let before = Layout::packed(SIZE_BEFORE, PixelFormat::Bgrx8);
        let (layout, described) = (state.layout.unwrap_or(before), state.description());
        drop(state);
        let pacing = Pacing::new(options.fps_max);
        failure.map_or(Ok(Self { shared, asked, layout, described, pacing, _cast: cast }), Err)
    }

    /// Returns what has happened, if anything has.
    fn event(&mut self, state: &mut State, now: Instant) -> Result<Option<Event>, Error> {
        if let Some(failure) = state.failure.clone() {
            return Err(failure.into());
        }
        if std::mem::take(&mut state.is_woken) {
            return Ok(Some(Event::Woken));
        }
        if let Some(layout) = state.layout.filter(|layout| *layout != self.layout) {
            self.layout = layout;
            (state.damage, state.is_damage_new) = (Region::full(layout.size), false);
            return Ok(Some(Event::Resized));
        }
        let described = state.description();
        if described != self.described {
            self.described = described;
            return Ok(Some(Event::Described));
        }
        if std::mem::take(&mut state.has_cursor_moved) && self.asked.is_cursor_apart {
            return Ok(Some(Event::CursorMoved));
        }
        Ok(self.is_damaged(state, now).then_some(Event::Damaged))
    }

    /// Returns whether there is damage to tell of now.
    fn is_damaged(&self, state: &mut State, now: Instant) -> bool {
        if self.pacing.look_due().is_some_and(|due| due <= now) && state.picture.is_some() {
            state.is_damage_new = true;
        }
        let is_due = self.pacing.due().is_none_or(|due| due <= now);
        is_due && state.picture.is_some() && std::mem::take(&mut state.is_damage_new)
    }

    /// Returns when something is to be done although nothing happens.
    fn due(&self, state: &State) -> Option<Instant> {
        let told = self.pacing.due().filter(|_| state.is_damage_new && state.picture.is_some());
        let look = self.pacing.look_due().filter(|_| state.picture.is_some());
        told.into_iter().chain(look).min()
    }

    /// Returns what is to be captured: damage, or all of it when that is due.
    fn wanted(&self, state: &State, now: Instant) -> Region {
        let is_look = self.pacing.look_due().is_some_and(|due| due <= now);
        if is_look { Region::full(self.layout.size) } else { state.damage }
    }
}

fn wait_until_asked(shared: &Shared) -> Result<Asked, Error> {
    let until = Instant::now() + ANSWER_WITHIN;
    let state = shared.wait_for(until, |state| state.asked.is_some() || state.failure.is_some());
    let silent = || state.failure.clone().unwrap_or(Failure::Silent(ANSWER_WITHIN));
    state.asked.ok_or_else(|| silent().into())
}

impl State {
    fn description(&self) -> Description {
        Description {
            name: self.name.unwrap_or(NAME_BEFORE).into(),
            stalled: self.stalled.map(str::to_owned),
            ..Description::default()
        }
    }
}

impl Source for PortalSource {
    fn description(&self) -> Description {
        self.described.clone()
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn waker(&self) -> Waker {
        self.shared.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let shared = Arc::clone(&self.shared);
        let mut state: MutexGuard<'_, State> = shared.lock();
        loop {
            let now = Instant::now();
            if let Some(event) = self.event(&mut state, now)? {
                return Ok(event);
            }
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(Event::TimedOut);
            }
            let until = deadline.into_iter().chain(self.due(&state)).min();
            state = shared.wait(state, until);
        }
    }

    fn damage(&self) -> Option<Region> {
        Some(self.wanted(&self.shared.lock(), Instant::now()))
    }

    fn capture(&mut self, frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
        let now = Instant::now();
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        let mut updated = self.wanted(&state, now);
        updated.merge(region);
        let frame_layout = frame.layout();
        let is_fitting = frame_layout.size == self.layout.size && state.layout == Some(self.layout);
        let Some(picture) = state.picture.as_ref().filter(|_| is_fitting) else {
            return Err(Error::new(ErrorKind::Retry, "there is no picture of this size now"));
        };
        picture.view.copy(&picture.map, &picture.rows, &updated, frame.bytes_mut(), frame_layout.stride);
        let damage = std::mem::take(&mut state.damage);
        state.is_damage_new = false;
        self.pacing.took(now, updated.contains(self.layout.size.bounds()));
        Ok(Captured { updated, damage })
    }

    fn cursor(&self) -> Option<&dyn CursorSource> {
        if self.asked.is_cursor_apart { Some(self) } else { None }
    }
}

impl CursorSource for PortalSource {
    fn cursor(&self) -> Cursor {
        self.shared.lock().cursor.cursor()
    }
}
