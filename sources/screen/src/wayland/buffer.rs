//! Memory that the compositor writes pictures into, and that frames are made of.
//!
//! A buffer has one owner: a request that the compositor answers, the picture that came last, or a frame. Nobody reads
//! or writes it while a request has it.
#![allow(unsafe_code, reason = "references into shared memory")]

use std::ops::Range;
use std::os::fd::AsFd as _;

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{PixelMemory, Rect, Region};
use wayland_client::protocol::wl_buffer::WlBuffer;
use wayland_client::{Proxy as _, WEnum};

use super::connect::Link;
use super::view::Constraints;
use crate::mapping::Map;

/// A buffer in an anonymous file of its own.
pub(super) struct Buffer {
    map: Map,
    /// It doesn't keep the connection open.
    handle: WlBuffer,
    constraints: Constraints,
    /// What has changed since it was written; `None` for all of it.
    missed: Option<Region>,
}

impl Buffer {
    /// A buffer of zeroes.
    ///
    /// # Errors
    /// [`ErrorKind::Lost`] where the system gives no memory, [`ErrorKind::Unsupported`] where it is more than the
    /// protocol can express.
    pub(super) fn new(link: &Link, constraints: Constraints) -> Result<Self, Error> {
        let Constraints { format, width, height, stride } = constraints;
        let len = u64::from(stride) * u64::from(height);
        let int = |value: u32| i32::try_from(value).map_err(|_| too_large(len));
        let (Ok(pool_len), Ok(map_len)) = (i32::try_from(len), usize::try_from(len)) else {
            return Err(too_large(len));
        };
        let WEnum::Value(format) = format else { return Err(too_large(len)) };
        let (map, file) = Map::of_memfd(map_len).map_err(|error| {
            Error::new(ErrorKind::Lost, format!("no shared memory for pictures: {error}"))
        })?;
        let pool = link.shm().create_pool(file.as_fd(), pool_len, link.handle(), ());
        let (width, height, stride) = (int(width)?, int(height)?, int(stride)?);
        let handle = pool.create_buffer(0, width, height, stride, format, link.handle(), ());
        pool.destroy();
        Ok(Self { map, handle, constraints, missed: None })
    }

    pub(super) fn handle(&self) -> &WlBuffer {
        &self.handle
    }

    pub(super) fn constraints(&self) -> Constraints {
        self.constraints
    }

    /// Whether it is like this, and of a connection that is open.
    pub(super) fn fits(&self, constraints: Constraints) -> bool {
        self.constraints == constraints && self.handle.is_alive()
    }

    /// What the compositor has to write for it to be up to date, besides what it has not told of yet.
    pub(super) fn missed(&self) -> Region {
        let Constraints { width, height, .. } = self.constraints;
        self.missed.unwrap_or_else(|| Region::from(Rect { x: 0, y: 0, width, height }))
    }

    /// The output has changed here, which is not in it.
    pub(super) fn miss(&mut self, damage: &Region) {
        self.missed.iter_mut().for_each(|missed| missed.merge(damage));
    }

    /// The compositor has brought it up to date.
    pub(super) fn catch_up(&mut self) {
        self.missed = Some(Region::EMPTY);
    }

    /// Whatever is in it is of no use.
    pub(super) fn invalidate(&mut self) {
        self.missed = None;
    }
}

fn too_large(len: u64) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("a picture of {len} bytes is more than a compositor can share"),
    )
}

impl PixelMemory for Buffer {
    fn byte_len(&self) -> usize {
        self.map.len()
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        let (first, len) = self.map.part(range);
        // SAFETY: the bytes are within the map, which lives as long as `self`, and initialised. The compositor writes
        // only while a request owns the buffer, which reads nothing.
        unsafe { std::slice::from_raw_parts(first, len) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let (first, len) = self.map.part(0..self.map.len());
        // SAFETY: all of the map, as in `bytes`; `&mut self` means that nobody else has it.
        unsafe { std::slice::from_raw_parts_mut(first, len) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // Once the connection is closed this does nothing. It isn't flushed: this may be a viewer's thread.
        self.handle.destroy();
    }
}
