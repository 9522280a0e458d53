//! What a stream tells PipeWire of its format and its buffers.

use pipewire::spa::param::ParamType;
use pipewire::spa::param::format::{FormatProperties, MediaSubtype, MediaType};
use pipewire::spa::pod::serialize::PodSerializer;
use pipewire::spa::pod::{Object, Pod, Property, Value, object, property};
use pipewire::spa::sys;
use pipewire::spa::utils::{Fraction, Id, Rectangle, SpaTypes};
use pipewire::stream::Stream;

use crate::buffer::POINTER_SIDE;
use crate::scene::Scene;

/// Rectangles of damage in a buffer.
const DAMAGE_RECTS: usize = 4;

/// Returns the format of the streams, as a param.
pub(crate) fn format(scene: &Scene) -> Vec<u8> {
    let size = Rectangle { width: scene.canvas.width, height: scene.canvas.height };
    serialized(object!(
        SpaTypes::ObjectParamFormat,
        ParamType::EnumFormat,
        property!(FormatProperties::MediaType, Id, MediaType::Video),
        property!(FormatProperties::MediaSubtype, Id, MediaSubtype::Raw),
        property!(FormatProperties::VideoFormat, Id, scene.style.format),
        property!(FormatProperties::VideoSize, Rectangle, size),
        property!(FormatProperties::VideoFramerate, Fraction, Fraction { num: 0, denom: 1 }),
    ))
}

/// Returns what buffers are like, as params.
pub(crate) fn buffers(len: usize) -> Vec<Vec<u8>> {
    let int = |value: usize| Value::Int(i32::try_from(value).expect("it is small"));
    let like = vec![
        Property::new(sys::SPA_PARAM_BUFFERS_buffers, int(4)),
        Property::new(sys::SPA_PARAM_BUFFERS_blocks, int(1)),
        Property::new(sys::SPA_PARAM_BUFFERS_size, int(len)),
        Property::new(sys::SPA_PARAM_BUFFERS_dataType, int(1 << sys::SPA_DATA_MemFd)),
    ];
    let meta = |kind: u32, size: usize| {
        let properties = vec![
            Property::new(sys::SPA_PARAM_META_type, Value::Id(Id(kind))),
            Property::new(sys::SPA_PARAM_META_size, int(size)),
        ];
        Object { type_: SpaTypes::ObjectParamMeta.as_raw(), id: ParamType::Meta.as_raw(), properties }
    };
    let pointer = size_of::<sys::spa_meta_cursor>()
        + size_of::<sys::spa_meta_bitmap>()
        + (POINTER_SIDE * POINTER_SIDE * 4) as usize;
    [
        Object {
            type_: SpaTypes::ObjectParamBuffers.as_raw(),
            id: ParamType::Buffers.as_raw(),
            properties: like,
        },
        meta(sys::SPA_META_Header, size_of::<sys::spa_meta_header>()),
        meta(sys::SPA_META_VideoDamage, size_of::<sys::spa_meta_region>() * DAMAGE_RECTS),
        meta(sys::SPA_META_VideoCrop, size_of::<sys::spa_meta_region>()),
        meta(sys::SPA_META_VideoTransform, size_of::<sys::spa_meta_videotransform>()),
        meta(sys::SPA_META_Cursor, pointer),
    ]
    .map(serialized)
    .into()
}

pub(crate) fn update(stream: &Stream, params: &[Vec<u8>]) {
    let mut params: Vec<_> = params.iter().map(|param| Pod::from_bytes(param).expect("a param")).collect();
    stream.update_params(&mut params).expect("PipeWire takes them");
}

fn serialized(object: Object) -> Vec<u8> {
    let written = PodSerializer::serialize(std::io::Cursor::new(Vec::new()), &Value::Object(object));
    written.expect("memory takes it").0.into_inner()
}
