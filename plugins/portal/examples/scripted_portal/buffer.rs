//! Buffers of a stream: their memory, and what is written into it.
#![allow(unsafe_code, reason = "buffers of libpipewire are allocated and filled")]

use std::os::fd::{AsRawFd as _, IntoRawFd as _};

use pipewire::spa::param::video::VideoFormat;
use pipewire::spa::sys;
use pipewire::sys::pw_buffer;

use crate::canvas::{Area, Canvas};
use crate::scene::{BufferStyle, Scene, Shot};

/// Longest side of a pointer.
pub(crate) const POINTER_SIDE: u32 = 64;
/// Value of a pixel's bytes that no canvas has.
const GARBAGE: u8 = 0xa5;

/// Gives a buffer memory.
pub(crate) fn allocate(buffer: *mut pw_buffer, len: usize) {
    let file = rustix::fs::memfd_create(c"scripted", rustix::fs::MemfdFlags::CLOEXEC).expect("memory");
    rustix::fs::ftruncate(&file, len as u64).expect("memory");
    let access = rustix::mm::ProtFlags::READ | rustix::mm::ProtFlags::WRITE;
    let shared = rustix::mm::MapFlags::SHARED;
    // SAFETY: the kernel picks an address that nothing else uses.
    let start = unsafe { rustix::mm::mmap(std::ptr::null_mut(), len, access, shared, &file, 0) };
    // SAFETY: PipeWire hands out a buffer with one block.
    let data = unsafe { &mut *(*(*buffer).buffer).datas };
    data.type_ = sys::SPA_DATA_MemFd;
    data.flags = sys::SPA_DATA_FLAG_READWRITE;
    data.fd = file.as_raw_fd().into();
    data.mapoffset = 0;
    data.maxsize = u32::try_from(len).expect("it is small");
    data.data = start.expect("memory");
    let _kept = file.into_raw_fd();
}

/// Takes the memory of a buffer away.
pub(crate) fn release(buffer: *mut pw_buffer) {
    // SAFETY: as in `allocate`.
    let data = unsafe { &mut *(*(*buffer).buffer).datas };
    // SAFETY: `allocate` mapped it.
    let _unmapped = unsafe { rustix::mm::munmap(data.data, data.maxsize as usize) };
    // SAFETY: `allocate` opened it.
    unsafe { rustix::io::close(i32::try_from(data.fd).expect("a descriptor")) };
    (data.data, data.fd) = (std::ptr::null_mut(), -1);
}

/// Fills a buffer.
///
/// # Safety
/// The stream has handed it out, and `allocate` gave it memory.
pub(crate) unsafe fn fill(buffer: *mut pw_buffer, shot: Shot, scene: &Scene) {
    let Scene { canvas, style } = scene;
    // SAFETY: the caller's promise.
    let data = unsafe { &mut *(*(*buffer).buffer).datas };
    // SAFETY: the memory is as long as it says, and only this thread writes.
    let memory = unsafe { std::slice::from_raw_parts_mut(data.data.cast::<u8>(), data.maxsize as usize) };
    // SAFETY: each buffer has a chunk.
    let chunk = unsafe { &mut *data.chunk };
    let row_bytes = canvas.width as usize * 4;
    let stride = row_bytes + style.stride.unsigned_abs() as usize;
    let start = style.offset as usize;
    memory.fill(GARBAGE);
    if let Shot::Picture(_) = shot {
        draw(canvas, style, &mut memory[start..], stride);
    }
    let len = stride * (canvas.height as usize - 1) + row_bytes;
    chunk.offset = style.offset;
    chunk.size = match shot {
        Shot::Pointer { .. } => 0,
        Shot::Short => u32::try_from(len - 1).expect("it is small"),
        _ => u32::try_from(len).expect("it is small"),
    };
    let signed = i32::try_from(stride).expect("it is small");
    chunk.stride = if style.stride < 0 { -signed } else { signed };
    chunk.flags = 0;
    // SAFETY: the caller's promise.
    unsafe { tell(buffer, shot, style) };
}

