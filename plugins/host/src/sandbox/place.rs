//! Places in a manifest: paths, and words for paths that depend on the user.

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Display, Formatter};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Word for the folder of the plugin's file, as for the system's loader.
const ORIGIN: &str = "ORIGIN";
/// Mode of a folder that is made: nobody else looks into it.
const FOLDER_MODE: u32 = 0o700;

/// Paths that the user gave, with the names of the options that have them.
pub(crate) type GivenPaths = Vec<(String, OsString)>;

/// A place that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Place {
    /// A path. One that ends with `*` is all that begin so.
    Path(String),
    /// A path below that of an environment variable, or of the plugin's folder.
    Below { variable: String, rest: String },
    /// What the user gave for an option.
    Option(String),
    /// An abstract Unix socket, which has no path.
    Abstract(String),
}

/// What the words of a place stand for.
pub(super) struct Surroundings<'a> {
    /// The plugin's file.
    pub(super) plugin: &'a Path,
    pub(super) given: &'a GivenPaths,
    /// Returns the value of an environment variable.
    pub(super) variable: &'a dyn Fn(&str) -> Option<OsString>,
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with('/') {
            return Ok(Self::Path(text));
        }
        if let Some(name) = text.strip_prefix('@') {
            return Ok(Self::Abstract(name.to_owned()));
        }
        if let Some(name) = text.strip_prefix("--").filter(|name| !name.is_empty()) {
            return Ok(Self::Option(name.to_owned()));
        }
        let (variable, rest) = text.split_once('/').unwrap_or((&text, ""));
        match variable.strip_prefix('$').filter(|name| !name.is_empty()) {
            Some(name) => Ok(Self::Below { variable: name.to_owned(), rest: rest.to_owned() }),
            None => Err(format!(
                "'{text}' is no place: one begins with '/', with a variable such as '$HOME', or with '--' and the name \
                 of an option"
            )),
        }
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Below { variable, rest } if rest.is_empty() => write!(f, "${variable}"),
            Self::Below { variable, rest } => write!(f, "${variable}/{rest}"),
            Self::Option(name) => write!(f, "--{name}"),
            Self::Abstract(name) => write!(f, "@{name}"),
        }
    }
}

impl Place {
    /// Returns the paths that it stands for. A variable that is not set, or has no absolute path, stands for none.
    pub(super) fn paths(&self, surroundings: &Surroundings<'_>) -> Vec<PathBuf> {
        match self {
            Self::Path(path) => match path.strip_suffix('*') {
                Some(start) => beginning_with(Path::new(start)),
                None => vec![path.into()],
            },
            Self::Below { variable, rest } => {
                let folder = surroundings.folder(variable).filter(|folder| folder.is_absolute());
                folder
                    .map(|folder| if rest.is_empty() { folder } else { folder.join(rest) })
                    .into_iter()
                    .collect()
            }
            Self::Option(name) => surroundings.given_for(name).collect(),
            Self::Abstract(_) => Vec::new(),
        }
    }

    /// Makes the folder that it stands for, if it ends with `/` and is not there: for the user alone. One that cannot
    /// be made is left out, as all that is not there.
    pub(super) fn make_folder(&self, surroundings: &Surroundings<'_>) {
        let is_folder = match self {
            Self::Path(path) | Self::Below { rest: path, .. } => path.ends_with('/'),
            Self::Option(_) | Self::Abstract(_) => false,
        };
        for folder in self.paths(surroundings).iter().filter(|_| is_folder) {
            let _left_out = DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder);
        }
    }

    /// Returns the paths to be written to. For one that the user gave and that is not there yet, it is the folder in
    /// which it is made.
    pub(super) fn writable_paths(&self, surroundings: &Surroundings<'_>) -> Vec<PathBuf> {
        let mut paths = self.paths(surroundings);
        if matches!(self, Self::Option(_)) {
            paths.iter_mut().filter(|path| !path.exists()).for_each(|path| *path = folder_of(path));
        }
        paths
    }
}

