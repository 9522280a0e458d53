//! The C interface between lanstream and its plugins. `plugins/include/lanstream.h` is the same for C, and says at each
//! function and pointer which thread calls it and how long it is valid; a test compares the layouts of both.
//!
//! Every table begins with its size. The reader uses the fields that both sides know: a field whose end lies beyond the
//! size is absent. Tables grow at their end only.

#![no_std]

mod audio;
#[cfg(feature = "convert")]
pub mod convert;
mod cursor;
mod playback;
mod sink;

use core::ffi::c_void;

pub use audio::{AUDIO_ID, AudioSource, SOUND_BYTES_MAX, SOUND_FRAME_BYTES, SOUND_RATE};
pub use cursor::{CURSOR_ID, CURSOR_OFFSET_MAX, CURSOR_SIDE_MAX, Cursor, CursorSource, cursor_flag};
pub use playback::{
    Command, PLAYBACK_ID, Playback, PlaybackSource, TRACK_NAME_BYTES_MAX, TRACKS_MAX, command_kind,
    playback_flag,
};
pub use sink::{Audio, Sink, SinkFrame, Stream, delivery, sink_frame_flag, sink_status, stream_flag};

/// Version of the interface that is incompatible with others.
pub const ABI_MAJOR: u32 = 1;
/// Version of the interface that adds to those before it.
pub const ABI_MINOR: u32 = 3;
/// First minor version with extensions of sources: hosts of older ones ask for none, and plugins of older ones are
/// asked for none.
pub const EXTENSIONS_MINOR: u32 = 2;
/// First minor version with the extension [`PLAYBACK_ID`].
pub const PLAYBACK_MINOR: u32 = 3;

/// Name of the symbol that a plugin exports, of type [`PluginEntry`].
pub const ENTRY_SYMBOL: &[u8] = b"lanstream_plugin\0";

/// Name of the symbol that a plugin may export: its manifest, which is text that is read before the plugin is loaded.
pub const MANIFEST_SYMBOL: &str = "lanstream_manifest";

/// Id of the factories of sources: [`Source`].
pub const SOURCE_ID: &str = "lanstream.source/1";
/// Id of the factories of sinks: [`Sink`]. Hosts of minor version 0 do not ask for them.
pub const SINK_ID: &str = "lanstream.sink/1";

/// Maximum number of rectangles in a [`Region`].
pub const RECTS_MAX: usize = 16;
/// Maximum number of bytes in a [`Text`].
pub const TEXT_BYTES_MAX: usize = 508;

/// The call succeeded.
pub const OK: i32 = 0;
/// The call failed, and its [`Error`] says why.
pub const FAILED: i32 = -1;

/// Function that a plugin exports. It returns null if it does not support this host.
pub type PluginEntry = unsafe extern "C" fn(host_major: u32, host_minor: u32) -> *const Plugin;

/// UTF-8 text that somebody else owns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Str {
    /// First byte; may be null if `len` is 0.
    pub data: *const u8,
    /// Number of bytes.
    pub len: u64,
}

/// UTF-8 text in place.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    /// Number of bytes.
    pub len: u32,
    /// The bytes.
    pub data: [u8; TEXT_BYTES_MAX],
}

/// Reason of a failure.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Error {
    /// One of [`error_kind`].
    pub kind: u32,
    /// What was wrong and what to do, in one line.
    pub text: Text,
}

/// What the host does about an error. Each of them ends a sink, and nothing else.
pub mod error_kind {
    /// Nothing is lost: the host calls again after the next event.
    pub const RETRY: u32 = 1;
    /// The device is gone for now: the host creates the source again after a while. Of a sink: what it writes to broke
    /// off.
    pub const LOST: u32 = 2;
    /// The source is over for good.
    pub const ENDED: u32 = 3;
    /// The source is over because it showed all it has.
    pub const FINISHED: u32 = 4;
    /// What the options name does not exist.
    pub const NOT_FOUND: u32 = 5;
    /// This system cannot do it.
    pub const UNSUPPORTED: u32 = 6;
}

