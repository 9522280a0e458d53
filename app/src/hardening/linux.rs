//! Hardening on Linux: no core files, and no other process reads this one's memory.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Bytes of a core file. 0 would not keep the kernel from handing the core to a program; 1 does.
const CORE_BYTES: u64 = 1;

/// Keeps the kernel from writing core files, of this process and of those that it starts, and other processes of this
/// user from reading its memory.
pub(super) fn apply() {
    let limit = Rlimit { current: Some(CORE_BYTES), maximum: Some(CORE_BYTES) };
    // A system that refuses either is one without such files, or with a lower limit.
    let _refused = setrlimit(Resource::Core, limit);
    let _refused = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
