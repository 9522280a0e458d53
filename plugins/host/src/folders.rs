//! Folders of the user in which installed plugins lie, and what is remembered of them.

use std::ffi::OsString;
use std::path::PathBuf;

/// Folder of this program in the folders of the user.
const OWN: &str = "lanstream";
/// Folder of plugins within it.
const PLUGINS: &str = "plugins";

/// Folders of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// Installed plugins: the only folder in which plugins are found without being named.
    pub plugins: PathBuf,
    /// What is remembered of them, which may be deleted at any time.
    pub cache: PathBuf,
}

impl Folders {
    /// Returns the folders of the user who runs this process, or `None` if the environment names no absolute home.
    pub fn of_user() -> Option<Self> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// Returns the folders by the rules of the XDG base directory specification, by which a relative path is ignored.
    #[cfg(not(any(windows, target_os = "macos")))]
    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let named = |name: &str| absolute(variable(name));
        let in_home = |path: &str| named("HOME").map(|home| home.join(path));
        let data = named("XDG_DATA_HOME").or_else(|| in_home(".local/share"))?;
        let cache = named("XDG_CACHE_HOME").or_else(|| in_home(".cache"))?;
        Some(Self { plugins: data.join(OWN).join(PLUGINS), cache: cache.join(OWN) })
    }

    #[cfg(target_os = "macos")]
    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let library = absolute(variable("HOME"))?.join("Library");
        let plugins = library.join("Application Support").join(OWN).join(PLUGINS);
        Some(Self { plugins, cache: library.join("Caches").join(OWN) })
    }

    #[cfg(windows)]
    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let own = absolute(variable("LOCALAPPDATA"))?.join(OWN);
        Some(Self { plugins: own.join(PLUGINS), cache: own.join("cache") })
    }
}

/// Returns the path if it is absolute: what a relative one leads to depends on where this process runs.
fn absolute(path: Option<OsString>) -> Option<PathBuf> {
    path.map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn plugins(variables: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        Folders::from_variables(variable).map(|folders| folders.plugins.display().to_string())
    }

    #[test]
    fn folders_are_those_of_the_specification_and_never_relative() {
        let home = ("HOME", "/home/a");
        let own = Some("/home/a/.local/share/lanstream/plugins".to_owned());
        assert_eq!(plugins(&[home]), own);
        assert_eq!(plugins(&[home, ("XDG_DATA_HOME", "/data")]), Some("/data/lanstream/plugins".to_owned()));
        for relative in ["", ".", "data", "./data", "../data"] {
            assert_eq!(plugins(&[home, ("XDG_DATA_HOME", relative)]), own, "{relative:?}");
            assert_eq!(plugins(&[("HOME", relative)]), None, "{relative:?}");
        }
        assert_eq!(plugins(&[]), None);
    }
}