/// Rectangle in pixels, or in cells of planar formats.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left column.
    pub x: u32,
    /// Top row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// Set of rectangles.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Region {
    /// Number of rectangles.
    pub len: u32,
    /// 0.
    pub reserved: u32,
    /// The rectangles.
    pub rects: [Rect; RECTS_MAX],
}

/// Layout of a frame.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Pixels in a row.
    pub width: u32,
    /// Rows of pixels.
    pub height: u32,
    /// Bytes from one row to the next; 0 lets the host choose.
    pub stride: u32,
    /// One of [`format`].
    pub format: u32,
    /// Meaning of the planes of [`format::PLANAR`], as in the protocol: chroma, depth, matrix, range.
    pub planar: [u8; 4],
}

/// Formats of pixels.
pub mod format {
    /// Blue, green, red, unused: a byte each.
    pub const BGRX8: u32 = 1;
    /// Red, green, blue, unused: a byte each.
    pub const RGBX8: u32 = 2;
    /// One block of planes.
    pub const PLANAR: u32 = 3;
}

/// Description of an open source.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Description {
    /// Size of this table.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// Layout of the next frame.
    pub layout: Layout,
    /// Name of what is shown.
    pub name: Text,
    /// Reason why no frames come; empty while they may come.
    pub stalled: Text,
    /// Differences between frames and what the source has, one a line.
    pub alterations: Text,
}

/// One word of an option that is a choice.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// The word.
    pub name: Str,
    /// What it means; may be empty.
    pub help: Str,
}

/// An option of a source.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// Size of this table.
    pub struct_size: u32,
    /// One of [`option_kind`].
    pub kind: u32,
    /// Bits of [`option_flag`].
    pub flags: u32,
    /// 0.
    pub reserved: u32,
    /// Name without dashes.
    pub name: Str,
    /// Name of its value in help.
    pub value_name: Str,
    /// One line of help.
    pub help: Str,
    /// Value if it is not given, with [`option_flag::HAS_DEFAULT`].
    pub default_value: Str,
    /// Smallest number, of [`option_kind::INTEGER`].
    pub min: i64,
    /// Largest number, of [`option_kind::INTEGER`].
    pub max: i64,
    /// Words, of [`option_kind::CHOICE`].
    pub choices: *const Choice,
    /// Number of words.
    pub choices_len: u64,
    /// Names of options that cannot be given with it.
    pub conflicts: *const Str,
    /// Number of names.
    pub conflicts_len: u64,
    /// Names of options that must be given with it.
    pub requires: *const Str,
    /// Number of names.
    pub requires_len: u64,
}

/// Types of options.
pub mod option_kind {
    /// It is given or not.
    pub const SWITCH: u32 = 1;
    /// A whole number.
    pub const INTEGER: u32 = 2;
    /// Text.
    pub const TEXT: u32 = 3;
    /// A path or URL.
    pub const PATH: u32 = 4;
    /// One of several words.
    pub const CHOICE: u32 = 5;
    /// All words after `--`.
    pub const ARGUMENTS: u32 = 6;
}

/// Bits of an option.
pub mod option_flag {
    /// It is a required word without its name before it.
    pub const POSITIONAL: u32 = 1;
    /// It has a default.
    pub const HAS_DEFAULT: u32 = 2;
}

/// Value of an option.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// Name of the option.
    pub name: Str,
    /// Its value; empty for a switch that is given.
    pub value: Str,
}

