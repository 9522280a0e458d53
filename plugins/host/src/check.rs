//! Checks of everything that a plugin says, before it is used.
#![allow(unsafe_code, reason = "tables and texts of a plugin are read through their pointers")]

use std::borrow::Cow;
use std::ffi::c_void;

use lanstream_core::options::{Choice, CowStr, OptionKind, OptionSpec};
use lanstream_core::planar::Planar;
use lanstream_core::registry::Descriptor;
use lanstream_core::source::{Description, Error};
use lanstream_core::text::{harmless, is_harmful};
use lanstream_core::{Layout, PIXEL_BYTES, PixelFormat, Rect, Region, Size};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::kind_from_abi;

/// Maximum number of options of a source or sink: more cannot be read by anybody.
const OPTIONS_MAX: usize = 128;
/// Maximum number of words of a choice, and of names in a list.
const NAMES_MAX: usize = 256;
/// Maximum number of bytes of a text.
const TEXT_BYTES_MAX: usize = 16 << 10;
/// Maximum number of bytes of a row beyond its pixels, as a multiple of the row: what aligns rows is far less.
const STRIDE_FACTOR_MAX: usize = 4;

/// Rule of the interface that a plugin breaks, and what was found.
pub(crate) type Broken = String;

/// Reads a table that begins with its size, as far as both sides know it. What lies beyond is zero.
///
/// # Safety
/// `table` is null or points to a `u32`, and to as many bytes as that says. `T` is valid if it is all zeroes.
pub(crate) unsafe fn table<T: Copy>(table: *const T, name: &str, size_min: usize) -> Result<T, Broken> {
    if table.is_null() || !table.is_aligned() {
        return Err(format!("the address of its table {name} is null or not aligned"));
    }
    // SAFETY: a table begins with its size.
    let size = unsafe { table.cast::<u32>().read() } as usize;
    if size < size_min {
        return Err(format!("its table {name} says it has {size} bytes, and needs {size_min} at least"));
    }
    let mut own = std::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: the table has `size` bytes, and `own` has room for those of `T`.
    unsafe {
        std::ptr::copy_nonoverlapping(table.cast::<u8>(), own.as_mut_ptr().cast(), size.min(size_of::<T>()));
    }
    // SAFETY: all bytes are initialised, and zeroes are valid.
    Ok(unsafe { own.assume_init() })
}

/// Reads the table of an extension, of which all functions came at once; `None` if the source does not have it.
///
/// # Safety
/// `table` is null, or what a plugin returned for the id of the extension whose table is `T`, of which all zeroes are
/// valid.
pub(crate) unsafe fn extension<T: Copy>(table: *const c_void, name: &str) -> Result<Option<T>, Broken> {
    if table.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { self::table(table.cast::<T>(), name, size_of::<T>()) }.map(Some)
}

/// Reads text that is valid as long as the process lives.
///
/// # Safety
/// `text` is null or points to as many bytes as it says.
pub(crate) unsafe fn text(text: abi::Str, what: &str) -> Result<String, Broken> {
    let len = length(text.len, TEXT_BYTES_MAX)
        .ok_or_else(|| format!("its {what} has {} bytes, and may have {TEXT_BYTES_MAX}", text.len))?;
    if text.data.is_null() && len > 0 {
        return Err(format!("its {what} is at a null address"));
    }
    if len == 0 {
        return Ok(String::new());
    }
    // SAFETY: it was just checked, and the caller promises the rest.
    let bytes = unsafe { std::slice::from_raw_parts(text.data, len) };
    let text = std::str::from_utf8(bytes).map_err(|_| format!("its {what} is not UTF-8"))?;
    Ok(text.to_owned())
}

/// Reads text that is shown to people, as [`text`] does. What a terminal would obey is replaced.
///
/// # Safety
/// As for [`text`].
pub(crate) unsafe fn shown(text: abi::Str, what: &str) -> Result<String, Broken> {
    // SAFETY: the caller's promise.
    Ok(harmless(&unsafe { self::text(text, what)? }).into_owned())
}

