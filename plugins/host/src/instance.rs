//! An open source of a plugin, in the process that loaded it.
#![allow(unsafe_code, reason = "functions of a plugin are called")]

use std::ptr;
use std::task::Waker;
use std::time::Duration;

use lanstream_core::options::OptionValues;
use lanstream_core::source::{
    AudioChunk, AudioSource, Captured, Cursor, CursorSource, Description, Error, Event, Playback,
    PlaybackCommand, PlaybackSource, Source,
};
use lanstream_core::{FrameBuffer, Layout, PixelMemory, Pts, Region};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::{event_from_abi, layout_to_abi, region_to_abi};

use crate::check;
use crate::cursor::KnownCursor;
use crate::extensions::Extensions;
use crate::lent::{LendableMemory, Lent};
use crate::open::{Functions, OpenInstance, is_null, result, rule};
use crate::playback::KnownPlayback;

/// An open source.
pub(crate) struct Instance {
    table: abi::Source,
    open: OpenInstance,
    extensions: Extensions,
}

/// Result of a capture.
pub(crate) struct Capture {
    pub(crate) captured: Captured,
    pub(crate) pts: Option<Pts>,
}

impl Instance {
    /// Opens a source, and asks which extensions it has.
    pub(crate) fn create(table: abi::Source, values: &OptionValues) -> Result<Self, Error> {
        let functions = Functions { create: table.create, destroy: table.destroy, wake: table.wake };
        let open = OpenInstance::create(functions, values)?;
        let extension = |id| match table.extension {
            // SAFETY: the instance is open, and the id is valid during the call.
            Some(extension) => unsafe { extension(open.pointer(), abi::Str::new(id)) },
            None => ptr::null(),
        };
        // SAFETY: it is what the plugin returned for this id.
        let extensions = unsafe { Extensions::read(extension) }.map_err(rule)?;
        Ok(Self { table, open, extensions })
    }

    /// Describes the source.
    pub(crate) fn describe(&mut self) -> Result<(Description, Layout), Error> {
        let mut described = no_description();
        let mut error = abi::Error::NONE;
        let describe = self.table.describe.ok_or_else(|| is_null("describe"))?;
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { describe(self.open.pointer(), &raw mut described, &raw mut error) };
        result(status, &error)?;
        check::description(&described).map_err(rule)
    }

