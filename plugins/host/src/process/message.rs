//! Messages between lanstream and the process of a plugin. Each is one packet: the number of its kind, then its fields.

use std::time::Duration;

use lanstream_core::frame_sink::{Backlog, Delivery, SinkStatus, StreamInfo};
use lanstream_core::options::OptionValues;
use lanstream_core::source::{AudioChunk, Captured, Description, Error, ErrorKind, Event};
use lanstream_core::{Layout, Micros, Pts, RECTS_MAX, Rect, Region};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::{
    event_from_abi, event_to_abi, kind_from_abi, kind_to_abi, layout_to_abi,
};

use super::cursor::CursorState;
use super::descriptor::PluginInfo;
use super::wire::{Fields, MalformedError, Write};
use crate::audio::check_samples;
use crate::sink::{FrameInfo, delivery_from_abi, microseconds, status_from_abi};

/// Version of the link. Both ends are the same program, so it only tells when they are not.
pub(super) const LINK_VERSION: u32 = 3;

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
    },
    Captured {
        captured: Captured,
        pts: Option<Pts>,
    },
    Failed(Error),
    SinkOpened(Delivery),
    Taken(SinkStatus),
    Cursor(CursorState),
}

/// What only some sources have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    pub(super) has_cursor: bool,
    pub(super) has_audio: bool,
}

impl Capabilities {
    const CURSOR: u32 = 1;
    const AUDIO: u32 = 2;

    fn bits(self) -> u32 {
        let bits = [(self.has_cursor, Self::CURSOR), (self.has_audio, Self::AUDIO)];
        bits.iter().filter(|(has, _)| *has).map(|(_, bit)| bit).sum()
    }

    fn from_bits(bits: u32) -> Self {
        Self { has_cursor: bits & Self::CURSOR != 0, has_audio: bits & Self::AUDIO != 0 }
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
            _ => return Err(MalformedError),
        })
    }
}

impl Reply {
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
            Self::Event { event, described, cursor, sound } => {
                out.u32(3);
                out.u32(event_to_abi(*event));
                out.list(described.as_slice(), |out, (description, layout)| {
                    write_description(description, *layout, out);
                });
                out.list(cursor.as_slice(), |out, cursor| cursor.write(out));
                out.list(sound.as_slice(), |out, sound| write_sound(sound, out));
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
            _ => return Err(MalformedError),
        })
    }
}

/// Returns the error of a message that cannot be carried out: the other end is lost.
pub(super) fn lost(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Lost, message)
}

/// Writes which source or sink is opened, and with which options.
fn write_open(index: u32, values: &OptionValues, out: &mut Vec<u8>) {
    out.u32(index);
    let values: Vec<_> = values.iter().collect();
    out.list(&values, |out, (name, value)| {
        out.text(name);
        out.text(&value.to_string_lossy());
    });
}

fn read_open(fields: &mut Fields<'_>) -> Result<(u32, OptionValues), MalformedError> {
    let index = fields.u32()?;
    let given = fields.list(|fields| Ok((fields.text()?, fields.text()?)))?;
    let mut values = OptionValues::default();
    given.into_iter().for_each(|(name, value)| values.add(name, value));
    Ok((index, values))
}

fn write_frame(info: &FrameInfo, out: &mut Vec<u8>) {
    out.u32(info.seq);
    out.u32(u32::from(info.is_repeated));
    write_region(&info.damage, out);
    out.u64(info.at.0);
    out.u64(info.captured_at.0);
    write_pts(info.pts, out);
    out.u64(info.backlog.waiting as u64);
    out.u64(microseconds(info.backlog.held));
}

fn read_frame(fields: &mut Fields<'_>) -> Result<FrameInfo, MalformedError> {
    Ok(FrameInfo {
        seq: fields.u32()?,
        is_repeated: fields.u32()? != 0,
        damage: read_region(fields)?,
        at: fields.u64().map(Micros)?,
        captured_at: fields.u64().map(Micros)?,
        pts: read_pts(fields)?,
        backlog: Backlog {
            waiting: fields.u64()?.try_into().unwrap_or(usize::MAX),
            held: fields.u64().map(Duration::from_micros)?,
        },
    })
}

fn write_sound(chunk: &AudioChunk, out: &mut Vec<u8>) {
    out.i64(chunk.at.0);
    out.bytes(&chunk.samples);
}

fn read_sound(fields: &mut Fields<'_>) -> Result<AudioChunk, MalformedError> {
    Ok(AudioChunk { at: fields.i64().map(Pts)?, samples: fields.bytes()?.to_vec() })
}

