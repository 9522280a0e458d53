//! Conversions between the tables and core's types, for both ends of the interface.

extern crate alloc;

use alloc::string::String;
use alloc::sync::Arc;
use core::time::Duration;

use lanstream_core::planar::Planar;
use lanstream_core::source::{
    CURSOR_SIDE_MAX, ErrorKind, Event, Playback, PlaybackCommand, Position, SOUND_FRAME_BYTES, SOUND_RATE,
};
use lanstream_core::{Layout, PixelFormat, Pts, Rect, Region, Size};

use crate as abi;
use crate::playback_flag::{CAN_SEEK, CONTROLLED, HAS_DURATION, HAS_POSITION, HAS_TRACK, PLAYING};

const _: () = assert!(abi::CURSOR_SIDE_MAX == CURSOR_SIDE_MAX as u32, "shapes are as large on both sides");
const _: () = assert!(abi::SOUND_RATE == SOUND_RATE, "sound is as fast on both sides");
const _: () = assert!(abi::SOUND_FRAME_BYTES as usize == SOUND_FRAME_BYTES, "sound is alike on both sides");

/// Returns the layout as a table.
pub fn layout_to_abi(layout: Layout) -> abi::Layout {
    let (format, planar) = match layout.format {
        PixelFormat::Bgrx8 => (abi::format::BGRX8, [0; 4]),
        PixelFormat::Planar(planar) => (abi::format::PLANAR, planar.to_wire()),
        _ => (abi::format::RGBX8, [0; 4]),
    };
    let Size { width, height } = layout.size;
    let stride = u32::try_from(layout.stride).unwrap_or(u32::MAX);
    abi::Layout { width, height, stride, format, planar }
}

/// Returns the layout of a table whose stride is set, or `None` for an unknown format or an impossible size.
pub fn layout_from_abi(layout: abi::Layout) -> Option<Layout> {
    let format = match layout.format {
        abi::format::BGRX8 => PixelFormat::Bgrx8,
        abi::format::RGBX8 => PixelFormat::Rgbx8,
        abi::format::PLANAR => PixelFormat::Planar(Planar::from_wire(layout.planar)?),
        _ => return None,
    };
    Some(Layout { size: Size::new(layout.width, layout.height)?, stride: layout.stride as usize, format })
}

/// Returns the region as a table.
pub fn region_to_abi(region: &Region) -> abi::Region {
    let mut own = abi::Region::default();
    for (to, rect) in own.rects.iter_mut().zip(region.rects()) {
        *to = abi::Rect { x: rect.x, y: rect.y, width: rect.width, height: rect.height };
        own.len += 1;
    }
    own
}

/// Returns the region of a table, or `None` if it has too many rectangles or one that cannot be.
pub fn region_from_abi(region: &abi::Region) -> Option<Region> {
    let mut own = Region::EMPTY;
    for rect in region.rects.get(..region.len as usize)? {
        own.add(Rect::new(rect.x, rect.y, rect.width, rect.height)?);
    }
    Some(own)
}

/// Kinds of errors with their numbers. Any other kind ends the source.
const KINDS: [(ErrorKind, u32); 6] = [
    (ErrorKind::Retry, abi::error_kind::RETRY),
    (ErrorKind::Lost, abi::error_kind::LOST),
    (ErrorKind::Ended, abi::error_kind::ENDED),
    (ErrorKind::Finished, abi::error_kind::FINISHED),
    (ErrorKind::NotFound, abi::error_kind::NOT_FOUND),
    (ErrorKind::Unsupported, abi::error_kind::UNSUPPORTED),
];

/// Returns the number of a kind of error.
pub fn kind_to_abi(kind: ErrorKind) -> u32 {
    KINDS.iter().find(|(own, _)| *own == kind).map_or(abi::error_kind::ENDED, |(_, number)| *number)
}

/// Returns the kind of error of a number.
pub fn kind_from_abi(number: u32) -> ErrorKind {
    KINDS.iter().find(|(_, own)| *own == number).map_or(ErrorKind::Ended, |(kind, _)| *kind)
}

