//! Hardening on other systems: none, what a crash leaves behind is as the system has it.

pub(super) fn apply() {}
