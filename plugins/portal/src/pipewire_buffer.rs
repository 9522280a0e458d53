//! A buffer of a PipeWire stream: what it says of itself, read with the lengths that it has.
#![allow(unsafe_code, reason = "structures of libpipewire are read")]

use std::os::fd::{BorrowedFd, RawFd};
use std::ptr::NonNull;

use lanstream_plugin::core::Orientation;
use lanstream_plugin::core::source::CURSOR_SIDE_MAX;
use pipewire::spa::sys;
use pipewire::stream::Stream;
use pipewire::sys::pw_buffer;

use crate::cursor::{ToldBitmap, ToldCursor};
use crate::map::Map;
use crate::rows::Chunk;
use crate::view::ToldRect;

/// A buffer of a stream, which is valid from the stream's word that it is added to the word that it is removed. It is
/// used in between alone, on the thread of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PipewireBuffer(NonNull<pw_buffer>);

/// Metadata of a buffer: bytes that the desktop may be writing to.
#[derive(Clone, Copy)]
struct Meta {
    start: NonNull<u8>,
    len: usize,
}

/// A structure that any bytes make up.
///
/// # Safety
/// All fields are integers.
unsafe trait Plain: Copy {}

// SAFETY: integers.
unsafe impl Plain for sys::spa_meta_header {}
// SAFETY: integers.
unsafe impl Plain for sys::spa_meta_region {}
// SAFETY: integers.
unsafe impl Plain for sys::spa_meta_videotransform {}
// SAFETY: integers.
unsafe impl Plain for sys::spa_meta_cursor {}
// SAFETY: integers.
unsafe impl Plain for sys::spa_meta_bitmap {}

impl PipewireBuffer {
    /// Wraps a buffer that a stream tells of.
    pub(crate) fn new(buffer: *mut pw_buffer) -> Option<Self> {
        NonNull::new(buffer).map(Self)
    }

    /// Takes the next buffer with news from the stream.
    pub(crate) fn take(stream: &Stream) -> Option<Self> {
        // SAFETY: the buffer is given back by `give_back`, or by the end of the stream.
        Self::new(unsafe { stream.dequeue_raw_buffer() })
    }

    /// Gives it back to the stream that it was taken from.
    pub(crate) fn give_back(self, stream: &Stream) {
        // SAFETY: it was taken from this stream.
        unsafe { stream.queue_raw_buffer(self.0.as_ptr()) }
    }

    /// Maps the memory of its pixels.
    pub(crate) fn map(self) -> Result<Map, String> {
        let data = self.data().ok_or("a buffer without memory")?;
        if data.type_ != sys::SPA_DATA_MemFd {
            return Err(format!("a buffer of type {} where shared memory was asked for", data.type_));
        }
        let file =
            RawFd::try_from(data.fd).ok().filter(|file| *file >= 0).ok_or("a buffer without a file")?;
        // SAFETY: it is open as long as the buffer is there.
        let file = unsafe { BorrowedFd::borrow_raw(file) };
        Map::new(file, data.mapoffset, data.maxsize as usize).map_err(|error| error.to_string())
    }

    /// Returns what it says of its pixels. One whose header or chunk says so is corrupted.
    pub(crate) fn chunk(self) -> Chunk {
        let chunk = self.data().and_then(|data| NonNull::new(data.chunk));
        // SAFETY: a chunk is there as long as the buffer, and made up of integers.
        let Some(chunk) = chunk.map(|chunk| unsafe { chunk.read_volatile() }) else {
            return Chunk::default();
        };
        let header = self.meta(sys::SPA_META_Header).and_then(|meta| meta.read::<sys::spa_meta_header>(0));
        let is_corrupted =
            header.is_some_and(|header| header.flags & sys::SPA_META_HEADER_FLAG_CORRUPTED != 0);
        Chunk {
            offset: chunk.offset,
            size: chunk.size,
            stride: chunk.stride,
            is_corrupted: is_corrupted || chunk.flags.cast_unsigned() & sys::SPA_CHUNK_FLAG_CORRUPTED != 0,
        }
    }

    /// Returns what is damaged, as told.
    pub(crate) fn damage(self) -> Vec<ToldRect> {
        let Some(meta) = self.meta(sys::SPA_META_VideoDamage) else { return Vec::new() };
        let rects = (0..).map_while(|index| meta.read(index * size_of::<sys::spa_meta_region>()));
        rects.map(|region: sys::spa_meta_region| rect(&region)).take_while(is_rect).collect()
    }

