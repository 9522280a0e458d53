//! Outputs: what the compositor says of each monitor, and which one is meant.

use lanstream_core::source::Error;
use lanstream_core::{Orientation, Rect, Size, text};
use wayland_client::protocol::wl_output::{self, Mode, Transform, WlOutput};
use wayland_client::{Dispatch, Proxy as _, QueueHandle, WEnum};
use wayland_protocols::xdg::xdg_output::zv1::client::zxdg_output_manager_v1::ZxdgOutputManagerV1;
use wayland_protocols::xdg::xdg_output::zv1::client::zxdg_output_v1::{self, ZxdgOutputV1};

use crate::{Listed, MonitorChoice};

/// The outputs that there are.
#[derive(Default)]
pub(super) struct Outputs {
    all: Vec<Output>,
    manager: Option<ZxdgOutputManagerV1>,
    /// Counts what was told of any of them.
    changes: u64,
}

/// One output.
struct Output {
    /// The number that the registry has it by.
    global: u32,
    handle: WlOutput,
    logical: Option<ZxdgOutputV1>,
    /// What is being told.
    told: Properties,
    /// What was told completely.
    known: Option<Properties>,
}

/// What an output is like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Properties {
    name: Option<String>,
    mode: (i32, i32),
    transform: Option<Transform>,
    scale: i32,
    place: (i32, i32),
    logical_place: Option<(i32, i32)>,
    logical_size: Option<(i32, i32)>,
}

/// A monitor as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Monitor {
    pub(super) handle: WlOutput,
    pub(super) name: String,
    /// Pixels of the hardware, before it is turned.
    pub(super) mode: Size,
    pub(super) orientation: Orientation,
    /// Its upper left corner in the compositor's layout.
    place: (i32, i32),
    /// Its size there, which its scale is taken out of.
    logical_size: Size,
}

impl Outputs {
    pub(super) fn set_manager<S: Dispatch<ZxdgOutputV1, u32> + 'static>(
        &mut self,
        manager: ZxdgOutputManagerV1,
        handle: &QueueHandle<S>,
    ) {
        for output in &mut self.all {
            output.logical = Some(manager.get_xdg_output(&output.handle, handle, output.global));
        }
        self.manager = Some(manager);
    }

    pub(super) fn add<S: Dispatch<ZxdgOutputV1, u32> + 'static>(
        &mut self,
        global: u32,
        output: WlOutput,
        handle: &QueueHandle<S>,
    ) {
        let logical = self.manager.as_ref().map(|manager| manager.get_xdg_output(&output, handle, global));
        let (told, known) = (Properties { scale: 1, ..Properties::default() }, None);
        self.all.push(Output { global, handle: output, logical, told, known });
    }

    pub(super) fn remove(&mut self, global: u32) {
        let Some(index) = self.all.iter().position(|output| output.global == global) else { return };
        let Output { handle, logical, .. } = self.all.remove(index);
        logical.iter().for_each(ZxdgOutputV1::destroy);
        if handle.version() >= wl_output::REQ_RELEASE_SINCE {
            handle.release();
        }
        self.changes += 1;
    }

    /// Grows whenever something about an output was told completely.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// All that have a picture, from left to right and from top to bottom.
    pub(super) fn monitors(&self) -> Vec<Monitor> {
        let mut monitors: Vec<_> = self.all.iter().filter_map(Output::monitor).collect();
        monitors.sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
        monitors
    }

    /// The one that `choice` means.
    pub(super) fn find(&self, choice: &MonitorChoice) -> Result<Monitor, Error> {
        let monitors = self.monitors();
        choice.pick(&monitors, |monitor| &monitor.name, Monitor::describe).cloned()
    }

    /// Takes in what the compositor says of an output.
    pub(super) fn note(&mut self, global: u32, event: wl_output::Event) {
        let Some(told) = self.told(global) else { return };
        match event {
            wl_output::Event::Geometry { x, y, transform, .. } => {
                told.place = (x, y);
                told.transform = transform.into_result().ok();
            }
            wl_output::Event::Mode { flags: WEnum::Value(flags), width, height, .. }
                if flags.contains(Mode::Current) =>
            {
                told.mode = (width, height);
            }
            wl_output::Event::Scale { factor } => told.scale = factor,
            wl_output::Event::Name { name } => told.name = Some(name),
            wl_output::Event::Done => self.done(global),
            _ => {}
        }
    }

    /// Takes in what the compositor says of an output's place in its layout.
    pub(super) fn note_logical(&mut self, global: u32, event: zxdg_output_v1::Event) {
        let Some(told) = self.told(global) else { return };
        match event {
            zxdg_output_v1::Event::LogicalPosition { x, y } => told.logical_place = Some((x, y)),
            zxdg_output_v1::Event::LogicalSize { width, height } => told.logical_size = Some((width, height)),
            zxdg_output_v1::Event::Name { name } => told.name = Some(name),
            // Before version 3 it is complete by itself, later with its output.
            zxdg_output_v1::Event::Done => self.done(global),
            _ => {}
        }
    }

    fn told(&mut self, global: u32) -> Option<&mut Properties> {
        self.all.iter_mut().find(|output| output.global == global).map(|output| &mut output.told)
    }

    /// What was told of an output is complete.
    fn done(&mut self, global: u32) {
        let Some(output) = self.all.iter_mut().find(|output| output.global == global) else { return };
        if output.known.as_ref() != Some(&output.told) {
            output.known = Some(output.told.clone());
            self.changes += 1;
        }
    }
}

