//! Figures of a bench in a document of docs/, and the plot beside it.

use anyhow::Context;

use crate::repository;

/// A document with figures. The text around them is written by hand.
pub(crate) struct Document {
    /// Path in the repository.
    pub(crate) path: &'static str,
    /// Path of the plot.
    pub(crate) plot: &'static str,
    /// What writes the figures, as it is run.
    pub(crate) command: &'static str,
}

/// What stands after the figures.
const END: &str = "<!-- end of the figures -->\n";

impl Document {
    /// Replaces the figures of the last run, and the plot.
    ///
    /// # Errors
    /// Where the files can't be read or written, or the marks are gone.
    pub(crate) fn write(&self, figures: &str, plot: &str) -> anyhow::Result<()> {
        let path = repository::root().join(self.path);
        let text = std::fs::read_to_string(&path).with_context(|| format!("can't read {}", self.path))?;
        let text = self.replace(&text, figures).with_context(|| format!("{} has no marks", self.path))?;
        std::fs::write(&path, text).with_context(|| format!("can't write {}", self.path))?;
        std::fs::write(repository::root().join(self.plot), plot)
            .with_context(|| format!("can't write {}", self.plot))
    }

    fn replace(&self, text: &str, figures: &str) -> Option<String> {
        let begin = format!("<!-- figures: written by `{}` -->\n", self.command);
        let (before, rest) = text.split_once(&begin)?;
        let (_, after) = rest.split_once(END)?;
        Some(format!("{before}{begin}\n{figures}\n{END}{after}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_figures_are_replaced() {
        let document = Document { path: "a.md", plot: "a.svg", command: "a" };
        let text = format!("# Title\n<!-- figures: written by `a` -->\nold\n{END}the end\n");
        let new = document.replace(&text, "new").unwrap();
        assert_eq!(new, format!("# Title\n<!-- figures: written by `a` -->\n\nnew\n{END}the end\n"));
        assert_eq!(document.replace(&new, "new").unwrap(), new);
        assert_eq!(document.replace("# Title\n", "new"), None);
    }

    #[test]
    fn documents_have_their_marks() {
        for document in [super::super::peers::DOCUMENT, super::super::transports::DOCUMENT] {
            let text = std::fs::read_to_string(repository::root().join(document.path)).unwrap();
            assert!(document.replace(&text, "").is_some(), "{}", document.path);
            assert!(repository::root().join(document.plot).exists(), "{}", document.plot);
        }
    }
}
