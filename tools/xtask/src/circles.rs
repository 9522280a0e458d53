//! Lint of imports: no files import each other in a circle, in no Rust crate and not in the viewer.
//!
//! A module and the modules inside it belong together and may name each other; everything else goes one way.

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Component, Path, PathBuf};
    use std::process::Command;

    use crate::repository;

    /// Files, each with those that it imports.
    type Imports = BTreeMap<String, BTreeSet<String>>;

    /// The tracked files with this ending, as paths from the root.
    fn tracked(pattern: &str) -> Vec<String> {
        let mut git = Command::new("git");
        let listed = git
            .args(["ls-files", "-z", "--", pattern])
            .current_dir(repository::root())
            .output()
            .expect("git lists the tracked files");
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let names = String::from_utf8(listed.stdout).expect("paths are UTF-8");
        // A file that is removed and not committed yet is still listed.
        let exists = |path: &&str| repository::root().join(path).exists();
        names.split_terminator('\0').filter(exists).map(str::to_owned).collect()
    }

    /// The Rust crates: the folder of each root, and its modules by their paths.
    fn crates() -> BTreeMap<String, BTreeMap<String, String>> {
        let mut crates: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for path in tracked("*.rs") {
            let Some((package, file)) = path.split_once("/src/") else { continue };
            let module = file.trim_end_matches(".rs").replace('/', "::");
            let module = if ["lib", "main"].contains(&&*module) { String::new() } else { module };
            let text = fs::read_to_string(repository::root().join(&path)).expect("a source can be read");
            crates.entry(package.to_owned()).or_default().insert(module, text);
        }
        crates
    }

    /// Collector of the paths that `use` items name, but for those of tests.
    #[derive(Default)]
    struct Uses(Vec<Vec<String>>);

    impl Uses {
        /// Adds what the items name, those of inline modules included.
        fn add_items(&mut self, items: &[syn::Item]) {
            for item in items {
                match item {
                    syn::Item::Use(item) => self.add(&[], &item.tree),
                    syn::Item::Mod(module) if module.ident != "tests" => {
                        self.add_items(module.content.as_ref().map_or(&[], |(_, items)| items));
                    }
                    _ => {}
                }
            }
        }

        fn add(&mut self, prefix: &[String], tree: &syn::UseTree) {
            let with = |name: &syn::Ident| [prefix, &[name.to_string()]].concat();
            match tree {
                syn::UseTree::Path(path) => self.add(&with(&path.ident), &path.tree),
                syn::UseTree::Name(name) => self.0.push(with(&name.ident)),
                syn::UseTree::Rename(rename) => self.0.push(with(&rename.ident)),
                syn::UseTree::Glob(_) => self.0.push(prefix.to_vec()),
                syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(prefix, tree)),
            }
        }
    }

    /// Resolves the path of a `use` in `module` to the module among `modules` that holds what it names, if it is of
    /// this crate.
    fn resolve(module: &str, path: &[String], modules: &BTreeMap<String, String>) -> Option<String> {
        let mut at: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
        let mut rest = path.iter().map(String::as_str).peekable();
        match rest.peek() {
            Some(&"crate") => at.clear(),
            Some(&"super" | &"self") => {}
            // A module inside this one; all others are crates.
            _ => return None,
        }
        for part in rest {
            match part {
                "crate" | "self" => {}
                "super" => drop(at.pop()),
                name => at.push(name),
            }
        }
        while !at.is_empty() && !modules.contains_key(&at.join("::")) {
            at.pop();
        }
        Some(at.join("::"))
    }

    /// Whether one of two modules lies in the other.
    fn is_related(a: &str, b: &str) -> bool {
        let lies_in = |inner: &str, outer: &str| {
            outer.is_empty() || inner == outer || inner.starts_with(&format!("{outer}::"))
        };
        lies_in(a, b) || lies_in(b, a)
    }

    fn rust_imports(modules: &BTreeMap<String, String>) -> Imports {
        let imported = |module: &str, text: &str| {
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{module}: {error}"));
            let mut uses = Uses::default();
            uses.add_items(&file.items);
            let found = uses.0.iter().filter_map(|path| resolve(module, path, modules));
            found.filter(|other| !is_related(module, other)).collect()
        };
        modules.iter().map(|(module, text)| (module.clone(), imported(module, text))).collect()
    }

    /// The files of the viewer, each with those that it imports.
    fn viewer_imports() -> Imports {
        let imported = |path: &String| {
            let text = fs::read_to_string(repository::root().join(path)).expect("a source can be read");
            let names = text.lines().filter_map(|line| quoted_import(line).map(str::to_owned));
            names.map(|name| beside(path, &name)).collect()
        };
        tracked("viewer/src/*.js").into_iter().map(|path| (path.clone(), imported(&path))).collect()
    }

    /// Returns the path in a line that ends an import or a re-export: `} from './frame.js';`.
    fn quoted_import(line: &str) -> Option<&str> {
        let rest =
            line.split_once(" from '").map(|(_, rest)| rest).or_else(|| line.strip_prefix("import '"))?;
        rest.strip_suffix("';").filter(|path| path.starts_with('.'))
    }

    /// Returns the path from the root of what `name` means in the file at `path`.
    fn beside(path: &str, name: &str) -> String {
        let mut found = PathBuf::new();
        let folder = Path::new(path).parent().unwrap_or_else(|| Path::new(""));
        for part in folder.join(name).components() {
            match part {
                Component::ParentDir => drop(found.pop()),
                Component::Normal(name) => found.push(name),
                _ => {}
            }
        }
        found.to_string_lossy().into_owned()
    }

    /// Returns a circle of imports, if there is one.
    fn circle(imports: &Imports) -> Option<Vec<String>> {
        let mut done = BTreeSet::new();
        imports.keys().find_map(|start| circle_from(start, imports, &mut Vec::new(), &mut done))
    }

    fn circle_from<'a>(
        at: &'a str,
        imports: &'a Imports,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<String>> {
        if let Some(first) = way.iter().position(|passed| *passed == at) {
            return Some(way[first..].iter().map(|name| (*name).to_owned()).collect());
        }
        if !done.insert(at) {
            return None;
        }
        way.push(at);
        let found =
            imports.get(at).into_iter().flatten().find_map(|next| circle_from(next, imports, way, done));
        way.pop();
        found
    }

    #[test]
    fn rust_files_do_not_import_each_other_in_a_circle() {
        let crates = crates();
        assert!(crates.contains_key("core") && crates.contains_key("tools/xtask"), "{:?}", crates.keys());
        let found: Vec<_> = crates
            .iter()
            .filter_map(|(package, modules)| Some((package, circle(&rust_imports(modules))?)))
            .collect();
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn viewer_files_do_not_import_each_other_in_a_circle() {
        let imports = viewer_imports();
        let edges: usize = imports.values().map(BTreeSet::len).sum();
        assert!(edges > imports.len(), "{edges} imports in {} files", imports.len());
        assert_eq!(circle(&imports), None);
    }

    #[test]
    fn a_circle_is_found_and_a_module_and_its_parts_are_none() {
        let modules = |files: &[(&str, &str)]| {
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let round = modules(&[
            ("", "use a::A;"),
            ("a", "use crate::b::{self, c::C};"),
            ("b", "use std::io;"),
            ("b::c", "use super::super::d::D as E;"),
            ("d", "use crate::a::*;"),
        ]);
        let found = circle(&rust_imports(&round)).expect("a circle");
        assert_eq!(BTreeSet::from_iter(found), ["a", "b::c", "d"].map(str::to_owned).into());
        let parts = modules(&[
            ("a", "use self::b::B; mod tests { use crate::c::C; }"),
            ("a::b", "use super::A;"),
            ("c", "use crate::a::A;"),
        ]);
        assert_eq!(circle(&rust_imports(&parts)), None);
    }

    #[test]
    fn imports_of_the_viewer_are_read() {
        assert_eq!(quoted_import("import { a } from './a.js';"), Some("./a.js"));
        assert_eq!(quoted_import("} from '../b/c.js';"), Some("../b/c.js"));
        assert_eq!(quoted_import("import { lit } from 'lit';"), None);
        assert_eq!(beside("viewer/src/x/a.js", "../b/c.js"), "viewer/src/b/c.js");
    }
}