/// Reads a list.
///
/// # Safety
/// `data` is null or points to as many items as `len` says.
pub(crate) unsafe fn list<'a, T>(
    data: *const T,
    len: u64,
    len_max: usize,
    what: &str,
) -> Result<&'a [T], Broken> {
    let len = length(len, len_max).ok_or_else(|| format!("it has {len} {what}, and may have {len_max}"))?;
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() || !data.is_aligned() {
        return Err(format!("the address of its {what} is null or not aligned"));
    }
    // SAFETY: it was just checked, and the caller promises the rest.
    Ok(unsafe { std::slice::from_raw_parts(data, len) })
}

/// Returns a length that a plugin says, unless it is more than `len_max`.
fn length(len: u64, len_max: usize) -> Option<usize> {
    usize::try_from(len).ok().filter(|len| *len <= len_max)
}

/// Returns whether `name` can be a command or an option.
fn is_name(name: &str) -> bool {
    let is_inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(is_inside)
}

/// What the table of a source or sink says of it.
struct Said<'a> {
    /// What it is.
    kind: &'a str,
    name: abi::Str,
    about: abi::Str,
    examples: abi::Str,
    options: *const abi::OptionSpec,
    options_len: u64,
    /// Functions that it must have, and whether it has them.
    functions: &'a [(&'a str, bool)],
}

/// Reads the description of a source from its table.
///
/// # Safety
/// The texts and lists of `source` are as long as they say.
pub(crate) unsafe fn source(source: &abi::Source) -> Result<Descriptor, Broken> {
    let said = Said {
        kind: "source",
        name: source.name,
        about: source.about,
        examples: source.examples,
        options: source.options,
        options_len: source.options_len,
        functions: &[
            ("create", source.create.is_some()),
            ("destroy", source.destroy.is_some()),
            ("describe", source.describe.is_some()),
            ("wait", source.wait.is_some()),
            ("capture", source.capture.is_some()),
        ],
    };
    // SAFETY: the caller's promise.
    unsafe { descriptor(&said) }
}

/// Reads the description of a sink from its table.
///
/// # Safety
/// The texts and lists of `sink` are as long as they say.
pub(crate) unsafe fn sink(sink: &abi::Sink) -> Result<Descriptor, Broken> {
    let said = Said {
        kind: "sink",
        name: sink.name,
        about: sink.about,
        examples: sink.examples,
        options: sink.options,
        options_len: sink.options_len,
        functions: &[
            ("create", sink.create.is_some()),
            ("destroy", sink.destroy.is_some()),
            ("delivery", sink.delivery.is_some()),
            ("begin", sink.begin.is_some()),
            ("frame", sink.frame.is_some()),
            ("finish", sink.finish.is_some()),
        ],
    };
    // SAFETY: the caller's promise.
    let descriptor = unsafe { descriptor(&said)? };
    // Options of sinks stand beside those of a source, and have their names before them.
    match descriptor.options.iter().find(|option| option.is_positional) {
        Some(option) => {
            Err(format!("its option {} is a word without a name, which sinks cannot have", option.name))
        }
        None => Ok(descriptor),
    }
}

/// # Safety
/// The texts and lists are as long as they say.
unsafe fn descriptor(said: &Said<'_>) -> Result<Descriptor, Broken> {
    let kind = said.kind;
    // SAFETY: the caller's promise, here and below.
    let name = unsafe { text(said.name, &format!("{kind}'s name"))? };
    if !is_name(&name) {
        return Err(format!("its {kind}'s name {name:?} is not of lower-case letters, digits and hyphens"));
    }
    if let Some((function, _)) = said.functions.iter().find(|(_, is_there)| !is_there) {
        return Err(format!("the function {function} of its {kind} {name} is null"));
    }
    // SAFETY: as above.
    let specs = unsafe { list(said.options, said.options_len, OPTIONS_MAX, "options")? };
    // SAFETY: as above.
    let options = specs.iter().map(|spec| unsafe { option(spec) }).collect::<Result<Vec<_>, _>>()?;
    check_options(&format!("{kind} {name}"), &options)?;
    Ok(Descriptor {
        // SAFETY: as above.
        about: unsafe { shown(said.about, &format!("{kind}'s about"))? }.into(),
        // SAFETY: as above.
        examples: unsafe { shown(said.examples, &format!("{kind}'s examples"))? }.into(),
        name: name.into(),
        options,
    })
}