/// Reads sound of a plugin.
fn read_checked_sound(fields: &mut Fields<'_>) -> Result<AudioChunk, MalformedError> {
    let sound = read_sound(fields)?;
    check_samples(&sound.samples).map_err(|_| MalformedError)?;
    Ok(sound)
}

fn write_layout(layout: Layout, out: &mut Vec<u8>) {
    let abi::Layout { width, height, stride, format, planar } = layout_to_abi(layout);
    [width, height, stride, format].into_iter().for_each(|number| out.u32(number));
    out.extend_from_slice(&planar);
}

fn read_layout(fields: &mut Fields<'_>) -> Result<Layout, MalformedError> {
    let (width, height, stride, format) = (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
    let abi = abi::Layout { width, height, stride, format, planar: fields.array()? };
    crate::check::layout(abi).map_err(|_| MalformedError)
}

fn write_region(region: &Region, out: &mut Vec<u8>) {
    out.list(region.rects(), |out, rect| {
        [rect.x, rect.y, rect.width, rect.height].into_iter().for_each(|number| out.u32(number));
    });
}

fn read_region(fields: &mut Fields<'_>) -> Result<Region, MalformedError> {
    let count = fields.u32()? as usize;
    if count > RECTS_MAX {
        return Err(MalformedError);
    }
    let mut region = Region::EMPTY;
    for _ in 0..count {
        let rect = Rect::new(fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
        region.add(rect.ok_or(MalformedError)?);
    }
    Ok(region)
}

fn write_pts(pts: Option<Pts>, out: &mut Vec<u8>) {
    out.u32(u32::from(pts.is_some()));
    out.i64(pts.map_or(0, |pts| pts.0));
}

/// Reads a timestamp, which comes with whether there is one.
fn read_pts(fields: &mut Fields<'_>) -> Result<Option<Pts>, MalformedError> {
    let has_pts = fields.u32()? != 0;
    let pts = fields.i64().map(Pts)?;
    Ok(has_pts.then_some(pts))
}

fn write_description(description: &Description, layout: Layout, out: &mut Vec<u8>) {
    write_layout(layout, out);
    out.text(&description.name);
    out.list(description.stalled.as_slice(), |out, stalled| out.text(stalled));
    out.list(&description.alterations, |out, alteration| out.text(alteration));
}

fn read_description(fields: &mut Fields<'_>) -> Result<(Description, Layout), MalformedError> {
    let layout = read_layout(fields)?;
    let description = Description {
        name: fields.text()?.to_owned(),
        stalled: fields.list(|fields| fields.text().map(str::to_owned))?.pop(),
        alterations: fields.list(|fields| fields.text().map(str::to_owned))?,
    };
    Ok((description, layout))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt;

    use lanstream_core::options::OptionSpec;
    use lanstream_core::registry::Descriptor;
    use lanstream_core::{PixelFormat, Size};

    use super::super::cursor::ShapeState;
    use super::*;
    use crate::cursor::ShapeSize;

    fn layout() -> Layout {
        let size = Size { width: 30, height: 20 };
        Layout { stride: 160, ..Layout::packed(size, PixelFormat::Rgbx8) }
    }

    /// Returns the bytes of the messages in `docs/frame-link-vectors.json`, by their names.
    fn vectors(kind: &str) -> BTreeMap<String, String> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/frame-link-vectors.json");
        let mut vectors: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        serde_json::from_value(vectors[kind].take()).unwrap()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Checks that each message has these bytes, is read back from them, and from no part of them.
    fn check<T: fmt::Debug>(
        kind: &str,
        messages: &[(&str, T)],
        write: impl Fn(&T, &mut Vec<u8>),
        read: impl Fn(&[u8]) -> Result<T, MalformedError>,
    ) {
        let mut written = BTreeMap::new();
        for (name, message) in messages {
            let mut bytes = Vec::new();
            write(message, &mut bytes);
            assert_eq!(format!("{:?}", read(&bytes).unwrap()), format!("{message:?}"));
            for end in 0..bytes.len() {
                assert!(read(&bytes[..end]).is_err(), "{name} cut off at {end}");
            }
            written.insert((*name).to_owned(), hex(&bytes));
        }
        assert_eq!(written, vectors(kind));
    }

    fn stream() -> StreamInfo {
        let description = Description { name: "a film".into(), ..Description::default() };
        StreamInfo { layout: layout(), description, has_sound: true }
    }

    fn sound() -> AudioChunk {
        AudioChunk { at: Pts(-5), samples: vec![1, 2, 3, 4, 5, 6, 7, 8] }
    }

    fn frame(damage: Region) -> Request {
        Request::Frame(FrameInfo {
            seq: 9,
            is_repeated: false,
            damage,
            at: Micros(5_000_000),
            captured_at: Micros(4_000_000),
            pts: Some(Pts(-5)),
            backlog: Backlog { waiting: 2, held: Duration::from_micros(7) },
        })
    }

    #[test]
    fn requests_have_the_bytes_of_the_vectors() {
        let region = Region::from(Rect { x: 1, y: 2, width: 3, height: 4 });
        let values = OptionValues::default().with("size", "3x4").with("loop", "");
        let requests = [
            ("describe, link version 3", Request::Describe),
            ("open source 2, size = 3x4, loop", Request::Open { index: 2, values: values.clone() }),
            ("wait", Request::Wait),
            ("buffer 7 of 9 * 2^32 bytes", Request::Buffer { id: 7, len: 9 << 32 }),
            ("release 7", Request::Release { id: 7 }),
            (
                "capture 3x4 at 1,2 into 7, 30x20 RGBX with a stride of 160",
                Request::Capture { id: 7, layout: layout(), region },
            ),
            ("open sink 1, size = 3x4, loop", Request::OpenSink { index: 1, values }),
            ("begin 30x20 RGBX with a stride of 160 and sound", Request::Begin(stream())),
            (
                "frame 9 with 3x4 at 1,2 damaged, at 5 s, of 4 s, timestamp -5 µs, 2 wait, held 7 µs",
                frame(region),
            ),
            ("audio from -5 µs: one frame", Request::Audio(sound())),
            ("finish", Request::Finish),
            ("interrupt", Request::Interrupt),
            ("cursor", Request::Cursor),
        ];
        check("requests", &requests, Request::write, Request::read);
    }

    #[test]
    fn replies_have_the_bytes_of_the_vectors() {
        let description = Description {
            name: "a camera".into(),
            stalled: Some("it is asleep".into()),
            alterations: vec!["10 bit shown as 8 bit".into()],
        };
        let options = vec![
            OptionSpec::integer("fps", 1, 60, "Rate").default("30").conflicts("loop"),
            OptionSpec::choice("kind", [("a", "first"), ("b", "")], "Which").requires("fps"),
            OptionSpec::switch("loop", "Again"),
            OptionSpec::path("input", "FILE", "File").positional(),
            OptionSpec::text("title", "TEXT", "Title"),
            OptionSpec::arguments("rest", "WORDS", "Others"),
        ];
        let source = Descriptor { name: "camera".into(), about: "A".into(), examples: "".into(), options };
        let options = vec![OptionSpec::path("file", "FILE", "File")];
        let sink = Descriptor { name: "disk".into(), about: "B".into(), examples: "".into(), options };
        let (sources, sinks) = (vec![source], vec![sink]);
        let captured = Captured { updated: Region::EMPTY, damage: Region::full(layout().size) };
        let event = |event, cursor, sound| Reply::Event { event, described: None, cursor, sound };
        let resized = Reply::Event {
            event: Event::Resized,
            described: Some((description.clone(), layout())),
            cursor: None,
            sound: None,
        };
        let cursor = |x, shape| CursorState { x, y: -2, shape };
        let moved = event(Event::CursorMoved, Some(cursor(40, ShapeState::Same)), None);
        let other = ShapeState::Other(ShapeSize { width: 16, height: 8, hot_x: 3, hot_y: 4 });
        let capabilities = Capabilities { has_cursor: true, has_audio: true };
        let replies = [
            (
                "plugin p, version 1, with the source camera, an option of each kind, and the sink disk",
                Reply::Plugin(PluginInfo { name: "p".into(), version: "1".into(), sources, sinks }),
            ),
            (
                "opened: a camera, stalled, one alteration, with a cursor and sound",
                Reply::Opened { description, layout: layout(), capabilities },
            ),
            ("event damaged", event(Event::Damaged, None, None)),
            ("event resized, described as when opened", resized),
            ("event cursor moved to 40,-2, the shape as before", moved),
            ("event sounded from -5 µs: one frame", event(Event::Sounded, None, Some(sound()))),
            ("captured all of 30x20, timestamp -5 µs", Reply::Captured { captured, pts: Some(Pts(-5)) }),
            ("error lost: unplugged", Reply::Failed(Error::new(ErrorKind::Lost, "unplugged"))),
            ("sink opened, gets every frame", Reply::SinkOpened(Delivery::Every)),
            ("taken, complete", Reply::Taken(SinkStatus::Complete)),
            ("cursor at -1,-2, hidden", Reply::Cursor(cursor(-1, ShapeState::Hidden))),
            ("cursor at -1,-2, another shape of 16x8 that points with 3,4", Reply::Cursor(cursor(-1, other))),
        ];
        check("replies", &replies, Reply::write, Reply::read);
    }
}
