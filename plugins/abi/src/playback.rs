//! Extension of sources whose playback viewers control. It came with minor version 3.

use core::ffi::c_void;

use crate::{Error, Str};

/// Id of the extension: [`PlaybackSource`].
pub const PLAYBACK_ID: &str = "lanstream.playback/1";
/// Maximum number of tracks of sound.
pub const TRACKS_MAX: usize = 64;
/// Maximum number of bytes in the name of a track.
pub const TRACK_NAME_BYTES_MAX: usize = 256;

/// Bits of a playback state.
pub mod playback_flag {
    /// Viewers can control it: without this bit nothing else of the state means anything, as of a live stream.
    pub const CONTROLLED: u32 = 1;
    /// It goes on by itself.
    pub const PLAYING: u32 = 2;
    /// It can be sought.
    pub const CAN_SEEK: u32 = 4;
    /// Its duration is set.
    pub const HAS_DURATION: u32 = 8;
    /// Its position is set: without this bit it is where the frame is that is shown.
    pub const HAS_POSITION: u32 = 16;
    /// One of its tracks is heard.
    pub const HAS_TRACK: u32 = 32;
}

/// Kinds of commands.
pub mod command_kind {
    /// Pause.
    pub const PAUSE: u32 = 1;
    /// Go on.
    pub const PLAY: u32 = 2;
    /// Pause, and show one more frame.
    pub const STEP: u32 = 3;
    /// Go on from another place, or pause there.
    pub const SEEK: u32 = 4;
    /// Be heard by another track.
    pub const TRACK: u32 = 5;
}

/// Playback state of a source.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Playback {
    /// Size of this table.
    pub struct_size: u32,
    /// Bits of [`playback_flag`].
    pub flags: u32,
    /// Where it began, on the clock of the frames' timestamps.
    pub began_us: i64,
    /// How long it takes.
    pub duration_us: u64,
    /// Where it is now, on the clock of the frames' timestamps.
    pub position_us: i64,
    /// Microseconds of the film in a second: 1000000 in real time, 0 where it stands.
    pub rate_us_per_s: u32,
    /// Number of the track that is heard, from 0.
    pub track: u32,
    /// Names of its tracks of sound. They stay until the next function of the instance is called.
    pub tracks: *const Str,
    /// Their number.
    pub tracks_len: u64,
}

/// Command of a viewer.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// Size of this table.
    pub struct_size: u32,
    /// One of [`command_kind`].
    pub kind: u32,
    /// Of [`command_kind::SEEK`]: time from the beginning.
    pub seek_us: u64,
    /// Of [`command_kind::TRACK`]: its number.
    pub track: u32,
    /// 0.
    pub reserved: u32,
}

/// Extension of a source: how its playback is controlled.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PlaybackSource {
    /// Size of this table.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// Says how playback stands.
    pub playback: Option<
        unsafe extern "C" fn(instance: *mut c_void, playback: *mut Playback, error: *mut Error) -> i32,
    >,
    /// Carries out a command.
    pub control: Option<
        unsafe extern "C" fn(instance: *mut c_void, command: *const Command, error: *mut Error) -> i32,
    >,
}

impl Playback {
    /// A stream that nobody controls.
    pub const LIVE: Self = Self {
        struct_size: crate::struct_size::<Self>(),
        flags: 0,
        began_us: 0,
        duration_us: 0,
        position_us: 0,
        rate_us_per_s: 0,
        track: 0,
        tracks: core::ptr::null(),
        tracks_len: 0,
    };
}
