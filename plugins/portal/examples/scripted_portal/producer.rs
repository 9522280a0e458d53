//! Streams of PipeWire with the canvas, on a thread that runs PipeWire's main loop.
#![allow(unsafe_code, reason = "buffers of libpipewire are taken and given back")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use pipewire::context::ContextRc;
use pipewire::core::CoreRc;
use pipewire::main_loop::MainLoopRc;
use pipewire::properties::properties;
use pipewire::spa::param::ParamType;
use pipewire::spa::pod::Pod;
use pipewire::spa::utils::Direction;
use pipewire::stream::{StreamFlags, StreamListener, StreamRc, StreamState};

use crate::buffer::{allocate, fill, release};
use crate::canvas::Area;
use crate::params::{buffers, format, update};
use crate::scene::{Scene, Shot};
use crate::script::Command;

/// Time between two changes of a canvas that changes by itself.
const ANIMATION: Duration = Duration::from_millis(20);
/// Time between two frames of the scripted desktop, as of a display with 50 a second.
const FRAME: Duration = Duration::from_millis(20);
/// Frames after which the last picture is sent once more: PipeWire loses one that comes while a busy machine has not
/// passed on the one before.
const REPEAT_FRAMES: u32 = 15;

/// What the loop is to do.
pub(crate) enum Order {
    Command(Command),
    /// A stream is to be opened, and its node's number sent.
    Open(mpsc::Sender<u32>),
    /// The stream of a node is to be closed.
    Close(u32),
}

/// The thread's other end.
#[derive(Clone)]
pub(crate) struct Producer(pipewire::channel::Sender<Order>);

impl Producer {
    /// Starts the thread. The receiver has an item for each command that was carried out.
    pub(crate) fn start(words: &[String]) -> (Self, mpsc::Receiver<()>) {
        let (sender, receiver) = pipewire::channel::channel();
        let (done, told) = mpsc::channel();
        let words = words.to_owned();
        std::thread::spawn(move || run(&words, receiver, done));
        (Self(sender), told)
    }

    pub(crate) fn send(&self, told: Order) {
        self.0.send(told).ok().expect("the loop runs");
    }

    /// Opens a stream, and returns the number of its node.
    pub(crate) fn open(&self) -> u32 {
        let (sender, node) = mpsc::channel();
        self.send(Order::Open(sender));
        node.recv().expect("the loop runs")
    }
}

/// A stream, and what it has still to send.
struct Output {
    stream: StreamRc,
    _listener: StreamListener<()>,
    waiting: Rc<RefCell<VecDeque<Shot>>>,
    /// The last picture, and frames since it was sent.
    last: Cell<Option<(Shot, u32)>>,
}

fn run(words: &[String], receiver: pipewire::channel::Receiver<Order>, done: mpsc::Sender<()>) {
    pipewire::init();
    let main_loop = MainLoopRc::new(None).expect("a loop");
    let context = ContextRc::new(&main_loop, None).expect("a context");
    let core = context.connect_rc(None).expect("PipeWire runs");
    let scene = Rc::new(RefCell::new(Scene::new(words)));
    let outputs: Rc<RefCell<Vec<Output>>> = Rc::default();
    let (clock_outputs, clock_scene) = (Rc::clone(&outputs), Rc::clone(&scene));
    let clock = main_loop.loop_().add_timer(move |_| {
        let scene = clock_scene.borrow();
        clock_outputs.borrow().iter().for_each(|output| output.tick(&scene));
    });
    clock.update_timer(Some(FRAME), Some(FRAME)).into_result().expect("a timer");
    let timer_outputs = Rc::clone(&outputs);
    let timer_scene = Rc::clone(&scene);
    let count = Cell::new(0);
    let timer = main_loop.loop_().add_timer(move |_| animate(&timer_scene, &timer_outputs.borrow(), &count));
    if words.iter().any(|word| word == "--animate") {
        timer.update_timer(Some(ANIMATION), Some(ANIMATION)).into_result().expect("a timer");
    }
    let _receiver = receiver.attach(main_loop.loop_(), move |told| match told {
        Order::Open(node) => outputs.borrow_mut().push(Output::open(&core, &scene, node)),
        Order::Close(node) => outputs.borrow_mut().retain(|output| output.stream.node_id() != node),
        Order::Command(command) => {
            carry_out(command, &scene, &mut outputs.borrow_mut());
            done.send(()).expect("the main thread reads");
        }
    });
    main_loop.run();
}

/// Has a quarter of the canvas change its colour.
fn animate(scene: &RefCell<Scene>, outputs: &[Output], count: &Cell<u32>) {
    count.set(count.get().wrapping_add(1));
    let area = {
        let canvas = &mut scene.borrow_mut().canvas;
        let area = Area { x: 0, y: 0, width: canvas.width / 2, height: canvas.height / 2 };
        canvas.fill(area, count.get().wrapping_mul(0x01_0203) & 0xff_ffff);
        area
    };
    outputs.iter().for_each(|output| output.send(Shot::Picture(Some(area))));
}

fn carry_out(command: Command, scene: &RefCell<Scene>, outputs: &mut Vec<Output>) {
    let shot = scene.borrow_mut().take(command);
    if let Command::End = command {
        outputs.clear();
    }
    if let Command::Size(..) = command {
        let format = format(&scene.borrow());
        outputs.iter().for_each(|output| update(&output.stream, std::slice::from_ref(&format)));
    }
    if let Some(shot) = shot {
        outputs.iter().for_each(|output| output.send(shot));
    }
}

impl Output {
    fn open(core: &CoreRc, scene: &Rc<RefCell<Scene>>, node: mpsc::Sender<u32>) -> Self {
        let properties = properties! { *pipewire::keys::MEDIA_CLASS => "Video/Source" };
        let stream = StreamRc::new(core.clone(), "scripted", properties).expect("a stream");
        let waiting: Rc<RefCell<VecDeque<Shot>>> = Rc::default();
        let (agreed, added) = (Rc::clone(scene), Rc::clone(scene));
        let began = Rc::clone(&waiting);
        let loses_first = Cell::new(scene.borrow().style.loses_first);
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
        let format = format(&scene.borrow());
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
    fn tick(&self, scene: &Scene) {
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
            unsafe { fill(buffer, shot, scene) };
            // SAFETY: it is of this stream.
            unsafe { self.stream.queue_raw_buffer(buffer) };
        }
        // Without a buffer it has those come back that were taken.
        self.stream.trigger_process().expect("the stream flows");
    }
}
