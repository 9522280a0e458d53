//! Pixels to compare: red, green, blue, 255, row by row.

use std::fmt;

/// A picture of known size.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The pixels row by row.
    pub bytes: Vec<u8>,
}

impl Picture {
    /// From what a 24-bit X screen gives: blue, green, red and a byte without meaning.
    pub fn from_x(width: u32, height: u32, mut bytes: Vec<u8>) -> Self {
        for pixel in bytes.as_chunks_mut().0 {
            let [blue, green, red, _] = *pixel;
            *pixel = [red, green, blue, 255];
        }
        Self { width, height, bytes }
    }

    /// From a PPM image: a head of three lines, then red, green and blue of each pixel.
    pub fn from_ppm(image: &[u8]) -> Self {
        let mut parts = image.splitn(4, |byte| byte.is_ascii_whitespace());
        let mut number = || std::str::from_utf8(parts.next().unwrap()).unwrap().to_owned();
        assert_eq!(number(), "P6");
        let (width, height): (u32, u32) = (number().parse().unwrap(), number().parse().unwrap());
        let pixels = parts.next().and_then(|rest| rest.strip_prefix(b"255\n")).expect("eight bits a colour");
        let bytes: Vec<u8> =
            pixels.as_chunks().0.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, 255]).collect();
        assert_eq!(bytes.len(), width as usize * height as usize * 4);
        Self { width, height, bytes }
    }

    /// Returns a pixel.
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        self.pixels()[(y * self.width + x) as usize]
    }

    /// Changes a pixel.
    pub fn set(&mut self, x: u32, y: u32, pixel: [u8; 4]) {
        let at = (y * self.width + x) as usize;
        self.bytes.as_chunks_mut().0[at] = pixel;
    }

    /// Returns a rectangle of it.
    pub fn part(&self, x: u32, y: u32, width: u32, height: u32) -> Self {
        let row = |y: u32| &self.bytes[(y * self.width + x) as usize * 4..][..width as usize * 4];
        Self { width, height, bytes: (y..y + height).flat_map(row).copied().collect() }
    }

    /// Each pixel as a block of `scale` by `scale`.
    pub fn enlarged(&self, scale: u32) -> Self {
        let (width, height) = (self.width * scale, self.height * scale);
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| self.pixel(x / scale, y / scale)));
        Self { width, height, bytes: pixels.flatten().collect() }
    }

    /// How many colours there are: a picture with few proves little.
    pub fn colours(&self) -> usize {
        self.pixels().iter().collect::<std::collections::HashSet<_>>().len()
    }

    /// Whether it equals another one, pixel by pixel.
    pub fn expect(&self, wanted: &Self) -> Result<(), Difference> {
        if self == wanted {
            return Ok(());
        }
        let size = (self.width, self.height);
        let pairs = (0..).zip(self.pixels().iter().zip(wanted.pixels()));
        let differing: Vec<u32> = pairs.filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
        let place = |at: &u32| (at % self.width, at / self.width);
        let ends = differing.first().map(place).zip(differing.last().map(place));
        Err(Difference { size, wanted: (wanted.width, wanted.height), pixels: differing.len(), ends })
    }

    fn pixels(&self) -> &[[u8; 4]] {
        self.bytes.as_chunks().0
    }
}

/// In what two pictures differ.
#[derive(Debug)]
pub struct Difference {
    size: (u32, u32),
    wanted: (u32, u32),
    pixels: usize,
    ends: Option<((u32, u32), (u32, u32))>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, wanted, pixels, ends } = self;
        write!(f, "{pixels} pixels differ, first and last at {ends:?}; {size:?}, wanted {wanted:?}")
    }
}
