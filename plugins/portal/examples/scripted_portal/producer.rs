//! Streams of PipeWire with the canvas, on a thread that runs PipeWire's main loop.
#![allow(unsafe_code, reason = "buffers of libpipewire are allocated and filled")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::os::fd::{AsRawFd as _, IntoRawFd as _};
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use pipewire::context::ContextRc;
use pipewire::core::CoreRc;
use pipewire::main_loop::MainLoopRc;
use pipewire::properties::properties;
use pipewire::spa::param::ParamType;
use pipewire::spa::param::format::{FormatProperties, MediaSubtype, MediaType};
use pipewire::spa::param::video::VideoFormat;
use pipewire::spa::pod::serialize::PodSerializer;
use pipewire::spa::pod::{Object, Pod, Property, Value, object, property};
use pipewire::spa::sys;
use pipewire::spa::utils::{Direction, Fraction, Id, Rectangle, SpaTypes};
use pipewire::stream::{Stream, StreamFlags, StreamListener, StreamRc, StreamState};
use pipewire::sys::pw_buffer;

use crate::canvas::{Area, Canvas};
use crate::script::Command;
use crate::word_after;

/// Size of the canvas at the beginning.
const SIZE: (u32, u32) = (64, 48);
/// Bytes of a buffer's memory besides a picture: for rows that are apart, and offsets.
const SPARE_BYTES: usize = 1 << 16;
/// Rectangles of damage in a buffer.
const DAMAGE_RECTS: usize = 4;
/// Longest side of a pointer.
const POINTER_SIDE: u32 = 64;
/// Time between two changes of a canvas that changes by itself.
const ANIMATION: Duration = Duration::from_millis(20);
/// Time between two frames of the scripted desktop, as of a display with 50 a second.
const FRAME: Duration = Duration::from_millis(20);
/// Frames after which the last picture is sent once more: PipeWire loses one that comes while a busy machine has not
/// passed on the one before.
const REPEAT_FRAMES: u32 = 15;
/// Value of a pixel's bytes that no canvas has.
const GARBAGE: u8 = 0xa5;

/// What the loop is told.
pub(crate) enum Told {
    Command(Command),
    /// A stream is to be opened, and its node's number sent.
    Open(mpsc::Sender<u32>),
    /// The stream of a node is to be closed.
    Close(u32),
}

/// The thread's other end.
#[derive(Clone)]
pub(crate) struct Producer(pipewire::channel::Sender<Told>);

impl Producer {
    /// Starts the thread. The receiver has an item for each command that was carried out.
    pub(crate) fn start(words: &[String]) -> (Self, mpsc::Receiver<()>) {
        let (sender, receiver) = pipewire::channel::channel();
        let (done, told) = mpsc::channel();
        let words = words.to_owned();
        std::thread::spawn(move || run(&words, receiver, done));
        (Self(sender), told)
    }

    pub(crate) fn send(&self, told: Told) {
        self.0.send(told).ok().expect("the loop runs");
    }

    /// Opens a stream, and returns the number of its node.
    pub(crate) fn open(&self) -> u32 {
        let (sender, node) = mpsc::channel();
        self.send(Told::Open(sender));
        node.recv().expect("the loop runs")
    }
}

/// What buffers are like, besides the canvas.
struct Dress {
    format: VideoFormat,
    /// The first picture of a stream goes nowhere.
    loses_first: bool,
    stride: i32,
    offset: u32,
    crop: Option<Area>,
    transform: u32,
    shape: Option<(u32, u32)>,
    pointer: Option<(i32, i32)>,
}

/// What a buffer tells and has.
#[derive(Clone, Copy)]
enum Shot {
    /// A picture, with damage there or nowhere in particular.
    Picture(Option<Area>),
    Corrupted(Area),
    Short,
    /// No pixels.
    Pointer {
        has_shape: bool,
    },
}

/// What the streams show.
struct Stage {
    canvas: Canvas,
    dress: Dress,
}

/// A stream, and what it has still to send.
struct Output {
    stream: StreamRc,
    _listener: StreamListener<()>,
    waiting: Rc<RefCell<VecDeque<Shot>>>,
    /// The last picture, and frames since it was sent.
    last: Cell<Option<(Shot, u32)>>,
}