impl Output {
    /// Returns `None` for one without a picture, or before all was told.
    fn monitor(&self) -> Option<Monitor> {
        let known = self.known.as_ref()?;
        let mode = size(known.mode)?;
        let orientation = Orientation::from_transform(known.transform.unwrap_or(Transform::Normal).into());
        let name = known.name.clone().unwrap_or_else(|| format!("output-{}", self.global));
        Some(Monitor {
            handle: self.handle.clone(),
            name: text::harmless(&name).into_owned(),
            mode,
            orientation,
            place: known.logical_place.unwrap_or(known.place),
            logical_size: known.logical_size.and_then(size).unwrap_or_else(|| {
                let Size { width, height } = orientation.turned(mode);
                let scale = known.scale.max(1).unsigned_abs();
                Size { width: width.div_ceil(scale), height: height.div_ceil(scale) }
            }),
        })
    }
}

impl Monitor {
    /// Pixels of its picture.
    pub(super) fn size(&self) -> Size {
        self.orientation.turned(self.mode)
    }

    /// The part of its picture, in pixels, that a part of the compositor's layout is. Returns `None` unless all of that
    /// lies on it.
    pub(super) fn part(&self, layout: Rect) -> Option<Rect> {
        let Size { width, height } = self.size();
        let (x, across) = scaled(layout.x, layout.width, self.place.0, self.logical_size.width, width)?;
        let (y, down) = scaled(layout.y, layout.height, self.place.1, self.logical_size.height, height)?;
        Rect::new(x, y, across, down)
    }

    /// With the words that select it.
    pub(super) fn listed(&self, number: usize) -> Listed {
        Listed::monitor(number, &self.name, self.place, self.size(), None)
    }

    /// Size and place in words.
    pub(super) fn describe(&self) -> String {
        format!("{} at {},{}", self.size(), self.place.0, self.place.1)
    }
}

/// Begin and length in pixels of a stretch of the layout, on a monitor that begins at `origin` and there has a length
/// of `logical`, in pixels of `len`. A pixel that is partly in it counts.
fn scaled(start: u32, length: u32, origin: i32, logical: u32, len: u32) -> Option<(u32, u32)> {
    let start = u64::try_from(i64::from(start) - i64::from(origin)).ok()?;
    let end = start + u64::from(length);
    if end > u64::from(logical) {
        return None;
    }
    let first = start * u64::from(len) / u64::from(logical);
    let last = (end * u64::from(len)).div_ceil(u64::from(logical));
    Some((u32::try_from(first).ok()?, u32::try_from(last - first).ok()?))
}

/// Returns `None` where there is no pixel, or more than any monitor has.
fn size((width, height): (i32, i32)) -> Option<Size> {
    Size::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_layout_is_in_the_monitors_pixels() {
        assert_eq!(scaled(110, 20, 100, 640, 640), Some((10, 20)));
        assert_eq!(scaled(110, 20, 100, 320, 640), Some((20, 40)));
        // A scale of 1.5: the pixel at either end is partly in it.
        assert_eq!(scaled(1, 1, 0, 400, 600), Some((1, 2)));
        assert_eq!(scaled(0, 400, 0, 400, 600), Some((0, 600)));
        assert_eq!(scaled(0, 401, 0, 400, 600), None);
        assert_eq!(scaled(99, 20, 100, 640, 640), None);
    }
}
