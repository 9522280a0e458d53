//! The plugin under test: its tables, and open sources whose every call is checked.
#![allow(unsafe_code, reason = "functions of a plugin are called")]

use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use lanstream_core::Region;
use lanstream_core::options::OptionValues;
use lanstream_core::registry::Descriptor;
use lanstream_core::source::{Description, Event};
use lanstream_core::{Layout, PIXEL_BYTES, PixelFormat};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::event_from_abi;

use super::buffer::{Buffer, Edge};
pub(super) use super::host_table::HostVersion;
use super::host_table::{Context, NewerHost, host_table};
use super::instance::{Instance, Table};
use super::report::Report;
use crate::audio::chunk;
use crate::check;
use crate::extensions::Extensions;
use crate::instance;
use crate::lent::Lent;

/// Bytes between rows of a host that aligns rows more than a plugin would.
const PADDING_BYTES: usize = 64;
/// Reason why the trial of a rule ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Broken(String),
    Skipped(String),
}

impl Fault {
    /// Returns the fault where it breaks the rule that the rule could not be tried.
    pub(super) fn must_not_be_skipped(self) -> Self {
        match self {
            Self::Broken(reason) | Self::Skipped(reason) => Self::Broken(reason),
        }
    }
}

pub(super) type Outcome<T = ()> = Result<T, Fault>;

/// Names and values of options.
pub(super) type Values = Vec<(String, Vec<u8>)>;

/// A source or sink of the plugin under test, which is not open yet, with its table.
pub(super) struct Subject<T = abi::Source> {
    pub(super) entry: abi::PluginEntry,
    pub(super) table: T,
    pub(super) descriptor: Descriptor,
    /// Names of all that the plugin has of this kind.
    pub(super) names: Vec<String>,
    /// Options that were given and defaults.
    pub(super) values: Values,
    pub(super) report: Arc<Report>,
}

/// The error of a function: its kind and its text, if it has one.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) kind: u32,
    pub(super) text: Option<String>,
}

/// An open source.
pub(super) struct Opened {
    table: abi::Source,
    pub(super) instance: Instance,
    pub(super) extensions: Extensions,
    pub(super) description: Description,
    pub(super) layout: Layout,
}

/// What a capture said.
#[derive(Clone, Debug)]
pub(super) struct Shot {
    pub(super) updated: Region,
    pub(super) damage: Region,
}

impl<T> Subject<T> {
    pub(super) fn new(
        entry: abi::PluginEntry,
        (table, descriptor): (T, Descriptor),
        names: Vec<String>,
        given: OptionValues,
        report: Arc<Report>,
    ) -> Outcome<Self> {
        let complete = given.complete(&descriptor.options);
        let values = complete.map_err(|error| Fault::Skipped(format!("{error}: give it with --set")))?;
        let values = values.iter().map(|(name, value)| (name.to_owned(), value.as_encoded_bytes().to_vec()));
        Ok(Self { entry, table, descriptor, names, values: values.collect(), report })
    }

    /// Says which function is called next.
    pub(super) fn step(&self, function: &str) {
        self.report.step(function);
    }

    /// Returns the options with `value` in place of that of `name`.
    pub(super) fn values_with(&self, name: &str, value: &[u8]) -> Values {
        let others = self.values.iter().filter(|(known, _)| known != name).cloned();
        others.chain([(name.to_owned(), value.to_vec())]).collect()
    }
}

impl<T: Table> Subject<T> {
    /// Calls `create` of the table.
    pub(super) fn create(&self, values: &Values, version: HostVersion) -> Outcome<Result<Instance, Failure>> {
        let functions = self.table.functions();
        let context: &'static Context = Box::leak(Box::default());
        let host: &'static NewerHost = Box::leak(Box::new(host_table(context, version)));
        let text = |bytes: &[u8]| abi::Str { data: bytes.as_ptr(), len: bytes.len() as u64 };
        let given: Vec<_> = values
            .iter()
            .map(|(name, value)| abi::Value { name: text(name.as_bytes()), value: text(value) })
            .collect();
        let Some(create) = functions.create else { return broken("its function create is null") };
        let (mut instance, mut error) = (ptr::null_mut(), abi::Error::NONE);
        self.report.step("create");
        // SAFETY: the arguments are as the interface says; the host's table is never released.
        let status = unsafe {
            create(
                &raw const host.host,
                given.as_ptr(),
                given.len() as u64,
                &raw mut instance,
                &raw mut error,
            )
        };
        if status != abi::OK {
            return Ok(Err(Failure::of(&error)));
        }
        if instance.is_null() {
            return broken("create succeeded without an instance");
        }
        Ok(Ok(Instance::new(instance, functions, context, Arc::clone(&self.report))))
    }
}

