//! The pipeline's clock: microseconds since the process first looked.

use std::sync::OnceLock;
use std::time::Instant;

use lanstream_core::Micros;

/// The time now.
pub(crate) fn now() -> Micros {
    static START: OnceLock<Instant> = OnceLock::new();
    Micros::at(START.get_or_init(Instant::now).elapsed())
}
