//! What the streams show: the canvas, and what their buffers are like.

use pipewire::spa::param::video::VideoFormat;

use crate::canvas::{Area, Canvas};
use crate::script::Command;
use crate::word_after;

/// Size of the canvas at the beginning.
const SIZE: (u32, u32) = (64, 48);
/// Bytes of a buffer's memory besides a picture: for rows that are apart, and offsets.
const SPARE_BYTES: usize = 1 << 16;

/// What buffers are like, besides the canvas.
pub(crate) struct BufferStyle {
    pub(crate) format: VideoFormat,
    /// The first picture of a stream goes nowhere.
    pub(crate) loses_first: bool,
    pub(crate) stride: i32,
    pub(crate) offset: u32,
    pub(crate) crop: Option<Area>,
    pub(crate) transform: u32,
    pub(crate) shape: Option<(u32, u32)>,
    pub(crate) pointer: Option<(i32, i32)>,
}

/// What a buffer tells and has.
#[derive(Clone, Copy)]
pub(crate) enum Shot {
    /// A picture, with damage there or nowhere in particular.
    Picture(Option<Area>),
    Corrupted(Area),
    Short,
    /// No pixels.
    Pointer {
        has_shape: bool,
    },
}

/// What the streams show.
pub(crate) struct Scene {
    pub(crate) canvas: Canvas,
    pub(crate) style: BufferStyle,
}

impl Scene {
    pub(crate) fn new(words: &[String]) -> Self {
        let format = match word_after(words, "--format") {
            Some("RGBx") => VideoFormat::RGBx,
            Some("RGBA") => VideoFormat::RGBA,
            Some("BGRA") => VideoFormat::BGRA,
            Some("xBGR_210LE") => VideoFormat::xBGR_210LE,
            _ => VideoFormat::BGRx,
        };
        let loses_first = words.iter().any(|word| word == "--lose-first");
        let style = BufferStyle {
            format,
            loses_first,
            stride: 0,
            offset: 0,
            crop: None,
            transform: 0,
            shape: None,
            pointer: None,
        };
        Self { canvas: Canvas::new(SIZE.0, SIZE.1), style }
    }

    /// Takes in a command, and returns what is to be sent.
    pub(crate) fn take(&mut self, command: Command) -> Option<Shot> {
        match command {
            Command::Fill(area, colour) => {
                self.canvas.fill(area, colour);
                return Some(Shot::Picture(Some(area)));
            }
            Command::Lie(area, colour) => {
                self.canvas.fill(area, colour);
                return Some(Shot::Picture(Some(Area { x: 0, y: 0, width: 1, height: 1 })));
            }
            Command::Skip(area, colour) => {
                self.canvas.fill(area, colour);
                return Some(Shot::Corrupted(area));
            }
            Command::Noise(seed) => {
                self.canvas.noise(seed);
                return Some(Shot::Picture(None));
            }
            Command::Short => return Some(Shot::Short),
            Command::Pointer(x, y) => {
                self.style.pointer = Some((x, y));
                return Some(Shot::Pointer { has_shape: false });
            }
            Command::Shape(width, height) => {
                self.style.shape = Some((width, height));
                return Some(Shot::Pointer { has_shape: true });
            }
            Command::Size(width, height) => self.canvas = Canvas::new(width, height),
            Command::Stride(stride) => self.style.stride = stride,
            Command::Offset(offset) => self.style.offset = offset,
            Command::Crop(area) => self.style.crop = Some(area),
            Command::Transform(transform) => self.style.transform = transform,
            Command::End | Command::Close => {}
        }
        None
    }

    pub(crate) fn memory_len(&self) -> usize {
        self.canvas.pixels.len() * 4 + SPARE_BYTES
    }
}
