//! Buffers that clients share with a scripted compositor.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use super::look::{OutputLook, Place};

/// A buffer that a client shares.
pub(super) struct SharedBuffer {
    pub(super) file: Arc<File>,
    pub(super) offset: i32,
    pub(super) size: (i32, i32),
    pub(super) stride: i32,
}

impl SharedBuffer {
    /// Whether the output's picture has room in it, and just that.
    pub(super) fn fits(&self, look: &OutputLook) -> bool {
        let given = [self.size.0, self.size.1, self.stride].map(i32::unsigned_abs);
        given == [look.width, look.height, look.stride()]
    }

    /// Writes a part of a picture, as far as that reaches.
    pub(super) fn write(&self, (x, y, width, height): Place, look: &OutputLook, pixels: &[u8]) {
        let width = width.min(look.width.saturating_sub(x));
        let len = (width * look.pixel_bytes) as usize;
        for row in y..y.saturating_add(height).min(look.height) {
            let start = row * look.stride() + x.min(look.width) * look.pixel_bytes;
            let from = &pixels[start as usize..start as usize + len];
            self.file.write_all_at(from, u64::from(self.offset.unsigned_abs() + start)).unwrap();
        }
    }
}