/// Draws the canvas into memory, in the style of the buffers.
fn draw(canvas: &Canvas, style: &BufferStyle, memory: &mut [u8], stride: usize) {
    let rows = canvas.pixels.chunks_exact(canvas.width as usize);
    for (y, row) in rows.enumerate() {
        let y = if style.stride < 0 { canvas.height as usize - 1 - y } else { y };
        for (x, [blue, green, red, _]) in row.iter().enumerate() {
            let pixel = match style.format {
                VideoFormat::RGBx | VideoFormat::RGBA => [*red, *green, *blue, 0],
                _ => [*blue, *green, *red, 0],
            };
            memory[y * stride + x * 4..][..4].copy_from_slice(&pixel);
        }
    }
}

/// Writes what a buffer tells besides its pixels.
///
/// # Safety
/// The stream has handed it out.
unsafe fn tell(buffer: *mut pw_buffer, shot: Shot, style: &BufferStyle) {
    let region = |area: Area| sys::spa_meta_region {
        region: sys::spa_region {
            position: sys::spa_point { x: area.x.cast_signed(), y: area.y.cast_signed() },
            size: sys::spa_rectangle { width: area.width, height: area.height },
        },
    };
    let nowhere = Area { x: 0, y: 0, width: 0, height: 0 };
    let damage = match shot {
        Shot::Picture(damage) => damage.unwrap_or(nowhere),
        Shot::Corrupted(damage) => damage,
        _ => nowhere,
    };
    let is_corrupted = matches!(shot, Shot::Corrupted(_));
    // SAFETY: the caller's promise; each kind of metadata was asked for with the size of what is written.
    unsafe {
        let flags = if is_corrupted { sys::SPA_META_HEADER_FLAG_CORRUPTED } else { 0 };
        write(
            buffer,
            sys::SPA_META_Header,
            0,
            sys::spa_meta_header { flags, offset: 0, pts: 0, dts_offset: 0, seq: 0 },
        );
        write(buffer, sys::SPA_META_VideoDamage, 0, region(damage));
        write(buffer, sys::SPA_META_VideoDamage, size_of::<sys::spa_meta_region>(), region(nowhere));
        write(buffer, sys::SPA_META_VideoCrop, 0, region(style.crop.unwrap_or(nowhere)));
        write(
            buffer,
            sys::SPA_META_VideoTransform,
            0,
            sys::spa_meta_videotransform { transform: style.transform },
        );
        point(buffer, shot, style);
    }
}

/// Writes where the pointer is, and what it looks like.
///
/// # Safety
/// As for `tell`.
unsafe fn point(buffer: *mut pw_buffer, shot: Shot, style: &BufferStyle) {
    let after = size_of::<sys::spa_meta_cursor>();
    let shape = style.shape.filter(|_| matches!(shot, Shot::Pointer { has_shape: true }));
    let (x, y) = style.pointer.unwrap_or_default();
    let cursor = sys::spa_meta_cursor {
        id: u32::from(style.pointer.is_some()),
        flags: 0,
        position: sys::spa_point { x, y },
        hotspot: sys::spa_point { x: 1, y: 2 },
        bitmap_offset: if shape.is_some() { u32::try_from(after).expect("it is small") } else { 0 },
    };
    // SAFETY: the caller's promise.
    unsafe { write(buffer, sys::SPA_META_Cursor, 0, cursor) };
    let Some((width, height)) = shape else { return };
    let header = size_of::<sys::spa_meta_bitmap>();
    let bitmap = sys::spa_meta_bitmap {
        format: VideoFormat::BGRA.as_raw(),
        size: sys::spa_rectangle { width, height },
        stride: (width * 4).cast_signed(),
        offset: u32::try_from(header).expect("it is small"),
    };
    // SAFETY: the caller's promise; there is room for a pointer of the longest sides.
    unsafe {
        write(buffer, sys::SPA_META_Cursor, after, bitmap);
        for pixel in 0..(width * height).min(POINTER_SIDE * POINTER_SIDE) as usize {
            write(buffer, sys::SPA_META_Cursor, after + header + pixel * 4, [128_u8; 4]);
        }
    }
}

/// Writes a structure into metadata, if the buffer has that.
///
/// # Safety
/// The stream has handed the buffer out, and `offset` is such that the structure lies within the metadata.
unsafe fn write<T>(buffer: *mut pw_buffer, kind: u32, offset: usize, value: T) {
    // SAFETY: the caller's promise.
    let data = unsafe { sys::spa_buffer_find_meta_data((*buffer).buffer, kind, offset + size_of::<T>()) };
    if !data.is_null() {
        // SAFETY: the metadata is that long.
        unsafe { data.cast::<u8>().add(offset).cast::<T>().write_unaligned(value) };
    }
}
