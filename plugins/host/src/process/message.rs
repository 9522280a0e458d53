//! Messages between lanstream and the process of a plugin. Each is one packet: the number of its kind, then its fields.

use lanstream_core::frame_sink::{Delivery, SinkStatus, StreamInfo};
use lanstream_core::options::OptionValues;
use lanstream_core::source::{
    AudioChunk, Captured, Description, Error, ErrorKind, Event, Playback, PlaybackCommand,
};
use lanstream_core::{Layout, Pts, Region};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::{event_from_abi, event_to_abi, kind_from_abi, kind_to_abi};

use super::cursor::CursorState;
use super::descriptor::PluginInfo;
use super::wire::{Fields, MalformedError, Write};
use super::wire_types::{
    read_checked_sound, read_command, read_description, read_frame, read_layout, read_open, read_playback,
    read_pts, read_region, read_sound, write_command, write_description, write_frame, write_layout,
    write_open, write_playback, write_pts, write_region, write_sound,
};
use crate::sink::{FrameInfo, delivery_from_abi, status_from_abi};

/// Version of the link. Both ends are the same program, so it only tells when they are not.
pub(super) const LINK_VERSION: u32 = 4;

/// Request of lanstream.
#[derive(Clone, Debug)]
pub(super) enum Request {
    /// Answered by [`Reply::Plugin`].
    Describe,
    /// Opens the source at `index`. Answered by [`Reply::Opened`].
    Open { index: u32, values: OptionValues },
    /// Waits for an event, until one comes or another request does. Answered by [`Reply::Event`].
    Wait,
    /// Brings the memory of a frame, whose descriptor comes with the packet. Not answered.
    Buffer { id: u64, len: u64 },
    /// Takes it back. Not answered.
    Release { id: u64 },
    /// Captures into a buffer. Answered by [`Reply::Captured`].
    Capture { id: u64, layout: Layout, region: Region },
    /// Opens the sink at `index`. Answered by [`Reply::SinkOpened`].
    OpenSink { index: u32, values: OptionValues },
    /// Begins a stream of frames. The descriptor of the memory in which all of them are comes with the packet. Answered
    /// by [`Reply::Taken`], as the next three are.
    Begin(StreamInfo),
    /// Gives the sink the frame that is in the stream's memory.
    Frame(FrameInfo),
    /// Gives the sink a stretch of sound.
    Audio(AudioChunk),
    /// Ends the sink, and closes it.
    Finish,
    /// Interrupts the sink. Not answered.
    Interrupt,
    /// Brings the memory for the pixels of a cursor, whose descriptor comes with the packet. Answered by
    /// [`Reply::Cursor`].
    Cursor,
    /// Asks how playback stands. Answered by [`Reply::Playback`].
    Playback,
    /// Carries out a viewer's command. Answered by [`Reply::Playback`].
    Control(PlaybackCommand),
}

/// Reply of the process. Each may be [`Reply::Failed`] instead.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "the largest is the most frequent, and a box would allocate for each frame"
)]
pub(super) enum Reply {
    Plugin(PluginInfo),
    Opened {
        description: Description,
        layout: Layout,
        capabilities: Capabilities,
    },
    Event {
        event: Event,
        /// What it is now, of [`Event::Resized`] and [`Event::Described`].
        described: Option<(Description, Layout)>,
        /// Where it is now, of [`Event::CursorMoved`].
        cursor: Option<CursorState>,
        /// What is due, of [`Event::Sounded`].
        sound: Option<AudioChunk>,
        /// How it stands now, of [`Event::PlaybackChanged`]; `None` within of a live stream.
        playback: Option<Option<Playback>>,
    },
    Captured {
        captured: Captured,
        pts: Option<Pts>,
    },
    Failed(Error),
    SinkOpened(Delivery),
    Taken(SinkStatus),
    Cursor(CursorState),
    /// `None` of a live stream.
    Playback(Option<Playback>),
}

/// What only some sources have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    pub(super) has_cursor: bool,
    pub(super) has_audio: bool,
    pub(super) has_playback: bool,
}

impl Capabilities {
    const CURSOR: u32 = 1;
    const AUDIO: u32 = 2;
    const PLAYBACK: u32 = 4;

    fn bits(self) -> u32 {
        let bits = [
            (self.has_cursor, Self::CURSOR),
            (self.has_audio, Self::AUDIO),
            (self.has_playback, Self::PLAYBACK),
        ];
        bits.iter().filter(|(has, _)| *has).map(|(_, bit)| bit).sum()
    }

    fn from_bits(bits: u32) -> Self {
        let has = |bit| bits & bit != 0;
        Self { has_cursor: has(Self::CURSOR), has_audio: has(Self::AUDIO), has_playback: has(Self::PLAYBACK) }
    }
}

