//! The program's end of a stream of images.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use lanstream_core::source::Wakeup;
use lanstream_core::{Region, Slot};

use crate::buffers::Buffers;
use crate::convert;
use crate::image::{Image, PushError, Rows};
use crate::pushed::Pushed;

/// What a program's threads and the source share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The newest image that the source has not taken.
    pub(crate) slot: Slot<Pushed>,
    /// Sleep of the source.
    pub(crate) wakeup: Wakeup,
    waker: Waker,
    pub(crate) is_stopped: AtomicBool,
    buffers: Mutex<Buffers>,
    pushed: AtomicU64,
    replaced: AtomicU64,
}

impl Shared {
    pub(crate) fn new() -> Self {
        let wakeup = Wakeup::default();
        Self {
            slot: Slot::new(),
            waker: wakeup.waker(),
            wakeup,
            is_stopped: AtomicBool::new(false),
            buffers: Mutex::default(),
            pushed: AtomicU64::new(0),
            replaced: AtomicU64::new(0),
        }
    }

    fn buffers(&self) -> MutexGuard<'_, Buffers> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a buffer the newest image.
    fn fill(&self, buffers: &mut Buffers, image: Image<'_>, rows: &Rows) -> Arc<Pushed> {
        let is_given = matches!(image.pixels, Cow::Owned(_)) && rows.are_frame(image.format);
        // Elsewhere, an image that is given could differ from the others unseen, so all of it is compared.
        let said = image.damage.filter(|_| rows.are_pixels() && !is_given);
        let (damage, audited) = buffers.damage(rows.layout, said);
        let mut changed = damage;
        changed.merge(&audited);
        let index = if is_given { buffers.for_memory(rows.layout) } else { buffers.for_copy(rows.layout) };
        let (mut lacking, target) = buffers.begin(index, rows.layout);
        lacking.merge(&changed);
        (target.layout, target.damage, target.audited) = (rows.layout, damage, audited);
        (target.pts, target.alteration) = (image.pts, image.format.alteration());
        if is_given {
            target.bytes = image.pixels.into_owned();
            target.bytes.resize(rows.layout.bytes(), 0);
        } else {
            target.bytes.resize(rows.layout.bytes(), 0);
            convert::write(&image, rows, &lacking, &mut target.bytes);
        }
        self.replace_untaken(target);
        buffers.finish(index, &changed)
    }

    /// Takes back the image that the source has not taken, and adds what it changes to `newest`.
    fn replace_untaken(&self, newest: &mut Pushed) {
        let Some(untaken) = self.slot.take() else { return };
        self.replaced.fetch_add(1, Ordering::Relaxed);
        if untaken.layout == newest.layout {
            newest.damage.merge(&untaken.damage);
            newest.audited.merge(&untaken.audited);
        } else {
            newest.damage = Region::full(newest.layout.cells());
        }
    }
}

/// Handle through which a program pushes images: any number of threads, each with a clone.
#[derive(Clone, Debug)]
pub struct Pusher(pub(crate) Arc<Shared>);

/// Numbers of a stream of images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushStats {
    /// Images that were pushed.
    pub pushed: u64,
    /// Those that newer ones replaced before anything was done with them.
    pub replaced: u64,
}

impl Pusher {
    /// Makes `image` the newest one. It replaces one that nobody has taken yet, and never waits for a viewer.
    ///
    /// Pixels that are borrowed are copied once, by the caller. An owned block of pixels becomes a frame as it is if it
    /// has no gaps between rows, and its format is neither one of three bytes nor [`Gray16`](crate::Format::Gray16):
    /// draw the next image in [`take_buffer`](Self::take_buffer) then. Threads that push at the same time take turns.
    ///
    /// # Errors
    /// [`PushError`], if the image contradicts itself or the stream has stopped. Viewers keep the image before.
    pub fn push(&self, image: Image<'_>) -> Result<(), PushError> {
        let rows = image.checked()?;
        if self.0.is_stopped.load(Ordering::Acquire) {
            return Err(PushError::Stopped);
        }
        let mut buffers = self.0.buffers();
        let newest = self.0.fill(&mut buffers, image, &rows);
        self.0.slot.put(newest);
        self.0.pushed.fetch_add(1, Ordering::Relaxed);
        drop(buffers);
        self.0.waker.wake_by_ref();
        Ok(())
    }

    /// Returns memory of an earlier image, to draw the next one in; empty if none is free, as at first. It has any
    /// length and content.
    pub fn take_buffer(&self) -> Vec<u8> {
        self.0.buffers().take_memory()
    }

    /// Returns the numbers of this stream since it began.
    pub fn stats(&self) -> PushStats {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        PushStats { pushed: read(&self.0.pushed), replaced: read(&self.0.replaced) }
    }
}
