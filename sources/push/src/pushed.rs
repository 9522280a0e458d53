//! An image that was pushed, as its stream's source and frames share it.

use std::ops::Range;
use std::sync::Arc;

use lanstream_core::{Layout, PixelMemory, Pts, Region};

/// An image that was pushed, in a frame's layout. Nobody changes it while more than one part of the program holds it.
#[derive(Clone, Debug)]
pub(crate) struct Pushed {
    pub(crate) layout: Layout,
    /// At least as many bytes as the layout has.
    pub(crate) bytes: Vec<u8>,
    pub(crate) pts: Option<Pts>,
    /// Where it may differ from the one that the source took before.
    pub(crate) damage: Region,
    /// Rows that are compared whatever the program said of damage.
    pub(crate) audited: Region,
    /// Difference between it and the program's image, for people.
    pub(crate) alteration: Option<&'static str>,
}

impl Pushed {
    /// Returns the memory of images that are still to come.
    pub(crate) fn empty(layout: Layout) -> Self {
        let bytes = Vec::new();
        Self { layout, bytes, pts: None, damage: Region::EMPTY, audited: Region::EMPTY, alteration: None }
    }
}

/// Memory of a frame: the image itself.
#[derive(Debug)]
pub(crate) struct SharedPixels(pub(crate) Arc<Pushed>);

impl PixelMemory for SharedPixels {
    fn byte_len(&self) -> usize {
        self.0.bytes.len()
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.0.bytes[range]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // An image that others hold stays as it is.
        &mut Arc::make_mut(&mut self.0).bytes
    }
}
