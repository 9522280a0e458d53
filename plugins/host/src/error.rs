//! Reasons why a plugin is not loaded.

use std::path::PathBuf;

use lanstream_plugin_abi::{ABI_MAJOR, ABI_MINOR};

/// Reason why a plugin is not loaded. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("plugin {}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// Others may change the file or its folder.
    #[error(
        "plugin {}: {what} can be written to by other users, so one of them could have put it there: `chmod go-w {what}` ends that",
        path.display()
    )]
    Writable {
        /// The file.
        path: PathBuf,
        /// The file or its folder.
        what: String,
    },
    /// The file or its folder is not the user's.
    #[error("plugin {}: {what} belongs to another user, who could have put anything there", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// The file or its folder.
        what: String,
    },
    /// Another file was put in its place while it was loaded.
    #[error("plugin {}: another file was put in its place while it was loaded: try again", path.display())]
    Exchanged {
        /// The file.
        path: PathBuf,
    },
    /// The system's loader refuses the file.
    #[error("plugin {}: it is no library that can be loaded here: {reason}", path.display())]
    NotALibrary {
        /// The file.
        path: PathBuf,
        /// The loader's reason.
        reason: String,
    },
    /// The library is no plugin.
    #[error("plugin {}: it does not export `lanstream_plugin`, so it is no plugin of lanstream", path.display())]
    NoSymbol {
        /// The file.
        path: PathBuf,
    },
    /// The plugin refuses this host.
    #[error("plugin {}: it does not support version {ABI_MAJOR}.{ABI_MINOR} of the interface", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
    },
    /// The plugin is of another major version.
    #[error(
        "plugin {}: it was built for version {major} of the interface, and this is version {ABI_MAJOR}: build it with this version's header or SDK",
        path.display()
    )]
    Major {
        /// The file.
        path: PathBuf,
        /// The plugin's version.
        major: u32,
    },
    /// The plugin breaks a rule of the interface.
    #[error("plugin {}: it breaks a rule: {rule}", path.display())]
    Rule {
        /// The file.
        path: PathBuf,
        /// The rule, and what was found.
        rule: String,
    },
    /// The plugin's manifest is not valid.
    #[error("plugin {}: its manifest is wrong: {reason}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The sandbox that the plugin's manifest asks for cannot be entered, though the kernel says that it has it.
    #[error("plugin {}: its process cannot be confined to what its manifest names: {reason}", path.display())]
    Sandbox {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The process of the plugin refused it, for the reason of one of the other variants.
    #[error("{0}")]
    Reported(String),
    /// The process of the plugin cannot be started, or answered something else than it was asked.
    #[error("plugin {}: {reason}", path.display())]
    Process {
        /// The file.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// The process of the plugin ended while the plugin was loaded, or did not answer.
    #[error("plugin {}: {reason}", path.display())]
    Died {
        /// The file.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
}
