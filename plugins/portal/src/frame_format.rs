//! What is offered to PipeWire and what comes of it: formats of pixels, and what buffers are to bring besides them.

use lanstream_plugin::core::source::CURSOR_SIDE_MAX;
use lanstream_plugin::core::{PIXEL_BYTES, PixelFormat, SIDE_MAX, Size};
use pipewire::spa::param::ParamType;
use pipewire::spa::param::format::{FormatProperties, MediaSubtype, MediaType};
use pipewire::spa::param::video::{VideoFormat, VideoInfoRaw};
use pipewire::spa::pod::serialize::PodSerializer;
use pipewire::spa::pod::{ChoiceValue, Object, Pod, Property, Value, object, property};
use pipewire::spa::sys;
use pipewire::spa::utils::{Choice, ChoiceEnum, ChoiceFlags, Fraction, Id, Rectangle, SpaTypes};

/// Size and format of the pictures that were agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameFormat {
    pub(crate) size: Size,
    pub(crate) pixels: PixelFormat,
}

/// Frames a second that are asked for where the user asks for none.
const FPS_USUAL: u32 = 60;
/// More frames a second than displays have.
const FPS_MAX: u32 = 1000;
/// Rectangles of damage that a buffer has room for; desktops send up to 16.
const DAMAGE_RECTS: usize = 16;
/// Side of a pointer in pixels that buffers have room for, if the desktop has no other wish.
const CURSOR_SIDE: usize = 64;
/// Buffers that are asked for: one is held here, one is written, and the rest are on their way.
const BUFFERS: [i32; 3] = [4, 3, 16];

impl FrameFormat {
    /// Reads what was agreed on.
    pub(crate) fn read(param: &Pod) -> Option<Self> {
        let mut info = VideoInfoRaw::new();
        info.parse(param).ok()?;
        let pixels = match info.format() {
            VideoFormat::BGRx | VideoFormat::BGRA => PixelFormat::Bgrx8,
            VideoFormat::RGBx | VideoFormat::RGBA => PixelFormat::Rgbx8,
            _ => return None,
        };
        Some(Self { size: Size::new(info.size().width, info.size().height)?, pixels })
    }
}

/// Returns the formats that are taken, as a param. There are no modifiers among them, so that pictures come in shared
/// memory.
pub(crate) fn formats(fps_max: Option<u32>) -> Vec<u8> {
    let fps = |fps: u32| Fraction { num: fps, denom: 1 };
    let side = |side: u32| Rectangle { width: side, height: side };
    let usual = fps_max.unwrap_or(FPS_USUAL);
    serialized(object!(
        SpaTypes::ObjectParamFormat,
        ParamType::EnumFormat,
        property!(FormatProperties::MediaType, Id, MediaType::Video),
        property!(FormatProperties::MediaSubtype, Id, MediaSubtype::Raw),
        property!(
            FormatProperties::VideoFormat,
            Choice,
            Enum,
            Id,
            VideoFormat::BGRx,
            VideoFormat::BGRx,
            VideoFormat::RGBx,
            VideoFormat::BGRA,
            VideoFormat::RGBA
        ),
        property!(FormatProperties::VideoSize, Choice, Range, Rectangle, side(1024), side(1), side(SIDE_MAX)),
        property!(FormatProperties::VideoFramerate, Choice, Range, Fraction, fps(0), fps(0), fps(FPS_MAX)),
        property!(
            FormatProperties::VideoMaxFramerate,
            Choice,
            Range,
            Fraction,
            fps(usual),
            fps(1),
            fps(fps_max.unwrap_or(FPS_MAX))
        ),
    ))
}