/// Events with their numbers.
const EVENTS: [(Event, u32); 8] = [
    (Event::Damaged, abi::event::DAMAGED),
    (Event::Resized, abi::event::RESIZED),
    (Event::Described, abi::event::DESCRIBED),
    (Event::Woken, abi::event::WOKEN),
    (Event::TimedOut, abi::event::TIMED_OUT),
    (Event::CursorMoved, abi::event::CURSOR_MOVED),
    (Event::Sounded, abi::event::SOUNDED),
    (Event::PlaybackChanged, abi::event::PLAYBACK_CHANGED),
];

/// Returns the number of an event. Those that the interface does not have only wake the host.
pub fn event_to_abi(event: Event) -> u32 {
    EVENTS.iter().find(|(own, _)| *own == event).map_or(abi::event::WOKEN, |(_, number)| *number)
}

/// Returns the event of a number, if there is one.
pub fn event_from_abi(number: u32) -> Option<Event> {
    EVENTS.iter().find(|(_, own)| *own == number).map(|(event, _)| *event)
}

/// Returns a playback state as a table without the names of tracks; `None` is a live stream.
pub fn playback_to_abi(playback: Option<&Playback>) -> abi::Playback {
    let Some(playback) = playback else { return abi::Playback::LIVE };
    let Playback { is_playing, can_seek, began, duration, position, track, .. } = playback;
    let flags = [
        (true, CONTROLLED),
        (*is_playing, PLAYING),
        (*can_seek, CAN_SEEK),
        (duration.is_some(), HAS_DURATION),
        (position.is_some(), HAS_POSITION),
        (track.is_some(), HAS_TRACK),
    ];
    abi::Playback {
        flags: flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum(),
        began_us: began.0,
        duration_us: duration.map_or(0, microseconds),
        position_us: position.map_or(0, |position| position.at.0),
        rate_us_per_s: position.map_or(0, |position| position.us_per_s),
        track: track.unwrap_or(0),
        ..abi::Playback::LIVE
    }
}

/// Returns the playback state of a table, whose tracks have these names; `None` of a live stream.
pub fn playback_from_abi(playback: &abi::Playback, tracks: Arc<[String]>) -> Option<Playback> {
    let has = |flag| playback.flags & flag != 0;
    let position = Position { at: Pts(playback.position_us), us_per_s: playback.rate_us_per_s };
    has(CONTROLLED).then(|| Playback {
        is_playing: has(PLAYING),
        can_seek: has(CAN_SEEK),
        began: Pts(playback.began_us),
        duration: has(HAS_DURATION).then_some(Duration::from_micros(playback.duration_us)),
        position: has(HAS_POSITION).then_some(position),
        tracks,
        track: has(HAS_TRACK).then_some(playback.track),
    })
}

/// Returns a duration in microseconds, or the longest that there is room for.
fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Returns a viewer's command as a table.
pub fn command_to_abi(command: PlaybackCommand) -> abi::Command {
    use abi::command_kind::{PAUSE, PLAY, SEEK, STEP, TRACK};
    let of = |kind, seek_us, track| abi::Command {
        struct_size: abi::struct_size::<abi::Command>(),
        kind,
        seek_us,
        track,
        reserved: 0,
    };
    match command {
        PlaybackCommand::Pause => of(PAUSE, 0, 0),
        PlaybackCommand::Play => of(PLAY, 0, 0),
        PlaybackCommand::Step => of(STEP, 0, 0),
        PlaybackCommand::Seek(to) => of(SEEK, microseconds(to), 0),
        PlaybackCommand::Track(track) => of(TRACK, 0, track),
    }
}

/// Returns the command of a table, or `None` for an unknown kind.
pub fn command_from_abi(command: &abi::Command) -> Option<PlaybackCommand> {
    use abi::command_kind::{PAUSE, PLAY, SEEK, STEP, TRACK};
    Some(match command.kind {
        PAUSE => PlaybackCommand::Pause,
        PLAY => PlaybackCommand::Play,
        STEP => PlaybackCommand::Step,
        SEEK => PlaybackCommand::Seek(Duration::from_micros(command.seek_us)),
        TRACK => PlaybackCommand::Track(command.track),
        _ => return None,
    })
}
