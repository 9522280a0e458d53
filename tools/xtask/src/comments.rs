//! Lint of comments: none is wider than a reader's window. rustfmt leaves them as they are.

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::repository;

    /// Columns of a comment, with its indentation.
    const COLUMNS_MAX: usize = 120;

    /// The numbers and widths of the lines of `text` that are comments and too wide.
    fn wide(text: &str) -> impl Iterator<Item = (usize, usize)> {
        let width = |line: &str| line.chars().count();
        let is_wide = move |line: &str| line.trim_start().starts_with("//") && width(line) > COLUMNS_MAX;
        text.lines()
            .zip(1..)
            .filter(move |(line, _)| is_wide(line))
            .map(move |(line, number)| (number, width(line)))
    }

    #[test]
    fn no_comment_is_too_wide() {
        let listed =
            Command::new("git").args(["ls-files", "*.rs"]).current_dir(repository::root()).output().unwrap();
        let files = String::from_utf8(listed.stdout).unwrap();
        assert!(!files.is_empty(), "no file was found at all");
        let found: Vec<_> = files
            .lines()
            // A file that was moved and not added yet is listed, and not there.
            .filter_map(|file| Some((file, std::fs::read_to_string(repository::root().join(file)).ok()?)))
            .flat_map(|(file, text)| {
                wide(&text).map(|(line, width)| format!("{file}:{line}: {width} columns")).collect::<Vec<_>>()
            })
            .collect();
        assert!(found.is_empty(), "comments of more than {COLUMNS_MAX} columns:\n{}", found.join("\n"));
    }

    #[test]
    fn columns_are_characters_and_code_may_be_wider() {
        let text = format!(
            "    // {}\n/// {}\nlet a = \"{}\";\n",
            "é".repeat(113),
            "b".repeat(117),
            "c".repeat(200)
        );
        assert_eq!(wide(&text).collect::<Vec<_>>(), [(2, 121)]);
    }
}
