//! Checks of the READMEs, CONTRIBUTING and docs: their links lead somewhere, and README is short.

use std::path::{Path, PathBuf};

use crate::repository;

/// The lines that README may have: it is for strangers, and what is longer belongs into docs.
const README_LINES_MAX: usize = 130;

/// Documents outside of docs.
const OTHERS: [&str; 5] = [
    "README.md",
    "CONTRIBUTING.md",
    "plugins/README.md",
    "app/tauri/README.md",
    "app/examples/electron/README.md",
];

/// The READMEs, CONTRIBUTING and all of docs that is Markdown.
fn documents() -> Vec<PathBuf> {
    let root = repository::root();
    let docs = std::fs::read_dir(root.join("docs")).unwrap();
    let mut documents: Vec<PathBuf> = docs.map(|entry| entry.unwrap().path()).collect();
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    documents.extend(OTHERS.map(|name| root.join(name)));
    documents
}

/// The targets of a text's Markdown links and images, outside of code.
fn links(text: &str) -> Vec<String> {
    let is_prose = |line: &&str| !line.starts_with("    ");
    // What lies between backticks is code.
    let without_code = |line: &str| line.split('`').step_by(2).collect::<String>();
    let prose = text.lines().filter(is_prose).map(without_code);
    let of_line = |line: String| {
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        targets.map(|(target, _)| target.to_owned()).collect::<Vec<_>>()
    };
    prose.flat_map(of_line).collect()
}

/// The anchor that a heading gets on the usual forges.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars()
        .filter(|sign| sign.is_alphanumeric() || [' ', '-', '_'].contains(sign))
        .map(|sign| if sign == ' ' { '-' } else { sign })
        .collect()
}

/// Says why a relative link from a document leads nowhere.
fn fault(document: &Path, link: &str) -> Option<String> {
    let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = if file.is_empty() { document.to_owned() } else { document.parent()?.join(file) };
    if !path.exists() {
        return Some(format!("{}: {link}: there is no such file", document.display()));
    }
    if fragment.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    let has_it = text.lines().any(|line| line.starts_with('#') && anchor(line) == fragment);
    (!has_it).then(|| format!("{}: {link}: there is no such heading", document.display()))
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut faults = Vec::new();
    let mut count = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            count += 1;
            faults.extend(fault(&document, &link));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 0, "no link was found at all");
}

#[test]
fn a_link_to_nothing_is_found() {
    let readme = repository::root().join("README.md");
    assert_eq!(links("see [a](b.md) and ![c](d.png)\n    [code](e)"), ["b.md", "d.png"]);
    assert_eq!(fault(&readme, "docs/protocol.md#pixels-of-planes"), None);
    assert!(fault(&readme, "docs/none.md").is_some());
    assert!(fault(&readme, "docs/protocol.md#none").is_some());
}

#[test]
fn readme_is_short() {
    let lines = std::fs::read_to_string(repository::root().join("README.md")).unwrap().lines().count();
    assert!(lines <= README_LINES_MAX, "README has {lines} lines, at most {README_LINES_MAX} are allowed");
}

#[test]
fn what_looks_like_a_link_in_code_is_none() {
    assert_eq!(links("[`a.rs`](b.md), `[x](y)` and `(u](8)`\n    [c](d)\n[e](f#g)"), ["b.md", "f#g"]);
}