fn run(words: &[String], receiver: pipewire::channel::Receiver<Told>, done: mpsc::Sender<()>) {
    pipewire::init();
    let main_loop = MainLoopRc::new(None).expect("a loop");
    let context = ContextRc::new(&main_loop, None).expect("a context");
    let core = context.connect_rc(None).expect("PipeWire runs");
    let stage = Rc::new(RefCell::new(Stage::new(words)));
    let outputs: Rc<RefCell<Vec<Output>>> = Rc::default();
    let (clock_outputs, clock_stage) = (Rc::clone(&outputs), Rc::clone(&stage));
    let clock = main_loop.loop_().add_timer(move |_| {
        let stage = clock_stage.borrow();
        clock_outputs.borrow().iter().for_each(|output| output.tick(&stage));
    });
    clock.update_timer(Some(FRAME), Some(FRAME)).into_result().expect("a timer");
    let timer_outputs = Rc::clone(&outputs);
    let timer_stage = Rc::clone(&stage);
    let count = Cell::new(0);
    let timer = main_loop.loop_().add_timer(move |_| animate(&timer_stage, &timer_outputs.borrow(), &count));
    if words.iter().any(|word| word == "--animate") {
        timer.update_timer(Some(ANIMATION), Some(ANIMATION)).into_result().expect("a timer");
    }
    let _receiver = receiver.attach(main_loop.loop_(), move |told| match told {
        Told::Open(node) => outputs.borrow_mut().push(Output::open(&core, &stage, node)),
        Told::Close(node) => outputs.borrow_mut().retain(|output| output.stream.node_id() != node),
        Told::Command(command) => {
            carry_out(command, &stage, &mut outputs.borrow_mut());
            done.send(()).expect("the main thread reads");
        }
    });
    main_loop.run();
}

/// Has a quarter of the canvas change its colour.
fn animate(stage: &RefCell<Stage>, outputs: &[Output], count: &Cell<u32>) {
    count.set(count.get().wrapping_add(1));
    let area = {
        let canvas = &mut stage.borrow_mut().canvas;
        let area = Area { x: 0, y: 0, width: canvas.width / 2, height: canvas.height / 2 };
        canvas.fill(area, count.get().wrapping_mul(0x01_0203) & 0xff_ffff);
        area
    };
    outputs.iter().for_each(|output| output.send(Shot::Picture(Some(area))));
}

fn carry_out(command: Command, stage: &RefCell<Stage>, outputs: &mut Vec<Output>) {
    let shot = stage.borrow_mut().take(command);
    if let Command::End = command {
        outputs.clear();
    }
    if let Command::Size(..) = command {
        let format = stage.borrow().format();
        outputs.iter().for_each(|output| update(&output.stream, std::slice::from_ref(&format)));
    }
    if let Some(shot) = shot {
        outputs.iter().for_each(|output| output.send(shot));
    }
}

impl Stage {
    fn new(words: &[String]) -> Self {
        let format = match word_after(words, "--format") {
            Some("RGBx") => VideoFormat::RGBx,
            Some("RGBA") => VideoFormat::RGBA,
            Some("BGRA") => VideoFormat::BGRA,
            Some("xBGR_210LE") => VideoFormat::xBGR_210LE,
            _ => VideoFormat::BGRx,
        };
        let loses_first = words.iter().any(|word| word == "--lose-first");
        let dress = Dress {
            format,
            loses_first,
            stride: 0,
            offset: 0,
            crop: None,
            transform: 0,
            shape: None,
            pointer: None,
        };
        Self { canvas: Canvas::new(SIZE.0, SIZE.1), dress }
    }

