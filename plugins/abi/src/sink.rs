//! Tables of sinks, which get frames. They came with minor version 1.

use core::ffi::c_void;

use crate::{Error, Host, Layout, OptionSpec, Region, Str, Text, Value};

/// Which frames a sink gets.
pub mod delivery {
    /// Every frame that is captured, and all sound: if the sink is slow, captures wait for it.
    pub const EVERY: u32 = 1;
    /// The newest frame when the sink is ready for one: what came meanwhile is skipped.
    pub const NEWEST: u32 = 2;
}

/// Bits of a stream.
pub mod stream_flag {
    /// `audio` may be called.
    pub const HAS_SOUND: u32 = 1;
}

/// What is known of a stream of frames before the first.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// Size of this table.
    pub struct_size: u32,
    /// Bits of [`stream_flag`].
    pub flags: u32,
    /// Layout of each frame.
    pub layout: Layout,
    /// Frames of sound in a second.
    pub sound_rate: u32,
    /// Samples in each of them.
    pub sound_channels: u32,
    /// 0.
    pub reserved: u32,
    /// Name of what is shown.
    pub name: Text,
    /// Differences between frames and what the source has, one a line.
    pub alterations: Text,
}

/// Bits of a frame for a sink.
pub mod sink_frame_flag {
    /// `pts_us` is set.
    pub const HAS_PTS: u32 = 1;
    /// The frame is the one before, which still stands.
    pub const REPEATED: u32 = 2;
}

/// A frame for a sink.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SinkFrame {
    /// Size of this table.
    pub struct_size: u32,
    /// Bits of [`sink_frame_flag`].
    pub flags: u32,
    /// Layout, as `begin` had it.
    pub layout: Layout,
    /// Number among the frames of the source.
    pub sequence: u32,
    /// First row of pixels, which are read during the call alone.
    pub data: *const u8,
    /// Bytes that may be read.
    pub data_len: u64,
    /// What may have changed since the sink's frame before.
    pub damage: Region,
    /// When the frame is shown, in microseconds of the host's clock.
    pub at_us: u64,
    /// When it was captured, on the same clock.
    pub captured_us: u64,
    /// Presentation time in microseconds, with [`sink_frame_flag::HAS_PTS`].
    pub pts_us: i64,
    /// Time so far in which nothing was captured because too many frames waited for the sink.
    pub held_us: u64,
    /// Frames that wait behind this one.
    pub waiting: u32,
    /// 0.
    pub reserved: u32,
}

/// A stretch of sound, for a sink or of a source.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Audio {
    /// Size of this table.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// Where it begins, in microseconds on the clock of the frames.
    pub pts_us: i64,
    /// Samples: little-endian 32-bit floating point, interleaved.
    pub data: *const u8,
    /// Their number of bytes.
    pub data_len: u64,
}

/// Whether a sink takes more.
pub mod sink_status {
    /// It takes more.
    pub const OPEN: u32 = 1;
    /// It has all that it wants.
    pub const COMPLETE: u32 = 2;
}

/// A kind of sink: how its instances are made and used.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Sink {
    /// Size of this table.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// Name, which selects it: lower-case letters, digits and hyphens.
    pub name: Str,
    /// One sentence on what it does.
    pub about: Str,
    /// Examples that follow its description; may be empty.
    pub examples: Str,
    /// Its options.
    pub options: *const OptionSpec,
    /// Number of options.
    pub options_len: u64,
    /// Opens a sink.
    pub create: Option<
        unsafe extern "C" fn(
            host: *const Host,
            values: *const Value,
            values_len: u64,
            instance: *mut *mut c_void,
            error: *mut Error,
        ) -> i32,
    >,
    /// Closes a sink.
    pub destroy: Option<unsafe extern "C" fn(instance: *mut c_void)>,
    /// Returns which frames it gets: one of [`delivery`].
    pub delivery: Option<unsafe extern "C" fn(instance: *mut c_void) -> u32>,
    /// Begins a stream of frames of one layout.
    pub begin:
        Option<unsafe extern "C" fn(instance: *mut c_void, stream: *const Stream, error: *mut Error) -> i32>,
    /// Takes a frame, and says by one of [`sink_status`] whether it takes more.
    pub frame: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            frame: *const SinkFrame,
            status: *mut u32,
            error: *mut Error,
        ) -> i32,
    >,
    /// Takes a stretch of sound; may be null.
    pub audio: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            audio: *const Audio,
            status: *mut u32,
            error: *mut Error,
        ) -> i32,
    >,
    /// Ends: what was taken is complete where it is meant to go.
    pub finish: Option<unsafe extern "C" fn(instance: *mut c_void, error: *mut Error) -> i32>,
    /// Makes functions return soon; may be null.
    pub interrupt: Option<unsafe extern "C" fn(instance: *mut c_void)>,
    /// Returns an extension's table; may be null.
    pub extension: Option<unsafe extern "C" fn(instance: *mut c_void, id: Str) -> *const c_void>,
}

// SAFETY: the tables that are shared between threads hold pointers to constants that live as long as the plugin.
#[allow(unsafe_code, reason = "a static table holds pointers")]
unsafe impl Sync for Sink {}
// SAFETY: as for `Sync`.
#[allow(unsafe_code, reason = "a static table holds pointers")]
unsafe impl Send for Sink {}
