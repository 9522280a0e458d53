//! How long frames took, as an SVG: a panel for each load, in it for each system the share of the drawn frames that
//! were seen within a time. A curve that ends below the top has frames that never were.

use std::fmt::Write;

use super::table::Table;

/// The inside of a panel, and what lies around it.
const PANEL: (f64, f64) = (300.0, 200.0);
const MARGIN: (f64, f64) = (46.0, 34.0);
/// Between a panel's bottom and the next row of panels or the legend.
const FOOT: f64 = 36.0;
const LEGEND_LINE: f64 = 18.0;
const COLUMNS: usize = 3;
/// Milliseconds at a panel's left and right: a refresh of a fast screen, and what HLS takes.
const MS: (f64, f64) = (1.0, 5000.0);
/// Told apart by most eyes, on white and on black (Okabe and Ito); after the last, the first comes again as dashes.
const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999", "#b3a300"];
const DASHES: [&str; 3] = ["none", "6 3", "2 2"];
const STYLE: &str = "text{font:12px sans-serif;fill:#333}.grid{stroke:#8884;fill:none}.line{fill:none;stroke-width:2}\
    @media(prefers-color-scheme:dark){text{fill:#ccc}}";

/// Draws all loads.
#[expect(clippy::cast_precision_loss, reason = "a picture has few panels and lines")]
pub(super) fn draw(table: &Table) -> String {
    let loads: Vec<_> = table.loads().collect();
    let systems: Vec<_> = table.systems().collect();
    let rows = loads.len().div_ceil(COLUMNS) as f64;
    let row_height = MARGIN.1 + PANEL.1 + FOOT;
    let width = COLUMNS as f64 * (PANEL.0 + MARGIN.0) + MARGIN.0 / 2.0;
    let height = rows * row_height + systems.len().div_ceil(COLUMNS) as f64 * LEGEND_LINE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\">\n<style>{STYLE}</style>\n"
    );
    for (index, load) in loads.iter().enumerate() {
        let left = MARGIN.0 + (index % COLUMNS) as f64 * (PANEL.0 + MARGIN.0);
        let top = MARGIN.1 + (index / COLUMNS) as f64 * row_height;
        Panel { table, load, left, top }.draw(&mut svg, &systems);
    }
    for (index, system) in systems.iter().enumerate() {
        let x = MARGIN.0 + (index % COLUMNS) as f64 * (PANEL.0 + MARGIN.0);
        let y = rows * row_height + (index / COLUMNS) as f64 * LEGEND_LINE + LEGEND_LINE / 2.0;
        line(&mut svg, index, &format!("M{x} {y}h24"));
        text(&mut svg, (x + 30.0, y + 4.0), "start", &escape(system));
    }
    svg + "</svg>\n"
}

/// One load's place in the picture.
struct Panel<'a> {
    table: &'a Table,
    load: &'a str,
    left: f64,
    top: f64,
}

impl Panel<'_> {
    fn draw(&self, svg: &mut String, systems: &[&str]) {
        let title = format!("{}, frames seen within ms", self.load);
        text(svg, (self.left + PANEL.0 / 2.0, self.top - 12.0), "middle", &title);
        self.draw_grid(svg);
        for (index, system) in systems.iter().enumerate() {
            if let Some(path) = self.curve(system) {
                line(svg, index, &path);
            }
        }
    }

    fn draw_grid(&self, svg: &mut String) {
        for percent in [0, 25, 50, 75, 100] {
            let y = self.y(f64::from(percent) / 100.0);
            put(svg, format_args!("<path class=\"grid\" d=\"M{:.1} {y:.1}h{:.1}\"/>", self.left, PANEL.0));
            text(svg, (self.left - 4.0, y + 4.0), "end", &format!("{percent} %"));
        }
        for ms in [1.0, 10.0, 100.0, 1000.0] {
            let x = self.x(ms);
            put(svg, format_args!("<path class=\"grid\" d=\"M{x:.1} {:.1}v{:.1}\"/>", self.top, PANEL.1));
            text(svg, (x, self.top + PANEL.1 + 16.0), "middle", &format!("{ms}"));
        }
    }

    /// Steps up by one frame at each latency, over the frames of all rounds; `None` where none was seen.
    #[expect(clippy::cast_precision_loss, reason = "a run has few frames")]
    fn curve(&self, system: &str) -> Option<String> {
        let samples: Vec<_> = self.table.samples(system, self.load).collect();
        let drawn: usize = samples.iter().map(|sample| sample.sent).sum();
        let mut latencies: Vec<_> = samples.iter().flat_map(|sample| &sample.latencies_ms).copied().collect();
        latencies.sort_by(f64::total_cmp);
        let first = latencies.first()?;
        let mut path = format!("M{:.1} {:.1}", self.x(*first), self.y(0.0));
        for (index, ms) in latencies.iter().enumerate() {
            let _ = write!(path, "L{:.1} {:.1}", self.x(*ms), self.y((index + 1) as f64 / drawn as f64));
        }
        let _ = write!(path, "H{:.1}", self.left + PANEL.0);
        Some(path)
    }

    /// Times lie apart as their logarithms do.
    fn x(&self, ms: f64) -> f64 {
        self.left + PANEL.0 * (ms.clamp(MS.0, MS.1) / MS.0).ln() / (MS.1 / MS.0).ln()
    }

    fn y(&self, share: f64) -> f64 {
        self.top + PANEL.1 * (1.0 - share)
    }
}

fn line(svg: &mut String, index: usize, path: &str) {
    let (colour, dash) = (COLOURS[index % COLOURS.len()], DASHES[index / COLOURS.len() % DASHES.len()]);
    put(
        svg,
        format_args!("<path class=\"line\" stroke=\"{colour}\" stroke-dasharray=\"{dash}\" d=\"{path}\"/>"),
    );
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    put(svg, format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"));
}

/// Names of commands may hold anything.
fn escape(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;")
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
    fn what_was_not_measured_has_no_curve() {
        let svg = draw(&table());
        // Four have a place in the legend, three a curve.
        assert_eq!(svg.matches("class=\"line\"").count(), 4 + 3, "{svg}");
    }

    #[test]
    fn a_curve_ends_at_the_share_of_the_drawn_frames_that_was_seen() {
        let table = table();
        let panel = Panel { table: &table, load: "ui 4 full", left: 0.0, top: 0.0 };
        let end = |system| panel.curve(system).unwrap().rsplit_once(' ').unwrap().1.to_owned();
        assert_eq!(end("lanstream"), format!("0.0H{:.1}", PANEL.0), "all of them");
        assert_eq!(end("slow"), format!("{:.1}H{:.1}", PANEL.1 / 2.0, PANEL.0), "half of them");
    }

    #[test]
    fn later_is_further_to_the_right() {
        let table = table();
        let panel = Panel { table: &table, load: "", left: 0.0, top: 0.0 };
        assert!(panel.x(10.0) < panel.x(100.0));
        assert_eq!((panel.x(0.1), panel.x(1e6)), (0.0, PANEL.0));
    }

    #[test]
    fn names_do_not_break_the_picture() {
        let svg = draw(&table());
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
        assert_eq!(escape("sh -c 'a <b && c'"), "sh -c 'a &lt;b &amp;&amp; c'");
    }
}