/// A frame to be captured.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Frame {
    /// Size of this table.
    pub struct_size: u32,
    /// Out: bits of [`frame_flag`].
    pub flags: u32,
    /// In: layout, with the host's stride.
    pub layout: Layout,
    /// 0.
    pub reserved: u32,
    /// In: the host's buffer.
    pub data: *mut u8,
    /// In: its length in bytes.
    pub data_len: u64,
    /// In: region to bring up to date.
    pub region: Region,
    /// Out: region that was written, if more than `region`.
    pub updated: Region,
    /// Out: region that may have changed since the last capture.
    pub damage: Region,
    /// Out: presentation time in microseconds, with [`frame_flag::HAS_PTS`].
    pub pts_us: i64,
    /// Out: the plugin's own pixels, with [`frame_flag::LENT`]: the host copies them, or with [`frame_flag::KEEP`]
    /// uses them where they are.
    pub lent: *const u8,
    /// Out: their length in bytes.
    pub lent_len: u64,
    /// Out: bytes from one of their rows to the next.
    pub lent_stride: u64,
    /// Out: argument of `lent_release`.
    pub lent_owner: *mut c_void,
    /// Out: releases the pixels. The host calls it exactly once, if it is not null.
    pub lent_release: Option<unsafe extern "C" fn(owner: *mut c_void)>,
}

/// Bits of a captured frame.
pub mod frame_flag {
    /// `pts_us` is set.
    pub const HAS_PTS: u32 = 1;
    /// All of the frame was written and may have changed: `updated` and `damage` are ignored.
    pub const ALL: u32 = 2;
    /// The pixels are in `lent` instead of the host's buffer; all of them.
    pub const LENT: u32 = 4;
    /// With [`LENT`]: the host may use the pixels after the call, and release them later, on any thread.
    pub const KEEP: u32 = 8;
}

/// Events that `wait` returns.
pub mod event {
    /// There is damage that was not reported before.
    pub const DAMAGED: u32 = 1;
    /// The layout changed.
    pub const RESIZED: u32 = 2;
    /// The description changed.
    pub const DESCRIBED: u32 = 3;
    /// It was woken.
    pub const WOKEN: u32 = 4;
    /// The timeout passed.
    pub const TIMED_OUT: u32 = 5;
    /// The cursor moved or looks different. Only a host that has asked for [`CURSOR_ID`](crate::CURSOR_ID) knows it.
    pub const CURSOR_MOVED: u32 = 6;
    /// A stretch of sound is due. Only a host that has asked for [`AUDIO_ID`](crate::AUDIO_ID) knows it.
    pub const SOUNDED: u32 = 7;
    /// The playback state changed without a command: the host calls `playback`.
    pub const PLAYBACK_CHANGED: u32 = 8;
}

/// Timeout that never passes.
pub const FOREVER: u64 = u64::MAX;

/// Levels of log lines.
pub mod log_level {
    /// Something is wrong.
    pub const ERROR: u32 = 1;
    /// Something is unexpected.
    pub const WARN: u32 = 2;
    /// Something that people may care about.
    pub const INFO: u32 = 3;
    /// Something that the plugin's author cares about.
    pub const DEBUG: u32 = 4;
}

/// What the host offers to one source or sink.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// Size of this table.
    pub struct_size: u32,
    /// The host's [`ABI_MAJOR`].
    pub abi_major: u32,
    /// The host's [`ABI_MINOR`].
    pub abi_minor: u32,
    /// 0.
    pub reserved: u32,
    /// First argument of the functions.
    pub context: *mut c_void,
    /// Writes a line to the log.
    pub log: Option<unsafe extern "C" fn(context: *mut c_void, level: u32, text: Str)>,
    /// Sleeps for `timeout_ns`, or until woken. Returns [`event::WOKEN`] or [`event::TIMED_OUT`].
    pub sleep: Option<unsafe extern "C" fn(context: *mut c_void, timeout_ns: u64) -> u32>,
    /// Ends a `sleep`, at once or the next one.
    pub notify: Option<unsafe extern "C" fn(context: *mut c_void)>,
}

