//! Serials of the shapes that a pointer has: viewers remember what they were sent, also while a source is lost and
//! another one takes its place, where the system's own serials may begin again.

use std::sync::atomic::{AtomicU32, Ordering};

/// Returns a serial that no other shape of this process has.
pub(crate) fn next() -> u32 {
    /// 0 is no shape.
    static NEXT: AtomicU32 = AtomicU32::new(1);
    // Nothing else depends on the order.
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_serial_is_given_twice() {
        let [first, second] = [next(), next()];
        assert!(first != 0 && second != 0 && first != second);
    }
}
