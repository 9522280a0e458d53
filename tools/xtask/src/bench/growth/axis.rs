//! What grows, and the points at which it is measured.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::bench::content::Content;
use crate::bench::load::Load;

/// Screen on which parts change.
const SCREEN: (u16, u16) = (1920, 1080);
/// Changes a second where something else grows.
const FPS: u32 = 25;
/// Shares of the screen that change, in thousandths. Below the first, two numbers do not fit.
const SHARES: [u32; 7] = [5, 10, 30, 100, 300, 600, 1000];
const RATES: [u32; 5] = [1, 5, 10, 25, 60];
/// What changes where the rate grows.
const AREA: (u16, u16) = (800, 600);
const SIZES: [(u16, u16); 4] = [(1280, 720), SCREEN, (2560, 1440), (3840, 2160)];
/// Narrowest part: a number's width.
const WIDTH_MIN: u16 = crate::bench::barcode::WIDTH;

/// What grows while the rest stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Axis {
    /// Pixels that change with each frame.
    Pixels,
    /// Frames a second.
    Rate,
    /// The screen, all of which changes.
    Size,
}

/// One point of an axis.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) label: String,
    /// Pixels that change with each frame, in millions.
    pub(super) megapixels: f64,
    /// Size of the screen.
    pub(super) size: (u16, u16),
    pub(super) load: Load,
}

impl Axis {
    pub(super) const ALL: [Self; 3] = [Self::Pixels, Self::Rate, Self::Size];

    /// Returns what it is called on the command line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pixels => "pixels",
            Self::Rate => "rate",
            Self::Size => "size",
        }
    }

    /// Returns its points, the smallest first.
    pub(super) fn points(self) -> Vec<Point> {
        match self {
            Self::Pixels => SHARES.map(share).to_vec(),
            Self::Rate => RATES.map(|fps| point(format!("{fps}/s"), SCREEN, AREA, fps)).to_vec(),
            Self::Size => SIZES.map(|size| point(format!("{}x{}", size.0, size.1), size, size, FPS)).to_vec(),
        }
    }
}

impl Display for Axis {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pixels => "pixels that change, text at 25/s on 1920x1080",
            Self::Rate => "rate, 800x600 of text on 1920x1080",
            Self::Size => "size of the screen, all of it text at 25/s",
        })
    }
}

/// Returns a point at which so many thousandths of the screen change, in a part of its shape.
fn share(thousandths: u32) -> Point {
    let share = f64::from(thousandths) / 1000.0;
    let side = |whole: u16| f64::from(whole) * share.sqrt();
    let width = side(SCREEN.0).max(f64::from(WIDTH_MIN));
    let height = f64::from(SCREEN.0) * f64::from(SCREEN.1) * share / width;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no more than the screen")]
    let area = (width.round() as u16, height.round() as u16);
    point(format!("{:.1} %", share * 100.0), SCREEN, area, FPS)
}

fn point(label: String, size: (u16, u16), area: (u16, u16), fps: u32) -> Point {
    let load = Load { content: Content::Ui, fps, area: Some(area) };
    let drawn = load.area_on(size);
    let megapixels = f64::from(drawn.0) * f64::from(drawn.1) / 1e6;
    Point { label, megapixels, size, load }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_what_is_drawn() {
        let whole = f64::from(SCREEN.0) * f64::from(SCREEN.1) / 1e6;
        for (point, thousandths) in Axis::Pixels.points().iter().zip(SHARES) {
            let drawn = point.megapixels / whole * 1000.0;
            let wanted = f64::from(thousandths);
            assert!((drawn - wanted).abs() < 0.1 * wanted, "{}: {drawn} of a thousand", point.label);
        }
    }

    #[test]
    fn points_of_one_size_follow_each_other() {
        for axis in Axis::ALL {
            let points = axis.points();
            assert!(points.is_sorted_by_key(|point| u32::from(point.size.0) * u32::from(point.size.1)));
            assert!(points.is_sorted_by(|a, b| a.megapixels <= b.megapixels));
        }
    }
}