/// Checks that options make sense beside each other, and each for itself. `owner` has them.
fn check_options(owner: &str, options: &[OptionSpec]) -> Result<(), Broken> {
    let count = |name: &str| options.iter().filter(|option| option.name == name).count();
    for option in options {
        if count(&option.name) > 1 {
            return Err(format!("its {owner} has two options named {}", option.name));
        }
        let others = option.conflicts_with.iter().chain(&option.requires);
        if let Some(other) = others.into_iter().find(|other| count(other) == 0 || **other == option.name) {
            return Err(format!("its option {} refers to {other}, which is no other option", option.name));
        }
        check_option(option).map_err(|rule| format!("its option {} {rule}", option.name))?;
        if let Some(value) = &option.default {
            option.check(value.as_ref().as_ref()).map_err(|error| format!("the default of its {error}"))?;
        }
    }
    if options.iter().filter(|option| matches!(option.kind, OptionKind::Arguments)).count() > 1 {
        return Err(format!("its {owner} has two options that take all words after --"));
    }
    Ok(())
}

/// Checks that an option can be given at all, and be shown in help.
fn check_option(option: &OptionSpec) -> Result<(), Broken> {
    let is_required = option.is_positional || matches!(option.kind, OptionKind::Arguments);
    match &option.kind {
        OptionKind::Switch if option.is_positional || option.default.is_some() => {
            return Err("is a switch, which has neither a place nor a default".to_owned());
        }
        OptionKind::Integer { min, max } if min > max => {
            return Err(format!("is a number from {min} to {max}, of which there is none"));
        }
        OptionKind::Choice(choices) if choices.is_empty() => {
            return Err("is a choice without words".to_owned());
        }
        _ => {}
    }
    if is_required && option.default.is_some() {
        return Err("is required and has a default".to_owned());
    }
    if option.default.as_ref().is_some_and(|value| value.starts_with("--")) {
        return Err("has a default that looks like another option".to_owned());
    }
    let choices: &[Choice] = if let OptionKind::Choice(choices) = &option.kind { choices } else { &[] };
    let words = choices.iter().map(|choice| &choice.name);
    if words.clone().any(|word| word.is_empty() || word.starts_with('-')) {
        return Err("has a word that cannot be given".to_owned());
    }
    let in_line = words.chain([&option.value_name]).chain(&option.default);
    if in_line.into_iter().any(|text| text.contains(is_control)) {
        return Err("has control characters in its value".to_owned());
    }
    Ok(())
}

/// Returns whether a character breaks a line, or makes a terminal do something else than show it.
fn is_control(character: char) -> bool {
    character == '\n' || is_harmful(character)
}

/// # Safety
/// The texts and lists of `spec` are as long as they say.
unsafe fn option(spec: &abi::OptionSpec) -> Result<OptionSpec, Broken> {
    // SAFETY: the caller's promise, here and below.
    let name = unsafe { text(spec.name, "option's name")? };
    if !is_name(&name) {
        return Err(format!("its option's name {name:?} is not of lower-case letters, digits and hyphens"));
    }
    // SAFETY: as above.
    let choices = unsafe { list(spec.choices, spec.choices_len, NAMES_MAX, "choices")? };
    // SAFETY: as above.
    let choice = |choice: &abi::Choice| unsafe {
        Ok(Choice {
            name: text(choice.name, "choice's name")?.into(),
            help: shown(choice.help, "choice's help")?.into(),
        })
    };
    let kind = match spec.kind {
        abi::option_kind::SWITCH => OptionKind::Switch,
        abi::option_kind::INTEGER => OptionKind::Integer { min: spec.min, max: spec.max },
        abi::option_kind::TEXT => OptionKind::Text { check: None },
        abi::option_kind::PATH => OptionKind::Path,
        abi::option_kind::CHOICE => {
            OptionKind::Choice(choices.iter().map(choice).collect::<Result<Vec<_>, Broken>>()?)
        }
        abi::option_kind::ARGUMENTS => OptionKind::Arguments,
        other => return Err(format!("its option {name} is of the unknown kind {other}")),
    };
    let has_default = spec.flags & abi::option_flag::HAS_DEFAULT != 0;
    // SAFETY: as above.
    let default = unsafe { text(spec.default_value, "option's default")? };
    Ok(OptionSpec {
        // SAFETY: as above.
        help: unsafe { shown(spec.help, "option's help")? }.into(),
        // SAFETY: as above.
        value_name: unsafe { text(spec.value_name, "option's value name")? }.into(),
        // SAFETY: as above.
        conflicts_with: unsafe { names(spec.conflicts, spec.conflicts_len)? },
        // SAFETY: as above.
        requires: unsafe { names(spec.requires, spec.requires_len)? },
        is_positional: spec.flags & abi::option_flag::POSITIONAL != 0,
        default: has_default.then_some(Cow::Owned(default)),
        name: name.into(),
        kind,
    })
}

