//! Where the server puts a window and what lies over it together (RENDER): a pixmap of the window's size, which is then
//! read as the window's own would be. It does that with what must be read, as part of the same instant.

use std::collections::HashMap;

use lanstream_core::source::Error;
use lanstream_core::{Rect, Region, Size};
use x11rb::protocol::render::{
    self, ConnectionExt as _, CreatePictureAux, PictOp, Pictformat, Picture, QueryPictFormatsReply,
};
use x11rb::protocol::shape::SK;
use x11rb::protocol::xfixes::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, Gcontext, GetWindowAttributesReply, Pixmap, Visualid, Window,
};

use super::backing::Backing;
use super::connect::{DisplayConnection, if_there, lost};
use super::coordinates::{place, side};
use super::reader::View;

/// A pixmap to draw on, made when there is something to draw.
pub(super) struct Canvas {
    formats: HashMap<Visualid, Format>,
    window: Window,
    depth: u8,
    format: Pictformat,
    sheet: Option<Sheet>,
}

/// How RENDER names a visual's pixels.
#[derive(Clone, Copy)]
struct Format {
    id: Pictformat,
    has_alpha: bool,
}

struct Sheet {
    size: Size,
    pixmap: Pixmap,
    picture: Picture,
    context: Gcontext,
}

/// A window to be drawn over another, in its shape.
pub(super) struct Layer {
    picture: Picture,
    operation: PictOp,
}

/// A layer, where its corner lies in the picture, and what of the picture it covers.
pub(super) type Placed<'a> = (&'a Layer, (i32, i32), Rect);

impl Canvas {
    /// For pictures of `window`. Returns `None` if the server can't draw them.
    pub(super) fn open(link: &DisplayConnection, window: Window) -> Result<Option<Self>, Error> {
        if !link.offers(render::X11_EXTENSION_NAME)? || !link.offers(xfixes::X11_EXTENSION_NAME)? {
            return Ok(None);
        }
        link.conn.xfixes_query_version(5, 0).map_err(lost)?.reply().map_err(lost)?;
        link.conn.render_query_version(0, 11).map_err(lost)?.reply().map_err(lost)?;
        let formats = link.conn.render_query_pict_formats().map_err(lost)?.reply().map_err(lost)?;
        let (formats, depth) = (by_visual(&formats), link.conn.get_geometry(window).map_err(lost)?);
        let attributes = attributes(link, window)?;
        let format = attributes.and_then(|attributes| formats.get(&attributes.visual).copied());
        let (Some(format), Some(geometry)) = (format, if_there(depth.reply())?) else { return Ok(None) };
        Ok(Some(Self { formats, window, depth: geometry.depth, format: format.id, sheet: None }))
    }

    /// What must be drawn of a window. Returns `None` if it has no pixels, or such that can't be drawn.
    pub(super) fn layer(&self, link: &DisplayConnection, backing: &Backing) -> Result<Option<Layer>, Error> {
        let format = attributes(link, backing.window)?
            .and_then(|attributes| self.formats.get(&attributes.visual).copied());
        let (Some(format), Some(pixmap)) = (format, backing.pixmap) else { return Ok(None) };
        let (picture, shape) = (link.id()?, link.id()?);
        link.conn
            .render_create_picture(picture, pixmap, format.id, &CreatePictureAux::new())
            .map_err(lost)?
            .ignore_error();
        link.conn
            .xfixes_create_region_from_window(shape, backing.window, SK::BOUNDING)
            .map_err(lost)?
            .ignore_error();
        // A shape counts from the window's corner, its pixmap from its border's.
        let border = place(backing.geometry.border.into());
        link.conn
            .xfixes_set_picture_clip_region(picture, shape, border, border)
            .map_err(lost)?
            .ignore_error();
        link.conn.xfixes_destroy_region(shape).map_err(lost)?.ignore_error();
        let is_blended = format.has_alpha && has_compositor(link)?;
        let operation = if is_blended { PictOp::OVER } else { PictOp::SRC };
        Ok(Some(Layer { picture, operation }))
    }

