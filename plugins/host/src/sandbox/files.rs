//! What a sandbox does by Landlock: files, TCP ports, signals, and abstract and other Unix sockets.

use std::path::PathBuf;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, NetPort, Ruleset,
    RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, Scope, make_bitflags, path_beneath_rules,
};

use super::manifest::{Manifest, Network};
use super::place::{Place, Surroundings};

/// Newest version of Landlock whose rules are made. What the kernel does not know of it is left out.
const LATEST: ABI = ABI::V9;

/// Files that every program reads: libraries and data of the system, and what the kernel says of itself.
const SYSTEM: &[&str] = &[
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/sbin",
    "/nix/store",
    "/gnu/store",
    "/proc",
    "/sys",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/localtime",
];
/// Files in which the addresses and the certificates of others are looked up.
const LOOK_UP: &[&str] = &[
    "/etc/ca-certificates",
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/pki",
    "/etc/protocols",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl",
];
/// Devices that are no hardware.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// What a kernel's Landlock can refuse. Each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Landlock {
    None,
    Files,
    Truncation,
    Ports,
    Signals,
    Sockets,
}

impl Landlock {
    /// Asks the kernel.
    pub(super) fn of_kernel() -> Self {
        let strict = || Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        let tries = [
            (Self::Sockets, strict().handle_access(AccessFs::ResolveUnix).is_ok()),
            (Self::Signals, strict().scope(Scope::Signal).is_ok()),
            (Self::Ports, strict().handle_access(AccessNet::ConnectTcp).is_ok()),
            (Self::Truncation, strict().handle_access(AccessFs::Truncate).is_ok()),
            (Self::Files, strict().handle_access(AccessFs::ReadFile).is_ok()),
        ];
        tries.into_iter().find(|(_, is_known)| *is_known).map_or(Self::None, |(level, _)| level)
    }
}

/// Confines this thread and those that it starts. What the kernel does not know is left out.
pub(super) fn restrict(manifest: &Manifest, surroundings: &Surroundings<'_>) -> Result<(), RulesetError> {
    let mut ruleset = Ruleset::default().handle_access(AccessFs::from_all(LATEST))?.scope(Scope::Signal)?;
    if !manifest.sockets.iter().any(|place| matches!(place, Place::Abstract(_))) {
        ruleset = ruleset.scope(Scope::AbstractUnixSocket)?;
    }
    if manifest.network != Network::Any {
        ruleset = ruleset.handle_access(AccessNet::BindTcp | AccessNet::ConnectTcp)?;
    }
    let mut created = ruleset.create()?;
    if let Network::Ports(ports) = &manifest.network {
        for port in ports {
            created = created.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?;
        }
    }
    for (paths, access) in rules(manifest, surroundings) {
        created = created.add_rules(path_beneath_rules(paths, access))?;
    }
    created.restrict_self().map(drop)
}

/// Returns paths and what may be done with them.
fn rules(manifest: &Manifest, surroundings: &Surroundings<'_>) -> [(Vec<PathBuf>, BitFlags<AccessFs>); 6] {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let run = if manifest.processes { read | AccessFs::Execute } else { read };
    let device = make_bitflags!(AccessFs::{ReadFile | ReadDir | WriteFile | IoctlDev});
    let write = AccessFs::from_all(LATEST)
        & !make_bitflags!(AccessFs::{Execute | MakeChar | MakeBlock | IoctlDev | ResolveUnix});
    let all =
        |places: &[Place]| places.iter().flat_map(|place| place.paths(surroundings)).collect::<Vec<_>>();
    let owned = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
    let mut own = all(&manifest.read);
    own.push(surroundings.plugin.to_owned());
    own.extend(surroundings.given.iter().map(|(_, path)| PathBuf::from(path)));
    own.extend(surroundings.library_folders());
    if manifest.network != Network::None {
        own.extend(owned(LOOK_UP));
    }
    let written = manifest.write.iter().flat_map(|place| place.writable_paths(surroundings)).collect();
    [
        (owned(SYSTEM), run),
        (own, run),
        (written, write),
        (owned(DEVICES), device),
        (all(&manifest.devices), device),
        (all(&manifest.sockets), AccessFs::ResolveUnix.into()),
    ]
}
