//! The table that the SDK makes of a source, called as hosts of several versions call it: those that know nothing of
//! extensions hear of no event that is of one.
#![allow(unsafe_code, reason = "functions of the C interface are called")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::LazyLock;
use std::task::Waker;
use std::time::Duration;

use lanstream_plugin::core::options::{OptionError, OptionValues};
use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_plugin::core::source::{
    AudioChunk, AudioSource, Captured, Cursor, CursorShape, CursorSource, Description, Error, Event,
    Listener, Playback, PlaybackCommand, PlaybackSource, Source,
};
use lanstream_plugin::core::{FrameBuffer, Layout, PixelFormat, Pts, Region, Size};
use lanstream_plugin::{Exports, abi};

/// Methods of a source of one pixel, which nothing here is about.
macro_rules! one_pixel {
    () => {
        fn description(&self) -> Description {
            Description::default()
        }

        fn layout(&self) -> Layout {
            Layout::packed(Size { width: 1, height: 1 }, PixelFormat::Rgbx8)
        }

        fn waker(&self) -> Waker {
            Waker::noop().clone()
        }

        fn capture(&mut self, frame: &mut FrameBuffer, _: &Region) -> Result<Captured, Error> {
            Ok(Captured::all(frame.layout()))
        }
    };
}

/// The factory of a source without options.
macro_rules! factory {
    ($factory:ident, $name:literal, $source:expr) => {
        #[derive(Default)]
        struct $factory;

        impl SourceFactory for $factory {
            fn descriptor(&self) -> Descriptor {
                Descriptor { name: $name.into(), about: "".into(), examples: "".into(), options: Vec::new() }
            }

            fn configure(&self, _: &OptionValues, _: Listener) -> Result<Configured, OptionError> {
                Ok(Configured::new(Box::new(|| Ok(Box::new($source)))))
            }
        }
    };
}

/// A source whose cursor moves all the time. It panics when it is asked for the fourth time.
struct Restless {
    asked: std::cell::Cell<u16>,
}

factory!(RestlessFactory, "restless", Restless { asked: 0.into() });

impl Source for Restless {
    one_pixel!();

    fn wait(&mut self, _: Option<Duration>) -> Result<Event, Error> {
        Ok(Event::CursorMoved)
    }

    fn cursor(&self) -> Option<&dyn CursorSource> {
        Some(self)
    }
}

impl CursorSource for Restless {
    /// A new shape each time, which nobody else keeps.
    fn cursor(&self) -> Cursor {
        let asked = self.asked.get() + 1;
        self.asked.set(asked);
        assert!(asked < 4, "it was asked too often");
        let rgba = vec![asked.to_le_bytes()[0]; usize::from(asked) * 4];
        let shape =
            CursorShape { serial: asked.into(), width: asked, height: 1, hot_x: asked - 1, hot_y: 0, rgba };
        Cursor { x: -1, y: asked.into(), shape: Some(Arc::new(shape)) }
    }
}

/// A source with one stretch of sound, which is longer than the interface allows, and nothing else.
struct Ringing {
    sound: Option<AudioChunk>,
}

factory!(RingingFactory, "ringing", Ringing { sound: Some(long_sound()) });

impl Source for Ringing {
    one_pixel!();

    fn wait(&mut self, _: Option<Duration>) -> Result<Event, Error> {
        Ok(if self.sound.is_some() { Event::Sounded } else { Event::TimedOut })
    }

    fn audio(&mut self) -> Option<&mut dyn AudioSource> {
        Some(self)
    }
}

impl AudioSource for Ringing {
    fn take_chunk(&mut self) -> Option<AudioChunk> {
        self.sound.take()
    }
}

/// A film that has another track after each command, and after each third wait, of which it says nothing.
struct Changing {
    track: u32,
    waits: u32,
}

factory!(ChangingFactory, "changing", Changing { track: 0, waits: 0 });

impl Source for Changing {
    one_pixel!();

    fn wait(&mut self, _: Option<Duration>) -> Result<Event, Error> {
        self.waits += 1;
        self.track += u32::from(self.waits.is_multiple_of(3));
        Ok(Event::TimedOut)
    }

    fn playback(&mut self) -> Option<&mut dyn PlaybackSource> {
        Some(self)
    }
}

impl PlaybackSource for Changing {
    fn playback(&self) -> Option<Playback> {
        Some(Playback {
            is_playing: false,
            can_seek: false,
            began: Pts(-7),
            duration: None,
            position: None,
            tracks: (0..=self.track).map(|track| format!("track {track}")).collect(),
            track: Some(self.track),
        })
    }