    /// Waits for an event.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let timeout = timeout.map_or(abi::FOREVER, nanoseconds);
        let mut event = 0;
        let mut error = abi::Error::NONE;
        let wait = self.table.wait.ok_or_else(|| is_null("wait"))?;
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { wait(self.open.pointer(), timeout, &raw mut event, &raw mut error) };
        result(status, &error)?;
        let event =
            event_from_abi(event).ok_or_else(|| rule(format!("wait returned the unknown event {event}")))?;
        self.extensions.check(event).map_err(rule)?;
        Ok(event)
    }

    /// Returns whether the source has a cursor apart from its pixels.
    #[cfg(target_os = "linux")]
    pub(crate) fn has_cursor(&self) -> bool {
        self.extensions.cursor.is_some()
    }

    /// Asks where the cursor is; `None` of a source that has none.
    pub(crate) fn cursor(&mut self) -> Result<Option<Cursor>, Error> {
        let instance = self.open.pointer();
        // SAFETY: the instance is open, and has the extension.
        self.extensions.cursor.as_mut().map(|cursor| unsafe { cursor.ask(instance) }).transpose()
    }

    /// Returns whether the source has sound.
    pub(crate) fn has_audio(&self) -> bool {
        self.extensions.audio.is_some()
    }

    /// Takes the stretch of sound that is due, after the event that says so.
    pub(crate) fn take_sound(&mut self) -> Result<Option<AudioChunk>, Error> {
        let Some(audio) = &self.extensions.audio else { return Ok(None) };
        // SAFETY: the instance is open, and has the extension.
        unsafe { audio.take(self.open.pointer()) }
    }

    /// Returns whether viewers control the source's playback.
    pub(crate) fn has_playback(&self) -> bool {
        self.extensions.playback.is_some()
    }

    /// Asks how playback stands; `None` of a live stream, and of a source that has none.
    pub(crate) fn playback(&self) -> Result<Option<Playback>, Error> {
        let Some(playback) = &self.extensions.playback else { return Ok(None) };
        // SAFETY: the instance is open, and has the extension.
        unsafe { playback.ask(self.open.pointer()) }
    }

    /// Carries out a viewer's command.
    pub(crate) fn control(&mut self, command: PlaybackCommand) -> Result<(), Error> {
        let Some(playback) = &self.extensions.playback else { return Ok(()) };
        // SAFETY: the instance is open, and has the extension.
        let (status, error) = unsafe { playback.control(self.open.pointer(), command) };
        result(status, &error)
    }

    /// Sleeps until the waker is used, and returns whether it was.
    pub(crate) fn sleep(&self, timeout: Option<Duration>) -> bool {
        self.open.sleep(timeout)
    }

    /// Captures into `bytes`, which lie as `layout` says. Pixels that the plugin lends are copied there.
    pub(crate) fn capture(
        &mut self,
        bytes: &mut [u8],
        layout: Layout,
        region: &Region,
    ) -> Result<Capture, Error> {
        let (capture, lent) = self.capture_or_borrow(bytes, layout, region)?;
        if let Some(lent) = lent {
            lent.copy_to(bytes, layout).map_err(rule)?;
        }
        Ok(capture)
    }

    /// Captures into the memory of a frame. Pixels that the plugin lends are copied there, or kept if it allows that.
    pub(crate) fn capture_or_keep(
        &mut self,
        memory: &mut LendableMemory,
        layout: Layout,
        region: &Region,
    ) -> Result<Capture, Error> {
        let mut region = *region;
        if memory.is_outdated() {
            region = Region::full(layout.cells());
        }
        let (mut capture, lent) = self.capture_or_borrow(memory.own_mut(), layout, &region)?;
        memory.captured(lent, layout).map_err(rule)?;
        capture.captured.updated.merge(&region);
        Ok(capture)
    }

    /// Captures into `bytes`, unless the plugin lends its own pixels.
    fn capture_or_borrow(
        &mut self,
        bytes: &mut [u8],
        layout: Layout,
        region: &Region,
    ) -> Result<(Capture, Option<Lent>), Error> {
        let mut frame = frame(bytes, layout, region);
        let mut error = abi::Error::NONE;
        let capture = self.table.capture.ok_or_else(|| is_null("capture"))?;
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { capture(self.open.pointer(), &raw mut frame, &raw mut error) };
        let lent = Lent::of(&frame);
        result(status, &error)?;
        let cells = layout.cells();
        let is_all = frame.flags & abi::frame_flag::ALL != 0 || lent.is_some();
        let captured = if is_all {
            Captured::all(layout)
        } else {
            let damage = check::region(&frame.damage, cells).map_err(rule)?;
            let mut updated = check::region(&frame.updated, cells).map_err(rule)?;
            updated.merge(&damage);
            Captured { updated, damage }
        };
        let has_pts = frame.flags & abi::frame_flag::HAS_PTS != 0;
        Ok((Capture { captured, pts: has_pts.then_some(Pts(frame.pts_us)) }, lent))
    }

    /// Returns a waker that ends `wait`.
    pub(crate) fn waker(&self) -> Waker {
        self.open.waker()
    }
}

/// A plugin's source in this process.
pub(crate) struct LoadedSource {
    instance: Instance,
    description: Description,
    layout: Layout,
    cursor: Option<KnownCursor>,
    /// Sound that is due and was not taken.
    sound: Option<AudioChunk>,
    playback: KnownPlayback,
    /// Why a command was not carried out, which `wait` returns.
    failure: Option<Error>,
}

impl LoadedSource {
    pub(crate) fn new(mut instance: Instance) -> Result<Self, Error> {
        let (description, layout) = instance.describe()?;
        let cursor = instance.cursor()?.map(KnownCursor);
        let playback = KnownPlayback::new(instance.playback()?);
        Ok(Self { instance, description, layout, cursor, sound: None, playback, failure: None })
    }

