//! `lanstream plugin new`: writes the project of a plugin that builds as it is, and shows pixels or gets them.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};

use lanstream::frame_sinks;
use lanstream::sources::absence_of;
use lanstream_core::options::CowStr;
use lanstream_core::registry::Descriptor;

use crate::cli::{self, Kind, Language, NewOptions};
use crate::report;

/// A file of a project: its name, and its text, with `@NAME@` and the like in place of what depends on the project.
type Template = (&'static str, &'static str);

const SOURCE_README: Template = ("README.md", include_str!("../../templates/plugin/README.md.in"));
const SINK_README: Template = ("README.md", include_str!("../../templates/plugin/README-sink.md.in"));
const CARGO: Template = ("Cargo.toml", include_str!("../../templates/plugin/Cargo.toml.in"));
const IGNORED: Template = (".gitignore", "/target\n");
const HEADER: Template = ("lanstream.h", include_str!("../../templates/plugin/lanstream.h"));
const RUST_SOURCE: [Template; 4] =
    [CARGO, ("src/lib.rs", include_str!("../../templates/plugin/lib.rs")), IGNORED, SOURCE_README];
const RUST_SINK: [Template; 4] =
    [CARGO, ("src/lib.rs", include_str!("../../templates/plugin/sink.rs")), IGNORED, SINK_README];
const C_SOURCE: [Template; 3] =
    [("@NAME@.c", include_str!("../../templates/plugin/source.c")), HEADER, SOURCE_README];
const C_SINK: [Template; 3] =
    [("@NAME@.c", include_str!("../../templates/plugin/sink.c")), HEADER, SINK_README];

/// Folder of the SDK, if this program was built from a checkout that is still there.
const SDK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/sdk");
/// Versions of the SDK that write plugins for this program.
const SDK_VERSION: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

/// Maximum number of characters of a name, as for a source.
const NAME_LEN_MAX: usize = 64;

/// Writes the project into a new folder, and prints what to do with it.
pub(super) fn run(options: &NewOptions) -> Result<(), String> {
    let name = &options.name;
    check_name(name, options.kind)?;
    let project = Project::new(name, options.kind, options.lang);
    project.write(Path::new(name))?;
    let place = if options.lang == Language::Rust {
        format!("{name}/src/lib.rs")
    } else {
        format!("{name}/{name}.c")
    };
    let what = match options.kind {
        Kind::Source => "a source that shows a gradient. Build, check and show it",
        Kind::Sink => "a sink that writes a line for each frame. Build, check and use it",
    };
    report::print_line(&format!("{place} is {what}:\n"));
    for line in [&format!("cd {name}"), &project.build, &project.check(), &project.try_out()] {
        report::print_line(&format!("    {line}"));
    }
    Ok(())
}

/// Returns an error if a source or sink, a package or a file cannot have the name.
fn check_name(name: &str, kind: Kind) -> Result<(), String> {
    let is_inside = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-';
    let is_name = name.len() <= NAME_LEN_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.chars().all(is_inside);
    if !is_name {
        return Err(format!(
            "{name:?} cannot be the name of a {kind}: it has lower-case letters, digits and hyphens, begins with a letter \
             and has at most {NAME_LEN_MAX} of them"
        ));
    }
    if kind == Kind::Sink {
        return match frame_sinks::registry().get(name) {
            Some(_) => Err(format!("{name} is a sink of lanstream itself: name another one")),
            None => Ok(()),
        };
    }
    if absence_of(name).is_some() {
        return Err(format!("{name} is a source of lanstream itself: name another one"));
    }
    let empty = CowStr::default;
    let source =
        Descriptor { name: name.to_owned().into(), about: empty(), examples: empty(), options: Vec::new() };
    cli::check_names(&source).map_err(|_| format!("{name} is a command of lanstream: name another one"))
}

/// The texts of a project.
struct Project {
    name: String,
    kind: Kind,
    files: &'static [Template],
    /// Command that builds it.
    build: String,
    /// What it builds.
    library: String,
}

impl Project {
    fn new(name: &str, kind: Kind, language: Language) -> Self {
        let files: &[Template] = match (kind, language) {
            (Kind::Source, Language::Rust) => &RUST_SOURCE,
            (Kind::Source, Language::C) => &C_SOURCE,
            (Kind::Sink, Language::Rust) => &RUST_SINK,
            (Kind::Sink, Language::C) => &C_SINK,
        };
        let name = name.to_owned();
        let (build, library) = match language {
            Language::Rust => {
                let library = format!("target/release/{DLL_PREFIX}{}{DLL_SUFFIX}", name.replace('-', "_"));
                ("cargo build --release".to_owned(), library)
            }
            Language::C => {
                let library = format!("./{name}{DLL_SUFFIX}");
                (format!("cc -shared -fPIC -O2 -I. -o {library} {name}.c"), library)
            }
        };
        Self { name, kind, files, build, library }
    }

    fn check(&self) -> String {
        format!("lanstream plugin check {}", self.library)
    }

    fn try_out(&self) -> String {
        match self.kind {
            Kind::Source => format!("lanstream --plugin {} {} --open", self.library, self.name),
            Kind::Sink => format!("lanstream --plugin {} pattern --sink {}", self.library, self.name),
        }
    }

    fn write(&self, folder: &Path) -> Result<(), String> {
        let failed = |path: &Path, error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                format!("{} exists already: name another one", path.display())
            }
            _ => format!("{} cannot be written: {error}", path.display()),
        };
        std::fs::create_dir(folder).map_err(|error| failed(folder, error))?;
        for (file, text) in self.files {
            let path: PathBuf = folder.join(self.filled(file));
            let parent = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
            std::fs::write(&path, self.filled(text)).map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }

    /// Returns a text in which every placeholder has its value.
    fn filled(&self, text: &str) -> String {
        let values = [
            ("@DEPENDENCY@", &dependency()),
            ("@BUILD@", &self.build),
            ("@LIBRARY@", &self.library),
            ("@NAME@", &self.name),
        ];
        values.iter().fold(text.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
    }
}

/// Returns the dependency on the SDK: the one beside the sources of this program, or else by its version.
fn dependency() -> String {
    match Path::new(SDK).canonicalize() {
        Ok(path) => format!("{{ path = {:?} }}", path.display().to_string()),
        Err(_) => format!("{SDK_VERSION:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_have_their_values_and_nothing_else_is_replaced() {
        for kind in [Kind::Source, Kind::Sink] {
            for language in [Language::Rust, Language::C] {
                let project = Project::new("my-own", kind, language);
                for (file, text) in project.files {
                    let filled = project.filled(text);
                    assert!(!filled.contains('@'), "{file}: {filled}");
                    assert!(*file != "lanstream.h" || filled == *text, "the header is as it was");
                }
            }
        }
    }
}
