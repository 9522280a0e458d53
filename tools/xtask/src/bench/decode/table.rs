//! Megapixels a second, picture by picture and of several together, as a table for people and as JSON.

use std::fmt::{Display, Formatter};
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::bench::machine::Machine;
use crate::bench::sample::median;
use crate::corpus;

/// What the server says of a picture.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Picture {
    name: String,
    /// Of the groups that are coded.
    pixels: u64,
    /// Of their codes.
    bytes: u64,
    /// Groups that no code makes smaller; they are not decoded.
    groups_raw: u32,
    page_us: Vec<f64>,
    native_us: Vec<f64>,
}

/// Everything measured in one run.
#[derive(Serialize)]
pub(crate) struct Table {
    machine: Machine,
    rows: Vec<Row>,
    pictures: Vec<Picture>,
}

/// The figures of one picture, or of several as if they were one.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    pixels: u64,
    bytes: u64,
    page_mps: f64,
    native_mps: f64,
    page_by_native: f64,
}

/// Bytes of a raw pixel.
const PIXEL_BYTES: f64 = 4.0;

impl Table {
    pub(crate) fn new(machine: Machine, pictures: Vec<Picture>) -> Self {
        let texts = pictures.iter().filter(|picture| corpus::is_text(&picture.name));
        let each = pictures.iter().map(|picture| Row::of(&picture.name, [picture]));
        let together = [Row::of("text and UI", texts), Row::of("all", &pictures)];
        let rows = each.chain(together).collect();
        Self { machine, rows, pictures }
    }

    /// Writes figures and raw values.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub(crate) fn write_json(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(path, text + "\n").with_context(|| format!("can't write {}", path.display()))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a table has a few digits")]
impl Row {
    fn of<'a>(name: &str, pictures: impl IntoIterator<Item = &'a Picture>) -> Self {
        let (mut pixels, mut bytes, mut page_us, mut native_us) = (0, 0, 0.0, 0.0);
        for picture in pictures {
            pixels += picture.pixels;
            bytes += picture.bytes;
            page_us += median(picture.page_us.iter().copied()).unwrap_or_default();
            native_us += median(picture.native_us.iter().copied()).unwrap_or_default();
        }
        // Pixels in a microsecond are millions in a second.
        let (page_mps, native_mps) = (pixels as f64 / page_us, pixels as f64 / native_us);
        Self {
            name: name.to_owned(),
            pixels,
            bytes,
            page_mps,
            native_mps,
            page_by_native: native_us / page_us,
        }
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.machine)?;
        writeln!(
            f,
            "{:<24} {:>10} {:>10} {:>12} {:>8}",
            "picture", "bytes/raw", "page MP/s", "native MP/s", "ratio"
        )?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

impl Display for Row {
    #[expect(clippy::cast_precision_loss, reason = "a table has a few digits")]
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { name, pixels, bytes, page_mps, native_mps, page_by_native } = self;
        let share = *bytes as f64 / (*pixels as f64 * PIXEL_BYTES) * 100.0;
        let share = format!("{share:.2} %");
        write!(f, "{name:<24} {share:>10} {page_mps:>10.0} {native_mps:>12.0} {page_by_native:>8.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(line: &str) -> Picture {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn a_row_of_several_weighs_them_by_their_medians() {
        let pictures = [
            picture(
                r#"{"name":"a.png","pixels":3000,"bytes":100,"groups_raw":0,"page_us":[9,2,1],"native_us":[1]}"#,
            ),
            picture(
                r#"{"name":"b.png","pixels":1000,"bytes":100,"groups_raw":1,"page_us":[6],"native_us":[3]}"#,
            ),
        ];
        let row = Row::of("all", &pictures);
        assert_eq!((row.pixels, row.bytes), (4000, 200));
        assert_eq!((row.page_mps, row.native_mps, row.page_by_native), (500.0, 1000.0, 0.5));
        assert_eq!(row.to_string(), "all                          1.25 %        500         1000     0.50");
    }

    #[test]
    fn what_is_no_photograph_and_no_film_is_text() {
        let texts = ["editor.png", "mine.png", "photograph.png", "video-zoom.png"].map(corpus::is_text);
        assert_eq!(texts, [true, true, false, false]);
    }
}
