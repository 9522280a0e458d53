//! Memory that the X server writes pixels into: attached to it when made, detached when dropped. It leaves nothing
//! behind, however the process ends: a memfd has no name, and a System V segment is marked for removal at birth.
//!
//! The only module of the backend with unsafe code: it reads and writes the memory.
#![allow(unsafe_code, reason = "references into shared memory")]

use std::io;
use std::ops::Range;
use std::sync::{Arc, Weak};

use lanstream_core::PixelMemory;
use lanstream_core::source::{Error, ErrorKind};
use x11rb::protocol::shm::{self, ConnectionExt as _, Seg};
use x11rb::rust_connection::RustConnection;

use super::connect::{DisplayConnection, lost};
use crate::mapping::Map;

/// How this process and the server share memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// An anonymous file, its descriptor handed over the connection. SHM 1.2 over a Unix socket.
    Descriptor,
    /// A System V segment, named by its number. It takes a server on this machine and in this IPC namespace.
    Number,
}

impl Sharing {
    /// The ways to try with this server, best first. Whether one works is known once a segment was made.
    pub(super) fn candidates(link: &DisplayConnection) -> Result<&'static [Self], Error> {
        let local = rustix::net::getsockname(link.conn.stream())
            .is_ok_and(|address| address.address_family() == rustix::net::AddressFamily::UNIX);
        // Over TCP, as through ssh, the server is elsewhere, and a descriptor would break the connection.
        if !local || !link.offers(shm::X11_EXTENSION_NAME)? {
            return Ok(&[]);
        }
        let version = link.conn.shm_query_version().map_err(lost)?.reply().map_err(lost)?;
        let passes_descriptors = (version.major_version, version.minor_version) >= (1, 2);
        Ok(if passes_descriptors { &[Self::Descriptor, Self::Number] } else { &[Self::Number] })
    }
}

/// A piece of memory that the server is attached to.
pub(super) struct Segment {
    id: Seg,
    map: Arc<Map>,
    /// Weak, so that frames that viewers still hold don't keep open a connection that no one reads from any more.
    conn: Weak<RustConnection>,
}

impl Segment {
    /// `len` bytes of zeroes.
    ///
    /// # Errors
    /// [`ErrorKind::Lost`] where the system gives no memory or the server doesn't take it.
    pub(super) fn new(link: &DisplayConnection, sharing: Sharing, len: usize) -> Result<Self, Error> {
        let id = link.id()?;
        let map = match sharing {
            Sharing::Descriptor => {
                let (map, file) = Map::of_memfd(len).map_err(no_memory)?;
                link.conn.shm_attach_fd(id, file, false).map_err(lost)?.check().map_err(lost)?;
                map
            }
            Sharing::Number => {
                let (map, number) = Map::of_system_v(len).map_err(no_memory)?;
                link.conn
                    .shm_attach(id, number.cast_unsigned(), false)
                    .map_err(lost)?
                    .check()
                    .map_err(lost)?;
                map
            }
        };
        Ok(Self { id, map: Arc::new(map), conn: Arc::downgrade(&link.conn) })
    }

    pub(super) fn id(&self) -> Seg {
        self.id
    }

    /// Length in bytes.
    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// Bytes in `range`, which neither the server nor a [`LateWriter`] writes meanwhile.
    ///
    /// # Panics
    /// If `range` lies outside of the segment.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        let (first, len) = self.map.part(range);
        // SAFETY: the bytes are within the map, which lives as long as `self`, and initialised. The server writes only
        // between a ShmGetImage and its reply, a `LateWriter` only after that, and only rows that `LateRows::arrived`
        // has not reported yet: nobody requests those.
        unsafe { std::slice::from_raw_parts(first, len) }
    }

    /// Returns a writer for rows that arrive after the frame was published.
    pub(super) fn late_writer(&self) -> LateWriter {
        LateWriter(Arc::clone(&self.map))
    }
}

/// Writer of the rows of a frame that arrive after it was published.
pub(super) struct LateWriter(Arc<Map>);