/// Returns what buffers are to be like and to bring, as params.
pub(crate) fn buffers() -> Vec<Vec<u8>> {
    let region = size_of::<sys::spa_meta_region>();
    let cursor = |side: usize| {
        size_of::<sys::spa_meta_cursor>() + size_of::<sys::spa_meta_bitmap>() + side * side * PIXEL_BYTES
    };
    let memory = ChoiceEnum::Flags { default: 1 << sys::SPA_DATA_MemFd, flags: Vec::new() };
    let [usual, min, max] = BUFFERS;
    let count = ChoiceEnum::Range { default: usual, min, max };
    let like = vec![
        Property::new(sys::SPA_PARAM_BUFFERS_buffers, choice(count)),
        Property::new(sys::SPA_PARAM_BUFFERS_dataType, choice(memory)),
    ];
    [
        object_of(SpaTypes::ObjectParamBuffers, ParamType::Buffers, like),
        meta(sys::SPA_META_Header, [size_of::<sys::spa_meta_header>(); 3]),
        meta(sys::SPA_META_VideoCrop, [region; 3]),
        meta(sys::SPA_META_VideoTransform, [size_of::<sys::spa_meta_videotransform>(); 3]),
        meta(sys::SPA_META_VideoDamage, [region * DAMAGE_RECTS, region, region * DAMAGE_RECTS]),
        meta(sys::SPA_META_Cursor, [cursor(CURSOR_SIDE), cursor(1), cursor(CURSOR_SIDE_MAX.into())]),
    ]
    .map(serialized)
    .into()
}

/// Returns a request for metadata of a size in bytes: the usual, the least and the most.
fn meta(kind: u32, sizes: [usize; 3]) -> Object {
    let [default, min, max] = sizes.map(|size| i32::try_from(size).unwrap_or(i32::MAX));
    let size = if min == max { Value::Int(default) } else { choice(ChoiceEnum::Range { default, min, max }) };
    let kind = Property::new(sys::SPA_PARAM_META_type, Value::Id(Id(kind)));
    let size = Property::new(sys::SPA_PARAM_META_size, size);
    object_of(SpaTypes::ObjectParamMeta, ParamType::Meta, vec![kind, size])
}

fn object_of(kind: SpaTypes, param: ParamType, properties: Vec<Property>) -> Object {
    Object { type_: kind.as_raw(), id: param.as_raw(), properties }
}

fn choice(of: ChoiceEnum<i32>) -> Value {
    Value::Choice(ChoiceValue::Int(Choice(ChoiceFlags::empty(), of)))
}

/// Returns an object in PipeWire's encoding. Memory takes all that is written, so it does not fail.
fn serialized(object: Object) -> Vec<u8> {
    let written = PodSerializer::serialize(std::io::Cursor::new(Vec::new()), &Value::Object(object));
    written.map(|(cursor, _)| cursor.into_inner()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails fails the test")]
mod tests {
    use super::*;

    fn agreed(format: VideoFormat, width: u32, height: u32) -> Option<FrameFormat> {
        let bytes = serialized(object!(
            SpaTypes::ObjectParamFormat,
            ParamType::Format,
            property!(FormatProperties::MediaType, Id, MediaType::Video),
            property!(FormatProperties::MediaSubtype, Id, MediaSubtype::Raw),
            property!(FormatProperties::VideoFormat, Id, format),
            property!(FormatProperties::VideoSize, Rectangle, Rectangle { width, height }),
        ));
        FrameFormat::read(Pod::from_bytes(&bytes).unwrap())
    }

    #[test]
    fn what_was_agreed_on_is_read_and_nothing_else_taken() {
        let size = Size { width: 8, height: 6 };
        assert_eq!(agreed(VideoFormat::BGRA, 8, 6), Some(FrameFormat { size, pixels: PixelFormat::Bgrx8 }));
        assert_eq!(agreed(VideoFormat::RGBx, 8, 6), Some(FrameFormat { size, pixels: PixelFormat::Rgbx8 }));
        assert_eq!(agreed(VideoFormat::xRGB_210LE, 8, 6), None);
        assert_eq!(agreed(VideoFormat::BGRx, 0, 6), None);
        assert_eq!(agreed(VideoFormat::BGRx, 8, 16_385), None);
    }

    #[test]
    fn params_are_encoded() {
        assert!(Pod::from_bytes(&formats(None)).is_some());
        assert!(buffers().iter().all(|param| Pod::from_bytes(param).is_some()));
    }
}