    fn ask_playback(&mut self) -> Result<(), Error> {
        self.playback = KnownPlayback::new(self.instance.playback()?);
        Ok(())
    }
}

impl Source for LoadedSource {
    fn description(&self) -> Description {
        self.description.clone()
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn waker(&self) -> Waker {
        self.instance.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        // Nobody takes sound because too much of it waits: the source stands still.
        if self.sound.is_some() {
            return Ok(if self.instance.sleep(timeout) { Event::Woken } else { Event::TimedOut });
        }
        let event = self.instance.wait(timeout)?;
        if matches!(event, Event::Resized | Event::Described) {
            (self.description, self.layout) = self.instance.describe()?;
        }
        if event == Event::CursorMoved {
            self.cursor = self.instance.cursor()?.map(KnownCursor);
        }
        if event == Event::Sounded {
            self.sound = self.instance.take_sound()?;
        }
        if event == Event::PlaybackChanged {
            self.ask_playback()?;
        }
        Ok(event)
    }

    fn capture(&mut self, frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
        let layout = frame.layout();
        let Capture { captured, pts } = match frame.memory_mut() {
            Some(memory) => self.instance.capture_or_keep(memory, layout, region),
            None => self.instance.capture(frame.bytes_mut(), layout, region),
        }?;
        frame.set_pts(pts);
        Ok(captured)
    }

    fn allocate(&mut self) -> Result<Box<dyn PixelMemory>, Error> {
        Ok(Box::new(LendableMemory::new(self.layout.bytes())))
    }

    fn cursor(&self) -> Option<&dyn CursorSource> {
        self.cursor.as_ref().map(|cursor| cursor as &dyn CursorSource)
    }

    fn audio(&mut self) -> Option<&mut dyn AudioSource> {
        if self.instance.has_audio() { Some(self) } else { None }
    }

    fn playback(&mut self) -> Option<&mut dyn PlaybackSource> {
        if self.instance.has_playback() { Some(self) } else { None }
    }
}

impl PlaybackSource for LoadedSource {
    fn playback(&self) -> Option<Playback> {
        self.playback.now()
    }

    fn control(&mut self, command: PlaybackCommand) {
        let done = self.instance.control(command).and_then(|()| self.ask_playback());
        self.failure = self.failure.take().or_else(|| done.err());
    }
}

impl AudioSource for LoadedSource {
    fn take_chunk(&mut self) -> Option<AudioChunk> {
        self.sound.take()
    }
}

/// Returns a description to be filled.
pub(crate) fn no_description() -> abi::Description {
    abi::Description {
        struct_size: abi::struct_size::<abi::Description>(),
        reserved: 0,
        layout: abi::Layout::default(),
        name: abi::Text::EMPTY,
        stalled: abi::Text::EMPTY,
        alterations: abi::Text::EMPTY,
    }
}

/// Returns a frame to be captured into `bytes`.
pub(crate) fn frame(bytes: &mut [u8], layout: Layout, region: &Region) -> abi::Frame {
    abi::Frame {
        struct_size: abi::struct_size::<abi::Frame>(),
        flags: 0,
        layout: layout_to_abi(layout),
        reserved: 0,
        data: bytes.as_mut_ptr(),
        data_len: bytes.len() as u64,
        region: region_to_abi(region),
        updated: abi::Region::default(),
        damage: abi::Region::default(),
        pts_us: 0,
        lent: ptr::null(),
        lent_len: 0,
        lent_stride: 0,
        lent_owner: ptr::null_mut(),
        lent_release: None,
    }
}

/// Returns a timeout as the interface has it: what it has no room for lasts centuries.
pub(crate) fn nanoseconds(timeout: Duration) -> u64 {
    u64::try_from(timeout.as_nanos()).map_or(abi::FOREVER - 1, |ns| ns.min(abi::FOREVER - 1))
}
