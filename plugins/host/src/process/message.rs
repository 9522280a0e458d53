//! Messages between lanstream and the process of a plugin. Each is one packet: the number of its kind, then its fields.

use std::borrow::Cow;

use lanstream_core::frame_buffer::{Layout, PixelFormat};
use lanstream_core::geometry::Rect;
use lanstream_core::options::{Choice, OptionKind, OptionSpec, OptionValues, Text};
use lanstream_core::region::{RECTS_MAX, Region};
use lanstream_core::registry::SourceDescriptor;
use lanstream_core::source::{Captured, Description, Error, ErrorKind, Event};
use lanstream_core::time::Pts;

use super::wire::{Fields, MalformedError, Write};

/// Version of the link. Both ends are the same program, so it only tells when they are not.
pub(super) const LINK_VERSION: u32 = 1;

/// Request of lanstream.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "the largest is the most frequent, and a box would allocate for each frame"
)]
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
}

/// Reply of the process. Each may be [`Reply::Failed`] instead.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "the largest is the most frequent, and a box would allocate for each frame"
)]
pub(super) enum Reply {
    Plugin {
        name: String,
        version: String,
        sources: Vec<SourceDescriptor>,
    },
    Opened(Description, Layout),
    Event {
        event: Event,
        /// What it is now, of [`Event::Resized`] and [`Event::Described`].
        described: Option<(Description, Layout)>,
    },
    Captured {
        captured: Captured,
        pts: Option<Pts>,
    },
    Failed(Error),
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
                out.u32(*index);
                let values: Vec<_> = values.iter().collect();
                out.list(&values, |out, (name, value)| {
                    out.text(name);
                    out.text(&value.to_string_lossy());
                });
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
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, MalformedError> {
        let mut fields = Fields::new(bytes);
        Ok(match fields.u32()? {
            1 if fields.u32()? == LINK_VERSION => Self::Describe,
            2 => {
                let index = fields.u32()?;
                let given = fields.list(|fields| Ok((fields.text()?, fields.text()?)))?;
                let mut values = OptionValues::default();
                given.into_iter().for_each(|(name, value)| values.add(name, value));
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
            _ => return Err(MalformedError),
        })
    }
}

impl Reply {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        match self {
            Self::Plugin { name, version, sources } => {
                out.u32(1);
                out.text(name);
                out.text(version);
                out.list(sources, |out, source| write_source(source, out));
            }
            Self::Opened(description, layout) => {
                out.u32(2);
                write_description(description, *layout, out);
            }
            Self::Event { event, described } => {
                out.u32(3);
                out.u32(event_number(*event));
                out.list(described.as_slice(), |out, (description, layout)| {
                    write_description(description, *layout, out);
                });
            }
            Self::Captured { captured, pts } => {
                out.u32(4);
                write_region(&captured.updated, out);
                write_region(&captured.damage, out);
                out.list(pts.as_slice(), |out, pts| out.i64(pts.0));
            }
            Self::Failed(error) => {
                out.u32(5);
                out.u32(KINDS.iter().position(|kind| *kind == error.kind).unwrap_or(2) as u32);
                out.text(&error.message);
            }
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, MalformedError> {
        let mut fields = Fields::new(bytes);
        Ok(match fields.u32()? {
            1 => Self::Plugin {
                name: fields.text()?.to_owned(),
                version: fields.text()?.to_owned(),
                sources: fields.list(read_source)?,
            },
            2 => {
                let (description, layout) = read_description(&mut fields)?;
                Self::Opened(description, layout)
            }
            3 => {
                Self::Event { event: event(fields.u32()?)?, described: fields.list(read_description)?.pop() }
            }
            4 => Self::Captured {
                captured: Captured { updated: read_region(&mut fields)?, damage: read_region(&mut fields)? },
                pts: fields.list(|fields| fields.i64().map(Pts))?.pop(),
            },
            5 => {
                let kind = KINDS.get(fields.u32()? as usize).copied().ok_or(MalformedError)?;
                Self::Failed(Error::new(kind, fields.text()?))
            }
            _ => return Err(MalformedError),
        })
    }
}

/// Kinds of errors; each lies at its number.
const KINDS: [ErrorKind; 6] = [
    ErrorKind::Retry,
    ErrorKind::Lost,
    ErrorKind::Ended,
    ErrorKind::Finished,
    ErrorKind::NotFound,
    ErrorKind::Unsupported,
];

/// Events; each lies at its number.
const EVENTS: [Event; 5] = [Event::Damaged, Event::Resized, Event::Described, Event::Woken, Event::TimedOut];

fn event_number(event: Event) -> u32 {
    EVENTS.iter().position(|each| *each == event).unwrap_or(3) as u32
}

fn event(number: u32) -> Result<Event, MalformedError> {
    EVENTS.get(number as usize).copied().ok_or(MalformedError)
}

fn write_layout(layout: Layout, out: &mut Vec<u8>) {
    let (format, planar) = match layout.format {
        PixelFormat::Bgrx8 => (1, [0; 4]),
        PixelFormat::Planar(planar) => (3, planar.to_wire()),
        _ => (2, [0; 4]),
    };
    out.u32(layout.size.width);
    out.u32(layout.size.height);
    out.u32(layout.stride as u32);
    out.u32(format);
    out.extend_from_slice(&planar);
}

fn read_layout(fields: &mut Fields<'_>) -> Result<Layout, MalformedError> {
    let (width, height, stride, format) = (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
    let abi = lanstream_plugin_abi::Layout { width, height, stride, format, planar: fields.array()? };
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

fn write_source(source: &SourceDescriptor, out: &mut Vec<u8>) {
    [&source.name, &source.about, &source.examples].into_iter().for_each(|text| out.text(text));
    out.list(&source.options, |out, option| write_option(option, out));
}

fn read_source(fields: &mut Fields<'_>) -> Result<SourceDescriptor, MalformedError> {
    Ok(SourceDescriptor {
        name: text(fields)?,
        about: text(fields)?,
        examples: text(fields)?,
        options: fields.list(read_option)?,
    })
}

fn write_option(option: &OptionSpec, out: &mut Vec<u8>) {
    [&option.name, &option.value_name, &option.help].into_iter().for_each(|text| out.text(text));
    out.u32(u32::from(option.is_positional));
    [option.default.as_slice(), &option.conflicts_with, &option.requires]
        .into_iter()
        .for_each(|texts| out.list(texts, |out, text| out.text(text)));
    match &option.kind {
        OptionKind::Switch => out.u32(1),
        OptionKind::Integer { min, max } => {
            out.u32(2);
            out.i64(*min);
            out.i64(*max);
        }
        OptionKind::Path => out.u32(4),
        OptionKind::Choice(choices) => {
            out.u32(5);
            out.list(choices, |out, choice| {
                out.text(&choice.name);
                out.text(&choice.help);
            });
        }
        OptionKind::Arguments => out.u32(6),
        _ => out.u32(3),
    }
}

fn read_option(fields: &mut Fields<'_>) -> Result<OptionSpec, MalformedError> {
    let (name, value_name, help) = (text(fields)?, text(fields)?, text(fields)?);
    let is_positional = fields.u32()? != 0;
    let default = fields.list(text)?.pop();
    let (conflicts_with, requires) = (fields.list(text)?, fields.list(text)?);
    let kind = match fields.u32()? {
        1 => OptionKind::Switch,
        2 => OptionKind::Integer { min: fields.i64()?, max: fields.i64()? },
        3 => OptionKind::Text { check: None },
        4 => OptionKind::Path,
        5 => {
            OptionKind::Choice(fields.list(|fields| Ok(Choice { name: text(fields)?, help: text(fields)? }))?)
        }
        6 => OptionKind::Arguments,
        _ => return Err(MalformedError),
    };
    Ok(OptionSpec { name, kind, help, value_name, default, is_positional, conflicts_with, requires })
}

fn text(fields: &mut Fields<'_>) -> Result<Text, MalformedError> {
    fields.text().map(|text| Cow::Owned(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use lanstream_core::geometry::Size;

    use super::*;

    fn layout() -> Layout {
        let size = Size { width: 30, height: 20 };
        Layout { stride: 160, ..Layout::packed(size, PixelFormat::Rgbx8) }
    }

    fn rewritten_request(request: &Request) -> String {
        let mut bytes = Vec::new();
        request.write(&mut bytes);
        for end in 0..bytes.len() {
            assert!(Request::read(&bytes[..end]).is_err(), "{request:?} cut off at {end}");
        }
        format!("{:?}", Request::read(&bytes).unwrap())
    }

    fn rewritten_reply(reply: &Reply) -> String {
        let mut bytes = Vec::new();
        reply.write(&mut bytes);
        for end in 0..bytes.len() {
            assert!(Reply::read(&bytes[..end]).is_err(), "{reply:?} cut off at {end}");
        }
        format!("{:?}", Reply::read(&bytes).unwrap())
    }

    #[test]
    fn requests_read_back() {
        let region = Region::from(Rect { x: 1, y: 2, width: 3, height: 4 });
        let requests = [
            Request::Describe,
            Request::Open { index: 2, values: OptionValues::default().with("size", "3x4").with("loop", "") },
            Request::Wait,
            Request::Buffer { id: 7, len: 9 << 32 },
            Request::Release { id: 7 },
            Request::Capture { id: 7, layout: layout(), region },
        ];
        for request in requests {
            assert_eq!(rewritten_request(&request), format!("{request:?}"));
        }
    }

    #[test]
    fn replies_read_back() {
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
        let source =
            SourceDescriptor { name: "camera".into(), about: "A".into(), examples: "".into(), options };
        let damage = Region::full(layout().size);
        let replies = [
            Reply::Plugin { name: "p".into(), version: "1".into(), sources: vec![source] },
            Reply::Opened(description.clone(), layout()),
            Reply::Event { event: Event::Damaged, described: None },
            Reply::Event { event: Event::Resized, described: Some((description, layout())) },
            Reply::Captured { captured: Captured { updated: Region::EMPTY, damage }, pts: Some(Pts(-5)) },
            Reply::Failed(Error::new(ErrorKind::Lost, "unplugged")),
        ];
        for reply in replies {
            assert_eq!(rewritten_reply(&reply), format!("{reply:?}"));
        }
    }
}