impl Subject {
    /// Opens the source with its own options. If it cannot be opened, nothing that needs it can be tried.
    pub(super) fn open(&self) -> Outcome<Opened> {
        self.open_with(&self.values, HostVersion::Own)?
            .map_err(|failure| Fault::Skipped(format!("it cannot be opened: {}", failure.words())))
    }

    /// Opens the source on a host of some version, with its own options.
    pub(super) fn open_on(&self, version: HostVersion) -> Outcome<Result<Opened, Failure>> {
        self.open_with(&self.values, version)
    }

    /// Opens the source.
    pub(super) fn open_with(
        &self,
        values: &Values,
        version: HostVersion,
    ) -> Outcome<Result<Opened, Failure>> {
        let instance = match self.create(values, version)? {
            Ok(instance) => instance,
            Err(failure) => return Ok(Err(failure)),
        };
        let table = |id| instance.extension(id).unwrap_or(ptr::null());
        // SAFETY: it is what the plugin returned for this id.
        let extensions = unsafe { Extensions::read(table) }.map_err(Fault::Broken)?;
        let (description, layout) = (Description::default(), Layout::packed(ONE_PIXEL, PixelFormat::Rgbx8));
        let table = self.table;
        let mut opened = Opened { table, instance, extensions, description, layout };
        // As hosts do. Whether it can be is a rule of its own.
        opened.ask_playback();
        opened.describe()?;
        Ok(Ok(opened))
    }
}

/// Size of the layout that a source has until it is described.
const ONE_PIXEL: lanstream_core::Size = lanstream_core::Size { width: 1, height: 1 };

impl Opened {
    /// Asks for the description and the layout.
    pub(super) fn describe(&mut self) -> Outcome {
        let described = self.described()?;
        (self.description, self.layout) = described;
        Ok(())
    }

    /// Returns the description and the layout, which stay as they were known.
    pub(super) fn described(&self) -> Outcome<(Description, Layout)> {
        let Some(describe) = self.table.describe else { return broken("its function describe is null") };
        let (mut described, mut error) = (instance::no_description(), abi::Error::NONE);
        self.instance.step("describe");
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { describe(self.instance.pointer, &raw mut described, &raw mut error) };
        check_status("describe", status, &error)?;
        check::description(&described).map_err(Fault::Broken)
    }

    /// Waits for an event. After one that says so, the source is described again.
    pub(super) fn wait(&mut self, timeout: Option<Duration>) -> Outcome<Event> {
        let event = self.wait_only(timeout)?;
        if matches!(event, Event::Resized | Event::Described) {
            self.describe()?;
        }
        Ok(event)
    }

    /// Waits for an event. Sound that is due is taken, and playback that changed is asked for: both may be anything.
    pub(super) fn wait_only(&mut self, timeout: Option<Duration>) -> Outcome<Event> {
        let event = self.event(timeout)?;
        if event == Event::Sounded {
            self.take_sound();
        }
        if event == Event::PlaybackChanged {
            self.ask_playback();
        }
        Ok(event)
    }

    /// Asks how playback stands, and leaves it unchecked.
    fn ask_playback(&self) {
        let Some(playback) = &self.extensions.playback else { return };
        self.instance.step("playback");
        // SAFETY: the instance is open, and of the source that has the extension.
        let _unchecked = unsafe { playback.call(self.instance.pointer) };
    }

    /// Waits for an event.
    pub(super) fn event(&mut self, timeout: Option<Duration>) -> Outcome<Event> {
        let Some(wait) = self.table.wait else { return broken("its function wait is null") };
        let timeout = timeout.map_or(abi::FOREVER, instance::nanoseconds);
        let (mut event, mut error) = (0, abi::Error::NONE);
        self.instance.step("wait");
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { wait(self.instance.pointer, timeout, &raw mut event, &raw mut error) };
        check_status("wait", status, &error)?;
        let Some(event) = event_from_abi(event) else {
            return broken(format!("wait returned the unknown event {event}"));
        };
        self.extensions.check(event).map_err(Fault::Broken)?;
        Ok(event)
    }

    /// Takes the sound that is due. Returns what the function did; `None` of a source without sound.
    fn take_sound(&mut self) -> Option<(i32, abi::Audio, abi::Error)> {
        let audio = self.extensions.audio.as_ref()?;
        self.instance.step("take");
        // SAFETY: the instance is open, and of the source that has the extension.
        Some(unsafe { audio.call(self.instance.pointer) })
    }

