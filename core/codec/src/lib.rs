//! Lossless encodings of a rectangle of screen pixels, for pipes that are slower than memory.
//!
//! One so far, for whatever has flat parts, rows that repeat, or few colours: screens. [`encode`] and [`decode`] are each
//! other's inverse. No session uses it yet. Pixels are `u32`s that lie in memory as red, green, blue, 255, row by row without
//! gaps.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod decode;
mod encode;
mod runs;
mod token;

pub use decode::{Error, decode};
pub use encode::encode;
