//! Hardening of this process: what it holds, the screen and the token, goes into no file when it crashes.

/// Bytes of a core file. 0 would not keep the kernel from handing the core to a program; 1 does.
#[cfg(all(target_os = "linux", not(debug_assertions)))]
const CORE_BYTES: u64 = 1;

/// Keeps the kernel from writing core files, of this process and of those that it starts, and other processes of this
/// user from reading its memory. A debug build is one for debuggers.
pub(crate) fn apply() {
    #[cfg(all(target_os = "linux", not(debug_assertions)))]
    {
        use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
        let limit = Rlimit { current: Some(CORE_BYTES), maximum: Some(CORE_BYTES) };
        // A system that refuses either is one without such files, or with a lower limit.
        let _refused = setrlimit(Resource::Core, limit);
        let _refused = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