/// A kind of source: how its instances are made and used.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Size of this table.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// Name, which is its command: lower-case letters, digits and hyphens.
    pub name: Str,
    /// One sentence on what it shows.
    pub about: Str,
    /// Examples that follow its help; may be empty.
    pub examples: Str,
    /// Its options.
    pub options: *const OptionSpec,
    /// Number of options.
    pub options_len: u64,
    /// Opens a source.
    pub create: Option<
        unsafe extern "C" fn(
            host: *const Host,
            values: *const Value,
            values_len: u64,
            instance: *mut *mut c_void,
            error: *mut Error,
        ) -> i32,
    >,
    /// Closes a source.
    pub destroy: Option<unsafe extern "C" fn(instance: *mut c_void)>,
    /// Describes a source.
    pub describe: Option<
        unsafe extern "C" fn(instance: *mut c_void, description: *mut Description, error: *mut Error) -> i32,
    >,
    /// Waits for an event.
    pub wait: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            timeout_ns: u64,
            event: *mut u32,
            error: *mut Error,
        ) -> i32,
    >,
    /// Captures a frame.
    pub capture:
        Option<unsafe extern "C" fn(instance: *mut c_void, frame: *mut Frame, error: *mut Error) -> i32>,
    /// Makes `wait` return; may be null if `wait` uses the host's `sleep`.
    pub wake: Option<unsafe extern "C" fn(instance: *mut c_void)>,
    /// Returns the table of an extension, or null if the source does not have it; may be null.
    pub extension: Option<unsafe extern "C" fn(instance: *mut c_void, id: Str) -> *const c_void>,
}

/// A plugin: what its one symbol returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Plugin {
    /// Size of this table.
    pub struct_size: u32,
    /// [`ABI_MAJOR`] that it was built with.
    pub abi_major: u32,
    /// [`ABI_MINOR`] that it was built with.
    pub abi_minor: u32,
    /// 0.
    pub reserved: u32,
    /// Name of the plugin, for people.
    pub name: Str,
    /// Version of the plugin, for people.
    pub version: Str,
    /// Returns the factory of kind `id` at `index`, from 0; null after the last.
    pub factory: Option<unsafe extern "C" fn(id: Str, index: u32) -> *const c_void>,
}

/// Returns the size of a table, with which it begins.
#[expect(clippy::cast_possible_truncation, reason = "no table is as large")]
pub const fn struct_size<T>() -> u32 {
    size_of::<T>() as u32
}

impl Str {
    /// Empty text.
    pub const EMPTY: Self = Self { data: core::ptr::null(), len: 0 };

    /// Returns a view of `text`, which is valid as long as `text` is.
    pub const fn new(text: &str) -> Self {
        Self { data: text.as_ptr(), len: text.len() as u64 }
    }
}

impl Text {
    /// Empty text.
    pub const EMPTY: Self = Self { len: 0, data: [0; TEXT_BYTES_MAX] };

    /// Returns `text`, cut at a character where it is too long.
    pub fn new(text: &str) -> Self {
        let len = text.floor_char_boundary(TEXT_BYTES_MAX);
        let mut own = Self::EMPTY;
        own.data[..len].copy_from_slice(&text.as_bytes()[..len]);
        own.len = u32::try_from(len).unwrap_or_default();
        own
    }

    /// Returns the text, or `None` if it is not UTF-8 or its length impossible.
    pub fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(self.data.get(..self.len as usize)?).ok()
    }
}

impl core::fmt::Debug for Text {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(&self.as_str(), f)
    }
}

impl Error {
    /// No error.
    pub const NONE: Self = Self { kind: 0, text: Text::EMPTY };
}

// SAFETY: the tables that are shared between threads hold pointers to constants that live as long as the plugin.
#[allow(unsafe_code, reason = "a static table holds pointers")]
unsafe impl Sync for Plugin {}
// SAFETY: as for `Sync`.
#[allow(unsafe_code, reason = "a static table holds pointers")]
unsafe impl Send for Plugin {}
// SAFETY: as for `Plugin`.
#[allow(unsafe_code, reason = "a static table holds pointers")]
unsafe impl Sync for Source {}
// SAFETY: as for `Plugin`.
#[allow(unsafe_code, reason = "a static table holds pointers")]
unsafe impl Send for Source {}