    fn control(&mut self, command: PlaybackCommand) {
        assert_ne!(command, PlaybackCommand::Step, "it cannot be stepped");
        self.track += 1;
    }
}

/// Two stretches and a half of sound.
fn long_sound() -> AudioChunk {
    let bytes = abi::SOUND_BYTES_MAX as usize * 5 / 2;
    AudioChunk { at: Pts(-7), samples: (0..bytes).map(|index| index.to_le_bytes()[1]).collect() }
}

extern "C" fn factory(id: abi::Str, index: u32) -> *const c_void {
    EXPORTS.factory(id, index)
}

/// Numbers of the sources.
const RESTLESS: u32 = 0;
const RINGING: u32 = 1;
const CHANGING: u32 = 2;

static EXPORTS: LazyLock<Exports> = LazyLock::new(|| {
    Exports::new("restless", "1", factory)
        .source::<RestlessFactory>()
        .source::<RingingFactory>()
        .source::<ChangingFactory>()
});

/// An open instance, and the table of its functions.
struct Opened {
    table: abi::Source,
    instance: *mut c_void,
}

impl Opened {
    /// Opens a source on a host of this minor version, which is not called.
    fn on(minor: u32, source: u32) -> Self {
        let host = abi::Host {
            struct_size: abi::struct_size::<abi::Host>(),
            abi_major: abi::ABI_MAJOR,
            abi_minor: minor,
            reserved: 0,
            context: ptr::null_mut(),
            log: None,
            sleep: None,
            notify: None,
        };
        // SAFETY: it is the table of a source, which is never released.
        let table = unsafe { factory(abi::Str::new(abi::SOURCE_ID), source).cast::<abi::Source>().read() };
        let (mut instance, mut error) = (ptr::null_mut(), abi::Error::NONE);
        // SAFETY: the arguments are as the interface says; the host is used during the call alone.
        let status = unsafe {
            table.create.unwrap()(&raw const host, ptr::null(), 0, &raw mut instance, &raw mut error)
        };
        assert_eq!(status, abi::OK, "{:?}", error.text);
        Self { table, instance }
    }

    fn event(&self) -> u32 {
        let (mut event, mut error) = (0, abi::Error::NONE);
        // SAFETY: the instance is open.
        unsafe { self.table.wait.unwrap()(self.instance, 0, &raw mut event, &raw mut error) };
        event
    }

    fn extension(&self, id: &str) -> *const c_void {
        // SAFETY: the instance is open, and the id valid during the call.
        unsafe { self.table.extension.unwrap()(self.instance, abi::Str::new(id)) }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // SAFETY: it is open, and nothing uses it after this.
        unsafe { self.table.destroy.unwrap()(self.instance) };
    }
}

#[test]
fn a_host_without_extensions_is_woken_instead() {
    for (source, event) in [(RESTLESS, abi::event::CURSOR_MOVED), (RINGING, abi::event::SOUNDED)] {
        assert_eq!(Opened::on(abi::EXTENSIONS_MINOR - 1, source).event(), abi::event::WOKEN);
        assert_eq!(Opened::on(abi::EXTENSIONS_MINOR, source).event(), event);
        assert_eq!(Opened::on(99, source).event(), event);
    }
}

#[test]
fn playback_that_changed_in_silence_is_an_event_until_the_host_asks() {
    let older = Opened::on(abi::PLAYBACK_MINOR - 1, CHANGING);
    assert!(older.extension(abi::PLAYBACK_ID).is_null());
    assert!((0..9).all(|_| older.event() == abi::event::TIMED_OUT), "it is not asked for");
    let opened = Opened::on(abi::ABI_MINOR, CHANGING);
    // SAFETY: it is the table of this extension.
    let table = unsafe { opened.extension(abi::PLAYBACK_ID).cast::<abi::PlaybackSource>().read() };
    let ask = || {
        let (mut told, mut error) = (abi::Playback::LIVE, abi::Error::NONE);
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { table.playback.unwrap()(opened.instance, &raw mut told, &raw mut error) };
        assert_eq!((status, told.began_us), (abi::OK, -7));
        let flags = abi::playback_flag::CONTROLLED | abi::playback_flag::HAS_TRACK;
        assert_eq!((told.flags, told.tracks_len), (flags, u64::from(told.track) + 1));
        // SAFETY: no function was called since.
        let last = unsafe { *told.tracks.add(told.track as usize) };
        // SAFETY: as above.
        let name = unsafe { copied(last.data, usize::try_from(last.len).unwrap()) };
        assert_eq!(name, format!("track {}", told.track).into_bytes());
        told.track
    };
    assert_eq!(opened.event(), abi::event::PLAYBACK_CHANGED, "nothing was told yet");
    assert_eq!(ask(), 0);
    assert_eq!(
        [(); 4].map(|()| opened.event()),
        [5, 5, 5, 8],
        "an event is returned before the source waits"
    );
    assert_eq!(ask(), 1);
    let control = |kind| {
        let struct_size = abi::struct_size::<abi::Command>();
        let command = abi::Command { struct_size, kind, seek_us: 0, track: 0, reserved: 0 };
        let mut error = abi::Error::NONE;
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { table.control.unwrap()(opened.instance, &raw const command, &raw mut error) };
        (status, error.text.as_str().map(str::to_owned))
    };
    assert_eq!(control(abi::command_kind::PLAY).0, abi::OK);
    assert_eq!(ask(), 2);
    assert_eq!(opened.event(), abi::event::TIMED_OUT, "the host knows what came of its command");
    let (status, text) = control(99);
    assert!(status == abi::FAILED && text.unwrap().contains("a command that there is not"));
    let (status, text) = control(abi::command_kind::STEP);
    assert!(status == abi::FAILED && text.unwrap().contains("it cannot be stepped"));
}

