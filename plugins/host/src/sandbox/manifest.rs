//! A plugin's manifest: what it needs, as TOML. What it does not name, it does not need.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::Deserialize;

use super::place::Place;

/// What a plugin needs. `docs/plugins.md` explains the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) network: Network,
    /// Unix sockets that it connects to.
    pub(super) sockets: Vec<Place>,
    /// It starts programs.
    pub(super) processes: bool,
    /// Files, and folders with all that is in them, that it reads besides those of the system.
    pub(super) read: Vec<Place>,
    /// Files and folders that it reads, writes and removes.
    pub(super) write: Vec<Place>,
    /// Devices that it reads, writes and controls.
    pub(super) devices: Vec<Place>,
}

/// What of the internet protocols a plugin uses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "NetworkText")]
pub(super) enum Network {
    #[default]
    None,
    /// Connections over TCP to these ports, of any machine.
    Ports(Vec<u16>),
    Any,
}

/// The network as it is written.
#[derive(Deserialize)]
#[serde(untagged)]
enum NetworkText {
    Word(String),
    Ports(Vec<u16>),
}

impl TryFrom<NetworkText> for Network {
    type Error = String;

    fn try_from(text: NetworkText) -> Result<Self, String> {
        match text {
            NetworkText::Word(word) if word == "none" => Ok(Self::None),
            NetworkText::Word(word) if word == "any" => Ok(Self::Any),
            NetworkText::Word(word) => {
                Err(format!("network is 'none', 'any' or a list of TCP ports, and not '{word}'"))
            }
            NetworkText::Ports(ports) if ports.is_empty() => Ok(Self::None),
            NetworkText::Ports(ports) => Ok(Self::Ports(ports)),
        }
    }
}

impl FromStr for Manifest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        basic_toml::from_str(text).map_err(|error| error.to_string())
    }
}

impl Display for Manifest {
    /// Writes what is allowed, in one line.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut allowed = Vec::new();
        match &self.network {
            Network::None => {}
            Network::Any => allowed.push("network".to_owned()),
            Network::Ports(ports) => {
                let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
                allowed.push(format!("TCP to port {}", ports.join(" ")));
            }
        }
        let places = [
            ("connecting to", &self.sockets),
            ("reading", &self.read),
            ("writing", &self.write),
            ("devices", &self.devices),
        ];
        for (what, places) in places.into_iter().filter(|(_, places)| !places.is_empty()) {
            let places: Vec<_> = places.iter().map(Place::to_string).collect();
            allowed.push(format!("{what} {}", places.join(" ")));
        }
        if self.processes {
            allowed.push("starting programs".to_owned());
        }
        f.write_str(if allowed.is_empty() { "nothing" } else { "" })?;
        f.write_str(&allowed.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<Manifest>().unwrap().to_string()
    }

    fn error(text: &str) -> String {
        text.parse::<Manifest>().unwrap_err()
    }

    #[test]
    fn what_is_not_named_is_not_allowed() {
        for text in ["", "\n", "# nothing", "network = 'none'\nprocesses = false\nread = []", "network = []"]
        {
            assert_eq!(text.parse::<Manifest>().unwrap(), Manifest::default(), "{text:?}");
        }
        assert_eq!(shown(""), "nothing");
    }

    #[test]
    fn what_is_named_is_shown() {
        assert_eq!(shown("network = 'any'\nprocesses = true"), "network, starting programs");
        let text = "network = [80, 554]\nsockets = ['$XDG_RUNTIME_DIR/wayland-0']\nread = ['/a', '$HOME/b']\n\
                    write = ['--output']\ndevices = ['/dev/video*']";
        assert_eq!(
            shown(text),
            "TCP to port 80 554, connecting to $XDG_RUNTIME_DIR/wayland-0, reading /a $HOME/b, writing --output, \
             devices /dev/video*"
        );
    }

    #[test]
    fn a_manifest_that_says_anything_else_is_refused_with_the_reason() {
        assert!(
            error("network = 'loopback'").contains("not 'loopback'"),
            "{}",
            error("network = 'loopback'")
        );
        assert!(error("reads = []").contains("reads"), "{}", error("reads = []"));
        assert!(error("read = ['relative']").contains("'relative'"), "{}", error("read = ['relative']"));
        for text in ["read", "read = '/a'", "processes = 'yes'", "network = [65536]", "network = true"] {
            assert!(!error(text).is_empty(), "{text}");
        }
    }
}