impl Surroundings<'_> {
    fn folder(&self, variable: &str) -> Option<PathBuf> {
        if variable == ORIGIN {
            return self.plugin.parent().map(Path::to_owned);
        }
        (self.variable)(variable).map(PathBuf::from)
    }

    /// Returns the folders in which the user has the system's loader look for libraries.
    pub(super) fn library_folders(&self) -> Vec<PathBuf> {
        let folders = (self.variable)("LD_LIBRARY_PATH").unwrap_or_default();
        std::env::split_paths(&folders).filter(|folder| folder.is_absolute()).collect()
    }

    fn given_for(&self, option: &str) -> impl Iterator<Item = PathBuf> {
        self.given.iter().filter(move |(name, _)| name == option).map(|(_, path)| path.into())
    }
}

/// Returns the folder that a path which does not exist would be in.
fn folder_of(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new(".")).to_owned()
}

/// Returns what is there now whose path begins with `start`.
fn beginning_with(start: &Path) -> Vec<PathBuf> {
    let (folder, name) = match start.as_os_str().as_encoded_bytes().last() {
        Some(b'/') => (start, OsStr::new("")),
        _ => (start.parent().unwrap_or(start), start.file_name().unwrap_or_default()),
    };
    let is_wanted =
        |entry: &std::fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(name.as_encoded_bytes());
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.filter(is_wanted).map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        text.to_owned().try_into().unwrap()
    }

    #[test]
    fn words_stand_for_paths_of_the_user() {
        let given = vec![("file".to_owned(), "a/b".into()), ("file".to_owned(), "/c".into())];
        let variable = |name: &str| match name {
            "HOME" => Some("/home/a".into()),
            "RELATIVE" => Some("home".into()),
            _ => None,
        };
        let plugin = Path::new("/plugins/a.so");
        let surroundings = Surroundings { plugin, given: &given, variable: &variable };
        let cases: [(&str, &[&str]); 9] = [
            ("/a b", &["/a b"]),
            ("$HOME", &["/home/a"]),
            ("$HOME/x/y", &["/home/a/x/y"]),
            ("$ORIGIN/data", &["/plugins/data"]),
            ("$UNSET/x", &[]),
            ("$RELATIVE/x", &[]),
            ("--file", &["a/b", "/c"]),
            ("--other", &[]),
            ("@/tmp/.X11-unix/X0", &[]),
        ];
        for (text, paths) in cases {
            let expected: Vec<_> = paths.iter().map(PathBuf::from).collect();
            assert_eq!(place(text).paths(&surroundings), expected, "{text}");
            assert_eq!(place(text).to_string(), text);
        }
        for text in ["", "a", "./a", "~/a", "$", "$/a", "--", "-a"] {
            assert!(Place::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_star_at_the_end_is_what_is_there_and_begins_so() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["video0", "video1", "audio0"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let surroundings = Surroundings { plugin: Path::new("/a"), given: &Vec::new(), variable: &|_| None };
        let found = |pattern: &str| {
            let text = format!("{}/{pattern}", folder.path().display());
            let mut paths = place(&text).paths(&surroundings);
            paths.sort();
            let names = paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
            names.collect::<Vec<_>>()
        };
        assert_eq!(found("video*"), ["video0", "video1"]);
        assert_eq!(found("*"), ["audio0", "video0", "video1"]);
        assert_eq!(found("other*"), [""; 0]);
    }

    #[test]
    fn a_folder_is_made_where_the_place_says_that_it_is_one() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let variable = |name: &str| (name == "HOME").then(|| home.path().into());
        let surroundings = Surroundings { plugin: Path::new("/a"), given: &Vec::new(), variable: &variable };
        for text in ["$HOME/a/b/", "$HOME/a/b/", "$HOME/c", "$UNSET/d/", "/proc/none/"] {
            place(text).make_folder(&surroundings);
        }
        let made = home.path().join("a/b");
        assert_eq!(std::fs::metadata(&made).unwrap().permissions().mode() & 0o777, FOLDER_MODE);
        assert!(!home.path().join("c").exists());
    }

    #[test]
    fn a_file_that_is_to_be_made_needs_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (there, absent) = (folder.path().join("there"), folder.path().join("absent"));
        std::fs::write(&there, "").unwrap();
        let given = vec![
            ("output".to_owned(), absent.into()),
            ("output".to_owned(), there.clone().into()),
            ("output".to_owned(), "absent".into()),
        ];
        let surroundings = Surroundings { plugin: Path::new("/a"), given: &given, variable: &|_| None };
        let expected = [folder.path().to_owned(), there, ".".into()];
        assert_eq!(place("--output").writable_paths(&surroundings), expected);
    }
}
