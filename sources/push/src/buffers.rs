//! Buffers of pushed images, used over and over: after the first few pushes nothing is allocated.

use std::mem;
use std::sync::Arc;

use lanstream_core::pipeline::RESCAN_PARTS;
use lanstream_core::{Layout, Rect, Region};

use crate::pushed::Pushed;

/// Maximum number of buffers that are kept although nobody holds them: the one that is written next, and two that
/// viewers are about to let go of.
const FREE_MAX: usize = 3;

/// A buffer.
#[derive(Debug)]
struct Buffer {
    image: Arc<Pushed>,
    /// Where the image lacks the newest one, if it has its layout.
    stale: Region,
}

/// Buffers of one program's images, and what is known of them.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    buffers: Vec<Buffer>,
    /// Layout of the newest image.
    layout: Option<Layout>,
    /// Part that was looked at last.
    audited_part: u32,
}

impl Buffer {
    fn is_free(&self) -> bool {
        Arc::strong_count(&self.image) == 1
    }

    /// Returns where it lacks the newest image, which has `layout`.
    fn stale(&self, layout: Layout) -> Region {
        if self.image.layout == layout && !self.image.bytes.is_empty() {
            self.stale
        } else {
            Region::full(layout.cells())
        }
    }
}

impl Buffers {
    /// Returns the damage of an image of `layout`, of which its program said that `damage` may have changed, and the
    /// rows that are looked at nevertheless.
    pub(crate) fn damage(&mut self, layout: Layout, damage: Option<Region>) -> (Region, Region) {
        let bounds = layout.cells().bounds();
        match damage.filter(|_| self.layout == Some(layout)) {
            None => (Region::full(layout.cells()), Region::EMPTY),
            Some(damage) => (damage.clipped(bounds), self.next_audit(bounds)),
        }
    }

    /// Returns the rows that are due to be looked at where the program says that nothing has changed: a part a push.
    fn next_audit(&mut self, bounds: Rect) -> Region {
        self.audited_part = (self.audited_part + 1) % RESCAN_PARTS;
        bounds.part(self.audited_part, RESCAN_PARTS).map_or(Region::EMPTY, Region::from)
    }

    /// Returns the number of a free buffer to copy an image of `layout` into: the one that lacks least of the newest
    /// image, and among those one with memory.
    pub(crate) fn for_copy(&mut self, layout: Layout) -> usize {
        self.free_with_least(layout, |buffer| (buffer.stale(layout).area(), buffer.image.bytes.is_empty()))
    }

    /// Returns the number of a free buffer for memory that the program gives away: one without memory, if there is one.
    pub(crate) fn for_memory(&mut self, layout: Layout) -> usize {
        self.free_with_least(layout, |buffer| buffer.image.bytes.len())
    }

    fn free_with_least<K: Ord>(&mut self, layout: Layout, cost: impl Fn(&Buffer) -> K) -> usize {
        self.trim();
        let free = self.buffers.iter().enumerate().filter(|(_, buffer)| buffer.is_free());
        if let Some((index, _)) = free.min_by_key(|(_, buffer)| cost(buffer)) {
            return index;
        }
        self.buffers.push(Buffer { image: Arc::new(Pushed::empty(layout)), stale: Region::EMPTY });
        self.buffers.len() - 1
    }

    /// Gives up buffers that nobody has held for long.
    fn trim(&mut self) {
        let mut free = 0;
        self.buffers.retain(|buffer| {
            free += usize::from(buffer.is_free());
            !buffer.is_free() || free <= FREE_MAX
        });
    }

    /// Returns where a buffer lacks the newest image, and the buffer's image to be brought up to date.
    pub(crate) fn begin(&mut self, index: usize, layout: Layout) -> (Region, &mut Pushed) {
        let buffer = &mut self.buffers[index];
        // Nobody else holds it, so this is not a copy.
        (buffer.stale(layout), Arc::make_mut(&mut buffer.image))
    }

    /// Returns a buffer's image, which is now the newest. The others lack `changed`.
    pub(crate) fn finish(&mut self, index: usize, changed: &Region) -> Arc<Pushed> {
        let newest = Arc::clone(&self.buffers[index].image);
        let is_other_layout = self.layout.replace(newest.layout) != Some(newest.layout);
        let full = Region::full(newest.layout.cells());
        for buffer in &mut self.buffers {
            buffer.stale.merge(if is_other_layout { &full } else { changed });
        }
        self.buffers[index].stale = Region::EMPTY;
        newest
    }

    /// Takes the memory of a free buffer, for the program to draw its next image in.
    pub(crate) fn take_memory(&mut self) -> Vec<u8> {
        let free = self.buffers.iter_mut().filter_map(|buffer| Arc::get_mut(&mut buffer.image));
        free.map(|image| mem::take(&mut image.bytes)).find(|bytes| !bytes.is_empty()).unwrap_or_default()
    }
}
