//! The throughput of each path over the size of a message as an SVG: a panel for each engine, both axes logarithmic.

use std::fmt::Write;

use super::table::{Entry, Row, Table, size};

/// The inside of a panel, and what lies around it.
const PANEL: (f64, f64) = (330.0, 240.0);
const MARGIN: (f64, f64) = (46.0, 34.0);
/// Between a panel's bottom and the legend.
const FOOT: f64 = 44.0;
const LEGEND_LINE: f64 = 18.0;
/// Megabits a second at a panel's bottom and at its top.
const MBPS: (f64, f64) = (10.0, 20_000.0);
/// Messages in flight of what is drawn: the pipe is full.
const IN_FLIGHT: u32 = 3;
/// Told apart by most eyes, on white and on black (Okabe and Ito).
const COLOURS: [&str; 8] =
    ["#0072b2", "#56b4e9", "#d55e00", "#e69f00", "#009e73", "#cc79a7", "#999999", "#f0e442"];
const STYLE: &str = "text{font:12px sans-serif;fill:#333}.grid{stroke:#8884;fill:none}.line{fill:none;stroke-width:2}\
    @media(prefers-color-scheme:dark){text{fill:#ccc}}";

/// Draws all engines side by side.
#[expect(clippy::cast_precision_loss, reason = "a picture has few panels and lines")]
pub(crate) fn draw(table: &Table) -> String {
    let engines = table.engines();
    let rows: Vec<_> = table.rows().into_iter().filter(Row::is_ours).collect();
    let lines = rows.len().div_ceil(engines.len().max(1)) as f64;
    let width = engines.len() as f64 * (PANEL.0 + MARGIN.0) + MARGIN.0 / 2.0;
    let legend_top = MARGIN.1 + PANEL.1 + FOOT;
    let height = legend_top + lines * LEGEND_LINE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\">\n<style>{STYLE}</style>\n"
    );
    for (index, engine) in engines.iter().enumerate() {
        let left = MARGIN.0 + index as f64 * (PANEL.0 + MARGIN.0);
        Panel { table, engine, left, sizes: table.sizes() }.draw(&mut svg, &rows);
    }
    for (index, row) in rows.iter().enumerate() {
        let (column, line) = (index % engines.len().max(1), index / engines.len().max(1));
        let (x, y) =
            (MARGIN.0 + column as f64 * (PANEL.0 + MARGIN.0), legend_top + line as f64 * LEGEND_LINE);
        let colour = COLOURS[index % COLOURS.len()];
        put(&mut svg, format_args!("<path class=\"line\" stroke=\"{colour}\" d=\"M{x} {y}h24\"/>"));
        text(&mut svg, (x + 30.0, y + 4.0), "start", &row.to_string());
    }
    svg + "</svg>\n"
}

/// One engine's place in the picture.
struct Panel<'a> {
    table: &'a Table,
    engine: &'a str,
    left: f64,
    sizes: Vec<u32>,
}

impl Panel<'_> {
    fn draw(&self, svg: &mut String, rows: &[Row]) {
        let title = format!("{}, Mbit/s, {IN_FLIGHT} in flight", self.engine);
        text(svg, (self.left + PANEL.0 / 2.0, MARGIN.1 - 12.0), "middle", &title);
        self.draw_grid(svg);
        for (index, row) in rows.iter().enumerate() {
            self.draw_row(svg, row, COLOURS[index % COLOURS.len()]);
        }
    }

    fn draw_grid(&self, svg: &mut String) {
        let bottom = MARGIN.1 + PANEL.1;
        for power in 1..=4 {
            let mbps = 10_f64.powi(power);
            let y = y(mbps);
            put(svg, format_args!("<path class=\"grid\" d=\"M{:.1} {y:.1}h{:.1}\"/>", self.left, PANEL.0));
            text(svg, (self.left - 4.0, y + 4.0), "end", &format!("{mbps}"));
        }
        for bytes in &self.sizes {
            let x = self.x(*bytes);
            put(svg, format_args!("<path class=\"grid\" d=\"M{x:.1} {bottom:.1}v-{:.1}\"/>", PANEL.1));
            text(svg, (x, bottom + 16.0), "middle", &size(*bytes));
        }
    }

    fn draw_row(&self, svg: &mut String, row: &Row, colour: &str) {
        let mut points = String::new();
        for bytes in &self.sizes {
            let Entry::Measured { mbps, .. } = self.table.entry(self.engine, row, *bytes, IN_FLIGHT) else {
                continue;
            };
            let command = if points.is_empty() { 'M' } else { 'L' };
            let _ = write!(points, "{command}{:.1} {:.1}", self.x(*bytes), y(mbps));
        }
        if !points.is_empty() {
            put(svg, format_args!("<path class=\"line\" stroke=\"{colour}\" d=\"{points}\"/>"));
        }
    }

    /// Sizes lie apart as their logarithms do, a little away from the panel's sides.
    fn x(&self, bytes: u32) -> f64 {
        let least = f64::from(self.sizes.iter().copied().min().unwrap_or(1));
        let most = f64::from(self.sizes.iter().copied().max().unwrap_or(1));
        let share = if most > least { (f64::from(bytes) / least).ln() / (most / least).ln() } else { 0.5 };
        self.left + PANEL.0 * (0.06 + 0.88 * share)
    }
}

fn y(mbps: f64) -> f64 {
    let share = (mbps.clamp(MBPS.0, MBPS.1) / MBPS.0).ln() / (MBPS.1 / MBPS.0).ln();
    MARGIN.1 + PANEL.1 * (1.0 - share)
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    put(svg, format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"));
}

fn put(svg: &mut String, element: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(svg, "{element}");
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;

    #[test]
    fn what_was_not_measured_has_no_line() {
        let svg = draw(&table(IN_FLIGHT));
        // Two that were measured have a line and a place in the legend, one that is not there the latter only.
        assert_eq!(svg.matches("class=\"line\"").count(), 2 * 2 + 1, "{svg}");
    }

    #[test]
    fn more_is_higher() {
        assert!(y(1000.0) < y(100.0));
        assert_eq!(y(MBPS.0), MARGIN.1 + PANEL.1);
        assert_eq!(y(0.0), y(MBPS.0));
    }

    #[test]
    fn every_element_is_closed() {
        let svg = draw(&table(IN_FLIGHT));
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }
}