/// # Safety
/// The list and its texts are as long as they say.
unsafe fn names(names: *const abi::Str, len: u64) -> Result<Vec<CowStr>, Broken> {
    // SAFETY: the caller's promise.
    let names = unsafe { list(names, len, NAMES_MAX, "names of other options")? };
    // SAFETY: the caller's promise.
    names.iter().map(|name| Ok(unsafe { text(*name, "other option's name")? }.into())).collect()
}

/// Returns the layout that a source describes.
pub(crate) fn layout(layout: abi::Layout) -> Result<Layout, Broken> {
    let abi::Layout { width, height, stride, format, planar } = layout;
    let size = Size::new(width, height)
        .ok_or_else(|| format!("its frame of {width}x{height} pixels is too small or too large"))?;
    let own = match format {
        abi::format::BGRX8 => Layout::packed(size, PixelFormat::Bgrx8),
        abi::format::RGBX8 => Layout::packed(size, PixelFormat::Rgbx8),
        abi::format::PLANAR => {
            let planar = Planar::from_wire(planar)
                .ok_or_else(|| format!("its planar format {planar:?} is unknown"))?;
            Layout::planar(size, planar).ok_or_else(|| format!("its planar frame of {size} is too large"))?
        }
        other => return Err(format!("its format {other} is unknown")),
    };
    let stride = if stride == 0 { own.stride } else { stride as usize };
    let fits = stride >= own.stride
        && stride <= own.stride * STRIDE_FACTOR_MAX
        && stride.is_multiple_of(PIXEL_BYTES);
    let is_planar = matches!(own.format, PixelFormat::Planar(_));
    if !fits || (is_planar && stride != own.stride) {
        return Err(format!("its stride of {stride} bytes does not fit rows of {}", own.stride));
    }
    Ok(Layout { stride, ..own })
}

/// Returns the description of a source and its layout.
pub(crate) fn description(described: &abi::Description) -> Result<(Description, Layout), Broken> {
    let text = |text: &abi::Text, what: &str| {
        text.as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("its {what} is not UTF-8, or longer than its place"))
    };
    let stalled = text(&described.stalled, "reason for a stall")?;
    let alterations = text(&described.alterations, "list of alterations")?;
    let description = Description {
        name: text(&described.name, "name of what is shown")?,
        stalled: (!stalled.is_empty()).then_some(stalled),
        alterations: alterations.lines().map(str::to_owned).collect(),
    };
    Ok((description, layout(described.layout)?))
}

/// Returns a region of a frame, of which everything lies inside.
pub(crate) fn region(region: &abi::Region, cells: Size) -> Result<Region, Broken> {
    let rects = region
        .rects
        .get(..region.len as usize)
        .ok_or_else(|| format!("its region has {} rectangles", region.len))?;
    let mut own = Region::EMPTY;
    for rect in rects {
        let abi::Rect { x, y, width, height } = *rect;
        let inside = Rect::new(x, y, width, height).filter(|rect| cells.bounds().contains(*rect));
        own.add(
            inside.ok_or_else(|| {
                format!("its rectangle {width}x{height} at {x},{y} is not inside of {cells}")
            })?,
        );
    }
    Ok(own)
}

/// Returns the error that a function reported.
pub(crate) fn reported(error: &abi::Error) -> Error {
    let text = error.text.as_str().filter(|text| !text.is_empty());
    Error::new(kind_from_abi(error.kind), text.unwrap_or("it failed and did not say why"))
}