    /// Returns the part that is shown, where one is told.
    pub(crate) fn crop(self) -> Option<ToldRect> {
        let region: sys::spa_meta_region = self.meta(sys::SPA_META_VideoCrop)?.read(0)?;
        Some(rect(&region)).filter(is_rect)
    }

    /// Returns how it is turned.
    pub(crate) fn orientation(self) -> Orientation {
        let told = self.meta(sys::SPA_META_VideoTransform).and_then(|meta| meta.read(0));
        told.map_or(Orientation::default(), |told: sys::spa_meta_videotransform| {
            Orientation::from_transform(told.transform)
        })
    }

    /// Returns what it tells of the pointer.
    pub(crate) fn cursor(self) -> Option<ToldCursor> {
        let meta = self.meta(sys::SPA_META_Cursor)?;
        let cursor: sys::spa_meta_cursor = meta.read(0)?;
        let has_bitmap = cursor.id != 0 && cursor.bitmap_offset as usize >= size_of::<sys::spa_meta_cursor>();
        Some(ToldCursor {
            id: cursor.id,
            position: (cursor.position.x, cursor.position.y),
            hotspot: (cursor.hotspot.x, cursor.hotspot.y),
            bitmap: if has_bitmap { meta.bitmap(cursor.bitmap_offset as usize) } else { None },
        })
    }

    fn data(self) -> Option<sys::spa_data> {
        // SAFETY: the buffer is valid, as its type says, and so is what it points to.
        let buffer = unsafe { self.0.as_ref().buffer.as_ref()? };
        // SAFETY: a buffer has as many of them as it says.
        (buffer.n_datas > 0).then(|| unsafe { buffer.datas.read() })
    }

    fn meta(self, kind: u32) -> Option<Meta> {
        // SAFETY: as for `data`.
        let buffer = unsafe { self.0.as_ref().buffer.as_ref()? };
        let metas = NonNull::new(buffer.metas)?;
        // SAFETY: a buffer has as many of them as it says.
        let metas = unsafe { std::slice::from_raw_parts(metas.as_ptr(), buffer.n_metas as usize) };
        let meta = metas.iter().find(|meta| meta.type_ == kind)?;
        Some(Meta { start: NonNull::new(meta.data.cast())?, len: meta.size as usize })
    }
}

impl Meta {
    /// Reads a structure at an offset, if there is room for it.
    fn read<T: Plain>(self, offset: usize) -> Option<T> {
        let end = offset.checked_add(size_of::<T>())?;
        // SAFETY: the structure lies within the metadata; any bytes make it up.
        (end <= self.len).then(|| unsafe { self.start.add(offset).cast::<T>().read_unaligned() })
    }

    /// Reads what the pointer looks like. One that is larger than pointers are has no pixels.
    fn bitmap(self, offset: usize) -> Option<ToldBitmap> {
        let bitmap: sys::spa_meta_bitmap = self.read(offset)?;
        if bitmap.format == 0 {
            return None;
        }
        let (width, height) = (bitmap.size.width, bitmap.size.height);
        let pixels = if bitmap.offset as usize >= size_of::<sys::spa_meta_bitmap>() {
            let stride = usize::try_from(bitmap.stride).unwrap_or_default();
            let len = stride.saturating_mul(height.min(CURSOR_SIDE_MAX.into()) as usize);
            self.bytes(offset + bitmap.offset as usize, len)
        } else {
            Vec::new()
        };
        Some(ToldBitmap { format: bitmap.format, width, height, stride: bitmap.stride, pixels })
    }

    /// Returns up to `len` bytes from an offset on.
    fn bytes(self, offset: usize, len: usize) -> Vec<u8> {
        let len = len.min(self.len.saturating_sub(offset));
        let mut bytes = vec![0; len];
        if len > 0 {
            // SAFETY: the bytes lie within the metadata, and `bytes` is memory of its own.
            unsafe { self.start.add(offset).as_ptr().copy_to_nonoverlapping(bytes.as_mut_ptr(), len) };
        }
        bytes
    }
}

fn rect(region: &sys::spa_meta_region) -> ToldRect {
    let sys::spa_region { position, size } = region.region;
    ToldRect { x: position.x, y: position.y, width: size.width, height: size.height }
}

/// Returns whether a rectangle is one, and not the end of several.
fn is_rect(told: &ToldRect) -> bool {
    told.width != 0 && told.height != 0
}
