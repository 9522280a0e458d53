//! What a camera might see: a sky with clouds over rows of hills, out of focus here and rough there, with a sensor's
//! grain.
//!
//! There is no photograph among Debian's packages that would stay the same; this one is computed, and always the same.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixels are calculated, and lose nothing that is seen"
)]

use std::path::Path;

use super::picture::{self, HEIGHT, PIXEL_BYTES, WIDTH};
use crate::dice::Dice;

/// Levels of detail of a surface, each half as large and half as strong as the one before.
const OCTAVES: u32 = 7;
/// Rows of hills, from far to near.
const HILLS: u32 = 4;
/// How far grain moves a channel at most, of 255: what is left of it in a good light.
const GRAIN: f32 = 3.0;

/// Red, green, blue, from 0 to 255.
type Color = [f32; PIXEL_BYTES];

const ZENITH: Color = [58.0, 104.0, 178.0];
const HORIZON: Color = [226.0, 206.0, 184.0];
const CLOUD: Color = [246.0, 240.0, 236.0];
const FAR: Color = [146.0, 162.0, 180.0];
const NEAR: Color = [44.0, 62.0, 28.0];

pub(crate) fn make(path: &Path) -> anyhow::Result<()> {
    let mut dice = Dice(0x0070_686f_746f_2e31);
    let mut pixels = Vec::with_capacity(usize::from(WIDTH) * usize::from(HEIGHT) * PIXEL_BYTES);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let color = color(f32::from(x) / f32::from(HEIGHT), f32::from(y) / f32::from(HEIGHT));
            let grain = |channel: f32| channel + grain(&mut dice);
            pixels.extend(color.map(grain).map(|channel| channel.round() as u8));
        }
    }
    picture::write(path, &pixels)
}

/// What is seen at a place; a unit is the picture's height, counted from the top left.
fn color(x: f32, y: f32) -> Color {
    let nearest = (0..HILLS).rev().find(|hill| y > ridge(*hill, x));
    nearest.map_or_else(|| sky(x, y), |hill| ground(hill, x, y))
}

fn sky(x: f32, y: f32) -> Color {
    let clear = mix(ZENITH, HORIZON, (y * 1.8).min(1.0));
    let cover = surface(x * 2.0, y * 5.0, 1) * 2.4 - 1.1;
    mix(clear, CLOUD, cover.clamp(0.0, 0.9))
}

/// Where a row of hills ends against what is behind it.
fn ridge(hill: u32, x: f32) -> f32 {
    let depth = hill as f32 / HILLS as f32;
    0.45 + 0.5 * depth + 0.25 * (surface(x * (1.5 + depth), 0.0, 10 + hill) - 0.5)
}

fn ground(hill: u32, x: f32, y: f32) -> Color {
    let depth = (hill + 1) as f32 / HILLS as f32;
    // Nearer ground is coarser, and rougher.
    let roughness = surface(x * 60.0 / depth, y * 60.0 / depth, 20 + hill);
    let light = 1.0 + depth * 1.4 * (roughness - 0.5);
    mix(FAR, NEAR, depth).map(|channel| (channel * light).clamp(0.0, 255.0))
}

fn mix(from: Color, to: Color, share: f32) -> Color {
    std::array::from_fn(|channel| from[channel] + (to[channel] - from[channel]) * share)
}

/// A rough surface's height, from 0 to 1.
fn surface(x: f32, y: f32, seed: u32) -> f32 {
    let octave = |octave: u32| {
        let scale = (1 << octave) as f32;
        smooth(x * scale, y * scale, seed * OCTAVES + octave) / scale
    };
    (0..OCTAVES).map(octave).sum::<f32>() / 2.0
}

/// Random heights at whole coordinates, and smooth between them.
fn smooth(x: f32, y: f32, seed: u32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |share: f32| share * share * (3.0 - 2.0 * share);
    let (across, down) = (ease(x - left), ease(y - top));
    let row = |row: f32| {
        let (from, to) = (height(left as i32, row as i32, seed), height(left as i32 + 1, row as i32, seed));
        from + (to - from) * across
    };
    let (above, below) = (row(top), row(top + 1.0));
    above + (below - above) * down
}

/// A hash of a place, from 0 to 1.
fn height(x: i32, y: i32, seed: u32) -> f32 {
    let mut hash = x.cast_unsigned().wrapping_mul(0x85EB_CA6B) ^ y.cast_unsigned().wrapping_mul(0xC2B2_AE35);
    hash = (hash ^ seed.wrapping_mul(0x9E37_79B1)).wrapping_mul(0x2C1B_3C6D);
    hash = (hash ^ hash >> 15).wrapping_mul(0x297A_2D39);
    (hash ^ hash >> 15) as f32 / u32::MAX as f32
}

/// Two dice make small errors likelier than large ones.
fn grain(dice: &mut Dice) -> f32 {
    let mut throw = || (dice.roll() >> 40) as f32 / (1_u32 << 24) as f32 - 0.5;
    GRAIN * (throw() + throw())
}