impl Request {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        match self {
            Self::Describe => {
                out.u32(1);
                out.u32(LINK_VERSION);
            }
            Self::Open { index, values } => {
                out.u32(2);
                write_open(*index, values, out);
            }
            Self::Wait => out.u32(3),
            Self::Buffer { id, len } => {
                out.u32(4);
                out.u64(*id);
                out.u64(*len);
            }
            Self::Release { id } => {
                out.u32(5);
                out.u64(*id);
            }
            Self::Capture { id, layout, region } => {
                out.u32(6);
                out.u64(*id);
                write_layout(*layout, out);
                write_region(region, out);
            }
            Self::OpenSink { index, values } => {
                out.u32(7);
                write_open(*index, values, out);
            }
            Self::Begin(stream) => {
                out.u32(8);
                write_description(&stream.description, stream.layout, out);
                out.u32(u32::from(stream.has_sound));
            }
            Self::Frame(info) => {
                out.u32(9);
                write_frame(info, out);
            }
            Self::Audio(chunk) => {
                out.u32(10);
                write_sound(chunk, out);
            }
            Self::Finish => out.u32(11),
            Self::Interrupt => out.u32(12),
            Self::Cursor => out.u32(13),
            Self::Playback => out.u32(14),
            Self::Control(command) => {
                out.u32(15);
                write_command(*command, out);
            }
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, MalformedError> {
        let mut fields = Fields::new(bytes);
        Ok(match fields.u32()? {
            1 if fields.u32()? == LINK_VERSION => Self::Describe,
            2 => {
                let (index, values) = read_open(&mut fields)?;
                Self::Open { index, values }
            }
            3 => Self::Wait,
            4 => Self::Buffer { id: fields.u64()?, len: fields.u64()? },
            5 => Self::Release { id: fields.u64()? },
            6 => Self::Capture {
                id: fields.u64()?,
                layout: read_layout(&mut fields)?,
                region: read_region(&mut fields)?,
            },
            7 => {
                let (index, values) = read_open(&mut fields)?;
                Self::OpenSink { index, values }
            }
            8 => {
                let (description, layout) = read_description(&mut fields)?;
                Self::Begin(StreamInfo { layout, description, has_sound: fields.u32()? != 0 })
            }
            9 => Self::Frame(read_frame(&mut fields)?),
            10 => Self::Audio(read_sound(&mut fields)?),
            11 => Self::Finish,
            12 => Self::Interrupt,
            13 => Self::Cursor,
            14 => Self::Playback,
            15 => Self::Control(read_command(&mut fields)?),
            _ => return Err(MalformedError),
        })
    }
}

impl Reply {
    /// Returns an event that nothing comes with.
    pub(super) fn event(event: Event) -> Self {
        Self::Event { event, described: None, cursor: None, sound: None, playback: None }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        match self {
            Self::Plugin(info) => {
                out.u32(1);
                info.write(out);
            }
            Self::Opened { description, layout, capabilities } => {
                out.u32(2);
                write_description(description, *layout, out);
                out.u32(capabilities.bits());
            }
            Self::Event { event, described, cursor, sound, playback } => {
                out.u32(3);
                out.u32(event_to_abi(*event));
                out.list(described.as_slice(), |out, (description, layout)| {
                    write_description(description, *layout, out);
                });
                out.list(cursor.as_slice(), |out, cursor| cursor.write(out));
                out.list(sound.as_slice(), |out, sound| write_sound(sound, out));
                out.list(playback.as_slice(), |out, playback| write_playback(playback.as_ref(), out));
            }
            Self::Captured { captured, pts } => {
                out.u32(4);
                write_region(&captured.updated, out);
                write_region(&captured.damage, out);
                write_pts(*pts, out);
            }
            Self::Failed(error) => {
                out.u32(5);
                out.u32(kind_to_abi(error.kind));
                out.text(&error.message);
            }
            Self::SinkOpened(delivery) => {
                out.u32(6);
                out.u32(match delivery {
                    Delivery::Every => abi::delivery::EVERY,
                    Delivery::Newest => abi::delivery::NEWEST,
                });
            }
            Self::Taken(status) => {
                out.u32(7);
                out.u32(match status {
                    SinkStatus::Open => abi::sink_status::OPEN,
                    SinkStatus::Complete => abi::sink_status::COMPLETE,
                });
            }
            Self::Cursor(cursor) => {
                out.u32(8);
                cursor.write(out);
            }
            Self::Playback(playback) => {
                out.u32(9);
                write_playback(playback.as_ref(), out);
            }
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, MalformedError> {
        let mut fields = Fields::new(bytes);
        Ok(match fields.u32()? {
            1 => Self::Plugin(PluginInfo::read(&mut fields)?),
            2 => {
                let (description, layout) = read_description(&mut fields)?;
                let capabilities = Capabilities::from_bits(fields.u32()?);
                Self::Opened { description, layout, capabilities }
            }
            3 => Self::Event {
                event: event_from_abi(fields.u32()?).ok_or(MalformedError)?,
                described: fields.list(read_description)?.pop(),
                cursor: fields.list(CursorState::read)?.pop(),
                sound: fields.list(read_checked_sound)?.pop(),
                playback: fields.list(read_playback)?.pop(),
            },
            4 => Self::Captured {
                captured: Captured { updated: read_region(&mut fields)?, damage: read_region(&mut fields)? },
                pts: read_pts(&mut fields)?,
            },
            5 => {
                let kind = kind_from_abi(fields.u32()?);
                Self::Failed(Error::new(kind, fields.text()?))
            }
            6 => Self::SinkOpened(delivery_from_abi(fields.u32()?).ok_or(MalformedError)?),
            7 => Self::Taken(status_from_abi("", fields.u32()?).map_err(|_| MalformedError)?),
            8 => Self::Cursor(CursorState::read(&mut fields)?),
            9 => Self::Playback(read_playback(&mut fields)?),
            _ => return Err(MalformedError),
        })
    }
}

/// Returns the error of a message that cannot be carried out: the other end is lost.
pub(super) fn lost(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Lost, message)
}

#[cfg(test)]
mod tests;