    /// Takes in a command, and returns what is to be sent.
    fn take(&mut self, command: Command) -> Option<Shot> {
        match command {
            Command::Fill(area, colour) => {
                self.canvas.fill(area, colour);
                return Some(Shot::Picture(Some(area)));
            }
            Command::Lie(area, colour) => {
                self.canvas.fill(area, colour);
                return Some(Shot::Picture(Some(Area { x: 0, y: 0, width: 1, height: 1 })));
            }
            Command::Skip(area, colour) => {
                self.canvas.fill(area, colour);
                return Some(Shot::Corrupted(area));
            }
            Command::Noise(seed) => {
                self.canvas.noise(seed);
                return Some(Shot::Picture(None));
            }
            Command::Short => return Some(Shot::Short),
            Command::Pointer(x, y) => {
                self.dress.pointer = Some((x, y));
                return Some(Shot::Pointer { has_shape: false });
            }
            Command::Shape(width, height) => {
                self.dress.shape = Some((width, height));
                return Some(Shot::Pointer { has_shape: true });
            }
            Command::Size(width, height) => self.canvas = Canvas::new(width, height),
            Command::Stride(stride) => self.dress.stride = stride,
            Command::Offset(offset) => self.dress.offset = offset,
            Command::Crop(area) => self.dress.crop = Some(area),
            Command::Transform(transform) => self.dress.transform = transform,
            Command::End | Command::Close => {}
        }
        None
    }

    /// Returns the format of the streams, as a param.
    fn format(&self) -> Vec<u8> {
        let size = Rectangle { width: self.canvas.width, height: self.canvas.height };
        serialized(object!(
            SpaTypes::ObjectParamFormat,
            ParamType::EnumFormat,
            property!(FormatProperties::MediaType, Id, MediaType::Video),
            property!(FormatProperties::MediaSubtype, Id, MediaSubtype::Raw),
            property!(FormatProperties::VideoFormat, Id, self.dress.format),
            property!(FormatProperties::VideoSize, Rectangle, size),
            property!(FormatProperties::VideoFramerate, Fraction, Fraction { num: 0, denom: 1 }),
        ))
    }

    fn memory_len(&self) -> usize {
        self.canvas.pixels.len() * 4 + SPARE_BYTES
    }
}

impl Output {
    fn open(core: &CoreRc, stage: &Rc<RefCell<Stage>>, node: mpsc::Sender<u32>) -> Self {
        let properties = properties! { *pipewire::keys::MEDIA_CLASS => "Video/Source" };
        let stream = StreamRc::new(core.clone(), "scripted", properties).expect("a stream");
        let waiting: Rc<RefCell<VecDeque<Shot>>> = Rc::default();
        let (agreed, added) = (Rc::clone(stage), Rc::clone(stage));
        let began = Rc::clone(&waiting);
        let loses_first = Cell::new(stage.borrow().dress.loses_first);
        let listener = stream
            .add_local_listener::<()>()
            .state_changed(move |stream, (), _, state| match state {
                StreamState::Paused => drop(node.send(stream.node_id())),
                StreamState::Streaming if loses_first.take() => {}
                StreamState::Streaming => began.borrow_mut().push_back(Shot::Picture(None)),
                _ => {}
            })
            .param_changed(move |stream, (), id, param| {
                if id == ParamType::Format.as_raw() && param.is_some() {
                    update(stream, &buffers(agreed.borrow().memory_len()));
                }
            })
            .add_buffer(move |_, (), buffer| allocate(buffer, added.borrow().memory_len()))
            .remove_buffer(|_, (), buffer| release(buffer))
            .register()
            .expect("a listener");
        let format = stage.borrow().format();
        let mut params = [Pod::from_bytes(&format).expect("a format")];
        let flags = StreamFlags::DRIVER | StreamFlags::ALLOC_BUFFERS;
        stream.connect(Direction::Output, None, flags, &mut params).expect("PipeWire takes it");
        Self { stream, _listener: listener, waiting, last: Cell::new(None) }
    }

    fn send(&self, shot: Shot) {
        if self.stream.state() == StreamState::Streaming {
            self.waiting.borrow_mut().push_back(shot);
        }
    }

    /// Sends what is next.
    fn tick(&self, stage: &Stage) {
        let frames = self.last.get().map(|(shot, frames)| (shot, frames + 1));
        self.last.set(frames);
        let repeated = frames.filter(|(_, frames)| *frames == REPEAT_FRAMES).map(|(shot, _)| shot);
        let next = self.waiting.borrow().front().copied();
        if self.stream.state() != StreamState::Streaming || next.or(repeated).is_none() {
            return;
        }
        // SAFETY: it is given back below.
        let buffer = unsafe { self.stream.dequeue_raw_buffer() };
        if let Some(shot) = next.or(repeated).filter(|_| !buffer.is_null()) {
            self.waiting.borrow_mut().pop_front();
            self.last.set(next.map_or(frames, |shot| Some((shot, 0))));
            // SAFETY: the stream has just handed it out, and `allocate` gave it memory.
            unsafe { fill(buffer, shot, stage) };
            // SAFETY: it is of this stream.
            unsafe { self.stream.queue_raw_buffer(buffer) };
        }
        // Without a buffer it has those come back that were taken.
        self.stream.trigger_process().expect("the stream flows");
    }
}

