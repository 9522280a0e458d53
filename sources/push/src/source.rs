//! The source of a stream of images: shows the newest one, from its own memory.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Waker;
use std::time::Duration;

use lanstream_core::source::{Captured, Description, Error, ErrorKind, Event, Source};
use lanstream_core::{FrameBuffer, Layout, PixelFormat, PixelMemory, Region, Size};

use crate::pushed::{Pushed, SharedPixels};
use crate::pusher::Shared;

/// Size of a stream before its first image.
const NO_IMAGE_SIZE: Size = Size { width: 1, height: 1 };

/// Source of a stream.
#[derive(Debug)]
pub(crate) struct PushSource {
    shared: Arc<Shared>,
    description: Description,
    newest: Arc<Pushed>,
    has_image: bool,
    /// What changed in the images that were taken since the last capture.
    damage: Region,
    audited: Region,
    /// Description from the next event on.
    next_description: Option<Description>,
}

impl PushSource {
    pub(crate) fn new(name: String, shared: Arc<Shared>) -> Self {
        let layout = Layout::packed(NO_IMAGE_SIZE, PixelFormat::Rgbx8);
        let stalled = Some("no image was pushed yet".to_owned());
        Self {
            shared,
            description: Description { name, stalled, alterations: Vec::new() },
            newest: Arc::new(Pushed { bytes: vec![0; layout.bytes()], ..Pushed::empty(layout) }),
            has_image: false,
            damage: Region::EMPTY,
            audited: Region::EMPTY,
            next_description: None,
        }
    }

    /// Takes the newest image, and returns what it changes.
    fn take(&mut self) -> Option<Event> {
        let image = self.shared.slot.take()?;
        let is_resized = !self.has_image || image.layout != self.newest.layout;
        if is_resized {
            (self.damage, self.audited) = (Region::full(image.layout.cells()), Region::EMPTY);
        } else {
            self.damage.merge(&image.damage);
            self.audited.merge(&image.audited);
        }
        self.describe(image.alteration);
        self.newest = image;
        self.has_image = true;
        Some(if is_resized { Event::Resized } else { Event::Damaged })
    }

    fn describe(&mut self, alteration: Option<&str>) {
        let latest = self.next_description.as_ref().unwrap_or(&self.description);
        if latest.stalled.is_none() && latest.alterations.iter().eq(alteration) {
            return;
        }
        let alterations = alteration.map(str::to_owned).into_iter().collect();
        self.next_description = Some(Description { name: latest.name.clone(), stalled: None, alterations });
    }
}

impl Source for PushSource {
    fn description(&self) -> Description {
        self.description.clone()
    }

    fn layout(&self) -> Layout {
        self.newest.layout
    }

    fn waker(&self) -> Waker {
        self.shared.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        if let Some(description) = self.next_description.take() {
            self.description = description;
            return Ok(Event::Described);
        }
        if let Some(event) = self.take() {
            return Ok(event);
        }
        let is_woken = self.shared.wakeup.sleep(timeout);
        let event = if is_woken { Event::Woken } else { Event::TimedOut };
        Ok(self.take().unwrap_or(event))
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let not_ours = || Error::new(ErrorKind::Lost, "the frame's memory is another source's");
        let memory = frame.memory_mut::<SharedPixels>().ok_or_else(not_ours)?;
        memory.0 = Arc::clone(&self.newest);
        frame.set_pts(self.newest.pts);
        let damage = std::mem::take(&mut self.damage);
        let mut updated = std::mem::take(&mut self.audited);
        updated.merge(&damage);
        Ok(Captured { updated, damage })
    }

    fn damage(&self) -> Option<Region> {
        let mut damage = self.damage;
        damage.merge(&self.audited);
        Some(damage)
    }

    fn allocate(&mut self) -> Result<Box<dyn PixelMemory>, Error> {
        Ok(Box::new(SharedPixels(Arc::clone(&self.newest))))
    }
}

impl Drop for PushSource {
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::Release);
    }
}