    /// Has the server draw `region` of a window and of the layers over it, from the bottom up. Returns where that is.
    pub(super) fn draw<'a>(
        &mut self,
        link: &DisplayConnection,
        view: View,
        region: &Region,
        layers: impl Iterator<Item = Placed<'a>> + Clone,
    ) -> Result<View, Error> {
        let Sheet { pixmap, picture, context, .. } = *self.sheet(link, view.size)?;
        for rect in region.rects() {
            let (from_x, from_y, width, height) = view.place(*rect);
            let (x, y) = (place(rect.x.cast_signed()), place(rect.y.cast_signed()));
            link.conn
                .copy_area(view.drawable, pixmap, context, from_x, from_y, x, y, width, height)
                .map_err(lost)?
                .ignore_error();
            for (layer, at, covered) in layers.clone() {
                if let Some(part) = rect.intersection(covered) {
                    layer.draw(link, picture, at, part)?;
                }
            }
        }
        Ok(View { drawable: pixmap, x: 0, y: 0, size: view.size })
    }

    fn sheet(&mut self, link: &DisplayConnection, size: Size) -> Result<&Sheet, Error> {
        let sheet = match self.sheet.take() {
            Some(sheet) if sheet.size == size => sheet,
            old => {
                old.map_or(Ok(()), |old| old.close(link))?;
                Sheet::new(link, self, size)?
            }
        };
        Ok(self.sheet.insert(sheet))
    }

    /// Gives the pixmap back, until there is something to draw again.
    pub(super) fn clear(&mut self, link: &DisplayConnection) -> Result<(), Error> {
        self.sheet.take().map_or(Ok(()), |sheet| sheet.close(link))
    }
}

impl Sheet {
    fn new(link: &DisplayConnection, canvas: &Canvas, size: Size) -> Result<Self, Error> {
        let (pixmap, picture, context) = (link.id()?, link.id()?, link.id()?);
        let (width, height) = (side(size.width), side(size.height));
        let created = link.conn.create_pixmap(canvas.depth, pixmap, canvas.window, width, height);
        created.map_err(lost)?.ignore_error();
        let plain = CreatePictureAux::new();
        let created = link.conn.render_create_picture(picture, pixmap, canvas.format, &plain);
        created.map_err(lost)?.ignore_error();
        let silent = CreateGCAux::new().graphics_exposures(0);
        link.conn.create_gc(context, pixmap, &silent).map_err(lost)?.ignore_error();
        Ok(Self { size, pixmap, picture, context })
    }

    fn close(self, link: &DisplayConnection) -> Result<(), Error> {
        link.conn.render_free_picture(self.picture).map_err(lost)?.ignore_error();
        link.conn.free_gc(self.context).map_err(lost)?.ignore_error();
        link.conn.free_pixmap(self.pixmap).map_err(lost)?.ignore_error();
        Ok(())
    }
}

impl Layer {
    /// Draws the part of the picture that it covers, with its corner at `at`.
    fn draw(&self, link: &DisplayConnection, onto: Picture, at: (i32, i32), part: Rect) -> Result<(), Error> {
        let (column, row) = (part.x.cast_signed(), part.y.cast_signed());
        let (x, y, from_x, from_y) = (place(column), place(row), place(column - at.0), place(row - at.1));
        let (width, height) = (side(part.width), side(part.height));
        let (operation, none) = (self.operation, x11rb::NONE);
        link.conn
            .render_composite(operation, self.picture, none, onto, from_x, from_y, 0, 0, x, y, width, height)
            .map_err(lost)?
            .ignore_error();
        Ok(())
    }

    pub(super) fn close(&self, link: &DisplayConnection) -> Result<(), Error> {
        link.conn.render_free_picture(self.picture).map_err(lost)?.ignore_error();
        Ok(())
    }
}

fn attributes(link: &DisplayConnection, window: Window) -> Result<Option<GetWindowAttributesReply>, Error> {
    if_there(link.conn.get_window_attributes(window).map_err(lost)?.reply())
}

fn by_visual(reply: &QueryPictFormatsReply) -> HashMap<Visualid, Format> {
    let has_alpha = |id| {
        let format = reply.formats.iter().find(|format| format.id == id);
        format.is_some_and(|format| format.direct.alpha_mask != 0)
    };
    let depths = reply.screens.iter().flat_map(|screen| &screen.depths);
    let visuals = depths.flat_map(|depth| &depth.visuals);
    visuals
        .map(|visual| (visual.visual, Format { id: visual.format, has_alpha: has_alpha(visual.format) }))
        .collect()
}

/// Whether a program blends windows by their alpha. Where none does, the server shows their colours as they are.
fn has_compositor(link: &DisplayConnection) -> Result<bool, Error> {
    let name = format!("_NET_WM_CM_S{}", link.screen_number());
    let atom = link.conn.intern_atom(false, name.as_bytes()).map_err(lost)?.reply().map_err(lost)?.atom;
    let owner = link.conn.get_selection_owner(atom).map_err(lost)?.reply().map_err(lost)?.owner;
    Ok(owner != x11rb::NONE)
}