impl LateWriter {
    /// Calls `write` with the bytes in `range`, which belong to rows that [`LateRows::arrived`] has not reported.
    ///
    /// # Panics
    /// If they lie outside of the frame.
    ///
    /// [`LateRows::arrived`]: lanstream_core::source::LateRows::arrived
    pub(super) fn write(&mut self, range: Range<usize>, write: impl FnOnce(&mut [u8])) {
        let (first, len) = self.0.part(range);
        // SAFETY: the bytes are within the map, which lives as long as `self`, and initialised. Until `arrived` has
        // reported these rows nobody requests them, and the server writes nothing here that it was not asked for.
        write(unsafe { std::slice::from_raw_parts_mut(first, len) });
    }
}

/// Segment as the memory of a frame. The source keeps a weak reference, by which it knows it again.
pub(super) struct FrameSegment(Arc<Segment>);

impl FrameSegment {
    pub(super) fn new(segment: Segment) -> Self {
        Self(Arc::new(segment))
    }

    /// Returns the reference that the source keeps.
    pub(super) fn downgrade(&self) -> Weak<Segment> {
        Arc::downgrade(&self.0)
    }
}

/// Number of the memory of the frame that has this segment: its address, which stays taken while the reference exists.
pub(super) fn memory_id(segment: &Weak<Segment>) -> u64 {
    segment.as_ptr().addr() as u64
}

impl PixelMemory for FrameSegment {
    fn byte_len(&self) -> usize {
        self.0.len()
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.0.bytes(range)
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let (first, len) = self.0.map.part(0..self.0.len());
        // SAFETY: all of the map, as in `Segment::bytes`. `&mut self` means that nobody else has the frame, and a
        // source keeps no `LateWriter` of a frame that it captures into.
        unsafe { std::slice::from_raw_parts_mut(first, len) }
    }

    fn id(&self) -> u64 {
        memory_id(&self.downgrade())
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // A closed connection has detached it already. It isn't flushed: this may be a viewer's thread, which must not
        // wait for the server; the next capture flushes.
        if let Some(conn) = self.conn.upgrade()
            && let Ok(cookie) = conn.shm_detach(self.id)
        {
            cookie.ignore_error();
        }
    }
}

fn no_memory(error: io::Error) -> Error {
    Error::new(ErrorKind::Lost, format!("no shared memory for pictures: {error}"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use lanstream_testkit::display::Display;
    use x11rb::protocol::xproto::ImageFormat;
    use x11rb::wrapper::ConnectionExt as _;

    use super::*;
    use crate::Options;

    #[test]
    fn both_ways_share_memory_and_leave_none() {
        let display = Display::start(640, 480);
        let options = Options { x_display: Some(display.name.clone()), ..Options::default() };
        let link = DisplayConnection::open(&options).unwrap();
        assert_eq!(Sharing::candidates(&link).unwrap(), [Sharing::Descriptor, Sharing::Number]);
        for sharing in [Sharing::Descriptor, Sharing::Number] {
            let segment = Segment::new(&link, sharing, 4096).unwrap();
            segment.late_writer().write(0..4096, |bytes| bytes.fill(0xee));
            let format = ImageFormat::Z_PIXMAP.into();
            let image = link.conn.shm_get_image(link.root, 0, 0, 4, 1, !0, format, segment.id(), 8).unwrap();
            image.reply().unwrap();
            assert_eq!((segment.bytes(7..8), segment.bytes(24..25)), (&[0xee][..], &[0xee][..]));
            assert_ne!(segment.bytes(8..24), [0xee; 16]);
            // Marked for removal by the kernel as soon as no one maps it, also if this process is killed.
            assert!(own_segments().iter().all(|line| line.contains("dest")));
        }
        link.conn.sync().unwrap();
        assert_eq!(own_segments(), [""; 0]);
    }

    /// The lines of `ipcs` about segments that this process made.
    fn own_segments() -> Vec<String> {
        let run = |arguments: &[&str]| {
            let output = Command::new("ipcs").args(arguments).output().expect("ipcs is installed");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let own = std::process::id().to_string();
        let makers = run(&["-m", "-p"]);
        let made = makers.lines().filter(|line| line.split_whitespace().nth(2) == Some(&own));
        let numbers: Vec<_> = made.filter_map(|line| line.split_whitespace().next()).collect();
        let all = run(&["-m"]);
        let of_own =
            |line: &&str| line.split_whitespace().nth(1).is_some_and(|number| numbers.contains(&number));
        all.lines().filter(of_own).map(str::to_owned).collect()
    }
}