    /// Takes the sound that is due, and checks it.
    pub(super) fn check_sound(&mut self) -> Outcome {
        let Some((status, taken, error)) = self.take_sound() else { return Ok(()) };
        check_status("take", status, &error)?;
        // SAFETY: nothing was called since.
        unsafe { chunk(&taken) }.map(drop).map_err(Fault::Broken)
    }

    /// Captures `region` into `buffer`. Pixels that the plugin lends are copied there. Returns `None` where it has no
    /// picture at this moment.
    pub(super) fn capture(&mut self, buffer: &mut Buffer, region: &Region) -> Outcome<Option<Shot>> {
        let layout = buffer.layout;
        let Some((shot, lent)) = self.capture_lent(buffer, region)? else { return Ok(None) };
        if let Some(lent) = lent {
            lent.copy_to(buffer.bytes_mut(), layout).map_err(Fault::Broken)?;
            self.instance.step("lent_release");
        }
        Ok(Some(shot))
    }

    /// Captures `region` into `buffer`, or returns the pixels that the plugin lends, which are released when they are
    /// dropped.
    pub(super) fn capture_lent(
        &mut self,
        buffer: &mut Buffer,
        region: &Region,
    ) -> Outcome<Option<(Shot, Option<Lent>)>> {
        let Some(capture) = self.table.capture else { return broken("its function capture is null") };
        let layout = buffer.layout;
        let mut frame = instance::frame(buffer.bytes_mut(), layout, region);
        let mut error = abi::Error::NONE;
        self.instance.step("capture");
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { capture(self.instance.pointer, &raw mut frame, &raw mut error) };
        let lent = Lent::of(&frame);
        if status != abi::OK && error.kind == abi::error_kind::RETRY && error.text.as_str().is_some() {
            return Ok(None);
        }
        check_status("capture", status, &error)?;
        let is_all = frame.flags & abi::frame_flag::ALL != 0 || lent.is_some();
        let full = Region::full(layout.cells());
        let region = |region| check::region(region, layout.cells()).map_err(Fault::Broken);
        let (updated, damage) =
            if is_all { (full, full) } else { (region(&frame.updated)?, region(&frame.damage)?) };
        Ok(Some((Shot { updated, damage }, lent)))
    }

    /// Returns memory for a frame, with the rows of the plugin.
    pub(super) fn buffer(&self, edge: Edge) -> Outcome<Buffer> {
        no_memory(Buffer::new(self.layout, edge))
    }

    /// Returns memory for a frame, with rows that are longer than the plugin's where the format allows it.
    pub(super) fn padded_buffer(&self, edge: Edge) -> Outcome<Buffer> {
        let packed = self.layout.cells().width as usize * PIXEL_BYTES;
        let is_planar = matches!(self.layout.format, PixelFormat::Planar(_));
        let stride = if is_planar { packed } else { self.layout.stride.max(packed) + PADDING_BYTES };
        no_memory(Buffer::new(Layout { stride, ..self.layout }, edge))
    }

    /// Returns the region of a whole frame.
    pub(super) fn all(&self) -> Region {
        Region::full(self.layout.cells())
    }
}

impl Failure {
    pub(super) fn of(error: &abi::Error) -> Self {
        let text = error.text.as_str().filter(|text| !text.is_empty());
        Self { kind: error.kind, text: text.map(str::to_owned) }
    }

    pub(super) fn words(&self) -> &str {
        self.text.as_deref().unwrap_or("it did not say why")
    }

    /// Returns an error if the error itself breaks a rule.
    pub(super) fn check(&self, function: &str) -> Outcome {
        let kinds = abi::error_kind::RETRY..=abi::error_kind::UNSUPPORTED;
        if !kinds.contains(&self.kind) {
            return broken(format!("the error of {function} is of the unknown kind {}", self.kind));
        }
        if self.text.is_none() {
            return broken(format!("{function} failed without a text that says why"));
        }
        Ok(())
    }
}

/// Returns an error if a function failed. A source or sink may end at any time, and the rule is over then.
pub(super) fn check_status(function: &str, status: i32, error: &abi::Error) -> Outcome {
    if status == abi::OK {
        return Ok(());
    }
    let failure = Failure::of(error);
    failure.check(function)?;
    Err(Fault::Skipped(format!("it ended: {}", failure.words())))
}

pub(super) fn broken<T>(rule: impl Into<String>) -> Outcome<T> {
    Err(Fault::Broken(rule.into()))
}

pub(super) fn no_memory<T>(result: std::io::Result<T>) -> Outcome<T> {
    result.map_err(|error| Fault::Skipped(format!("there is no memory for a frame: {error}")))
}
