//! What the scripted desktop shows: pixels that a test paints the same way to know what must come out.

/// Pixels in rows without gaps: blue, green, red and a fourth byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Canvas {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<[u8; 4]>,
}

/// A rectangle of a canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Canvas {
    /// A black canvas.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        Self { width, height, pixels: vec![[0; 4]; (width * height) as usize] }
    }

    /// Fills a rectangle with a colour, 0xRRGGBB.
    pub(crate) fn fill(&mut self, area: Area, colour: u32) {
        let [blue, green, red, _] = colour.to_le_bytes();
        for y in area.y..area.y + area.height {
            let start = (y * self.width + area.x) as usize;
            self.pixels[start..start + area.width as usize].fill([blue, green, red, 0]);
        }
    }

    /// Gives each pixel another colour.
    pub(crate) fn noise(&mut self, seed: u32) {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        for pixel in &mut self.pixels {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let [blue, green, red, _] = state.to_le_bytes();
            *pixel = [blue, green, red, 0];
        }
    }
}
