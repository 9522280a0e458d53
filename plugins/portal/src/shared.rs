//! What the thread of the source and those of the portal and of PipeWire share: the newest picture, what has changed,
//! the pointer, and why there is nothing.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};
use std::time::Instant;

use lanstream_plugin::core::{Layout, Region, Size};

use crate::cursor::{KnownCursor, ToldCursor};
use crate::failure::Failure;
use crate::map::Map;
use crate::rows::Rows;
use crate::view::{ToldRect, View};

/// State of a screen cast, and what waits for it to change.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// State of a screen cast.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The portal has opened its dialog, or needs none.
    pub(crate) asked: Option<Asked>,
    /// What is shared, in the portal's words.
    pub(crate) name: Option<&'static str>,
    /// Size and format of pictures were agreed on.
    pub(crate) is_format_agreed: bool,
    /// Why no pictures come.
    pub(crate) stalled: Option<&'static str>,
    /// The newest picture; the buffer that it is in is not given back meanwhile.
    pub(crate) picture: Option<Picture>,
    /// Layout of the newest picture that there was.
    pub(crate) layout: Option<Layout>,
    /// Damage since the last capture.
    pub(crate) damage: Region,
    /// The source has not told of it.
    pub(crate) is_damage_new: bool,
    pub(crate) cursor: KnownCursor,
    pub(crate) has_cursor_moved: bool,
    /// The first reason why there is no more.
    pub(crate) failure: Option<Failure>,
    /// The source's waker was used.
    pub(crate) is_woken: bool,
}

/// What the portal was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The pointer is told of apart from the pixels.
    pub(crate) is_cursor_apart: bool,
}

/// A picture in a buffer.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) map: Arc<Map>,
    pub(crate) rows: Rows,
    pub(crate) view: View,
}

/// What a buffer brings.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// `None` where it has none.
    pub(crate) pixels: Option<(Arc<Map>, Rows)>,
    pub(crate) view: View,
    /// Size of a picture in the buffer, which damage refers to.
    pub(crate) size: Size,
    /// None where nothing is told.
    pub(crate) damage: Vec<ToldRect>,
    pub(crate) cursor: Option<ToldCursor>,
}

impl Shared {
    /// Locks the state.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes who waits for that.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }

    /// Notes why there is no more, unless a reason is known.
    pub(crate) fn fail(&self, failure: Failure) {
        self.change(|state| state.failure.get_or_insert(failure).clone());
    }

    /// Waits until the state changes or a moment has come, `None` for as long as it takes.
    pub(crate) fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        until: Option<Instant>,
    ) -> MutexGuard<'a, State> {
        let Some(until) = until else {
            return self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        let timeout = until.saturating_duration_since(Instant::now());
        self.changed.wait_timeout(state, timeout).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits until the state is as `is_there` wants it or a moment has come.
    pub(crate) fn wait_for(
        &self,
        until: Instant,
        is_there: impl Fn(&State) -> bool,
    ) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        while !is_there(&state) && Instant::now() < until {
            state = self.wait(state, Some(until));
        }
        state
    }

    /// Returns the source's waker.
    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.change(|state| state.is_woken = true);
    }
}

impl State {
    /// Takes in what a buffer brings. One without pixels leaves the picture that is there.
    pub(crate) fn arrive(&mut self, arrival: Arrival) {
        let Arrival { pixels, view, size, damage, cursor } = arrival;
        if let Some(mut cursor) = cursor {
            cursor.position = view.place(cursor.position);
            self.has_cursor_moved |= self.cursor.take(&cursor);
        }
        if let Some((map, rows)) = pixels {
            self.show(Picture { map, rows, view }, view.damage(&damage, size));
        } else if self.layout == Some(view.layout()) && !damage.is_empty() {
            // The next picture has it, and tells only of what changed after this.
            self.damage.merge(&view.damage(&damage, size));
        }
    }

    fn show(&mut self, picture: Picture, damage: Region) {
        let layout = picture.view.layout();
        if self.layout.replace(layout) == Some(layout) {
            self.damage.merge(&damage);
        } else {
            self.damage = Region::full(layout.size);
        }
        self.picture = Some(picture);
        self.is_damage_new |= !self.damage.is_empty();
        self.stalled = None;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails fails the test")]
mod tests {
    use lanstream_plugin::core::{Orientation, PixelFormat, Rect};

    use super::*;
    use crate::rows::Chunk;

    fn arrival(size: Size, damage: &[ToldRect], has_pixels: bool) -> Arrival {
        let bytes = size.area() * 4;
        let chunk = Chunk {
            size: u32::try_from(bytes).unwrap(),
            stride: i32::try_from(size.width * 4).unwrap(),
            ..Chunk::default()
        };
        let pixels = has_pixels
            .then(|| (Arc::new(Map::of_bytes(&vec![0; bytes])), Rows::find(chunk, size, bytes).unwrap()));
        let view = View::new(size, None, Orientation::default(), PixelFormat::Bgrx8);
        Arrival { pixels, view, size, damage: damage.to_vec(), cursor: None }
    }

    const SIZE: Size = Size { width: 4, height: 4 };
    const CORNER: ToldRect = ToldRect { x: 0, y: 0, width: 1, height: 1 };

    #[test]
    fn the_first_picture_and_one_of_another_size_are_damaged_all_over() {
        let mut state = State::default();
        for size in [SIZE, Size { width: 2, height: 2 }] {
            state.arrive(arrival(size, &[CORNER], true));
            assert!(state.damage.contains(size.bounds()) && state.is_damage_new);
        }
    }

    #[test]
    fn damage_of_a_picture_that_is_skipped_is_not_lost() {
        let mut state = State::default();
        state.arrive(arrival(SIZE, &[], true));
        (state.damage, state.is_damage_new) = (Region::EMPTY, false);
        state.arrive(arrival(SIZE, &[CORNER], false));
        assert!(!state.is_damage_new, "there is nothing new to see");
        let other = ToldRect { x: 3, y: 3, ..CORNER };
        state.arrive(arrival(SIZE, &[other], true));
        assert!(state.is_damage_new);
        for (x, y) in [(0, 0), (3, 3)] {
            assert!(state.damage.contains(Rect { x, y, width: 1, height: 1 }), "{x},{y}");
        }
    }

    #[test]
    fn a_buffer_for_the_cursor_alone_damages_nothing() {
        let mut state = State::default();
        state.arrive(arrival(SIZE, &[], true));
        (state.damage, state.is_damage_new) = (Region::EMPTY, false);
        let cursor = ToldCursor { id: 1, position: (2, 3), hotspot: (0, 0), bitmap: None };
        state.arrive(Arrival { cursor: Some(cursor), ..arrival(SIZE, &[], false) });
        assert!(state.damage.is_empty() && !state.is_damage_new && state.has_cursor_moved);
        assert!(state.picture.is_some());
    }

    #[test]
    fn the_first_reason_counts() {
        let shared = Shared::default();
        shared.fail(Failure::Declined);
        shared.fail(Failure::PipeWireGone);
        assert_eq!(shared.lock().failure, Some(Failure::Declined));
    }
}
