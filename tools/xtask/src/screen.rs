//! A display, a connection to it, and images in memory shared with it.

use anyhow::{Context, ensure};
use lanstream_testkit::display::Display;
use x11rb::connection::Connection;
use x11rb::protocol::shm::{ConnectionExt as _, Seg};
use x11rb::protocol::xproto::{ConnectionExt as _, Drawable, Gcontext, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use crate::shared_memory::SharedMemory;

/// Bytes of a pixel: blue, green, red, unused.
pub(crate) const PIXEL_BYTES: usize = 4;
/// The only depth that is measured: eight bits a channel.
const DEPTH: u8 = 24;

/// Starts a display of this size.
pub(crate) fn display((width, height): (u16, u16)) -> Display {
    Display::start(width.into(), height.into())
}

/// Starts a display for a browser that shows a page of this size. Without a window manager it comes out a pixel short
/// each way.
pub(crate) fn display_of_page((width, height): (u16, u16)) -> Display {
    display((width + 1, height + 1))
}

/// A connection to a display, and its one screen.
pub(crate) struct Screen {
    pub(crate) connection: RustConnection,
    pub(crate) root: Window,
    pub(crate) size: (u16, u16),
}

impl Screen {
    pub(crate) fn connect(display: &str) -> anyhow::Result<Self> {
        let (connection, number) =
            x11rb::connect(Some(display)).with_context(|| format!("can't connect to display {display}"))?;
        let screen = &connection.setup().roots[number];
        ensure!(screen.root_depth == DEPTH, "display {display} has {} bits a pixel", screen.root_depth);
        let (root, size) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
        Ok(Self { connection, root, size })
    }

    /// An image that the server reads and writes. It stays attached until the connection ends.
    pub(crate) fn image(&self, width: u16, height: u16) -> anyhow::Result<Image> {
        let len = usize::from(width) * usize::from(height) * PIXEL_BYTES;
        let (memory, file) = SharedMemory::new(len).context("no shared memory")?;
        let segment = self.connection.generate_id()?;
        self.connection.shm_attach_fd(segment, file, false)?.check()?;
        Ok(Image { segment, memory, width, height })
    }

    /// Reads what the screen shows from (x, y) on.
    pub(crate) fn grab(&self, image: &mut Image, x: u16, y: u16) -> anyhow::Result<()> {
        let (width, height, format) = (image.width, image.height, ImageFormat::Z_PIXMAP.into());
        let (x, y) = (i16::try_from(x)?, i16::try_from(y)?);
        let request =
            self.connection.shm_get_image(self.root, x, y, width, height, !0, format, image.segment, 0)?;
        request.reply()?;
        Ok(())
    }

    /// Draws an image at the top left and waits until that is done.
    pub(crate) fn put(&self, image: &Image, to: Drawable, context: Gcontext) -> anyhow::Result<()> {
        let (width, height, format) = (image.width, image.height, ImageFormat::Z_PIXMAP.into());
        self.connection.shm_put_image(
            to,
            context,
            width,
            height,
            0,
            0,
            width,
            height,
            0,
            0,
            DEPTH,
            format,
            false,
            image.segment,
            0,
        )?;
        self.sync()
    }

    /// Waits until the server has done all that it was asked to.
    pub(crate) fn sync(&self) -> anyhow::Result<()> {
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }
}

/// Pixels in memory shared with one display, rows without a gap.
pub(crate) struct Image {
    segment: Seg,
    memory: SharedMemory,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Image {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.memory.bytes()
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.memory.bytes_mut()
    }

    /// Bytes from one row to the next.
    pub(crate) fn stride(&self) -> usize {
        usize::from(self.width) * PIXEL_BYTES
    }
}
