//! Types of core as they lie in messages between lanstream and the process of a plugin.

use std::time::Duration;

use lanstream_core::frame_sink::Backlog;
use lanstream_core::options::OptionValues;
use lanstream_core::source::{AudioChunk, Description, Playback, PlaybackCommand};
use lanstream_core::{Layout, Micros, Pts, RECTS_MAX, Rect, Region};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::{
    command_from_abi, command_to_abi, layout_to_abi, playback_from_abi, playback_to_abi,
};
use lanstream_plugin_abi::playback_flag::CONTROLLED;

use super::wire::{Fields, MalformedError, Write};
use crate::audio::check_samples;
use crate::check;
use crate::playback::check_tracks;
use crate::sink::{FrameInfo, microseconds};

/// Writes which source or sink is opened, and with which options.
pub(super) fn write_open(index: u32, values: &OptionValues, out: &mut Vec<u8>) {
    out.u32(index);
    let values: Vec<_> = values.iter().collect();
    out.list(&values, |out, (name, value)| {
        out.text(name);
        out.text(&value.to_string_lossy());
    });
}

pub(super) fn read_open(fields: &mut Fields<'_>) -> Result<(u32, OptionValues), MalformedError> {
    let index = fields.u32()?;
    let given = fields.list(|fields| Ok((fields.text()?, fields.text()?)))?;
    let mut values = OptionValues::default();
    given.into_iter().for_each(|(name, value)| values.add(name, value));
    Ok((index, values))
}

pub(super) fn write_frame(info: &FrameInfo, out: &mut Vec<u8>) {
    out.u32(info.seq);
    out.u32(u32::from(info.is_repeated));
    write_region(&info.damage, out);
    out.u64(info.at.0);
    out.u64(info.captured_at.0);
    write_pts(info.pts, out);
    out.u64(info.backlog.waiting as u64);
    out.u64(microseconds(info.backlog.held));
}

pub(super) fn read_frame(fields: &mut Fields<'_>) -> Result<FrameInfo, MalformedError> {
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

pub(super) fn write_sound(chunk: &AudioChunk, out: &mut Vec<u8>) {
    out.i64(chunk.at.0);
    out.bytes(&chunk.samples);
}

pub(super) fn read_sound(fields: &mut Fields<'_>) -> Result<AudioChunk, MalformedError> {
    Ok(AudioChunk { at: fields.i64().map(Pts)?, samples: fields.bytes()?.to_vec() })
}

/// Reads sound of a plugin.
pub(super) fn read_checked_sound(fields: &mut Fields<'_>) -> Result<AudioChunk, MalformedError> {
    let sound = read_sound(fields)?;
    check_samples(&sound.samples).map_err(|_| MalformedError)?;
    Ok(sound)
}

/// Writes a playback state; `None` of a live stream.
pub(super) fn write_playback(playback: Option<&Playback>, out: &mut Vec<u8>) {
    let table = playback_to_abi(playback);
    out.u32(table.flags);
    let Some(playback) = playback else { return };
    out.i64(table.began_us);
    out.u64(table.duration_us);
    out.i64(table.position_us);
    out.u32(table.rate_us_per_s);
    out.u32(table.track);
    out.list(&playback.tracks, |out, name| out.text(name));
}

pub(super) fn read_playback(fields: &mut Fields<'_>) -> Result<Option<Playback>, MalformedError> {
    let flags = fields.u32()?;
    if flags & CONTROLLED == 0 {
        return Ok(None);
    }
    let table = abi::Playback {
        flags,
        began_us: fields.i64()?,
        duration_us: fields.u64()?,
        position_us: fields.i64()?,
        rate_us_per_s: fields.u32()?,
        track: fields.u32()?,
        ..abi::Playback::LIVE
    };
    let names = fields.list(|fields| fields.text().map(str::to_owned))?;
    let playback = playback_from_abi(&table, names.into());
    playback.as_ref().map_or(Ok(()), check_tracks).map_err(|_| MalformedError)?;
    Ok(playback)
}

pub(super) fn write_command(command: PlaybackCommand, out: &mut Vec<u8>) {
    let abi::Command { kind, seek_us, track, .. } = command_to_abi(command);
    out.u32(kind);
    out.u64(seek_us);
    out.u32(track);
}

pub(super) fn read_command(fields: &mut Fields<'_>) -> Result<PlaybackCommand, MalformedError> {
    let (kind, seek_us, track) = (fields.u32()?, fields.u64()?, fields.u32()?);
    let struct_size = abi::struct_size::<abi::Command>();
    command_from_abi(&abi::Command { struct_size, kind, seek_us, track, reserved: 0 }).ok_or(MalformedError)
}

pub(super) fn write_layout(layout: Layout, out: &mut Vec<u8>) {
    let abi::Layout { width, height, stride, format, planar } = layout_to_abi(layout);
    [width, height, stride, format].into_iter().for_each(|number| out.u32(number));
    out.extend_from_slice(&planar);
}

pub(super) fn read_layout(fields: &mut Fields<'_>) -> Result<Layout, MalformedError> {
    let (width, height, stride, format) = (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
    let abi = abi::Layout { width, height, stride, format, planar: fields.array()? };
    check::layout(abi).map_err(|_| MalformedError)
}

pub(super) fn write_region(region: &Region, out: &mut Vec<u8>) {
    out.list(region.rects(), |out, rect| {
        [rect.x, rect.y, rect.width, rect.height].into_iter().for_each(|number| out.u32(number));
    });
}

pub(super) fn read_region(fields: &mut Fields<'_>) -> Result<Region, MalformedError> {
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

pub(super) fn write_pts(pts: Option<Pts>, out: &mut Vec<u8>) {
    out.u32(u32::from(pts.is_some()));
    out.i64(pts.map_or(0, |pts| pts.0));
}

/// Reads a timestamp, which comes with whether there is one.
pub(super) fn read_pts(fields: &mut Fields<'_>) -> Result<Option<Pts>, MalformedError> {
    let has_pts = fields.u32()? != 0;
    let pts = fields.i64().map(Pts)?;
    Ok(has_pts.then_some(pts))
}

pub(super) fn write_description(description: &Description, layout: Layout, out: &mut Vec<u8>) {
    write_layout(layout, out);
    out.text(&description.name);
    out.list(description.stalled.as_slice(), |out, stalled| out.text(stalled));
    out.list(&description.alterations, |out, alteration| out.text(alteration));
}

pub(super) fn read_description(fields: &mut Fields<'_>) -> Result<(Description, Layout), MalformedError> {
    let layout = read_layout(fields)?;
    let description = Description {
        name: fields.text()?.to_owned(),
        stalled: fields.list(|fields| fields.text().map(str::to_owned))?.pop(),
        alterations: fields.list(|fields| fields.text().map(str::to_owned))?,
    };
    Ok((description, layout))
}
