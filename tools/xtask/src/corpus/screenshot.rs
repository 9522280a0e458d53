//! Runs a program on a display of its own and takes the picture when the program has drawn it.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use lanstream_testkit::display::Display;
use tempfile::TempDir;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, EventMask, Window,
};

use super::picture::{self, HEIGHT, WIDTH};
use super::program::Program;
use crate::patience::Patience;
use crate::screen::{PIXEL_BYTES, Screen};

/// How long a program may take to draw; a browser's first start on a busy machine takes longest.
const DRAW_LIMIT: Duration = Duration::from_secs(120);
/// A picture that has not changed for so long is done: programs draw what is missing sooner.
const STILL: Duration = Duration::from_millis(1500);
/// One in so many pixels at least differs from the background, or the program has yet to draw.
const DRAWN_SHARE: usize = 100;
/// Pixels each way from which on a window is the program's own, and no helper.
const WINDOW_MIN: u16 = 100;

pub(crate) fn make(
    program: Program,
    picture: &Path,
    workshop: &Path,
    patience: &Patience,
) -> anyhow::Result<()> {
    let display = crate::screen::display((WIDTH, HEIGHT));
    let studio = Studio::open(&display)?;
    let home = TempDir::with_prefix_in("home-", workshop).context("no folder for settings")?;
    let _running = program.start(&display, home.path())?;
    let pixels = studio.still(patience)?;
    let channels = pixels.as_chunks::<PIXEL_BYTES>().0.iter();
    let pixels: Vec<u8> = channels.flat_map(|[blue, green, red, _]| [*red, *green, *blue]).collect();
    picture::write(picture, &pixels)
}

/// A display without a window manager: windows are made to fill it as they come.
struct Studio {
    screen: Screen,
}

impl Studio {
    fn open(display: &Display) -> anyhow::Result<Self> {
        let screen = Screen::connect(&display.name)?;
        let wanted = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        screen.connection.change_window_attributes(screen.root, &wanted)?;
        screen.sync()?;
        Ok(Self { screen })
    }

    /// The display's pixels once a program has drawn and draws no more.
    fn still(&self, patience: &Patience) -> anyhow::Result<Vec<u8>> {
        let mut image = self.screen.image(WIDTH, HEIGHT)?;
        let mut before = Vec::new();
        let mut changed = Instant::now();
        patience.until("still picture", DRAW_LIMIT, || {
            self.fill_with_new_windows()?;
            self.screen.grab(&mut image, 0, 0)?;
            if before != image.bytes() {
                before = image.bytes().to_vec();
                changed = Instant::now();
            }
            let is_done = changed.elapsed() >= STILL && is_drawn(&before);
            Ok(is_done.then(|| std::mem::take(&mut before)))
        })
    }

    fn fill_with_new_windows(&self) -> anyhow::Result<()> {
        while let Some(event) = self.screen.connection.poll_for_event()? {
            if let Event::MapNotify(map) = event
                && !map.override_redirect
            {
                self.fill_with(map.window)?;
            }
        }
        Ok(())
    }

    fn fill_with(&self, window: Window) -> anyhow::Result<()> {
        let connection = &self.screen.connection;
        // It may be gone again.
        let Ok(now) = connection.get_geometry(window)?.reply() else { return Ok(()) };
        if now.width >= WINDOW_MIN && now.height >= WINDOW_MIN {
            let whole = ConfigureWindowAux::new().x(0).y(0).width(u32::from(WIDTH)).height(u32::from(HEIGHT));
            connection.configure_window(window, &whole.border_width(0))?;
        }
        Ok(())
    }
}

/// Whether enough pixels have another colour than most.
fn is_drawn(pixels: &[u8]) -> bool {
    let mut counts = HashMap::new();
    let pixels = pixels.as_chunks::<PIXEL_BYTES>().0;
    for [blue, green, red, _] in pixels {
        *counts.entry([*blue, *green, *red]).or_insert(0_usize) += 1;
    }
    let most = counts.into_values().max().unwrap_or(0);
    (pixels.len() - most) * DRAWN_SHARE >= pixels.len() && most > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(drawn: usize) -> Vec<u8> {
        let mut pixels = vec![255; 1000 * PIXEL_BYTES];
        pixels[..drawn * PIXEL_BYTES].fill(0);
        pixels
    }

    #[test]
    fn a_blank_window_is_not_taken_for_a_picture() {
        assert!(!is_drawn(&[]));
        assert!(!is_drawn(&picture(0)));
        assert!(!is_drawn(&picture(9)));
        assert!(is_drawn(&picture(10)));
    }

    #[test]
    fn the_byte_that_means_nothing_counts_for_nothing() {
        let mut pixels = picture(0);
        pixels
            .iter_mut()
            .skip(3)
            .step_by(PIXEL_BYTES)
            .zip((0..=u8::MAX).cycle())
            .for_each(|(unused, n)| *unused = n);
        assert!(!is_drawn(&pixels));
    }
}
