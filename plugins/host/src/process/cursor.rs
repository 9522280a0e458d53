//! The cursor of a source over the link: as a field of messages, and at both ends. The pixels of a shape are in memory
//! that both processes share, since they may be more than a packet can carry.

use std::io;
use std::sync::Arc;

use lanstream_core::source::{CURSOR_SIDE_MAX, Cursor, CursorShape};
use lanstream_core::{PIXEL_BYTES, PixelMemory as _};
use rustix::fd::OwnedFd;

use super::memory::SharedMemory;
use super::wire::{Fields, MalformedError, Write};
use crate::cursor::{KnownCursor, ShapeSize, check_place};

/// Bytes of the memory for pixels: those of the largest shape. The system provides what is written to.
const SHAPE_BYTES_MAX: usize = CURSOR_SIDE_MAX as usize * CURSOR_SIDE_MAX as usize * PIXEL_BYTES;

/// A cursor as messages have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CursorState {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) shape: ShapeState,
}

/// What a cursor looks like, as messages have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShapeState {
    /// Nothing.
    Hidden,
    /// The shape that was told of last.
    Same,
    /// Another shape, whose pixels are in the shared memory.
    Other(ShapeSize),
}

impl CursorState {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.i32(self.x);
        out.i32(self.y);
        match self.shape {
            ShapeState::Hidden => out.u32(0),
            ShapeState::Same => out.u32(1),
            ShapeState::Other(ShapeSize { width, height, hot_x, hot_y }) => {
                out.u32(2);
                [width, height, hot_x, hot_y].into_iter().for_each(|number| out.u32(number.into()));
            }
        }
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, MalformedError> {
        let (x, y) = (fields.i32()?, fields.i32()?);
        check_place(x, y).map_err(|_| MalformedError)?;
        let shape = match fields.u32()? {
            0 => ShapeState::Hidden,
            1 => ShapeState::Same,
            2 => {
                let size = ShapeSize::new(fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
                ShapeState::Other(size.map_err(|_| MalformedError)?)
            }
            _ => return Err(MalformedError),
        };
        Ok(Self { x, y, shape })
    }
}

/// The end of the plugin's process.
pub(super) struct ServedCursor {
    memory: SharedMemory,
    /// Shape that was told of last.
    told: Option<Arc<CursorShape>>,
}

impl ServedCursor {
    /// Maps the memory for pixels, which lanstream made.
    pub(super) fn open(file: &OwnedFd) -> io::Result<Self> {
        Ok(Self { memory: SharedMemory::open(0, file, SHAPE_BYTES_MAX)?, told: None })
    }

    /// Returns what is told of a cursor, and writes the pixels of another shape into the memory.
    pub(super) fn tell(&mut self, cursor: &Cursor) -> CursorState {
        let Cursor { x, y, .. } = *cursor;
        let Some(shape) = &cursor.shape else { return CursorState { x, y, shape: ShapeState::Hidden } };
        if self.told.as_ref().is_some_and(|told| Arc::ptr_eq(told, shape)) {
            return CursorState { x, y, shape: ShapeState::Same };
        }
        self.memory.bytes_mut()[..shape.rgba.len()].copy_from_slice(&shape.rgba);
        self.told = Some(Arc::clone(shape));
        CursorState { x, y, shape: ShapeState::Other(ShapeSize::of(shape)) }
    }
}

/// The end of lanstream.
pub(super) struct RemoteCursor {
    memory: SharedMemory,
    /// Shape that was told of last.
    last: Option<Arc<CursorShape>>,
    known: KnownCursor,
}

impl RemoteCursor {
    /// Makes the memory for pixels, and the file to share it by.
    pub(super) fn create() -> io::Result<(Self, OwnedFd)> {
        let (memory, file) = SharedMemory::create(0, SHAPE_BYTES_MAX)?;
        let known = KnownCursor(Cursor { x: 0, y: 0, shape: None });
        Ok((Self { memory, last: None, known }, file))
    }

    /// Takes what the process told. It writes into the memory before it tells, and not before it is asked again.
    pub(super) fn take(&mut self, told: CursorState) -> Result<(), MalformedError> {
        let CursorState { x, y, shape } = told;
        let shape = match shape {
            ShapeState::Hidden => None,
            ShapeState::Same => Some(Arc::clone(self.last.as_ref().ok_or(MalformedError)?)),
            ShapeState::Other(size) => {
                let shape = size.shape(self.memory.bytes(0..size.bytes()).to_vec());
                self.last = Some(Arc::clone(&shape));
                Some(shape)
            }
        };
        self.known = KnownCursor(Cursor { x, y, shape });
        Ok(())
    }

    /// The cursor as it was told last.
    pub(super) fn known(&self) -> &KnownCursor {
        &self.known
    }
}

#[cfg(test)]
mod tests {
    use lanstream_core::source::CursorSource as _;

    use super::*;

    fn shape(value: u8, side: u16) -> Arc<CursorShape> {
        let size = ShapeSize { width: side, height: side, hot_x: 0, hot_y: side - 1 };
        size.shape(vec![value; size.bytes()])
    }

    /// Both ends, with the memory between them.
    fn ends() -> (ServedCursor, RemoteCursor) {
        let (remote, file) = RemoteCursor::create().unwrap();
        (ServedCursor::open(&file).unwrap(), remote)
    }

    #[test]
    fn what_is_told_at_one_end_is_known_at_the_other() {
        let (mut served, mut remote) = ends();
        let [small, large] = [shape(7, 1), shape(9, CURSOR_SIDE_MAX)];
        let mut serials = Vec::new();
        for (x, shape) in [Some(&small), Some(&small), None, Some(&small), Some(&large), Some(&small)]
            .into_iter()
            .enumerate()
        {
            let cursor = Cursor { x: i32::try_from(x).unwrap(), y: -1, shape: shape.cloned() };
            let mut bytes = Vec::new();
            served.tell(&cursor).write(&mut bytes);
            remote.take(CursorState::read(&mut Fields::new(&bytes)).unwrap()).unwrap();
            let known = remote.known().cursor();
            assert_eq!((known.x, known.y), (cursor.x, cursor.y));
            assert_eq!(known.shape.as_ref().map(|known| &known.rgba), shape.map(|shape| &shape.rgba));
            serials.push(known.shape.map(|shape| shape.serial));
        }
        assert!(serials[0] == serials[1] && serials[1] == serials[3], "the same shape is sent once");
        assert!(serials[3] < serials[4] && serials[4] < serials[5], "another one has another serial");
    }

    #[test]
    fn a_shape_that_was_never_told_of_is_refused() {
        let (_, mut remote) = ends();
        assert!(remote.take(CursorState { x: 0, y: 0, shape: ShapeState::Same }).is_err());
        let beyond = CursorState { x: 0, y: i32::MIN, shape: ShapeState::Hidden };
        let large = ShapeSize { width: CURSOR_SIDE_MAX + 1, height: 1, hot_x: 0, hot_y: 0 };
        for wrong in [beyond, CursorState { x: 0, y: 0, shape: ShapeState::Other(large) }] {
            let mut bytes = Vec::new();
            wrong.write(&mut bytes);
            assert!(CursorState::read(&mut Fields::new(&bytes)).is_err(), "{wrong:?}");
        }
    }
}
