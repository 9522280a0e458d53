//! Registration of the screen as a source with options.

use lanstream_core::Size;
use lanstream_core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_core::registry::{Configured, Descriptor, ListedSource, SourceFactory};
use lanstream_core::source::{Error, Listener, Opener};

use crate::{Backend, Kind, Listed, MonitorChoice, Options, RegionChoice, Target, WindowChoice, list, open};

const EXAMPLES: &str = "Examples:
  lanstream capture --display 0
  lanstream capture --display HDMI-1 --fps 30
  lanstream capture --window 0x3a00007
  lanstream capture --region 100,100,800x600 --cursor off
  lanstream capture --display 0 --json --port 0    for programs: one JSON object a line";

/// Values of an option that is on or off.
const ON_OFF: [(&str, &str); 2] = [("on", ""), ("off", "")];
/// Values of the option that chooses the backend.
const BACKENDS: [(&str, &str); 3] = [
    ("auto", "The compositor in a Wayland session, else the X server"),
    ("x11", "The X server; in a Wayland session it has the windows of X programs alone, over black"),
    ("wayland", "The Wayland compositor"),
];
/// Most captures a second that can be asked for: the fastest displays that people have.
const FPS_MAX: i64 = 240;

/// The source `capture`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScreenFactory;

impl SourceFactory for ScreenFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "capture".into(),
            about: "Capture a monitor, a window or a part of the screen".into(),
            examples: EXAMPLES.into(),
            options: options(),
        }
    }

    fn configure(&self, values: &OptionValues, _listener: Listener) -> Result<Configured, OptionError> {
        let fps_max = values.parse("fps")?;
        let options = Options {
            cursor: values.text("cursor") != Some("off"),
            popups: values.text("popups") != Some("off"),
            once: values.is_set("once"),
            backend: backend(values.text("backend")),
            fps_max,
            ..Options::default()
        };
        Ok(Configured { open: opener(target(values)?, options), fps_max })
    }

    fn list(&self) -> Result<Vec<ListedSource>, Error> {
        Ok(list(&Options::default())?.into_iter().map(ListedSource::from).collect())
    }
}

fn options() -> Vec<OptionSpec> {
    vec![
        OptionSpec::parsed::<MonitorChoice>(
            "display",
            "NUMBER|NAME",
            "A monitor by its number from 0, or by its name [default: the first]",
        )
        .conflicts("window")
        .conflicts("region"),
        OptionSpec::parsed::<WindowChoice>(
            "window",
            "ID|TITLE",
            "A window by its id, or by a part of its title; when one with that title is closed, the next that has it is shown",
        )
        .conflicts("region"),
        OptionSpec::choice(
            "popups",
            ON_OFF,
            "Whether menus and other pop-ups of the window are shown where they lie over it",
        )
        .default("on"),
        OptionSpec::switch("once", "End when the window is closed, with status 1").requires("window"),
        OptionSpec::parsed::<RegionChoice>("region", "X,Y,WxH", "A part of the screen"),
        OptionSpec::integer("fps", 1, FPS_MAX, "Most frames a second [default: as many as there are]"),
        OptionSpec::choice(
            "cursor",
            ON_OFF,
            "Whether the pointer is shown; X11 has it apart from the pixels, Wayland in them",
        )
        .default("on"),
        OptionSpec::choice("backend", BACKENDS, "What the screen is captured through").default("auto"),
    ]
}

fn backend(word: Option<&str>) -> Backend {
    match word {
        Some("x11") => Backend::X11,
        Some("wayland") => Backend::Wayland,
        _ => Backend::Auto,
    }
}

fn target(values: &OptionValues) -> Result<Target, OptionError> {
    if let Some(window) = values.parse("window")? {
        return Ok(Target::Window(window));
    }
    if let Some(region) = values.parse("region")? {
        return Ok(Target::Region(region));
    }
    Ok(Target::Monitor(values.parse("display")?.unwrap_or_default()))
}

/// Returns an opener of a target. Opened again after it was lost, it opens what takes the target's place.
pub fn opener(mut target: Target, options: Options) -> Opener {
    Box::new(move || {
        let source = open(&target, &options)?;
        target = target.clone().successor();
        Ok(source)
    })
}

impl From<Listed> for ListedSource {
    fn from(listed: Listed) -> Self {
        let kind = match listed.kind {
            Kind::Monitor => "monitor",
            Kind::Window => "window",
        };
        Self {
            kind: kind.into(),
            name: listed.name,
            select: format!("capture {}", listed.words),
            size: Some(Size { width: listed.width, height: listed.height }),
            position: Some((listed.x, listed.y)),
            refusal: listed.refusal,
        }
    }
}
