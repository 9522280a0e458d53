//! The viewer's files: those that the npm package of this folder publishes, at the paths at which pages load them.
//! `build.rs` lists them.

/// A file of the viewer.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Path at which pages load it: `/`, `/page.js`.
    pub path: &'static str,
    /// Content.
    pub bytes: &'static [u8],
}

/// All files that a page loads, in the order of their paths.
pub const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

#[cfg(test)]
mod tests {
    use std::path::{Component, Path, PathBuf};

    use super::*;

    /// Paths that pages of others name: the page, the element, the worker's entry and the decoder.
    const PUBLIC: [&str; 6] =
        ["/", "/page.js", "/page.css", "/src/lan-stream.js", "/src/worker.js", "/src/codec.wasm"];

    fn has(path: &str) -> bool {
        FILES.iter().any(|file| file.path == path)
    }

    fn source(file: &File) -> &str {
        std::str::from_utf8(file.bytes).unwrap()
    }

    /// Relative paths in a module's source: of imports, of types' imports and of `new URL`.
    fn references(source: &str) -> impl Iterator<Item = &str> {
        source.split('\'').filter(|text| {
            (text.starts_with("./") || text.starts_with("../")) && !text.contains(char::is_whitespace)
        })
    }

    /// The path that a reference in the file at `from` leads to.
    fn resolved(from: &str, reference: &str) -> String {
        let mut path = PathBuf::new();
        let folder = Path::new(from).parent().unwrap();
        for part in folder.join(reference).components() {
            match part {
                Component::ParentDir => assert!(path.pop(), "{from} leaves the viewer: {reference}"),
                Component::CurDir => {}
                part => path.push(part),
            }
        }
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn public_paths_stay() {
        for path in PUBLIC {
            assert!(has(path), "{path}");
        }
    }

    #[test]
    fn every_reference_of_a_module_leads_to_a_file() {
        let modules = FILES.iter().filter(|file| file.path.ends_with(".js"));
        let mut count = 0;
        for module in modules {
            for reference in references(source(module)) {
                let path = resolved(module.path, reference);
                assert!(has(&path), "{} names {path}, which is not served", module.path);
                count += 1;
            }
        }
        assert!(count > FILES.len(), "{count} references");
    }

    #[test]
    fn what_the_package_publishes_for_pages_is_served() {
        // The rest is for those who build with the package.
        const FOR_BUILDS: [&str; 4] = ["types", "custom-elements.json", "LICENSE-MIT", "LICENSE-APACHE"];
        let viewer = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = std::fs::read(viewer.join("package.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        let mut published: Vec<_> =
            manifest["files"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        published.retain(|name| !FOR_BUILDS.contains(name));
        let first = |path: &'static str| match path.trim_start_matches('/').split('/').next().unwrap() {
            "" => "index.html",
            name => name,
        };
        let mut served: Vec<_> = FILES.iter().map(|file| first(file.path)).collect();
        served.sort_unstable();
        served.dedup();
        published.sort_unstable();
        assert_eq!(served, published);
    }

    #[test]
    fn only_files_of_pages_are_served_and_each_once() {
        assert!(FILES.is_sorted_by(|a, b| a.path == "/" || b.path == "/" || a.path < b.path));
        for file in FILES {
            let name = file.path.rsplit('/').next().unwrap();
            assert!(!name.ends_with(".test.js") && !name.ends_with(".json"), "{}", file.path);
        }
    }
}