/// Returns what buffers are like, as params.
fn buffers(len: usize) -> Vec<Vec<u8>> {
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

fn update(stream: &Stream, params: &[Vec<u8>]) {
    let mut params: Vec<_> = params.iter().map(|param| Pod::from_bytes(param).expect("a param")).collect();
    stream.update_params(&mut params).expect("PipeWire takes them");
}

fn serialized(object: Object) -> Vec<u8> {
    let written = PodSerializer::serialize(std::io::Cursor::new(Vec::new()), &Value::Object(object));
    written.expect("memory takes it").0.into_inner()
}

/// Gives a buffer memory.
fn allocate(buffer: *mut pw_buffer, len: usize) {
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

fn release(buffer: *mut pw_buffer) {
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
unsafe fn fill(buffer: *mut pw_buffer, shot: Shot, stage: &Stage) {
    let Stage { canvas, dress } = stage;
    // SAFETY: the caller's promise.
    let data = unsafe { &mut *(*(*buffer).buffer).datas };
    // SAFETY: the memory is as long as it says, and only this thread writes.
    let memory = unsafe { std::slice::from_raw_parts_mut(data.data.cast::<u8>(), data.maxsize as usize) };
    // SAFETY: each buffer has a chunk.
    let chunk = unsafe { &mut *data.chunk };
    let row_bytes = canvas.width as usize * 4;
    let stride = row_bytes + dress.stride.unsigned_abs() as usize;
    let start = dress.offset as usize;
    memory.fill(GARBAGE);
    if let Shot::Picture(_) = shot {
        draw(canvas, dress, &mut memory[start..], stride);
    }
    let len = stride * (canvas.height as usize - 1) + row_bytes;
    chunk.offset = dress.offset;
    chunk.size = match shot {
        Shot::Pointer { .. } => 0,
        Shot::Short => u32::try_from(len - 1).expect("it is small"),
        _ => u32::try_from(len).expect("it is small"),
    };
    let signed = i32::try_from(stride).expect("it is small");
    chunk.stride = if dress.stride < 0 { -signed } else { signed };
    chunk.flags = 0;
    // SAFETY: the caller's promise.
    unsafe { tell(buffer, shot, dress) };
}

/// Draws the canvas into memory, as it is dressed.
fn draw(canvas: &Canvas, dress: &Dress, memory: &mut [u8], stride: usize) {
    let rows = canvas.pixels.chunks_exact(canvas.width as usize);
    for (y, row) in rows.enumerate() {
        let y = if dress.stride < 0 { canvas.height as usize - 1 - y } else { y };
        for (x, [blue, green, red, _]) in row.iter().enumerate() {
            let pixel = match dress.format {
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
unsafe fn tell(buffer: *mut pw_buffer, shot: Shot, dress: &Dress) {
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
        write(buffer, sys::SPA_META_VideoCrop, 0, region(dress.crop.unwrap_or(nowhere)));
        write(
            buffer,
            sys::SPA_META_VideoTransform,
            0,
            sys::spa_meta_videotransform { transform: dress.transform },
        );
        point(buffer, shot, dress);
    }
}

/// Writes where the pointer is, and what it looks like.
///
/// # Safety
/// As for `tell`.
unsafe fn point(buffer: *mut pw_buffer, shot: Shot, dress: &Dress) {
    let after = size_of::<sys::spa_meta_cursor>();
    let shape = dress.shape.filter(|_| matches!(shot, Shot::Pointer { has_shape: true }));
    let (x, y) = dress.pointer.unwrap_or_default();
    let cursor = sys::spa_meta_cursor {
        id: u32::from(dress.pointer.is_some()),
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
