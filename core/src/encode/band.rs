//! The band that is being written: head, table and everything short at once, the rows of raw patches one by one, so
//! that a sink can send the first while the last are not packed yet.

use bytes::{BufMut, BytesMut};

use lanstream_codec::{Code, RGB_BYTES};

use super::job::PatchJob;
use super::plan::GROUPS_MAX;
use super::swizzle;
use super::update_encoder::UpdateEncoder;
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::protocol::{BandHead, Encoding, Patch};

/// A patch of fewer pixels is not packed: the call that unpacks it would take a browser longer than its bytes.
const PACKED_PX_MIN: usize = 1024;

/// A band's patches, and how far it was written. Its memory, made at first for the most, is used again for the next.
#[derive(Debug)]
pub(super) struct Band {
    patches: Vec<Patch>,
    /// Raw patches go last.
    raw: Vec<Patch>,
    /// Of the raw patches, and the row in it, to be written next.
    next: usize,
    row: u32,
}

impl Default for Band {
    fn default() -> Self {
        let patches = || Vec::with_capacity(GROUPS_MAX);
        Self { patches: patches(), raw: patches(), next: 0, row: 0 }
    }
}

impl Band {
    /// Appends head, table, and the data of all patches but raw ones.
    pub(super) fn open(
        &mut self,
        head: &BandHead,
        frame: &Frame,
        jobs: &[PatchJob],
        encoder: &mut UpdateEncoder,
        out: &mut BytesMut,
    ) {
        (self.next, self.row) = (0, 0);
        let is_packed = encoder.packs_raw(frame);
        self.patches.clear();
        self.raw.clear();
        let start = out.len();
        let bytes = BandHead::bytes(jobs.len());
        out.put_bytes(0, bytes);
        for job in jobs {
            match encoder.encode(frame, job, out) {
                Some(patch) => self.patches.push(patch),
                None => self.raw.push(raw_patch(job.group.rect, is_packed)),
            }
        }
        self.patches.extend_from_slice(&self.raw);
        head.write(&mut &mut out[start..start + bytes], &self.patches);
    }

    /// Whether there are rows left to be written.
    pub(super) fn is_open(&self) -> bool {
        self.next < self.raw.len()
    }

    /// Appends the next row.
    pub(super) fn write_row(&mut self, frame: &Frame, out: &mut BytesMut) {
        let Some(Patch { rect, encoding, .. }) = self.raw.get(self.next) else { return };
        let (row, format) = (frame.row(rect.x, rect.y + self.row, rect.width), frame.layout().format);
        match encoding {
            Encoding::Coded(Code::Packed) => swizzle::extend_rgb(out, row, format),
            _ => swizzle::extend_rgbx(out, row, format),
        }
        self.row += 1;
        if self.row == rect.height {
            (self.next, self.row) = (self.next + 1, 0);
        }
    }
}

/// A patch whose rows are written one by one: without their fourth bytes where the viewer takes codes.
fn raw_patch(rect: Rect, is_packed: bool) -> Patch {
    let area = rect.area();
    if is_packed && area >= PACKED_PX_MIN {
        Patch::coded(rect, Code::Packed, area * RGB_BYTES)
    } else {
        Patch::new(rect, Encoding::Raw)
    }
}
