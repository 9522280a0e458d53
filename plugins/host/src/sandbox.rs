//! The sandbox of a plugin's process: what the plugin's manifest does not name, the kernel refuses.
//!
//! ```text
//! library ── text of the symbol lanstream_manifest ──▶ Manifest ──▶ files: rules of Landlock
//!  (read from the file, before any of its code runs)            └─▶ calls: filters of seccomp
//! ```
//!
//! It is entered before the library is loaded, since constructors run then, and cannot be left or widened. Where the
//! kernel lacks something, the rest is in force, and [`Sandbox`] says what is not.

mod calls;
mod capabilities;
mod files;
mod library;
mod manifest;
mod place;

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use crate::error::LoadError;
use crate::trust::{CheckedFile, Trust};
use files::Landlock;
use manifest::{Manifest, Network};
use place::Surroundings;

pub(crate) use library::has_manifest;
pub(crate) use place::GivenPaths;

/// Words of the C library for the errors that the kernel returns for what is refused.
const REFUSALS: [&str; 2] = ["Permission denied", "Operation not permitted"];

/// The sandbox that a plugin gets on this system. Shown, it is what is in force, as in "allows nothing".
#[derive(Clone, Debug)]
pub struct Sandbox {
    manifest: Option<Manifest>,
    gaps: Vec<&'static str>,
}

impl Sandbox {
    /// Returns the sandbox of the plugin at `path`.
    ///
    /// # Errors
    /// If the file cannot be trusted, or its manifest is not valid.
    pub fn of(path: &Path, trust: Trust) -> Result<Self, LoadError> {
        Self::of_file(&CheckedFile::open(path, trust)?)
    }

    fn of_file(file: &CheckedFile) -> Result<Self, LoadError> {
        let wrong = |reason| LoadError::Manifest { path: file.path.clone(), reason };
        let text = library::manifest(file).map_err(wrong)?;
        let manifest = text.map(|text| text.parse::<Manifest>()).transpose().map_err(wrong)?;
        let gaps = manifest.as_ref().map_or_else(Vec::new, |manifest| {
            gaps(manifest, Landlock::of_kernel(), calls::are_filtered_here())
        });
        Ok(Self { manifest, gaps })
    }

    /// Returns whether the plugin has a manifest. One without may do what the user may.
    pub fn is_restricted(&self) -> bool {
        self.manifest.is_some()
    }

    /// Returns what the manifest does not allow and this kernel cannot refuse.
    pub fn gaps(&self) -> &[&'static str] {
        &self.gaps
    }

    /// Adds to an error of the plugin that its sandbox may be the reason, where it looks so.
    pub(crate) fn explain(&self, error: &str) -> String {
        let is_refusal = REFUSALS.iter().any(|words| error.contains(words));
        if self.is_restricted() && is_refusal {
            return format!(
                "{error} (its sandbox {self}: the kernel refuses what its manifest does not name)"
            );
        }
        error.to_owned()
    }
}

impl Display for Sandbox {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(manifest) = &self.manifest else {
            return f.write_str("is none, as it has no manifest");
        };
        write!(f, "allows {manifest}")?;
        if !self.gaps.is_empty() {
            write!(f, ", but {}", self.gaps.join("; "))?;
        }
        Ok(())
    }
}