#[test]
fn sound_is_handed_over_in_stretches_of_which_none_is_too_long() {
    let opened = Opened::on(abi::ABI_MINOR, RINGING);
    assert!(opened.extension(abi::CURSOR_ID).is_null());
    // SAFETY: it is the table of this extension.
    let table = unsafe { opened.extension(abi::AUDIO_ID).cast::<abi::AudioSource>().read() };
    let take = || {
        let (mut taken, mut error) = (abi::Audio::NONE, abi::Error::NONE);
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { table.take.unwrap()(opened.instance, &raw mut taken, &raw mut error) };
        assert_eq!(status, abi::OK);
        let len = usize::try_from(taken.data_len).unwrap();
        // SAFETY: no function was called since.
        let samples = unsafe { copied(taken.data, len) };
        (taken.pts_us, samples)
    };
    let mut all = Vec::new();
    for (at, len) in
        [(-7, abi::SOUND_BYTES_MAX), (159_993, abi::SOUND_BYTES_MAX), (319_993, abi::SOUND_BYTES_MAX / 2)]
    {
        assert_eq!(opened.event(), abi::event::SOUNDED);
        let (pts_us, samples) = take();
        assert_eq!((pts_us, samples.len()), (at, len as usize));
        all.extend(samples);
    }
    assert!(all == long_sound().samples);
    assert_eq!(opened.event(), abi::event::TIMED_OUT);
    assert!(take().1.is_empty(), "nothing is due");
}

/// Copies samples.
///
/// # Safety
/// There are `len` of them at `data`, or none.
unsafe fn copied(data: *const u8, len: usize) -> Vec<u8> {
    if len == 0 {
        return Vec::new();
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(data, len) }.to_vec()
}

#[test]
fn pixels_of_a_shape_stay_until_the_next_call_and_a_panic_is_an_error() {
    let opened = Opened::on(abi::ABI_MINOR, RESTLESS);
    assert!(opened.extension("lanstream.cursor/2").is_null() && opened.extension("").is_null());
    // SAFETY: it is the table of this extension.
    let table = unsafe { opened.extension(abi::CURSOR_ID).cast::<abi::CursorSource>().read() };
    let ask = || {
        let (mut told, mut error) = (abi::Cursor::HIDDEN, abi::Error::NONE);
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { table.cursor.unwrap()(opened.instance, &raw mut told, &raw mut error) };
        (status, told, error)
    };
    for asked in 1..4_u8 {
        let (status, told, _) = ask();
        assert_eq!((status, told.flags), (abi::OK, abi::cursor_flag::VISIBLE));
        let number = u32::from(asked);
        assert_eq!((told.x, told.y, told.serial), (-1, i32::from(asked), number));
        assert_eq!([told.width, told.height, told.hot_x, told.hot_y], [number, 1, number - 1, 0]);
        let len = usize::try_from(told.pixels_len).unwrap();
        // SAFETY: no function was called since.
        let pixels = unsafe { std::slice::from_raw_parts(told.pixels, len) };
        assert_eq!(pixels, vec![asked; usize::from(asked) * 4]);
    }
    let (status, _, error) = ask();
    assert_eq!((status, error.kind), (abi::FAILED, abi::error_kind::ENDED));
    assert_eq!(error.text.as_str(), Some("it panicked: it was asked too often"));
}
