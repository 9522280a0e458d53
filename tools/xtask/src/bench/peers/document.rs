//! Puts the figures of a run into docs/peers.md, and the plot beside it.

use anyhow::Context;

use super::plot;
use super::table::Table;
use crate::repository;

const DOCUMENT: &str = "docs/peers.md";
const PLOT: &str = "docs/peers.svg";
/// The plot as the document shows it.
const IMAGE: &str = "![Share of the drawn frames that were seen within a time, load by load](peers.svg)\n";
/// What stands around the figures. The text outside is written by hand.
const BEGIN: &str = "<!-- figures: written by `cargo xtask bench peers --write` -->\n";
const END: &str = "<!-- end of the figures -->\n";

/// Replaces the figures of the last run.
///
/// # Errors
/// Where the files can't be read or written, or the marks are gone.
pub(super) fn write(table: &Table) -> anyhow::Result<()> {
    let path = repository::root().join(DOCUMENT);
    let text = std::fs::read_to_string(&path).with_context(|| format!("can't read {DOCUMENT}"))?;
    let figures = format!("{IMAGE}\n{table}");
    let text = replace(&text, &figures).with_context(|| format!("{DOCUMENT} has no marks"))?;
    std::fs::write(&path, text).with_context(|| format!("can't write {DOCUMENT}"))?;
    std::fs::write(repository::root().join(PLOT), plot::draw(table))
        .with_context(|| format!("can't write {PLOT}"))
}

fn replace(text: &str, figures: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{figures}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_figures_are_replaced() {
        let text = format!("# Title\n{BEGIN}old\n{END}the end\n");
        let new = replace(&text, "new").unwrap();
        assert_eq!(new, format!("# Title\n{BEGIN}\nnew\n{END}the end\n"));
        assert_eq!(replace(&new, "new").unwrap(), new);
        assert_eq!(replace("# Title\n", "new"), None);
    }

    #[test]
    fn the_document_has_its_marks() {
        let text = std::fs::read_to_string(repository::root().join(DOCUMENT)).unwrap();
        assert!(replace(&text, "").is_some());
    }
}