/// Confines this process to what the manifest of the plugin at `path` names, and to the paths that the user gave. It
/// must have no other threads.
///
/// # Errors
/// If the file cannot be trusted, its manifest is not valid, or the kernel fails to do what it says it can.
pub(crate) fn enter(path: &Path, trust: Trust, given: &GivenPaths) -> Result<(), LoadError> {
    let file = CheckedFile::open(path, trust)?;
    let Sandbox { manifest: Some(manifest), .. } = Sandbox::of_file(&file)? else { return Ok(()) };
    let failed = |reason| LoadError::Sandbox { path: file.path.clone(), reason };
    let surroundings = Surroundings { plugin: &file.path, given, variable: &|name| std::env::var_os(name) };
    manifest.write.iter().for_each(|place| place.make_folder(&surroundings));
    files::restrict(&manifest, &surroundings).map_err(|error| failed(error.to_string()))?;
    capabilities::restrict().map_err(|error| failed(error.to_string()))?;
    if calls::are_filtered_here() {
        calls::restrict(&manifest).map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}

/// Returns what a kernel cannot refuse of what the manifest does not allow.
fn gaps(manifest: &Manifest, landlock: Landlock, are_calls_filtered: bool) -> Vec<&'static str> {
    let has_sockets = !manifest.sockets.is_empty();
    let cases = [
        (
            !are_calls_filtered,
            "the kernel has no seccomp for this processor, so it may use sockets and start programs",
        ),
        (
            landlock < Landlock::Files,
            "the kernel has no Landlock, so it may do with files and processes what you may",
        ),
        (
            (Landlock::Files..Landlock::Truncation).contains(&landlock),
            "the kernel's Landlock is older than 3, so it may truncate files",
        ),
        (
            matches!(manifest.network, Network::Ports(_)) && landlock < Landlock::Ports,
            "the kernel's Landlock is older than 4, so it may use all TCP ports",
        ),
        (
            (Landlock::Files..Landlock::Signals).contains(&landlock),
            "the kernel's Landlock is older than 6, so it may end your processes",
        ),
        (
            has_sockets && landlock < Landlock::Sockets,
            "the kernel's Landlock is older than 9, so it may connect to all Unix sockets that you may",
        ),
    ];
    cases.into_iter().filter(|(is_open, _)| *is_open).map(|(_, gap)| gap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps_of(manifest: &str, landlock: Landlock, are_calls_filtered: bool) -> String {
        gaps(&manifest.parse().unwrap(), landlock, are_calls_filtered).join("; ")
    }

    #[test]
    fn what_a_kernel_cannot_refuse_is_said() {
        assert_eq!(gaps_of("", Landlock::Sockets, true), "");
        assert_eq!(gaps_of("", Landlock::Signals, true), "");
        let sockets = "sockets = ['/tmp/.X11-unix/X0']";
        assert_eq!(gaps_of(sockets, Landlock::Sockets, true), "");
        assert!(gaps_of(sockets, Landlock::Signals, true).contains("all Unix sockets"));
        assert!(gaps_of("", Landlock::Ports, true).contains("end your processes"));
        let ports = "network = [80]";
        assert_eq!(gaps_of(ports, Landlock::Signals, true), "");
        assert!(gaps_of(ports, Landlock::Truncation, true).contains("all TCP ports"));
        assert!(gaps_of("", Landlock::Files, true).contains("truncate"));
        let without = gaps_of(ports, Landlock::None, false);
        assert!(without.contains("no seccomp") && without.contains("no Landlock"), "{without}");
        assert!(!without.contains("truncate"), "that it has no Landlock says it already: {without}");
    }

    #[test]
    fn a_refusal_is_explained_and_nothing_else() {
        let restricted = Sandbox { manifest: Some(Manifest::default()), gaps: Vec::new() };
        let explained = restricted.explain("connect: Permission denied");
        assert!(
            explained.starts_with("connect: Permission denied (its sandbox allows nothing"),
            "{explained}"
        );
        assert_eq!(restricted.explain("there is no camera"), "there is no camera");
        let free = Sandbox { manifest: None, gaps: Vec::new() };
        assert_eq!(free.explain("connect: Permission denied"), "connect: Permission denied");
        assert_eq!(free.to_string(), "is none, as it has no manifest");
    }

    #[test]
    fn gaps_follow_what_is_allowed() {
        let gapped = Sandbox { manifest: Some(Manifest::default()), gaps: vec!["a", "b"] };
        assert_eq!(gapped.to_string(), "allows nothing, but a; b");
    }
}
