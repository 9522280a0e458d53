//! Test patterns: a source that needs no device and whose every pixel follows from the frame's number.
//!
//! Frames are drawn when they are captured, by the clock: a viewer that takes 20 of 60 frames a second sees every third
//! number, at the right time. [`draw()`] is pure, so a test can say what any frame must look like, and
//! [`read_number`] tells which frame a picture shows.

#![forbid(unsafe_code)]

mod canvas;
mod draw;
mod factory;
mod font;
mod kind;
mod number;
mod pace;
mod pattern;

pub use draw::draw;
pub use factory::{PatternFactory, opener};
pub use kind::{Kind, UnknownKindError};
pub use number::{NUMBER_SIZE, read_number};
pub use pace::{FPS_MAX, FPS_MIN};
pub use pattern::{Options, Pattern};
